"""The rules of the conversation log that more than one service must know."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntFlag, StrEnum

from chatkit.core.errors import ChatError, Reason

BUCKET_SIZE = 1024
"""Seqs in one Cassandra partition: at 1 kB a message it stays at 1 MB, and never passes a few MB but for abuse."""

MAX_TEXT_BYTES = 16 * 1024
MAX_DELTA_BYTES = 4 * 1024
MAX_TITLE = 128
MAX_ADDED = 500
"""Users that one command can bring into a conversation."""
MAX_MENTIONS = 100
MAX_ATTACHMENTS = 20
MAX_FRAME_BYTES = 64 * 1024
LIVELY_MEMBERS = 100
"""In a conversation of more, nobody is told who has got or read what, nor who is typing: 500 readers would make 500 frames each. Receipts
are looked up there.
"""


class Permission(IntFlag):
    """What a member may do; the sum is Member.permissions."""

    READ = 1
    WRITE = 2
    ADD = 4
    REMOVE = 8
    ADMINISTER = 16
    PIN = 32
    MENTION_ALL = 64
    MODERATE = 128
    INVITE = 256
    OWN = 512


class Role(StrEnum):
    """A set of permissions that has a name."""

    OWNER = "OWNER"
    ADMIN = "ADMIN"
    MEMBER = "MEMBER"
    READER = "READER"


EVERYTHING = ~Permission(0)
ROLES: Mapping[Role, Permission] = {
    Role.OWNER: EVERYTHING,
    Role.ADMIN: EVERYTHING & ~Permission.OWN,
    Role.MEMBER: Permission.READ | Permission.WRITE | Permission.ADD,
    Role.READER: Permission.READ,
}
DIRECT_MEMBER = Permission.READ | Permission.WRITE | Permission.PIN
GROUP_MEMBER = ROLES[Role.MEMBER]
GROUP_OWNER = ROLES[Role.OWNER]

OWNER_BEFORE, DIRECT_BEFORE = Permission(31), Permission(3)
"""What owners of groups and members of direct conversations were given when there were five permissions; they have what such have now."""


def settled(permissions: Permission) -> Permission:
    """Return what a member may do by what is stored of them, whenever that was stored."""
    return {OWNER_BEFORE: GROUP_OWNER, DIRECT_BEFORE: DIRECT_MEMBER}.get(permissions, permissions)


def role_of(permissions: Permission) -> Role:
    """Return the role of a member by what is stored of them."""
    held = settled(permissions)
    if Permission.OWN in held:
        return Role.OWNER
    if Permission.ADMINISTER in held:
        return Role.ADMIN
    return Role.MEMBER if Permission.WRITE in held else Role.READER


def bucket_of(seq: int) -> int:
    """Return the Cassandra bucket in which an entry lies."""
    return seq // BUCKET_SIZE


def seq_floor(now_ms: int) -> int:
    """Return a seq that is higher than any that can have been issued until now: 1,024 for each second since 1970.

    A conversation whose counter was lost goes on above it. To overtake it, one conversation would have to take over 1,024 entries a second
    for as long as it exists. It rises within the second too, so that a counter that is lost twice in one is not issued twice.
    """
    return now_ms * 1024 // 1000


def check_text(text: str, *, has_attachments: bool) -> None:
    """Refuse a text that is empty (unless files come with it) or over 16 KiB of UTF-8."""
    if not text.strip() and not has_attachments:
        raise ChatError(Reason.TEXT_EMPTY)
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise ChatError(Reason.TEXT_TOO_LONG)


def check_delta(offset: int, text: str) -> None:
    """Refuse a part of a text that is empty, over 4 KiB of UTF-8, or not within the first 16 KiB of the text."""
    size = len(text.encode())
    if not 1 <= size <= MAX_DELTA_BYTES or not 0 <= offset <= MAX_TEXT_BYTES - size:
        raise ChatError(Reason.INVALID_ARGUMENT, "a delta has 1 byte to 4 KiB of text, and ends within the first 16 KiB of the message")
