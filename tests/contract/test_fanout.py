"""The fan-out's suite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatkit.core.ids import new_id
from chatkit.edges.fanout import Fanout, Hearing, NodeChannel, batch_of
from chatkit.edges.fanout.memory import MemoryFanout
from chatkit.edges.fanout.redis import RedisFanout, RedisNodeChannel
from chatkit.edges.redis import connect_redis
from elastic_chat.events.v1 import node_pb2

Sides = tuple[Fanout, NodeChannel]


@pytest.fixture(params=["memory", "redis"])
async def sides(request: pytest.FixtureRequest) -> AsyncIterator[Sides]:
    if request.param == "memory":
        both = MemoryFanout()
        yield both, both
        return
    client = await connect_redis(request.getfixturevalue("redis_url"))
    yield RedisFanout(client), RedisNodeChannel(client, retry_s=0.01)
    await client.aclose()


async def listening(channel: NodeChannel, node: str) -> AsyncIterator[bytes | Hearing]:
    heard = channel.listen(node)
    assert await anext(heard) is Hearing.WHOLE
    return heard


async def test_a_node_hears_what_is_published_to_it_in_order_and_nothing_else(sides: Sides) -> None:
    fanout, channel = sides
    node, other = new_id(), new_id()
    heard = await listening(channel, node)
    await fanout.publish({node: b"one", other: b"not mine"})
    await fanout.publish({node: b"two"})
    assert [await anext(heard), await anext(heard)] == [b"one", b"two"]
    await heard.aclose()  # type: ignore[attr-defined]


async def test_nobody_listening_is_no_fault(sides: Sides) -> None:
    await sides[0].publish({new_id(): b"x"})
    await sides[0].publish({})


async def test_batches_joined_are_one_batch() -> None:
    events = [node_pb2.NodeEvent(entry=node_pb2.EntryDelivery(seq=seq)) for seq in (1, 2, 3)]
    joined = b"".join(batch_of(event) for event in events)
    assert list(node_pb2.NodeBatch.FromString(joined).events) == events


async def test_a_broken_subscription_is_made_again_and_says_that_something_may_be_missing(redis_url: str) -> None:
    client = await connect_redis(redis_url)
    node = new_id()
    heard = await listening(RedisNodeChannel(client, retry_s=0.01), node)
    await client.client_kill_filter(_type="pubsub")
    async with asyncio.timeout(10):
        assert [await anext(heard), await anext(heard)] == [Hearing.BROKEN, Hearing.WHOLE]
        await RedisFanout(client).publish({node: b"after"})
        assert await anext(heard) == b"after"
    await heard.aclose()  # type: ignore[attr-defined]
    await client.aclose()
