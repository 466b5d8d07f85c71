"""Folders that are made once and shared by all stacks of a user: either there and whole, or not there."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path


def part_of(folder: Path) -> Path:
    """Return where `folder` is while it is being made."""
    return folder.with_name(folder.name + ".part")


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
        part = part_of(folder)
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir()
        make(part)
        part.rename(folder)
