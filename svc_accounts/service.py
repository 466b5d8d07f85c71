"""AccountsService: proto/elastic_chat/accounts/v1 tells what each method promises."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, is_uuid
from chatkit.core.presence import Wishes
from chatkit.rpc.caller import Caller, caller_of
from chatkit.rpc.preferences import audience_of, preferences_of, quiet_hours_message, quiet_hours_of, wishes_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.accounts.v1 import accounts_service_pb2_grpc as rpc
from elastic_chat.types.v1 import presence_pb2
from svc_accounts.admin import Admin
from svc_accounts.audit import AuditLog
from svc_accounts.bots import Bots
from svc_accounts.core.audit import AuditEntry, Span, Wanted
from svc_accounts.core.invites import Invite, Registration
from svc_accounts.core.reports import State as ReportState
from svc_accounts.core.service_tokens import ServiceToken
from svc_accounts.core.sessions import Session
from svc_accounts.core.users import Role, State, User, check_suspension, check_user_ids, folded
from svc_accounts.erasure import Erasure
from svc_accounts.invites import Invites
from svc_accounts.keeping import Keeping
from svc_accounts.logins import Logins
from svc_accounts.newcomers import Newcomer, Newcomers
from svc_accounts.oidc.login import OidcLogins
from svc_accounts.preferences import Preferences
from svc_accounts.profiles import Profiles
from svc_accounts.reports import Reports
from svc_accounts.sessions import Sessions
from svc_accounts.signer import Signer
from svc_accounts.store import UserStore

Context = Any
"""gRPC's own class is generic over what no method needs."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """What the methods work with."""

    users: UserStore
    sessions: Sessions
    session_lifetime_s: int
    registration: Registration
    provider_name: str
    """What people know the other provider as; empty if none is set up."""
    logins: Logins
    oidc: OidcLogins
    newcomers: Newcomers
    invites: Invites
    admin: Admin
    bots: Bots
    erasure: Erasure
    preferences: Preferences
    profiles: Profiles
    signer: Signer
    clock: Clock
    audit: AuditLog
    reports: Reports


