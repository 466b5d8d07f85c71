"""What names in a query stand for: users by their user names, conversations by their titles or ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

import grpc

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, SessionId, UserId, direct_conversation_id, is_uuid
from chatkit.core.words import words
from chatkit.rpc.caller import Caller, caller_metadata
from chatkit.rpc.errors import error_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc
from svc_history.search.query import Named

ME = "me"
"""Who asks, in from:me."""


class Users(Protocol):
    """Knows users."""

    async def find(self, reader: UserId, username: str) -> UserId | None:
        """Return who has a user name, for a reader. Raises a ChatError if that can't be said."""
        ...


class MeshUsers:
    """The accounts service, which knows them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._accounts: Any = rpc.AccountsServiceStub(channel)

    async def find(self, reader: UserId, username: str) -> UserId | None:
        try:
            request, caller = pb.FindUsersRequest(username=username), caller_metadata(Caller(reader, SessionId("")))
            answer: pb.FindUsersResponse = await self._accounts.FindUsers(request, metadata=caller)
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure
        return UserId(answer.users[0].user_id) if answer.users else None


class Names:
    """Understands names, for a user. Raises INVALID_ARGUMENT for one that stands for nothing."""

    def __init__(self, users: Users) -> None:
        self._users = users

    async def senders(self, reader: UserId, named: Sequence[Named], *, negated: bool) -> frozenset[UserId]:
        """Return the users who are named, or those who are named as not meant."""
        return frozenset([await self._user(reader, "from", one.name) for one in named if one.negated is negated])

    async def places(
        self, reader: UserId, named: Sequence[Named], known: Collection[ConversationId], titles: Mapping[ConversationId, str]
    ) -> frozenset[ConversationId]:
        """Return which conversations are looked in, of those that the reader is in."""
        meant = [await self._place(reader, one, titles) for one in named if not one.negated]
        others = [await self._place(reader, one, titles) for one in named if one.negated]
        some = frozenset[ConversationId]().union(*meant) if meant else frozenset(known)
        return (some & frozenset(known)).difference(*others)

    async def _place(self, reader: UserId, named: Named, titles: Mapping[ConversationId, str]) -> frozenset[ConversationId]:
        if named.is_user:
            return frozenset({direct_conversation_id(reader, await self._user(reader, "in", named.name))})
        if is_uuid(named.name):
            return frozenset({ConversationId(named.name)})
        wanted = _words(named.name)
        found = frozenset(one for one, title in titles.items() if wanted and _words(title) == wanted)
        if not found:
            raise ChatError(Reason.INVALID_ARGUMENT, f"in:{named.name} names no conversation of yours: give its whole title, or its id")
        return found

    async def _user(self, reader: UserId, key: str, name: str) -> UserId:
        if name.lower() == ME:
            return reader
        if is_uuid(name):
            return UserId(name)
        found = await self._users.find(reader, name)
        if found is None:
            raise ChatError(Reason.INVALID_ARGUMENT, f"{key}:@{name} names no user: give a user name, without a space")
        return found


def _words(title: str) -> tuple[str, ...]:
    return tuple(one.word for one in words(title))
