"""One connection's life: hello, catching up, live, the end. The same for every door."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc
import structlog
from prometheus_client import Histogram

from chatkit.core.clock import Clock
from chatkit.core.conversation import check_delta
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConnectionId, ConversationId, MessageId, SessionId, UserId, check_message_id, is_uuid, new_id
from chatkit.core.presence import Audience
from chatkit.metrics import OK, SECONDS, counter
from chatkit.rpc.attachments import attached
from chatkit.rpc.caller import Caller, bind_request_id, caller_metadata
from chatkit.rpc.change import change_command
from chatkit.rpc.errors import duration, error_of
from chatkit.rpc.lanes import Lanes
from chatkit.rpc.preferences import preferences_of
from chatkit.rpc.sending import put_message
from chatkit.rpc.tokens import AccessToken, TokenVerifier
from chatkit.tracing import NOTHING, Span, Tracer
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2
from elastic_chat.presence.v1 import presence_service_pb2, presence_service_pb2_grpc
from elastic_chat.router.v1 import router_service_pb2
from elastic_chat.types.v1 import presence_pb2
from svc_gateway.attacher import Attacher
from svc_gateway.catch_up import CatchUp
from svc_gateway.connection import Connection
from svc_gateway.core import BAD_FRAMES, MAX_CURSORS, MAX_HELD, MAX_PARTS, MAX_UNANSWERED, MAX_WATCHED, Phase, Wheel, check_frame
from svc_gateway.frames import KINDS, Outgoing
from svc_gateway.hub import Hub

log = structlog.get_logger()

STATUS_S = 1
"""How long a status must hold before a connection may choose another."""
MARK_S = 0.2
"""Watermarks of one session that follow each other faster than this are sent as one."""
NEVER = 1 << 63
"""Above every seq."""
END_S = 5
"""How long a client may take to see that its connection has ended before it is cut."""

FRAMES = counter("chat_gateway_frames_total", "Frames that clients sent, by kind.", kind=KINDS)
REJECTED = counter("chat_gateway_rejects_total", "Frames of clients that were rejected, by reason.", reason=Reason)
ANSWERED = Histogram("chat_gateway_answer_seconds", "Seconds from a client's message to its ack or reject.", buckets=SECONDS)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session of a gateway works with."""

    node_id: str
    hub: Hub
    lanes: Lanes
    attacher: Attacher
    catch_up: CatchUp
    verifier: TokenVerifier
    channel: grpc.aio.Channel
    clock: Clock
    wheel: Wheel
    ready: asyncio.Event
    heartbeat: timedelta
    hello_s: int
    tracer: Tracer = NOTHING

    @property
    def idle_s(self) -> int:
        """How long a client may be silent."""
        return round(self.heartbeat.total_seconds() * 3)


@dataclass(frozen=True, slots=True)
class _Move:
    """That the user came into a conversation, or left it, by the entry at `seq`; 0 if that is not known."""

    is_in: bool
    seq: int


