"""Files are looked into elsewhere: by a process for each, of which there are few at a time."""

from __future__ import annotations

import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog
from prometheus_client import Histogram

from chatkit.core.errors import ChatError, Reason
from chatkit.metrics import OK, counter
from svc_files.cage import last_words, work
from svc_files.settings import Settings
from svc_files.workshop import Found, Job, Made

log = structlog.get_logger()

UNREADABLE = "it can't be read, or only with more time or memory than a file may take"

LOOKS = counter(
    "chat_files_looks_total",
    "Files that were looked into, by what came of it.",
    outcome=(OK, Reason.FILE_TYPE_REFUSED, Reason.FILE_BROKEN),
)
SECONDS = Histogram("chat_files_look_seconds", "Seconds that looking into a file took.", buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60))


class Looker(Protocol):
    """Looks into files."""

    async def look(self, source: Path, folder: Path) -> Found:
        """Return what a file is; what was made of it is in `folder`. Raises FILE_TYPE_REFUSED or FILE_BROKEN."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a look may take."""

    types: tuple[str, ...]
    max_pixels: int
    max_memory: int
    max_seconds: int
    max_output: int


class ProcessLooker:
    """A Looker: so many processes at a time. The others wait; whoever asks sees to it that they are not too many."""

    def __init__(self, limits: Limits, at_once: int) -> None:
        self._limits = limits
        # Python starts processes from a thread without running what gRPC has ready for forks, which waits for its own threads.
        self._threads = ThreadPoolExecutor(at_once, "look")

    @classmethod
    def of(cls, settings: Settings) -> ProcessLooker:
        """Return one with the limits of settings."""
        limits = Limits(settings.types, settings.image_pixels, settings.look_bytes, settings.look_seconds, settings.max_bytes)
        return cls(limits, settings.looks)

    async def close(self) -> None:
        """Wait for the looks that are under way."""
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def look(self, source: Path, folder: Path) -> Found:
        job = Job(source=str(source), folder=str(folder), **asdict(self._limits))
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, _ask, job)
        LOOKS[answer.get("refused", OK)].inc()
        if "refused" in answer:
            raise ChatError(Reason(answer["refused"]), answer["message"])
        answer["pictures"] = {name: Made(**made) for name, made in answer["pictures"].items()}
        return Found(**answer)


@SECONDS.time()
def _ask(job: Job) -> dict[str, Any]:
    """Have a job done, by a process of its own."""
    try:
        return work("svc_files.workshop", asdict(job), job.max_seconds)
    except subprocess.SubprocessError as error:
        log.warning("look_failed", error=str(error), last=last_words(error))
        return {"refused": Reason.FILE_BROKEN, "message": UNREADABLE}
