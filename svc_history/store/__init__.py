"""The two views of the log that history reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.conversation_preferences import Choices
from chatkit.core.conversation_settings import Value
from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.core.personal import Hidden, Saved, Starred, Waiting
from svc_history.core import END, MAX_MENTIONED, Mark, Membership, Range, Stored, Tail
from svc_history.expiry import is_there


@dataclass(frozen=True, slots=True)
class State:
    """A conversation: the serialised types.v1.Conversation, its head, the member who asks, how far they have got, the newest entry,
    and what was set of it.

    `mention_count` is how many messages mention them that they have not read, of those from `counted_from` on; `preferences` is how they
    have it for themselves, and `hidden_count` how many messages they have hidden and not read, where that was asked.
    """

    conversation: bytes
    head_seq: int
    head_ordinal: int
    member: Membership | None
    mark: Mark | None
    newest: Stored | None
    settings: Mapping[str, Value] = field(default_factory=dict)
    mention_count: int = 0
    counted_from: int = END
    preferences: Mapping[str, int] = field(default_factory=dict)
    hidden_count: int = 0

    @property
    def uncounted(self) -> tuple[int, int] | None:
        """Between which seqs there may be unread mentions that are not counted; None if there are none."""
        if self.member is None or (self.mark and 0 < self.head_ordinal <= self.mark.read_ordinal):
            return None
        read = max(self.mark.read_seq if self.mark else 0, self.member.joined_seq - 1)
        before = min(self.counted_from, self.head_seq + 1)
        return (read, before) if read + 1 < before and self.mention_count < MAX_MENTIONED else None

    def last(self, now_ms: int) -> Stored | None:
        """Return the newest entry, if the member may see it: one who is just being added may not, for as long as that is not shown; and
        nobody may once it has expired.
        """
        newest = self.newest
        return newest if newest and self.member and newest.seq >= self.member.joined_seq and is_there(newest, now_ms) else None


@dataclass(frozen=True, slots=True)
class Look:
    """How a conversation is for a user and, if it was asked, what the tail has since an entry, and how far everyone is."""

    state: State
    tail: Tail | None = None
    marks: Mapping[UserId, Mark] = field(default_factory=dict)


Question = tuple[UserId, ConversationId, int | None]
"""Who asks about which conversation, and the seq up to which they have everything."""


@dataclass(frozen=True, slots=True)
class Roll:
    """Everyone in a conversation, how far each has got, and what was set of it."""

    members: Mapping[UserId, Membership] = field(default_factory=dict)
    marks: Mapping[UserId, Mark] = field(default_factory=dict)
    settings: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may not come into a conversation, the invites by which one may, whether they are good or not, and how many members there are."""

    bans: Mapping[UserId, Ban] = field(default_factory=dict)
    invites: Mapping[InviteId, Invite] = field(default_factory=dict)
    member_count: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation as it stands in the directory, which is in the order of `title_key` and then of ids."""

    title_key: str
    conversation_id: ConversationId
    kind: int
    title: str
    topic: str
    avatar_file_id: str


class LiveLog(Protocol):
    """The live view. What it does not know, or knows from an older copy of itself, is None. Raises UNAVAILABLE if it can't be reached."""

    @property
    def epoch(self) -> str:
        """Which memory the last answer came from: another name whenever something can have been lost."""
        ...

    async def conversations(self, users: Sequence[UserId]) -> list[Mapping[ConversationId, int] | None]:
        """Return the conversations that each user is in, and the seq at which they joined each."""
        ...

    async def remember(self, epoch: str, user_id: UserId, joined: Mapping[ConversationId, int]) -> Mapping[ConversationId, int]:
        """Take note of all conversations that a user is in, and when they joined each, as the database had it in an epoch.

        Returns those, but for what they have left since, and with what they have come into. A later epoch is told nothing of it.
        """
        ...

    async def gives_receipts(self, users: Sequence[UserId]) -> list[bool | None]:
        """Return whether each user lets others know what they have read; None if it is not known."""
        ...

    async def look(self, questions: Sequence[Question], now_ms: int) -> list[Look | None]:
        """Return how conversations are now and, where there is a seq, what has come since.

        That is at most SYNC_ENTRIES entries and one more, and about LOOK_BYTES of them, up to the `head` of the tail; which messages the
        tail has deletions of, and which of those edits that have come since; and watermarks, if there are at most LIVELY_MEMBERS members.
        """
        ...

    async def tails(self, pages: Sequence[tuple[ConversationId, Range]]) -> list[Tail | None]:
        """Return what the tails of conversations have of a page each, and one entry more, and whether they have changes of messages."""
        ...

    async def changes(self, conversation_id: ConversationId, targets: Sequence[int]) -> tuple[int, Sequence[bytes]]:
        """Return where the tail begins, and all entries in it that change messages. Raises UNAVAILABLE if it is not known any more."""
        ...

    async def pins(self, conversation_id: ConversationId) -> tuple[int, Sequence[bytes]]:
        """Return where the tail begins, and all entries in it that pin messages, or do so no more. Raises UNAVAILABLE as `changes`."""
        ...

    async def replies(self, conversation_id: ConversationId, root: int) -> tuple[int, Sequence[bytes]]:
        """Return where the tail begins, and all messages in it that are in a thread. Raises UNAVAILABLE as `changes`."""
        ...

    async def personal(self, conversation_id: ConversationId) -> tuple[int, Sequence[bytes]]:
        """Return where the tail begins, and all entries in it that concern only their user. Raises UNAVAILABLE as `changes`."""
        ...

    async def roll(self, conversation_id: ConversationId) -> Roll | None:
        """Return who is in a conversation."""
        ...

    async def admission(self, conversation_id: ConversationId) -> Admission | None:
        """Return who may come into a conversation, and who may not."""
        ...