class Session:
    """A connection and who is behind it. Its reader calls `handle` for each frame, `bad_frame` for what is none, and `over` at the end."""

    __slots__ = (
        "_answered",
        "_around",
        "_bad_frames",
        "_chosen_at",
        "_connection",
        "_gaps",
        "_heard",
        "_held",
        "_is_recovered",
        "_marks",
        "_missed",
        "_moved",
        "_parts",
        "_phase",
        "_preferences",
        "_suspended",
        "_typed",
        "_unanswered",
        "connection_id",
        "conversations",
        "is_idle",
        "session_id",
        "user_id",
    )

    def __init__(self, around: Surroundings, connection: Connection) -> None:
        self._around = around
        self._connection = connection
        self._phase = Phase.AWAITING_HELLO
        self._bad_frames = 0
        self._unanswered = 0
        self._answered = asyncio.Event()
        self._heard = around.wheel.now
        self._held: list[tuple[ConversationId, int, Outgoing]] = []
        self._missed = False
        self._suspended = False
        self._is_recovered = True
        self._gaps = 0
        self._moved: dict[ConversationId, _Move] | None = {}
        self._marks: dict[ConversationId, tuple[int, int]] | None = None
        self._preferences: presence_pb2.Preferences | None = None
        self._typed: tuple[int, set[ConversationId]] | None = None
        self._parts = (0, 0)
        self.connection_id = ConnectionId(new_id())
        self.user_id = UserId("")
        self.session_id = SessionId("")
        self.conversations: dict[ConversationId, int] = {}
        self.is_idle = False
        self._chosen_at = -math.inf
        connection.on_end, connection.on_drop = self._end, self._dropped
        around.wheel.put(self, around.hello_s)

    # --- what the reader does

    async def handle(self, frame: pb.ClientFrame, kind: str) -> None:
        """Do what a frame asks. Whatever goes wrong is answered; nothing is raised for the client's faults."""
        self._heard = self._around.wheel.now
        FRAMES[kind].inc()
        try:
            check_frame(self._phase, kind)
        except ChatError as error:
            self.close(error)
            return
        try:
            await self._carry_out(frame, kind)
        except ChatError as error:
            self._refuse(frame, kind, error)

    def bad_frame(self, error: ChatError) -> None:
        """Answer what is no frame; the third one ends the connection, and so does the first if no hello has come."""
        self._bad_frames += 1
        if self._phase is Phase.AWAITING_HELLO:
            self.close(ChatError(Reason.HELLO_EXPECTED))
        elif self._bad_frames >= BAD_FRAMES:
            self.close(error)
        else:
            self._reject(error)

    def over(self) -> None:
        """Forget the session: its connection is gone."""
        self._phase = Phase.CLOSED
        self._answered.set()
        if self.user_id:
            self._send_marks()  # as long as it is known here whether others may see them
            self._around.attacher.unwatch(self._around.hub.unregister(self))
            self._around.attacher.detach(self)

    @property
    def is_over(self) -> bool:
        """Whether the connection has ended, or is about to."""
        return self._phase is Phase.CLOSED

    @property
    def ended(self) -> ChatError | None:
        """Why the gateway has ended the connection, if it has."""
        return self._connection.ended

    @property
    def unanswered(self) -> int:
        """Sends that have no answer yet."""
        return self._unanswered

    # --- what the hub does

    def deliver(self, conversation_id: ConversationId, seq: int, frame: Outgoing) -> None:
        if self._phase is Phase.LIVE:
            self._connection.send(frame)
        elif self._missed:
            return  # a resync will bring it
        elif len(self._held) < MAX_HELD:
            self._held.append((conversation_id, seq, frame))
        else:
            self._missed = True

    def notify(self, frame: Outgoing, *, ephemeral: bool) -> None:
        if self._phase is Phase.LIVE:
            self._connection.send(frame, ephemeral=ephemeral)
        elif not ephemeral:
            self._missed = True

    def join(self, conversation_id: ConversationId, seq: int) -> None:
        if self._moved is not None:
            self._moved[conversation_id] = _Move(is_in=True, seq=seq)

    def leave(self, conversation_id: ConversationId, seq: int) -> None:
        if self._moved is not None:
            self._moved[conversation_id] = _Move(is_in=False, seq=seq)
        if self._phase is Phase.LIVE:
            self._send_left(conversation_id, seq)
        # Otherwise what history answers just now may be older: the client hears of this after it.

    def close(self, error: ChatError) -> None:
        self._connection.end(error)

    def prefer(self, preferences: presence_pb2.Preferences) -> None:
        if self._phase is Phase.LIVE:
            self._send(pb.ServerFrame(preferences=preferences))
        else:
            self._preferences = preferences

    def lose_sight(self, users: Collection[UserId] | None = None) -> None:
        self._around.attacher.unwatch(self._around.hub.doubt(self, users))

    def _dropped(self) -> None:
        """Something was left out because the client is slow: it may have been about those whom it watches."""
        self._around.hub.presence_missed(self)

    def _end(self) -> None:
        """Wait for nothing any more but for the client to see that its connection has ended."""
        self._phase = Phase.CLOSED
        self._answered.set()
        self._around.wheel.put(self, END_S)

    # --- what recovery does

    def suspend(self) -> None:
        """Give the client no entries from now on: the gateway may have missed something. `recover` ends it."""
        self._gaps += 1
        self._is_recovered = False
        self._moved = {}
        self._missed = True
        if self._phase is Phase.LIVE:
            self._phase = Phase.SYNCING
            self._suspended = True

    def recover(self, conversations: Mapping[ConversationId, int]) -> None:
        """Hear of the user's conversations again, and of no others, and tell the client to fetch what it has missed.

        Does nothing if the client has come since the gap: it was told nothing that is older.
        """
        if self._is_recovered:
            return
        self._is_recovered = True
        self._place(conversations)
        self._around.hub.presence_missed(self)
        self.lose_sight()
        if self._phase is Phase.LIVE:
            # The hello that was under way has come to its end meanwhile; the map did not know yet what this node must hear.
            self._moved = None
            self._send_resync("")
        elif self._suspended:
            self._suspended = False
            self._go_live(())

    def give_up(self) -> None:
        """Send the client away, if it still waits."""
        if self._suspended:
            self.close(ChatError(Reason.UNAVAILABLE, "the gateway can't find out what it has missed: connect again with resume"))

    def _place(self, conversations: Mapping[ConversationId, int]) -> None:
        """Hear of conversations that were asked for while the node was listening already, and of each by when the user joined it.

        What the node has heard since may be newer than the answer or older: the later of the two counts.
        """
        here = dict(conversations)
        for conversation_id, move in (self._moved or {}).items():
            if here.get(conversation_id, 0) <= move.seq:
                here.pop(conversation_id, None)
                if move.is_in:
                    here[conversation_id] = move.seq
        self._around.hub.place(self, here)

    # --- what the wheel does

    def due(self) -> None:
        """Look whether the client has been silent for too long, or has not reacted to the end."""
        if self._phase is Phase.CLOSED:
            self._connection.abort()
        elif self._phase is Phase.AWAITING_HELLO:
            self.close(ChatError(Reason.HELLO_EXPECTED))
        else:
            left = self._heard + self._around.idle_s - self._around.wheel.now
            if left <= 0:
                self.close(ChatError(Reason.IDLE_TIMEOUT))
            else:
                self._around.wheel.put(self, left)

    # --- frames

    async def _carry_out(self, frame: pb.ClientFrame, kind: str) -> None:
        match kind:
            case "hello":
                await self._hello(frame.hello)
            case "send":
                await self._send_message(frame.send)
            case "change":
                await self._change_message(frame.change)
            case "typing":
                self._type(frame.typing)
            case "delta":
                self._stream(frame.delta)
            case "watermark":
                self._mark(frame.watermark)
            case "subscribe_presence":
                await self._subscribe(frame.subscribe_presence.user_ids)
            case "set_status":
                await self._set_status(frame.set_status.status)
            case _:
                self._rest(is_idle=frame.ping.idle)
                self._send(pb.ServerFrame(pong=pb.Pong()))

    async def _hello(self, hello: pb.Hello) -> None:
        """Let the client in: from here on it hears everything, in order, and nothing twice."""
        self._phase = Phase.SYNCING
        around = self._around
        if len(hello.resume) > MAX_CURSORS:
            raise ChatError(Reason.INVALID_ARGUMENT, f"resume holds at most {MAX_CURSORS} cursors: give those of the newest conversations")
        token = await around.verifier.verify(hello.access_token)
        try:
            async with asyncio.timeout(around.hello_s):
                await self._let_in(token, hello)
        except TimeoutError as error:
            raise ChatError(Reason.UNAVAILABLE, "the gateway can't let anyone in right now") from error

    async def _let_in(self, token: AccessToken, hello: pb.Hello) -> None:
        around = self._around
        await around.ready.wait()
        if self.is_over:
            return
        self.user_id, self.session_id = token.user_id, token.session_id
        around.hub.register(self)
        synced = await self._join(await around.attacher.attach(self), hello.resume)
        self._moved = {}
        wishes, self._preferences = around.hub.decided(self.user_id), None
        self._send(
            pb.ServerFrame(
                welcome=pb.Welcome(
                    session_id=self.session_id,
                    user_id=self.user_id,
                    conversations=[_head(one) for one in synced.conversations if one.conversation.conversation_id in self.conversations],
                    node_id=around.node_id,
                    heartbeat=duration(around.heartbeat),
                    preferences=None if wishes is None else preferences_of(wishes),
                ),
            ),
        )
        positions = await self._catch_up(synced)
        if not self.is_over:
            self._send(pb.ServerFrame(live=pb.Live(positions=positions)))
            self._go_live(positions)

    async def _join(self, conversations: Collection[ConversationId], resume: Sequence[pb.Cursor]) -> history_service_pb2.SyncResponse:
        """Hear of the user's conversations, then ask how they are and what the client lacks: what comes in between is held back, so that
        none is missed.
        """
        around = self._around
        around.hub.join(self, dict.fromkeys(conversations, 0))
        gaps = self._gaps
        synced = await around.catch_up.sync(self.user_id, resume)
        # History may know of conversations that the live view has lost.
        lost = _listed(synced).keys() - conversations
        if lost:
            await around.attacher.listen(lost)
            around.hub.join(self, dict.fromkeys(lost, 0))
            synced = await around.catch_up.sync(self.user_id, resume)
        if gaps != self._gaps:
            # What was read may be older than the gap. Recovery has placed the session, or will.
            return await self._join(self.conversations, resume)
        self._place(_listed(synced))
        return synced

    async def _catch_up(self, response: history_service_pb2.SyncResponse) -> Sequence[pb.Cursor]:
        """Send what the client lacks; return how far each conversation is with that."""
        for entry in response.entries:
            await self._connection.room()
            self._send(pb.ServerFrame(entry=entry))
        for mark in response.watermarks:
            await self._connection.room()
            self._send(pb.ServerFrame(watermark=mark))
        for conversation_id in response.gone_conversation_ids:
            await self._connection.room()
            self._send_left(ConversationId(conversation_id), 0)
        more = set(response.more_conversation_ids)
        for conversation_id in more:
            await self._connection.room()
            self._send_resync(conversation_id)
        await self._connection.room()
        return [
            pb.Cursor(conversation_id=one.conversation_id, seq=one.seq) for one in response.positions if one.conversation_id not in more
        ]

    def _go_live(self, positions: Sequence[pb.Cursor]) -> None:
        """Let out what was held back, but for what the client has already: everything up to `positions`."""
        self._phase = Phase.LIVE
        if self._preferences is not None:
            self._send(pb.ServerFrame(preferences=self._preferences))
            self._preferences = None
        if self._missed:
            self._send_resync("")
        for conversation_id, move in (self._moved or {}).items():
            if not move.is_in:
                self._send_left(conversation_id, move.seq)
        if self._is_recovered:
            self._moved = None
        self._missed = False
        held, self._held = self._held, []
        sent = {one.conversation_id: one.seq for one in positions}
        for conversation_id, seq, frame in held:
            if seq > sent.get(conversation_id, 0) and seq >= self.conversations.get(conversation_id, NEVER):
                self._connection.send(frame)

    async def _send_message(self, send: pb.Send) -> None:
        """Hand a message to its lane."""
        began = self._around.clock.monotonic()
        await self._until_answered()
        command = self._command(send.conversation_id)
        put_message(command.send, send.message_id, send.body, self._around.clock.now_ms())
        if not is_uuid(send.conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        if send.body.attachments:
            command.send.body = await attached(self._around.channel, self.user_id, send.conversation_id, command.send.message_id, send.body)
        self._submit(command, send.message_id, began)

    async def _change_message(self, change: pb.Change) -> None:
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

    def _stream(self, delta: pb.Delta) -> None:
        """Tell a part of a message that is still being made, a few a second at most: it is not kept, and nobody waits for it."""
        message_id = check_message_id(delta.message_id, self._around.clock.now_ms())
        check_delta(delta.offset, delta.text)
        conversation_id, now = self._joined(delta.conversation_id), self._around.wheel.now
        parts = self._parts[1] if self._parts[0] == now else 0
        if parts >= MAX_PARTS:
            raise ChatError(Reason.OVERLOADED, f"a connection tells {MAX_PARTS} parts a second", retry_after=timedelta(seconds=1))
        self._parts = (now, parts + 1)
        if self._around.hub.has_cut_off(self.user_id, conversation_id):
            return
        self._tell(conversation_id, delta=router_service_pb2.DeltaCommand(message_id=message_id, offset=delta.offset, text=delta.text))

    async def _until_answered(self) -> None:
        """Wait until the client may give another command: one with too many unanswered ones is not read until there are fewer."""
        while self._unanswered >= MAX_UNANSWERED and not self.is_over:
            self._answered.clear()
            await self._answered.wait()

    def _submit(self, command: router_service_pb2.Command, message_id: str, began: float) -> None:
        """Hand a command to its lane. Its answer comes later."""
        self._unanswered += 1
        log.debug("message_received", request_id=command.request_id, message_id=message_id, conversation_id=command.conversation_id)
        span = self._around.tracer.root(command.WhichOneof("command") or "", MessageId(message_id))
        if span is not None:
            command.traceparent = span.context
        self._around.lanes.submit(command).add_done_callback(self._answer(message_id, command.conversation_id, began, span))

    def _answer(
        self, message_id: str, conversation_id: str, began: float, span: Span | None
    ) -> Callable[[asyncio.Future[router_service_pb2.Accepted]], None]:
        def answer(result: asyncio.Future[router_service_pb2.Accepted]) -> None:
            self._unanswered -= 1
            self._answered.set()
            ANSWERED.observe(self._around.clock.monotonic() - began)
            error = result.exception()
            if span is not None:
                span.end(outcome=error.reason if isinstance(error, ChatError) else OK if error is None else Reason.INTERNAL)
            if error is None:
                accepted = result.result()
                ack = pb.Ack(message_id=message_id, conversation_id=conversation_id, seq=accepted.seq, accepted_at=accepted.accepted_at)
                self._send(pb.ServerFrame(ack=ack))
            elif isinstance(error, ChatError):
                self._reject(error, message_id, conversation_id)
            else:
                self._reject(ChatError(Reason.INTERNAL), message_id, conversation_id)

        return answer

    def _type(self, typing: pb.Typing) -> None:
        """Tell that the user is typing, once a second at most in each conversation, unless nobody may know that they are there."""
        conversation_id = self._joined(typing.conversation_id)
        second, told = self._typed or (0, set())
        if second != self._around.wheel.now:
            told = set()
        wishes = self._around.hub.wishes(self.user_id)
        if conversation_id in told or wishes.audience is Audience.NOBODY or wishes.is_invisible(self._around.clock.now_ms()):
            return
        if self._around.hub.has_cut_off(self.user_id, conversation_id):
            return
        told.add(conversation_id)
        self._typed = (self._around.wheel.now, told)
        audience = presence_pb2.Privacy.Audience.ValueType(wishes.audience)
        self._tell(conversation_id, typing=router_service_pb2.TypingCommand(activity=typing.activity, audience=audience))

    async def _set_status(self, status: presence_pb2.Status) -> None:
        """Let the user be seen as something else. All of their sessions hear of it by presence."""
        now = self._around.wheel.now
        if now - self._chosen_at < STATUS_S:
            raise ChatError(Reason.OVERLOADED, "a status holds for a second at least", retry_after=timedelta(seconds=STATUS_S))
        self._chosen_at = now
        stub: Any = presence_service_pb2_grpc.PresenceServiceStub(self._around.channel)
        await self._ask(stub.SetStatus, presence_service_pb2.SetStatusRequest(status=status))

    def _rest(self, *, is_idle: bool) -> None:
        """Take note of whether somebody uses the device."""
        if self.is_idle != is_idle:
            self.is_idle = is_idle
            self._around.attacher.change(self)

    def _mark(self, mark: pb.ClientWatermark) -> None:
        """Send a watermark at once, and gather those that follow it closely."""
        conversation_id = self._joined(mark.conversation_id)
        if mark.delivered_seq < 0 or mark.read_seq < 0:
            raise ChatError(Reason.INVALID_ARGUMENT, "delivered_seq and read_seq are the seq of an entry, or 0")
        if self._marks is None:
            self._marks = {}
            asyncio.get_running_loop().call_later(MARK_S, self._send_marks)
            self._tell_mark(conversation_id, mark.delivered_seq, mark.read_seq)
        else:
            delivered_seq, read_seq = self._marks.get(conversation_id, (0, 0))
            self._marks[conversation_id] = (max(delivered_seq, mark.delivered_seq), max(read_seq, mark.read_seq))

    def _send_marks(self) -> None:
        marks, self._marks = self._marks or {}, None
        for conversation_id, (delivered_seq, read_seq) in marks.items():
            self._tell_mark(conversation_id, delivered_seq, read_seq)

    def _tell_mark(self, conversation_id: ConversationId, delivered_seq: int, read_seq: int) -> None:
        hub = self._around.hub
        gives = hub.wishes(self.user_id).gives_receipts(self._around.clock.now_ms()) and not hub.has_cut_off(self.user_id, conversation_id)
        mark = router_service_pb2.WatermarkCommand(delivered_seq=delivered_seq, read_seq=read_seq, withheld=not gives)
        self._tell(conversation_id, watermark=mark)

    async def _subscribe(self, user_ids: Sequence[str]) -> None:
        """Watch the users whom this one may know of; begin to listen first, then tell how they are, so that no change falls between.

        Who shares no conversation with this one any more by then is not watched.
        """
        if len(user_ids) > MAX_WATCHED:
            raise ChatError(Reason.INVALID_ARGUMENT, f"user_ids holds at most {MAX_WATCHED} users")
        known = frozenset(UserId(user.user_id) for user in await self._presence(user_ids)) if user_ids else frozenset[UserId]()
        begun, ceased = self._around.hub.watch(self, known)
        if begun or ceased:
            await self._around.attacher.watch(begun, ceased)
        users = await self._presence(list(known)) if known else ()
        self.lose_sight(known - {UserId(user.user_id) for user in users})
        for user in users:
            # The fields have the same numbers.
            self._send(pb.ServerFrame(presence=pb.Presence.FromString(user.SerializeToString())))

    async def _presence(self, user_ids: Sequence[str]) -> Sequence[presence_service_pb2.UserPresence]:
        stub: Any = presence_service_pb2_grpc.PresenceServiceStub(self._around.channel)
        request = presence_service_pb2.GetPresenceRequest(user_ids=user_ids)
        response: presence_service_pb2.GetPresenceResponse = await self._ask(stub.GetPresence, request)
        return response.users

    # --- small things

    async def _ask(self, method: Any, request: Any) -> Any:  # noqa: ANN401 - any unary method
        """Call another service in the user's name."""
        bind_request_id(new_id())
        try:
            return await method(request, metadata=caller_metadata(Caller(self.user_id, self.session_id)))
        except grpc.aio.AioRpcError as failure:
            raise error_of(failure) from failure

    def _joined(self, conversation_id: str) -> ConversationId:
        joined = ConversationId(conversation_id)
        if joined not in self.conversations:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return joined

    def _command(self, conversation_id: str) -> router_service_pb2.Command:
        return router_service_pb2.Command(user_id=self.user_id, conversation_id=conversation_id, request_id=new_id())

    def _tell(self, conversation_id: ConversationId, **what: Any) -> None:  # noqa: ANN401 - one member of Command's oneof
        command = self._command(conversation_id)
        command.MergeFrom(router_service_pb2.Command(**what))
        self._around.lanes.tell(command)

    def _refuse(self, frame: pb.ClientFrame, kind: str, error: ChatError) -> None:
        """Answer a refusal; that of a hello ends the connection."""
        if kind == "hello":
            self.close(error)
        elif kind in {"send", "change"}:
            refused = getattr(frame, kind)
            self._reject(error, refused.message_id, refused.conversation_id)
        else:
            self._reject(error, conversation_id=getattr(getattr(frame, kind), "conversation_id", ""))

    def _reject(self, error: ChatError, message_id: str = "", conversation_id: str = "") -> None:
        REJECTED[error.reason].inc()
        reject = pb.Reject(
            message_id=message_id,
            conversation_id=conversation_id,
            reason=reason_pb2.Reason.Value(error.reason),
            retryable=error.row.retryable,
            message=error.message,
        )
        if error.retry_after is not None:
            reject.retry_after.CopyFrom(duration(error.retry_after))
        self._send(pb.ServerFrame(reject=reject))

    def go_away(self, after: timedelta) -> None:
        """Tell the client that the gateway is about to stop."""
        self._send(pb.ServerFrame(going_away=pb.GoingAway(reconnect_after=duration(after))))

    def _send_resync(self, conversation_id: str) -> None:
        self._send(pb.ServerFrame(resync=pb.Resync(conversation_id=conversation_id)))

    def _send_left(self, conversation_id: ConversationId, seq: int) -> None:
        self._send(pb.ServerFrame(left=pb.Left(conversation_id=conversation_id, seq=seq)))

    def _send(self, frame: pb.ServerFrame) -> None:
        self._connection.send(Outgoing.of(frame))


def _listed(synced: history_service_pb2.SyncResponse) -> dict[ConversationId, int]:
    """Return all conversations of the user, and the seq at which they joined each."""
    return {ConversationId(one.conversation.conversation_id): one.membership.joined_seq for one in synced.conversations}


def _head(summary: history_service_pb2.ConversationSummary) -> pb.ConversationHead:
    return pb.ConversationHead(
        conversation_id=summary.conversation.conversation_id,
        head_seq=summary.head_seq,
        read_seq=summary.read_seq,
        unread_count=summary.unread_count,
        mention_count=summary.mention_count,
        preferences=summary.preferences if summary.HasField("preferences") else None,
    )
