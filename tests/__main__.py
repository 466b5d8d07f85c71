"""Run all tests that need no whole stack: `python -m tests`. The pure ones run beside those on engines, which mostly wait for them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PYTEST = Path(sys.executable).with_name("pytest")
HERE = Path(__file__).parent
PURE = HERE / "unit"
ON_ENGINES = (HERE / "contract", HERE / "integration")


def main() -> int:
    """Return 0 if all have passed, and 1 if not."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        beside = subprocess.Popen([PYTEST, PURE, *sys.argv[1:]], stdout=said, stderr=subprocess.STDOUT)
        code = subprocess.run([PYTEST, *ON_ENGINES, *sys.argv[1:]], check=False).returncode
        codes = (code, beside.wait())
        said.seek(0)
        sys.stdout.write(said.read())
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
