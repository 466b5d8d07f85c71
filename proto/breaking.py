"""Compare the contracts with those that others rely on: main, and the newest release tag. Fails if a change breaks them.

buf can read a git reference by itself, but not the imports beside it, which are copied out of an installed package and not committed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUF = Path(sys.executable).parent / "buf"


def references() -> list[str]:
    """Return what there is to compare with: main as this clone knows it, and the newest tag."""
    known = _git("for-each-ref", "--format=%(refname)", "refs/remotes/origin/main", "refs/heads/main").split()
    tags = _git("tag", "--list", "v*", "--sort=-version:refname").split()
    return known[:1] + tags[:1]


def check(reference: str) -> bool:
    """Return whether the contracts are as good as at `reference`."""
    archive = subprocess.run(  # noqa: S603
        ["git", "archive", reference, "proto", "buf.yaml"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        shutil.copytree(ROOT / "build" / "googleapis", Path(folder) / "build" / "googleapis")
        return subprocess.run([BUF, "breaking", "--against", folder], cwd=ROOT, check=False).returncode == 0  # noqa: S603


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603, S607


if __name__ == "__main__":
    sys.exit(0 if all([check(reference) for reference in references()]) else 1)  # noqa: C419 - tell all faults at once
