"""Both views in memory, for tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.clock import Clock, SystemClock
from chatkit.core.conversation import LIVELY_MEMBERS
from chatkit.core.conversation_preferences import Choices
from chatkit.core.conversation_settings import Value
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.core.personal import Hidden, Saved, Starred, Waiting
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import END, LOOK_BYTES, MAX_MENTIONED, MAX_PINS, SYNC_ENTRIES, Mark, Membership, Range, Stored, Tail
from svc_history.expiry import is_there
from svc_history.store import Admission, Listed, Look, Question, Roll, State


@dataclass
class MemoryConversation:
    """A conversation as a view has it. `changes` are the seqs of entries that change a message, each with that message's."""

    conversation: bytes
    head_ordinal: int = 0
    members: dict[UserId, Membership] = field(default_factory=dict)
    marks: dict[UserId, Mark] = field(default_factory=dict)
    entries: dict[int, Stored] = field(default_factory=dict)
    ids: dict[MessageId, int] = field(default_factory=dict)
    changes: dict[int, int] = field(default_factory=dict)
    mentions: dict[int, set[UserId]] = field(default_factory=dict)
    settings: dict[str, Value] = field(default_factory=dict)
    bans: dict[UserId, Ban] = field(default_factory=dict)
    invites: dict[InviteId, Invite] = field(default_factory=dict)

    @property
    def admission(self) -> Admission:
        """Who may come into it, and who may not."""
        return Admission(self.bans, self.invites, len(self.members))

    def mentioning(self, user_id: UserId, after: int, before: int, now_ms: int) -> int:
        """Return how many messages between two seqs mention a user, or everyone (nobody named), but for those that are gone."""
        gone = self.deleted()
        within = {seq: users for seq, users in self.mentions.items() if after < seq < before}
        some = {seq: users for seq, users in within.items() if seq not in gone and is_there(self.entries[seq], now_ms)}
        return min(MAX_MENTIONED, sum(not users or user_id in users for users in some.values()))

    def deleted(self, after: int = 0) -> frozenset[int]:
        """Return the messages that were deleted since."""
        return frozenset(target for seq, target in self.changes.items() if seq > after and self._kind(seq) == entry_pb2.Entry.DELETION)

    def edited(self, after: int) -> frozenset[int]:
        """Return the messages that were edited since."""
        return frozenset(target for seq, target in self.changes.items() if seq > after and self.is_edit(seq))

    def changing(self, targets: Collection[int], after: int = 0) -> dict[int, bytes]:
        """Return the entries since that change messages."""
        return {seq: self.entries[seq].entry for seq, target in self.changes.items() if seq > after and target in targets}

    def is_edit(self, seq: int) -> bool:
        """Tell whether an entry is an edit."""
        return seq in self.changes and self._kind(seq) == entry_pb2.Entry.EDIT

    def _kind(self, seq: int) -> entry_pb2.Entry.Kind.ValueType:
        return log_pb2.LogEntry.FromString(self.entries[seq].entry).kind


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
        member, mark, newest = one.members.get(user_id), one.marks.get(user_id), one.entries.get(head)
        return State(one.conversation, head, one.head_ordinal, member, mark, newest, one.settings)

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

    async def look(self, questions: Sequence[Question], now_ms: int) -> list[Look | None]:
        return [self._look(*question, now_ms) for question in questions]

    def _counted(self, user_id: UserId, conversation_id: ConversationId, now_ms: int) -> State | None:
        state = self._state(user_id, conversation_id)
        if state is None:
            return None
        state = replace(state, counted_from=self.trimmed + 1)
        if state.member is None:
            return state
        read = max(state.mark.read_seq if state.mark else 0, state.member.joined_seq - 1, self.trimmed)
        return replace(state, mention_count=self.known[conversation_id].mentioning(user_id, read, END, now_ms))

    def _look(self, user_id: UserId, conversation_id: ConversationId, seq: int | None, now_ms: int) -> Look | None:
        state = self._counted(user_id, conversation_id, now_ms)
        if state is None or state.member is None or seq is None:
            return Look(state) if state else None
        marks = self.known[conversation_id].marks
        page = Range(max(seq, state.member.joined_seq - 1), END, SYNC_ENTRIES, backwards=False)
        tail = self._tail(conversation_id, page)
        assert tail is not None  # noqa: S101 - there is a state
        sizes = accumulate((len(one.entry) for one in tail.entries), initial=0)
        entries = [one for one, size in zip(tail.entries, sizes, strict=False) if size <= LOOK_BYTES]
        deleted = self.known[conversation_id].deleted(self.trimmed)
        edited = self.known[conversation_id].edited(max(page.after, self.trimmed))
        head = entries[-1].seq if entries else tail.head
        tail = replace(tail, entries=entries, head=head, has_changes=False, deleted=deleted, edited=edited)
        return Look(state, tail, marks if len(self.known[conversation_id].members) <= LIVELY_MEMBERS else {})

    async def tails(self, pages: Sequence[tuple[ConversationId, Range]]) -> list[Tail | None]:
        return [self._tail(conversation_id, page) for conversation_id, page in pages]

    def _tail(self, conversation_id: ConversationId, page: Range) -> Tail | None:
        if conversation_id not in self.known:
            return None
        known = self.known[conversation_id]
        has_changes = any(seq > self.trimmed for seq in known.changes)
        return Tail(self._page(conversation_id, page), self.trimmed + 1, max(known.entries, default=0), self.written, has_changes)

    async def changes(self, conversation_id: ConversationId, targets: Sequence[int]) -> tuple[int, Sequence[bytes]]:
        if conversation_id not in self.known:
            raise ChatError(Reason.UNAVAILABLE)
        return self.trimmed + 1, list(self.known[conversation_id].changing(targets, self.trimmed).values())

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        one = self.known.get(conversation_id)
        return Roll(one.members, one.marks, one.settings) if one else None

    async def admission(self, conversation_id: ConversationId) -> Admission | None:
        one = self.known.get(conversation_id)
        return one.admission if one else None

    async def pins(self, conversation_id: ConversationId) -> tuple[int, Sequence[bytes]]:
        return await self._of_kind(conversation_id, entry_pb2.Entry.PIN, list(self.known[conversation_id].changes.values()))

    async def replies(self, conversation_id: ConversationId, root: int) -> tuple[int, Sequence[bytes]]:
        return await self._of_kind(conversation_id, entry_pb2.Entry.MESSAGE, [root])

    async def personal(self, conversation_id: ConversationId) -> tuple[int, Sequence[bytes]]:
        return await self._of_kind(conversation_id, entry_pb2.Entry.PERSONAL, list(self.known[conversation_id].changes.values()))

    async def _of_kind(
        self, conversation_id: ConversationId, kind: entry_pb2.Entry.Kind.ValueType, targets: Sequence[int]
    ) -> tuple[int, Sequence[bytes]]:
        start, found = await self.changes(conversation_id, targets)
        return start, [entry for entry in found if log_pb2.LogEntry.FromString(entry).kind == kind]


