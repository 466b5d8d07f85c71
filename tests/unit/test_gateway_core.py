"""The rules of a connection."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.errors import ChatError, Reason
from svc_gateway.connection import A_TICK, ENOUGH, Connection, Flusher
from svc_gateway.core import Outbox, Phase, Wheel, check_frame, over_s
from svc_gateway.frames import Codec, Outgoing, bare_frames

CAP = 100


@pytest.mark.parametrize("kind", ["send", "typing", "delta", "watermark", "subscribe_presence", "ping"])
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


def test_what_is_larger_than_an_outbox_goes_alone() -> None:
    outbox = Outbox(10)
    assert not outbox.put(b"a large welcome", ephemeral=False, in_flight=1)
    assert outbox.put(b"a large welcome", ephemeral=False)
    assert not outbox.put(b"x", ephemeral=False)
    assert outbox.take() == b"a large welcome"


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
    assert over_s(0, 500) == over_s(1, 500) == 1.0
    assert over_s(5_000, 500) == 10.0
    assert over_s(10**6, 500) == 60.0


class Pipe:
    """A socket that can be full."""

    codec = Codec.BARE

    def __init__(self) -> None:
        self.backlog = 0
        self.written: list[bytes] = []
        self.reasons: list[Reason] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def waiting(self) -> int:
        return self.backlog

    def end(self, error: ChatError) -> None:
        self.reasons.append(error.reason)

    def abort(self) -> None:
        raise AssertionError


async def tick() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_what_is_sent_in_one_tick_is_one_write() -> None:
    flusher, pipe = Flusher(), Pipe()
    connection = Connection(pipe, flusher, CAP)
    for payload in (b"a", b"b", b"c"):
        connection.send(Outgoing(payload))
    assert pipe.written == []
    await tick()
    (written,) = pipe.written
    assert list(bare_frames(written)) == [b"a", b"b", b"c"]


async def test_a_full_socket_holds_up_no_other_and_gets_its_frames_when_there_is_room() -> None:
    flusher, slow, quick = Flusher(), Pipe(), Pipe()
    slow.backlog = ENOUGH + 1
    one, two = Connection(slow, flusher, 2 * ENOUGH), Connection(quick, flusher, CAP)
    one.send(Outgoing(b"late"))
    await tick()
    two.send(Outgoing(b"now"))
    one.send(Outgoing(b"later"))
    await tick()
    assert [list(bare_frames(data)) for data in quick.written] == [[b"now"]]
    assert slow.written == []
    slow.backlog = 0
    while not slow.written:
        await asyncio.sleep(0.001)
    assert list(bare_frames(b"".join(slow.written))) == [b"late", b"later"]


async def test_a_connection_that_is_too_slow_is_ended_and_told_why() -> None:
    flusher, pipe = Flusher(), Pipe()
    connection = Connection(pipe, flusher, CAP)
    connection.send(Outgoing(b"welcome" * CAP))
    connection.send(Outgoing(b"x"), ephemeral=True)
    assert pipe.reasons == []
    connection.send(Outgoing(b"x" * (CAP + 1)))
    assert pipe.reasons == [Reason.SLOW_CONSUMER]
    connection.send(Outgoing(b"more"))
    await tick()
    assert pipe.written == []


async def test_a_room_of_thousands_is_flushed_in_ticks_between_which_others_have_their_turn() -> None:
    flusher, pipes = Flusher(), [Pipe() for _ in range(2 * A_TICK + 5)]
    for pipe in pipes:
        Connection(pipe, flusher, CAP).send(Outgoing(b"x"))
    counts = []
    for _ in range(4):
        await asyncio.sleep(0)
        counts.append(sum(len(pipe.written) for pipe in pipes))
    assert counts == [A_TICK, 2 * A_TICK, len(pipes), len(pipes)]
