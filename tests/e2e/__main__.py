"""Run all end-to-end tests on one stack: `python -m tests.e2e`. Those that disturb nobody, and mostly wait, run several at once.

What drains, kills or measures something is in none of the files that run so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.stack import SHARED, Stack

PYTEST = Path(sys.executable).with_name("pytest")
HERE = Path(__file__).parent
DOORS = [str(HERE / "conformance"), str(HERE / "test_rest_fuzzing.py")]
BROWSERS = sorted(str(path) for path in HERE.glob("test_browser_*.py"))


def main() -> int:
    """Return 0 if all have passed, and 1 if not."""
    with Stack.started() as stack:
        environ = os.environ | {SHARED: f"{stack.topology.port} {stack.home}"}
        parts = [
            ["-n", "3", *DOORS],
            ["-n", "2", "--dist", "loadfile", *BROWSERS],
            [str(HERE), *(f"--ignore={path}" for path in (*DOORS, *BROWSERS))],
        ]
        codes = [subprocess.run([PYTEST, *part, *sys.argv[1:]], env=environ, check=False).returncode for part in parts]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
