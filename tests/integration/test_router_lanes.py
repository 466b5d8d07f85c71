"""Lanes over real gRPC: order, batches, and what happens when the router at the other end drains or dies."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress
from datetime import timedelta
from typing import Any

import grpc
import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from chatkit.core.lanes import LANES, lane_of
from chatkit.rpc.channel import mesh_channel
from chatkit.rpc.errors import abort, error_of
from chatkit.rpc.lane import ROUTER_HEADER
from chatkit.rpc.lanes import Lanes
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2_grpc as rpc
from svc_router.job import Job
from svc_router.route import LINGER_S, Lane

NODE = "gateway-1@1"


class Recorder:
    """Stands where the pipeline stands, and answers each command with its place in the order of arrival."""

    def __init__(self) -> None:
        self.commands: list[pb.Command] = []
        self.held: list[Job] = []
        self.holding = False
        self.unanswered: str | None = None
        self.arrived = asyncio.Event()

    def submit(self, job: Job) -> None:
        self.commands.append(pb.Command.FromString(job.command.SerializeToString()))
        self.arrived.set()
        if job.command.send.message_id == self.unanswered:
            return
        if self.holding:
            self.held.append(job)
        else:
            job.accept(pb.Accepted(seq=len(self.commands)))

    def release(self, told: Collection[str] = ()) -> None:
        self.holding = False
        for job in self.held:
            job.accept(pb.Accepted(seq=1000 + len(self.commands)), told)
        self.held.clear()


class Router(rpc.RouterServiceServicer):
    """A router whose pipeline is a Recorder."""

    def __init__(self, port: int, recorder: Recorder, names: Callable[[int], str]) -> None:
        self.recorder = recorder
        self.draining = asyncio.Event()
        self.lanes: list[str] = []
        self.streams: dict[int, Any] = {}
        self.came_by: list[tuple[int, pb.Command]] = []
        self.lives: list[int] = []
        self._names = names
        self.server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
        rpc.add_RouterServiceServicer_to_server(self, self.server)
        self.server.add_insecure_port(f"127.0.0.1:{port}")

    async def Route(self, request_iterator: AsyncIterator[pb.RouteRequest], context: Any) -> None:
        number = int(dict(context.invocation_metadata())["x-lane"])
        self.lanes.append(str(number))
        life = self.lanes.count(str(number))
        self.streams[number] = context
        if name := self._names(number):
            await context.send_initial_metadata(((ROUTER_HEADER, name),))
        lane: Any = Lane(self.recorder, dict(context.invocation_metadata()).get("x-node", ""))  # type: ignore[arg-type]
        await lane.serve(self._noting(number, life, request_iterator), context, self.draining)

    async def break_stream(self, number: int) -> None:
        """End a stream in the middle of it."""
        with suppress(grpc.aio.AbortError):
            await self.streams[number].abort(grpc.StatusCode.UNAVAILABLE)

    async def _noting(self, number: int, life: int, requests: AsyncIterator[pb.RouteRequest]) -> AsyncIterator[pb.RouteRequest]:
        async for request in requests:
            copies = [pb.Command.FromString(command.SerializeToString()) for command in request.commands]
            self.came_by += [(number, command) for command in copies]
            self.lives += [life] * len(copies)
            yield request


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def lanes(port: int) -> AsyncIterator[Lanes]:
    channel = mesh_channel(f"127.0.0.1:{port}")
    made = Lanes(channel, NODE)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(made.run())
        yield made
        running.cancel()
    await channel.close()


def send(conversation_id: str) -> pb.Command:
    command = pb.Command(user_id=new_id(), conversation_id=conversation_id)
    command.send.message_id = new_id()
    return command


async def start(port: int, names: Callable[[int], str] = lambda _: "router-1") -> Router:
    router = Router(port, Recorder(), names)
    await router.server.start()
    return router


async def test_commands_of_a_conversation_arrive_in_their_order_on_one_lane(port: int, lanes: Lanes) -> None:
    router = await start(port)
    conversations = [new_id() for _ in range(8)]
    commands = [send(conversations[n % 8]) for n in range(800)]
    await asyncio.gather(*(lanes.call(command) for command in commands))
    for conversation_id in conversations:
        arrived = [command.send.message_id for command in router.recorder.commands if command.conversation_id == conversation_id]
        assert arrived == [command.send.message_id for command in commands if command.conversation_id == conversation_id]
    # Those that carry nothing here may open a little later.
    while set(router.lanes) < {str(number) for number in range(16)}:
        await asyncio.sleep(0.01)
    await router.server.stop(0)


async def test_a_refusal_comes_back_as_the_error_that_it_was(port: int, lanes: Lanes) -> None:
    router = await start(port)
    router.recorder.holding = True
    call = asyncio.get_running_loop().create_task(lanes.call(send(new_id())))
    await router.recorder.arrived.wait()
    router.recorder.held[0].refuse(ChatError(Reason.PERMISSION_DENIED, "not you"))
    with pytest.raises(ChatError, match="not you") as failure:
        await call
    assert failure.value.reason is Reason.PERMISSION_DENIED
    await router.server.stop(0)


async def test_what_had_no_result_when_the_router_died_is_sent_again_in_order(port: int, lanes: Lanes) -> None:
    router = await start(port)
    router.recorder.holding = True
    conversation_id = new_id()
    commands = [send(conversation_id) for _ in range(50)]
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(lanes.call(command)) for command in commands]
        while len(router.recorder.commands) < 50:
            router.recorder.arrived.clear()
            await router.recorder.arrived.wait()
        await router.server.stop(0)
        router = await start(port)
    assert all(call.result().seq for call in calls)
    assert [command.send.message_id for command in router.recorder.commands] == [command.send.message_id for command in commands]
    await router.server.stop(0)


async def test_a_draining_router_answers_what_it_has_read_and_ends_its_lanes_well(port: int, lanes: Lanes) -> None:
    router = await start(port)
    router.recorder.holding = True
    call = asyncio.get_running_loop().create_task(lanes.call(send(new_id())))
    await router.recorder.arrived.wait()
    router.draining.set()
    stopping = asyncio.get_running_loop().create_task(router.server.stop(30))
    assert not call.done()
    router.recorder.release()
    assert (await call).seq == 1001
    await stopping
    assert len(router.recorder.commands) == 1


async def test_a_router_that_does_not_answer_is_asked_again_on_another_stream(
    port: int, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit.rpc.lane.STALL_S", 0.2)
    router = await start(port)
    router.recorder.holding = True
    command = send(new_id())
    call = asyncio.get_running_loop().create_task(lanes.call(command))
    while len(router.recorder.commands) < 3:
        router.recorder.arrived.clear()
        await router.recorder.arrived.wait()
    assert {one.send.message_id for one in router.recorder.commands} == {command.send.message_id}
    router.recorder.holding = False
    router.recorder.release()
    assert (await call).seq
    await router.server.stop(0)


async def test_a_full_lane_refuses_instead_of_growing(port: int, lanes: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    del port
    monkeypatch.setattr("chatkit.rpc.lane.WAITING_LIMIT", 3)
    conversation_id = new_id()
    waiting = [asyncio.get_running_loop().create_task(lanes.call(send(conversation_id))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(ChatError) as failure:
        await lanes.call(send(conversation_id))
    assert failure.value.reason is Reason.OVERLOADED
    assert failure.value.retry_after is not None
    for call in waiting:
        call.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_errors_cross_the_wire_whole(port: int) -> None:
    class Refusing(rpc.RouterServiceServicer):
        async def SendMessage(self, request: pb.SendMessageRequest, context: Any) -> pb.SendMessageResponse:
            await abort(context, ChatError(Reason.OVERLOADED, "too fast", retry_after=timedelta(seconds=3)))
            raise AssertionError

    server = grpc.aio.server()
    rpc.add_RouterServiceServicer_to_server(Refusing(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    channel = mesh_channel(f"127.0.0.1:{port}")
    stub: Any = rpc.RouterServiceStub(channel)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await stub.SendMessage(pb.SendMessageRequest())
    error = error_of(failure.value)
    assert (error.reason, error.message, error.retry_after) == (Reason.OVERLOADED, "too fast", timedelta(seconds=3))
    await channel.close()
    await server.stop(0)


async def held(router: Router, lanes: Lanes, command: pb.Command) -> asyncio.Future[pb.Accepted]:
    """Submit a command and return its result, once the router has it."""
    router.recorder.holding = True
    router.recorder.arrived.clear()
    result = lanes.submit(command)
    await router.recorder.arrived.wait()
    return result


async def test_whoever_is_told_of_an_entry_has_the_result_of_its_command_and_sends_nothing_again(port: int, lanes: Lanes) -> None:
    router = await start(port)
    command = send(new_id())
    command.request_id = new_id()
    result = await held(router, lanes, command)
    lanes.told(new_id(), lambda: pb.Accepted(seq=1))
    assert not result.done()
    lanes.told(command.request_id, lambda: pb.Accepted(seq=7))
    assert (await result).seq == 7
    lanes.told(command.request_id, lambda: pb.Accepted(seq=8))
    await router.server.stop(0)
    router = await start(port)
    assert (await lanes.call(send(command.conversation_id))).seq == 1
    assert len(router.recorder.commands) == 1
    await router.server.stop(0)


async def test_a_result_that_is_no_news_comes_later_and_one_that_is_at_once(port: int, lanes: Lanes) -> None:
    router = await start(port)
    loop = asyncio.get_running_loop()
    for told, is_late in (((NODE,), True), (("gateway-2@1",), False), ((), False)):
        result = await held(router, lanes, send(new_id()))
        began = loop.time()
        router.recorder.release(told)
        await result
        assert (loop.time() - began >= LINGER_S) is is_late
    await router.server.stop(0)


async def test_a_lane_that_ends_has_told_every_result(port: int, lanes: Lanes) -> None:
    router = await start(port)
    result = await held(router, lanes, send(new_id()))
    router.draining.set()
    await asyncio.sleep(0.05)
    router.recorder.release((NODE,))
    assert (await asyncio.wait_for(result, 5)).seq == 1001
    await router.server.stop(0)


async def test_a_command_that_nobody_answers_ends_in_bounded_time(port: int, lanes: Lanes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatkit.rpc.lanes.DEADLINE_S", 0.3)
    router = await start(port)
    results = [await held(router, lanes, send(new_id())) for _ in range(2)]
    for result in results:
        with pytest.raises(ChatError) as failure:
            await asyncio.wait_for(result, 5)
        assert failure.value.reason is Reason.DEADLINE_EXCEEDED
    await router.server.stop(0)


class SlowContext:
    """The server's side of a stream whose window is full until the test opens it."""

    def __init__(self) -> None:
        self.written: list[pb.RouteResponse] = []
        self.open = asyncio.Event()

    async def write(self, response: pb.RouteResponse) -> None:
        await self.open.wait()
        self.written.append(response)


