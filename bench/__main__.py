"""`python -m bench [NAME ...]`: measure the running stack and write bench/results/.

`compare A B` shows two of its files side by side; `profiles` draws flame graphs of the busiest services.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from bench import connections, group, history, latency, pairs, presence, profiles, scale, search, stack, stages, web, writer
from bench.processes import allow_files
from bench.results import Figure, compare, save, show

MEASUREMENTS: dict[str, Callable[[str], Coroutine[Any, Any, list[Figure]]]] = {
    "stack": stack.measure,
    "latency": latency.measure,
    "stages": stages.measure,
    "pairs": pairs.measure,
    "group": group.measure,
    "connections": connections.measure,
    "history": history.measure,
    "search": search.measure,
    "writer": writer.measure,
    "presence": presence.measure,
    "web": web.measure,
    "scale": scale.measure,
}


def main(arguments: list[str]) -> None:
    """Run the named measurements, or all."""
    allow_files()
    match arguments:
        case ["compare", one, other]:
            compare(Path(one), Path(other))
            return
        case ["profiles"]:
            uvloop.run(profiles.draw(_edge()))
            return
        case names if unknown := set(names) - MEASUREMENTS.keys():
            sys.exit(f"there is no {', '.join(sorted(unknown))}: choose from {', '.join(MEASUREMENTS)}, or profiles, or compare A B")
    for name in names or MEASUREMENTS:
        print(name, flush=True)
        figures = uvloop.run(MEASUREMENTS[name](_edge()))
        save(name, figures)
        show(figures)


def _edge() -> str:
    return f"http://127.0.0.1:{os.environ.get('ELASTIC_CHAT_PORT', '8080')}"


if __name__ == "__main__":
    main(sys.argv[1:])
