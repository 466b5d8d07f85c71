"""A fake of the audience."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from chatkit.core.ids import ConversationId, UserId
from svc_presence.push.core import SMALL


class MemoryAudience:
    """An Audience."""

    def __init__(self, members: Mapping[ConversationId, list[UserId]]) -> None:
        self.members = dict(members)

    async def concerned(
        self, conversation_id: ConversationId, size: int, named: Collection[UserId], *, everyone: bool
    ) -> AsyncIterator[Collection[UserId]]:
        members = self.members.get(conversation_id, [])
        yield members if everyone or size <= SMALL else [one for one in members if one in named]

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        return [len(self.members.get(one, ())) for one in conversations]
