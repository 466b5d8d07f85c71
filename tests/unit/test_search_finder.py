"""Who is asked for what, and how what several instances find becomes one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, new_id
from elastic_chat.search.v1 import search_service_pb2 as pb
from svc_search.core.criteria import Criteria, Found, Hit, Position, Question, together
from svc_search.feed import part_of
from svc_search.finder import Answer, Finder
from svc_search.holders import MemoryHolders
from svc_search.index.memory import MemoryIndex, MemoryShelf
from svc_search.parts import Parts, Stage
from svc_search.wire import hit_messages, hits_of, question_of
from tests.indexing import HALL, NOON_MS, asked, said

PARTS = range(6)


@dataclass
class Feed:
    parts: Sequence[int] = PARTS


@dataclass
class Instances:
    """All instances of search: who is asked as a peer answers as they would."""

    finders: dict[str, tuple[Finder, Parts]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    refusing: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    async def find(self, node_id: str, request: pb.FindRequest, numbers: Sequence[int]) -> Answer:
        self.asked.append(node_id)
        if node_id in self.away or node_id in self.refusing:
            raise ChatError(Reason.OVERLOADED if node_id in self.refusing else Reason.UNAVAILABLE)
        return Answer(*await self.finders[node_id][1].find(question_of(pb.FindRequest.FromString(request.SerializeToString())), numbers))


@dataclass
class Desk:
    """Three instances that share six parts, with a conversation in each part."""

    def __post_init__(self) -> None:
        self.instances, self.holders = Instances(), MemoryHolders()
        self.rooms: dict[int, ConversationId] = {}
        while len(self.rooms) < len(PARTS):
            made = ConversationId(new_id())
            self.rooms.setdefault(part_of(made, PARTS), made)

    async def start(self) -> None:
        for n, node_id in enumerate(("a", "b", "c")):
            parts = Parts(MemoryShelf(), 1, 100)
            for number in (2 * n, 2 * n + 1):
                part = await parts.open(number)
                part.stage = Stage.READY
                changes = [replace(said(seq, "tea", self.rooms[number]), accepted_ms=NOON_MS + 10 * seq + number) for seq in range(1, 6)]
                await parts.apply(part, changes, 1)
            await self.holders.renew(node_id, parts.held)
            self.instances.finders[node_id] = (Finder(Feed(), parts, self.holders, self.instances, node_id), parts)  # type: ignore[arg-type]

    def request(self, size: int = 100, *, after: pb.Position | None = None) -> pb.FindRequest:
        places = [pb.Place(conversation_id=one, since_seq=2) for one in self.rooms.values()]
        return pb.FindRequest(places=places, criteria=pb.Criteria(terms=[pb.Term(words=["tea"])]), count=size, after=after)

    async def find(self, request: pb.FindRequest, at: str = "a") -> tuple[Found, bool]:
        return await self.instances.finders[at][0].find(question_of(request), request)


@pytest.fixture
async def desk() -> Desk:
    made = Desk()
    await made.start()
    return made


@pytest.mark.parametrize("at", ["a", "b", "c"])
async def test_everything_is_found_whoever_is_asked_and_each_other_instance_once(desk: Desk, at: str) -> None:
    found, incomplete = await desk.find(desk.request(), at)
    assert (len(found.hits), found.has_more, incomplete) == (24, False, False)
    assert list(found.hits) == sorted(found.hits, reverse=True)
    assert sorted(desk.instances.asked) == sorted({"a", "b", "c"} - {at})


async def test_pages_of_all_instances_have_everything_once(desk: Desk) -> None:
    hits: list[Hit] = []
    after = None
    for _ in count():
        found, _incomplete = await desk.find(desk.request(5, after=after))
        hits += found.hits
        if not found.has_more:
            break
        after = hit_messages(found.hits)[-1].position
    assert len({(hit.conversation_id, hit.seq) for hit in hits}) == len(hits) == 24
    assert hits == sorted(hits, reverse=True)


async def test_what_an_instance_that_is_away_has_is_missing_and_that_is_said(desk: Desk) -> None:
    desk.instances.away = {"b"}
    found, incomplete = await desk.find(desk.request())
    assert (len(found.hits), incomplete) == (16, True)
    await desk.holders.let_go("c", [4])
    found, incomplete = await desk.find(desk.request())
    assert (len(found.hits), incomplete) == (12, True)
    for part in desk.instances.finders["c"][1].held.values():
        part.stage = Stage.BUILDING
    found, incomplete = await desk.find(desk.request())
    assert (len(found.hits), incomplete) == (8, True)


async def test_who_can_look_through_nothing_says_so(desk: Desk) -> None:
    desk.instances.away = {"b", "c"}
    for part in desk.instances.finders["a"][1].held.values():
        part.stage = Stage.FOLLOWING
    with pytest.raises(ChatError) as refused:
        await desk.find(desk.request())
    assert refused.value.reason is Reason.UNAVAILABLE
    nowhere = pb.FindRequest(count=5)
    assert await desk.find(nowhere) == (Found([], has_more=False), False)


async def test_an_instance_that_has_too_much_to_do_is_not_passed_over(desk: Desk) -> None:
    desk.instances.refusing = {"c"}
    with pytest.raises(ChatError) as refused:
        await desk.find(desk.request())
    assert refused.value.reason is Reason.OVERLOADED


@pytest.mark.parametrize(
    "request_",
    [
        pb.FindRequest(),
        pb.FindRequest(count=201),
        pb.FindRequest(count=1, places=[pb.Place(conversation_id="x")]),
        pb.FindRequest(count=1, criteria=pb.Criteria(terms=[pb.Term()])),
        pb.FindRequest(count=1, criteria=pb.Criteria(terms=[pb.Term(words=["x"])] * 33)),
        pb.FindRequest(count=1, criteria=pb.Criteria(has=[pb.Criteria.HAS_UNSPECIFIED])),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(request_: pb.FindRequest) -> None:
    with pytest.raises(ChatError) as refused:
        question_of(request_)
    assert refused.value.reason is Reason.INVALID_ARGUMENT


def test_what_is_found_is_the_same_on_the_wire() -> None:
    hits = [Hit(Position(5, 3), HALL, 7), Hit(Position(4, 0), HALL, 9)]
    assert hits_of(hit_messages(hits)) == hits


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 30)), max_size=40, unique=True), st.integers(1, 12))
def test_what_several_parts_find_is_what_one_would(said_in: list[tuple[int, int]], size: int) -> None:
    indexes = [MemoryIndex(number) for number in range(4)]
    for number, seq in said_in:
        indexes[number].apply([said(seq, "tea")], 1)
    everything = sorted((Hit(hit.position, *hit[1:]) for one in indexes for hit in one.find(asked("tea", count=200)).hits), reverse=True)
    found: list[Hit] = []
    question = Question({HALL: 1}, Criteria(), size)
    while True:
        page = together(size, [one.find(question) for one in indexes])
        found += page.hits
        if not page.has_more:
            break
        question = replace(question, after=page.hits[-1].position)
    assert found == everything
