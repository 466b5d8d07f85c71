"""Users who exist already: a password costs its server a tenth of a second, and a thousand of them are for one measurement."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from bench.client import Account, Api, ApiError

KEPT = Path(__file__).parent.parent / "build" / "bench-people.json"
AT_ONCE = 16
_T = TypeVar("_T")
_R = TypeVar("_R")


async def people(api: Api, count: int) -> list[Account]:
    """Return `count` users who are logged in: those of the last time, if the stack still knows them, and new ones."""
    known = _kept(api.edge)[:count]
    fresh = [account for account in await in_turn(known, lambda one: _renewed(api, one)) if account is not None]
    fresh += await in_turn(range(count - len(fresh)), lambda _: api.register("bench"))
    _keep(api.edge, fresh + _kept(api.edge)[count:])
    return fresh


async def in_turn(items: Sequence[_T], work: Callable[[_T], Awaitable[_R]], at_once: int = AT_ONCE) -> list[_R]:
    """Do something for each item, a few at the same time, and return the results in the order of the items."""
    places = asyncio.Semaphore(at_once)

    async def one(item: _T) -> _R:
        async with places:
            return await work(item)

    return list(await asyncio.gather(*map(one, items)))


async def _renewed(api: Api, account: Account) -> Account | None:
    try:
        answer = await api.call("POST", "/v1/auth/refresh", {"refreshToken": account.refresh_token})
    except ApiError:
        return None
    return Account(account.user_id, account.username, answer["accessToken"], answer["refreshToken"])


def _kept(edge: str) -> list[Account]:
    return [Account(**one) for one in _file().get(edge, ())]


def _keep(edge: str, accounts: Sequence[Account]) -> None:
    kept = _file() | {edge: [asdict(one) for one in accounts]}
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(kept), encoding="utf-8")


def _file() -> dict[str, Any]:
    """Return what was kept of every stack, by its edge."""
    with suppress(FileNotFoundError):
        kept: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
        return kept
    return {}
