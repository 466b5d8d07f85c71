"""AccountsService: proto/elastic_chat/accounts/v1 tells what each method promises."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import is_uuid
from chatkit.rpc.caller import Caller, caller_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc
from svc_accounts.core.sessions import Session
from svc_accounts.core.users import User, check_user_ids, folded
from svc_accounts.logins import Logins
from svc_accounts.sessions import Sessions
from svc_accounts.signer import Signer
from svc_accounts.store import UserStore

Context = Any
"""gRPC's own class is generic over what no method needs."""


class AccountsServicer(rpc.AccountsServiceServicer):
    """The methods of accounts."""

    def __init__(self, users: UserStore, sessions: Sessions, logins: Logins, signer: Signer) -> None:
        self._users = users
        self._sessions = sessions
        self._logins = logins
        self._signer = signer

    async def Register(self, request: pb.RegisterRequest, context: Context) -> pb.RegisterResponse:  # noqa: ARG002, N802
        login = await self._logins.register(request.username, request.password, request.display_name, request.device)
        return pb.RegisterResponse(**asdict(login.tokens), device_token=login.device_token)

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginResponse:  # noqa: ARG002, N802
        login = await self._logins.login(request.username, request.password, request.device, request.device_token)
        return pb.LoginResponse(**asdict(login.tokens), device_token=login.device_token)

    async def Refresh(self, request: pb.RefreshRequest, context: Context) -> pb.RefreshResponse:  # noqa: ARG002, N802
        return pb.RefreshResponse(**asdict(await self._sessions.refresh(request.refresh_token)))

    async def Logout(self, request: pb.LogoutRequest, context: Context) -> pb.LogoutResponse:  # noqa: ARG002, N802
        caller = _in_session(context)
        await self._sessions.end(caller.user_id, caller.session_id, "logout")
        return pb.LogoutResponse()

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Context) -> pb.ListSessionsResponse:  # noqa: ARG002, N802
        caller = _in_session(context)
        return pb.ListSessionsResponse(sessions=[_session(one, caller) for one in await self._sessions.of(caller)])

    async def EndSession(self, request: pb.EndSessionRequest, context: Context) -> pb.EndSessionResponse:  # noqa: N802
        await self._sessions.end_one(_in_session(context), request.session_id)
        return pb.EndSessionResponse()

    async def EndOtherSessions(  # noqa: N802
        self,
        request: pb.EndOtherSessionsRequest,  # noqa: ARG002
        context: Context,
    ) -> pb.EndOtherSessionsResponse:
        await self._sessions.end_others(_in_session(context), "ended")
        return pb.EndOtherSessionsResponse()

    async def ChangePassword(self, request: pb.ChangePasswordRequest, context: Context) -> pb.ChangePasswordResponse:  # noqa: N802
        await self._logins.change_password(_in_session(context), request.old_password, request.new_password)
        return pb.ChangePasswordResponse()

    async def GetJwks(self, request: pb.GetJwksRequest, context: Context) -> pb.GetJwksResponse:  # noqa: ARG002, N802
        return pb.GetJwksResponse(keys=[pb.Jwk(**self._signer.jwk)])

    async def FindUsers(self, request: pb.FindUsersRequest, context: Context) -> pb.FindUsersResponse:  # noqa: N802
        caller_of(context)
        user_ids = check_user_ids(list(request.user_ids))
        if bool(request.username) == bool(user_ids):
            raise ChatError(Reason.INVALID_ARGUMENT, "give either username or user_ids")
        if request.username:
            credentials = await self._users.credentials(folded(request.username))
            user_ids = [credentials.user_id] if credentials else []
        return pb.FindUsersResponse(users=[_user(user) for user in await self._users.users(user_ids)])


def _in_session(context: Context) -> Caller:
    """Return the caller, or raise UNAUTHENTICATED unless they call from a login session."""
    caller = caller_of(context)
    if not is_uuid(caller.session_id):
        raise ChatError(Reason.UNAUTHENTICATED, "the call names no login session: send an access token from Login")
    return caller


def _user(user: User) -> pb.User:
    result = pb.User(user_id=user.user_id, username=user.username, display_name=user.display_name)
    result.created_at.FromMilliseconds(user.created_at_ms)
    return result


def _session(session: Session, caller: Caller) -> pb.LoginSession:
    result = pb.LoginSession(session_id=session.session_id, device=session.device, is_current=session.session_id == caller.session_id)
    result.created_at.FromMilliseconds(session.created_at_ms)
    result.last_used_at.FromMilliseconds(session.rotated_at_ms)
    return result
