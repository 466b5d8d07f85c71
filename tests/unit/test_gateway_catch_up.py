"""How a gateway asks history for many clients at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import grpc
import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.history.v1 import history_service_pb2 as pb
from svc_gateway.catch_up import BATCH, CatchUp

REFUSED, AWAY = grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE


@dataclass
class History:
    """Answers each user with a conversation of their name, at most `room` of them in one call, and refuses what it is told to."""

    room: int = BATCH
    is_away: bool = False
    refused: str = ""
    calls: list[list[str]] = field(default_factory=list)

    def unary_unary(self, path: str, **_: Any) -> Callable[[pb.SyncUsersRequest], Any]:
        del path
        return self.answer

    async def answer(self, request: pb.SyncUsersRequest) -> pb.SyncUsersResponse:
        users = [one.user_id for one in request.users]
        self.calls.append(users)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        if self.is_away or self.refused in users:
            raise grpc.aio.AioRpcError(AWAY if self.is_away else REFUSED, grpc.aio.Metadata(), grpc.aio.Metadata())
        assert all(one.request.list_conversations for one in request.users)
        return pb.SyncUsersResponse(answers=[pb.SyncResponse(gone_conversation_ids=[user]) for user in users[: self.room]])


@dataclass
class World:
    history: History
    catch_up: CatchUp

    async def ask(self, *users: str) -> list[str | Reason]:
        cursors = [frames_pb2.Cursor(conversation_id="tea", seq=3)]
        asked = [asyncio.ensure_future(self.catch_up.sync(UserId(user), cursors)) for user in users]
        answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5)
        return [one.reason if isinstance(one, ChatError) else cast("pb.SyncResponse", one).gone_conversation_ids[0] for one in answers]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    history = History()
    made = World(history, CatchUp(cast("grpc.aio.Channel", history)))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(made.catch_up.run())
        yield made
        running.cancel()


async def test_who_comes_together_is_asked_for_together_and_each_gets_their_own_answer(world: World) -> None:
    users = [f"u{number}" for number in range(3 * BATCH)]
    assert await world.ask(*users) == users
    assert len(world.history.calls) <= 5


async def test_who_did_not_fit_into_an_answer_is_asked_for_again(world: World) -> None:
    world.history.room = 1
    users = [f"u{number}" for number in range(7)]
    assert await world.ask(*users) == users


async def test_one_who_is_refused_does_not_hold_up_the_others(world: World) -> None:
    world.history.refused = "bad"
    assert await world.ask("a", "bad", "b") == ["a", Reason.INTERNAL, "b"]


async def test_history_that_is_away_is_not_asked_again_for_each(world: World) -> None:
    world.history.is_away = True
    assert await world.ask("a", "b", "c") == [Reason.UNAVAILABLE] * 3
    assert len(world.history.calls) <= 2


async def test_who_has_gone_is_not_asked_for(world: World) -> None:
    gone = asyncio.ensure_future(world.catch_up.sync(UserId("gone"), ()))
    await asyncio.sleep(0)
    gone.cancel()
    assert await world.ask("here") == ["here"]
    assert all("gone" not in users or "here" not in users for users in world.history.calls)
