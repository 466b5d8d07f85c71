"""Instances in two zones: who calls prefers those of its own, and finds the others when it has none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from chatkit.rpc.channel import mesh_channel
from elastic_chat.history.v1 import history_service_pb2, history_service_pb2_grpc
from launcher.topology import HOST
from tests.integration.envoy.stand import Stand, started

SCALE = {"gateway": 2, "router": 2, "presence": 1, "history": 2, "writer": 1, "accounts": 1, "files": 1, "search": 1}


@pytest.fixture
async def parted(envoy: Path, tmp_path: Path) -> AsyncIterator[Stand]:
    async with AsyncExitStack() as stack:
        yield await started(envoy, tmp_path, SCALE, stack, zones=("east", "west"))


async def called_from(stand: Stand, gateway: str) -> set[str]:
    """Make calls from a gateway, and return which instances got them."""
    stand.calls.clear()
    async with mesh_channel(f"{HOST}:{stand.instance(gateway).egress_port}") as channel:
        stub: Any = history_service_pb2_grpc.HistoryServiceStub(channel)
        for _ in range(20):
            await stub.SyncUsers(history_service_pb2.SyncUsersRequest())
    return {call.instance for call in stand.calls}


async def test_calls_stay_in_their_zone_as_long_as_somebody_serves_there(parted: Stand) -> None:
    histories = list(parted.topology.instances("history"))
    assert [one.zone for one in histories] == ["east", "west"]
    for gateway in ("gateway-1", "gateway-2"):
        await parted.await_healthy(parted.instance(gateway).admin_port, "history", histories)
    assert await called_from(parted, "gateway-1") == {"history-1"}
    assert await called_from(parted, "gateway-2") == {"history-2"}
    await parted.services["history-1"].leave()
    await parted.await_healthy(parted.instance("gateway-1").admin_port, "history", histories[1:])
    assert await called_from(parted, "gateway-1") == {"history-2"}
