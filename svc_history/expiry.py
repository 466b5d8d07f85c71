"""What has expired: readers are shown that there was something at a place, and nothing of what it was.

The place stays, so that pages, cursors and counts are what they were. Whoever asks for a message by itself, for those that are pinned or
in a thread, or for what others have made of it, does not find it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatkit.rpc.expiry import has_expired
from elastic_chat.events.v1 import log_pb2
from svc_history.core import Stored

MARK = b"\x9a\x01"
"""How expires_at (field 19) begins in a serialised entry: one that does not have it need not be read."""


def expires_ms(stored: Stored) -> int:
    """Return the Unix millisecond in which an entry expires, or 0 if it never does."""
    if MARK not in stored.entry:
        return 0
    return log_pb2.LogEntry.FromString(stored.entry).expires_at.ToMilliseconds()


def is_there(stored: Stored, now_ms: int) -> bool:
    """Tell whether an entry may be shown."""
    return MARK not in stored.entry or not has_expired(log_pb2.LogEntry.FromString(stored.entry), now_ms)


def blanked(entries: Iterable[Stored], now_ms: int) -> list[Stored]:
    """Return entries as they may be shown: of what has expired nothing but its place."""
    return [one if is_there(one, now_ms) else _blank(one) for one in entries]


def there(entries: Sequence[Stored], now_ms: int) -> list[Stored]:
    """Return those entries that may be shown."""
    return [one for one in entries if is_there(one, now_ms)]


def _blank(stored: Stored) -> Stored:
    entry = log_pb2.LogEntry.FromString(stored.entry)
    place = log_pb2.LogEntry(
        conversation_id=entry.conversation_id,
        seq=entry.seq,
        ordinal=entry.ordinal,
        expires_at=entry.expires_at,
    )
    return Stored(stored.seq, place.SerializeToString())