class AccountsServicer(rpc.AccountsServiceServicer):
    """The methods of accounts."""

    def __init__(self, has: Accounts) -> None:
        self._users = has.users
        self._sessions = has.sessions
        self._session_lifetime_s = has.session_lifetime_s
        self._options = _options(has.registration, has.provider_name)
        self._logins = has.logins
        self._oidc = has.oidc
        self._newcomers = has.newcomers
        self._invites = has.invites
        self._admin = has.admin
        self._bots = has.bots
        self._preferences = has.preferences
        self._profiles = has.profiles
        self._signer = has.signer
        self._clock = has.clock
        self._reports = has.reports
        self._audit = has.audit
        self._audit.watch(self, pb.DESCRIPTOR.services_by_name["AccountsService"])

    # --- for everyone

    async def GetAuthOptions(self, request: pb.GetAuthOptionsRequest, context: Context) -> pb.GetAuthOptionsResponse:  # noqa: ARG002, N802
        return self._options

    async def Register(self, request: pb.RegisterRequest, context: Context) -> pb.RegisterResponse:  # noqa: N802
        newcomer = Newcomer(request.username, request.password, request.display_name)
        login = await self._logins.register(newcomer, request.invite, request.device)
        return pb.RegisterResponse(**self._keeping(context).hand_out(login.tokens), device_token=login.device_token)

    async def Login(self, request: pb.LoginRequest, context: Context) -> pb.LoginResponse:  # noqa: N802
        login = await self._logins.login(request.username, request.password, request.device, request.device_token)
        return pb.LoginResponse(**self._keeping(context).hand_out(login.tokens), device_token=login.device_token)

    async def StartOidcLogin(self, request: pb.StartOidcLoginRequest, context: Context) -> pb.StartOidcLoginResponse:  # noqa: ARG002, N802
        url, state, secret = await self._oidc.start(request.redirect_uri)
        return pb.StartOidcLoginResponse(authorization_url=url, state=state, secret=secret)

    async def FinishOidcLogin(self, request: pb.FinishOidcLoginRequest, context: Context) -> pb.FinishOidcLoginResponse:  # noqa: N802
        tokens = await self._oidc.finish(request.state, request.code, request.secret, request.device)
        return pb.FinishOidcLoginResponse(**self._keeping(context).hand_out(tokens))

    async def Refresh(self, request: pb.RefreshRequest, context: Context) -> pb.RefreshResponse:  # noqa: N802
        return pb.RefreshResponse(**await self._keeping(context).refresh(self._sessions, request.refresh_token))

    async def ExchangeServiceToken(  # noqa: N802
        self,
        request: pb.ExchangeServiceTokenRequest,
        context: Context,  # noqa: ARG002
    ) -> pb.ExchangeServiceTokenResponse:
        return pb.ExchangeServiceTokenResponse(**asdict(await self._bots.exchange(request.service_token)))

    # --- for users

    async def Logout(self, request: pb.LogoutRequest, context: Context) -> pb.LogoutResponse:  # noqa: ARG002, N802
        caller = _in_session(context)
        user = await self._users.user(caller.user_id)
        if user is not None and user.is_bot:
            raise ChatError(Reason.PERMISSION_DENIED, "a bot has no login session: have its service token withdrawn")
        await self._sessions.end(caller.user_id, caller.session_id, "logout")
        self._keeping(context).clear()
        return pb.LogoutResponse()

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Context) -> pb.ListSessionsResponse:  # noqa: ARG002, N802
        caller = _in_session(context)
        return pb.ListSessionsResponse(sessions=[_session(one, caller) for one in await self._sessions.of(caller)])

    async def EndSession(self, request: pb.EndSessionRequest, context: Context) -> pb.EndSessionResponse:  # noqa: N802
        caller = _in_session(context)
        await self._sessions.end_one(caller, request.session_id)
        if request.session_id == caller.session_id:
            self._keeping(context).clear()
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

    async def LinkOidc(self, request: pb.LinkOidcRequest, context: Context) -> pb.LinkOidcResponse:  # noqa: N802
        await self._oidc.link(_in_session(context), request.state, request.code, request.secret, request.password)
        return pb.LinkOidcResponse()

    async def UnlinkOidc(self, request: pb.UnlinkOidcRequest, context: Context) -> pb.UnlinkOidcResponse:  # noqa: N802
        await self._oidc.unlink(_in_session(context), request.password)
        return pb.UnlinkOidcResponse()

    async def DeleteAccount(self, request: pb.DeleteAccountRequest, context: Context) -> pb.DeleteAccountResponse:  # noqa: N802
        await self._logins.delete(_in_session(context), request.password)
        self._keeping(context).clear()
        return pb.DeleteAccountResponse()

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

    async def FindInactive(self, request: pb.FindInactiveRequest, context: Context) -> pb.FindInactiveResponse:  # noqa: ARG002, N802
        user_ids = check_user_ids(list(request.user_ids))
        active = {user.user_id for user in await self._users.users(user_ids) if user.may_come_in(self._clock.now_ms())}
        return pb.FindInactiveResponse(user_ids=[user_id for user_id in user_ids if user_id not in active])

    async def UpdateProfile(self, request: pb.UpdateProfileRequest, context: Context) -> pb.UpdateProfileResponse:  # noqa: N802
        user = await self._profiles.change(
            caller_of(context).user_id,
            display_name=request.display_name if request.HasField("display_name") else None,
            avatar_file_id=request.avatar_file_id if request.HasField("avatar_file_id") else None,
        )
        return pb.UpdateProfileResponse(user=_user(user))

    async def GetPrivacy(self, request: pb.GetPrivacyRequest, context: Context) -> pb.GetPrivacyResponse:  # noqa: ARG002, N802
        (wishes,) = await self._preferences.of([caller_of(context).user_id])
        return pb.GetPrivacyResponse(privacy=preferences_of(wishes).privacy)

    async def UpdatePrivacy(self, request: pb.UpdatePrivacyRequest, context: Context) -> pb.UpdatePrivacyResponse:  # noqa: N802
        caller = caller_of(context)
        wishes = await self._preferences.set_privacy(
            caller.user_id,
            audience=audience_of(request.presence) or None,
            receipts=request.receipts if request.HasField("receipts") else None,
        )
        return pb.UpdatePrivacyResponse(privacy=preferences_of(wishes).privacy)

    async def GetQuietHours(self, request: pb.GetQuietHoursRequest, context: Context) -> pb.GetQuietHoursResponse:  # noqa: ARG002, N802
        (wishes,) = await self._preferences.of([caller_of(context).user_id])
        return pb.GetQuietHoursResponse(quiet_hours=_quiet_hours(wishes))

    async def SetQuietHours(self, request: pb.SetQuietHoursRequest, context: Context) -> pb.SetQuietHoursResponse:  # noqa: N802
        chosen = quiet_hours_of(request.quiet_hours) if request.HasField("quiet_hours") else None
        wishes = await self._preferences.set_quiet_hours(caller_of(context).user_id, chosen)
        return pb.SetQuietHoursResponse(quiet_hours=_quiet_hours(wishes))

    # --- for presence

    async def BlockUser(self, request: pb.BlockUserRequest, context: Context) -> pb.BlockUserResponse:  # noqa: N802
        caller, other_id = caller_of(context), UserId(request.user_id)
        if other_id == caller.user_id:
            raise ChatError(Reason.INVALID_ARGUMENT, "user_id is the caller's own")
        other = await self._users.user(other_id)
        if other is None or other.state is State.DELETED:
            raise ChatError(Reason.UNKNOWN_USER)
        await self._preferences.set_block(caller.user_id, other_id, self._clock.now_ms())
        return pb.BlockUserResponse()

    async def UnblockUser(self, request: pb.UnblockUserRequest, context: Context) -> pb.UnblockUserResponse:  # noqa: N802
        await self._preferences.set_block(caller_of(context).user_id, UserId(request.user_id), None)
        return pb.UnblockUserResponse()

    async def ListBlocks(self, request: pb.ListBlocksRequest, context: Context) -> pb.ListBlocksResponse:  # noqa: ARG002, N802
        (wishes,) = await self._preferences.of([caller_of(context).user_id])
        return pb.ListBlocksResponse(blocks=reversed(preferences_of(wishes).blocks))

    async def CreateReport(self, request: pb.CreateReportRequest, context: Context) -> pb.CreateReportResponse:  # noqa: N802
        return pb.CreateReportResponse(report_id=await self._reports.create(caller_of(context), request))

    async def KeepStatus(self, request: pb.KeepStatusRequest, context: Context) -> pb.KeepStatusResponse:  # noqa: N802
        status = wishes_of(presence_pb2.Preferences(status=request.status))
        wishes = await self._preferences.keep_status(caller_of(context).user_id, status)
        return pb.KeepStatusResponse(preferences=preferences_of(wishes))

    async def GetPreferences(self, request: pb.GetPreferencesRequest, context: Context) -> pb.GetPreferencesResponse:  # noqa: ARG002, N802
        check_user_ids(list(request.user_ids))
        wishes = await self._preferences.of([UserId(user_id) for user_id in request.user_ids])
        return pb.GetPreferencesResponse(preferences=map(preferences_of, wishes))

    # --- for administrators and the operator

    async def GetAccount(self, request: pb.GetAccountRequest, context: Context) -> pb.GetAccountResponse:  # noqa: N802
        await self._admin.check(context)
        return pb.GetAccountResponse(account=self._account(await self._admin.find(request.user_id, request.username)))

    async def CreateUser(self, request: pb.CreateUserRequest, context: Context) -> pb.CreateUserResponse:  # noqa: N802
        await self._admin.check(context)
        newcomer = Newcomer(request.username, request.password, request.display_name)
        role = _role(request.role) if request.role else Role.USER
        return pb.CreateUserResponse(account=self._account(await self._newcomers.create(newcomer, role)))

    async def SetRole(self, request: pb.SetRoleRequest, context: Context) -> pb.SetRoleResponse:  # noqa: N802
        await self._admin.set_role(await self._admin.check(context), request.user_id, _role(request.role))
        return pb.SetRoleResponse()

    async def DisableUser(self, request: pb.DisableUserRequest, context: Context) -> pb.DisableUserResponse:  # noqa: N802
        await self._admin.disable(await self._admin.check(context), request.user_id)
        return pb.DisableUserResponse()

    async def EnableUser(self, request: pb.EnableUserRequest, context: Context) -> pb.EnableUserResponse:  # noqa: N802
        await self._admin.enable(await self._admin.check(context), request.user_id)
        return pb.EnableUserResponse()

    async def SuspendUser(self, request: pb.SuspendUserRequest, context: Context) -> pb.SuspendUserResponse:  # noqa: N802
        caller = await self._admin.check(context)
        suspension = check_suspension(_milliseconds(request.ends_at), request.reason, self._clock.now_ms())
        await self._admin.suspend(caller, request.user_id, suspension)
        return pb.SuspendUserResponse()

    async def LiftSuspension(self, request: pb.LiftSuspensionRequest, context: Context) -> pb.LiftSuspensionResponse:  # noqa: N802
        await self._admin.lift_suspension(await self._admin.check(context), request.user_id)
        return pb.LiftSuspensionResponse()

    async def ListReports(self, request: pb.ListReportsRequest, context: Context) -> pb.ListReportsResponse:  # noqa: N802
        await self._admin.check(context)
        reports, following = await self._reports.page(_report_state(request.state), request.page_size, request.page_token)
        return pb.ListReportsResponse(reports=reports, next_page_token=following)

    async def TakeReport(self, request: pb.TakeReportRequest, context: Context) -> pb.TakeReportResponse:  # noqa: N802
        caller = await self._admin.check(context)
        return pb.TakeReportResponse(report=await self._reports.take(caller, request.report_id))

    async def ResolveReport(self, request: pb.ResolveReportRequest, context: Context) -> pb.ResolveReportResponse:  # noqa: N802
        caller = await self._admin.check(context)
        return pb.ResolveReportResponse(report=await self._reports.resolve(caller, request))

    async def ListAuditLog(self, request: pb.ListAuditLogRequest, context: Context) -> pb.ListAuditLogResponse:  # noqa: N802
        await self._admin.check(context)
        span = Span.checked(
            _milliseconds(request.since) if request.HasField("since") else None,
            _milliseconds(request.before) if request.HasField("before") else None,
            self._clock.now_ms(),
        )
        wanted = Wanted(request.caller_id, request.subject, request.method)
        entries, following = await self._audit.page(wanted, span, request.page_size, request.page_token)
        return pb.ListAuditLogResponse(entries=map(_audit_entry, entries), next_page_token=following)

    async def ResetPassword(self, request: pb.ResetPasswordRequest, context: Context) -> pb.ResetPasswordResponse:  # noqa: N802
        await self._admin.reset_password(await self._admin.check(context), request.user_id, request.password)
        return pb.ResetPasswordResponse()

    async def DeleteUser(self, request: pb.DeleteUserRequest, context: Context) -> pb.DeleteUserResponse:  # noqa: N802
        await self._admin.delete(await self._admin.check(context), request.user_id)
        return pb.DeleteUserResponse()

    async def CreateInvite(self, request: pb.CreateInviteRequest, context: Context) -> pb.CreateInviteResponse:  # noqa: N802
        caller = await self._admin.check(context)
        invite, code = await self._invites.create(caller.user_id if caller else "", request.lifetime_s)
        return pb.CreateInviteResponse(invite=_invite(invite), code=code)

    async def ListInvites(self, request: pb.ListInvitesRequest, context: Context) -> pb.ListInvitesResponse:  # noqa: ARG002, N802
        await self._admin.check(context)
        return pb.ListInvitesResponse(invites=[_invite(one) for one in await self._invites.all()])

    async def WithdrawInvite(self, request: pb.WithdrawInviteRequest, context: Context) -> pb.WithdrawInviteResponse:  # noqa: N802
        await self._admin.check(context)
        await self._invites.withdraw(request.invite_id)
        return pb.WithdrawInviteResponse()

    async def CreateBot(self, request: pb.CreateBotRequest, context: Context) -> pb.CreateBotResponse:  # noqa: N802
        await self._admin.check(context)
        return pb.CreateBotResponse(account=self._account(await self._newcomers.create_bot(request.username, request.display_name)))

    async def CreateServiceToken(self, request: pb.CreateServiceTokenRequest, context: Context) -> pb.CreateServiceTokenResponse:  # noqa: N802
        caller = await self._admin.check(context)
        bot = await self._admin.find(request.user_id)
        token, secret = await self._bots.create(bot, request.name, caller.user_id if caller else "")
        return pb.CreateServiceTokenResponse(token=_service_token(token), service_token=secret)

    async def ListServiceTokens(self, request: pb.ListServiceTokensRequest, context: Context) -> pb.ListServiceTokensResponse:  # noqa: N802
        await self._admin.check(context)
        tokens = await self._bots.all(await self._admin.find(request.user_id))
        return pb.ListServiceTokensResponse(tokens=[_service_token(token) for token in tokens])

    async def WithdrawServiceToken(  # noqa: N802
        self,
        request: pb.WithdrawServiceTokenRequest,
        context: Context,
    ) -> pb.WithdrawServiceTokenResponse:
        await self._admin.check(context)
        await self._bots.withdraw(await self._admin.find(request.user_id), request.token_id)
        return pb.WithdrawServiceTokenResponse()

    def _keeping(self, context: Context) -> Keeping:
        return Keeping(context, self._session_lifetime_s)

    def _account(self, user: User) -> pb.Account:
        return _account(user, self._clock.now_ms())


