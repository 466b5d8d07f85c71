"""Asks history what clients lack that have just come: of everyone who waits in one call, so that a storm makes few and large calls."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import grpc

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.rpc.errors import error_of
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2_grpc as rpc

BATCH = 50
AT_ONCE = 2
"""Calls under way: while history works on one, another is on its way."""

NOBODYS_FAULT = {Reason.UNAVAILABLE, Reason.OVERLOADED, Reason.DEADLINE_EXCEEDED}
"""What may be wrong with a call, whoever it is for."""

_Waiting = tuple[pb.UserSync, asyncio.Future[pb.SyncResponse]]


class CatchUp:
    """`run` must run; `sync` may be called before that, and waits."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: Any = rpc.HistoryServiceStub(channel)
        self._waiting: deque[_Waiting] = deque()
        self._more = asyncio.Event()

    async def sync(self, user_id: UserId, resume: Sequence[frames_pb2.Cursor]) -> pb.SyncResponse:
        """Return a user's conversations and what is newer than the cursors. Raises what history refuses with."""
        cursors = [pb.SyncCursor(conversation_id=one.conversation_id, seq=one.seq) for one in resume]
        question = pb.UserSync(user_id=user_id, request=pb.SyncRequest(cursors=cursors, list_conversations=True))
        answer: asyncio.Future[pb.SyncResponse] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        self._more.set()
        return await answer

    async def run(self) -> None:
        """Ask, for ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._ask())

    async def _ask(self) -> None:
        while True:
            await self._more.wait()
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not self._waiting:
                self._more.clear()
            # Who has gone meanwhile needs nothing.
            await self._answer([one for one in batch if not one[1].done()])

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        try:
            response: pb.SyncUsersResponse = await self._stub.SyncUsers(pb.SyncUsersRequest(users=[question for question, _ in batch]))
        except grpc.aio.AioRpcError as failure:
            await self._fail(batch, error_of(failure))
            return
        for (_, answer), synced in zip(batch, response.answers, strict=False):
            if not answer.done():
                answer.set_result(synced)
        left = batch[len(response.answers) :]
        if left:
            self._waiting.extendleft(reversed(left))
            self._more.set()

    async def _fail(self, batch: Sequence[_Waiting], error: ChatError) -> None:
        if len(batch) > 1 and error.reason not in NOBODYS_FAULT:
            # One of them is refused, and the others have nothing to do with it.
            for one in batch:
                await self._answer([one])
            return
        for _, answer in batch:
            if not answer.done():
                answer.set_exception(error)
