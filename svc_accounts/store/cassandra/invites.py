"""Invites in Cassandra, in one partition: there are few. Who gets one is decided by a lightweight transaction."""

from __future__ import annotations

from uuid import UUID

from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements, milliseconds
from svc_accounts.core.invites import Invite

ADD_INVITE = (
    "INSERT INTO elastic_chat_accounts.invites (part, invite_id, code_hash, created_by, created_at, expires_at)"
    " VALUES (0, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?"
)
INVITES = "SELECT invite_id, code_hash, created_by, created_at, expires_at FROM elastic_chat_accounts.invites WHERE part = 0"
INVITE = (
    "SELECT invite_id, code_hash, created_by, created_at, expires_at FROM elastic_chat_accounts.invites WHERE part = 0 AND invite_id = ?"
)
TAKE_INVITE = "DELETE FROM elastic_chat_accounts.invites WHERE part = 0 AND invite_id = ? IF code_hash = ?"
REMOVE_INVITE = "DELETE FROM elastic_chat_accounts.invites WHERE part = 0 AND invite_id = ? IF EXISTS"

QUERIES = (ADD_INVITE, INVITES, INVITE, TAKE_INVITE, REMOVE_INVITE)


class CassandraInviteStore:
    """An InviteStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_invite(self, invite: Invite) -> None:
        created_by = UUID(invite.created_by) if invite.created_by else None
        times = (invite.created_at_ms, invite.expires_at_ms, -(-(invite.expires_at_ms - invite.created_at_ms) // 1000))
        await self._run.applied(ADD_INVITE, UUID(invite.invite_id), invite.code_hash, created_by, *times)

    async def invites(self) -> list[Invite]:
        return [_invite(row) for row in await self._run.rows(INVITES)]

    async def take_invite(self, invite_id: str, code_hash: bytes) -> Invite | None:
        rows = await self._run.rows(INVITE, UUID(invite_id))
        if not rows or not await self._run.applied(TAKE_INVITE, UUID(invite_id), code_hash):
            return None
        return _invite(rows[0])

    async def remove_invite(self, invite_id: str) -> None:
        await self._run.applied(REMOVE_INVITE, UUID(invite_id))


def _invite(row: Row) -> Invite:
    created_by = str(row.created_by) if row.created_by else ""
    return Invite(str(row.invite_id), row.code_hash, created_by, milliseconds(row.created_at), milliseconds(row.expires_at))
