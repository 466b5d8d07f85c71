"""Folders that are made once and shared by all stacks of a user: either there and whole, or not there."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def made_once(folder: Path, make: Callable[[Path], None]) -> None:
    """See to it that `folder` exists, made by `make` in a temporary place and renamed when it is whole.

    What an interrupted start left behind is thrown away. A second process waits for the first instead of making it again.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return
        for left in _parts(folder):
            shutil.rmtree(left, ignore_errors=True)
        # A new place each time: a download that outlived the command which began it may still write to the old one.
        part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.part-", dir=folder.parent))
        make(part)
        part.rename(folder)


def arrived(folder: Path) -> int:
    """Return how many bytes of `folder` are there while it is being made."""
    return sum(_size(Path(place) / file) for part in _parts(folder) for place, _, files in os.walk(part) for file in files)


def _parts(folder: Path) -> list[Path]:
    return list(folder.parent.glob(f"{folder.name}.part-*"))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # whoever downloads has moved it on
        return 0
