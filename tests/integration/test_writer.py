"""The writer on real Kafka and Cassandra: what comes again, what can't be read, and a database that is away."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from chatkit.edges.cassandra import CassandraSession, Statement
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC, Record
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_history.core import Mark, Membership, Range
from svc_writer.core import Write, grouped
from svc_writer.dead_letters import KafkaShelf
from svc_writer.records import writes_of
from svc_writer.store.cassandra import LINE, LINES, CassandraTimeline
from tests.integration.writing import EVERYTHING, Engines, Running, entry, record, seqs


def created(conversation_id: str, *members: str) -> log_pb2.LogEntry:
    one = entry(conversation_id, 1, members[0], kind=entry_pb2.Entry.CREATED, body=b"")
    one.created.conversation.conversation_id = conversation_id
    for user_id in members:
        one.created.members.add(user_id=user_id, permissions=3, joined_seq=1)
    return one


async def test_the_log_becomes_readable_and_is_found_by_message_id(engines: Engines) -> None:
    conversation_id, anna, bob = new_id(), new_id(), new_id()
    entries = [created(conversation_id, anna, bob), *(entry(conversation_id, seq, anna) for seq in (2, 3, 1024, 1025, 5000))]
    await engines.append(*map(record, entries))
    mark = conversation_pb2.Watermark(conversation_id=conversation_id, user_id=bob, delivered_seq=3, read_seq=2)
    value = log_pb2.WatermarkRecord(watermark=mark, read_ordinal=2).SerializeToString()
    await engines.append(Record(WATERMARK_TOPIC, f"{conversation_id}/{bob}".encode(), value))
    async with Running(engines) as writer:
        await writer.drained()
    conversation = ConversationId(conversation_id)
    assert await seqs(engines, conversation_id) == [1, 2, 3, 1024, 1025, 5000]
    backwards = await engines.reading.read(conversation, Range(1, 5000, 2, backwards=True))
    assert [one.seq for one in backwards] == [3, 1024, 1025]
    state = await engines.reading.state(UserId(bob), conversation)
    assert state is not None
    assert (state.head_seq, state.member, state.mark) == (5000, Membership(3, 1), Mark(3, 2, 2))
    assert await engines.reading.conversations(UserId(anna)) == {conversation_id: 1}
    found = await engines.reading.find(conversation, MessageId(entries[3].message_id))
    assert found is not None
    assert found.seq == 1024
    assert await engines.reading.find(conversation, MessageId(new_id())) is None


async def test_few_rows_go_one_batch_after_the_other_and_who_is_behind_writes_many_at_once(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("svc_writer.store.cassandra.TURN_S", 0.0)
    under_way, batches, most = 0, 0, 0
    execute_all = CassandraSession.execute_all

    async def counted(session: CassandraSession, statements: Sequence[Statement]) -> None:
        nonlocal under_way, batches, most
        under_way, batches = under_way + len(statements), batches + len(statements)
        most = max(most, under_way)
        await execute_all(session, statements)
        under_way -= len(statements)

    monkeypatch.setattr(CassandraSession, "execute_all", counted)
    conversation_id = new_id()
    rows = [row for seq in range(1, 6001) for row in writes_of(LOG_TOPIC, entry(conversation_id, seq).SerializeToString())]
    await engines.writing.put(grouped(rows[:900]))
    assert (batches > 10, most) == (True, 1)
    await engines.writing.put(grouped(rows[:3900]))
    assert 1 < most < LINES * LINE
    await engines.writing.put(grouped(rows))
    assert most == LINES * LINE
    assert len(await seqs(engines, conversation_id)) == EVERYTHING.count + 1


async def test_what_is_more_than_the_driver_writes_at_once_waits_for_no_confirmation(engines: Engines) -> None:
    holders = engines.session._cluster.get_connection_holders()
    sockets = [connection._socket for holder in holders for connection in holder.get_connections()]
    assert sockets
    assert all(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in sockets)


class DiesAfterWriting:
    """A database behind a writer that dies between the write and the commit."""

    def __init__(self, inner: CassandraTimeline) -> None:
        self.inner = inner
        self.died = asyncio.Event()

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        await self.inner.put(groups)
        self.died.set()
        await asyncio.Event().wait()


async def test_a_writer_that_dies_between_write_and_commit_leaves_neither_gap_nor_repeat(engines: Engines) -> None:
    conversation_id = new_id()
    await engines.append(*(record(entry(conversation_id, seq)) for seq in range(1, 31)))
    dying = DiesAfterWriting(engines.writing)
    async with Running(engines, dying) as writer:
        async with asyncio.timeout(60):
            await dying.died.wait()
        assert sum(one.end - one.committed for one in await writer.source.lag()) >= 30
    await engines.append(*(record(entry(conversation_id, seq)) for seq in range(31, 41)))
    async with Running(engines) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == list(range(1, 41))


class AwayForAWhile:
    """A database that can't be reached the first times."""

    def __init__(self, inner: CassandraTimeline, times: int) -> None:
        self.inner = inner
        self.times = times

    async def put(self, groups: Sequence[Sequence[Write]]) -> None:
        if self.times:
            self.times -= 1
            raise ChatError(Reason.UNAVAILABLE)
        await self.inner.put(groups)