def _in_session(context: Context) -> Caller:
    """Return the caller, or raise UNAUTHENTICATED unless they call from a login session."""
    caller = caller_of(context)
    if not is_uuid(caller.session_id):
        raise ChatError(Reason.UNAUTHENTICATED, "the call names no login session: send an access token from Login")
    return caller


def _options(registration: Registration, provider_name: str) -> pb.GetAuthOptionsResponse:
    return pb.GetAuthOptionsResponse(
        registration=pb.GetAuthOptionsResponse.Registration.Value(registration.name),
        providers=[pb.IdentityProvider(name=provider_name)] if provider_name else [],
    )


def _user(user: User) -> pb.User:
    if user.state is State.DELETED:
        return pb.User(user_id=user.user_id, deleted=True)
    result = pb.User(
        user_id=user.user_id,
        username=user.username,
        display_name=user.display_name,
        bot=user.is_bot,
        avatar_file_id=user.avatar_file_id,
    )
    result.created_at.FromMilliseconds(user.created_at_ms)
    return result


ROLES = {Role.USER: pb.ROLE_USER, Role.ADMIN: pb.ROLE_ADMIN}


def _role(value: int) -> Role:
    for role, known in ROLES.items():
        if int(known) == value:
            return role
    raise ChatError(Reason.INVALID_ARGUMENT, "role must be ROLE_USER or ROLE_ADMIN")


