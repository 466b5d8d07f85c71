"""Accounts in memory, for tests: one store for every port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chatkit.core.ids import SessionId, UserId
from svc_accounts.core.audit import AuditEntry, Place
from svc_accounts.core.guesses import Tries
from svc_accounts.core.invites import Invite
from svc_accounts.core.oidc import Attempt, Identity
from svc_accounts.core.reports import Kept, Reported
from svc_accounts.core.reports import State as ReportState
from svc_accounts.core.service_tokens import ServiceToken
from svc_accounts.core.sessions import Session
from svc_accounts.core.users import Credentials, Role, State, Suspension, User, tombstone
from svc_accounts.store import Untold


class MemoryUserStore:
    """A UserStore that forgets everything at its end."""

    def __init__(self) -> None:
        self._credentials: dict[str, Credentials] = {}
        self._users: dict[UserId, User] = {}
        self._retired: set[str] = set()

    async def add_user(self, user: User, password_hash: str | None) -> bool:
        if user.username in self._credentials or user.username in self._retired:
            return False
        self._credentials[user.username] = Credentials(user.user_id, password_hash)
        self._users[user.user_id] = user
        return True

    async def credentials(self, username: str) -> Credentials | None:
        return self._credentials.get(username)

    async def replace_password(self, username: str, old: Credentials, password_hash: str) -> bool:
        if self._credentials.get(username) != old:
            return False
        self._credentials[username] = replace(old, password_hash=password_hash)
        return True

    async def set_role(self, user: User, role: Role) -> bool:
        return self._change(user, role=role)

    async def set_state(self, user: User, state: State) -> bool:
        return self._change(user, state=state)

    async def set_suspension(self, user: User, suspension: Suspension | None) -> bool:
        return self._change(user, suspension=suspension)

    async def set_profile(self, user: User, display_name: str | None = None, avatar_file_id: str | None = None) -> bool:
        columns = {"display_name": display_name, "avatar_file_id": avatar_file_id}
        return self._change(user, **{name: value for name, value in columns.items() if value is not None})

    def _change(self, user: User, **columns: Any) -> bool:  # noqa: ANN401 - fields of User
        known = self._users.get(user.user_id)
        if known is None or not known.username or known.username != user.username:
            return False
        self._users[user.user_id] = replace(known, **columns)
        return True

    async def remove_user(self, user: User) -> None:
        self._users.pop(user.user_id, None)
        if (known := self._credentials.get(user.username)) and known.user_id == user.user_id:
            del self._credentials[user.username]

    async def erase(self, user: User) -> None:
        self._retired.add(user.username)
        self._credentials.pop(user.username, None)
        self._users[user.user_id] = tombstone(user.user_id)

    async def user(self, user_id: UserId) -> User | None:
        return self._users.get(user_id)

    async def users(self, user_ids: Sequence[UserId]) -> list[User]:
        return [self._users[user_id] for user_id in user_ids if user_id in self._users]


class MemorySessionStore:
    """A SessionStore."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[UserId, SessionId], Session] = {}

    async def add_session(self, session: Session) -> None:
        self._sessions[session.user_id, session.session_id] = session

    async def session(self, user_id: UserId, session_id: SessionId) -> Session | None:
        return self._sessions.get((user_id, session_id))

    async def sessions(self, user_id: UserId) -> list[Session]:
        return [session for session in self._sessions.values() if session.user_id == user_id]

    async def replace_session(self, old: Session, new: Session) -> bool:
        current = self._sessions.get((old.user_id, old.session_id))
        if current is None or current.token_hash != old.token_hash:
            return False
        self._sessions[new.user_id, new.session_id] = new
        return True

    async def end_session(self, user_id: UserId, session_id: SessionId) -> bool:
        return self._sessions.pop((user_id, session_id), None) is not None


class MemoryEndingStore:
    """An EndingStore."""

    def __init__(self) -> None:
        self._endings: set[tuple[UserId, SessionId]] = set()

    async def add_ending(self, user_id: UserId, session_id: SessionId) -> None:
        self._endings.add((user_id, session_id))

    async def endings(self) -> list[tuple[UserId, SessionId]]:
        return list(self._endings)

    async def remove_ending(self, user_id: UserId, session_id: SessionId) -> None:
        self._endings.discard((user_id, session_id))


class MemoryTryStore:
    """A TryStore."""

    def __init__(self) -> None:
        self._tries: dict[str, Tries] = {}

    async def tries(self, who: str) -> Tries | None:
        return self._tries.get(who)

    async def replace_tries(self, who: str, old: Tries | None, new: Tries | None) -> bool:
        if self._tries.get(who) != old:
            return False
        if new is None:
            return self._tries.pop(who, None) is not None
        self._tries[who] = new
        return True

    async def forget_tries(self, who: str) -> None:
        self._tries.pop(who, None)


class MemoryInviteStore:
    """An InviteStore."""

    def __init__(self) -> None:
        self._invites: dict[str, Invite] = {}

    async def add_invite(self, invite: Invite) -> None:
        self._invites[invite.invite_id] = invite

    async def invites(self) -> list[Invite]:
        return list(self._invites.values())

    async def take_invite(self, invite_id: str, code_hash: bytes) -> Invite | None:
        invite = self._invites.get(invite_id)
        return self._invites.pop(invite_id) if invite and invite.code_hash == code_hash else None

    async def remove_invite(self, invite_id: str) -> None:
        self._invites.pop(invite_id, None)


