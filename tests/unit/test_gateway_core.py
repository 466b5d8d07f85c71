"""The rules of a connection."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import ChatError, Reason
from svc_gateway.core import Outbox, Phase, Wheel, check_frame, going_away_after_s

CAP = 100


@pytest.mark.parametrize("kind", ["send", "typing", "watermark", "subscribe_presence", "ping"])
def test_hello_comes_first_and_only_first(kind: str) -> None:
    check_frame(Phase.AWAITING_HELLO, "hello")
    check_frame(Phase.LIVE, kind)
    with pytest.raises(ChatError) as early:
        check_frame(Phase.AWAITING_HELLO, kind)
    with pytest.raises(ChatError) as again:
        check_frame(Phase.LIVE, "hello")
    assert (early.value.reason, again.value.reason) == (Reason.HELLO_EXPECTED, Reason.HELLO_REPEATED)


frames = st.lists(st.tuples(st.binary(min_size=1, max_size=60), st.booleans(), st.integers(0, 60)))


@given(frames)
def test_an_outbox_stays_below_its_cap_and_loses_nothing_that_lasts(puts: list[tuple[bytes, bool, int]]) -> None:
    outbox = Outbox(CAP)
    lasting = b""
    for frame, ephemeral, in_flight in puts:
        fits = outbox.put(b"e" * len(frame) if ephemeral else b"D" * len(frame), ephemeral=ephemeral, in_flight=in_flight)
        assert fits or not ephemeral
        if fits and not ephemeral:
            lasting += b"D" * len(frame)
        assert outbox.size <= CAP
    joined = outbox.take()
    assert joined.replace(b"e", b"") == lasting
    assert (outbox.size, len(outbox)) == (0, 0)


def test_what_is_ephemeral_makes_room_for_what_lasts() -> None:
    outbox = Outbox(10)
    assert outbox.put(b"typing", ephemeral=True)
    assert outbox.put(b"entry-one", ephemeral=False)
    assert outbox.dropped == 1
    assert outbox.put(b"typing", ephemeral=True)
    assert outbox.dropped == 2
    assert not outbox.put(b"entry-two", ephemeral=False)
    assert outbox.take() == b"entry-one"


@given(st.lists(st.integers(1, 127), max_size=50))
def test_a_wheel_gives_back_everything_when_it_is_due(delays: list[int]) -> None:
    wheel = Wheel()
    for number, delay in enumerate(delays):
        wheel.put((number, delay), delay)
    due = {item: second for second in range(1, 129) for item in wheel.turn()}
    assert due == {(number, delay): delay for number, delay in enumerate(delays)}


@pytest.mark.parametrize("delay", [0, 128, -1])
def test_a_wheel_has_no_place_beyond_its_rim(delay: int) -> None:
    with pytest.raises(ValueError, match="no place"):
        Wheel().put("x", delay)


def test_more_connections_take_longer_to_come_back_but_not_for_ever() -> None:
    assert going_away_after_s(0) == going_away_after_s(1) == 1.0
    assert going_away_after_s(5_000) == 10.0
    assert going_away_after_s(10**6) == 60.0
