"""Where accounts are kept: a port for each matter. Every method raises UNAVAILABLE if the store can't serve it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chatkit.core.ids import SessionId, UserId
from svc_accounts.core.audit import AuditEntry, Place
from svc_accounts.core.guesses import Tries
from svc_accounts.core.invites import Invite
from svc_accounts.core.oidc import Attempt, Identity
from svc_accounts.core.reports import Kept, Reported
from svc_accounts.core.reports import State as ReportState
from svc_accounts.core.service_tokens import ServiceToken
from svc_accounts.core.sessions import Session
from svc_accounts.core.users import Credentials, Role, State, Suspension, User


class UserStore(Protocol):
    """Users and their credentials."""

    async def add_user(self, user: User, password_hash: str | None) -> bool:
        """Add a user, or return False if the user name is taken, or was: of many who want it at the same time one gets it.

        After UNAVAILABLE the user may exist all the same, and can then log in.
        """
        ...

    async def credentials(self, username: str) -> Credentials | None:
        """Return what a login as `username`, in lower case, is checked against."""
        ...

    async def replace_password(self, username: str, old: Credentials, password_hash: str) -> bool:
        """Let a user have another password, or return False if what a login is checked against is not `old` any more."""
        ...

    async def set_role(self, user: User, role: Role) -> bool:
        """Give a user a role, or return False if they are not there any more."""
        ...

    async def set_state(self, user: User, state: State) -> bool:
        """Let a user in or not, or return False if they are not there any more."""
        ...

    async def set_suspension(self, user: User, suspension: Suspension | None) -> bool:
        """Suspend a user, or no more, or return False if they are not there any more."""
        ...

    async def set_profile(self, user: User, display_name: str | None = None, avatar_file_id: str | None = None) -> bool:
        """Let a user be seen in another way; None leaves something as it is. Returns False if they are not there any more."""
        ...

    async def remove_user(self, user: User) -> None:
        """Remove a user who was added a moment ago, and let the user name be free again. Idempotent."""
        ...

    async def erase(self, user: User) -> None:
        """Leave nothing of a user but a tombstone, and never give the user name away again. Idempotent, also if it was begun."""
        ...

    async def user(self, user_id: UserId) -> User | None:
        """Return a user."""
        ...

    async def users(self, user_ids: Sequence[UserId]) -> list[User]:
        """Return the users, in the order of their ids, without those that don't exist."""
        ...


class SessionStore(Protocol):
    """Login sessions."""

    async def add_session(self, session: Session) -> None:
        """Add a session, under an id that is new."""
        ...

    async def session(self, user_id: UserId, session_id: SessionId) -> Session | None:
        """Return a session; one that has expired may be missing."""
        ...

    async def sessions(self, user_id: UserId) -> list[Session]:
        """Return every session of a user, in any order; those that have expired may be missing."""
        ...

    async def replace_session(self, old: Session, new: Session) -> bool:
        """Put `new` in the place of `old`, or return False if the session has another token by now, or has ended."""
        ...

    async def end_session(self, user_id: UserId, session_id: SessionId) -> bool:
        """End a session. Returns whether there was one."""
        ...


class InviteStore(Protocol):
    """Invites. Those that are too old go by themselves."""

    async def add_invite(self, invite: Invite) -> None:
        """Add an invite, under an id that is new or was taken."""
        ...

    async def invites(self) -> list[Invite]:
        """Return all, in any order; some of them may be too old."""
        ...

    async def take_invite(self, invite_id: str, code_hash: bytes) -> Invite | None:
        """Take an invite away and return it, or None if it is gone or its code is another: of many who want it at once one gets it."""
        ...

    async def remove_invite(self, invite_id: str) -> None:
        """Take an invite away. Idempotent."""
        ...


class ServiceTokenStore(Protocol):
    """Service tokens of bots."""

    async def add_token(self, token: ServiceToken) -> None:
        """Add a service token, under an id that is new."""
        ...

    async def token(self, user_id: UserId, token_id: str) -> ServiceToken | None:
        """Return a service token."""
        ...

    async def tokens(self, user_id: UserId) -> list[ServiceToken]:
        """Return every service token of a bot, in any order."""
        ...

    async def use_token(self, token: ServiceToken, used_at_ms: int) -> bool:
        """Note when a service token was used, or return False if it is gone."""
        ...

    async def rename_token(self, token: ServiceToken, session_id: SessionId) -> bool:
        """Let the connections of a service token be known by another name, or return False if it is gone."""
        ...

    async def remove_token(self, user_id: UserId, token_id: str) -> None:
        """Take a service token away. Idempotent."""
        ...


class AttemptStore(Protocol):
    """Logins that have begun at another provider. Those that took too long go by themselves."""

    async def add_attempt(self, attempt: Attempt) -> None:
        """Keep a login, under a state that is new."""
        ...

    async def take_attempt(self, state_hash: bytes) -> Attempt | None:
        """Take a login away and return it, or None if it is gone: of many who want it at once one gets it."""
        ...


