"""Traces: which messages have one, what is told of it, and that nobody pays who wants none."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Self

import grpc
import pytest

from chatkit import tracing
from chatkit.core.clock import SystemClock
from chatkit.core.conversation import GROUP_OWNER
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, creation_message_id, new_id
from chatkit.edges.fanout.memory import MemoryFanout
from chatkit.edges.message_log.memory import MemoryMessageLog
from chatkit.rpc.channel import mesh_channel
from chatkit.rpc.server import GrpcServer
from chatkit.settings import ServiceSettings
from chatkit.tracing import Tracer, bind_context, current_context, telemetry, tracer_of
from elastic_chat.history.v1 import history_service_pb2, history_service_pb2_grpc
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2
from launcher import collector
from launcher.topology import HOST
from launcher.traces import Step, Traces, tree
from svc_router.job import Job
from svc_router.pipeline import Pipeline
from svc_router.store import Claim
from svc_router.store.memory import MemoryLiveView, MemorySequencer
from tests.blocks import MemoryBlocks
from tests.ports import free_base

ROOT = Path(__file__).parents[2]
FOREIGN = f"00-{'ab' * 16}-{'cd' * 8}"


@dataclass
class Collected:
    """A collector that runs, and what it has been told."""

    port: int
    traces: Traces

    def settings(self, share: float) -> ServiceSettings:
        url = f"http://{HOST}:{self.port}"
        return ServiceSettings(node_id="router-1", grpc_port=1, http_port=2, trace_share=share, trace_collector=url)

    def way_of(self, message_id: str) -> list[tuple[int, str]]:
        return [(depth, step.name) for depth, step in tree(self.traces.of(message_id))]


@pytest.fixture
def collected(tmp_path: Path) -> Iterator[Collected]:
    port = free_base(range(32_000, 32_100), range(1))
    server = collector.serve(Traces(tmp_path), port)
    yield Collected(port, Traces(tmp_path))
    server.stop(0).wait()


@pytest.mark.parametrize("service", ["gateway", "router", "writer", "history", "presence", "accounts", "files", "search"])
def test_a_service_that_traces_nothing_loads_no_tracer(service: str) -> None:
    look = f"""