class Timeline(Protocol):
    """The database. Raises UNAVAILABLE if it can't be reached."""

    async def listed(self, prefix: str, after: tuple[str, str], count: int) -> list[Listed]:
        """Return the first `count` of the directory whose title_key begins so, after a title_key and an id."""
        ...

    async def conversations(self, user_id: UserId) -> Mapping[ConversationId, int]:
        """Return the conversations that a user is in, and the seq at which they joined each."""
        ...

    async def state(self, user_id: UserId, conversation_id: ConversationId) -> State | None:
        """Return how a conversation is, for a user."""
        ...

    async def read(self, conversation_id: ConversationId, page: Range) -> list[Stored]:
        """Return the entries of a page and one more, if there are as many, by rising seq; edits without their bodies."""
        ...

    async def changes(self, conversation_id: ConversationId, targets: Sequence[int]) -> Sequence[bytes]:
        """Return the entries that change messages, which come by rising seq; of messages that are deleted, no edits."""
        ...

    async def pins(self, conversation_id: ConversationId) -> Sequence[int]:
        """Return the messages that are pinned, of more than MAX_PINS the newest, by falling seq."""
        ...

    async def mentions(self, questions: Sequence[tuple[UserId, ConversationId, int, int]]) -> list[int]:
        """Return how many messages mention a user, or everyone, in a conversation above one seq and below another, each time."""
        ...

    async def replies(self, conversation_id: ConversationId, root: int, page: Range) -> Sequence[int]:
        """Return the messages of a thread that are on a page, and one more, if there are as many."""
        ...

    async def preferences(self, user_id: UserId) -> Choices:
        """Return how a user has conversations, those of which they have said so, and in which they have hidden messages."""
        ...

    async def hidden(self, questions: Sequence[tuple[UserId, ConversationId, int, int]]) -> list[Mapping[int, Hidden]]:
        """Return the messages that a user has hidden in a conversation above one seq and below another, each time."""
        ...

    async def stars(self, user_id: UserId) -> Sequence[Starred]:
        """Return what a user has starred."""
        ...

    async def waiting(self, user_id: UserId) -> Sequence[Waiting]:
        """Return the messages of a user that wait for their time."""
        ...

    async def drafts(self, user_id: UserId) -> Sequence[Saved]:
        """Return what a user has written and not sent."""
        ...

    async def roll(self, conversation_id: ConversationId) -> Roll:
        """Return who is in a conversation."""
        ...

    async def admission(self, conversation_id: ConversationId) -> Admission:
        """Return who may come into a conversation, and who may not."""
        ...

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> Stored | None:
        """Return the entry that a message_id has made."""
        ...
