"""In which messages files are, in Cassandra."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice
from uuid import UUID

from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.edges.cassandra import Row
from chatkit.edges.statements import Statements, milliseconds
from svc_files.core.files import FileId, Posting

# The place and whom it is for are columns that this leaves alone: who notes a posting again does not forget them.
ADD = "INSERT INTO elastic_chat_files.postings (file_id, conversation_id, message_id, sender_id, posted_at) VALUES (?, ?, ?, ?, ?)"
ADD_TO_MESSAGE = "INSERT INTO elastic_chat_files.files_by_message (file_id, conversation_id, message_id, sender_id) VALUES (?, ?, ?, ?)"
POSTINGS = "SELECT conversation_id, message_id, sender_id, posted_at, seq, for_all FROM elastic_chat_files.postings WHERE file_id = ?"
POSTINGS_IN = (
    "SELECT conversation_id, message_id, sender_id, posted_at, seq, for_all FROM elastic_chat_files.postings"
    " WHERE file_id = ? AND conversation_id IN ?"
)
OF_MESSAGE = "SELECT file_id, sender_id FROM elastic_chat_files.files_by_message WHERE conversation_id = ? AND message_id = ?"
CONFIRM = (
    "UPDATE elastic_chat_files.postings SET seq = ?, for_all = ?"
    " WHERE file_id = ? AND conversation_id = ? AND message_id = ? AND sender_id = ? IF EXISTS"
)
REMOVE = "DELETE FROM elastic_chat_files.postings WHERE file_id = ? AND conversation_id = ? AND message_id = ? AND sender_id = ?"
REMOVE_FROM_MESSAGE = (
    "DELETE FROM elastic_chat_files.files_by_message WHERE file_id = ? AND conversation_id = ? AND message_id = ? AND sender_id = ?"
)

QUERIES = (ADD, ADD_TO_MESSAGE, POSTINGS, POSTINGS_IN, OF_MESSAGE, CONFIRM, REMOVE, REMOVE_FROM_MESSAGE)

AT_ONCE = 100
"""Conversations that one query asks for."""


class CassandraPostingStore:
    """A PostingStore."""

    def __init__(self, statements: Statements) -> None:
        self._run = statements

    async def add_postings(self, postings: Sequence[Posting]) -> None:
        # What a message has first: whatever is noted of a file can then be found by its message.
        await self._run.rows_of_each(ADD_TO_MESSAGE, [_key(one) for one in postings])
        await self._run.rows_of_each(ADD, [(*_key(one), one.posted_at_ms) for one in postings])

    async def postings(self, file_id: FileId, conversations: Collection[ConversationId] | None = None) -> list[Posting]:
        if conversations is None:
            return [_posting(file_id, row) for row in await self._run.rows(POSTINGS, UUID(file_id))]
        asked = iter(map(UUID, sorted(conversations)))
        some = iter(lambda: list(islice(asked, AT_ONCE)), [])
        found = await self._run.rows_of_each(POSTINGS_IN, [(UUID(file_id), each) for each in some])
        return [_posting(file_id, row) for rows in found for row in rows]

    async def files_of(self, conversation_id: ConversationId, message_id: MessageId) -> list[tuple[FileId, UserId]]:
        rows = await self._run.rows(OF_MESSAGE, UUID(conversation_id), UUID(message_id))
        return [(FileId(str(row.file_id)), UserId(str(row.sender_id))) for row in rows]

    async def confirm(self, posting: Posting) -> None:
        await self._run.applied(CONFIRM, posting.seq, posting.for_all, *_key(posting))

    async def remove_postings(self, postings: Sequence[Posting]) -> None:
        await self._run.rows_of_each(REMOVE, [_key(one) for one in postings])
        await self._run.rows_of_each(REMOVE_FROM_MESSAGE, [_key(one) for one in postings])


def _key(posting: Posting) -> tuple[UUID, UUID, UUID, UUID]:
    return UUID(posting.file_id), UUID(posting.conversation_id), UUID(posting.message_id), UUID(posting.sender_id)


def _posting(file_id: FileId, row: Row) -> Posting:
    return Posting(
        file_id,
        ConversationId(str(row.conversation_id)),
        MessageId(str(row.message_id)),
        UserId(str(row.sender_id)),
        milliseconds(row.posted_at),
        row.seq or 0,
        bool(row.for_all),
    )