async def test_what_comes_up_while_a_write_is_held_up_is_written_after_it() -> None:
    recorder, context = Recorder(), SlowContext()
    recorder.holding = True
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def requests() -> AsyncIterator[pb.RouteRequest]:
        yield pb.RouteRequest(commands=[pb.Command(correlation=number) for number in (1, 2)])
        await ended

    lane: Any = Lane(recorder, NODE)  # type: ignore[arg-type]
    serving = asyncio.ensure_future(lane.serve(requests(), context, asyncio.Event()))
    while len(recorder.held) < 2:
        await asyncio.sleep(0)
    first, second = recorder.held
    first.accept(pb.Accepted(seq=1))
    await asyncio.sleep(0.01)
    second.accept(pb.Accepted(seq=2), (NODE,))
    await asyncio.sleep(2 * LINGER_S)
    context.open.set()
    async with asyncio.timeout(5):
        while len(context.written) < 2:
            await asyncio.sleep(0.01)
    assert [one.results[0].accepted.seq for one in context.written] == [1, 2]
    ended.set_result(None)
    await asyncio.wait_for(serving, 5)


def in_order(router: Router, commands: list[pb.Command]) -> bool:
    """Tell whether the commands of each conversation first came in the order in which they were submitted."""
    first = list(dict.fromkeys(command.send.message_id for command in router.recorder.commands))
    wanted: dict[str, list[str]] = {}
    for command in commands:
        wanted.setdefault(command.conversation_id, []).append(command.send.message_id)
    return all([one for one in first if one in set(ids)] == ids for ids in wanted.values())


