"""What the index has of a message, and what changes that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chatkit.core.finding import Has
from chatkit.core.ids import ConversationId, UserId


@dataclass(frozen=True, slots=True)
class Document:
    """A message: its text, what stands beside that (the names of its files, the options of a poll), and what is asked of it besides.

    `worded` is the seq of the entry whose words it has; `expires_s` the Unix second in which it disappears, or 0.
    """

    conversation_id: ConversationId
    seq: int
    sender_id: UserId
    accepted_ms: int
    said: str
    beside: Sequence[str] = ()
    has: frozenset[Has] = frozenset()
    worded: int = 0
    expires_s: int = 0


@dataclass(frozen=True, slots=True)
class Rewording:
    """A message says something else, since the entry at `worded`; `expires_s` is the Unix second in which both disappear, or 0."""

    conversation_id: ConversationId
    seq: int
    worded: int
    said: str
    has_link: bool
    expires_s: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """A message is deleted."""

    conversation_id: ConversationId
    seq: int


Change: TypeAlias = Document | Rewording | Erasure
