"""Objects as files of a folder."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import takewhile
from pathlib import Path
from typing import ParamSpec, TypeVar

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

PART = ".part-"
"""What a file's name begins with while it is written: it is no object yet."""
WRITING = timedelta(hours=1)
"""Longer than writing one takes. What is older was left by a process that was killed: it is listed, so that it is deleted with the rest."""


class FolderBlobStore:
    """A BlobStore. A file is written beside its place, brought to disk and then moved there."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self._root = root
        self._clock = clock

    async def put(self, key: str, source: bytes | Path) -> None:
        await self._run(_put, self._root / key, source, self._root)

    async def read(self, key: str, start: int, end: int) -> bytes:
        return await self._run(_read, self._root / key, start, end)

    async def delete(self, keys: Sequence[str]) -> None:
        await self._run(_delete, [self._root / key for key in keys], self._root)

    async def keys(self, prefix: str) -> list[str]:
        paths = await self._run(_below, self._root / prefix, self._clock.now_ms() / 1000 - WRITING.total_seconds())
        return sorted(str(path.relative_to(self._root)) for path in paths)

    async def _run(self, work: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        try:
            return await asyncio.to_thread(work, *arguments, **named)
        except FileNotFoundError as error:
            raise ChatError(Reason.NOT_FOUND, "there is no such object") from error
        except OSError as error:
            raise ChatError(Reason.UNAVAILABLE, "the folder of files can't serve this now") from error


def _put(path: Path, source: bytes | Path, root: Path) -> None:
    part = path.with_name(f"{PART}{new_id()}")
    for _ in range(2):  # the folder may go, empty, between its making and the file's
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = part.open("xb")
            break
        except FileNotFoundError:
            continue
    else:
        raise OSError(f"{path.parent} does not stay")
    try:
        with file:
            if isinstance(source, bytes):
                file.write(source)
            else:
                with source.open("rb") as original:
                    shutil.copyfileobj(original, file, 1024 * 1024)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    # Those above it, too: they may have been made for it.
    for folder in takewhile(lambda one: one != root.parent, path.parents):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Bring to disk that a folder has a new name in it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, start: int, end: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def _delete(paths: list[Path], root: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths} - {root}:
        try:
            folder.rmdir()
        except OSError:
            continue  # it is not empty, or gone


def _below(folder: Path, left_before_s: float) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not (path.name.startswith(PART) and _is_written(path, left_before_s))]


def _is_written(part: Path, left_before_s: float) -> bool:
    """Tell whether somebody still writes a file that is no object yet, or just has."""
    try:
        return part.stat().st_mtime >= left_before_s
    except FileNotFoundError:
        return True
