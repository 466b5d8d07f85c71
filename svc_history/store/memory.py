"""Both views in memory, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_history.core import END, Mark, Membership, Range, Stored
from svc_history.store import Roll, State, Tail


@dataclass
class MemoryConversation:
    """A conversation as a view has it."""

    conversation: bytes
    head_ordinal: int = 0
    members: dict[UserId, Membership] = field(default_factory=dict)
    marks: dict[UserId, Mark] = field(default_factory=dict)
    entries: dict[int, Stored] = field(default_factory=dict)
    ids: dict[MessageId, int] = field(default_factory=dict)


class MemoryView:
    """Either view: what a test puts into `known` is what it knows."""

    def __init__(self) -> None:
        self.known: dict[ConversationId, MemoryConversation] = {}

    async def conversations(self, user_id: UserId) -> frozenset[ConversationId]:
        return frozenset(name for name, one in self.known.items() if user_id in one.members)

    async def state(self, user_id: UserId, conversation_id: ConversationId) -> State | None:
        one = self.known.get(conversation_id)
        if one is None:
            return None
        head = max(one.entries, default=0)
        return State(one.conversation, head, one.head_ordinal, one.members.get(user_id), one.marks.get(user_id), one.entries.get(head))

    async def states(self, user_id: UserId, conversations: Sequence[ConversationId]) -> list[State | None]:
        return [await self.state(user_id, conversation_id) for conversation_id in conversations]

    async def tails(self, conversations: Sequence[ConversationId]) -> list[Tail]:
        tails = [self.known.get(conversation_id, MemoryConversation(b"")).entries for conversation_id in conversations]
        return [Tail([entries[seq] for seq in sorted(entries)], min(entries, default=END)) for entries in tails]

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        one = self.known.get(conversation_id, MemoryConversation(b""))
        within = [one.entries[seq] for seq in sorted(one.entries) if page.holds(seq)]
        return within[-page.count - 1 :] if page.backwards else within[: page.count + 1]

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        one = self.known.get(conversation_id, MemoryConversation(b""))
        return one.entries.get(one.ids.get(message_id, 0))


class MemoryLiveLog(MemoryView):
    """The live view."""

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        one = self.known.get(conversation_id)
        return Roll(one.members, one.marks) if one else None


class MemoryTimeline(MemoryView):
    """The database."""

    async def roll(self, conversation_id: ConversationId) -> Roll:
        one = self.known.get(conversation_id, MemoryConversation(b""))
        return Roll(one.members, one.marks)