class MemoryTimeline(MemoryView):
    """The database. `reads` counts what it was asked; `chosen` is how users have conversations, `hiding` what they have hidden, `starring`
    what they have starred, `saved` what they have written and not sent, and `scheduled` what waits for its time.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__()
        self._clock = clock or SystemClock()
        self.chosen: dict[UserId, Choices] = {}
        self.hiding: dict[tuple[UserId, ConversationId], dict[int, Hidden]] = {}
        self.starring: dict[UserId, Sequence[Starred]] = {}
        self.saved: dict[UserId, Sequence[Saved]] = {}
        self.scheduled: dict[UserId, Sequence[Waiting]] = {}
        self.reads = 0
        self.directory: list[Listed] = []

    async def listed(self, prefix: str, after: tuple[str, str], count: int) -> list[Listed]:
        found = sorted(self.directory, key=lambda one: (one.title_key, one.conversation_id))
        return [one for one in found if one.title_key.startswith(prefix) and (one.title_key, one.conversation_id) > after][:count]

    async def conversations(self, user_id: UserId) -> Mapping[ConversationId, int]:
        self.reads += 1
        return self._users(user_id)

    async def state(self, user_id: UserId, conversation_id: ConversationId) -> State | None:
        self.reads += 1
        return self._state(user_id, conversation_id)

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        self.reads += 1
        one = self.known.get(conversation_id, MemoryConversation(b""))
        deleted = one.deleted()
        now_ms = self._clock.now_ms()
        return [
            _bodiless(stored) if stored.seq in deleted or one.is_edit(stored.seq) else _place(stored, now_ms)
            for stored in self._page(conversation_id, page)
        ]

    async def changes(self, conversation_id: ConversationId, targets: Sequence[int]) -> Sequence[bytes]:
        self.reads += 1
        one = self.known.get(conversation_id, MemoryConversation(b""))
        deleted = one.deleted()
        changing = {seq: entry for seq, entry in one.changing(targets).items() if self._has(one, seq)}
        return [entry for seq, entry in changing.items() if not (one.is_edit(seq) and one.changes[seq] in deleted)]

    def _has(self, one: MemoryConversation, seq: int) -> bool:
        return is_there(one.entries[seq], self._clock.now_ms())

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        self.reads += 1
        one = self.known.get(conversation_id, MemoryConversation(b""))
        found = one.entries.get(one.ids.get(message_id, 0))
        return found and _place(found, self._clock.now_ms())

    async def pins(self, conversation_id: ConversationId) -> Sequence[int]:
        self.reads += 1
        one = self.known.get(conversation_id, MemoryConversation(b""))
        pinned: dict[int, bool] = {}
        for seq in sorted(one.changes):
            entry = log_pb2.LogEntry.FromString(one.entries[seq].entry)
            if entry.kind == entry_pb2.Entry.PIN:
                pinned[entry.target] = not entry.pin.unpinned
        deleted = one.deleted()
        found = [target for target, is_pinned in pinned.items() if is_pinned and target not in deleted and self._has(one, target)]
        return sorted(found, reverse=True)[:MAX_PINS]

    async def mentions(self, questions: Sequence[tuple[UserId, ConversationId, int, int]]) -> list[int]:
        self.reads += 1
        unknown = MemoryConversation(b"")
        now_ms = self._clock.now_ms()
        return [self.known.get(one, unknown).mentioning(user_id, after, before, now_ms) for user_id, one, after, before in questions]

    async def replies(self, conversation_id: ConversationId, root: int, page: Range) -> Sequence[int]:
        self.reads += 1
        one = self.known.get(conversation_id, MemoryConversation(b""))
        changing = one.changing([root]).items()
        found = sorted(seq for seq, entry in changing if log_pb2.LogEntry.FromString(entry).kind == entry_pb2.Entry.MESSAGE)
        within = [seq for seq in found if page.holds(seq) and self._has(one, seq)]
        return within[-page.count - 1 :] if page.backwards else within[: page.count + 1]

    async def preferences(self, user_id: UserId) -> Choices:
        self.reads += 1
        return self.chosen.get(user_id, {})

    async def hidden(self, questions: Sequence[tuple[UserId, ConversationId, int, int]]) -> list[Mapping[int, Hidden]]:
        self.reads += 1
        return [
            {seq: one for seq, one in self.hiding.get((user_id, conversation_id), {}).items() if after < seq < before}
            for user_id, conversation_id, after, before in questions
        ]

    async def stars(self, user_id: UserId) -> Sequence[Starred]:
        self.reads += 1
        return self.starring.get(user_id, ())

    async def waiting(self, user_id: UserId) -> Sequence[Waiting]:
        self.reads += 1
        return self.scheduled.get(user_id, ())

    async def drafts(self, user_id: UserId) -> Sequence[Saved]:
        self.reads += 1
        return self.saved.get(user_id, ())

    async def roll(self, conversation_id: ConversationId) -> Roll:
        one = self.known.get(conversation_id, MemoryConversation(b""))
        return Roll(one.members, one.marks, one.settings)

    async def admission(self, conversation_id: ConversationId) -> Admission:
        return self.known.get(conversation_id, MemoryConversation(b"")).admission


def _place(stored: Stored, now_ms: int) -> Stored:
    """Return an entry, or what is left of it once it has expired."""
    if is_there(stored, now_ms):
        return stored
    entry = log_pb2.LogEntry.FromString(stored.entry)
    for name in ("body", "outline", "reaction", "pin"):
        entry.ClearField(name)
    return Stored(stored.seq, entry.SerializeToString())


def _bodiless(stored: Stored) -> Stored:
    entry = log_pb2.LogEntry.FromString(stored.entry)
    entry.ClearField("body")
    entry.ClearField("outline")
    return Stored(stored.seq, entry.SerializeToString())
