"""What users keep for themselves, in all of their conversations: messages that they have starred, what they have not sent, and what waits
for its time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from chatkit.core.ids import ConversationId, UserId, notes_conversation_id
from chatkit.core.personal import Saved, Starred, Waiting
from svc_history.core import END
from svc_history.personal import Personal
from svc_history.reader import Page, Reader


class Kept:
    """Reads it for the user whose it is. Who has no notes to themselves keeps nothing, and nobody is asked."""

    def __init__(self, reader: Reader, personal: Personal) -> None:
        self._reader = reader
        self._personal = personal

    async def stars(self, user_id: UserId, before: int, size: int) -> tuple[list[tuple[Starred, Page]], int, int]:
        """Return a page of what a user has starred, the newest star first, each message as a page; after which star there is more, or 0;
        and how many stars there are. What the user can't see now is left out.
        """
        known = await self._known(user_id)
        stars = await self._personal.stars(user_id) if notes_conversation_id(user_id) in known else []
        page = [one for one in stars if not before or one.starred_seq < before][: size + 1]
        shown = [one for one in page[:size] if known.get(one.conversation_id, END) <= one.seq]
        by_place: dict[ConversationId, list[int]] = {}
        for one in shown:
            by_place.setdefault(one.conversation_id, []).append(one.seq)
        pages = await asyncio.gather(*(self._reader.some(user_id, *place) for place in by_place.items()))
        found = dict(zip(by_place, pages, strict=True))
        more = page[size - 1].starred_seq if len(page) > size else 0
        return [(one, found[one.conversation_id]) for one in shown], more, len(stars)

    async def drafts(self, user_id: UserId) -> list[Saved]:
        """Return what a user has written in conversations that they are in, and not sent, the newest first."""
        known = await self._known(user_id)
        saved = await self._personal.drafts(user_id) if notes_conversation_id(user_id) in known else []
        return [one for one in saved if one.conversation_id in known]

    async def waiting(self, user_id: UserId) -> list[Waiting]:
        """Return the messages of a user that wait for their time, in no order, wherever they are for."""
        known = await self._known(user_id)
        return await self._personal.waiting(user_id) if notes_conversation_id(user_id) in known else []

    async def _known(self, user_id: UserId) -> Mapping[ConversationId, int]:
        (known,) = await self._reader.memberships([user_id])
        return known
