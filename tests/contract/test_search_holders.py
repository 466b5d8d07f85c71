"""Who holds which part of the log: in memory and in Redis."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence

import pytest

from chatkit.edges import redis as keys
from chatkit.edges.redis import connect_redis
from svc_search.holders import LEASE_S, Holders, MemoryHolders, RedisHolders


@pytest.fixture
def parts() -> Sequence[int]:
    """Parts that no other test has."""
    first = secrets.randbelow(10**8) * 10
    return range(first, first + 10)


@pytest.fixture(params=["memory", "redis"])
async def holders(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Holders]:
    if request.param == "memory":
        yield MemoryHolders()
        return
    client = await connect_redis(redis_url)
    yield RedisHolders(client)
    await client.aclose()


async def test_who_holds_a_part_is_known_and_whoever_came_last_counts(holders: Holders, parts: Sequence[int]) -> None:
    assert await holders.of(parts) == {}
    await holders.renew("search-1", parts[:2])
    await holders.renew("search-2", parts[1:3])
    await holders.renew("search-3", [])
    assert await holders.of(parts) == {parts[0]: "search-1", parts[1]: "search-2", parts[2]: "search-2"}
    assert await holders.of([]) == {}


async def test_whoever_lets_go_lets_go_only_of_what_is_theirs(holders: Holders, parts: Sequence[int]) -> None:
    await holders.renew("search-1", parts[:2])
    await holders.renew("search-2", parts[1:2])
    await holders.let_go("search-1", [*parts[:2], parts[5]])
    assert await holders.of(parts) == {parts[1]: "search-2"}


async def test_a_lease_ends_by_itself(redis_url: str, parts: Sequence[int]) -> None:
    client = await connect_redis(redis_url)
    await RedisHolders(client).renew("search-1", parts[:1])
    assert 0 < await client.ttl(keys.search_holder(parts[0])) <= LEASE_S
    await client.aclose()