async def test_a_database_that_is_away_is_waited_for(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.core.backoff.Backoff.next", lambda _: 0.0)
    conversation_id = new_id()
    await engines.append(record(entry(conversation_id, 1)))
    async with Running(engines, AwayForAWhile(engines.writing, 20)) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == [1]


async def test_a_record_that_cannot_be_read_is_set_aside_and_holds_up_nothing(engines: Engines) -> None:
    conversation_id = new_id()
    poison = Record(LOG_TOPIC, conversation_id.encode(), b"\xff\xfe not protobuf " + conversation_id.encode())
    await engines.append(record(entry(conversation_id, 1)), poison, record(entry(conversation_id, 2)))
    async with Running(engines) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == [1, 2]
    found = [kept.letter async for kept in KafkaShelf(engines.bootstrap, "tests").read(0)]
    (letter,) = [letter for letter in found if letter.value == poison.value]
    assert (letter.topic, letter.key) == (LOG_TOPIC, poison.key)
    assert "protobuf" in letter.reason


async def test_a_record_that_the_database_will_never_take_is_set_aside_and_holds_up_nothing(engines: Engines) -> None:
    conversation_id, other = new_id(), new_id()
    unfit = entry(conversation_id, 2, kind=entry_pb2.Entry.MEMBERSHIP, body=b"")
    unfit.membership.added.add(user_id=new_id(), permissions=1 << 31, joined_seq=2)
    nameless = entry(conversation_id, 3, kind=entry_pb2.Entry.MEMBERSHIP, body=b"")
    nameless.membership.added.add(user_id="", permissions=1, joined_seq=3)
    fit = [record(entry(conversation_id, 1)), record(entry(conversation_id, 4)), record(entry(other, 1))]
    await engines.append(fit[0], record(unfit), record(nameless), *fit[1:])
    async with Running(engines) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == [1, 4]
    assert await seqs(engines, other) == [1]
    found = [kept.letter async for kept in KafkaShelf(engines.bootstrap, "tests").read(0)]
    assert {letter.value for letter in found if letter.key == conversation_id.encode()} == {
        unfit.SerializeToString(),
        nameless.SerializeToString(),
    }


async def test_an_older_membership_that_comes_late_does_not_win(engines: Engines) -> None:
    conversation_id, anna, bob = new_id(), new_id(), new_id()
    joining = entry(conversation_id, 5, anna, kind=entry_pb2.Entry.MEMBERSHIP, body=b"")
    joining.membership.added.add(user_id=bob, permissions=3, joined_seq=5)
    leaving = entry(conversation_id, 9, anna, kind=entry_pb2.Entry.MEMBERSHIP, body=b"")
    leaving.membership.removed_user_ids.append(bob)
    await engines.append(record(created(conversation_id, anna)), record(leaving), record(joining))
    async with Running(engines) as writer:
        await writer.drained()
    assert set((await engines.reading.roll(ConversationId(conversation_id))).members) == {anna}
    assert await engines.reading.conversations(UserId(bob)) == {}
