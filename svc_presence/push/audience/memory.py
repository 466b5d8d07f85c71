"""A fake of the audience."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from chatkit.core.ids import ConversationId, UserId
from svc_presence.push.audience import Some
from svc_presence.push.core import SMALL


class MemoryAudience:
    """An Audience."""

    def __init__(self, members: Mapping[ConversationId, list[UserId]]) -> None:
        self.members = dict(members)

    async def concerned(self, conversation_id: ConversationId, named: Collection[UserId], *, everyone: bool) -> AsyncIterator[Some]:
        members = self.members.get(conversation_id, [])
        users = members if everyone or len(members) <= SMALL else [one for one in members if one in named]
        yield Some(users, len(members))

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        return [len(self.members.get(one, ())) for one in conversations]
