"""The router's hot path on fakes: what is acknowledged, in which order, and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from chatkit.core.conversation import GROUP_OWNER
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.events.v1 import log_pb2, node_pb2
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_router.job import Job
from svc_router.pipeline import BATCH
from svc_router.store import Membership
from svc_router.store.memory import MemorySequencer
from tests.routing import Bench, addition, fresh_id, send


async def test_the_log_has_every_conversation_in_the_order_of_its_seq(bench: Bench) -> None:
    anna = new_id()
    conversations = [await bench.group(anna) for _ in range(5)]
    results = [bench.submit(send(conversations[n % 5], anna)) for n in range(500)]
    await asyncio.gather(*results)
    for conversation_id in conversations:
        seqs = [entry.seq for entry in bench.entries if entry.conversation_id == conversation_id]
        assert seqs == list(range(1, 102))


def batches_of(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the sizes of the batches that are given places from now on."""
    batches: list[int] = []
    sequence = bench.sequencer.sequence

    async def counted(claims: Sequence[Any]) -> Any:
        batches.append(len(claims))
        return await sequence(claims)

    monkeypatch.setattr(bench.sequencer, "sequence", counted)
    return batches


async def three_in_a_row(bench: Bench, conversation_id: str, sender: str) -> None:
    results = []
    for _ in range(3):
        results.append(bench.submit(send(conversation_id, sender)))
        await asyncio.sleep(0.01)
    await asyncio.gather(*results)


