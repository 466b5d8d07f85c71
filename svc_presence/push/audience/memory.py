"""A fake of the audience."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence

from chatkit.core.ids import ConversationId, UserId


class MemoryAudience:
    """An Audience."""

    def __init__(self, members: Mapping[ConversationId, list[UserId]]) -> None:
        self.members = dict(members)

    async def sizes(self, conversations: Sequence[ConversationId]) -> list[int]:
        return [len(self.members.get(one, ())) for one in conversations]

    async def everyone_in(self, conversations: Sequence[ConversationId]) -> list[list[UserId]]:
        return [list(self.members.get(one, ())) for one in conversations]

    async def concerned(
        self, conversation_id: ConversationId, named: Collection[UserId], *, everyone: bool
    ) -> AsyncIterator[Collection[UserId]]:
        yield [one for one in self.members.get(conversation_id, ()) if everyone or one in named]
