"""One log out of two views: the live one, which is newest, and the database, which has everything but the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chatkit.core.admission import Code
from chatkit.core.clock import Clock
from chatkit.core.conversation import Permission
from chatkit.core.conversation_settings import effective
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, notes_conversation_id
from chatkit.metrics import counter
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.blocks import Blocks
from svc_history.certainty import Certainty
from svc_history.changes import Changes, Known, mended
from svc_history.core import (
    CALL_BYTES,
    END,
    LAST_BYTES,
    MAX_MENTIONED,
    MAX_PINS,
    RECENT,
    SYNC_BYTES,
    SYNC_ENTRIES,
    Mark,
    Range,
    Stored,
    Tail,
    below_tail,
    merged,
    page_range,
    shown,
)
from svc_history.expiry import blanked, there
from svc_history.hiding import counted, masked, span, span_of_state
from svc_history.personal import NONE, Concealing, Mine, Personal
from svc_history.store import Admission, Listed, LiveLog, Look, Question, Roll, State, Timeline

AT_ONCE = 50
"""Conversations that are looked at in one round trip, and before it is asked whether the answer is large enough."""
NO_TAIL = Tail((), END, END, END)
"""That of a conversation that the live view does not know."""
ALL = 1_000_000
"""More entries than a tail ever has."""

PAGES = counter("chat_history_pages_total", "Pages read, by where they came from.", source=("live", "database"))


@dataclass(frozen=True, slots=True)
class Ask:
    """A user, up to where they have conversations, and whether they want to know of all others as well."""

    user_id: UserId
    cursors: Mapping[ConversationId, int]
    list_all: bool = False


@dataclass(slots=True)
class Synced:
    """What is new since a client was here: entries by conversation and seq, and up to which seq that is everything.

    `more` are conversations with more entries than an answer holds, `gone` those that the user is not in, `marks` how far everyone is;
    `states` how all conversations are, the one with the newest entry first; `size` the bytes of the entries, `weight` those of the states.
    """

    entries: list[Stored] = field(default_factory=list)
    positions: list[tuple[ConversationId, int]] = field(default_factory=list)
    more: list[ConversationId] = field(default_factory=list)
    gone: list[ConversationId] = field(default_factory=list)
    marks: dict[ConversationId, Mapping[UserId, Mark]] = field(default_factory=dict)
    states: list[tuple[ConversationId, State]] = field(default_factory=list)
    size: int = 0
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page by rising seq, the head of its conversation, whether there is more in its direction, and all changes of its messages."""

    head: int
    entries: Sequence[Stored]
    has_more: bool
    changes: Known


