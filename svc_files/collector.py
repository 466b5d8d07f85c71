"""What nobody can get any more is deleted: uploads that were given up, files that are in no message and nobody's picture, contents that no
file holds. And what disappears with its message is taken from it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from chatkit.core.backoff import spread
from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, MessageId
from chatkit.metrics import counter
from svc_files.agenda import MARGIN, MINUTE_MS, Agenda, minute_of
from svc_files.blobs import BlobStore
from svc_files.core.files import Content, File, FileId, Life
from svc_files.intake import REFUSALS, Intake, content_folder
from svc_files.library import Library
from svc_files.postings import Postings
from svc_files.store import Kind, Stores, Task
from svc_files.uploads import Uploads

log = structlog.get_logger()

PAUSE_S = 30.0
AT_ONCE = 60
"""Minutes that are asked for at the same time: most of those that passed while nobody looked had nothing due."""
LATE = timedelta(minutes=10)
"""When something is looked at again that could not be dealt with."""

COLLECTED = counter("chat_files_collected_total", "What was deleted because nobody could get it any more, by kind.", kind=Kind)


class Collector:
    """Looks at what is due. Several instances may do it at the same time."""

    def __init__(
        self,
        stores: Stores,
        blobs: BlobStore,
        uploads: Uploads,
        intake: Intake,
        library: Library,
        postings: Postings,
        agenda: Agenda,
        clock: Clock,
    ) -> None:
        self._stores = stores
        self._blobs = blobs
        self._uploads = uploads
        self._intake = intake
        self._library = library
        self._postings = postings
        self._agenda = agenda
        self._clock = clock

    async def run(self) -> None:
        """Look at what is due, for ever."""
        while True:
            await asyncio.sleep(spread(PAUSE_S))
            try:
                await self.collect()
            except ChatError as error:
                log.warning("files_not_collected", reason=error.reason)

    async def collect(self) -> None:
        """Look at everything that is due by now, in minutes that are over for everyone's clock."""
        last = minute_of(self._clock.now_ms() - MINUTE_MS) - 1
        finished = await self._stores.due.finished()
        for start in range(last if finished is None else finished + 1, last + 1, AT_ONCE):
            minutes = range(start, min(start + AT_ONCE, last + 1))
            for minute, tasks in zip(minutes, await self._stores.due.tasks(minutes), strict=True):
                for task in tasks:
                    await self._look(task)
                if tasks:
                    await self._stores.due.strike_out(minute)
            await self._stores.due.finish(minutes[-1])

    async def _look(self, task: Task) -> None:
        try:
            match task.kind:
                case Kind.UPLOAD:
                    await self._upload(FileId(task.name))
                case Kind.FILE:
                    await self._file(FileId(task.name))
                case Kind.CONTENT:
                    await self._content(bytes.fromhex(task.name))
                case Kind.MESSAGE:
                    conversation_id, _, message_id = task.name.partition("/")
                    await self._postings.release(ConversationId(conversation_id), MessageId(message_id))
        except ChatError as error:
            log.warning("collecting_put_off", kind=task.kind, name=task.name, reason=error.reason)
            await self._agenda.add(task, LATE)

    async def _upload(self, upload_id: FileId) -> None:
        """Finish an upload that is complete, and forget one that is not: its time is over. Of one that has ended nothing may be left."""
        upload = await self._stores.uploads.upload(upload_id)
        if upload is None:
            await self._uploads.clear_away(upload_id)
            return
        try:
            file = await self._intake.finish(upload)
        except ChatError as error:
            if error.reason not in REFUSALS:
                raise
            return
        if file is None:
            await self._uploads.abandon(upload)
            COLLECTED[Kind.UPLOAD].inc()

    async def _file(self, file_id: FileId) -> None:
        """Delete a file that is in no message and nobody's picture."""
        (file,) = await self._stores.files.files([file_id])
        if file is None:
            return
        if file.life is not Life.DOOMED:
            if await self._is_posted(file_id) or await self._is_avatar(file):
                return
            await self._stores.files.move_file(file_id, Life.ALIVE, Life.MARKED)
            if await self._stores.postings.postings(file_id) or await self._stores.avatars.avatars(file.owner_id, file_id):
                await self._stores.files.move_file(file_id, Life.MARKED, Life.ALIVE)
                await self._agenda.file(file_id, MARGIN)
                return
            if not await self._stores.files.move_file(file_id, Life.MARKED, Life.DOOMED):
                await self._agenda.file(file_id, MARGIN)  # someone else is at it
                return
        await self._library.remove(file)
        COLLECTED[Kind.FILE].inc()

    async def _is_posted(self, file_id: FileId) -> bool:
        """Tell whether a file is in a message, or may soon be: then it is looked at again. Forget messages that never came."""
        for posting in await self._stores.postings.postings(file_id):
            if await self._library.found(posting):
                return True
            if self._clock.now_ms() < posting.posted_at_ms + MARGIN.total_seconds() * 1000:
                await self._agenda.file(file_id, MARGIN)
                return True
            await self._stores.postings.remove_postings([posting])
        return False

    async def _is_avatar(self, file: File) -> bool:
        """Tell whether a file is its owner's picture, or may soon be, or was until now: then it is looked at again. Forget all that was
        noted but what is needed for that.
        """
        noted = await self._stores.avatars.avatars(file.owner_id, file.file_id)
        if not noted:
            return False
        if await self._library.is_avatar(file):
            await self._stores.avatars.remove_avatars(noted[:-1])
        elif self._clock.now_ms() < noted[-1].noted_at_ms + MARGIN.total_seconds() * 1000:
            await self._agenda.file(file.file_id, MARGIN)
        else:
            await self._agenda.file(file.file_id, self._library.keep_unposted)
            await self._stores.avatars.remove_avatars(noted)
        return True

    async def _content(self, sha256: bytes) -> None:
        """Delete a content that no file holds, and whatever was kept of one and is not part of it."""
        contents = self._stores.contents
        doomed = await contents.content(sha256)
        if doomed is not None and doomed.life is Life.DOOMED:
            # There is no way back: whoever wants to hold it waits until it is gone.
            await self._remove(doomed)
        for claimant in await contents.claims(sha256):
            if (await self._stores.files.files([claimant]))[0] is not None:
                continue
            if await self._stores.uploads.upload(claimant) is not None:
                # It is about to hold it, or will be given up.
                await contents.move_content(sha256, Life.MARKED, Life.ALIVE)
                await self._agenda.content(sha256, MARGIN)
                return
            await contents.unclaim(sha256, claimant)
        kept = await self._blobs.keys(content_folder(sha256))
        content = await contents.content(sha256)
        if content is not None:
            await contents.move_content(sha256, Life.ALIVE, Life.MARKED)
        # Whoever claims it from here on finds it marked, or keeps what is not among `kept`.
        if await contents.claims(sha256):
            await contents.move_content(sha256, Life.MARKED, Life.ALIVE)
            await self._blobs.delete([key for key in kept if content is not None and key not in content.keys])
            return
        if content is not None:
            if not await contents.move_content(sha256, Life.MARKED, Life.DOOMED):
                await self._agenda.content(sha256, MARGIN)  # someone else is at it
                return
            await self._remove(content)
        await self._blobs.delete(kept)

    async def _remove(self, content: Content) -> None:
        """Leave nothing of a content that is doomed. Idempotent, also if it was begun."""
        await self._blobs.delete(content.keys)
        await self._stores.contents.remove_content(content.sha256)
        COLLECTED[Kind.CONTENT].inc()
