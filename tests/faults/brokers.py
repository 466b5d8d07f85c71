"""A second broker for the log, so that it can be one copy short."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.protocol.admin import AlterPartitionReassignmentsRequest

from chatkit.edges.message_log import LOG_TOPIC
from launcher.plan import Stack
from launcher.topology import HOST

FIRST, SECOND = 1, 2
"""The brokers by their node.id."""
PATIENCE_S = 60.0
KEPT_MS = 7 * 24 * 3600 * 1000


@asynccontextmanager
async def two_copies(stack: Stack) -> AsyncIterator[subprocess.Popen[bytes]]:
    """Keep the log on two brokers, and take nothing that only one of them has; then go back to one. Gives the second one."""
    folder = Path(tempfile.mkdtemp(prefix="elastic-chat-broker-"))
    broker = await asyncio.to_thread(_start, stack, folder)
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{HOST}:{stack.topology.kafka_port}")
    await admin.start()
    try:
        await _copy_to(admin, [FIRST, SECOND])
        await _need(admin, 2)
        yield broker
    finally:
        await _copy_to(admin, [FIRST])
        await _need(admin, 1)
        await admin.close()
        broker.kill()
        broker.wait()
        shutil.rmtree(folder)


def _start(stack: Stack, folder: Path) -> subprocess.Popen[bytes]:
    run = stack.home.run / "kafka"
    changed = {
        "process.roles": "broker",
        "node.id": str(SECOND),
        "listeners": f"BROKER://{HOST}:{stack.topology.port + 9}",
        "advertised.listeners": f"BROKER://{HOST}:{stack.topology.port + 9}",
        "log.dirs": str(folder / "data"),
    }
    lines = (run / "server.properties").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if line.split("=")[0] not in changed]
    config = folder / "server.properties"
    config.write_text("\n".join([*kept, *(f"{key}={value}" for key, value in changed.items())]), encoding="utf-8")
    meta = (stack.home.data / "kafka" / "meta.properties").read_text(encoding="utf-8")
    cluster_id = re.findall(r"^cluster\.id=(.+)$", meta, re.MULTILINE)[0]
    java = [str(stack.engines.java), f"@{run / 'java.args'}"]
    format_ = [*java, "kafka.tools.StorageTool", "format", "--cluster-id", cluster_id, "--config", str(config)]
    subprocess.run(format_, cwd=folder, check=True, capture_output=True, timeout=60)
    with (folder / "log").open("wb") as out:
        return subprocess.Popen([*java, "kafka.Kafka", str(config)], cwd=folder, stdout=out, stderr=out)


async def _copy_to(admin: AIOKafkaAdminClient, brokers: Collection[int]) -> None:
    """Have every partition of the log on these brokers, and wait until all that live have all of it."""
    until = time.monotonic() + PATIENCE_S
    while True:
        partitions = (await _partitions(admin)).values()
        wanted = [one["partition"] for one in partitions if set(one["replicas"]) != set(brokers)]
        if not wanted and all(set(one["isr"]) == set(brokers) for one in partitions):
            return
        assert time.monotonic() < until, f"the log is not on {brokers}: {list(partitions)}"
        moves: list[tuple[int, list[int], dict[int, bytes]]] = [(number, list(brokers), {}) for number in wanted]
        await admin._send_to_controller(AlterPartitionReassignmentsRequest(10_000, [(LOG_TOPIC, moves, {})], {}))
        await asyncio.sleep(0.5)


async def _partitions(admin: AIOKafkaAdminClient) -> dict[int, Any]:
    (topic,) = await admin.describe_topics([LOG_TOPIC])
    return {one["partition"]: one for one in topic["partitions"]}


async def _need(admin: AIOKafkaAdminClient, copies: int) -> None:
    config = {"min.insync.replicas": str(copies), "retention.ms": str(KEPT_MS)}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, LOG_TOPIC, configs=config)])
