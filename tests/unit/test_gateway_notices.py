"""How much is told that is worth something only now, and who is sent to ask for the rest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from prometheus_client import REGISTRY

from chatkit.core.budget import Budget
from elastic_chat.gateway.v1 import frames_pb2 as pb
from svc_gateway.frames import Outgoing
from svc_gateway.notices import ASKS_PER_S, Notices

NEWS = Outgoing(b"news")


class Ear:
    """A session that counts notices, and notes after how long it was sent to ask."""

    def __init__(self) -> None:
        self.heard = 0
        self.asks: list[float] = []

    def notify(self, frame: Outgoing, *, ephemeral: bool) -> None:
        assert ephemeral
        if frame is NEWS:
            self.heard += 1
        else:
            self.asks.append(pb.ServerFrame.FromString(frame.payload).stale_presence.ask_after.ToTimedelta().total_seconds())


def skipped_of(kind: str) -> float:
    return REGISTRY.get_sample_value("chat_gateway_skipped_total", {"kind": kind}) or 0.0


def ears(count: int) -> Sequence[Ear]:
    return [Ear() for _ in range(count)]


def test_a_budget_gives_so_many_a_second_and_what_is_not_taken_is_not_saved() -> None:
    budget = Budget(10)
    assert [budget.take(4) for _ in range(3)] == [True, True, False]
    for _ in range(5):
        budget.refill()
    assert [budget.take(5) for _ in range(3)] == [True, True, False]


def test_what_is_more_than_a_seconds_is_given_once_and_paid_for_by_those_that_follow() -> None:
    budget = Budget(10)
    assert budget.take(25)
    budget.refill()
    assert not budget.take(1)
    budget.refill()
    assert budget.take(5)
    assert not budget.take(1)


@pytest.mark.parametrize("kind", ["typing", "delta"])
def test_typing_and_parts_are_dropped_first_and_presence_only_when_nothing_is_left(kind: str) -> None:
    notices, room, before = Notices(10), ears(1), skipped_of(kind)
    passing = sum(notices.passing(kind, room, NEWS) for _ in range(20))
    present = sum(notices.presence(room, NEWS) for _ in range(20))
    assert (passing, present) == (5, 5)
    assert skipped_of(kind) - before == 15


def test_who_was_not_told_is_sent_to_ask_once_each_at_another_time_and_again_only_after_that() -> None:
    notices, watchers = Notices(10), ears(3 * ASKS_PER_S)
    for _ in range(4):
        notices.presence(watchers, NEWS)
    notices.second()
    assert [len(one.asks) for one in watchers] == [1] * len(watchers)
    assert len({one.asks[0] for one in watchers}) > ASKS_PER_S
    assert max(one.asks[0] for one in watchers) <= 3.0
    notices.skipped(watchers)
    notices.second()
    assert all(len(one.asks) == 1 for one in watchers if one.asks[0] > 1)
    for _ in range(4):
        notices.second()
    assert [len(one.asks) for one in watchers] == [2] * len(watchers)


def test_nobody_is_sent_to_ask_who_was_told_or_has_gone() -> None:
    notices, (told, gone) = Notices(10), ears(2)
    notices.presence([told], NEWS)
    notices.skipped([gone])
    notices.forget(gone)
    notices.second()
    assert (told.heard, told.asks, gone.asks) == (1, [], [])


@pytest.mark.parametrize("per_second", [100, 1000])
def test_a_storm_costs_a_second_no_more_than_its_budget(per_second: int) -> None:
    notices, watchers = Notices(per_second), ears(10)
    for _ in range(5_000):
        notices.presence(watchers, NEWS)
    assert sum(one.heard for one in watchers) == per_second
