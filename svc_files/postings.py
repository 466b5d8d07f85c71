"""Where files were posted, and who may have them by that.

Before a message gets its place it is noted that it will have its files. Only when the message is found in the log does that count, for
those who are in the conversation since before it: so nothing has to be undone if the message is refused, and nothing is lost if a process
dies between the two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_files.agenda import Agenda
from svc_files.core.files import File, FileId, Life, Posting, check_avatar
from svc_files.intake import Intake
from svc_files.library import Library
from svc_files.store import Stores


class Postings:
    """Notes which messages have which files."""

    def __init__(self, stores: Stores, library: Library, intake: Intake, agenda: Agenda, clock: Clock) -> None:
        self._stores = stores
        self._library = library
        self._intake = intake
        self._agenda = agenda
        self._clock = clock

    async def attach(
        self,
        user_id: UserId,
        conversation_id: ConversationId,
        message_id: MessageId,
        file_ids: Sequence[FileId],
        *,
        as_avatar: bool = False,
    ) -> list[File]:
        """Note that a message will have files, or that a change of settings will name one as the conversation's picture, and return them.
        Raises UNKNOWN_FILE if the user may not have one of them, INVALID_ARGUMENT if one can't be a picture.
        """
        files = await asyncio.gather(*(self._file(user_id, file_id) for file_id in file_ids))
        if as_avatar:
            for file in files:
                check_avatar(file)
        now_ms = self._clock.now_ms()
        postings = [Posting(file_id, conversation_id, message_id, user_id, now_ms) for file_id in dict.fromkeys(file_ids)]
        await self._stores.postings.add_postings(postings)
        # Only now is it certain that nobody deletes them for being in no message.
        after = await self._stores.files.files(file_ids)
        going = {file_id for file_id, file in zip(file_ids, after, strict=True) if file is None or file.life is not Life.ALIVE}
        if going:
            # The others may have been noted before, and their message be in the log.
            await self._stores.postings.remove_postings([one for one in postings if one.file_id in going])
            raise ChatError(Reason.UNKNOWN_FILE)
        return list(files)

    async def _file(self, user_id: UserId, file_id: FileId) -> File:
        upload = await self._stores.uploads.upload(file_id)
        if upload and upload.owner_id == user_id and (file := await self._intake.finish(upload)):
            return file
        return await self._library.file(user_id, file_id)

    async def release(self, conversation_id: ConversationId, message_id: MessageId, due_ms: int = 0) -> None:
        """Note that a message has no files any more, or from when on. Idempotent."""
        now_ms = self._clock.now_ms()
        if due_ms > now_ms:
            await self._agenda.message(conversation_id, message_id, timedelta(milliseconds=due_ms - now_ms))
            return
        for file_id, sender_id in await self._stores.postings.files_of(conversation_id, message_id):
            await self._agenda.file(file_id, self._library.keep_unposted)
            await self._stores.postings.remove_postings([Posting(file_id, conversation_id, message_id, sender_id, now_ms)])
