"""Which instance holds which part of the log: leases, which end by themselves when an instance is gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from chatkit.edges import redis as keys
from chatkit.edges.redis import RedisClient

LEASE_S = 15
RENEW_S = 4.0


class Holders(Protocol):
    """Knows who holds what. Raises UNAVAILABLE if it can't say."""

    async def renew(self, node_id: str, partitions: Collection[int]) -> None:
        """Say that an instance holds parts of the log, and answers for them."""
        ...

    async def let_go(self, node_id: str, partitions: Collection[int]) -> None:
        """Say that it does so no more; what another holds by now stays theirs."""
        ...

    async def of(self, partitions: Sequence[int]) -> Mapping[int, str]:
        """Return who holds each of these parts of the log; nobody answers for those that are left out."""
        ...


class RedisHolders:
    """Leases in Redis."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def renew(self, node_id: str, partitions: Collection[int]) -> None:
        if partitions:
            await self._redis.repeatable([("SET", keys.search_holder(one), node_id, "EX", LEASE_S) for one in partitions])

    async def let_go(self, node_id: str, partitions: Collection[int]) -> None:
        held = await self.of(sorted(partitions))
        own = [partition for partition, holder in held.items() if holder == node_id]
        if own:
            await self._redis.repeatable([("DEL", keys.search_holder(one)) for one in own])

    async def of(self, partitions: Sequence[int]) -> Mapping[int, str]:
        found = await self._redis.repeatable([("GET", keys.search_holder(one)) for one in partitions]) if partitions else []
        return {partition: keys.text(holder) for partition, holder in zip(partitions, found, strict=True) if holder is not None}


class MemoryHolders:
    """Who holds what, in memory, for tests: no lease ends."""

    def __init__(self) -> None:
        self._holders: dict[int, str] = {}

    async def renew(self, node_id: str, partitions: Collection[int]) -> None:
        self._holders |= dict.fromkeys(partitions, node_id)

    async def let_go(self, node_id: str, partitions: Collection[int]) -> None:
        for one in partitions:
            if self._holders.get(one) == node_id:
                del self._holders[one]

    async def of(self, partitions: Sequence[int]) -> Mapping[int, str]:
        return {one: self._holders[one] for one in partitions if one in self._holders}
