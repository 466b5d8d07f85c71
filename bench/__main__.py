"""`python -m bench [latency|stack]`: measure the running stack and write bench/results/."""

from __future__ import annotations

import asyncio
import os
import sys

from bench import latency, stack
from bench.results import save, show


def main(names: list[str]) -> None:
    """Run the named measurements, or all."""
    edge = f"http://127.0.0.1:{os.environ.get('ELASTIC_CHAT_PORT', '8080')}"
    for name in names or ["stack", "latency"]:
        match name:
            case "latency":
                figures = asyncio.run(latency.measure(edge))
            case "stack":
                figures = stack.measure()
            case _:
                sys.exit(f"there is no measurement {name}: choose from latency, stack")
        save(name, figures)
        show(figures)


if __name__ == "__main__":
    main(sys.argv[1:])
