"""Accounts with everything that is theirs, over stores in memory and a clock that a test moves."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId
from chatkit.core.presence import Wishes
from chatkit.rpc.caller import OPERATOR, ROLE, SESSION_ID, USER_ID, Caller
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_accounts.app import wire
from svc_accounts.connections import Closing
from svc_accounts.oidc.provider import Provider
from svc_accounts.passwords import Passwords
from svc_accounts.preferences import Preferences
from svc_accounts.service import AccountsServicer
from svc_accounts.settings import Settings
from svc_accounts.signer import Signer
from svc_accounts.store.memory import MemoryStores

PASSWORD = "correct horse battery"


class Context:
    """What gRPC gives a method beside the request."""

    def __init__(self, metadata: tuple[tuple[str, str], ...]) -> None:
        self._metadata = metadata

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self._metadata


class Connections:
    """Presence, as accounts knows it: which sessions it was told of, and whether it can be reached."""

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.away = False

    async def close(self, user_id: UserId, session_id: SessionId) -> bool:
        if not self.away:
            self.closed.append(session_id)
        return not self.away


class Teller:
    """Presence, as accounts knows it: what it was told that users have decided, and whether it can be reached."""

    def __init__(self) -> None:
        self.told: list[tuple[UserId, Wishes]] = []
        self.blocks: list[tuple[UserId, UserId, bool]] = []
        self.away = False

    async def tell(self, user_id: UserId, wishes: Wishes, other_id: UserId | None = None) -> bool:
        if not self.away:
            self.told.append((user_id, wishes))
            if other_id is not None:
                self.blocks.append((user_id, other_id, other_id in wishes.blocks))
        return not self.away


class Avatars:
    """Files, as accounts knows it: what it was told that users are about to have as their pictures, and how it refuses to."""

    def __init__(self) -> None:
        self.noted: list[tuple[UserId, str]] = []
        self.refusal: ChatError | None = None

    async def note(self, user_id: UserId, file_id: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.noted.append((user_id, file_id))


class Conversations:
    """History and the router, as accounts knows them: who can see which entries, and what was done in whose name."""

    def __init__(self) -> None:
        self.seen: dict[tuple[UserId, str], list[entry_pb2.Entry]] = {}
        self.done: list[tuple[str, UserId, str, int]] = []
        self.refusal: ChatError | None = None

    async def message(self, caller: Caller, conversation_id: str, seq: int) -> list[entry_pb2.Entry]:
        await self.check_member(caller, conversation_id)
        entries = self.seen[caller.user_id, conversation_id]
        if all(entry.seq != seq for entry in entries):
            raise ChatError(Reason.NOT_FOUND)
        return entries

    async def check_member(self, caller: Caller, conversation_id: str) -> None:
        if (caller.user_id, conversation_id) not in self.seen:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)

    async def delete(self, author: UserId, conversation_id: str, seq: int) -> None:
        self._do("delete", author, conversation_id, seq)

    async def remove(self, user_id: UserId, conversation_id: str) -> None:
        self._do("remove", user_id, conversation_id, 0)

    def _do(self, what: str, user_id: UserId, conversation_id: str, seq: int) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.done.append((what, user_id, conversation_id, seq))


class Accounts:
    """The service. `call` calls a method as the user of an access token, which it believes."""

    def __init__(self, passwords: Passwords | None = None, provider: Provider | None = None, **settings: Any) -> None:
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.settings = Settings(
            node_id="accounts-1", grpc_port=1, http_port=2, cassandra_contact_points="nowhere", signing_key=pem, **settings
        )
        self.stores, self.connections, self.teller, self.clock = MemoryStores(), Connections(), Teller(), ManualClock()
        self.closing = Closing(self.connections, self.stores.endings)
        self.provider, self.conversations, self.avatars = provider, Conversations(), Avatars()
        self.passwords = passwords or Passwords(1, 64)
        self.restart()

    def restart(self) -> None:
        """Begin anew with what is kept, as another instance does."""
        signer = Signer(self.settings.signing_key)
        preferences = Preferences(self.stores.preferences, self.teller)
        self.has = wire(
            *(self.settings, self.stores, self.closing, preferences, self.passwords, signer, self.clock, self.provider),
            self.conversations,
            self.avatars,
        )
        self.servicer = AccountsServicer(self.has)

    async def call(self, method: str, request: Any, token: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Any:
        """Call a method as the edge would with this token and these headers, or as the operator does if it is OPERATOR."""
        return await getattr(self.servicer, method)(request, Context((*_metadata(token), *headers)))

    async def refusal(self, method: str, request: Any, token: str = "", headers: tuple[tuple[str, str], ...] = ()) -> ChatError:
        with pytest.raises(ChatError) as refused:
            await self.call(method, request, token, headers)
        return refused.value

    async def reason(self, method: str, request: Any, token: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Reason:
        return (await self.refusal(method, request, token, headers)).reason

    async def register(self, username: str, device: str = "") -> pb.RegisterResponse:
        request = pb.RegisterRequest(username=username, password=PASSWORD, device=device)
        response: pb.RegisterResponse = await self.call("Register", request)
        return response

    async def login(self, username: str, password: str = PASSWORD, device: str = "") -> pb.LoginResponse:
        response: pb.LoginResponse = await self.call("Login", pb.LoginRequest(username=username, password=password, device=device))
        return response


def _metadata(token: str) -> tuple[tuple[str, str], ...]:
    if token in {"", OPERATOR}:
        return ((ROLE, token),) if token else ()
    claims = jwt.decode(token, options={"verify_signature": False})
    return ((USER_ID, claims["sub"]), (SESSION_ID, claims["sid"]), (ROLE, claims["role"]))
