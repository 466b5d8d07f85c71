"""The suites of the two views that history reads: what is put in by those who own it is read back the same from fake and engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.clock import SystemClock
from chatkit.core.conversation import GROUP_MEMBER, GROUP_OWNER, LIVELY_MEMBERS, Permission
from chatkit.core.conversation_settings import RULES, Value, as_text
from chatkit.core.ids import ConversationId, MessageId, UserId, creation_message_id, new_id
from chatkit.edges import redis as keys
from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.edges.message_log import WATERMARK_TOPIC
from chatkit.edges.redis import RedisClient, connect_redis
from chatkit.settings import CassandraOwnerSettings
from elastic_chat.events.v1 import log_pb2
from svc_history.core import END, LOOK_BYTES, Mark, Membership, Range, Stored, Tail
from svc_history.store import Admission, Listed, LiveLog, Look, Roll, State, Timeline
from svc_history.store.cassandra import CassandraTimeline
from svc_history.store.memory import MemoryConversation, MemoryLiveLog, MemoryTimeline
from svc_history.store.redis import RedisLiveLog
from svc_router.store import Birth, Claim, Durable, Place
from svc_router.store import Mark as Marking
from svc_router.store.redis import RedisSequencer
from svc_router.store.terms import Set
from svc_writer.app import MIGRATIONS
from svc_writer.core import PART, Release, Table, Write, granting_writes, grouped, joining_writes, message_writes
from svc_writer.records import writes_of
from svc_writer.store import Listing
from svc_writer.store import Timeline as Writing
from svc_writer.store.cassandra import KEYSPACE
from svc_writer.store.cassandra import CassandraTimeline as CassandraWriting
from svc_writer.store.memory import MemoryTimeline as MemoryWriting
from svc_writer.store.redis import RedisProgress
from tests.tables import tables

NOW = 1_800_000_000_000
BOBS = Mark(2, 2, 1, (1, 1))
"""Bob withholds that he has read the second entry."""
BAN, INVITE_ID = Ban(UserId(new_id()), NOW), InviteId(new_id())
INVITE = Invite(NOW + 1000, 5, 2, UserId(new_id()), NOW)
PREFIX = new_id()
DIRECTORY = [
    Listed(PREFIX + text, ConversationId(f"{number}"), 2, text.upper(), "", "") for number, text in enumerate(["a", "b", "bc"])
] + [Listed(PREFIX[:-1] + "~", ConversationId("9"), 2, "other", "", "")]
SET: dict[str, Value] = {"title": "Tea", "topic": "", "slow_mode_s": 30}


@dataclass(frozen=True)
class Said:
    """A conversation of two in which three things happened, one of them read by the second."""

    conversation_id: ConversationId
    anna: UserId
    bob: UserId
    ids: Sequence[MessageId]

    @property
    def members(self) -> dict[UserId, Membership]:
        return {self.anna: Membership(int(GROUP_OWNER), 1), self.bob: Membership(int(GROUP_MEMBER), 1)}

    @property
    def entries(self) -> list[Stored]:
        return [Stored(seq, b"entry %d" % seq) for seq in (1, 2, 3)]


def said() -> Said:
    conversation_id = ConversationId(new_id())
    ids = (creation_message_id(conversation_id), MessageId(new_id()), MessageId(new_id()))
    return Said(conversation_id, UserId(new_id()), UserId(new_id()), ids)


def remembered(made: Said) -> MemoryConversation:
    return MemoryConversation(
        b"as created",
        head_ordinal=2,
        members=made.members,
        marks={made.bob: BOBS},
        entries={one.seq: one for one in made.entries},
        ids={message_id: seq for seq, message_id in enumerate(made.ids, 1)},
        settings=dict(SET),
        bans={made.anna: BAN},
        invites={INVITE_ID: INVITE},
    )


# --- the live view, as the router leaves it


@pytest.fixture(params=["memory", "redis"])
async def live(request: pytest.FixtureRequest) -> AsyncIterator[tuple[LiveLog, Said]]:
    made = said()
    if request.param == "memory":
        memory = MemoryLiveLog()
        memory.known[made.conversation_id] = remembered(made)
        memory.written = 2
        yield memory, made
        return
    client: Any = await connect_redis(request.getfixturevalue("redis_url"))
    sequencer = RedisSequencer(client)
    grants = {made.anna: GROUP_OWNER, made.bob: GROUP_MEMBER}
    birth = Birth(made.conversation_id, made.anna, made.ids[0], b"draft", "GROUP", b"as created", grants, NOW, looked_up=True)
    terms = [Set(name, as_text(value), is_rule=name in RULES) for name, value in SET.items()]
    setting = Claim(made.conversation_id, made.anna, made.ids[1], b"", Permission.ADMINISTER, NOW, NOW, counts=False, terms=terms)
    await sequencer.sequence([birth, setting])
    await client.hset(keys.bans(made.conversation_id), made.anna, BAN.text)
    await client.hset(keys.invites(made.conversation_id), INVITE_ID, INVITE.text)
    places = [Place(1, 0, NOW), Place(2, 1, NOW), Place(3, 2, NOW)]
    for place, message_id, entry in zip(places, made.ids, made.entries, strict=True):
        joining = tuple(grants) if place.seq == 1 else ()
        durable = Durable(message_id, made.anna, place.seq, place.ordinal, NOW, entry.entry, b"", joining)
        await sequencer.commit({made.conversation_id: [durable]})
    await RedisProgress(client).note({made.conversation_id: 2})
    for seq, withheld in ((1, False), (2, True)):
        await sequencer.mark([Marking(made.conversation_id, made.bob, seq, seq, withheld=withheld)])
    yield RedisLiveLog(client), made
    await client.aclose()


async def test_the_live_view_tells_how_conversations_are(live: tuple[LiveLog, Said]) -> None:
    view, made = live
    assert await view.conversations([made.bob]) == [None]
    assert await view.remember(view.epoch, made.bob, {made.conversation_id: 1}) == {made.conversation_id: 1}
    assert await view.conversations([UserId(new_id()), made.bob]) == [None, {made.conversation_id: 1}]
    (bobs,) = await view.look([(made.bob, made.conversation_id, None)], NOW)
    strangers, none = await view.look([(UserId(new_id()), made.conversation_id, 1), (made.bob, ConversationId(new_id()), 1)], NOW)
    assert bobs == Look(State(b"as created", 3, 2, Membership(int(GROUP_MEMBER), 1), BOBS, made.entries[2], SET, 0, 1))
    assert strangers == Look(State(b"as created", 3, 2, None, None, made.entries[2], SET, 0, 1))
    assert none is None


@pytest.mark.parametrize(("seq", "came"), [(0, 3), (1, 2), (3, 0), (7, 0)])
async def test_the_live_view_tells_what_has_come_since_an_entry_and_how_far_everyone_is(
    live: tuple[LiveLog, Said], seq: int, came: int
) -> None:
    view, made = live
    (look,) = await view.look([(made.bob, made.conversation_id, seq)], NOW)
    assert look is not None
    assert look.tail == Tail(made.entries[3 - came :], 1, 3, 2)
    assert look.marks == {made.bob: BOBS}


async def test_the_live_view_has_the_newest_entries_and_says_where_they_begin(live: tuple[LiveLog, Said]) -> None:
    view, made = live
    everything = Range(0, END, 50, backwards=True)
    tail, nothing = await view.tails([(made.conversation_id, everything), (ConversationId(new_id()), everything)])
    assert tail == Tail(made.entries, 1, 3, 2)
    assert nothing is None
    one, other = await view.tails(
        [(made.conversation_id, Range(0, END, 1, backwards=True)), (made.conversation_id, Range(0, 3, 1, backwards=False))]
    )
    assert one == Tail(made.entries[1:], 1, 3, 2)
    assert other == Tail(made.entries[:2], 1, 3, 2)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[RedisClient]:
    connected = await connect_redis(redis_url)
    yield connected
    await connected.aclose()


async def test_what_an_older_copy_of_the_live_view_has_is_not_believed(client: Any) -> None:
    view, conversation_id, user_id = RedisLiveLog(client), ConversationId(new_id()), UserId(new_id())
    await client.hset(keys.meta(conversation_id), mapping={"epoch": "older", "conversation": b"as created", "head": 3, "trimmed": 0})
    await client.zadd(keys.conversations(user_id, "older"), {keys.ALL_KNOWN: keys.came_at(0), conversation_id: keys.came_at(1)})
    assert await view.look([(user_id, conversation_id, 0)], NOW) == [None]
    assert await view.tails([(conversation_id, Range(0, END, 50, backwards=True))]) == [None]
    assert await view.roll(conversation_id) is None
    assert await view.conversations([user_id]) == [None]
    assert await view.remember("older", user_id, {conversation_id: 1}) == {conversation_id: 1}
    assert await view.conversations([user_id]) == [None]
    assert await view.remember(view.epoch, user_id, {}) == {}
    assert await view.conversations([user_id]) == [{}]


async def test_who_left_while_the_database_was_asked_is_not_put_back(client: Any) -> None:
    view, user_id = RedisLiveLog(client), UserId(new_id())
    stays, left, back = (ConversationId(new_id()) for _ in range(3))
    await view.conversations([user_id])
    await client.zadd(keys.conversations(user_id, view.epoch), {left: keys.went_at(8), back: keys.came_at(9)})
    assert await view.remember(view.epoch, user_id, {stays: 1, left: 3, back: 3}) == {stays: 1, back: 9}
    assert await view.conversations([user_id]) == [{stays: 1, back: 9}]


async def test_a_tail_that_has_ended_by_itself_says_that_it_has_nothing(client: Any) -> None:
    view, conversation_id = RedisLiveLog(client), ConversationId(new_id())
    await view.look([(UserId(""), conversation_id, None)], NOW)
    await client.hset(
        keys.meta(conversation_id), mapping={"epoch": view.epoch, "conversation": b"c", "head": 9, "trimmed": 4, "written": 9}
    )
    assert await view.tails([(conversation_id, Range(0, END, 50, backwards=True))]) == [Tail([], 10, 9, 9)]


async def test_large_entries_come_a_few_at_a_time(client: Any) -> None:
    view, conversation_id, user_id = RedisLiveLog(client), ConversationId(new_id()), UserId(new_id())
    await view.look([(user_id, conversation_id, None)], NOW)
    await client.hset(keys.meta(conversation_id), mapping={"epoch": view.epoch, "conversation": b"c", "head": 9, "trimmed": 0})
    await client.hset(keys.members(conversation_id), user_id, "3:1:0")
    for seq in range(1, 10):
        await client.xadd(keys.tail(conversation_id), {"e": bytes(LOOK_BYTES // 2), "o": seq}, id=f"{seq}-0")
    (look,) = await view.look([(user_id, conversation_id, 2)], NOW)
    assert look is not None
    assert look.tail is not None
    assert ([one.seq for one in look.tail.entries], look.tail.head, look.state.head_seq) == ([3, 4, 5], 5, 9)


async def test_a_conversation_with_many_members_is_told_without_watermarks(client: Any) -> None:
    view, conversation_id, user_id = RedisLiveLog(client), ConversationId(new_id()), UserId(new_id())
    await view.look([(user_id, conversation_id, None)], NOW)
    await client.hset(keys.meta(conversation_id), mapping={"epoch": view.epoch, "conversation": b"c", "head": 9, "trimmed": 4})
    await client.hset(keys.members(conversation_id), user_id, "3:1:0")
    await client.hset(keys.marks(conversation_id), new_id(), "1:1:1")
    for number, told in [(LIVELY_MEMBERS - 1, 1), (1, 0)]:
        await client.hset(keys.members(conversation_id), mapping={new_id(): "3:1:0" for _ in range(number)})
        (look,) = await view.look([(user_id, conversation_id, 2)], NOW)
        assert look is not None
        assert (len(look.marks), look.tail) == (told, Tail([], 10, 9, 0))


async def test_the_live_view_knows_who_is_in_and_how_far_they_are(live: tuple[LiveLog, Said]) -> None:
    view, made = live
    assert await view.roll(made.conversation_id) == Roll(made.members, {made.bob: BOBS}, SET)
    assert await view.roll(ConversationId(new_id())) is None


async def test_the_live_view_knows_who_may_come_in_and_who_may_not(live: tuple[LiveLog, Said]) -> None:
    view, made = live
    assert await view.admission(made.conversation_id) == Admission({made.anna: BAN}, {INVITE_ID: INVITE}, 2)
    assert await view.admission(ConversationId(new_id())) is None


# --- the database, as the writer leaves it


def writes(made: Said) -> list[Write]:
    rows = [Write(Table.CONVERSATIONS, {"conversation_id": made.conversation_id, "conversation": b"as created"}, 1)]
    for entry, message_id in zip(made.entries, made.ids, strict=True):
        rows += message_writes(made.conversation_id, entry.seq, message_id, entry.entry)
    for user_id, member in made.members.items():
        rows += joining_writes(made.conversation_id, user_id, member.permissions, member.joined_seq, member.joined_ordinal, 1)
    settings = [Write(Table.CONVERSATIONS, {"conversation_id": made.conversation_id, name: SET[name]}, 2, changes=True) for name in SET]
    older = Write(Table.CONVERSATIONS, {"conversation_id": made.conversation_id, "title": "as it was"}, 1, changes=True)
    of = {"conversation_id": made.conversation_id}
    ban = {"user_id": made.anna, "banned_by": BAN.banned_by, "banned_ms": BAN.banned_ms}
    offer = {"expires_ms": INVITE.expires_ms, "max_uses": INVITE.max_uses, "created_by": INVITE.created_by, "created_ms": NOW}
    uses = [Write(Table.INVITE_USES, of | {"invite_id": INVITE_ID, "seq": seq}, seq) for seq in (2, 3, 3)]
    return [
        *(*rows, *watermark(made, made.bob, BOBS), *settings, older),
        *(Write(Table.BANS, of | ban, 2), Write(Table.INVITES, of | offer | {"invite_id": INVITE_ID}, 2), *uses),
    ]


def watermark(made: Said, user_id: UserId, mark: Mark) -> list[Write]:
    record = log_pb2.WatermarkRecord(read_ordinal=mark.read_ordinal)
    record.watermark.conversation_id, record.watermark.user_id = made.conversation_id, user_id
    record.watermark.delivered_seq, record.watermark.read_seq = mark.delivered_seq, mark.read_seq
    if mark.shown:
        record.shown.delivered_seq, record.shown.read_seq = mark.shown
    return writes_of(WATERMARK_TOPIC, record.SerializeToString())


@pytest.fixture(params=["memory", "cassandra"], scope="module")
async def database(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Timeline, Said]]:
    made = said()
    if request.param == "memory":
        memory = MemoryTimeline()
        memory.known[made.conversation_id] = remembered(made)
        memory.directory = list(DIRECTORY)
        yield memory, made
        return
    async with tables(request.getfixturevalue("cassandra_settings")) as (writing, reading):
        await writing.put(grouped(writes(made) + [Write(Table.PUBLIC, {"part": PART} | asdict(one), 3) for one in DIRECTORY]))
        yield reading, made


async def test_the_database_tells_how_a_conversation_is(database: tuple[Timeline, Said]) -> None:
    view, made = database
    state = await view.state(made.bob, made.conversation_id)
    assert state is not None
    assert (state.conversation, state.head_seq, state.newest) == (b"as created", 3, made.entries[2])
    assert (state.member, state.mark, state.settings) == (Membership(int(GROUP_MEMBER), 1), BOBS, SET)
    assert await view.state(made.bob, ConversationId(new_id())) is None
    assert await view.conversations(made.anna) == {made.conversation_id: 1}
    assert await view.roll(made.conversation_id) == Roll(made.members, {made.bob: BOBS}, SET)


async def test_the_database_knows_who_may_come_in_and_who_may_not(database: tuple[Timeline, Said]) -> None:
    view, made = database
    assert await view.admission(made.conversation_id) == Admission({made.anna: BAN}, {INVITE_ID: INVITE}, 2)
    assert await view.admission(ConversationId(new_id())) == Admission()


async def test_the_database_pages_through_the_directory_by_how_titles_begin(database: tuple[Timeline, Said]) -> None:
    view, _ = database
    assert await view.listed(PREFIX, ("", ""), 9) == DIRECTORY[:3]
    assert await view.listed(PREFIX + "b", ("", ""), 9) == DIRECTORY[1:3]
    first = DIRECTORY[0]
    assert await view.listed(PREFIX, (first.title_key, first.conversation_id), 1) == DIRECTORY[1:2]
    assert await view.listed(PREFIX + "x", ("", ""), 9) == []


async def test_a_release_is_known_until_it_is_done_and_does_not_come_back(cassandra_settings: CassandraOwnerSettings) -> None:
    session = await CassandraSession.connect(cassandra_settings)
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    writing, release = CassandraWriting(session, SystemClock()), Release(ConversationId(new_id()), MessageId(new_id()), 7)
    await writing.prepare()
    for done, wanted in [(False, [release]), (True, []), (False, [])]:
        await writing.put(grouped([release.write(done=done)]))
        assert [one for one in await writing.releases() if one.conversation_id == release.conversation_id] == wanted
    await session.close()


async def test_what_is_shown_of_a_watermark_grows_where_the_user_stays_whichever_record_comes_last(
    cassandra_settings: CassandraOwnerSettings,
) -> None:
    session, made = await CassandraSession.connect(cassandra_settings), said()
    await migrate(session, KEYSPACE, MIGRATIONS, 1, "datacenter1")
    writing, reading = CassandraWriting(session, SystemClock()), CassandraTimeline(session)
    await writing.prepare()
    await reading.prepare()
    withheld, told = watermark(made, made.bob, Mark(9, 9, 9, (2, 1))), watermark(made, made.bob, Mark(9, 9, 9))
    for records in ([withheld], [told], [withheld]):
        await writing.put(records)
    assert (await reading.roll(made.conversation_id)).marks == {}, "of one who is no member"
    await writing.put(grouped(writes(made)))
    assert (await reading.roll(made.conversation_id)).marks == {made.bob: Mark(9, 9, 9)}
    # A row that an older writer has made says nothing of it: others saw all of that.
    await session.run(
        f"INSERT INTO {KEYSPACE}.watermarks (conversation_id, user_id, delivered_seq, read_seq, read_ordinal)"  # noqa: S608 - our own
        f" VALUES ('{made.conversation_id}', '{made.anna}', 3, 3, 2) USING TIMESTAMP 6"
    )
    assert (await reading.roll(made.conversation_id)).marks[made.anna] == Mark(3, 3, 2)
    await session.close()


@pytest.mark.parametrize(
    ("page", "seqs"),
    [
        (Range(0, END, 50, backwards=True), [1, 2, 3]),
        (Range(0, END, 1, backwards=True), [2, 3]),
        (Range(0, END, 1, backwards=False), [1, 2]),
        (Range(1, 3, 50, backwards=False), [2]),
        (Range(3, END, 50, backwards=False), []),
    ],
)
async def test_the_database_gives_a_page_and_one_entry_more(database: tuple[Timeline, Said], page: Range, seqs: list[int]) -> None:
    view, made = database
    assert await view.read(made.conversation_id, page) == [made.entries[seq - 1] for seq in seqs]


async def test_the_database_finds_an_entry_by_its_message_id(database: tuple[Timeline, Said]) -> None:
    view, made = database
    assert await view.find(made.conversation_id, made.ids[2]) == made.entries[2]
    assert await view.find(made.conversation_id, MessageId(new_id())) is None


# --- and the writer's side of it


@pytest.fixture(params=["memory", "cassandra"], scope="module")
async def table(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Writing, Any]]:
    """A timeline to write to, and a way to ask who is a member according to it."""
    if request.param == "memory":
        memory = MemoryWriting()

        async def ask(conversation_id: str) -> dict[str, int]:
            return {
                row["user_id"]: row["permissions"] for row in await memory.rows(Table.MEMBERS) if row["conversation_id"] == conversation_id
            }

        yield memory, ask
        return
    async with tables(request.getfixturevalue("cassandra_settings")) as (writing, reading):

        async def members(conversation_id: str) -> dict[str, int]:
            return {user_id: one.permissions for user_id, one in (await reading.roll(ConversationId(conversation_id))).members.items()}

        yield writing, members


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 2, 0, 3), (0, 3, 2, 1), (0, 0, 1, 1, 2, 2, 3, 3)])
async def test_rows_end_the_same_in_whatever_order_and_however_often_they_are_written(
    table: tuple[Writing, Any], order: Sequence[int]
) -> None:
    writing, members = table
    conversation_id, anna, bob = new_id(), new_id(), new_id()
    steps = [
        joining_writes(conversation_id, anna, 3, 1, 0, 1) + joining_writes(conversation_id, bob, 3, 1, 0, 1),
        [Write(Table.MEMBERS, {"conversation_id": conversation_id, "user_id": bob}, 5, deletes=True)],
        joining_writes(conversation_id, anna, 3, 9, 5, 9),
        granting_writes(conversation_id, anna, 511, 11) + granting_writes(conversation_id, bob, 511, 4),
    ]
    for step in order:
        await writing.put(grouped(steps[step]))
    assert await members(conversation_id) == {anna: 511}


async def test_the_writer_finds_out_what_the_directory_needs_to_know(table: tuple[Writing, Any]) -> None:
    writing, _ = table
    of = {"conversation_id": new_id()}
    assert await writing.listing(of["conversation_id"]) is None
    await writing.put(grouped([Write(Table.CONVERSATIONS, of | {"conversation": b"as created"}, 1)]))
    assert await writing.listing(of["conversation_id"]) == Listing(b"as created", {}, "", 0)
    changes = [("public", True, 5), ("title", "Tea", 7), ("title", "Coffee", 6), ("slow_mode_s", 30, 9), ("listed_as", "tea", 7)]
    await writing.put(grouped([Write(Table.CONVERSATIONS, of | {name: value}, seq, changes=True) for name, value, seq in changes]))
    assert await writing.listing(of["conversation_id"]) == Listing(b"as created", {"title": "Tea", "public": True}, "tea", 7)
