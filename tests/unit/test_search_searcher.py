"""What of what the index finds is shown: the index here finds whatever it is told, whether that is so or not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.finding import Term
from chatkit.core.ids import ConversationId, UserId, direct_conversation_id, new_id
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_history.core import Membership, Stored
from svc_history.search import searcher
from svc_history.search.index import Found, Hit, Position, Question
from svc_history.search.matching import Spot, Texts, spots
from svc_history.search.names import Names
from svc_history.search.searcher import AT_ONCE, Searched, Searcher
from svc_history.search.wire import MAX_HIGHLIGHTS, result_message
from svc_history.store.memory import MemoryConversation
from tests.reading import ANNA, World, reading

Kind = entry_pb2.Entry
BOB, EVE = UserId(new_id()), UserId(new_id())


@dataclass
class Believed:
    """An index that finds what it is told, the newest first, wherever it is asked to look."""

    hits: list[Hit] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)
    incomplete: bool = False
    gate: asyncio.Event | None = None

    async def find(self, question: Question) -> Found:
        self.asked.append(question)
        if self.gate:
            await self.gate.wait()
        behind = [hit for hit in self.hits if question.after is None or hit.position < question.after]
        return Found(behind[: question.count], len(behind) > question.count, self.incomplete)


@dataclass
class Directory:
    """Who is called what."""

    names: Mapping[str, UserId]

    async def find(self, reader: UserId, username: str) -> UserId | None:
        assert reader == ANNA
        return self.names.get(username.lower())


@dataclass
class Desk:
    """Anna's search."""

    world: World
    index: Believed = field(default_factory=Believed)

    def __post_init__(self) -> None:
        self.searcher = Searcher(self.world.reader, self.index, Names(Directory({"bob": BOB, "eve": EVE})), self.world.clock)

    def conversation(self, title: str = "", joined: int = 1, conversation_id: str = "") -> ConversationId:
        made_id = ConversationId(conversation_id or new_id())
        conversation = conversation_pb2.Conversation(conversation_id=made_id, title=title).SerializeToString()
        made = MemoryConversation(conversation, 0, {ANNA: Membership(3, joined)})
        self.world.log[made_id] = self.world.live.known[made_id] = made
        self.world.live.complete.setdefault(ANNA, {})[made_id] = joined
        return made_id

    def say(self, place: ConversationId, text: str, *, by: UserId = BOB, **entry: object) -> int:
        """Say something, and let the index believe that it is what is looked for."""
        made = self.world.log[place]
        seq = max(made.entries, default=0) + 1
        body = entry_pb2.Body(text=text).SerializeToString()
        fields = {"kind": Kind.MESSAGE, "body": body} | entry
        one = log_pb2.LogEntry(conversation_id=place, seq=seq, message_id=new_id(), sender_id=by, **fields)  # type: ignore[arg-type]
        made.entries[seq] = Stored(seq, one.SerializeToString())
        if one.target:
            made.changes[seq] = one.target
        if one.kind == Kind.MESSAGE:
            self.index.hits.insert(0, Hit(place, seq, Position(1000 + len(self.index.hits), 0)))
        return seq

    async def search(self, query: str, size: int = 0, token: str = "") -> Searched:
        return await self.searcher.search(ANNA, query, 0, size, token)

    async def found(self, query: str) -> list[str]:
        return [result.entry.body.text for result in (await self.search(query)).results]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with reading() as world:
        yield Desk(world)


async def test_what_is_found_is_shown_as_it_is(desk: Desk) -> None:
    hall = desk.conversation()
    desk.say(hall, "one tea")
    desk.say(hall, "two teas and a 😀 tea", by=EVE)
    (second, first) = (await desk.search("tea")).results
    assert (first.entry.body.text, second.entry.sender_id) == ("one tea", EVE)
    shown = result_message(second)
    assert [(one.range.start, one.range.end) for one in shown.highlights] == [(18, 21)]
    assert (shown.snippet.start, shown.snippet.end) == (0, 21)


async def test_a_word_that_stands_in_a_message_very_often_is_shown_so_often_and_no_more(desk: Desk) -> None:
    desk.say(desk.conversation(), "é " + "tea " * 4000)
    (found,) = (await desk.search("tea")).results
    shown = result_message(found)
    assert [(one.range.start, one.range.end) for one in shown.highlights] == [(2 + 4 * n, 5 + 4 * n) for n in range(MAX_HIGHLIGHTS)]


