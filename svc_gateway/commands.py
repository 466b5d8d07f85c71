"""What a client wants of routers: messages and changes, which are answered, and what is only told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

import structlog
from prometheus_client import Histogram

from chatkit.core.conversation import check_delta
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, check_message_id, is_uuid, new_id
from chatkit.core.presence import Audience
from chatkit.metrics import OK, SECONDS
from chatkit.rpc.attachments import attached
from chatkit.rpc.change import change_command
from chatkit.rpc.sending import put_message
from chatkit.tracing import Span
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2
from elastic_chat.types.v1 import presence_pb2
from svc_gateway.core import MAX_PARTS, MAX_UNANSWERED
from svc_gateway.surroundings import Surroundings

log = structlog.get_logger()

MARK_S = 0.2
"""Watermarks of one session that follow each other faster than this are sent as one."""

ANSWERED = Histogram("chat_gateway_answer_seconds", "Seconds from a client's message to its ack or reject.", buckets=SECONDS)


class Speaker(Protocol):
    """The session whose client wants it."""

    user_id: UserId
    conversations: dict[ConversationId, int]

    @property
    def is_over(self) -> bool:
        """Whether nobody hears the answers any more."""
        ...

    def send(self, frame: pb.ServerFrame) -> None:
        """Send a frame to the client."""

    def reject(self, error: ChatError, message_id: str = "", conversation_id: str = "") -> None:
        """Tell the client that something is refused."""


class Commands:
    """Gives lanes what a client wants, and the client what comes of it. Every method raises why it can't be asked."""

    __slots__ = ("_answered", "_around", "_marks", "_parts", "_speaker", "_typed", "unanswered")

    def __init__(self, around: Surroundings, speaker: Speaker) -> None:
        self._around = around
        self._speaker = speaker
        self._answered = asyncio.Event()
        self._marks: dict[ConversationId, tuple[int, int]] | None = None
        self._typed: tuple[int, set[ConversationId]] | None = None
        self._parts = (0, 0)
        self.unanswered = 0
        """Commands that have no answer yet."""

    def let_go(self) -> None:
        """Wait for no answer any more."""
        self._answered.set()

    async def send(self, send: pb.Send) -> None:
        """Hand a message to its lane."""
        began = self._around.clock.monotonic()
        await self._until_answered()
        command = self._command(send.conversation_id)
        put_message(command.send, send.message_id, send.body, self._around.clock.now_ms())
        if not is_uuid(send.conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        if send.body.attachments:
            sender, message_id = self._speaker.user_id, command.send.message_id
            command.send.body = await attached(self._around.channel, sender, send.conversation_id, message_id, send.body)
        self._submit(command, send.message_id, began)

    async def change(self, change: pb.Change) -> None:
        """Hand a change of a message to its lane."""
        began = self._around.clock.monotonic()
        await self._until_answered()
        kind = change.WhichOneof("change")
        checked_change = change_command(
            change.message_id, change.target, getattr(change, kind) if kind else None, self._around.clock.now_ms()
        )
        if not is_uuid(change.conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        command = self._command(change.conversation_id)
        command.change.CopyFrom(checked_change)
        self._submit(command, change.message_id, began)

    def stream(self, delta: pb.Delta) -> None:
        """Tell a part of a message that is still being made, a few a second at most: it is not kept, and nobody waits for it."""
        message_id = check_message_id(delta.message_id, self._around.clock.now_ms())
        check_delta(delta.offset, delta.text)
        conversation_id, now = self._joined(delta.conversation_id), self._around.wheel.now
        parts = self._parts[1] if self._parts[0] == now else 0
        if parts >= MAX_PARTS:
            raise ChatError(Reason.OVERLOADED, f"a connection tells {MAX_PARTS} parts a second", retry_after=timedelta(seconds=1))
        self._parts = (now, parts + 1)
        if self._around.hub.has_cut_off(self._speaker.user_id, conversation_id):
            return
        self._tell(conversation_id, delta=router_service_pb2.DeltaCommand(message_id=message_id, offset=delta.offset, text=delta.text))

    def type(self, typing: pb.Typing) -> None:
        """Tell that the user is typing, once a second at most in each conversation, unless nobody may know that they are there."""
        conversation_id = self._joined(typing.conversation_id)
        second, told = self._typed or (0, set())
        if second != self._around.wheel.now:
            told = set()
        wishes = self._around.hub.wishes(self._speaker.user_id)
        if conversation_id in told or wishes.audience is Audience.NOBODY or wishes.is_invisible(self._around.clock.now_ms()):
            return
        if self._around.hub.has_cut_off(self._speaker.user_id, conversation_id):
            return
        told.add(conversation_id)
        self._typed = (self._around.wheel.now, told)
        audience = presence_pb2.Privacy.Audience.ValueType(wishes.audience)
        self._tell(conversation_id, typing=router_service_pb2.TypingCommand(activity=typing.activity, audience=audience))

    def mark(self, mark: pb.ClientWatermark) -> None:
        """Send a watermark at once, and gather those that follow it closely."""
        conversation_id = self._joined(mark.conversation_id)
        if mark.delivered_seq < 0 or mark.read_seq < 0:
            raise ChatError(Reason.INVALID_ARGUMENT, "delivered_seq and read_seq are the seq of an entry, or 0")
        if self._marks is None:
            self._marks = {}
            asyncio.get_running_loop().call_later(MARK_S, self.send_marks)
            self._tell_mark(conversation_id, mark.delivered_seq, mark.read_seq)
        else:
            delivered_seq, read_seq = self._marks.get(conversation_id, (0, 0))
            self._marks[conversation_id] = (max(delivered_seq, mark.delivered_seq), max(read_seq, mark.read_seq))

    def send_marks(self) -> None:
        """Send the watermarks that were gathered."""
        marks, self._marks = self._marks or {}, None
        for conversation_id, (delivered_seq, read_seq) in marks.items():
            self._tell_mark(conversation_id, delivered_seq, read_seq)

    async def _until_answered(self) -> None:
        """Wait until the client may give another command: one with too many unanswered ones is not read until there are fewer."""
        while self.unanswered >= MAX_UNANSWERED and not self._speaker.is_over:
            self._answered.clear()
            await self._answered.wait()

    def _submit(self, command: router_service_pb2.Command, message_id: str, began: float) -> None:
        """Hand a command to its lane. Its answer comes later."""
        self.unanswered += 1
        log.debug("message_received", request_id=command.request_id, message_id=message_id, conversation_id=command.conversation_id)
        span = self._around.tracer.root(command.WhichOneof("command") or "", MessageId(message_id))
        if span is not None:
            command.traceparent = span.context
        self._around.lanes.submit(command).add_done_callback(self._answer(message_id, command.conversation_id, began, span))

    def _answer(
        self, message_id: str, conversation_id: str, began: float, span: Span | None
    ) -> Callable[[asyncio.Future[router_service_pb2.Accepted]], None]:
        def answer(result: asyncio.Future[router_service_pb2.Accepted]) -> None:
            self.unanswered -= 1
            self._answered.set()
            ANSWERED.observe(self._around.clock.monotonic() - began)
            error = result.exception()
            if span is not None:
                span.end(outcome=error.reason if isinstance(error, ChatError) else OK if error is None else Reason.INTERNAL)
            if error is None:
                accepted = result.result()
                ack = pb.Ack(message_id=message_id, conversation_id=conversation_id, seq=accepted.seq, accepted_at=accepted.accepted_at)
                self._speaker.send(pb.ServerFrame(ack=ack))
            elif isinstance(error, ChatError):
                self._speaker.reject(error, message_id, conversation_id)
            else:
                self._speaker.reject(ChatError(Reason.INTERNAL), message_id, conversation_id)

        return answer

    def _tell_mark(self, conversation_id: ConversationId, delivered_seq: int, read_seq: int) -> None:
        hub, user_id = self._around.hub, self._speaker.user_id
        gives = hub.wishes(user_id).gives_receipts(self._around.clock.now_ms()) and not hub.has_cut_off(user_id, conversation_id)
        mark = router_service_pb2.WatermarkCommand(delivered_seq=delivered_seq, read_seq=read_seq, withheld=not gives)
        self._tell(conversation_id, watermark=mark)

    def _joined(self, conversation_id: str) -> ConversationId:
        joined = ConversationId(conversation_id)
        if joined not in self._speaker.conversations:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return joined

    def _command(self, conversation_id: str) -> router_service_pb2.Command:
        return router_service_pb2.Command(user_id=self._speaker.user_id, conversation_id=conversation_id, request_id=new_id())

    def _tell(self, conversation_id: ConversationId, **what: Any) -> None:  # noqa: ANN401 - one member of Command's oneof
        command = self._command(conversation_id)
        command.MergeFrom(router_service_pb2.Command(**what))
        self._around.lanes.tell(command)
