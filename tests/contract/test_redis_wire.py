"""The connection that everyone shares: nobody gets another's reply, whatever becomes of who asked or of the network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import NoScriptError, ResponseError
from redis.exceptions import TimeoutError as SilentError

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from chatkit.edges import redis_wire
from chatkit.edges.redis import TRIES, RedisClient, connect_redis
from launcher.topology import HOST
from tests.faults.proxy import Proxy


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[RedisClient]:
    made = await connect_redis(redis_url)
    yield made
    await made.aclose()


@asynccontextmanager
async def behind(redis_url: str) -> AsyncIterator[tuple[Proxy, RedisClient]]:
    proxy = Proxy(int(redis_url.rsplit(":", 1)[1].split("/", 1)[0]))
    port = await proxy.start()
    client = await connect_redis(f"redis://{HOST}:{port}/0")
    yield proxy, client
    await client.aclose()
    await proxy.stop()


async def test_everyone_who_asks_at_the_same_time_gets_their_own_replies(client: RedisClient) -> None:
    keys = [new_id() for _ in range(200)]

    async def one(number: int, key: str) -> list[object]:
        return await client.wire.run([("SET", key, number), ("GET", key), ("STRLEN", key)])

    replies = await asyncio.gather(*(one(number, key) for number, key in enumerate(keys)))
    assert replies == [[b"OK", b"%d" % number, len(str(number))] for number in range(200)]
    assert await client.wire.run([]) == []


async def test_who_waits_no_longer_leaves_no_reply_to_the_next(client: RedisClient) -> None:
    key = new_id()
    for number in range(50):
        asking = asyncio.ensure_future(client.wire.run([("ECHO", "a secret of somebody else")]))
        await asyncio.sleep(0)
        asking.cancel()
        assert await client.wire.run([("SET", key, number), ("GET", key)]) == [b"OK", b"%d" % number]


async def test_an_error_is_that_of_who_asked(client: RedisClient) -> None:
    key = new_id()
    faulty = asyncio.ensure_future(client.wire.run([("SET", key, "text"), ("INCR", key), ("GET", key)]))
    sound = asyncio.ensure_future(client.wire.run([("GET", key)]))
    with pytest.raises(ResponseError):
        await faulty
    assert await sound == [b"text"]
    with pytest.raises(NoScriptError):
        await client.wire.run([("EVALSHA", "0" * 40, 0)])


async def test_all_that_a_cut_connection_has_not_answered_fails_and_the_next_has_another(redis_url: str) -> None:
    async with behind(redis_url) as (proxy, client):
        key = new_id()
        await client.wire.run([("SET", key, 1)])
        proxy.is_mute = True
        asking = [asyncio.ensure_future(client.wire.run([("INCR", key), ("GET", key)])) for _ in range(20)]
        await asyncio.sleep(0.05)
        proxy.is_mute = False
        proxy.cut()
        done = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(one) for one in done} == {LostError}
        assert await client.wire.run([("GET", key)]) == [b"21"]


async def test_many_who_find_no_server_wait_for_one_try_and_not_in_turn(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_wire, "TIMEOUT_S", 0.5)
    async with behind(redis_url) as (proxy, client):
        proxy.is_mute = True
        asking = [client.wire.run([("PING",)]) for _ in range(20)]
        done = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 3)
        assert {type(one) for one in done} == {SilentError}


async def test_what_can_not_be_sent_leaves_no_reply_to_the_next(client: RedisClient) -> None:
    with pytest.raises(TypeError):
        await client.wire.run([("ECHO", None)])  # type: ignore[list-item]
    assert await client.wire.run([("ECHO", "mine")]) == [b"mine"]


async def test_a_server_that_is_not_there_is_an_error_in_bounded_time(redis_url: str) -> None:
    async with behind(redis_url) as (proxy, client):
        await client.wire.run([("PING",)])
        proxy.is_closed = True
        proxy.cut()
        with pytest.raises((LostError, OSError)):
            await asyncio.wait_for(client.wire.run([("PING",)]), 5)
        proxy.is_closed = False
        assert await client.wire.run([("PING",)]) == [b"PONG"]


async def test_a_silent_server_is_an_error_in_bounded_time(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_wire, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(redis_wire, "LOOK_S", 0.1)
    async with behind(redis_url) as (proxy, client):
        await client.wire.run([("PING",)])
        proxy.is_mute = True
        with pytest.raises(SilentError):
            await asyncio.wait_for(client.wire.run([("PING",)]), 5)
        proxy.is_mute = False
        assert await client.wire.run([("PING",)]) == [b"PONG"]


async def test_a_database_and_a_password_are_those_of_the_url(redis_url: str) -> None:
    other = await connect_redis(redis_url.removesuffix("0") + "1")
    key = new_id()
    await other.wire.run([("SET", key, "there")])
    assert await other.get(key) == b"there"
    await other.aclose()
    refused = RedisClient.from_url(redis_url.replace("redis://", "redis://nobody:wrong@"))
    assert isinstance(refused, RedisClient)
    with pytest.raises(ResponseError, match="WRONGPASS"):
        await refused.wire.run([("PING",)])
    await refused.aclose()


async def test_what_may_run_twice_is_run_again_when_its_connection_breaks_and_then_given_up(redis_url: str) -> None:
    client, other = await connect_redis(redis_url), await connect_redis(redis_url)
    key = new_id()
    asked = asyncio.create_task(client.repeatable([("BLPOP", key, 10)]))
    async with asyncio.timeout(10):
        killed: set[str] = set()
        while len(killed) < TRIES:
            await asyncio.sleep(0.01)
            for one in await other.client_list():
                if one["cmd"] == "blpop" and one["id"] not in killed:
                    await other.client_kill_filter(_id=one["id"])
                    killed.add(one["id"])
        with pytest.raises(ChatError) as refused:
            await asked
        assert refused.value.reason is Reason.UNAVAILABLE
        await other.rpush(key, b"x")
        assert await client.repeatable([("BLPOP", key, 10)]) == [[key.encode(), b"x"]]
    await client.aclose()
    await other.aclose()


async def test_what_may_run_twice_waits_for_a_server_that_refuses_connections(client: RedisClient, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, refusals = client.wire.open, [ConnectionRefusedError()] * (TRIES - 1)

    async def refused_at_first() -> redis_wire.Connection:
        if refusals:
            raise refusals.pop()
        return await connect()

    monkeypatch.setattr(client.wire, "open", refused_at_first)
    assert await client.repeatable([("PING",)]) == [b"PONG"]
    assert not refusals
