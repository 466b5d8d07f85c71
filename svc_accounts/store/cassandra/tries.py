"""Counts of wrong passwords in Cassandra. Every write is a lightweight transaction: two tries at the same time are two."""

from __future__ import annotations

from chatkit.edges.statements import Statements, milliseconds
from svc_accounts.core.guesses import FORGOTTEN_S, Tries

TRIES = "SELECT failures, not_before FROM elastic_chat_accounts.tries WHERE who = ?"
FIRST = "INSERT INTO elastic_chat_accounts.tries (who, failures, not_before) VALUES (?, ?, ?) IF NOT EXISTS USING TTL ?"
NEXT = "UPDATE elastic_chat_accounts.tries USING TTL ? SET failures = ?, not_before = ? WHERE who = ? IF failures = ? AND not_before = ?"
NONE = "DELETE FROM elastic_chat_accounts.tries WHERE who = ? IF failures = ? AND not_before = ?"
FORGET = "DELETE FROM elastic_chat_accounts.tries WHERE who = ? IF EXISTS"

QUERIES = (TRIES, FIRST, NEXT, NONE, FORGET)


class CassandraTryStore:
    """A TryStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def tries(self, who: str) -> Tries | None:
        rows = await self._run.rows(TRIES, who)
        return Tries(rows[0].failures, milliseconds(rows[0].not_before)) if rows else None

    async def replace_tries(self, who: str, old: Tries | None, new: Tries | None) -> bool:
        if new is None:
            return old is not None and await self._run.applied(NONE, who, old.failures, old.not_before_ms)
        if old is None:
            return await self._run.applied(FIRST, who, new.failures, new.not_before_ms, FORGOTTEN_S)
        return await self._run.applied(NEXT, FORGOTTEN_S, new.failures, new.not_before_ms, who, old.failures, old.not_before_ms)

    async def forget_tries(self, who: str) -> None:
        await self._run.applied(FORGET, who)
