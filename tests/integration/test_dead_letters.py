"""Dead letters on real Kafka and Cassandra, as an operator's command sees them: through the writer's own door."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import grpc
import pytest

from chatkit.core.ids import new_id
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, LOG_TOPIC, MAX_RECORD_BYTES, Record
from chatkit.rpc.server import GrpcServer
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.writer.v1 import writer_service_pb2 as pb
from elastic_chat.writer.v1 import writer_service_pb2_grpc as rpc
from launcher.dead_letters import Entry, Letter, Writer
from launcher.errors import LaunchError
from svc_writer.core import Write
from svc_writer.dead_letters import DeadLetters, KafkaShelf
from svc_writer.records import writes_of
from svc_writer.service import WriterServicer
from svc_writer.source import KafkaSource
from tests.integration.writing import Engines, Running, entry, record, seqs

UNKNOWN_KIND = 77


@dataclass
class Office:
    """The operator's side."""

    engines: Engines
    writer: Writer

    async def of(self, conversation_id: str) -> list[Letter]:
        found = await asyncio.to_thread(lambda: list(self.writer.letters()))
        return [letter for letter in found if letter.key == conversation_id]

    async def redrive(self, offset: int, *, force: bool = False) -> None:
        await asyncio.to_thread(self.writer.redrive, offset, force=force)


def writer_at(port: int) -> Writer:
    """Return a writer that has no sidecar."""
    return Writer(lambda: grpc.insecure_channel(f"127.0.0.1:{port}"))


@pytest.fixture
async def office(engines: Engines) -> AsyncIterator[Office]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    source = KafkaSource(engines.bootstrap, "asked")  # of no concern here, and never started
    servicer = WriterServicer(source, DeadLetters(KafkaShelf(engines.bootstrap, "writer-1"), engines.log))
    contract = pb.DESCRIPTOR.services_by_name["WriterService"].full_name
    server = GrpcServer(f"127.0.0.1:{port}", (contract,), lambda server: rpc.add_WriterServiceServicer_to_server(servicer, server))
    await server.start()
    yield Office(engines, writer_at(port))
    await server.stop(0)
    await source.stop()


def newer(topic: str, value: bytes) -> Sequence[Write]:
    """Do what a writer does that knows one kind more."""
    one = log_pb2.LogEntry.FromString(value)
    if one.kind == UNKNOWN_KIND:
        one.kind = entry_pb2.Entry.MESSAGE
    return writes_of(topic, one.SerializeToString())


async def test_an_entry_of_a_kind_to_come_waits_for_a_newer_writer(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    engines, conversation_id = office.engines, new_id()
    unknown = entry(conversation_id, 2, kind=UNKNOWN_KIND)
    await engines.append(record(entry(conversation_id, 1)), record(unknown), record(entry(conversation_id, 3)))
    async with Running(engines) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == [1, 3]
    (letter,) = await office.of(conversation_id)
    assert (letter.topic, letter.size, letter.redriven) == (LOG_TOPIC, len(unknown.SerializeToString()), False)
    assert "which this writer does not know" in letter.reason
    assert letter.entry == Entry(conversation_id, 2, unknown.message_id, str(UNKNOWN_KIND))
    assert await asyncio.to_thread(office.writer.letter, letter.offset) == letter

    await office.redrive(letter.offset)
    (noted,) = await office.of(conversation_id)
    assert noted.redriven
    monkeypatch.setattr("svc_writer.pump.writes_of", newer)
    async with Running(engines) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == [1, 2, 3]
    assert len(await office.of(conversation_id)) == 1


async def test_a_record_that_still_cannot_be_read_comes_back_untouched_as_another_letter(office: Office) -> None:
    engines, conversation_id = office.engines, new_id()
    poison = Record(LOG_TOPIC, conversation_id.encode(), b"\xff\xfe not protobuf")
    await engines.append(record(entry(conversation_id, 1)), poison, record(entry(conversation_id, 2)))
    async with Running(engines) as writer:
        await writer.drained()
        ends = {(one.topic, one.partition): one.end for one in await writer.source.lag()}
    assert await seqs(engines, conversation_id) == [1, 2]
    (letter,) = await office.of(conversation_id)
    assert letter.entry is None
    assert letter.source_offset == ends[letter.topic, letter.partition] - 2
    assert "no protobuf message" in letter.reason
    await office.redrive(letter.offset)
    source = KafkaSource(engines.bootstrap, "writer-1")
    await source.start(1)
    taken = await source.take()
    while not taken:
        taken = await source.take()
    await source.stop()
    assert [(one.topic, one.partition, one.key, one.value) for one in taken] == [
        (LOG_TOPIC, letter.partition, conversation_id.encode(), poison.value)
    ]
    async with Running(engines) as writer:
        await writer.drained()
    first, second = await office.of(conversation_id)
    assert (first.redriven, second.redriven) == (True, False)
    assert (second.partition, second.reason) == (letter.partition, letter.reason)
    assert second.source_offset == taken[0].offset > letter.source_offset


async def test_the_largest_record_that_the_log_takes_fits_into_a_letter(office: Office) -> None:
    engines, conversation_id = office.engines, new_id()
    poison = Record(LOG_TOPIC, conversation_id.encode(), b"\xff" * (MAX_RECORD_BYTES - 200))
    await engines.append(record(entry(conversation_id, 1)), poison, record(entry(conversation_id, 2)))
    async with Running(engines) as writer:
        await writer.drained()
    assert await seqs(engines, conversation_id) == [1, 2]
    (letter,) = await office.of(conversation_id)
    assert letter.size == len(poison.value)


async def test_a_letter_is_redriven_twice_only_by_force_and_whoever_is_asked(office: Office) -> None:
    engines, conversation_id = office.engines, new_id()
    await set_aside(engines, conversation_id, 1)
    (letter,) = await office.of(conversation_id)
    await DeadLetters(KafkaShelf(engines.bootstrap, "writer-2"), engines.log).redrive(letter.offset, force=False)
    with pytest.raises(LaunchError, match="redriven before"):
        await office.redrive(letter.offset)
    await office.redrive(letter.offset, force=True)
    with pytest.raises(LaunchError, match="no dead letter 987654321"):
        await office.redrive(987654321)
    note = letter.offset + 1
    with pytest.raises(LaunchError, match=f"no dead letter {note}"):
        await office.redrive(note)


async def test_pages_join_over_many_letters_and_over_what_is_none(office: Office) -> None:
    engines, conversation_id = office.engines, new_id()
    await set_aside(engines, conversation_id, 1200)
    await engines.append(Record(DEAD_LETTER_TOPIC, conversation_id.encode(), b"\xff no letter"))
    await set_aside(engines, conversation_id, 1)
    found = await office.of(conversation_id)
    assert len(found) == 1201
    offsets = [letter.offset for letter in found]
    assert offsets == sorted(set(offsets))
    assert offsets[-1] == offsets[0] + 1201
    await office.redrive(offsets[600])
    assert [letter.offset for letter in await office.of(conversation_id) if letter.redriven] == [offsets[600]]


async def test_a_writer_that_is_away_is_told_with_a_cure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        with pytest.raises(LaunchError, match="elastic-chat status"):
            await asyncio.to_thread(list, writer_at(taken.getsockname()[1]).letters())


async def set_aside(engines: Engines, conversation_id: str, count: int) -> None:
    """Put letters there as the pump does."""
    letter = log_pb2.DeadLetter(topic=LOG_TOPIC, key=conversation_id.encode(), value=b"\xff", reason="unreadable")
    await engines.append(*[Record(DEAD_LETTER_TOPIC, letter.key, letter.SerializeToString())] * count)