class MemoryServiceTokenStore:
    """A ServiceTokenStore."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[UserId, str], ServiceToken] = {}

    async def add_token(self, token: ServiceToken) -> None:
        self._tokens[token.user_id, token.token_id] = token

    async def token(self, user_id: UserId, token_id: str) -> ServiceToken | None:
        return self._tokens.get((user_id, token_id))

    async def tokens(self, user_id: UserId) -> list[ServiceToken]:
        return [token for token in self._tokens.values() if token.user_id == user_id]

    async def use_token(self, token: ServiceToken, used_at_ms: int) -> bool:
        return self._change(token, used_at_ms=used_at_ms)

    async def rename_token(self, token: ServiceToken, session_id: SessionId) -> bool:
        return self._change(token, session_id=session_id)

    def _change(self, token: ServiceToken, **columns: Any) -> bool:  # noqa: ANN401 - fields of ServiceToken
        known = self._tokens.get((token.user_id, token.token_id))
        if known is not None:
            self._tokens[token.user_id, token.token_id] = replace(known, **columns)
        return known is not None

    async def remove_token(self, user_id: UserId, token_id: str) -> None:
        self._tokens.pop((user_id, token_id), None)


class MemoryAttemptStore:
    """An AttemptStore."""

    def __init__(self) -> None:
        self._attempts: dict[bytes, Attempt] = {}

    async def add_attempt(self, attempt: Attempt) -> None:
        self._attempts[attempt.state_hash] = attempt

    async def take_attempt(self, state_hash: bytes) -> Attempt | None:
        return self._attempts.pop(state_hash, None)


class MemoryIdentityStore:
    """An IdentityStore."""

    def __init__(self) -> None:
        self._users: dict[tuple[str, str], UserId] = {}

    async def user_of(self, identity: Identity) -> UserId | None:
        return self._users.get((identity.issuer, identity.subject))

    async def link(self, identity: Identity, user_id: UserId) -> UserId:
        return self._users.setdefault((identity.issuer, identity.subject), user_id)

    async def unlink_all(self, user_id: UserId) -> None:
        self._users = {key: known for key, known in self._users.items() if known != user_id}


class MemoryErasureStore:
    """An ErasureStore."""

    def __init__(self) -> None:
        self._erasures: dict[UserId, User] = {}

    async def add_erasure(self, user: User) -> None:
        self._erasures[user.user_id] = replace(tombstone(user.user_id), username=user.username)

    async def erasures(self) -> list[User]:
        return list(self._erasures.values())

    async def remove_erasure(self, user_id: UserId) -> None:
        self._erasures.pop(user_id, None)


class MemoryPreferenceStore:
    """A PreferenceStore."""

    def __init__(self) -> None:
        self._preferences: dict[UserId, tuple[int, bytes]] = {}
        self._untold: set[Untold] = set()

    async def preferences(self, user_ids: Sequence[UserId]) -> list[bytes | None]:
        return [self._preferences[user_id][1] if user_id in self._preferences else None for user_id in user_ids]

    async def replace_preferences(self, user_id: UserId, version: int, preferences: bytes) -> bool:
        is_next = self._preferences.get(user_id, (0, b""))[0] == version - 1
        if is_next:
            self._preferences[user_id] = version, preferences
        return is_next

    async def add_untold(self, untold: Untold) -> None:
        self._untold.add(untold)

    async def untold(self) -> list[Untold]:
        return sorted(self._untold, key=lambda one: (one.user_id, one.version))

    async def remove_untold(self, untold: Untold) -> None:
        self._untold.discard(untold)


class MemoryAuditStore:
    """An AuditStore."""

    def __init__(self) -> None:
        self.entries: dict[str, AuditEntry] = {}

    async def add_call(self, entry: AuditEntry) -> None:
        self.entries[entry.entry_id] = entry

    async def calls(self, day: int, before: Place, limit: int) -> list[AuditEntry]:
        place = (before.called_ms, before.entry_id)
        older = [one for one in self.entries.values() if one.day == day and (one.called_ms, one.entry_id) < place]
        return sorted(older, key=lambda one: (one.called_ms, one.entry_id), reverse=True)[:limit]


class MemoryReportStore:
    """A ReportStore. What was reported stays noted for good."""

    def __init__(self) -> None:
        self._reports: dict[str, Kept] = {}
        self._reported: dict[UserId, list[Reported]] = {}

    async def add_report(self, report: Kept, reporter_id: UserId, subject: str) -> None:
        self._reports[report.report_id] = report
        self._reported.setdefault(reporter_id, []).append(Reported(report.report_id, subject))

    async def reported(self, reporter_id: UserId) -> list[Reported]:
        return list(self._reported.get(reporter_id, ()))

    async def report(self, report_id: str) -> Kept | None:
        return self._reports.get(report_id)

    async def replace_report(self, report: Kept, before: ReportState) -> bool:
        known = self._reports[report.report_id]
        is_next = (known.version, known.state) == (report.version - 1, before)
        if is_next:
            self._reports[report.report_id] = report
        return is_next

    async def reports(self, state: ReportState, before_id: str, limit: int) -> list[Kept]:
        found = [one for one in self._reports.values() if one.state is state and (not before_id or one.report_id < before_id)]
        return sorted(found, key=lambda one: one.report_id, reverse=True)[:limit]


class MemoryStores:
    """Every store, as CassandraStores has them."""

    def __init__(self) -> None:
        self.users, self.sessions = MemoryUserStore(), MemorySessionStore()
        self.tries, self.invites = MemoryTryStore(), MemoryInviteStore()
        self.service_tokens, self.attempts, self.identities = MemoryServiceTokenStore(), MemoryAttemptStore(), MemoryIdentityStore()
        self.audit, self.reports = MemoryAuditStore(), MemoryReportStore()
        self.erasures, self.endings, self.preferences = MemoryErasureStore(), MemoryEndingStore(), MemoryPreferenceStore()
