"""Users in Cassandra: who has a name is decided by a lightweight transaction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chatkit.core.ids import UserId, is_uuid
from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements, milliseconds
from svc_accounts.core.users import Credentials, Role, State, Suspension, User, name_hash, tombstone

ADD_USER = (
    "INSERT INTO elastic_chat_accounts.users (user_id, username, display_name, created_at, role, state, bot) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
REMOVE_USER = "DELETE FROM elastic_chat_accounts.users WHERE user_id = ?"
USER = (
    "SELECT user_id, username, display_name, created_at, role, state, bot, suspended_until, suspended_because, avatar_file_id"
    " FROM elastic_chat_accounts.users WHERE user_id = ?"
)
# whose name is another, or none, is another user, or gone
SET_ROLE = "UPDATE elastic_chat_accounts.users SET role = ? WHERE user_id = ? IF username = ?"
SET_STATE = "UPDATE elastic_chat_accounts.users SET state = ? WHERE user_id = ? IF username = ?"
SUSPEND = "UPDATE elastic_chat_accounts.users SET suspended_until = ?, suspended_because = ? WHERE user_id = ? IF username = ?"
SET_NAME = "UPDATE elastic_chat_accounts.users SET display_name = ? WHERE user_id = ? IF username = ?"
SET_AVATAR = "UPDATE elastic_chat_accounts.users SET avatar_file_id = ? WHERE user_id = ? IF username = ?"
SET_PROFILE = "UPDATE elastic_chat_accounts.users SET display_name = ?, avatar_file_id = ? WHERE user_id = ? IF username = ?"
CLAIM_USERNAME = "INSERT INTO elastic_chat_accounts.credentials (username, user_id, password_hash) VALUES (?, ?, ?) IF NOT EXISTS"
CREDENTIALS = "SELECT user_id, password_hash FROM elastic_chat_accounts.credentials WHERE username = ?"
OTHER_HASH = "UPDATE elastic_chat_accounts.credentials SET password_hash = ? WHERE username = ? IF user_id = ? AND password_hash = ?"
RETIRE_NAME = "INSERT INTO elastic_chat_accounts.retired_names (name_hash) VALUES (?)"
RETIRED_NAME = "SELECT name_hash FROM elastic_chat_accounts.retired_names WHERE name_hash = ?"
FREE_USERNAME = "DELETE FROM elastic_chat_accounts.credentials WHERE username = ? IF user_id = ?"
# also if that was done before: then there is no name any more
ERASE = (
    "UPDATE elastic_chat_accounts.users SET username = null, display_name = null, created_at = null, role = null, bot = null,"
    " suspended_until = null, suspended_because = null, avatar_file_id = null, state = 'deleted' WHERE user_id = ? IF username = ?"
)

QUERIES = (
    ADD_USER,
    REMOVE_USER,
    USER,
    SET_ROLE,
    SET_STATE,
    SUSPEND,
    SET_NAME,
    SET_AVATAR,
    SET_PROFILE,
    CLAIM_USERNAME,
    CREDENTIALS,
    OTHER_HASH,
    RETIRE_NAME,
    RETIRED_NAME,
    FREE_USERNAME,
    ERASE,
)


class CassandraUserStore:
    """A UserStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_user(self, user: User, password_hash: str | None) -> bool:
        # The profile comes first: a name without a profile could never be used again, a profile without a name is found by nobody.
        user_id = UUID(user.user_id)
        await self._run.rows(ADD_USER, user_id, user.username, user.display_name, user.created_at_ms, user.role, user.state, user.is_bot)
        claimed = await self._run.applied(CLAIM_USERNAME, user.username, user_id, password_hash)
        # after the name is claimed: it is retired before it is free
        if claimed and await self._run.rows(RETIRED_NAME, name_hash(user.username)):
            await self._run.applied(FREE_USERNAME, user.username, user_id)
            claimed = False
        if not claimed:
            await self._run.rows(REMOVE_USER, user_id)
        return claimed

    async def credentials(self, username: str) -> Credentials | None:
        rows = await self._run.rows(CREDENTIALS, username)
        return Credentials(UserId(str(rows[0].user_id)), rows[0].password_hash) if rows else None

    async def replace_password(self, username: str, old: Credentials, password_hash: str) -> bool:
        return await self._run.applied(OTHER_HASH, password_hash, username, UUID(old.user_id), old.password_hash)

    async def set_role(self, user: User, role: Role) -> bool:
        return await self._run.applied(SET_ROLE, role, UUID(user.user_id), user.username)

    async def set_state(self, user: User, state: State) -> bool:
        return await self._run.applied(SET_STATE, state, UUID(user.user_id), user.username)

    async def set_suspension(self, user: User, suspension: Suspension | None) -> bool:
        ends_ms, reason = (suspension.ends_ms, suspension.reason) if suspension else (None, None)
        return await self._run.applied(SUSPEND, ends_ms, reason, UUID(user.user_id), user.username)

    async def set_profile(self, user: User, display_name: str | None = None, avatar_file_id: str | None = None) -> bool:
        who, file_id = (UUID(user.user_id), user.username), UUID(avatar_file_id) if avatar_file_id else None
        if avatar_file_id is None:
            return await self._run.applied(SET_NAME, display_name or user.display_name, *who)
        if display_name is None:
            return await self._run.applied(SET_AVATAR, file_id, *who)
        return await self._run.applied(SET_PROFILE, display_name, file_id, *who)

    async def remove_user(self, user: User) -> None:
        await self._run.applied(FREE_USERNAME, user.username, UUID(user.user_id))
        await self._run.rows(REMOVE_USER, UUID(user.user_id))

    async def erase(self, user: User) -> None:
        await self._run.rows(RETIRE_NAME, name_hash(user.username))
        await self._run.applied(FREE_USERNAME, user.username, UUID(user.user_id))
        await self._run.applied(ERASE, UUID(user.user_id), user.username)

    async def user(self, user_id: UserId) -> User | None:
        return next(iter(await self.users([user_id])), None)

    async def users(self, user_ids: Sequence[UserId]) -> list[User]:
        found = await self._run.rows_of_each(USER, [(UUID(user_id),) for user_id in user_ids if is_uuid(user_id)])
        return [_user(row) for rows in found for row in rows]


def _user(row: Row) -> User:
    if row.state == State.DELETED:
        return tombstone(UserId(str(row.user_id)))
    return User(
        UserId(str(row.user_id)),
        row.username,
        row.display_name,
        milliseconds(row.created_at),
        Role(row.role or Role.USER),
        State(row.state or State.ACTIVE),
        bool(row.bot),
        Suspension(milliseconds(row.suspended_until), row.suspended_because) if row.suspended_until else None,
        str(row.avatar_file_id or ""),
    )
