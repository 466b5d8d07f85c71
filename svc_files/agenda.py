"""When what is to be looked at again."""

from __future__ import annotations

from datetime import timedelta

from chatkit.core.clock import Clock
from chatkit.core.ids import ConversationId, MessageId
from svc_files.core.files import FileId
from svc_files.store import DueStore, Kind, Task

MINUTE_MS = 60_000
MARGIN = timedelta(hours=1)
"""How much later than it may be over something is taken to be over: whoever is still at it has given up by then."""


class Agenda:
    """Notes what is to be looked at, and when."""

    def __init__(self, due: DueStore, clock: Clock) -> None:
        self._due = due
        self._clock = clock

    async def upload(self, upload_id: FileId, after: timedelta) -> None:
        """Look at an upload some time after now."""
        await self.add(Task(Kind.UPLOAD, upload_id), after)

    async def file(self, file_id: FileId, after: timedelta) -> None:
        """Look at a file some time after now."""
        await self.add(Task(Kind.FILE, file_id), after)

    async def content(self, sha256: bytes, after: timedelta = timedelta(0)) -> None:
        """Look at a content some time after now."""
        await self.add(Task(Kind.CONTENT, sha256.hex()), after)

    async def message(self, conversation_id: ConversationId, message_id: MessageId, after: timedelta) -> None:
        """Let a message have no files any more some time after now."""
        await self.add(Task(Kind.MESSAGE, f"{conversation_id}/{message_id}"), after)

    async def add(self, task: Task, after: timedelta) -> None:
        """Look at something some time after now: in the minute after that, which is not over for anyone's clock."""
        await self._due.add_task(minute_of(self._clock.now_ms() + round(after.total_seconds() * 1000)) + 1, task)


def minute_of(now_ms: int) -> int:
    """Return the minute since 1970."""
    return now_ms // MINUTE_MS
