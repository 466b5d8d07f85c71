"""When entries disappear, on the wire."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2


def expiring(at_s: int) -> bytes:
    """Return what makes a serialised entry, behind which it stands, one that disappears."""
    return log_pb2.LogEntry(expires_at=Timestamp(seconds=at_s)).SerializeToString()


def has_expired(entry: log_pb2.LogEntry | entry_pb2.Entry, now_ms: int) -> bool:
    """Tell whether nobody is to be shown an entry any more."""
    return entry.HasField("expires_at") and entry.expires_at.seconds * 1000 <= now_ms
