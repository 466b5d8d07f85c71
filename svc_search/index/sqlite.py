"""The index in SQLite: one file for each part of the log, with the words in FTS5 and, in the same transaction, from where to go on.

A message has its rank for a rowid, so that FTS5 gives the newest first without looking at all of them. What is deleted leaves nothing
behind: FTS5 takes its words out of the lists instead of noting that they do not count (`secure-delete`), SQLite writes zeros over what is
freed (`secure_delete`), and `settle` empties the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import ParamSpec, TypeVar

import apsw
import structlog

from chatkit.core.finding import Has
from chatkit.core.ids import ConversationId
from svc_search.core.criteria import Found, Hit, Position, Question, rank_of
from svc_search.core.documents import Change, Document, Erasure, Rewording
from svc_search.index import BrokenIndexError
from svc_search.index.expression import besides, expression, marks, sayings

log = structlog.get_logger()

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

VERSION = 2
"""Of what is in a file, and of how words are told apart: a file of another is built anew."""
SCANNED = 4000
"""Messages of whatever conversation that are looked at before those that count are looked for by themselves."""
FEW = 8
"""So few conversations are looked for by themselves at once."""
AT_ONCE = 400
"""Conversations in one question to FTS5."""
CACHE_KIB = 8 * 1024
MAPPED = 256 * 1024 * 1024
JOURNAL_BYTES = 4 * 1024 * 1024

SCHEMA = """
CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, next_offset INTEGER);
CREATE TABLE conversations (number INTEGER PRIMARY KEY, conversation_id TEXT NOT NULL UNIQUE);
CREATE TABLE senders (number INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE);
CREATE TABLE documents (
  rank INTEGER PRIMARY KEY,
  conversation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  worded INTEGER NOT NULL,
  expires_s INTEGER NOT NULL,
  UNIQUE (conversation, seq)
) STRICT;
CREATE INDEX expiring ON documents (expires_s) WHERE expires_s > 0;
-- What has become of messages that are not there: they may still come, if they were set aside and are sent into the log again.
CREATE TABLE ahead (
  conversation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  worded INTEGER NOT NULL,
  said TEXT,
  has_link INTEGER NOT NULL,
  expires_s INTEGER NOT NULL,
  PRIMARY KEY (conversation, seq)
) WITHOUT ROWID;
CREATE INDEX fading ON ahead (expires_s) WHERE expires_s > 0;
CREATE VIRTUAL TABLE words USING fts5 (said, beside, marks, tokenize = 'ascii', prefix = '2 3');
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
INSERT INTO state VALUES (1, %d, NULL);
"""
LOOK = (
    "SELECT words.rowid, d.conversation, d.seq FROM words CROSS JOIN documents AS d ON d.rank = words.rowid"
    " WHERE words MATCH ? AND words.rowid >= ? AND words.rowid < ? ORDER BY words.rowid DESC"
)
DELETED = 2**62
"""The words of what is deleted are newer than all others."""


def _whole(method: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Say of a file that SQLite can't read that the index is broken."""

    @wraps(method)
    def told(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
        try:
            return method(*arguments, **named)
        except (apsw.CorruptError, apsw.NotADBError) as error:
            raise BrokenIndexError(str(error)) from error

    return told


class SqliteIndex:
    """One file. One connection writes, and as many read as there are threads that do."""

    def __init__(self, path: Path, partition: int) -> None:
        self._path = path
        self._partition = partition
        self._writer = _connect(path)
        if not list(self._writer.execute("SELECT name FROM sqlite_master LIMIT 1")):
            with self._writer:
                self._writer.execute(SCHEMA % VERSION)
        self._readers: SimpleQueue[apsw.Connection] = SimpleQueue()
        self._conversations: dict[str, int] = dict(self._writer.execute("SELECT conversation_id, number FROM conversations"))
        self._senders: dict[str, int] = dict(self._writer.execute("SELECT user_id, number FROM senders"))

    @property
    def is_of_now(self) -> bool:
        """Whether what the file has is of the version that this program makes."""
        version: int = self._writer.execute("SELECT version FROM state").get
        return version == VERSION

    @property
    def next_offset(self) -> int | None:
        offset: int | None = self._writer.execute("SELECT next_offset FROM state").get
        return offset

    @_whole
    def apply(self, changes: Sequence[Change], next_offset: int | None) -> None:
        try:
            with self._writer:
                for change in changes:
                    self._take(change)
                self._writer.execute("UPDATE state SET next_offset = ?", (next_offset,))
        except BaseException:
            # What was numbered in a transaction that is not there has no number.
            self._conversations = dict(self._writer.execute("SELECT conversation_id, number FROM conversations"))
            self._senders = dict(self._writer.execute("SELECT user_id, number FROM senders"))
            raise

    def _take(self, change: Change) -> None:
        conversation = self._number("conversations", "conversation_id", change.conversation_id, self._conversations)
        key = (conversation, change.seq)
        known = self._writer.execute("SELECT rank, worded FROM documents WHERE conversation = ? AND seq = ?", key).fetchone()
        match change:
            case Document() if known is None:
                self._put(change, key)
            case Rewording() if known is None:
                self._note(key, change.worded, sayings(change.said), has_link=change.has_link, expires_s=change.expires_s)
            case Rewording() if known is not None and known[1] < change.worded:
                self._reword(known[0], change.worded, sayings(change.said), has_link=change.has_link)
            case Erasure():
                self._note(key, DELETED, None, has_link=False)
                if known is not None:
                    self._erase(known[0])
            case _:
                """It is known already."""

    def _put(self, document: Document, key: tuple[int, int]) -> None:
        ahead = self._writer.execute("SELECT worded, said, has_link FROM ahead WHERE conversation = ? AND seq = ?", key).fetchone()
        if ahead is not None and ahead[1] is None:
            return
        rank = rank_of(document.accepted_ms, document.seq)
        while self._writer.execute("SELECT 1 FROM documents WHERE rank = ?", (rank,)).get is not None:
            rank += 1
        sender = self._number("senders", "user_id", document.sender_id, self._senders)
        self._writer.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", (rank, *key, document.worded, document.expires_s))
        self._writer.execute(
            "INSERT INTO words (rowid, said, beside, marks) VALUES (?, ?, ?, ?)",
            (rank, sayings(document.said), besides(document.beside), marks(key[0], sender, document.has)),
        )
        if ahead is not None:
            self._reword(rank, ahead[0], ahead[1], has_link=ahead[2])
            self._writer.execute("DELETE FROM ahead WHERE conversation = ? AND seq = ?", key)

    def _reword(self, rank: int, worded: int, said: str, *, has_link: bool) -> None:
        marked = self._writer.execute("SELECT marks FROM words WHERE rowid = ?", (rank,)).get.split()
        kept = [mark for mark in marked if mark != f"h{Has.LINK}"] + [f"h{Has.LINK}"] * has_link
        self._writer.execute("UPDATE words SET said = ?, marks = ? WHERE rowid = ?", (said, " ".join(kept), rank))
        self._writer.execute("UPDATE documents SET worded = ? WHERE rank = ?", (worded, rank))

    def _note(self, key: tuple[int, int], worded: int, said: str | None, *, has_link: bool, expires_s: int = 0) -> None:
        self._writer.execute(
            "INSERT INTO ahead VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET worded = excluded.worded, said = excluded.said,"
            " has_link = excluded.has_link, expires_s = excluded.expires_s WHERE worded < excluded.worded",
            (*key, worded, said, has_link, expires_s),
        )

    def _erase(self, rank: int) -> None:
        self._writer.execute("DELETE FROM words WHERE rowid = ?", (rank,))
        self._writer.execute("DELETE FROM documents WHERE rank = ?", (rank,))

    def _number(self, table: str, column: str, name: str, known: dict[str, int]) -> int:
        """Return the number by which something is called here, which it gets when it is first heard of."""
        number = known.get(name)
        if number is None:
            self._writer.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (name,))  # noqa: S608 - our own names
            number = known[name] = self._writer.last_insert_rowid()
        return number

    @_whole
    def find(self, question: Question) -> Found:
        wanted = {self._conversations[one]: since for one, since in question.places.items() if one in self._conversations}
        criteria = question.criteria
        senders = [self._senders[one] for one in criteria.senders if one in self._senders]
        if not wanted or (criteria.senders and not senders):
            return Found([], has_more=False)
        others = [self._senders[one] for one in criteria.other_senders if one in self._senders]
        names = {number: one for one in question.places if (number := self._conversations.get(one)) in wanted}
        below, hits = question.below(self._partition), list[Hit]()
        with self._reading() as reader:
            if len(wanted) > FEW:
                # Most often what is looked for is among the newest that have these words, or there are few of those in all.
                looked = 0
                for rank, conversation, seq in reader.execute(LOOK, (expression(criteria, senders, others), question.least, below)):
                    if seq >= wanted.get(conversation, seq + 1):
                        hits.append(self._hit(rank, names[conversation], seq))
                    below, looked = rank, looked + 1
                    if len(hits) > question.count or looked >= SCANNED:
                        break
                else:
                    return Found(hits, has_more=False)
            if len(hits) <= question.count:
                hits += self._by_conversation(reader, question, senders, others, wanted, names, below)
        hits.sort(reverse=True)
        return Found(hits[: question.count], len(hits) > question.count)

    def _by_conversation(
        self,
        reader: apsw.Connection,
        question: Question,
        senders: Sequence[int],
        others: Sequence[int],
        wanted: Mapping[int, int],
        names: Mapping[int, ConversationId],
        below: int,
    ) -> Iterator[Hit]:
        """Yield what there is in conversations, of each few of them as much as was asked for, and one more."""
        numbers = sorted(wanted)
        for begin in range(0, len(numbers), AT_ONCE):
            some, found = numbers[begin : begin + AT_ONCE], 0
            asked = expression(question.criteria, senders, others, some)
            for rank, conversation, seq in reader.execute(LOOK, (asked, question.least, below)):
                if seq >= wanted[conversation]:
                    yield self._hit(rank, names[conversation], seq)
                    found += 1
                if found > question.count:
                    break

    def _hit(self, rank: int, conversation_id: ConversationId, seq: int) -> Hit:
        return Hit(Position(rank, self._partition), conversation_id, seq)

    @contextmanager
    def _reading(self) -> Iterator[apsw.Connection]:
        try:
            reader = self._readers.get_nowait()
        except Empty:
            reader = _connect(self._path, reads=True)
        try:
            yield reader
        finally:
            self._readers.put(reader)

    @_whole
    def let_go(self, now_s: int) -> int:
        gone = list(self._writer.execute("SELECT rank FROM documents WHERE expires_s > 0 AND expires_s <= ?", (now_s,)))
        with self._writer:
            for (rank,) in gone:
                self._erase(rank)
            self._writer.execute("DELETE FROM ahead WHERE expires_s > 0 AND expires_s <= ?", (now_s,))
        return len(gone)

    @_whole
    def settle(self) -> None:
        try:
            self._writer.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:
            log.debug("index_is_read", partition=self._partition)  # the next time will do

    @_whole
    def compact(self) -> None:
        self._writer.execute("INSERT INTO words (words) VALUES ('optimize')")

    @_whole
    def count(self) -> int:
        with self._reading() as reader:
            number: int = reader.execute("SELECT COUNT(*) FROM documents").get
        return number

    def close(self) -> None:
        while not self._readers.empty():
            self._readers.get_nowait().close()
        self._writer.close()


