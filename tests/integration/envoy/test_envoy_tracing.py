"""What Envoys trace: a share of the calls that make entries, from the edge on, and what services call because of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from chatkit.core.ids import new_id
from chatkit.rpc.channel import mesh_channel
from elastic_chat.history.v1 import history_service_pb2, history_service_pb2_grpc
from launcher import collector
from launcher.topology import HOST
from launcher.traces import Step, Traces
from tests.integration.envoy.stand import Stand, started, until

SCALE = {"gateway": 1, "router": 1, "presence": 1, "history": 1, "writer": 1, "accounts": 1}
TRACE, SPAN = "ab" * 16, "cd" * 8
SAMPLED = f"00-{TRACE}-{SPAN}-01"


@pytest.fixture(scope="module")
async def traced(envoy: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    folder = tmp_path_factory.mktemp("traced")
    async with AsyncExitStack() as stack:
        stand = await started(envoy, folder, SCALE, stack, share=1.0)
        stack.callback(collector.serve(Traces(folder / "traces"), stand.topology.collector_port).stop, 0)
        gateway = stand.instance("gateway-1")
        await stand.await_healthy(gateway.admin_port, "history", stand.topology.instances("history"))
        yield stand


async def steps_of(stand: Stand, trace_id: str, count: int) -> list[Step]:
    """Return the steps of a trace, in the order in which they began, when there are so many."""

    def found() -> list[Step]:
        path = stand.folder / "traces" / "steps.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return sorted((Step(**one) for one in map(json.loads, lines) if one["trace_id"] == trace_id), key=lambda step: step.began_ns)

    async def complete() -> bool:
        return len(found()) >= count

    await until(complete, f"{count} steps of {trace_id}")
    return found()


def context_of(stand: Stand, method: str) -> tuple[str, str, str]:
    """Return trace, span and flags with which the newest call of a method reached its service."""
    _, trace_id, span_id, flags = stand.calls_of(method)[-1].metadata["traceparent"].split("-")
    return trace_id, span_id, flags


async def test_a_message_by_rest_begins_a_trace_at_the_edge_whatever_its_client_says(traced: Stand) -> None:
    headers = {**traced.user, "traceparent": SAMPLED, "tracestate": "a=b", "baggage": "a=b"}
    body = {"messageId": new_id(), "body": {"text": "x"}}
    async with (
        aiohttp.ClientSession(traced.edge) as session,
        session.get("/v1/conversations", headers=headers) as untraced,
        session.get("/", headers=headers) as page,
        session.post(f"/v1/conversations/{new_id()}/messages", json=body, headers=headers) as sent,
    ):
        assert [untraced.status, page.status, sent.status] == [200, 200, 200]
    assert context_of(traced, "ListConversations")[2] == "00"
    trace_id, span_id, flags = context_of(traced, "SendMessage")
    assert flags == "01"
    assert trace_id != TRACE
    assert "a=b" not in traced.calls_of("SendMessage")[-1].metadata.values()
    edge, ingress = await steps_of(traced, trace_id, 2)
    assert (edge.node, edge.name, edge.parent_id) == ("edge", "SendMessage", "")
    assert (ingress.node, ingress.name, ingress.parent_id, ingress.span_id) == ("router-1-sidecar", "SendMessage", edge.span_id, span_id)
    assert ingress.facts == {"grpc.status_code": "0", "http.status_code": "200", "upstream_cluster.name": "grpc"}
    kept = (traced.folder / "traces" / "steps.jsonl").read_text(encoding="utf-8")
    assert "ListConversations" not in kept
    assert HOST not in kept


@pytest.mark.parametrize(("context", "flags"), [(SAMPLED, "01"), (SAMPLED[:-1] + "0", "00"), (None, "00")])
async def test_sidecars_trace_what_comes_with_a_sampled_context_and_nothing_else(traced: Stand, context: str | None, flags: str) -> None:
    async with mesh_channel(f"{HOST}:{traced.instance('gateway-1').egress_port}") as channel:
        stub: Any = history_service_pb2_grpc.HistoryServiceStub(channel)
        await stub.SyncUsers(history_service_pb2.SyncUsersRequest(), metadata=(("traceparent", context),) if context else None)
    _, span_id, found = context_of(traced, "SyncUsers")
    assert found == flags
    if flags == "01":
        egress, ingress = await steps_of(traced, TRACE, 2)
        assert (egress.node, egress.parent_id) == ("gateway-1-sidecar", SPAN)
        assert (ingress.node, ingress.parent_id, ingress.span_id) == ("history-1-sidecar", egress.span_id, span_id)


async def test_a_collector_that_is_away_is_in_nobodys_way(envoy: Path, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        stand = await started(envoy, tmp_path, SCALE, stack, share=1.0)
        body = {"messageId": new_id(), "body": {"text": "x"}}
        async with (
            aiohttp.ClientSession(stand.edge) as session,
            session.post(f"/v1/conversations/{new_id()}/messages", json=body, headers=stand.user) as sent,
        ):
            assert sent.status == 200
        assert context_of(stand, "SendMessage")[2] == "01"
