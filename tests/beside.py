"""Run several parts of the tests beside each other: `python -m tests.beside tests/e2e "tests/unit tests/contract"`.

They wait more than they compute: for engines, for pages, and for what must not happen. Each has engines of its own. What the first part
says is shown as it comes, that of the others when they have ended.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PYTEST = Path(sys.executable).with_name("pytest")


def main(parts: list[str]) -> int:
    """Return 0 if all parts have passed, and 1 if not."""
    first, *others = (part.split() for part in parts)
    with tempfile.TemporaryDirectory() as folder:
        running = []
        for number, paths in enumerate(others):
            said = Path(folder, str(number))
            with said.open("wb") as out:
                running.append((said, subprocess.Popen([PYTEST, *paths], stdout=out, stderr=subprocess.STDOUT)))
        codes = [subprocess.run([PYTEST, *first], check=False).returncode]
        for said, process in running:
            codes.append(process.wait())
            print(said.read_text(encoding="utf-8", errors="replace"), flush=True)
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