async def test_a_busy_router_gathers_what_comes_and_one_that_has_paused_does_not_wait(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = new_id()
    conversation_id = await bench.group(anna)
    batches = batches_of(bench, monkeypatch)
    monkeypatch.setattr("svc_router.pace.LEAST_S", 1.0)
    await bench.submit(send(conversation_id, anna))
    assert batches == [1]
    await three_in_a_row(bench, conversation_id, anna)
    assert batches == [1, 3]


async def test_a_router_that_has_a_whole_batch_waits_for_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = new_id()
    conversation_id = await bench.group(anna)
    monkeypatch.setattr("svc_router.pace.LEAST_S", 3600.0)
    async with asyncio.timeout(60):
        await asyncio.gather(*(bench.submit(send(conversation_id, anna)) for _ in range(2 * BATCH)))


async def test_a_router_whose_batches_take_long_gathers_for_longer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svc_router.pace.MOST_S", 0.5)
    anna = new_id()
    conversation_id = await bench.group(anna)
    commit = bench.sequencer.commit

    async def slow(runs: Any) -> Any:
        await asyncio.sleep(0.2)
        return await commit(runs)

    monkeypatch.setattr(bench.sequencer, "commit", slow)
    for _ in range(8):
        await bench.submit(send(conversation_id, anna))
    batches = batches_of(bench, monkeypatch)
    await three_in_a_row(bench, conversation_id, anna)
    assert batches == [1, 2]


async def test_what_comes_while_a_conversation_is_brought_back_does_not_overtake_what_waited_already(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("svc_router.pace.LEAST_S", 0.05)
    anna, conversation_id = UserId(new_id()), ConversationId(new_id())
    bench.archive.known[conversation_id] = {anna: Membership(GROUP_OWNER, 1)}
    bench.archive.reachable.clear()
    asked, answered = asyncio.Event(), asyncio.Event()
    sequence = bench.sequencer.sequence

    async def slow(claims: Sequence[Any]) -> Any:
        asked.set()
        await answered.wait()
        return await sequence(claims)

    monkeypatch.setattr(bench.sequencer, "sequence", slow)
    results = [bench.submit(send(conversation_id, anna))]
    await asked.wait()
    results.append(bench.submit(send(conversation_id, anna)))
    answered.set()
    while not bench.archive.asked:
        await asyncio.sleep(0)
    results.append(bench.submit(send(conversation_id, anna)))
    bench.archive.reachable.set()
    seqs = [(await result).accepted.seq for result in results]
    assert seqs == sorted(seqs)


async def test_nothing_is_acknowledged_or_told_before_it_is_durable(bench: Bench) -> None:
    anna = new_id()
    conversation_id = await bench.group(anna)
    bench.sequencer.view.nodes[ConversationId(conversation_id)] = {"gateway-1@1"}
    bench.log.let.clear()
    result = bench.submit(send(conversation_id, anna))
    while len(bench.entries) < 2:
        await asyncio.sleep(0)
    for _ in range(50):
        await asyncio.sleep(0)
    assert not result.done()
    assert not bench.sequencer.view.told
    bench.log.let.set()
    assert (await result).accepted.seq == 2
    (event,) = node_pb2.NodeBatch.FromString(b"".join(bench.sequencer.view.told["gateway-1@1"])).events
    assert (event.entry.conversation_id, event.entry.seq, event.entry.previous_seq) == (conversation_id, 2, 1)


async def test_a_repeat_while_the_first_is_in_flight_makes_one_record_and_two_answers(bench: Bench) -> None:
    anna = new_id()
    conversation_id = await bench.group(anna)
    bench.log.let.clear()
    command = send(conversation_id, anna)
    first, second = bench.submit(command), bench.submit(command)
    while len(bench.entries) < 2:
        await asyncio.sleep(0)
    third = bench.submit(command)
    bench.log.let.set()
    assert [(await result).accepted.seq for result in (first, second, third)] == [2, 2, 2]
    assert [entry.seq for entry in bench.entries] == [1, 2]


async def test_a_log_that_is_away_is_no_acknowledgement_and_the_retry_keeps_its_seq(bench: Bench) -> None:
    anna = new_id()
    conversation_id = await bench.group(anna)
    command = send(conversation_id, anna)
    bench.log.available = False
    assert await bench.refused(command) == "UNAVAILABLE"
    assert await bench.refused(send(conversation_id, anna)) == "UNAVAILABLE"
    bench.log.available = True
    assert (await bench.accepted(command)).seq == 2
    assert (await bench.accepted(send(conversation_id, anna))).seq == 3


async def test_what_has_a_place_is_finished_although_nobody_asks_again_and_before_what_follows(bench: Bench) -> None:
    anna, bob = new_id(), new_id()
    conversation_id = await bench.group(anna)
    bench.sequencer.view.nodes[ConversationId(conversation_id)] = {"gateway-1@1"}
    bench.log.let.clear()
    lost, following = bench.submit(addition(conversation_id, anna, bob)), bench.submit(send(conversation_id, anna))
    while len(bench.entries) < 3:
        await asyncio.sleep(0)
    failed = bench.pipeline_flight.find(ConversationId(conversation_id), MessageId(bench.entries[1].message_id))
    assert failed is not None
    bench.pipeline_flight.doubt(failed)
    bench.log.let.set()
    assert (await lost).accepted.member.joined_seq == 2
    assert (await following).accepted.seq == 3
    told = node_pb2.NodeBatch.FromString(b"".join(bench.sequencer.view.told["gateway-1@1"])).events
    assert [event.entry.seq for event in told] == [2, 3]


async def test_an_uncertain_entry_holds_up_its_conversation_and_no_other(bench: Bench) -> None:
    anna = new_id()
    held, other = await bench.group(anna), await bench.group(anna)
    bench.log.available = False
    command = send(held, anna)
    assert await bench.refused(command) == "UNAVAILABLE"
    bench.log.let.clear()
    bench.log.available = True
    assert await bench.refused(send(held, anna)) == "UNAVAILABLE"
    going = bench.submit(send(other, anna))
    while len(bench.entries) < 3:
        await asyncio.sleep(0)
    bench.log.let.set()
    assert (await going).accepted.seq == 2
    assert (await bench.accepted(command)).seq == 2


async def test_what_a_dead_router_left_is_finished_by_the_next_one(bench: Bench) -> None:
    anna, bob = new_id(), new_id()
    conversation_id = await bench.group(anna)
    dead = MemorySequencer(bench.sequencer.view)
    jobs = [Job(command, lambda _: None) for command in (addition(conversation_id, anna, bob), send(conversation_id, anna))]
    await dead.sequence([job.claim(bench.clock.now_ms()) for job in jobs])
    assert (await bench.accepted(send(conversation_id, bob))).seq == 4
    assert [(entry.seq, entry.message_id) for entry in bench.entries[1:3]] == [(2, jobs[0].message_id), (3, jobs[1].message_id)]
    assert bench.entries[1].membership.added[0].joined_seq == 2
    assert (await bench.accepted(jobs[1].command)).seq == 3
    assert len(bench.entries) == 4


async def test_entries_that_the_live_view_lost_while_they_were_written_are_shown_when_it_is_back(bench: Bench) -> None:
    anna = new_id()
    conversation_id = ConversationId(await bench.group(anna))
    bench.log.let.clear()
    result = bench.submit(send(conversation_id, anna))
    while len(bench.entries) < 2:
        await asyncio.sleep(0)
    bench.sequencer.view.lose(conversation_id)
    bench.archive.known[conversation_id] = {UserId(anna): Membership(GROUP_OWNER, 1)}
    bench.archive.head = 2
    bench.log.let.set()
    assert (await result).accepted.seq == 2
    assert (await bench.accepted(send(conversation_id, anna))).seq == 1001


async def test_a_message_id_that_a_lost_live_view_knew_gets_its_first_seq(bench: Bench) -> None:
    anna = new_id()
    conversation_id = ConversationId(new_id())
    bench.archive.known[conversation_id] = {UserId(anna): Membership(GROUP_OWNER, 1)}
    old = fresh_id(age_ms=3_700_000)
    bench.archive.found[MessageId(old)] = log_pb2.LogEntry(seq=5, sender_id=anna, message_id=old)
    assert (await bench.accepted(send(conversation_id, anna, old))).seq == 5


async def test_a_full_router_refuses_and_recovers(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = new_id()
    conversations = [await bench.group(anna) for _ in range(4)]
    monkeypatch.setattr(bench.pipeline_flight, "_limit", 3)
    bench.log.available = False
    results = [await bench.submit(send(conversation_id, anna)) for conversation_id in conversations]
    assert {reason_pb2.Reason.Name(result.refused.reason) for result in results} == {"UNAVAILABLE"}
    bench.log.available = True
    while len(bench.pipeline_flight):
        await asyncio.sleep(0.01)
    assert (await bench.accepted(send(conversations[3], anna))).seq in {2, 3}


async def test_a_conversation_that_the_live_view_lost_is_restored_and_its_commands_keep_their_order(bench: Bench) -> None:
    anna, other = new_id(), await bench.group(new_id())
    conversation_id = new_id()
    bench.archive.known[ConversationId(conversation_id)] = {UserId(anna): Membership(GROUP_OWNER, 1)}
    bench.archive.asked.clear()
    bench.archive.reachable.clear()
    commands = [send(conversation_id, anna) for _ in range(20)]
    results = [bench.submit(command) for command in commands]
    assert await bench.refused(send(other, anna)) == "UNKNOWN_CONVERSATION"
    late = [send(conversation_id, anna) for _ in range(5)]
    results += [bench.submit(command) for command in late]
    bench.archive.reachable.set()
    seqs = [(await result).accepted.seq for result in results]
    assert seqs == list(range(1001, 1026))
    logged = [entry.message_id for entry in bench.entries if entry.conversation_id == conversation_id]
    assert logged == [command.send.message_id for command in (*commands, *late)]
    assert bench.archive.asked == ["state"]


async def test_a_conversation_that_history_does_not_know_either_is_refused(bench: Bench) -> None:
    anna = new_id()
    assert await bench.refused(send(new_id(), anna)) == "UNKNOWN_CONVERSATION"


async def test_another_users_message_id_is_refused_as_long_as_it_is_under_way_too(bench: Bench) -> None:
    anna, bob = new_id(), new_id()
    conversation_id = await bench.group(anna, bob)
    bench.log.let.clear()
    one = fresh_id()
    first = bench.submit(send(conversation_id, anna, one))
    assert await bench.refused(send(conversation_id, bob, one)) == "MESSAGE_ID_REUSED"
    assert await bench.refused(send(conversation_id, bob, one)) == "MESSAGE_ID_REUSED"
    again = bench.submit(send(conversation_id, anna, one))
    bench.log.let.set()
    assert (await first).accepted == (await again).accepted


async def test_an_old_message_id_is_looked_up_and_gets_its_first_seq(bench: Bench) -> None:
    anna, bob = new_id(), new_id()
    conversation_id = await bench.group(anna, bob)
    old = fresh_id(age_ms=3_600_000)
    bench.archive.found[MessageId(old)] = log_pb2.LogEntry(seq=77, sender_id=anna, message_id=old)
    assert (await bench.accepted(send(conversation_id, anna, old))).seq == 77
    assert await bench.refused(send(conversation_id, bob, old)) == "MESSAGE_ID_REUSED"
    assert (await bench.accepted(send(conversation_id, anna, fresh_id(age_ms=3_600_000)))).seq == 2
    assert bench.archive.asked.count("find") == 3


async def test_a_question_about_one_command_holds_up_its_user_only_and_its_failure_nobody_else(bench: Bench) -> None:
    anna, bob = new_id(), new_id()
    conversation_id = await bench.group(anna, bob)
    bench.archive.reachable.clear()
    bench.archive.is_away = True
    old, after = bench.submit(send(conversation_id, anna, fresh_id(age_ms=3_600_000))), bench.submit(send(conversation_id, anna))
    assert (await bench.accepted(send(conversation_id, bob))).seq == 2
    await asyncio.sleep(0.01)
    assert not old.done()
    assert not after.done()
    bench.archive.reachable.set()
    assert (await old).refused.reason == reason_pb2.UNAVAILABLE
    assert (await after).accepted.seq == 3


async def test_a_watermark_that_nobody_can_place_refuses_no_message(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("svc_router.store.memory.TAIL_ENTRIES", 1)
    anna, bob = new_id(), new_id()
    conversation_id = await bench.group(anna)
    for _ in range(5):
        await bench.accepted(send(conversation_id, anna))
    await bench.accepted(addition(conversation_id, anna, bob))
    await bench.accepted(send(conversation_id, anna))
    bench.archive.reachable.clear()
    mark = pb.Command(user_id=bob, conversation_id=conversation_id)
    mark.watermark.read_seq = 1
    bench.submit(mark)
    sent = [bench.submit(send(conversation_id, user_id)) for user_id in (bob, anna, bob)]
    await asyncio.sleep(0.01)
    assert bench.archive.asked[-1] == "ordinal"
    bench.archive.reachable.set()
    assert [(await one).WhichOneof("result") for one in sent] == ["accepted"] * 3


async def test_those_who_ask_again_while_the_log_is_away_are_not_gathered_for_ever(bench: Bench) -> None:
    anna = new_id()
    conversation_id = await bench.group(anna)
    bench.log.let.clear()
    command = send(conversation_id, anna)
    now = bench.clock.monotonic()
    asked = [bench.submit(command, until=now + 10)]
    await asyncio.sleep(0.01)
    for round_ in range(1, 6):
        bench.clock.advance(11)
        asked.append(bench.submit(command, until=now + 11 * round_ + 10))
        await asyncio.sleep(0.01)
    flying = bench.pipeline_flight.find(ConversationId(conversation_id), MessageId(command.send.message_id))
    assert flying is not None
    assert len(flying.jobs) == 1
    assert [one.result().refused.reason for one in asked[:-1]] == [reason_pb2.DEADLINE_EXCEEDED] * 5
    bench.log.let.set()
    assert (await asked[-1]).accepted.seq == 2


async def test_a_live_view_that_is_away_refuses_and_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = new_id()
    conversation_id = await bench.group(anna)
    with monkeypatch.context() as patch:

        async def away(_: object) -> list[object]:
            raise ChatError(Reason.UNAVAILABLE)

        patch.setattr(bench.sequencer, "sequence", away)
        assert await bench.refused(send(conversation_id, anna)) == "UNAVAILABLE"
    assert (await bench.accepted(send(conversation_id, anna))).seq == 2


async def test_an_entry_on_the_wire_is_the_entry_that_clients_read(bench: Bench) -> None:
    anna = new_id()
    conversation_id = await bench.group(anna)
    body = entry_pb2.Body(text="grüße", mentions=[anna])
    await bench.accepted(send(conversation_id, anna, body=body.SerializeToString()))
    stored = bench.entries[1]
    frame = frames_pb2.ServerFrame.FromString(log_pb2.EntryFrame(entry=stored).SerializeToString())
    assert frame.entry.body == body
    assert frame.entry == entry_pb2.Entry.FromString(stored.SerializeToString())
    assert (frame.entry.seq, frame.entry.sender_id, frame.entry.ordinal) == (2, anna, 1)
