"""What is known of links: the same from fake and engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.ids import UserId, new_id
from chatkit.edges.redis import connect_redis
from svc_files.previews.cache import MINUTE_S, PreviewCache, RedisPreviewCache
from svc_files.previews.memory import MemoryPreviewCache


@pytest.fixture(params=["memory", "redis"])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[PreviewCache]:
    if request.param == "memory":
        yield MemoryPreviewCache(ManualClock())
        return
    client = await connect_redis(request.getfixturevalue("redis_url"))
    yield RedisPreviewCache(client)
    await client.aclose()


async def test_what_is_kept_of_a_link_is_found_also_if_it_is_nothing(cache: PreviewCache) -> None:
    link, other = (f"https://site.example/{new_id()}" for _ in range(2))
    assert await cache.find(link) is None
    await cache.keep(link, b"preview", timedelta(minutes=1))
    await cache.keep(other, b"", timedelta(minutes=1))
    assert (await cache.find(link), await cache.find(other)) == (b"preview", b"")
    await cache.keep(link, b"newer", timedelta(minutes=1))
    assert await cache.find(link) == b"newer"


async def test_each_user_is_counted_by_themselves_and_anew_after_a_minute(cache: PreviewCache) -> None:
    anna, bob = UserId(new_id()), UserId(new_id())
    for count in (1, 2, 3):
        tries = await cache.count(anna)
        assert tries.count == count
        assert timedelta(0) < tries.left <= timedelta(seconds=MINUTE_S)
    assert (await cache.count(bob)).count == 1