class IdentityStore(Protocol):
    """Who of those whom another provider names is which user."""

    async def user_of(self, identity: Identity) -> UserId | None:
        """Return the user whom a provider has named."""
        ...

    async def link(self, identity: Identity, user_id: UserId) -> UserId:
        """Let a provider name a user, unless it names another by that already; return whom it names. Of many at once one is first."""
        ...

    async def unlink_all(self, user_id: UserId) -> None:
        """Let no provider name a user any more. Idempotent."""
        ...


class ErasureStore(Protocol):
    """Users who are being deleted."""

    async def add_erasure(self, user: User) -> None:
        """Note a user: whatever happens, they will be deleted. Idempotent."""
        ...

    async def erasures(self) -> list[User]:
        """Return some of those who are noted, with their ids and names."""
        ...

    async def remove_erasure(self, user_id: UserId) -> None:
        """Strike a user out. Idempotent."""
        ...


class EndingStore(Protocol):
    """Sessions that have ended, and of which presence is still to be told."""

    async def add_ending(self, user_id: UserId, session_id: SessionId) -> None:
        """Note a session. Idempotent."""
        ...

    async def endings(self) -> list[tuple[UserId, SessionId]]:
        """Return some of the sessions that are noted."""
        ...

    async def remove_ending(self, user_id: UserId, session_id: SessionId) -> None:
        """Strike a session out. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class Untold:
    """That presence may not know what a user has decided, at a version: `other_id` is whom they have blocked by that, or block no more."""

    user_id: UserId
    version: int
    other_id: UserId | None = None


class PreferenceStore(Protocol):
    """What users have decided about how they are seen, opaque here, and what of it presence may not know yet."""

    async def preferences(self, user_ids: Sequence[UserId]) -> list[bytes | None]:
        """Return what users have decided, in the order of their ids; None for one who has decided nothing."""
        ...

    async def replace_preferences(self, user_id: UserId, version: int, preferences: bytes) -> bool:
        """Put these in the place of those of the version before, or return False if another change came first. The first version is 1."""
        ...

    async def add_untold(self, untold: Untold) -> None:
        """Note what presence may not know. Idempotent."""
        ...

    async def untold(self) -> list[Untold]:
        """Return some of what is noted."""
        ...

    async def remove_untold(self, untold: Untold) -> None:
        """Strike out what was noted. Idempotent."""
        ...


class AuditStore(Protocol):
    """The calls of methods for administrators. They go by themselves after as long as they are kept."""

    async def add_call(self, entry: AuditEntry) -> None:
        """Note a call, or what came of one that is noted. Idempotent."""
        ...

    async def calls(self, day: int, before: Place, limit: int) -> list[AuditEntry]:
        """Return calls of a day that are older than a place, the newest first."""
        ...


class ReportStore(Protocol):
    """What users have reported."""

    async def add_report(self, report: Kept, reporter_id: UserId, subject: str) -> None:
        """Keep a report, under an id that is new, and note for a day that its reporter has made it."""
        ...

    async def reported(self, reporter_id: UserId) -> list[Reported]:
        """Return what a user has reported within a day, in any order."""
        ...

    async def report(self, report_id: str) -> Kept | None:
        """Return a report."""
        ...

    async def replace_report(self, report: Kept, before: ReportState) -> bool:
        """Put a report in the place of that of the version before, which was in another state or the same, or return False if another
        change came first.
        """
        ...

    async def reports(self, state: ReportState, before_id: str, limit: int) -> list[Kept]:
        """Return reports that are in a state, the newest first: those that are older than one, or all if that is empty."""
        ...


class TryStore(Protocol):
    """How many wrong passwords there were in a row; forgotten a day after the last one."""

    async def tries(self, who: str) -> Tries | None:
        """Return a count."""
        ...

    async def replace_tries(self, who: str, old: Tries | None, new: Tries | None) -> bool:
        """Put one count in the place of another, or return False if it is not that one any more."""
        ...

    async def forget_tries(self, who: str) -> None:
        """Begin to count anew. Idempotent."""
        ...


class Stores(Protocol):
    """Every store."""

    @property
    def users(self) -> UserStore: ...
    @property
    def sessions(self) -> SessionStore: ...
    @property
    def tries(self) -> TryStore: ...
    @property
    def invites(self) -> InviteStore: ...
    @property
    def service_tokens(self) -> ServiceTokenStore: ...
    @property
    def attempts(self) -> AttemptStore: ...
    @property
    def identities(self) -> IdentityStore: ...
    @property
    def erasures(self) -> ErasureStore: ...
    @property
    def endings(self) -> EndingStore: ...
    @property
    def preferences(self) -> PreferenceStore: ...
    @property
    def audit(self) -> AuditStore: ...
    @property
    def reports(self) -> ReportStore: ...