class Reader:
    """Reads for a user what they may see; what they may not is UNKNOWN_CONVERSATION."""

    def __init__(self, live: LiveLog, timeline: Timeline, certainty: Certainty, clock: Clock, kept_bytes: int) -> None:
        self._live = live
        self._clock = clock
        self._timeline = timeline
        self._certainty = certainty
        self._blocks = Blocks(timeline, clock, kept_bytes)
        self._changes = Changes(live, timeline, certainty, clock)
        self._personal = Personal(live, timeline, certainty)

    async def conversations(self, user_id: UserId) -> list[tuple[ConversationId, State]]:
        """Return every conversation of a user, the one with the newest entry first."""
        (synced,) = await self.sync([Ask(user_id, {}, list_all=True)])
        return synced.states

    async def memberships(self, users: Sequence[UserId]) -> list[Mapping[ConversationId, int]]:
        """Return the conversations that each user is in, and the seq at which they joined each."""
        live = await self._live.conversations(users)
        return await asyncio.gather(*(self._all_of(user_id, known) for user_id, known in zip(users, live, strict=True)))

    async def _all_of(self, user_id: UserId, known: Mapping[ConversationId, int] | None) -> Mapping[ConversationId, int]:
        """Return what is known; if nothing is, ask the database, and let the live view know it from now on."""
        if known is not None:
            return known
        epoch = self._live.epoch
        await self._certainty.since(epoch)
        return await self._live.remember(epoch, user_id, await self._timeline.conversations(user_id))

    async def conversation(self, user_id: UserId, conversation_id: ConversationId) -> State:
        """Return how a conversation is, for a member."""
        (look,) = await self._looks([(user_id, conversation_id, None)])
        if look is None or look.state.member is None:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return look.state

    async def summary(self, user_id: UserId, conversation_id: ConversationId) -> State:
        """Return how a conversation is, for a member, and how they have it for themselves."""
        state, mine = await asyncio.gather(self.conversation(user_id, conversation_id), self._mine(user_id))
        (state,) = await self._as_theirs([(user_id, mine, conversation_id, state)])
        return state

    async def preferences(self, users: Sequence[UserId], conversation_id: ConversationId) -> list[Mapping[str, int]]:
        """Return how users have a conversation for themselves."""
        known = await self.memberships(users)
        found = await asyncio.gather(*(self._own(user_id, its) for user_id, its in zip(users, known, strict=True)))
        return [mine.preferences.get(conversation_id, {}) for mine in found]

    async def _mine(self, user_id: UserId) -> Mine:
        """Return what is a user's own in conversations."""
        (known,) = await self.memberships([user_id])
        return await self._own(user_id, known)

    async def _own(self, user_id: UserId, known: Mapping[ConversationId, int]) -> Mine:
        """Return it, for a user with these conversations. Who has no notes to themselves has nothing of it, and nobody is asked."""
        return await self._personal.of(user_id) if notes_conversation_id(user_id) in known else NONE

    async def _as_theirs(self, states: Sequence[tuple[UserId, Mine, ConversationId, State]]) -> list[State]:
        """Return how conversations are for users, as these have them for themselves."""
        hiding = [n for n, (_, mine, one, _) in enumerate(states) if one in mine.hiding]
        looks = [Concealing(mine, user_id, one, *span_of_state(state)) for user_id, mine, one, state in (states[n] for n in hiding)]
        hidden = dict(zip(hiding, await self._personal.hidden(looks), strict=True))
        return [
            replace(counted(state, hidden.get(n, {})), preferences=mine.preferences.get(one, {}))
            for n, (_, mine, one, state) in enumerate(states)
        ]

    async def _hidden(self, user_id: UserId, mine: Mine, conversation_id: ConversationId, entries: Sequence[Stored]) -> Collection[int]:
        """Return which messages a user has hidden, of those that entries are, or change."""
        if conversation_id not in mine.hiding:
            return ()
        (hidden,) = await self._personal.hidden([Concealing(mine, user_id, conversation_id, *span(entries))])
        return hidden

    async def page(self, user_id: UserId, conversation_id: ConversationId, before: int, after: int, size: int) -> Page:
        """Return a page of a conversation, for a member."""
        mine, page = await asyncio.gather(self._mine(user_id), self._page(user_id, conversation_id, before, after, size))
        hidden = await self._hidden(user_id, mine, conversation_id, page.entries)
        return replace(page, entries=masked(page.entries, hidden))

    async def _page(self, user_id: UserId, conversation_id: ConversationId, before: int, after: int, size: int) -> Page:
        # Both questions go to the live view at once; the tail is asked again if it may be older than the head, or lacks a part. Who pages
        # backwards may ask for more than they may see: they are not shown it.
        wanted = page_range(before, after, size, 1)
        state, (tail,) = await asyncio.gather(self.conversation(user_id, conversation_id), self._tails([(conversation_id, wanted)]))
        assert state.member is not None  # noqa: S101 - `conversation` has refused otherwise
        page = page_range(before, after, size, state.member.joined_seq)
        if tail.head < state.head_seq or tail is NO_TAIL or (not page.backwards and page != wanted):
            (tail,) = await self._tails([(conversation_id, page)])
        entries, has_more = await self._merge(conversation_id, page, tail)
        head = max(state.head_seq, tail.head) if tail.head < END else state.head_seq
        known = await self._changes.of(conversation_id, entries, tail)
        entries = blanked(mended(entries, known, since=state.member.joined_seq), self._clock.now_ms())
        return Page(head, entries, has_more, known)

    async def message(self, user_id: UserId, conversation_id: ConversationId, seq: int, *, include_hidden: bool = False) -> Page:
        """Return one message, for a member, as a page."""
        page = await self._page(user_id, conversation_id, seq + 1, 0, 1) if seq > 0 else None
        if page is None or not page.entries or not _is_message_at(seq, page.entries[-1]):
            raise ChatError(Reason.NOT_FOUND, "there is no message at this seq that you can see")
        if not include_hidden and seq in await self._hidden(user_id, await self._mine(user_id), conversation_id, page.entries):
            raise ChatError(Reason.NOT_FOUND, "you have hidden the message")
        return page

    async def pins(self, user_id: UserId, conversation_id: ConversationId) -> Page:
        """Return the messages of a conversation that are pinned, for a member, as a page: of more than MAX_PINS the newest."""
        state = await self.conversation(user_id, conversation_id)
        first = state.member.joined_seq if state.member else END
        (tail,) = await self._tails([(conversation_id, Range(END, END, 0, backwards=True))])
        pinned = [seq for seq in await self._changes.pins(conversation_id, tail) if seq >= first][-MAX_PINS:]
        return await self._scattered(user_id, conversation_id, state, tail, pinned, has_more=False)

    async def thread(self, user_id: UserId, conversation_id: ConversationId, seq: int, before: int, after: int, size: int) -> Page:
        """Return a page of the messages that are in the thread of one, for a member."""
        state = await self.conversation(user_id, conversation_id)
        wanted = page_range(before, after, size, state.member.joined_seq if state.member else END)
        await self.message(user_id, conversation_id, seq, include_hidden=True)
        (tail,) = await self._tails([(conversation_id, Range(END, END, 0, backwards=True))])
        seqs, has_more = await self._changes.replies(conversation_id, seq, wanted, tail)
        return await self._scattered(user_id, conversation_id, state, tail, seqs, has_more=has_more)

    async def some(self, user_id: UserId, conversation_id: ConversationId, seqs: Sequence[int]) -> Page:
        """Return messages of a conversation, for a member, as a page."""
        state = await self.conversation(user_id, conversation_id)
        (tail,) = await self._tails([(conversation_id, Range(END, END, 0, backwards=True))])
        return await self._scattered(user_id, conversation_id, state, tail, sorted(seqs), has_more=False)

    async def _scattered(
        self, user_id: UserId, conversation_id: ConversationId, state: State, tail: Tail, seqs: Sequence[int], *, has_more: bool
    ) -> Page:
        """Return messages that are anywhere in a conversation, as a page."""
        alone = [(conversation_id, Range(seq - 1, seq + 1, 1, backwards=False)) for seq in seqs]
        tails = await self._tails(alone)
        found = await asyncio.gather(*(self._merge(one, page, its) for (one, page), its in zip(alone, tails, strict=True)))
        entries = [one for some, _ in found for one in some]
        mine, known = await asyncio.gather(self._mine(user_id), self._changes.of(conversation_id, entries, tail))
        head = state.head_seq if tail is NO_TAIL else max(state.head_seq, tail.head)
        hidden = await self._hidden(user_id, mine, conversation_id, entries)
        return Page(head, masked(there(mended(entries, known), self._clock.now_ms()), hidden), has_more, known)

    async def wordings(
        self, user_id: UserId, conversation_id: ConversationId, seq: int, before: int, size: int
    ) -> tuple[list[log_pb2.LogEntry], bool]:
        """Return a part of what a message has said, by rising seq, and whether there is older; nothing of one that is deleted."""
        part = page_range(before, 0, size, 1)
        page = await self.message(user_id, conversation_id, seq)
        if seq in page.changes.deleted:
            return [], False
        edits = (one for one in page.changes.to(seq) if one.kind == entry_pb2.Entry.EDIT)
        said = {one.seq: one for one in (log_pb2.LogEntry.FromString(page.entries[-1].entry), *edits)}
        entries, has_more = merged(part, [Stored(one, b"") for one in said])
        return [said[one.seq] for one in entries], has_more

    async def sync(self, asks: Sequence[Ask]) -> list[Synced]:
        """Return what is newer than each user's cursors, what has become of their conversations and, if they ask, how all others are.

        Answers fewer than were asked, but at least one, if it would be too much.
        """
        all_of_each = await self.memberships([ask.user_id for ask in asks])
        known = [its if ask.list_all else {} for ask, its in zip(asks, all_of_each, strict=True)]
        mine = await asyncio.gather(*(self._own(ask.user_id, its) for ask, its in zip(asks, all_of_each, strict=True)))
        synced = [Synced() for _ in asks]
        places = [(n, one) for n, ask in enumerate(asks) for one in (*ask.cursors, *sorted(known[n].keys() - ask.cursors.keys()))]
        for start in range(0, len(places), AT_ONCE):
            some = places[start : start + AT_ONCE]
            if sum(one.size + one.weight for one in synced) > CALL_BYTES and some[0][0] > 0:
                del synced[some[0][0] :]
                break
            seqs = [asks[n].cursors.get(one) for n, one in some]
            questions: list[Question] = [
                (asks[n].user_id, one, None if synced[n].size > SYNC_BYTES else seq) for (n, one), seq in zip(some, seqs, strict=True)
            ]
            looks = await self._looks(questions)
            seen = [(n, one, look) for (n, one), look in zip(some, looks, strict=True) if look is not None and one in known[n]]
            states = await self._as_theirs([(asks[n].user_id, mine[n], one, look.state) for n, one, look in seen if look.state.member])
            for (n, one, _), state in zip([one for one in seen if one[2].state.member], states, strict=True):
                synced[n].states.append((one, state))
                synced[n].weight += _weight(state)
            for (n, one), seq, look in zip(some, seqs, looks, strict=True):
                is_full = synced[n].size > SYNC_BYTES or sum(other.size for other in synced) > 2 * CALL_BYTES
                await self._add(synced[n], (asks[n].user_id, mine[n], one), seq, look, is_full=is_full)
        for answer in synced:
            answer.states = _lightened(sorted(answer.states, key=_newest_first))
        return synced

    async def _add(self, synced: Synced, place: _Place, seq: int | None, look: Look | None, *, is_full: bool) -> None:
        """Add a conversation of which the client has everything up to `seq`, or nothing if there is no seq."""
        user_id, mine, conversation_id = place
        state = look.state if look else None
        if look is None or state is None or state.member is None:
            if seq is not None:
                synced.gone.append(conversation_id)
            return
        if seq is None:
            return
        if look.tail is None or is_full:
            synced.more.append(conversation_id)
            return
        upto = min(state.head_seq, look.tail.head)
        page = Range(max(seq, state.member.joined_seq - 1), upto + 1, SYNC_ENTRIES, backwards=False)
        entries, has_more = await self._merge(conversation_id, page, look.tail) if page.after < upto else ([], False)
        entries = await self._changes.mended(conversation_id, entries, look.tail, state.member.joined_seq)
        entries = masked(blanked(entries, self._clock.now_ms()), await self._hidden(user_id, mine, conversation_id, entries))
        synced.entries += entries
        synced.size += sum(len(one.entry) for one in entries)
        synced.positions.append((conversation_id, entries[-1].seq if has_more else upto))
        synced.marks[conversation_id] = look.marks
        if has_more or upto < state.head_seq:
            synced.more.append(conversation_id)

    async def roll(self, user_id: UserId, conversation_id: ConversationId) -> Roll:
        """Return who is in a conversation, for a member."""
        roll = await self._live.roll(conversation_id)
        if roll is None:
            await self._certainty.since(self._live.epoch)
            roll = await self._timeline.roll(conversation_id)
        if user_id not in roll.members:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return roll

    async def listed(self, prefix: str, after: tuple[str, str], count: int) -> tuple[list[Listed], bool]:
        """Return a page of the directory, and whether there is more."""
        found = await self._timeline.listed(prefix, after, count + 1)
        return found[:count], len(found) > count

    async def admission(self, user_id: UserId, conversation_id: ConversationId, needs: Permission) -> Admission:
        """Return who may come into a conversation, for a member who has a permission."""
        state = await self.conversation(user_id, conversation_id)
        assert state.member is not None  # noqa: S101 - `conversation` has refused otherwise
        if needs not in effective(Permission(state.member.permissions), state.settings):
            raise ChatError(Reason.PERMISSION_DENIED)
        return await self._admission(conversation_id)

    async def invited(self, user_id: UserId, code: Code, now_ms: int) -> tuple[State, Admission]:
        """Return the conversation that an invite leads a user to. Raises BAD_INVITE if it does not, for whatever reason."""
        (look,) = await self._looks([(user_id, code.conversation_id, None)])
        if look is None:
            raise ChatError(Reason.BAD_INVITE)
        admission = await self._admission(code.conversation_id)
        invite = admission.invites.get(code.invite_id)
        if invite is None or not invite.is_good(now_ms) or not admission.member_count or user_id in admission.bans:
            raise ChatError(Reason.BAD_INVITE)
        return look.state, admission

    async def _admission(self, conversation_id: ConversationId) -> Admission:
        admission = await self._live.admission(conversation_id)
        if admission is None:
            await self._certainty.since(self._live.epoch)
            admission = await self._timeline.admission(conversation_id)
        return admission

    async def durable_state(self, conversation_id: ConversationId) -> tuple[State, Roll, Admission, list[Stored]]:
        """Return what the log has of a conversation at the time of the call, and the newest of it, for whom it may concern."""
        await self._certainty.now()
        state = await self._timeline.state(UserId(""), conversation_id)
        if state is None:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        recent = await self._timeline.read(conversation_id, Range(0, END, RECENT - 1, backwards=True))
        recent = await self._changes.completed(conversation_id, recent)
        return state, await self._timeline.roll(conversation_id), await self._timeline.admission(conversation_id), recent

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        """Return the entry that a message_id has made, wherever it is by now; without its words, if its message is deleted."""
        (tail,) = await self._tails([(conversation_id, Range(END, END, 0, backwards=True))])
        unwritten = Range(tail.written, tail.head + 1, ALL, backwards=False)
        if tail.written < tail.head:
            (tail,) = await self._tails([(conversation_id, unwritten)])
        found = next((one for one in tail.entries if log_pb2.LogEntry.FromString(one.entry).message_id == message_id), None)
        if found is None:
            if below_tail(unwritten, tail) is not None:
                await self._certainty.now()
            found = await self._timeline.find(conversation_id, message_id)
        if found is None:
            return None
        (one,) = mended([found], await self._changes.of(conversation_id, [found], tail))
        return one

    async def _looks(self, questions: Sequence[Question]) -> list[Look | None]:
        """Return how conversations are. Of what the live view does not know, the database has everything, as soon as it can be believed."""
        looks = await self._live.look(questions, self._clock.now_ms()) if questions else []
        if None in looks:
            await self._certainty.since(self._live.epoch)
        found = [look or await self._look_below(*question) for question, look in zip(questions, looks, strict=True)]
        return await self._counted(questions, found)

    async def _counted(self, questions: Sequence[Question], looks: Sequence[Look | None]) -> list[Look | None]:
        """Add mentions that are older than what the tail has. Those that the database does not have yet are left out for so long."""
        spans = {n: span for n, look in enumerate(looks) if look and (span := look.state.uncounted)}
        if not spans:
            return list(looks)
        counts = await self._timeline.mentions([(*questions[n][:2], *span) for n, span in spans.items()])
        older = dict(zip(spans, counts, strict=True))
        return [_with_mentions(look, older[n]) if look and n in older else look for n, look in enumerate(looks)]

    async def _look_below(self, user_id: UserId, conversation_id: ConversationId, _: int | None) -> Look | None:
        state = await self._timeline.state(user_id, conversation_id)
        return Look(state, NO_TAIL) if state else None

    async def _tails(self, pages: Sequence[tuple[ConversationId, Range]]) -> list[Tail]:
        """Return what the live view has of pages. What it does not know is all in the database, as soon as that can be believed."""
        tails = await self._live.tails(pages) if pages else []
        if None in tails:
            await self._certainty.since(self._live.epoch)
        return [tail or NO_TAIL for tail in tails]

    async def _merge(self, conversation_id: ConversationId, page: Range, tail: Tail) -> tuple[list[Stored], bool]:
        page = shown(page, tail.head)
        below = below_tail(page, tail)
        if below is None:
            PAGES["live"].inc()
            return merged(page, tail.entries)
        PAGES["database"].inc()
        if tail.written < below.before - 1:
            await self._certainty.now()
        return merged(page, await self._blocks.read(conversation_id, below), tail.entries)


