"""The doors of the running stack, and people who go through them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bench.client import Account, Api
from tests.e2e.conformance.doors import WAYS, CallDoor, opened
from tests.e2e.stack import Stack


@pytest.fixture
async def door(request: pytest.FixtureRequest, stack: Stack) -> AsyncIterator[Any]:
    """The door that a test is run at: see `doors`."""
    async with opened(request.param, stack) as through:
        yield through


@pytest.fixture
async def all_doors(stack: Stack) -> AsyncIterator[dict[str, Any]]:
    """Every door, by its name: for a test that goes through one after the other."""
    async with AsyncExitStack() as held:
        yield {name: await held.enter_async_context(opened(name, stack)) for name in WAYS}


@pytest.fixture
async def calls(stack: Stack) -> AsyncIterator[CallDoor]:
    """A door for what a test needs besides the one that it is about."""
    async with opened("grpc-calls", stack) as through:
        yield through


@pytest.fixture
async def conversation_id(api: Api, anna: Account, bob: Account) -> str:
    """The direct conversation of the two."""
    return await api.direct(anna, bob)