import sys
from contextlib import AsyncExitStack
import svc_{service}.app
from chatkit.settings import ServiceSettings
from chatkit.tracing import NOTHING, tracer_of
assert tracer_of("{service}", ServiceSettings(node_id="one", grpc_port=1, http_port=2), AsyncExitStack()) is NOTHING
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk.trace", "opentelemetry.exporter", "chatkit.tracing."))])
"""
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


class Nobody:
    """A history that knows no conversation."""

    async def state(self, conversation_id: ConversationId, now_ms: int) -> None:
        """Nothing."""

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> None:
        """Nothing."""

    async def message(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> NoReturn:
        raise ChatError(Reason.NOT_FOUND)

    async def reactions(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Collection[str]:
        raise AssertionError(seq)

    async def pins(self, user_id: UserId, conversation_id: ConversationId) -> Collection[int]:
        raise AssertionError(conversation_id)

    async def ordinal_at(self, job: Job) -> int:
        return 0


class Router:
    """A pipeline that runs, on a live view that it shares with a router that has died."""

    def __init__(self, tracer: Tracer) -> None:
        self.view = MemoryLiveView()
        self.pipeline = Pipeline(
            MemorySequencer(self.view), MemoryMessageLog(), MemoryFanout(), Nobody(), MemoryBlocks(self.view), SystemClock(), tracer
        )
        self.anna, self.conversation_id = new_id(), new_id()

    async def __aenter__(self) -> Self:
        self._running = asyncio.ensure_future(self.pipeline.run())
        create = pb.Command(user_id=self.anna, conversation_id=self.conversation_id)
        create.create.message_id = creation_message_id(ConversationId(self.conversation_id))
        create.create.conversation.kind = conversation_pb2.Conversation.GROUP
        create.create.members.add(user_id=self.anna, permissions=int(GROUP_OWNER))
        await self.carry_out(create)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._running.cancel()
        await asyncio.wait([self._running])

    def command(self, message_id: str, context: str = "") -> pb.Command:
        command = pb.Command(user_id=self.anna, conversation_id=self.conversation_id, traceparent=context)
        command.send.message_id = message_id
        return command

    async def carry_out(self, command: pb.Command) -> None:
        result: asyncio.Future[pb.Result] = asyncio.get_running_loop().create_future()
        self.pipeline.submit(Job(command, result.set_result))
        assert (await result).WhichOneof("result") == "accepted"


async def called_of_opentelemetry(tracer: Tracer, message_id: str) -> set[str]:
    """Return what of OpenTelemetry runs for a message on its way through the router."""
    called = set[str]()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and "opentelemetry" in frame.f_code.co_filename:
            called.add(frame.f_code.co_qualname)

    async with Router(tracer) as router:
        sys.setprofile(note)
        try:
            span = tracer.root("send", MessageId(message_id))
            await router.carry_out(router.command(message_id, span.context if span else ""))
            if span:
                span.end()
        finally:
            sys.setprofile(None)
    return called


async def test_nothing_of_opentelemetry_is_on_the_way_of_a_message_unless_it_is_traced(collected: Collected) -> None:
    assert await called_of_opentelemetry(tracing.NOTHING, new_id()) == set()
    message_id = new_id()
    async with AsyncExitStack() as stack:
        assert await called_of_opentelemetry(tracer_of("router", collected.settings(1.0), stack), message_id) != set()
    assert collected.way_of(message_id) == [(0, "send"), (1, "sequence"), (1, "append"), (1, "show")]


async def test_the_trace_of_an_entry_goes_on_at_another_router_if_its_sender_asks_again(collected: Collected) -> None:
    message_id = new_id()
    async with AsyncExitStack() as stack:
        tracer = tracer_of("router", collected.settings(1.0), stack)
        async with Router(tracer) as router:
            send = tracer.root("send", MessageId(message_id))
            assert send is not None
            command = router.command(message_id, send.context)
            claim = Job(command, lambda _: None).claim(SystemClock().now_ms())
            assert isinstance(claim, Claim)
            await MemorySequencer(router.view).sequence([claim])  # and then this router dies
            await router.carry_out(command)
        send.end()
    assert collected.way_of(message_id) == [(0, "send"), (1, "sequence"), (1, "append"), (1, "show")]


async def test_the_way_of_a_message_is_found_by_its_id_and_is_a_tree(collected: Collected) -> None:
    message_id, other = MessageId(new_id()), MessageId(new_id())
    async with AsyncExitStack() as stack:
        tracer = tracer_of("router", collected.settings(1.0), stack)
        send, unrelated = tracer.root("send", message_id), tracer.root("send", other)
        assert send is not None
        assert unrelated is not None
        with tracing.followed(tracer, "append", ["", send.context, FOREIGN + "-00"], records=3) as (append,):
            write = tracer.span("write", append.context)
            assert write is not None
            write.end(engine="cassandra")
        unrelated.end()
        send.end(outcome="OK")
    found = collected.traces.of(message_id)
    assert collected.way_of(message_id) == [(0, "send"), (1, "append"), (2, "write")]
    assert {(step.node, step.trace_id) for step in found} == {("router-1", message_id.replace("-", ""))}
    facts = [{"message_id": message_id, "outcome": "OK"}, {"records": "3"}, {"engine": "cassandra"}]
    assert [step.facts for _, step in tree(found)] == facts
    assert all(step.ended_ns >= step.began_ns > 0 for step in found)
    assert found[0].took_ms >= found[1].took_ms
    assert collected.way_of(other) == [(0, "send")]
    assert collected.way_of(new_id()) == []


async def test_a_share_of_messages_is_traced_and_whatever_follows_from_what_is(
    collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with AsyncExitStack() as stack:
        tracer = tracer_of("router", collected.settings(0.5), stack)
        assert 300 < sum(tracer.root("send", MessageId(new_id())) is not None for _ in range(1000)) < 700
        monkeypatch.setattr(telemetry, "happens", lambda _: False)
        assert tracer.root("send", MessageId(new_id())) is None
        for nothing in ("", "no context", "00-0-0-01", FOREIGN + "-00"):
            assert tracer.span("append", nothing) is None
        follows = tracer.span("append", FOREIGN + "-01")
        assert follows is not None
        assert follows.context.split("-")[1] == "ab" * 16


class History(history_service_pb2_grpc.HistoryServiceServicer):
    """One that asks itself, and notes with which context it is called."""

    def __init__(self) -> None:
        self.contexts: list[str] = []
        self.stub: Any = None

    async def FindMessage(self, request: Any, context: Any) -> Any:  # type: ignore[override]
        self.contexts.append(dict(context.invocation_metadata()).get("traceparent", ""))
        await self.stub.SyncUsers(history_service_pb2.SyncUsersRequest())
        return history_service_pb2.FindMessageResponse()

    async def SyncUsers(self, request: Any, context: Any) -> Any:  # type: ignore[override]
        self.contexts.append(dict(context.invocation_metadata()).get("traceparent", ""))
        raise ChatError(Reason.UNAVAILABLE)


@pytest.fixture
async def served(collected: Collected) -> AsyncIterator[tuple[History, AsyncExitStack]]:
    service, port = History(), free_base(range(32_100, 32_200), range(1))
    async with AsyncExitStack() as stack:
        tracer = tracer_of("router", collected.settings(0.000001), stack)
        name = history_service_pb2.DESCRIPTOR.services_by_name["HistoryService"].full_name
        server = GrpcServer(
            f"{HOST}:{port}", [name], lambda made: history_service_pb2_grpc.add_HistoryServiceServicer_to_server(service, made), tracer
        )
        await server.start()
        stack.push_async_callback(server.stop, 0)
        channel = mesh_channel(f"{HOST}:{port}")
        stack.push_async_callback(channel.close)
        service.stub = history_service_pb2_grpc.HistoryServiceStub(channel)
        yield service, stack


async def test_a_call_takes_its_context_along_and_is_a_step_with_its_outcome(
    collected: Collected, served: tuple[History, AsyncExitStack]
) -> None:
    service, stack = served
    message_id = new_id()
    bind_context(FOREIGN + "-01")
    with pytest.raises(grpc.aio.AioRpcError):
        await service.stub.FindMessage(history_service_pb2.FindMessageRequest(message_id=message_id))
    assert service.contexts[0] == FOREIGN + "-01" == current_context()
    await stack.aclose()
    outer, inner = collected.traces.of(message_id)
    assert (outer.name, outer.parent_id, outer.facts) == ("FindMessage", "cd" * 8, {"outcome": "INTERNAL", "message_id": message_id})
    assert (inner.name, inner.parent_id, inner.facts) == ("SyncUsers", outer.span_id, {"outcome": "UNAVAILABLE"})
    assert service.contexts[1].split("-")[2] == outer.span_id


async def test_a_call_without_a_context_has_none_to_take_along(collected: Collected, served: tuple[History, AsyncExitStack]) -> None:
    service, stack = served
    message_id = new_id()
    for context in ("", FOREIGN + "-00"):
        bind_context(context)
        with pytest.raises(grpc.aio.AioRpcError):
            await service.stub.FindMessage(history_service_pb2.FindMessageRequest(message_id=message_id))
    assert service.contexts == ["", "", FOREIGN + "-00", ""]
    await stack.aclose()
    assert collected.traces.of(message_id) == []


def step(span_id: str, parent_id: str = "", name: str = "send", **facts: str) -> Step:
    return Step("a" * 32, span_id, parent_id, name, "gateway-1", 1, 2, facts)


def test_what_is_kept_has_a_bound(tmp_path: Path) -> None:
    traces = Traces(tmp_path, 2000)
    for number in range(50):
        traces.add([step(f"{number}", message_id=f"m{number}")])
    sizes = {one.name: one.stat().st_size for one in tmp_path.iterdir()}
    assert sizes.keys() == {"steps.jsonl", "steps.old.jsonl"}
    assert max(sizes.values()) < 2400
    assert traces.of("m49")
    assert traces.of("m0") == []


def test_a_line_that_is_being_written_is_not_read(tmp_path: Path) -> None:
    traces = Traces(tmp_path)
    traces.add([step("one", message_id="m")])
    with (tmp_path / "steps.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"trace_id": "' + "a" * 32)
    assert [one.span_id for one in traces.of("m")] == ["one"]


def test_a_step_whose_parent_is_not_there_is_shown_all_the_same() -> None:
    lone = step("b", "gone", "write")
    assert list(tree([step("a"), lone]))[1] == (0, lone)


def test_of_what_an_envoy_tells_only_what_a_trace_needs_is_kept() -> None:
    told = collector.pb.ExportTraceServiceRequest()
    by_envoy = told.resource_spans.add()
    for key, value in (("service.name", "envoy"), ("service.instance.id", "edge")):
        by_envoy.resource.attributes.add(key=key).value.string_value = value
    span = by_envoy.scope_spans.add().spans.add(name="/a.v1.Service/Method", trace_id=b"\1" * 16, span_id=b"\2" * 8)
    for key, value in (("peer.address", "192.0.2.7"), ("http.status_code", "200"), ("response_flags", "-"), ("user_agent", "x")):
        span.attributes.add(key=key).value.string_value = value
    assert list(collector.steps_of(told)) == [Step("01" * 16, "02" * 8, "", "Method", "edge", 0, 0, {"http.status_code": "200"})]
