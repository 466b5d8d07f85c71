"""A command on its way through the router."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

from chatkit.core.conversation import Permission
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.rpc.errors import duration
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2
from svc_router.claims import demand_of
from svc_router.core import LIMITS, Limits, earliest_ms
from svc_router.entries import draft_of
from svc_router.store import NEVER, Birth, Claim


def unheard(_: pb.Result) -> None:
    """Take the result of a command that nobody waits for, or waits for any more."""


class Job:
    """A command and where its result goes. Nobody waits for it any more after `until`, in seconds of a clock that never jumps.

    `reply_told` takes the result of a command whose entry nodes have been told of by their channels: to them it is no news.
    `looked_up` is set once history has said that it has no entry with its message_id; `is_looked_at` once the messages that it points at
    were looked at: then `target` is the one that it changes, or `refusal` why it can't be carried out.
    """

    __slots__ = (
        "_is_pointing",
        "command",
        "is_looked_at",
        "kind",
        "looked_up",
        "read_ordinal",
        "refusal",
        "reply",
        "reply_told",
        "target",
        "until",
    )

    def __init__(
        self,
        command: pb.Command,
        reply: Callable[[pb.Result], None],
        until: float = math.inf,
        reply_told: Callable[[pb.Result, Collection[str]], None] | None = None,
    ) -> None:
        self.command = command
        self.kind = command.WhichOneof("command") or ""
        self.reply = reply
        self.reply_told = reply_told
        self.until = until
        self.looked_up = False
        self.read_ordinal: int | None = None
        self.target: log_pb2.LogEntry | None = None
        self.refusal: ChatError | None = None
        self.is_looked_at = False
        self._is_pointing = self.kind == "change" or (self.kind == "send" and command.send.HasField("outline"))

    @property
    def conversation_id(self) -> ConversationId:
        """The conversation that the command is about."""
        return ConversationId(self.command.conversation_id)

    @property
    def user_id(self) -> UserId:
        """The user who gave the command."""
        return UserId(self.command.user_id)

    @property
    def message_id(self) -> MessageId:
        """The idempotency key of the entry that the command makes."""
        return MessageId(getattr(self.command, self.kind).message_id)

    @property
    def joining(self) -> UserId:
        """The user whom the command brings in, if it is one."""
        return self.user_id if self.kind == "join" else UserId(self.command.add_member.member.user_id)

    @property
    def makes_entry(self) -> bool:
        """Whether the command makes an entry of the log."""
        return self.kind not in {"watermark", "typing", "delta", ""}

    @property
    def wants_look(self) -> bool:
        """Whether it points at messages or users that are still to be looked at: before that, it can't be claimed for."""
        return self._is_pointing and not self.is_looked_at and bool(self.points_at or self.mentions)

    @property
    def points_at(self) -> frozenset[int]:
        """The messages that it changes or answers."""
        if self.kind == "change":
            return frozenset((self.command.change.target,))
        return frozenset((self.command.send.outline.reply_to, self.command.send.outline.thread)) - {0}

    @property
    def mentions(self) -> Sequence[UserId]:
        """The users whom it mentions."""
        return [UserId(user_id) for user_id in self.command.send.outline.mentions] if self.kind == "send" else ()

    def mention_only(self, users: Sequence[UserId]) -> None:
        """Let it mention these users and nobody else, for whoever counts that; it goes on saying what it says."""
        self.command.send.outline.mentions[:] = users

    def claim(self, now_ms: int, limits: Limits = LIMITS) -> Claim | Birth:
        """Return what the command asks of the sequencer. Of one that is to be refused that is only whether it was given before: nobody has
        what it needs.
        """
        made_ms = earliest_ms(self.message_id)
        if self.refusal is not None:
            return Claim(self.conversation_id, self.user_id, self.message_id, b"", NEVER, now_ms, made_ms, self.looked_up)
        draft = draft_of(self.command, self.message_id, now_ms, self.target).SerializeToString()
        if self.kind == "create":
            return self._birth(draft, now_ms)
        demand = demand_of(self.command, limits, now_ms, self.target)
        return Claim(
            self.conversation_id,
            self.user_id,
            self.message_id,
            draft,
            demand.needs,
            now_ms,
            made_ms,
            self.looked_up,
            self.kind == "send",
            demand.terms,
        )

    def _birth(self, draft: bytes, now_ms: int) -> Birth:
        create = self.command.create
        return Birth(
            self.conversation_id,
            self.user_id,
            self.message_id,
            draft,
            conversation_pb2.Conversation.Kind.Name(create.conversation.kind),
            create.conversation.SerializeToString(),
            {UserId(member.user_id): Permission(member.permissions) for member in create.members},
            now_ms,
            self.looked_up,
        )

    def accept(self, accepted: pb.Accepted, told: Collection[str] = ()) -> None:
        """Send the result of a command that was carried out, of which the nodes `told` know."""
        result = pb.Result(correlation=self.command.correlation, accepted=accepted)
        if told and self.reply_told is not None:
            self.reply_told(result, told)
        else:
            self.reply(result)

    def refuse(self, error: ChatError) -> None:
        """Send the result of a command that was refused."""
        retry_after = None if error.retry_after is None else duration(error.retry_after)
        refused = pb.Refused(reason=reason_pb2.Reason.Value(error.reason), message=error.message, retry_after=retry_after)
        self.reply(pb.Result(correlation=self.command.correlation, refused=refused))
