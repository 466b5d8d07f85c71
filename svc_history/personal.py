"""What concerns only one user, out of both views: what the database has of it, and the newest of their notes to themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatkit.core.conversation_preferences import Choices, Chosen, newest
from chatkit.core.ids import ConversationId, UserId, notes_conversation_id
from chatkit.rpc.conversation_preferences import preferences_of
from elastic_chat.events.v1 import log_pb2
from svc_history.certainty import Certainty
from svc_history.core import END, Range
from svc_history.store import LiveLog, Timeline

NOTHING = Range(END, END, 0, backwards=True)


class Personal:
    """Reads it for the user whose it is."""

    def __init__(self, live: LiveLog, timeline: Timeline, certainty: Certainty) -> None:
        self._live = live
        self._timeline = timeline
        self._certainty = certainty

    async def preferences(self, user_id: UserId) -> Mapping[ConversationId, Mapping[str, int]]:
        """Return how a user has conversations, those of which they have ever said so. They need not have notes."""
        live = await self._unwritten(notes_conversation_id(user_id))
        # After the tail: what has left it meanwhile is there by now.
        kept = await self._timeline.preferences(user_id)
        return {
            conversation_id: {name: chosen.value for name, chosen in choices.items()}
            for conversation_id, choices in newest(kept, *map(_choices, live)).items()
        }

    async def _unwritten(self, notes: ConversationId) -> Sequence[bytes]:
        """Return what the tail of notes has that concerns only their user; what it does not have is in the database after that."""
        (tail,) = await self._live.tails([(notes, NOTHING)])
        if tail is None:
            await self._certainty.since(self._live.epoch)
            return ()
        start, live = await self._live.personal(notes) if tail.has_changes else (tail.start, ())
        if tail.written < max(start, tail.start) - 1:
            await self._certainty.now()
        return live


def _choices(value: bytes) -> Choices:
    """Return what an entry says of how its user has a conversation."""
    entry = log_pb2.LogEntry.FromString(value)
    chosen = preferences_of(entry.personal.preferences)
    return {ConversationId(entry.personal.conversation_id): {name: Chosen(entry.seq, one) for name, one in chosen.items()}}
