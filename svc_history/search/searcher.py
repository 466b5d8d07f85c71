"""Searches for a user. What the index finds is looked at before it is shown: it may be late, and does not know who may see what."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from prometheus_client import Histogram

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.finding import kinds
from chatkit.core.ids import ConversationId, UserId
from chatkit.metrics import SECONDS, counter
from chatkit.rpc.expiry import has_expired
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_history.core import END
from svc_history.reader import Reader
from svc_history.search.index import Hit, Index, Position, Question
from svc_history.search.matching import Spot, Texts, spots
from svc_history.search.names import Names
from svc_history.search.query import Query, parse
from svc_history.showing import as_it_is

DEFAULT_PAGE, MAX_PAGE = 20, 50
ROUNDS = 4
"""How often the index is asked for one page: what it finds may be nothing to show."""
AT_ONCE = 2
"""Searches of one user that are under way at the same time, in one instance of history."""
_TOKEN = re.compile("[0-9]{1,18}[.][0-9]{1,9}")
RETRY_AFTER = timedelta(seconds=1)

TOOK = Histogram("chat_history_search_seconds", "Seconds that searches took.", buckets=SECONDS)
CHECKED = counter("chat_history_search_hits_total", "What the index has found, by whether it was shown.", shown=("yes", "no"))


@dataclass(frozen=True, slots=True)
class Result:
    """A message that is what was looked for, as it is now, and where in it that stands."""

    entry: entry_pb2.Entry
    spots: Sequence[Spot]


@dataclass(slots=True)
class Searched:
    """A page: the newest message first; what the next page is asked for with, or nothing; and whether something may be missing."""

    results: list[Result] = field(default_factory=list)
    token: str = ""
    incomplete: bool = False


class Searcher:
    """Answers what users ask, a few questions of each at a time."""

    def __init__(self, reader: Reader, index: Index, names: Names, clock: Clock) -> None:
        self._reader = reader
        self._index = index
        self._names = names
        self._clock = clock
        self._under_way: dict[UserId, int] = {}

    async def search(self, user_id: UserId, text: str, utc_offset_minutes: int, page_size: int, page_token: str) -> Searched:
        """Return a page. Raises INVALID_ARGUMENT, OVERLOADED and UNAVAILABLE."""
        if not 0 <= page_size <= MAX_PAGE:
            raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is 1 to {MAX_PAGE}, or 0 for {DEFAULT_PAGE}")
        query, after = parse(text, utc_offset_minutes), _position_of(page_token)
        async with self._one_of_few(user_id):
            with TOOK.time():
                return await self._search(user_id, query, page_size or DEFAULT_PAGE, after)

    @asynccontextmanager
    async def _one_of_few(self, user_id: UserId) -> AsyncIterator[None]:
        count = self._under_way.get(user_id, 0)
        if count >= AT_ONCE:
            message = f"{AT_ONCE} searches of yours are under way: wait for one of them"
            raise ChatError(Reason.OVERLOADED, message, retry_after=RETRY_AFTER)
        self._under_way[user_id] = count + 1
        try:
            yield
        finally:
            left = self._under_way[user_id] - 1
            if left:
                self._under_way[user_id] = left
            else:
                del self._under_way[user_id]

    async def _search(self, user_id: UserId, query: Query, size: int, after: Position | None) -> Searched:
        (known,) = await self._reader.memberships([user_id])
        titles = await self._titles(user_id) if any(not one.is_user for one in query.places) else {}
        meant = await self._names.places(user_id, query.places, known, titles)
        senders = await self._names.senders(user_id, query.senders, negated=False)
        others = await self._names.senders(user_id, query.senders, negated=True)
        places = {one: known[one] for one in meant}
        page = Searched()
        for _ in range(ROUNDS if places else 0):
            wanted = size - len(page.results)
            # A few more than are wanted: so that one which is not shown rarely costs another round.
            found = await self._index.find(Question(query, senders, others, places, after, wanted + wanted // 4 + 2))
            page.incomplete |= found.incomplete
            checked = await self._checked(
                user_id, query, senders, others, [hit for hit in found.hits if hit.seq >= places.get(hit.conversation_id, END)]
            )
            for hit in found.hits:
                if len(page.results) == size:
                    page.token = _token(after)
                    return page
                after = hit.position
                if result := checked.get((hit.conversation_id, hit.seq)):
                    page.results.append(result)
            page.token = _token(after) if found.has_more else ""
            if not found.has_more or len(page.results) == size:
                return page
        return page

    async def _titles(self, user_id: UserId) -> Mapping[ConversationId, str]:
        states = await self._reader.conversations(user_id)
        return {
            one: str(state.settings.get("title", "")) or conversation_pb2.Conversation.FromString(state.conversation).title
            for one, state in states
        }

    async def _checked(
        self, user_id: UserId, query: Query, senders: frozenset[UserId], others: frozenset[UserId], hits: Sequence[Hit]
    ) -> Mapping[tuple[ConversationId, int], Result]:
        """Return those of the hits that the user may see, and that are what is looked for."""
        by_place: dict[ConversationId, list[int]] = {}
        for hit in hits:
            by_place.setdefault(hit.conversation_id, []).append(hit.seq)
        shown = await asyncio.gather(*(self._shown(user_id, *place) for place in by_place.items()))
        found: dict[tuple[ConversationId, int], Result] = {}
        for entry in (one for some in shown for one in some):
            await asyncio.sleep(0)  # to look through a long message takes a while: between two of them others have their turn
            places = self._places(entry, query, senders, others)
            if places is not None:
                found[ConversationId(entry.conversation_id), entry.seq] = Result(entry, places)
        CHECKED["yes"].inc(len(found))
        CHECKED["no"].inc(len(hits) - len(found))
        return found

    async def _shown(self, user_id: UserId, conversation_id: ConversationId, seqs: Sequence[int]) -> list[entry_pb2.Entry]:
        """Return messages as the user may see them now: none of a conversation that they have just left."""
        try:
            page = await self._reader.some(user_id, conversation_id, seqs)
        except ChatError as error:
            if error.reason is Reason.UNKNOWN_CONVERSATION:
                return []
            raise
        return [as_it_is(stored, page, user_id) for stored in page.entries]

    def _places(self, entry: entry_pb2.Entry, query: Query, senders: frozenset[UserId], others: frozenset[UserId]) -> list[Spot] | None:
        """Return where a message has what is looked for; None if it is not what is looked for, or is not there any more."""
        if entry.kind != entry_pb2.Entry.MESSAGE or entry.state.deleted or entry.state.hidden or has_expired(entry, self._clock.now_ms()):
            return None
        if (senders and entry.sender_id not in senders) or entry.sender_id in others:
            return None
        body = entry.body
        has = kinds(body.text, [one.media_type for one in body.attachments], poll=body.HasField("poll"))
        if not query.has <= has or query.has_not & has:
            return None
        return spots(texts_of(body), query.terms, query.without)


def texts_of(body: entry_pb2.Body) -> Texts:
    """Return what a message says."""
    return Texts(body.text, [one.name for one in body.attachments], list(body.poll.options))


def _token(after: Position | None) -> str:
    return f"{after.rank}.{after.partition}" if after else ""


def _position_of(token: str) -> Position | None:
    if not token:
        return None
    rank, _, partition = token.partition(".")
    if not _TOKEN.fullmatch(token):
        raise ChatError(Reason.INVALID_ARGUMENT, "page_token is next_page_token of the page before")
    return Position(int(rank), int(partition))
