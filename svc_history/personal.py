"""What concerns only one user, out of both views: what the database has of it, and the newest of their notes to themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chatkit.core.conversation_preferences import HAS_HIDDEN, Choices, Chosen, newest
from chatkit.core.ids import ConversationId, MessageId, UserId, notes_conversation_id
from chatkit.core.personal import Hidden, Saved, Starred, Waiting
from chatkit.rpc.conversation_preferences import preferences_of
from elastic_chat.events.v1 import log_pb2
from svc_history.certainty import Certainty
from svc_history.core import END, Range
from svc_history.store import LiveLog, Timeline

NOTHING = Range(END, END, 0, backwards=True)


@dataclass(frozen=True, slots=True)
class Mine:
    """What is a user's own in every list: how they have conversations, and in which they have hidden messages, and the newest of those, or
    all of them.
    """

    preferences: Mapping[ConversationId, Mapping[str, int]] = field(default_factory=dict)
    hiding: frozenset[ConversationId] = frozenset()
    hidden: Mapping[ConversationId, Mapping[int, Hidden]] = field(default_factory=dict)
    is_all: bool = False


NONE = Mine()
"""That of a user who has no notes to themselves."""


class Concealing(NamedTuple):
    """A question for what a user has hidden in a conversation above one seq and below another."""

    mine: Mine
    user_id: UserId
    conversation_id: ConversationId
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Noted:
    """What the tail of a user's notes has that concerns only them, by rising seq, and whether that is all that there is."""

    entries: Sequence[log_pb2.LogEntry] = ()
    is_all: bool = False


class Personal:
    """Reads it for the user whose it is. As long as the tail of their notes reaches back to the first, the database is not asked."""

    def __init__(self, live: LiveLog, timeline: Timeline, certainty: Certainty) -> None:
        self._live = live
        self._timeline = timeline
        self._certainty = certainty

    async def of(self, user_id: UserId) -> Mine:
        """Return what is a user's own. They need not have notes."""
        live = await self._live_notes(user_id)
        # After the tail: what has left it meanwhile is there by now.
        choices = newest({} if live.is_all else await self._timeline.preferences(user_id), *map(_choices, live.entries))
        hidden: dict[ConversationId, dict[int, Hidden]] = {}
        for about in (entry.personal for entry in live.entries if entry.personal.HasField("hidden")):
            its = about.hidden
            hidden.setdefault(ConversationId(about.conversation_id), {})[its.seq] = Hidden(its.ordinal, its.mentioned)
        hiding = frozenset(hidden) | {one for one, chosen in choices.items() if chosen.pop(HAS_HIDDEN, None)}
        preferences = {one: {name: each.value for name, each in chosen.items()} for one, chosen in choices.items()}
        return Mine(preferences, hiding, hidden, live.is_all)

    async def hidden(self, looks: Sequence[Concealing]) -> list[dict[int, Hidden]]:
        """Return what users have hidden, each time; of what the database does not have yet, all."""
        asked = {n: look[1:] for n, look in enumerate(looks) if not look.mine.is_all}
        kept = dict(zip(asked, await self._timeline.hidden(list(asked.values())) if asked else (), strict=True))
        return [{**kept.get(n, {}), **look.mine.hidden.get(look.conversation_id, {})} for n, look in enumerate(looks)]

    async def stars(self, user_id: UserId) -> list[Starred]:
        """Return what a user has starred, the newest star first."""
        live = await self._live_notes(user_id)
        found = {(one.conversation_id, one.seq): one for one in (() if live.is_all else await self._timeline.stars(user_id))}
        for entry in live.entries:
            about, conversation_id = entry.personal, ConversationId(entry.personal.conversation_id)
            match about.WhichOneof("change"):
                case "star" if not about.star.removed:
                    key = conversation_id, about.star.seq
                    found[key] = max(Starred(*key, entry.seq), found.get(key, Starred(*key, 0)))
                case "star":
                    _drop(found, (conversation_id, about.star.seq), entry.seq)
                case "hidden":
                    _drop(found, (conversation_id, about.hidden.seq), entry.seq)
                case _:
                    """Nothing that is said of stars."""
        return sorted(found.values(), key=lambda one: one.starred_seq, reverse=True)

    async def drafts(self, user_id: UserId) -> list[Saved]:
        """Return what a user has written and not sent, the newest first."""
        live = await self._live_notes(user_id)
        found = {(one.conversation_id, one.thread): one for one in (() if live.is_all else await self._timeline.drafts(user_id))}
        for entry in (one for one in live.entries if one.personal.HasField("draft")):
            draft, key = entry.personal.draft, (ConversationId(entry.personal.conversation_id), entry.personal.draft.thread)
            if key not in found or found[key].saved_seq < entry.seq:
                found[key] = Saved(*key, draft.SerializeToString() if draft.text else b"", entry.accepted_at.ToMilliseconds(), entry.seq)
        return sorted((one for one in found.values() if one.draft), key=lambda one: one.saved_seq, reverse=True)

    async def waiting(self, user_id: UserId) -> list[Waiting]:
        """Return the messages of a user that wait for their time, in no order."""
        live = await self._live_notes(user_id)
        found = {one.message_id: one for one in (() if live.is_all else await self._timeline.waiting(user_id))}
        for entry in (one for one in live.entries if one.personal.HasField("scheduled")):
            scheduled, message_id = entry.personal.scheduled, MessageId(entry.personal.scheduled.message_id)
            if message_id not in found or found[message_id].seq < entry.seq:
                waits = scheduled.SerializeToString() if scheduled.state == scheduled.WAITING else b""
                found[message_id] = Waiting(ConversationId(entry.personal.conversation_id), message_id, waits, entry.seq)
        return [one for one in found.values() if one.scheduled]

    async def _live_notes(self, user_id: UserId) -> Noted:
        """Return what the tail of a user's notes has; what it does not have is in the database after that."""
        notes = notes_conversation_id(user_id)
        (tail,) = await self._live.tails([(notes, NOTHING)])
        if tail is None:
            await self._certainty.since(self._live.epoch)
            return Noted()
        start, live = await self._live.personal(notes) if tail.has_changes else (tail.start, ())
        start = max(start, tail.start)
        if tail.written < start - 1:
            await self._certainty.now()
        return Noted(sorted(map(log_pb2.LogEntry.FromString, live), key=lambda one: one.seq), start <= 1)


def _choices(entry: log_pb2.LogEntry) -> Choices:
    """Return what an entry says of how its user has a conversation."""
    chosen = preferences_of(entry.personal.preferences)
    return {ConversationId(entry.personal.conversation_id): {name: Chosen(entry.seq, one) for name, one in chosen.items()}}


def _drop(found: dict[tuple[ConversationId, int], Starred], key: tuple[ConversationId, int], seq: int) -> None:
    if key in found and found[key].starred_seq < seq:
        del found[key]
