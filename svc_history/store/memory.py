"""Both views in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from chatkit.core.conversation import LIVELY_MEMBERS
from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_history.core import END, LOOK_BYTES, SYNC_ENTRIES, Mark, Membership, Range, Stored, Tail
from svc_history.store import Look, Question, Roll, State


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

    def _users(self, user_id: UserId) -> dict[ConversationId, int]:
        return {name: one.members[user_id].joined_seq for name, one in self.known.items() if user_id in one.members}

    def _state(self, user_id: UserId, conversation_id: ConversationId) -> State | None:
        one = self.known.get(conversation_id)
        if one is None:
            return None
        head = max(one.entries, default=0)
        return State(one.conversation, head, one.head_ordinal, one.members.get(user_id), one.marks.get(user_id), one.entries.get(head))

    def _page(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        one = self.known.get(conversation_id, MemoryConversation(b""))
        within = [one.entries[seq] for seq in sorted(one.entries) if page.holds(seq)]
        return within[-page.count - 1 :] if page.backwards else within[: page.count + 1]


class MemoryLiveLog(MemoryView):
    """The live view. `trimmed` and `written` hold for every conversation; `complete` are users whose conversations it knows for certain,
    `left` when users have left others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch = "first"
        self.trimmed = 0
        self.written = 0
        self.complete: dict[UserId, dict[ConversationId, int]] = {}
        self.left: dict[tuple[UserId, ConversationId], int] = {}
        self.receipts: dict[UserId, bool | None] = {}

    async def conversations(self, users: Sequence[UserId]) -> list[Mapping[ConversationId, int] | None]:
        return [self._users(user_id) | self.complete[user_id] if user_id in self.complete else None for user_id in users]

    async def remember(self, epoch: str, user_id: UserId, joined: Mapping[ConversationId, int]) -> Mapping[ConversationId, int]:
        known = {one: seq for one, seq in joined.items() if self.left.get((user_id, one), 0) <= seq}
        if epoch == self.epoch:
            self.complete[user_id] = known
        return self._users(user_id) | known

    async def gives_receipts(self, users: Sequence[UserId]) -> list[bool | None]:
        return [self.receipts.get(user_id, True) for user_id in users]

    async def look(self, questions: Sequence[Question]) -> list[Look | None]:
        return [self._look(*question) for question in questions]

    def _look(self, user_id: UserId, conversation_id: ConversationId, seq: int | None) -> Look | None:
        state = self._state(user_id, conversation_id)
        if state is None or state.member is None or seq is None:
            return Look(state) if state else None
        marks = self.known[conversation_id].marks
        page = Range(max(seq, state.member.joined_seq - 1), END, SYNC_ENTRIES, backwards=False)
        tail = self._tail(conversation_id, page)
        assert tail is not None  # noqa: S101 - there is a state
        sizes = accumulate((len(one.entry) for one in tail.entries), initial=0)
        entries = [one for one, size in zip(tail.entries, sizes, strict=False) if size <= LOOK_BYTES]
        tail = replace(tail, entries=entries, head=entries[-1].seq if entries else tail.head)
        return Look(state, tail, marks if len(self.known[conversation_id].members) <= LIVELY_MEMBERS else {})

    async def tails(self, pages: Sequence[tuple[ConversationId, Range]]) -> list[Tail | None]:
        return [self._tail(conversation_id, page) for conversation_id, page in pages]

    def _tail(self, conversation_id: ConversationId, page: Range) -> Tail | None:
        if conversation_id not in self.known:
            return None
        head = max(self.known[conversation_id].entries, default=0)
        return Tail(self._page(conversation_id, page), self.trimmed + 1, head, self.written)

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        one = self.known.get(conversation_id)
        return Roll(one.members, one.marks) if one else None


class MemoryTimeline(MemoryView):
    """The database. `reads` counts what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    async def conversations(self, user_id: UserId) -> Mapping[ConversationId, int]:
        self.reads += 1
        return self._users(user_id)

    async def state(self, user_id: UserId, conversation_id: ConversationId) -> State | None:
        self.reads += 1
        return self._state(user_id, conversation_id)

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        self.reads += 1
        return self._page(conversation_id, page)

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        self.reads += 1
        one = self.known.get(conversation_id, MemoryConversation(b""))
        return one.entries.get(one.ids.get(message_id, 0))

    async def roll(self, conversation_id: ConversationId) -> Roll:
        one = self.known.get(conversation_id, MemoryConversation(b""))
        return Roll(one.members, one.marks)
