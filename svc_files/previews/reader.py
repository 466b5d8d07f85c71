"""Pages are read elsewhere: by a process for each, as files are looked into."""

from __future__ import annotations

import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import structlog

from chatkit.core.errors import ChatError, Reason
from svc_files.cage import last_words, work
from svc_files.core.pages import Page, page_of

log = structlog.get_logger()

MAX_MEMORY = 512 * 1024 * 1024
MAX_SECONDS = 3


class PageReader(Protocol):
    """Reads pages."""

    async def read(self, source: Path, charset: str) -> Page | None:
        """Return what a page says of itself, None if nothing. Raises NO_PREVIEW if it takes too much to read."""
        ...


class ProcessPageReader:
    """A PageReader: so many processes at a time; the others wait."""

    def __init__(self, at_once: int) -> None:
        self._threads = ThreadPoolExecutor(at_once, "read")

    async def close(self) -> None:
        """Wait for what is being read."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def read(self, source: Path, charset: str) -> Page | None:
        job = {"source": str(source), "charset": charset, "max_memory": MAX_MEMORY, "max_seconds": MAX_SECONDS}
        try:
            told = await asyncio.get_running_loop().run_in_executor(self._threads, work, "svc_files.previews.reading", job, MAX_SECONDS)
        except subprocess.SubprocessError as error:
            log.warning("page_not_read", error=str(error), last=last_words(error))
            raise ChatError(Reason.NO_PREVIEW, "there is nothing to show for this link: it takes too much to read") from error
        return page_of(told)