_Place = tuple[UserId, Mine, ConversationId]
"""Who has a conversation, and what is their own."""


def _with_mentions(look: Look, older: int) -> Look:
    return replace(look, state=replace(look.state, mention_count=min(look.state.mention_count + older, MAX_MENTIONED), counted_from=0))


def _is_message_at(seq: int, stored: Stored) -> bool:
    return stored.seq == seq and log_pb2.LogEntry.FromString(stored.entry).kind == entry_pb2.Entry.MESSAGE


def _weight(state: State) -> int:
    return len(state.conversation) + (len(state.newest.entry) if state.newest else 0)


def _lightened(states: Sequence[tuple[ConversationId, State]]) -> list[tuple[ConversationId, State]]:
    """Leave out the newest entries of the last ones, if all of them are too much for one answer."""
    light: list[tuple[ConversationId, State]] = []
    weight = 0
    for conversation_id, state in states:
        weight += _weight(state)
        light.append((conversation_id, state if weight <= LAST_BYTES or state.newest is None else _without_newest(state, state.newest)))
    return light


def _without_newest(state: State, newest: Stored) -> State:
    return replace(state, newest=None, head_ordinal=state.head_ordinal or log_pb2.LogEntry.FromString(newest.entry).ordinal)


def _newest_first(pair: tuple[ConversationId, State]) -> tuple[int, int]:
    newest = pair[1].newest
    if newest is None:
        return (0, 0)
    at = log_pb2.LogEntry.FromString(newest.entry).accepted_at
    return (-at.seconds, -at.nanos)
