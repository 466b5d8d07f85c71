"""What members are told of each other beside the log, and how often."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from chatkit.core.conversation import LIVELY_MEMBERS
from chatkit.core.ids import ConversationId, UserId
from elastic_chat.events.v1 import node_pb2
from svc_router.store import Listening
from svc_router.tellings import NOTICES, Tellings

TEA, WORK = ConversationId("tea"), ConversationId("work")
ANNA, BOB = UserId("anna"), UserId("bob")
FEW = Listening(frozenset({"gateway-1@1"}), LIVELY_MEMBERS)
MANY = Listening(frozenset({"gateway-1@1"}), LIVELY_MEMBERS + 1)


def event(seq: int = 0) -> node_pb2.NodeEvent:
    return node_pb2.NodeEvent(ephemeral=node_pb2.EphemeralDelivery(frame=b"%d" % seq))


def skipped_of(kind: str) -> float:
    return REGISTRY.get_sample_value("chat_router_notices_skipped_total", {"kind": kind}) or 0.0


def test_the_first_receipt_goes_at_once_and_those_that_follow_within_a_second_as_the_newest_of_them() -> None:
    tellings = Tellings()
    for seq in range(1, 6):
        told = tellings.receipt(TEA, ANNA, event(seq), FEW)
        assert told == ([(event(1), FEW.nodes)] if seq == 1 else [])
    assert tellings.second() == [(event(5), FEW.nodes)]
    assert tellings.receipt(TEA, ANNA, event(6), FEW) == [], "one was told just now"
    assert tellings.second() == [(event(6), FEW.nodes)]
    assert tellings.second() == []
    assert tellings.receipt(TEA, ANNA, event(7), FEW) == [(event(7), FEW.nodes)]


def test_a_receipt_waits_for_nobody_elses() -> None:
    tellings = Tellings()
    for conversation_id, user_id in ((TEA, ANNA), (TEA, BOB), (WORK, ANNA)):
        assert tellings.receipt(conversation_id, user_id, event(), FEW) == [(event(), FEW.nodes)]


def test_in_a_large_conversation_only_ones_own_sessions_are_told() -> None:
    tellings = Tellings()
    for expected in (MANY.nodes, FEW.nodes):
        listening = MANY if expected is MANY.nodes else FEW
        (told,) = Tellings().receipt(TEA, ANNA, event(), listening)
        assert told[0].ephemeral.only_own_sessions == (listening is MANY)
    readers = [tellings.receipt(TEA, UserId(f"reader {n}"), event(), MANY) for n in range(500)]
    assert all(told[0].ephemeral.only_own_sessions for one in readers for told in one)


@pytest.mark.parametrize("is_few", [True, False])
@pytest.mark.parametrize("kind", NOTICES)
def test_typing_and_parts_are_told_of_a_few_a_second_and_never_in_a_large_conversation(kind: str, *, is_few: bool) -> None:
    tellings, skipped = Tellings(), skipped_of(kind)
    users, each = NOTICES[kind]
    told = users * each if is_few else 0
    for _ in range(2):
        assert sum(len(tellings.notice(kind, TEA, UserId(f"user {n % 10}"), event(), FEW if is_few else MANY)) for n in range(500)) == told
        for other in NOTICES.keys() - {kind}:
            assert len(tellings.notice(other, TEA, ANNA, event(), FEW)) == 1, "each has its own"
        tellings.second()
    assert len(tellings.notice(kind, WORK, ANNA, event(), FEW)) == 1
    assert skipped_of(kind) - skipped == 2 * (500 - told)


@pytest.mark.parametrize("kind", NOTICES)
def test_one_who_types_or_streams_on_many_devices_leaves_room_for_the_others(kind: str) -> None:
    tellings, (_, each) = Tellings(), NOTICES[kind]
    for _ in range(2):
        told = [len(tellings.notice(kind, TEA, who, event(), FEW)) for who in (*[ANNA] * 100, BOB)]
        assert told == [*[1] * each, *[0] * (100 - each), 1]
        tellings.second()


@pytest.mark.parametrize("kind", NOTICES)
def test_those_of_whom_nobody_is_to_be_told_leave_room_for_the_others(kind: str) -> None:
    tellings = Tellings()
    assert not any(tellings.notice(kind, TEA, UserId(f"reader {n}"), event(), Listening()) for n in range(100))
    assert len(tellings.notice(kind, TEA, ANNA, event(), FEW)) == 1
