"""What is set of a conversation: each setting by itself, so that whoever changes one need not know the others."""

from __future__ import annotations

from collections.abc import Mapping

from chatkit.core.conversation import GROUP_MEMBER, MAX_TITLE, Permission, settled
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import is_uuid
from chatkit.core.text import check_shown

Value = str | int | bool

SETTINGS: Mapping[str, type[Value]] = {
    "title": str,
    "topic": str,
    "avatar_file_id": str,
    "public": bool,
    "slow_mode_s": int,
    "message_ttl_s": int,
    "member_permissions": int,
}
"""All settings, by the names that they have in types.v1.ConversationSettings, in Redis and in Cassandra."""

LISTED = ("title", "topic", "avatar_file_id", "public")
"""Those that the directory of public conversations shows, or goes by."""

RULES = ("slow_mode_s", "message_ttl_s", "member_permissions")
"""Those that every command is held to, which is why the sequencer has them at hand."""

SHARED = frozenset(("message_ttl_s",))
"""Those that every member sets of a conversation that nobody administers: between two, or of one alone."""

MAX_TOPIC = 1024
MAX_SLOW_MODE_S = 6 * 3600
MIN_TTL_S, MAX_TTL_S = 5, 365 * 24 * 3600
MEMBERS_MAY = GROUP_MEMBER | Permission.PIN | Permission.MENTION_ALL | Permission.INVITE
"""What a conversation can let its members do at most."""


def checked_settings(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return settings as they are kept; refuse what breaks a rule, and a change of nothing."""
    if not values:
        raise ChatError(Reason.INVALID_ARGUMENT, f"set at least one of {', '.join(SETTINGS)}")
    return {name: _checked(name, value) for name, value in values.items()}


def _checked(name: str, value: Value) -> Value:
    match name, value:
        case "title", str():
            return checked_title(value)
        case "topic", str():
            value = value.strip()
            _demand(len(value) <= MAX_TOPIC, f"topic has at most {MAX_TOPIC} characters")
        case "avatar_file_id", str():
            _demand(not value or is_uuid(value), "avatar_file_id is the id of a file, or empty")
        case "slow_mode_s", int():
            _demand(0 <= value <= MAX_SLOW_MODE_S, f"slow_mode_s is 0 to {MAX_SLOW_MODE_S}")
        case "message_ttl_s", int():
            _demand(value == 0 or MIN_TTL_S <= value <= MAX_TTL_S, f"message_ttl_s is 0, or {MIN_TTL_S} to {MAX_TTL_S}")
        case "member_permissions", int():
            wanted = "the bit to read, and of the bits to write, add, pin, mention everyone and invite those that members have"
            # As a number: what is not in a set of flags is only those that have a name.
            _demand(Permission.READ in Permission(value) and not value & ~int(MEMBERS_MAY), f"member_permissions is a sum: {wanted}")
        case _:
            pass  # a flag can't be wrong
    return value


def checked_title(title: str) -> str:
    """Return a title as it is kept, or refuse it."""
    title = check_shown(title, "title", MAX_TITLE)
    _demand(bool(title), f"title of a group has 1 to {MAX_TITLE} characters")
    return title


def _demand(holds: bool, rule: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ChatError(Reason.INVALID_ARGUMENT, rule)


def as_text(value: Value) -> str:
    """Return a setting as Redis keeps it."""
    return value if isinstance(value, str) else str(int(value))


def as_values(texts: Mapping[str, str]) -> dict[str, Value]:
    """Return settings of Redis as what they are, without those that only newer services know."""
    return {name: text if SETTINGS[name] is str else SETTINGS[name](int(text)) for name, text in texts.items() if name in SETTINGS}


def effective(stored: Permission, settings: Mapping[str, Value]) -> Permission:
    """Return what a member may do, by what is stored of them and what the conversation lets its members do."""
    held = settled(stored)
    return Permission(int(settings["member_permissions"])) if held == GROUP_MEMBER and "member_permissions" in settings else held
