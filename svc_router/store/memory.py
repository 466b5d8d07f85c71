"""The live view in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_router.store import Answer, Birth, Claim, Durable, Mark, Marked, Membership, Needless, NotLive, OrdinalNeeded, Place
from svc_router.store.redis import TAIL_ENTRIES


@dataclass
class _Conversation:
    conversation: bytes
    kind: str
    members: dict[UserId, Membership]
    seq: int = 1
    ordinal: int = 0
    head: int = 0
    head_ordinal: int = 0
    made: dict[MessageId, tuple[Place, UserId]] = field(default_factory=dict)
    tail: list[tuple[int, int, bytes]] = field(default_factory=list)
    marks: dict[UserId, tuple[int, int, int]] = field(default_factory=dict)


class MemorySequencer:
    """Follows the scripts of the Redis adapter; both pass one suite. `nodes` and `homes` stand for what presence writes."""

    def __init__(self) -> None:
        self._live: dict[ConversationId, _Conversation] = {}
        self.nodes: dict[ConversationId, set[str]] = {}
        self.homes: dict[UserId, set[str]] = {}
        self.conversations: dict[UserId, set[ConversationId]] = {}

    def lose(self, conversation_id: ConversationId) -> None:
        """Forget a conversation, as a wiped Redis does."""
        del self._live[conversation_id]

    async def sequence(self, commands: Sequence[Claim | Birth]) -> list[Answer]:
        return [self._create(command) if isinstance(command, Birth) else self._place(command) for command in commands]

    def _create(self, birth: Birth) -> Place:
        live = self._live.get(birth.conversation_id)
        if live is None:
            members = {user_id: Membership(permissions, 1) for user_id, permissions in birth.members.items()}
            live = self._live[birth.conversation_id] = _Conversation(birth.conversation, birth.kind, members)
        return Place(1, 0, birth.now_ms, durable=live.head > 0, conversation=live.conversation, members=dict(live.members))

    def _place(self, claim: Claim) -> Answer:
        live = self._live.get(claim.conversation_id)
        if live is None:
            return NotLive()
        if claim.message_id in live.made:
            place, sender = live.made[claim.message_id]
            return place if sender == claim.user_id else ChatError(Reason.MESSAGE_ID_REUSED)
        member = live.members.get(claim.user_id)
        if member is None:
            return ChatError(Reason.UNKNOWN_CONVERSATION)
        if claim.needs & member.permissions != claim.needs or (claim.removes and live.kind == "DIRECT"):
            return ChatError(Reason.PERMISSION_DENIED)
        if claim.adds and claim.adds in live.members:
            return Needless(live.members[claim.adds])
        if claim.removes and claim.removes not in live.members:
            return Needless()
        live.seq += 1
        if claim.adds:
            live.members[claim.adds] = Membership(claim.grants, live.seq)
        elif claim.removes:
            del live.members[claim.removes]
        else:
            live.ordinal += 1
        live.made[claim.message_id] = (Place(live.seq, live.ordinal, claim.now_ms), claim.user_id)
        return Place(live.seq, live.ordinal, claim.now_ms)

    async def commit(self, entries: Sequence[Durable]) -> list[frozenset[str]]:
        return [self._commit(entry) for entry in entries]

    def _commit(self, entry: Durable) -> frozenset[str]:
        live = self._live[entry.conversation_id]
        if not live.tail or live.tail[-1][0] < entry.seq:
            live.tail = [*live.tail, (entry.seq, entry.ordinal, entry.entry)][-TAIL_ENTRIES:]
        if entry.seq > live.head:
            live.head, live.head_ordinal = entry.seq, entry.ordinal
        if entry.message_id in live.made:
            live.made[entry.message_id] = (Place(entry.seq, entry.ordinal, entry.accepted_ms, durable=True), entry.sender_id)
        nodes = self.nodes.setdefault(entry.conversation_id, set())
        for user_id in entry.joining:
            self.conversations.setdefault(user_id, set()).add(entry.conversation_id)
            nodes |= self.homes.get(user_id, set())
        for user_id in entry.leaving:
            self.conversations.setdefault(user_id, set()).discard(entry.conversation_id)
        return frozenset(nodes)

    async def restore(
        self,
        birth: Birth,
        members: Mapping[UserId, Membership],
        *,
        head: int,
        head_ordinal: int,
        floor: int,
    ) -> None:
        for user_id in members:
            self.conversations.setdefault(user_id, set()).add(birth.conversation_id)
        if birth.conversation_id not in self._live:
            live = _Conversation(birth.conversation, birth.kind, dict(members), max(floor, head), head_ordinal, head, head_ordinal)
            self._live[birth.conversation_id] = live

    async def mark(self, marks: Sequence[Mark]) -> list[Marked | OrdinalNeeded]:
        return [self._mark(mark) for mark in marks]

    def _mark(self, mark: Mark) -> Marked | OrdinalNeeded:
        live = self._live.get(mark.conversation_id)
        if live is None or mark.user_id not in live.members:
            return Marked(0, 0, 0, frozenset(), changed=False)
        was = delivered, read, ordinal = live.marks.get(mark.user_id, (0, 0, 0))
        new_read = min(mark.read_seq, live.head)
        if new_read > read:
            found = [entry for entry in live.tail if entry[0] <= new_read]
            if new_read == live.head:
                ordinal = live.head_ordinal
            elif mark.read_ordinal is not None:
                ordinal = mark.read_ordinal
            elif found:
                ordinal = found[-1][1]
            else:
                return OrdinalNeeded()
            read = new_read
        delivered = max(delivered, min(mark.delivered_seq, live.head), new_read)
        now = (delivered, read, ordinal)
        live.marks[mark.user_id] = now
        nodes = frozenset(self.nodes.get(mark.conversation_id, ())) if now != was else frozenset[str]()
        return Marked(*now, nodes, changed=now != was)

    async def listeners(self, pairs: Sequence[tuple[ConversationId, UserId]]) -> list[frozenset[str]]:
        return [
            frozenset(self.nodes.get(conversation_id, ()))
            if conversation_id in self._live and user_id in self._live[conversation_id].members
            else frozenset()
            for conversation_id, user_id in pairs
        ]
