"""The live view in memory, for tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.conversation import Permission
from chatkit.core.conversation_settings import as_values, effective
from chatkit.core.errors import ChatError, Reason
from chatkit.core.expiry import expires_s
from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.edges import redis as keys
from chatkit.rpc.expiry import expiring
from svc_router.core import RATES, Rate, Rates
from svc_router.store import (
    Answer,
    Birth,
    BlocksUnknown,
    Claim,
    Durable,
    Forgotten,
    Listening,
    Mark,
    Marked,
    Membership,
    Needless,
    NotLive,
    OrdinalNeeded,
    Outcome,
    Place,
    Restored,
    Sight,
    Unfinished,
)
from svc_router.store.memory_terms import Weighed
from svc_router.store.redis import TAIL_ENTRIES, too_fast

ALL = "*"
"""Who everyone together is."""
PAIR = 2
"""Members of a direct conversation."""


@dataclass
class _Conversation:
    conversation: bytes
    kind: str
    members: dict[UserId, Membership]
    owner: object
    seq: int = 1
    floor: int = 0
    ordinal: int = 0
    head: int = 0
    head_ordinal: int = 0
    told: int = 0
    since: int = 0
    made: dict[MessageId, tuple[Place, UserId]] = field(default_factory=dict)
    pending: dict[int, tuple[Unfinished, UserId]] = field(default_factory=dict)
    tail: list[tuple[int, int, bytes]] = field(default_factory=list)
    marks: dict[UserId, tuple[int, ...]] = field(default_factory=dict)
    deleted: set[int] = field(default_factory=set)
    closed: set[int] = field(default_factory=set)
    reacted: Counter[tuple[int, UserId]] = field(default_factory=Counter)
    settings: dict[str, str] = field(default_factory=dict)
    bans: dict[UserId, Ban] = field(default_factory=dict)
    invites: dict[InviteId, Invite] = field(default_factory=dict)
    wrote_ms: dict[UserId, int] = field(default_factory=dict)
    ahead_ms: dict[str, float] = field(default_factory=dict)


class MemoryLiveView:
    """What several sequencers share. `nodes`, `homes` and `blocks` stand for what presence writes, `told` for what nodes have heard."""

    def __init__(self) -> None:
        self.live: dict[ConversationId, _Conversation] = {}
        self.nodes: dict[ConversationId, set[str]] = {}
        self.homes: dict[UserId, set[str]] = {}
        self.moves: dict[UserId, dict[ConversationId, tuple[int, bool]]] = {}
        self.told: dict[str, list[bytes]] = {}
        self.available = True
        self.lives = 1
        self.blocks: dict[ConversationId, dict[UserId, bool]] = {}
        self.left: dict[ConversationId, dict[int, tuple[Unfinished, UserId]]] = {}

    @property
    def epoch(self) -> str:
        """What differs between this memory and the next one."""
        return str(self.lives)

    def wipe(self) -> None:
        """Forget everything about conversations: from now on it is another memory."""
        self.left.clear()
        self.live.clear()
        self.blocks.clear()
        self.lives += 1

    def fail_over(self) -> None:
        """Become another memory that has a copy of this one: what is under way is all that is taken from it."""
        left = self.left | {conversation_id: dict(live.pending) for conversation_id, live in self.live.items()}
        self.wipe()
        self.left = left

    def lose(self, conversation_id: ConversationId) -> None:
        """Forget a conversation, as a wiped Redis does."""
        del self.live[conversation_id]

    def note(self, user_id: UserId, conversation_id: ConversationId, seq: int, *, is_in: bool) -> None:
        """Take note that a user has come or left by the entry at `seq`, unless something newer is known."""
        moves = self.moves.setdefault(user_id, {})
        moves[conversation_id] = max((seq, is_in), moves.get(conversation_id, (0, False)))

    def conversations(self, user_id: UserId) -> set[ConversationId]:
        """Return the conversations that a user is in."""
        return {conversation_id for conversation_id, (_, is_in) in self.moves.get(user_id, {}).items() if is_in}

    def check(self) -> None:
        """Raise UNAVAILABLE while the view is to be away."""
        if not self.available:
            raise ChatError(Reason.UNAVAILABLE)


class MemorySequencer:
    """Follows the scripts of the Redis adapter; both pass one suite."""

    def __init__(self, view: MemoryLiveView | None = None, rates: Rates = RATES) -> None:
        self.view = view or MemoryLiveView()
        self._rates = rates

    async def sequence(self, commands: Sequence[Claim | Birth]) -> list[Answer]:
        self.view.check()
        return [self._create(command) if isinstance(command, Birth) else self._sequence(command) for command in commands]

    def _take(self, live: _Conversation) -> list[Unfinished]:
        taken = [] if live.owner is self else [one for one, _ in live.pending.values()]
        live.owner = self
        return taken

    def _create(self, birth: Birth) -> Answer:
        live = self.view.live.get(birth.conversation_id)
        if live is None:
            if not birth.looked_up:
                return Answer(NotLive())
            members = {user_id: Membership(permissions, 1) for user_id, permissions in birth.members.items()}
            live = self.view.live[birth.conversation_id] = _Conversation(birth.conversation, birth.kind, members, self)
            place = Place(1, 0, birth.now_ms)
            live.pending[1] = (Unfinished(birth.message_id, place, birth.draft), birth.user_id)
        unfinished = self._take(live)
        return Answer(Place(1, 0, birth.now_ms, durable=live.head > 0, conversation=live.conversation), unfinished)

    def _sequence(self, claim: Claim) -> Answer:
        live = self.view.live.get(claim.conversation_id)
        if live is None:
            return Answer(NotLive())
        for one, sender in live.pending.values():
            live.made.setdefault(one.message_id, (one.place, sender))
        unfinished = self._take(live)
        return Answer(self._outcome(live, claim), unfinished)

    def _outcome(self, live: _Conversation, claim: Claim) -> Outcome:
        forgotten = claim.made_ms <= live.since
        if claim.message_id in live.made:
            place, sender = live.made[claim.message_id]
            if place.durable or place.seq in live.pending:
                return self._again(live, claim, place) if sender == claim.user_id else ChatError(Reason.MESSAGE_ID_REUSED)
            forgotten = True
        if forgotten and not claim.looked_up:
            return Forgotten()
        return self._weighed(live, claim)

    def _weighed(self, live: _Conversation, claim: Claim) -> Outcome:
        held = _held(live, claim.user_id)
        refusal = self._refusal(live, claim, held)
        if refusal is not None:
            return refusal
        slow_ms = 1000 * int(live.settings.get("slow_mode_s", 0)) if claim.counts and Permission.MODERATE not in held else 0
        left_ms = live.wrote_ms.get(claim.user_id, 0) + slow_ms - claim.now_ms
        if slow_ms and left_ms > 0:
            return ChatError(Reason.SLOW_MODE, retry_after=timedelta(milliseconds=left_ms))
        weighed = Weighed(claim, held, live.kind, dict(live.members), dict(live.settings), dict(live.bans), dict(live.invites))
        try:
            for term in claim.terms:
                weighed.weigh(term)
        except ChatError as error:
            return error
        if claim.terms and not weighed.parts:
            return Needless(weighed.there)
        if slow_ms:
            live.wrote_ms[claim.user_id] = claim.now_ms
        return self._place(live, claim, weighed)

    def _refusal(self, live: _Conversation, claim: Claim, held: Permission) -> ChatError | BlocksUnknown | None:
        """Return why a command is not weighed, if it is not."""
        if claim.needs is not None and claim.user_id not in live.members:
            return ChatError(Reason.UNKNOWN_CONVERSATION)
        if claim.needs is not None and claim.needs not in held:
            return ChatError(Reason.PERMISSION_DENIED)
        if live.kind == "DIRECT" and claim.needs:
            blocks = self.view.blocks.get(claim.conversation_id, {})
            if len(blocks) < PAIR:
                return BlocksUnknown(list(live.members))
            if any(blocks.values()):
                return ChatError(Reason.BLOCKED)
        for name, rate in self._paces(claim):
            ahead_ms = max(0.0, live.ahead_ms.get(name, 0.0) - claim.now_ms) + rate.interval_ms
            if ahead_ms > rate.most_ms:
                return too_fast(ahead_ms - rate.most_ms, is_all=name == ALL)
        return None

    def _paces(self, claim: Claim) -> list[tuple[str, Rate]]:
        """Return who is to keep to which rate, if a command is to."""
        both = ((ALL, self._rates.conversation), (claim.user_id, self._rates.user))
        return [(name, rate) for name, rate in both if claim.needs and rate.per_s]

    def _again(self, live: _Conversation, claim: Claim, place: Place) -> Outcome:
        entry = next((entry for seq, _, entry in live.tail if seq == place.seq), b"") if claim.terms else b""
        return Forgotten() if claim.terms and place.durable and not entry and not claim.looked_up else replace(place, draft=entry)

    def _place(self, live: _Conversation, claim: Claim, weighed: Weighed) -> Place:
        for name, rate in self._paces(claim):
            live.ahead_ms[name] = max(live.ahead_ms.get(name, 0.0), claim.now_ms) + rate.interval_ms
        previous, live.seq = live.seq, max(live.seq, live.floor) + 1
        live.ordinal += claim.counts
        live.members = {
            user_id: one if one.joined_seq else Membership(one.permissions, live.seq, live.ordinal)
            for user_id, one in weighed.members.items()
        }
        live.settings, live.bans, live.invites = weighed.settings, weighed.bans, weighed.invites
        ttl_s = int(live.settings.get("message_ttl_s", 0)) if claim.counts else 0
        fading = expiring(expires_s(claim.now_ms, ttl_s)) if ttl_s else b""
        draft = b"".join((claim.draft, *weighed.parts, fading))
        place = Place(live.seq, live.ordinal, claim.now_ms, previous, draft=draft if claim.terms or fading else b"")
        live.made[claim.message_id] = (replace(place, previous=0, draft=b""), claim.user_id)
        live.pending[live.seq] = (Unfinished(claim.message_id, replace(place, draft=b""), draft), claim.user_id)
        return place

    async def commit(self, runs: Mapping[ConversationId, Sequence[Durable]]) -> dict[ConversationId, frozenset[str] | NotLive]:
        self.view.check()
        return {conversation_id: self._commit(conversation_id, entries) for conversation_id, entries in runs.items()}

    def _commit(self, conversation_id: ConversationId, entries: Sequence[Durable]) -> frozenset[str] | NotLive:
        nodes = self.view.nodes.setdefault(conversation_id, set())
        for entry in entries:
            for user_id in entry.joining:
                self.view.note(user_id, conversation_id, entry.seq, is_in=True)
                nodes |= self.view.homes.get(user_id, set())
            for user_id in entry.leaving:
                self.view.note(user_id, conversation_id, entry.seq, is_in=False)
        live = self.view.live.get(conversation_id)
        if live is None:
            return NotLive()
        told = set[str]()
        for entry in entries:
            if entry.seq > live.head:
                live.tail = [*live.tail, (entry.seq, entry.ordinal, entry.entry)][-TAIL_ENTRIES:]
                live.head, live.head_ordinal = entry.seq, entry.ordinal
                live.deleted |= {entry.target} if entry.change == keys.DELETION else set()
                live.closed |= {entry.target} if entry.change == keys.CLOSING else set()
                live.reacted[entry.target, entry.sender_id] += entry.change == keys.REACTION
            live.pending.pop(entry.seq, None)
            live.made[entry.message_id] = (Place(entry.seq, entry.ordinal, entry.accepted_ms, durable=True), entry.sender_id)
            for node in nodes if entry.seq > live.told else ():
                self.view.told.setdefault(node, []).append(entry.event)
                told.add(node)
            live.told = max(live.told, entry.seq)
        return frozenset(told)

    @property
    def epoch(self) -> str:
        return self.view.epoch

    async def unfinished(self, conversation_id: ConversationId) -> list[Unfinished]:
        self.view.check()
        return [one for _, (one, _) in sorted(self.view.left.get(conversation_id, {}).items())]

    async def restore(self, restored: Restored, epoch: str) -> None:
        self.view.check()
        if epoch != self.view.epoch:
            raise ChatError(Reason.UNAVAILABLE)
        for user_id, member in restored.members.items():
            self.view.note(user_id, restored.conversation_id, member.joined_seq, is_in=True)
        if restored.conversation_id not in self.view.live:
            left = self.view.left.pop(restored.conversation_id, {})
            pending = {seq: one for seq, one in left.items() if seq > restored.head}
            self.view.live[restored.conversation_id] = _Conversation(
                restored.conversation,
                restored.kind,
                dict(restored.members),
                None,
                seq=max((restored.head, *pending)),
                floor=restored.floor,
                ordinal=max((restored.head_ordinal, *(one.place.ordinal for one, _ in pending.values()))),
                pending=pending,
                head=restored.head,
                head_ordinal=restored.head_ordinal,
                since=restored.known_since_ms,
                made={
                    one.message_id: (Place(one.seq, one.ordinal, one.accepted_ms, durable=True), one.sender_id) for one in restored.recent
                },
                tail=[(one.seq, one.ordinal, one.entry) for one in restored.recent],
                marks=dict(restored.marks),
                deleted={one.target for one in restored.recent if one.change == keys.DELETION},
                closed={one.target for one in restored.recent if one.change == keys.CLOSING},
                reacted=Counter((one.target, one.sender_id) for one in restored.recent if one.change == keys.REACTION),
                settings=dict(restored.settings),
                bans=dict(restored.bans),
                invites=dict(restored.invites),
            )

    async def sight(self, conversation_id: ConversationId, user_id: UserId, seq: int) -> Sight | NotLive:
        self.view.check()
        live = self.view.live.get(conversation_id)
        if live is None:
            return NotLive()
        member = live.members.get(user_id)
        entry = next((value for one, _, value in live.tail if one == seq), None)
        reacted = live.reacted[seq, user_id] if entry else 0
        return Sight(member.joined_seq if member else None, live.head, entry, seq in live.deleted, seq in live.closed, reacted)

    async def mark(self, marks: Sequence[Mark]) -> list[Marked | OrdinalNeeded | NotLive]:
        self.view.check()
        return [self._mark(mark) for mark in marks]

    def _mark(self, mark: Mark) -> Marked | OrdinalNeeded | NotLive:
        live = self.view.live.get(mark.conversation_id)
        if live is None:
            return NotLive()
        if mark.user_id not in live.members:
            return Marked(0, 0, 0, (0, 0))
        was = live.marks.get(mark.user_id, (0, 0, 0))
        delivered, read, ordinal = was[:3]
        shown = was[3:] or (delivered, read)
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
        if not mark.withheld and not self._are_cut_off(mark.conversation_id):
            shown = (delivered, read)
        now = (delivered, read, ordinal) if shown == (delivered, read) else (delivered, read, ordinal, *shown)
        live.marks[mark.user_id] = now
        listening = self._listening(mark.conversation_id) if now != was else Listening()
        return Marked(delivered, read, ordinal, (shown[0], shown[1]), listening, changed=now != was)

    async def listeners(self, pairs: Sequence[tuple[ConversationId, UserId]]) -> list[Listening]:
        self.view.check()
        return [
            self._listening(conversation_id)
            if Permission.WRITE in _held(self.view.live.get(conversation_id), user_id) and not self._are_cut_off(conversation_id)
            else Listening()
            for conversation_id, user_id in pairs
        ]

    def _are_cut_off(self, conversation_id: ConversationId) -> bool:
        live = self.view.live.get(conversation_id)
        return live is not None and live.kind == "DIRECT" and any(self.view.blocks.get(conversation_id, {}).values())

    def _listening(self, conversation_id: ConversationId) -> Listening:
        return Listening(frozenset(self.view.nodes.get(conversation_id, ())), len(self.view.live[conversation_id].members))


def _held(live: _Conversation | None, user_id: UserId) -> Permission:
    """Return what a user may do in a conversation now."""
    member = live.members.get(user_id) if live else None
    return effective(member.permissions, as_values(live.settings)) if live and member else Permission(0)