def _account(user: User, now_ms: int) -> pb.Account:
    account = pb.Account(user=_user(user), role=ROLES[user.role], disabled=user.state is State.DISABLED)
    if suspension := user.suspended(now_ms):
        account.suspension.reason = suspension.reason
        account.suspension.ends_at.FromMilliseconds(suspension.ends_ms)
    return account


def _report_state(value: pb.Report.State.ValueType) -> ReportState:
    """Return the state of reports that are asked for, or raise INVALID_ARGUMENT."""
    if value not in pb.Report.State.values():
        raise ChatError(Reason.INVALID_ARGUMENT, "state is OPEN, TAKEN or RESOLVED")
    return ReportState(pb.Report.State.Name(value)) if value else ReportState.OPEN


def _milliseconds(moment: Timestamp) -> int:
    """Return Unix milliseconds, or raise INVALID_ARGUMENT for what is no time."""
    try:
        return moment.ToMilliseconds()
    except ValueError as error:
        raise ChatError(Reason.INVALID_ARGUMENT, "a time is between the years 1 and 9999") from error


def _audit_entry(entry: AuditEntry) -> pb.AuditEntry:
    facts = {field: value for field, value in asdict(entry).items() if field != "called_ms"}
    result = pb.AuditEntry(**facts)
    result.called_at.FromMilliseconds(entry.called_ms)
    return result


def _service_token(token: ServiceToken) -> pb.ServiceToken:
    result = pb.ServiceToken(token_id=token.token_id, name=token.name, created_by=token.created_by)
    result.created_at.FromMilliseconds(token.created_at_ms)
    if token.used_at_ms is not None:
        result.last_used_at.FromMilliseconds(token.used_at_ms)
    return result


def _invite(invite: Invite) -> pb.Invite:
    result = pb.Invite(invite_id=invite.invite_id, created_by=invite.created_by)
    result.created_at.FromMilliseconds(invite.created_at_ms)
    result.expires_at.FromMilliseconds(invite.expires_at_ms)
    return result


def _session(session: Session, caller: Caller) -> pb.LoginSession:
    result = pb.LoginSession(session_id=session.session_id, device=session.device, is_current=session.session_id == caller.session_id)
    result.created_at.FromMilliseconds(session.created_at_ms)
    result.last_used_at.FromMilliseconds(session.rotated_at_ms)
    return result


def _quiet_hours(wishes: Wishes) -> presence_pb2.QuietHours | None:
    return None if wishes.quiet_hours is None else quiet_hours_message(wishes.quiet_hours)