async def test_what_a_reader_may_not_see_is_not_shown_whatever_the_index_believes(desk: Desk) -> None:
    hall, late, left = desk.conversation(), desk.conversation(joined=2), desk.conversation()
    desk.say(late, "tea before")
    desk.say(late, "tea since")
    desk.say(left, "tea elsewhere")
    desk.say(hall, "tea expired", expires_at={"seconds": desk.world.clock.now_ms() // 1000 - 1})
    deleted, edited = desk.say(hall, "tea deleted"), desk.say(hall, "tea edited")
    desk.say(hall, "", kind=Kind.DELETION, target=deleted, body=b"")
    desk.say(hall, "", kind=Kind.EDIT, target=edited, body=entry_pb2.Body(text="milk").SerializeToString())
    desk.index.hits.append(Hit(ConversationId(new_id()), 1, Position(1, 0)))
    desk.index.hits.append(Hit(hall, 99, Position(0, 0)))
    question = asyncio.get_running_loop().create_task(desk.found("tea"))
    del desk.world.log[left].members[ANNA]  # they leave while the index is asked
    assert await question == ["tea since"]
    (asked,) = desk.index.asked
    assert asked.places[late] == 2


async def test_only_what_is_looked_for_is_shown(desk: Desk) -> None:
    hall = desk.conversation()
    for by, text in ((BOB, "green tea"), (EVE, "green tea"), (BOB, "black tea"), (BOB, "tea https://example.org")):
        desk.say(hall, text, by=by)
    assert await desk.found("tea from:@Bob -green") == ["tea https://example.org", "black tea"]
    assert await desk.found('"green tea" -from:eve') == ["green tea"]
    assert await desk.found("tea has:link") == ["tea https://example.org"]
    assert await desk.found("from:me tea") == []
    assert desk.index.asked[0].senders == {BOB}
    assert desk.index.asked[1].other_senders == {EVE}


async def test_names_of_conversations_are_understood(desk: Desk) -> None:
    party, other, bobs = (
        desk.conversation("Summer Party!"),
        desk.conversation("Party"),
        desk.conversation(conversation_id=direct_conversation_id(ANNA, BOB)),
    )
    for query, places in (
        ('x in:"summer party"', {party}),
        ("x in:Party", {other}),
        ("x in:@bob", {bobs}),
        (f"x in:{other} in:@bob", {other, bobs}),
        ("x -in:@bob", {party, other}),
    ):
        await desk.search(query)
        assert desk.index.asked[-1].places.keys() == places
    count = len(desk.index.asked)
    assert (await desk.search(f"x in:{new_id()}")).results == []  # one that they are not in, or that is not there
    assert len(desk.index.asked) == count


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("x from:@nobody", "from:@nobody names no user"),
        ("x in:@nobody", "in:@nobody names no user"),
        ("x in:Nowhere", "in:Nowhere names no conversation"),
    ],
)
async def test_names_that_stand_for_nothing_are_refused(desk: Desk, query: str, says: str) -> None:
    with pytest.raises(ChatError) as refused:
        await desk.search(query)
    assert refused.value.reason is Reason.INVALID_ARGUMENT
    assert says in refused.value.message


async def test_pages_have_everything_once_although_some_is_not_shown(desk: Desk) -> None:
    hall = desk.conversation()
    for n in range(60):
        desk.say(hall, f"tea {n}" if n % 3 else f"milk {n}")
    token, found = "", []
    while True:
        page = await desk.search("tea", 7, token)
        assert len(page.results) <= 7
        found += [result.entry.body.text for result in page.results]
        token = page.token
        if not token:
            break
    assert found == [f"tea {n}" for n in reversed(range(60)) if n % 3]


async def test_a_page_that_took_several_questions_is_the_last_if_there_is_no_more(desk: Desk) -> None:
    hall = desk.conversation()
    for n in range(16):
        desk.say(hall, "tea" if n < 2 else "milk")
    page = await desk.search("tea", 10)
    assert len(desk.index.asked) == 2
    assert (len(page.results), page.token) == (2, "")


async def test_an_index_that_finds_nothing_but_what_is_not_shown_costs_a_few_questions_and_the_page_says_where_to_go_on(desk: Desk) -> None:
    hall = desk.conversation()
    for n in range(300):
        desk.say(hall, "tea" if n == 0 else "milk")
    page = await desk.search("tea", 10)
    assert (page.results, len(desk.index.asked)) == ([], 4)
    while page.token:
        page = await desk.search("tea", 10, page.token)
    assert len(page.results) == 1


@pytest.mark.parametrize("token", ["x", "1", "1.2.3", "-1.0", "1.-1", "9" * 30 + ".0", "\N{ARABIC-INDIC DIGIT ONE}.0"])
async def test_a_token_that_is_none_is_refused(desk: Desk, token: str) -> None:
    with pytest.raises(ChatError) as refused:
        await desk.search("tea", 0, token)
    assert refused.value.reason is Reason.INVALID_ARGUMENT


async def test_one_user_has_a_few_searches_under_way_and_no_more(desk: Desk) -> None:
    desk.say(desk.conversation(), "tea")
    desk.index.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        under_way = [group.create_task(desk.search("tea")) for _ in range(AT_ONCE)]
        while len(desk.index.asked) < AT_ONCE:
            await asyncio.sleep(0)
        with pytest.raises(ChatError) as refused:
            await desk.search("tea")
        assert refused.value.reason is Reason.OVERLOADED
        assert refused.value.retry_after
        desk.index.gate.set()
    assert all(len(one.result().results) == 1 for one in under_way)
    assert len((await desk.search("tea")).results) == 1


async def test_others_have_their_turn_between_the_messages_that_are_looked_at(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    hall, looked, turns = desk.conversation(), list[Texts](), set[int]()
    for _ in range(20):
        desk.say(hall, "tea")

    def look(texts: Texts, *asked: Sequence[Term]) -> list[Spot] | None:
        looked.append(texts)
        return spots(texts, *asked)

    async def look_on() -> None:
        while True:
            turns.add(len(looked))
            await asyncio.sleep(0)

    monkeypatch.setattr(searcher, "spots", look)
    other = asyncio.get_running_loop().create_task(look_on())
    assert len(await desk.found("tea")) == 20
    other.cancel()
    assert turns >= set(range(20))


async def test_that_something_may_be_missing_is_said(desk: Desk) -> None:
    desk.say(desk.conversation(), "tea")
    assert not (await desk.search("tea")).incomplete
    desk.index.incomplete = True
    assert (await desk.search("tea")).incomplete


async def test_what_is_hidden_is_not_shown(desk: Desk) -> None:
    hall = desk.conversation()
    seq = desk.say(hall, "tea")
    assert await desk.found("tea") == ["tea"]
    made = desk.world.log[hall]
    hidden = entry_pb2.Entry.FromString(made.entries[seq].entry)
    hidden.ClearField("body")
    hidden.state.hidden = True
    made.entries[seq] = replace(made.entries[seq], entry=hidden.SerializeToString())
    assert await desk.found("tea") == await desk.found("from:@bob") == []
