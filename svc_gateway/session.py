"""One connection's life: hello, catching up, live, the end. The same for every door."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, new_id
from chatkit.metrics import counter
from chatkit.rpc.errors import duration
from chatkit.rpc.preferences import preferences_of
from chatkit.rpc.tokens import AccessToken
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2
from elastic_chat.types.v1 import presence_pb2
from svc_gateway.commands import Commands
from svc_gateway.connection import Connection
from svc_gateway.core import BAD_FRAMES, MAX_CURSORS, MAX_HELD, Phase, check_frame
from svc_gateway.frames import KINDS, Outgoing
from svc_gateway.surroundings import Surroundings
from svc_gateway.watching import Watching

log = structlog.get_logger()

NEVER = 1 << 63
"""Above every seq."""
END_S = 5
"""How long a client may take to see that its connection has ended before it is cut."""

FRAMES = counter("chat_gateway_frames_total", "Frames that clients sent, by kind.", kind=KINDS)
REJECTED = counter("chat_gateway_rejects_total", "Frames of clients that were rejected, by reason.", reason=Reason)


@dataclass(frozen=True, slots=True)
class _Move:
    """That the user came into a conversation, or left it, by the entry at `seq`; 0 if that is not known."""

    is_in: bool
    seq: int


class Session:
    """A connection and who is behind it. Its reader calls `handle` for each frame, `bad_frame` for what is none, and `over` at the end."""

    __slots__ = (
        "_around",
        "_bad_frames",
        "_commands",
        "_connection",
        "_gaps",
        "_heard",
        "_held",
        "_is_recovered",
        "_missed",
        "_moved",
        "_phase",
        "_preferences",
        "_suspended",
        "_watching",
        "connection_id",
        "conversations",
        "is_idle",
        "session_id",
        "user_id",
    )

    def __init__(self, around: Surroundings, connection: Connection) -> None:
        self._around = around
        self._connection = connection
        self._commands = Commands(around, self)
        self._watching = Watching(around, self)
        self._phase = Phase.AWAITING_HELLO
        self._bad_frames = 0
        self._heard = around.wheel.now
        self._held: list[tuple[ConversationId, int, Outgoing]] = []
        self._missed = False
        self._suspended = False
        self._is_recovered = True
        self._gaps = 0
        self._moved: dict[ConversationId, _Move] | None = {}
        self._preferences: presence_pb2.Preferences | None = None
        self.connection_id = ConnectionId(new_id())
        self.user_id = UserId("")
        self.session_id = SessionId("")
        self.conversations: dict[ConversationId, int] = {}
        self.is_idle = False
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
            self.reject(error)

    def over(self) -> None:
        """Forget the session: its connection is gone."""
        self._phase = Phase.CLOSED
        self._commands.let_go()
        if self.user_id:
            self._commands.send_marks()  # as long as it is known here whether others may see them
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
        return self._commands.unanswered

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
            self.send(pb.ServerFrame(preferences=preferences))
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
        self._commands.let_go()
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
                await self._commands.send(frame.send)
            case "change":
                await self._commands.change(frame.change)
            case "typing":
                self._commands.type(frame.typing)
            case "delta":
                self._commands.stream(frame.delta)
            case "watermark":
                self._commands.mark(frame.watermark)
            case "subscribe_presence":
                await self._watching.subscribe(frame.subscribe_presence.user_ids)
            case "set_status":
                await self._watching.set_status(frame.set_status.status)
            case _:
                self._rest(is_idle=frame.ping.idle)
                self.send(pb.ServerFrame(pong=pb.Pong()))

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
        self.send(
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
            self.send(pb.ServerFrame(live=pb.Live(positions=positions)))
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
            self.send(pb.ServerFrame(entry=entry))
        for mark in response.watermarks:
            await self._connection.room()
            self.send(pb.ServerFrame(watermark=mark))
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
            self.send(pb.ServerFrame(preferences=self._preferences))
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

    # --- small things

    def _rest(self, *, is_idle: bool) -> None:
        """Take note of whether somebody uses the device."""
        if self.is_idle != is_idle:
            self.is_idle = is_idle
            self._around.attacher.change(self)

    def _refuse(self, frame: pb.ClientFrame, kind: str, error: ChatError) -> None:
        """Answer a refusal; that of a hello ends the connection."""
        if kind == "hello":
            self.close(error)
        elif kind in {"send", "change"}:
            refused = getattr(frame, kind)
            self.reject(error, refused.message_id, refused.conversation_id)
        else:
            self.reject(error, conversation_id=getattr(getattr(frame, kind), "conversation_id", ""))

    def reject(self, error: ChatError, message_id: str = "", conversation_id: str = "") -> None:
        """Tell the client that something is refused."""
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
        self.send(pb.ServerFrame(reject=reject))

    def go_away(self, after: timedelta) -> None:
        """Tell the client that the gateway is about to stop."""
        self.send(pb.ServerFrame(going_away=pb.GoingAway(reconnect_after=duration(after))))

    def _send_resync(self, conversation_id: str) -> None:
        self.send(pb.ServerFrame(resync=pb.Resync(conversation_id=conversation_id)))

    def _send_left(self, conversation_id: ConversationId, seq: int) -> None:
        self.send(pb.ServerFrame(left=pb.Left(conversation_id=conversation_id, seq=seq)))

    def send(self, frame: pb.ServerFrame) -> None:
        """Send a frame to the client."""
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
