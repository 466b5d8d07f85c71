"""Who may have which file."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from svc_files.agenda import Agenda
from svc_files.conversations import Conversations
from svc_files.core.files import File, FileId, Life, Posting, Variant
from svc_files.profiles import Profiles
from svc_files.store import Room, Stores


class Library:
    """Gives files to those who may have them; to everyone else there is UNKNOWN_FILE."""

    def __init__(self, stores: Stores, conversations: Conversations, profiles: Profiles, agenda: Agenda, keep_unposted: timedelta) -> None:
        self._stores = stores
        self._conversations = conversations
        self._profiles = profiles
        self._agenda = agenda
        self.keep_unposted = keep_unposted

    async def file(self, user_id: UserId, file_id: FileId, variant: Variant = Variant.ORIGINAL) -> File:
        """Return a file of which a user may have a variant: they have uploaded it, or it was posted where they were; and everyone may have
        the small variant of somebody's picture. Raises UNKNOWN_FILE.
        """
        (file,) = await self._stores.files.files([file_id])
        if file is None or file.life is Life.DOOMED or not await self._may_have(user_id, file, variant):
            raise ChatError(Reason.UNKNOWN_FILE)
        return file

    async def _may_have(self, user_id: UserId, file: File, variant: Variant) -> bool:
        return (
            file.owner_id == user_id
            or (variant is Variant.SMALL and await self.is_avatar(file))
            or await self._was_shown(user_id, file.file_id)
        )

    async def is_avatar(self, file: File) -> bool:
        """Tell whether a file is its owner's picture, as their profile has it."""
        noted = await self._stores.avatars.avatars(file.owner_id, file.file_id)
        return bool(noted) and await self._profiles.avatar(file.owner_id) == file.file_id

    async def own(self, user_id: UserId, before: FileId | None, count: int) -> tuple[list[File], bool, Room]:
        """Return a page of what a user has uploaded, newest first, whether there is more, and how much room all takes."""
        ids, room = await asyncio.gather(self._stores.rooms.newest(user_id, before, count + 1), self._stores.rooms.room(user_id))
        files = await self._stores.files.files(ids[:count])
        return [file for file in files if file and file.life is not Life.DOOMED], len(ids) > count, room

    async def delete(self, user_id: UserId, file_id: FileId) -> None:
        """Delete a file that a user has uploaded, if it is there."""
        (file,) = await self._stores.files.files([file_id])
        if file is None:
            return
        if file.owner_id != user_id:
            raise ChatError(Reason.UNKNOWN_FILE)
        for life in (Life.ALIVE, Life.MARKED):
            await self._stores.files.move_file(file_id, life, Life.DOOMED)
        await self._agenda.file(file_id, timedelta(0))
        await self.remove(file)

    async def remove(self, file: File) -> None:
        """Leave nothing of a file that is doomed. Idempotent, also if it was begun."""
        await self._agenda.content(file.content.sha256)
        await self._stores.postings.remove_postings(await self._stores.postings.postings(file.file_id))
        await self._stores.avatars.remove_avatars(await self._stores.avatars.avatars(file.owner_id, file.file_id))
        await self._stores.contents.unclaim(file.content.sha256, file.file_id)
        await self._stores.rooms.give_back(file.owner_id, file.file_id)
        await self._stores.files.remove_file(file.file_id)

    async def _was_shown(self, user_id: UserId, file_id: FileId) -> bool:
        """Tell whether a message that has the file came to a conversation while the user was in it, as they still are, or the file is the
        picture of one that they are in.
        """
        joined = await self._conversations.joined(user_id)
        postings = await self._stores.postings.postings(file_id, joined.keys()) if joined else []
        for posting in sorted(postings, key=lambda one: -one.seq):
            if (found := await self.found(posting)) and found.is_for(joined[posting.conversation_id]):
                return True
        return False

    async def found(self, posting: Posting) -> Posting | None:
        """Return a posting with the place of its message, or None if no message in the log has the file."""
        if posting.seq:
            return posting
        message = await self._conversations.message(posting.conversation_id, posting.message_id)
        if message is None or posting.file_id not in message.files or message.sender_id != posting.sender_id:
            return None
        confirmed = replace(posting, seq=message.seq, for_all=message.for_all)
        await self._stores.postings.confirm(confirmed)
        return confirmed
