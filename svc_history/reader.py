"""One log out of two views: the live one, which is newest, and the database, which has everything but the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from prometheus_client import Counter

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId
from elastic_chat.events.v1 import log_pb2
from svc_history.core import END, SYNC_ENTRIES, Membership, Range, Stored, is_whole, merged, page_range
from svc_history.store import LiveLog, Roll, State, Tail, Timeline

PAGES = Counter("chat_history_pages_total", "Pages read, by where they came from.", ("source",))


class Reader:
    """Reads for a user what they may see; what they may not is UNKNOWN_CONVERSATION."""

    def __init__(self, live: LiveLog, timeline: Timeline) -> None:
        self._live = live
        self._timeline = timeline
        self._reading: dict[tuple[ConversationId, Range], asyncio.Future[list[Stored]]] = {}

    async def conversations(self, user_id: UserId) -> list[tuple[ConversationId, State]]:
        """Return every conversation of a user, the one with the newest entry first."""
        ids = sorted(await self._live.conversations(user_id) or await self._timeline.conversations(user_id))
        states = zip(ids, await self._states(user_id, ids), strict=True)
        mine = [(one, state) for one, state in states if state is not None and state.member is not None]
        return sorted(mine, key=lambda pair: _time(pair[1]), reverse=True)

    async def conversation(self, user_id: UserId, conversation_id: ConversationId) -> State:
        """Return how a conversation is, for a member."""
        (state,) = await self._states(user_id, [conversation_id])
        if state is None or state.member is None:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return state

    async def joined_ordinal(self, conversation_id: ConversationId, member: Membership) -> int:
        """Return how many messages there were when a member joined."""
        if member.joined_seq <= 1:
            return 0
        page = Range(member.joined_seq - 1, member.joined_seq + 1, 1, backwards=True)
        (tail,) = await self._live.tails([conversation_id])
        entries, _ = await self._merge(conversation_id, page, tail)
        return log_pb2.LogEntry.FromString(entries[-1].entry).ordinal if entries else 0

    async def page(
        self, user_id: UserId, conversation_id: ConversationId, before: int, after: int, size: int
    ) -> tuple[State, list[Stored], bool]:
        """Return how the conversation is, a page of it by rising seq, and whether there is more in its direction."""
        state = await self.conversation(user_id, conversation_id)
        assert state.member is not None  # noqa: S101 - `conversation` has refused otherwise
        page = page_range(before, after, size, state.member.joined_seq)
        (tail,) = await self._live.tails([conversation_id])
        entries, has_more = await self._merge(conversation_id, page, tail)
        return state, entries, has_more

    async def sync(self, user_id: UserId, cursors: Sequence[tuple[ConversationId, int]]) -> tuple[list[Stored], list[ConversationId]]:
        """Return what is newer than the cursors, and the conversations that have more than an answer holds."""
        states = await self._states(user_id, [conversation_id for conversation_id, _ in cursors])
        behind = [
            (conversation_id, Range(max(seq, state.member.joined_seq - 1), END, SYNC_ENTRIES, backwards=False))
            for (conversation_id, seq), state in zip(cursors, states, strict=True)
            if state is not None and state.member is not None and state.head_seq > seq
        ]
        tails = await self._live.tails([conversation_id for conversation_id, _ in behind])
        found: list[Stored] = []
        more: list[ConversationId] = []
        for (conversation_id, page), tail in zip(behind, tails, strict=True):
            entries, has_more = await self._merge(conversation_id, page, tail)
            found += entries
            if has_more:
                more.append(conversation_id)
        return found, more

    async def roll(self, user_id: UserId, conversation_id: ConversationId) -> Roll:
        """Return who is in a conversation, for a member."""
        roll = await self._live.roll(conversation_id) or await self._timeline.roll(conversation_id)
        if user_id not in roll.members:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return roll

    async def durable_state(self, conversation_id: ConversationId) -> tuple[State, Roll]:
        """Return what the database knows of a conversation, for whom it may concern."""
        state = await self._timeline.state(UserId(""), conversation_id)
        if state is None:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return state, await self._timeline.roll(conversation_id)

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        """Return the entry that a message_id has made, as the database knows it."""
        return await self._timeline.find(conversation_id, message_id)

    async def _states(self, user_id: UserId, ids: Sequence[ConversationId]) -> list[State | None]:
        states = await self._live.states(user_id, ids) if ids else []
        return [state or await self._timeline.state(user_id, one) for one, state in zip(ids, states, strict=True)]

    async def _merge(self, conversation_id: ConversationId, page: Range, tail: Tail) -> tuple[list[Stored], bool]:
        if is_whole(page, tail.entries, tail.start):
            PAGES.labels("live").inc()
            return merged(page, tail.entries)
        PAGES.labels("database").inc()
        return merged(page, await self._read_once(conversation_id, page), tail.entries)

    async def _read_once(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        """Read from the database; who asks for the same page at the same time shares the answer."""
        key = (conversation_id, page)
        if key in self._reading:
            return await asyncio.shield(self._reading[key])
        reading = self._reading[key] = asyncio.get_running_loop().create_future()
        try:
            entries = await self._timeline.read(conversation_id, page)
        except BaseException as error:
            reading.set_exception(error if isinstance(error, ChatError) else ChatError(Reason.UNAVAILABLE))
            reading.exception()  # nobody need be waiting
            raise
        else:
            reading.set_result(entries)
            return entries
        finally:
            del self._reading[key]


def _time(state: State) -> tuple[int, int]:
    if state.newest is None:
        return (0, 0)
    at = log_pb2.LogEntry.FromString(state.newest.entry).accepted_at
    return (at.seconds, at.nanos)
