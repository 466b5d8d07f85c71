"""Kafka: whether the topics are there, each on as many brokers as it should be, and all of those follow."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chatkit.edges.message_log import DEAD_LETTER_TOPIC, LOG_TOPIC, WATERMARK_TOPIC
from launcher.doctor.finding import Finding, well, wrong
from launcher.topology import HOST

TIMEOUT_S = 10
TOPICS = (LOG_TOPIC, WATERMARK_TOPIC, DEAD_LETTER_TOPIC)
READ_LOG = "Read `elastic-chat logs kafka`"


def kafka(port: int, replicas: int) -> Iterator[Finding]:
    """Ask it. `replicas` is on how many brokers each record should lie."""
    try:
        topics = asyncio.run(_topics(port))
    except (KafkaError, OSError, TimeoutError) as error:
        yield wrong("kafka", f"it does not tell how it is ({type(error).__name__})", READ_LOG)
        return
    by_name = {topic["topic"]: topic for topic in topics}
    for name in TOPICS:
        if name in by_name and not by_name[name]["error_code"]:
            yield topic_finding(name, by_name[name]["partitions"], replicas)
        else:
            yield wrong("kafka", f"the topic {name} is not there", "The writer makes it when it starts: `elastic-chat restart writer`")


def topic_finding(name: str, partitions: Sequence[Mapping[str, Any]], replicas: int) -> Finding:
    """Look at the partitions of a topic."""
    lost = [one["partition"] for one in partitions if one["leader"] < 0]
    behind = [one["partition"] for one in partitions if len(one["isr"]) < len(one["replicas"])]
    thin = [one["partition"] for one in partitions if len(one["replicas"]) < replicas]
    if lost:
        return wrong("kafka", f"{name}: nobody leads {_partitions(lost)}, so that nothing can be written there", READ_LOG)
    if behind:
        return wrong("kafka", f"{name}: not every broker follows in {_partitions(behind)}", READ_LOG)
    if thin:
        cure = "Reassign the topic (`kafka-reassign-partitions`): the setting counts when a topic is made"
        return wrong("kafka", f"{name}: {_partitions(thin)} lie on fewer brokers than {replicas}", cure)
    brokers = min(len(one["replicas"]) for one in partitions)
    count = f"{len(partitions)} {'partition' if len(partitions) == 1 else 'partitions, each'}"
    return well("kafka", f"{name}: {count} on {brokers} {'broker' if brokers == 1 else 'brokers'}, all up to date")


async def _topics(port: int) -> list[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{HOST}:{port}", request_timeout_ms=TIMEOUT_S * 1000)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await admin.start()
            topics: list[Any] = await admin.describe_topics()
            return topics
    finally:
        await admin.close()


def _partitions(numbers: Sequence[int]) -> str:
    return f"partition{'' if len(numbers) == 1 else 's'} {', '.join(map(str, sorted(numbers)))}"
