"""Logins by another provider in Cassandra, and whom it names."""

from __future__ import annotations

from uuid import UUID

from chatkit.core.ids import UserId
from chatkit.edges.statements import Statements, milliseconds
from svc_accounts.core.oidc import ATTEMPT_S, Attempt, Identity

ADD_ATTEMPT = (
    "INSERT INTO elastic_chat_accounts.oidc_attempts (state_hash, secret_hash, nonce, code_verifier, redirect_uri, expires_at)"
    " VALUES (?, ?, ?, ?, ?, ?) IF NOT EXISTS USING TTL ?"
)
ATTEMPT = (
    "SELECT state_hash, secret_hash, nonce, code_verifier, redirect_uri, expires_at"
    " FROM elastic_chat_accounts.oidc_attempts WHERE state_hash = ?"
)
TAKE_ATTEMPT = "DELETE FROM elastic_chat_accounts.oidc_attempts WHERE state_hash = ? IF EXISTS"
USER_OF = "SELECT user_id FROM elastic_chat_accounts.identities WHERE issuer = ? AND subject = ?"
LINK = "INSERT INTO elastic_chat_accounts.identities (issuer, subject, user_id) VALUES (?, ?, ?) IF NOT EXISTS"
UNLINK = "DELETE FROM elastic_chat_accounts.identities WHERE issuer = ? AND subject = ? IF user_id = ?"
NOTE = "INSERT INTO elastic_chat_accounts.identities_of_user (user_id, issuer, subject) VALUES (?, ?, ?)"
UNNOTE = "DELETE FROM elastic_chat_accounts.identities_of_user WHERE user_id = ? AND issuer = ? AND subject = ?"
NOTES = "SELECT issuer, subject FROM elastic_chat_accounts.identities_of_user WHERE user_id = ?"
FORGET = "DELETE FROM elastic_chat_accounts.identities_of_user WHERE user_id = ?"

QUERIES = (ADD_ATTEMPT, ATTEMPT, TAKE_ATTEMPT, USER_OF, LINK, UNLINK, NOTE, UNNOTE, NOTES, FORGET)


class CassandraAttemptStore:
    """An AttemptStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_attempt(self, attempt: Attempt) -> None:
        texts = (attempt.nonce, attempt.code_verifier, attempt.redirect_uri)
        hashes = (attempt.state_hash, attempt.secret_hash)
        await self._run.applied(ADD_ATTEMPT, *hashes, *texts, attempt.expires_at_ms, ATTEMPT_S)

    async def take_attempt(self, state_hash: bytes) -> Attempt | None:
        rows = await self._run.rows(ATTEMPT, state_hash)
        if not rows or not await self._run.applied(TAKE_ATTEMPT, state_hash):
            return None
        (row,) = rows
        hashes = (row.state_hash, row.secret_hash)
        return Attempt(*hashes, row.nonce, row.code_verifier, row.redirect_uri, milliseconds(row.expires_at))


class CassandraIdentityStore:
    """An IdentityStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def user_of(self, identity: Identity) -> UserId | None:
        rows = await self._run.rows(USER_OF, identity.issuer, identity.subject)
        return UserId(str(rows[0].user_id)) if rows else None

    async def link(self, identity: Identity, user_id: UserId) -> UserId:
        # noted first: what is not noted could not be unlinked
        await self._run.rows(NOTE, UUID(user_id), identity.issuer, identity.subject)
        (row,) = await self._run.rows(LINK, identity.issuer, identity.subject, UUID(user_id))
        if row.applied or str(row.user_id) == user_id:
            return user_id
        await self._run.rows(UNNOTE, UUID(user_id), identity.issuer, identity.subject)
        return UserId(str(row.user_id))

    async def unlink_all(self, user_id: UserId) -> None:
        for row in await self._run.rows(NOTES, UUID(user_id)):
            await self._run.applied(UNLINK, row.issuer, row.subject, UUID(user_id))
        await self._run.rows(FORGET, UUID(user_id))