class SqliteShelf:
    """A folder with a file for each part of the log."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def open(self, partition: int) -> SqliteIndex:
        try:
            index = SqliteIndex(self._path(partition), partition)
            if index.is_of_now:
                return index
            index.close()
        except apsw.Error as error:
            log.warning("index_broken", partition=partition, error=str(error))
        return self.anew(partition)

    def anew(self, partition: int) -> SqliteIndex:
        self._delete(partition)
        return SqliteIndex(self._path(partition), partition)

    def keep_only(self, partitions: frozenset[int]) -> None:
        for path in self._folder.glob("*.sqlite"):
            if path.stem.isdecimal() and int(path.stem) not in partitions:
                self._delete(int(path.stem))

    def _path(self, partition: int) -> Path:
        return self._folder / f"{partition}.sqlite"

    def _delete(self, partition: int) -> None:
        for ending in ("", "-wal", "-shm"):
            path = self._path(partition)
            path.with_name(path.name + ending).unlink(missing_ok=True)


def _connect(path: Path, *, reads: bool = False) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(5000)
    connection.pragma("cache_size", -CACHE_KIB)
    connection.pragma("mmap_size", MAPPED)
    if reads:
        connection.pragma("query_only", True)
        return connection
    connection.pragma("page_size", 8192)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "normal")
    connection.pragma("secure_delete", "on")
    connection.pragma("journal_size_limit", JOURNAL_BYTES)
    return connection
