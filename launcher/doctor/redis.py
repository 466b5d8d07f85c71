"""Redis: whether it has room, keeps what it has, and writes it down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from launcher.doctor.finding import Finding, well, wrong
from launcher.topology import HOST

TIMEOUT_S = 3
FULL = 0.8
POLICY = "noeviction"
MEGABYTE = 1_000_000


def redis(port: int) -> Iterator[Finding]:
    """Ask it."""
    once = Retry(NoBackoff(), 0)
    with Redis(
        host=HOST, port=port, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=once, decode_responses=True
    ) as client:
        try:
            told: dict[str, Any] = client.info()
        except RedisError as error:
            yield wrong("redis", f"it does not tell how it is ({type(error).__name__})", "Read `elastic-chat logs valkey`")
            return
    yield memory(told)
    yield policy(told)
    yield persistence(told)


def memory(told: Mapping[str, Any]) -> Finding:
    """Look at how full it is."""
    used, most = int(told["used_memory"]), int(told["maxmemory"])
    if not most:
        return wrong("redis memory", f"it holds {_mb(used)}, and may take all that the machine has", "Set `maxmemory`, as `up` does")
    seen = f"it holds {_mb(used)} of {_mb(most)}"
    if used > FULL * most:
        return wrong(
            "redis memory", f"{seen}; when it is full, nobody can send", "Give it more `maxmemory`, or take another machine for it"
        )
    return well("redis memory", seen)


def policy(told: Mapping[str, Any]) -> Finding:
    """Look at what it does when it is full."""
    found = told["maxmemory_policy"]
    if found != POLICY:
        return wrong("redis eviction", f"it throws entries away when it is full ({found})", f"Set `maxmemory-policy` to {POLICY}")
    return well("redis eviction", f"it refuses writes rather than throw away what it has ({found})")


def persistence(told: Mapping[str, Any]) -> Finding:
    """Look at whether what it has is written down."""
    if not int(told["aof_enabled"]):
        return wrong("redis file", "it writes nothing down: a restart begins with nothing", "Set `appendonly` to yes")
    if told["aof_last_write_status"] != "ok" or told["aof_last_bgrewrite_status"] != "ok":
        return wrong("redis file", "it could not write its file", "See whether its disk is full, and read `elastic-chat logs valkey`")
    return well("redis file", "all is written down within a second")


def _mb(value: int) -> str:
    return f"{value / MEGABYTE:,.0f} MB"