async def opened(router: Router) -> None:
    while len(router.streams) < LANES:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)


async def riding(router: Router, lanes: Lanes) -> tuple[int, int, str]:
    """Return the lane by whose stream everything goes, one that goes by it, and a conversation of the latter."""
    await opened(router)
    await lanes.call(send(new_id()))
    ((carrier, _),) = router.came_by
    rider = (carrier + 1) % LANES
    return carrier, rider, next(one for one in iter(new_id, "") if lane_of(one) == rider)


async def test_lanes_that_lead_to_one_router_go_by_one_stream(port: int, lanes: Lanes) -> None:
    router = await start(port, lambda number: "a" if number % 3 else "b")
    await opened(router)
    commands = [send(new_id()) for _ in range(300)]
    await asyncio.gather(*(lanes.call(command) for command in commands))
    streams = {(bool(lane_of(command.conversation_id) % 3), number) for number, command in router.came_by}
    assert len(streams) == 2
    assert all(bool(number % 3) is is_a for is_a, number in streams)
    await router.server.stop(0)


async def test_lanes_of_routers_that_do_not_say_who_they_are_go_by_themselves(
    port: int, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit.rpc.lane.BOARD_S", 0.1)
    router = await start(port, lambda _: "")
    commands = [send(new_id()) for _ in range(100)]
    await asyncio.gather(*(lanes.call(command) for command in commands))
    assert {number == lane_of(command.conversation_id) for number, command in router.came_by} == {True}
    await router.server.stop(0)


async def test_if_the_stream_that_carries_all_breaks_the_next_one_does_in_the_same_order(port: int, lanes: Lanes) -> None:
    router = await start(port)
    await opened(router)
    router.recorder.holding = True
    conversations = [new_id() for _ in range(40)]
    commands = [send(conversations[n % 40]) for n in range(200)]
    results = [lanes.submit(command) for command in commands]
    while len(router.recorder.commands) < 200:
        await asyncio.sleep(0.01)
    (carrier,) = {number for number, _ in router.came_by}
    await router.break_stream(carrier)
    more = [send(conversations[n % 40]) for n in range(200)]
    results += [lanes.submit(command) for command in more]
    await asyncio.sleep(0.3)
    router.recorder.release()
    await asyncio.wait_for(asyncio.gather(*results), 10)
    assert in_order(router, commands + more)
    later = {command.send.message_id for command in more}
    assert len({number for number, command in router.came_by if command.send.message_id in later} - {carrier}) == 1
    await router.server.stop(0)


@pytest.mark.parametrize("breaks", [False, True])
async def test_a_lane_whose_stream_is_opened_again_waits_for_what_is_under_way_by_another(
    port: int, lanes: Lanes, monkeypatch: pytest.MonkeyPatch, *, breaks: bool
) -> None:
    monkeypatch.setattr("chatkit.rpc.lane.WINDOW", 1)
    monkeypatch.setattr("chatkit.rpc.lane.END_S", 60.0)
    moved: set[int] = set()
    router = await start(port, lambda number: "router-2" if number in moved else "router-1")
    carrier, rider, conversation_id = await riding(router, lanes)
    commands = [send(conversation_id) for _ in range(3)]
    results = [await held(router, lanes, commands[0]), lanes.submit(commands[1])]
    moved.add(rider)
    await router.break_stream(rider)
    await asyncio.sleep(0.1)
    results.append(lanes.submit(commands[2]))
    await asyncio.sleep(0.3)
    assert [number for number, _ in router.came_by] == [carrier, carrier], "what came later must not overtake"
    if breaks:
        await router.break_stream(carrier)
        await asyncio.sleep(0.1)
    router.recorder.release()
    await asyncio.wait_for(asyncio.gather(*results), 10)
    came_later = commands if breaks else commands[1:]
    assert [(number, one.send.message_id) for number, one in router.came_by[2:]] == [(rider, one.send.message_id) for one in came_later]
    await router.server.stop(0)


async def test_if_a_router_does_not_answer_by_one_stream_it_is_asked_by_none_of_the_others(
    port: int, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = await start(port)
    await opened(router)
    monkeypatch.setattr("chatkit.rpc.lane.STALL_S", 0.4)
    router.recorder.holding = True
    commands = [send(new_id()) for _ in range(60)]
    results = [lanes.submit(command) for command in commands]
    while len(router.recorder.commands) < 60:
        await asyncio.sleep(0.01)
    router.recorder.holding = False
    router.recorder.held.clear()
    await asyncio.wait_for(asyncio.gather(*results), 10)
    assert set(router.lives[60:]) == {2}, "by streams that were opened anew"
    await router.server.stop(0)


async def test_a_stream_that_is_opened_again_does_not_wait_for_one_command_with_all_others(
    port: int, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit.rpc.lane.ROTATE_S", 0.4)
    monkeypatch.setattr("chatkit.rpc.lane.STALL_S", 60.0)
    router = await start(port)
    slow = send(new_id())
    await held(router, lanes, slow)
    router.recorder.unanswered = slow.send.message_id
    router.recorder.holding = False
    while {router.lanes.count(str(number)) for number in range(LANES)} & {1, 2}:
        await asyncio.wait_for(lanes.call(send(new_id())), 5)
        await asyncio.sleep(0.02)
    await router.server.stop(0)


async def test_a_lane_whose_stream_is_opened_again_does_not_wait_for_ever_for_what_is_under_way_by_another(
    port: int, lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit.rpc.lane.STALL_S", 60.0)
    moved: set[int] = set()
    router = await start(port, lambda number: "router-2" if number in moved else "router-1")
    _, rider, conversation_id = await riding(router, lanes)
    commands = [send(conversation_id) for _ in range(2)]
    await held(router, lanes, commands[0])
    router.recorder.held.clear()
    router.recorder.holding = False
    moved.add(rider)
    await router.break_stream(rider)
    await asyncio.sleep(0.1)
    await asyncio.wait_for(lanes.call(commands[1]), 5)
    assert [(number, one.send.message_id) for number, one in router.came_by[2:]] == [(rider, one.send.message_id) for one in commands]
    await router.server.stop(0)
