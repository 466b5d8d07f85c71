"""Who is here, and what goes to whom: conversations and users to their local sessions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge, Histogram

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, direct_conversation_id
from chatkit.core.presence import SECRET, Audience, Wishes
from chatkit.metrics import SECONDS, counter
from chatkit.rpc.preferences import circle_of, preferences_of, wishes_of
from chatkit.tracing import NOTHING, Tracer
from elastic_chat.events.v1 import node_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2
from elastic_chat.types.v1 import presence_pb2
from svc_gateway.frames import Outgoing
from svc_gateway.notices import Notices

log = structlog.get_logger()

DELIVERIES = counter(
    "chat_gateway_deliveries_total", "Frames given to sessions, by kind.", kind=("entry", "presence", "typing", "delta", "watermark")
)
ENTRIES, PRESENCE, WATERMARKS = (DELIVERIES[kind] for kind in ("entry", "presence", "watermark"))
DELAY = Histogram(
    "chat_gateway_delivery_seconds",
    "Seconds from a router's acceptance of an entry to its being given to the sessions of a gateway, by the clocks of their machines.",
    buckets=SECONDS,
)
REPEATS = Counter("chat_gateway_repeats_total", "Entries that had been delivered here before.")
HOLES = Counter("chat_gateway_holes_total", "Entries that were found to have been missed.")
CONVERSATIONS = Gauge("chat_gateway_conversations", "Conversations with a session here.")
SESSIONS = Gauge("chat_gateway_sessions", "Sessions that have said hello.")


class Listener(Protocol):
    """A session, as the hub sees it. No method waits. `conversations` are those that it hears of, each from which seq on."""

    connection_id: ConnectionId
    user_id: UserId
    session_id: SessionId
    conversations: dict[ConversationId, int]
    is_idle: bool

    def deliver(self, conversation_id: ConversationId, seq: int, frame: Outgoing) -> None:
        """Take an entry."""

    def notify(self, frame: Outgoing, *, ephemeral: bool) -> None:
        """Take another frame."""

    def join(self, conversation_id: ConversationId, seq: int) -> None:
        """Hear of a conversation from the entry at `seq` on."""

    def leave(self, conversation_id: ConversationId, seq: int) -> None:
        """Hear no more of a conversation, since the entry at `seq`; 0 if that is not known."""

    def close(self, error: ChatError) -> None:
        """End."""

    def prefer(self, preferences: presence_pb2.Preferences) -> None:
        """Take note of what the user has decided about how they are seen."""

    def lose_sight(self, users: Collection[UserId] | None = None) -> None:
        """Hear no more of `users`, or of anyone, who may share no conversation with the user any more, until the client asks again."""


def accepted_of(entry: node_pb2.EntryDelivery) -> router_service_pb2.Accepted:
    """Return what the sender of an entry is answered."""
    shown = pb.ServerFrame.FromString(entry.frame).entry
    return router_service_pb2.Accepted(seq=entry.seq, accepted_at=shown.accepted_at)


def ended() -> ChatError:
    """Return why a connection is closed whose login session has ended."""
    return ChatError(Reason.UNAUTHENTICATED, "the login session has ended: log in again")


class _Room:
    __slots__ = ("joined_seq", "last_seq", "sessions")

    def __init__(self) -> None:
        self.sessions: set[Listener] = set()
        self.last_seq = 0
        self.joined_seq = 0
        """From here on every session hears everything; below, some do not."""


class Hub:
    """The local sessions. It never waits: whatever a delivery needs is here. `joined` is told of conversations that users here were
    added to, `told` of every entry.
    """

    def __init__(
        self,
        max_connections: int,
        joined: Callable[[ConversationId], None],
        told: Callable[[node_pb2.EntryDelivery], None],
        clock: Clock,
        notices: Notices,
        tracer: Tracer = NOTHING,
    ) -> None:
        self._max_connections = max_connections
        self._notices = notices
        self._joined = joined
        self._told = told
        self._clock = clock
        self._tracer = tracer
        self._rooms: dict[ConversationId, _Room] = {}
        self._users: dict[UserId, set[Listener]] = {}
        self._watched: dict[UserId, set[Listener]] = {}
        self._watching: dict[Listener, frozenset[UserId]] = {}
        self._wishes: dict[UserId, Wishes] = {}
        self._cut_off: dict[UserId, frozenset[ConversationId]] = {}

    def register(self, session: Listener) -> None:
        """Let a session be found by its user, or raise LIMIT_REACHED."""
        sessions = self._users.setdefault(session.user_id, set())
        if len(sessions) >= self._max_connections:
            raise ChatError(Reason.LIMIT_REACHED, f"a user has at most {self._max_connections} connections to a gateway: close one first")
        sessions.add(session)
        SESSIONS.inc()

    def unregister(self, session: Listener) -> set[UserId]:
        """Forget a session, and return whom the node must cease to watch; a no-op if it is not registered."""
        sessions = self._users.get(session.user_id, set())
        if session not in sessions:
            return set()
        sessions.discard(session)
        SESSIONS.dec()
        if not sessions:
            del self._users[session.user_id]
            self._wishes.pop(session.user_id, None)
            self._cut_off.pop(session.user_id, None)
        for conversation_id in list(session.conversations):
            self._leave(session, conversation_id)
        _, ceased = self.watch(session, frozenset())
        del self._watching[session]
        self._notices.forget(session)
        return ceased

    def join(self, session: Listener, conversations: Mapping[ConversationId, int]) -> None:
        """Let a session hear of conversations, of each from a seq on."""
        for conversation_id, seq in conversations.items():
            room = self._rooms.setdefault(conversation_id, _Room())
            room.sessions.add(session)
            room.joined_seq = max(room.joined_seq, seq)
            session.conversations[conversation_id] = seq
        CONVERSATIONS.set(len(self._rooms))

    def place(self, session: Listener, conversations: Mapping[ConversationId, int]) -> None:
        """Let a session hear of exactly these conversations, of each from a seq on."""
        for conversation_id in session.conversations.keys() - conversations:
            self._leave(session, conversation_id)
            session.leave(conversation_id, 0)
        new = conversations.keys() - session.conversations
        self.join(session, conversations)
        for conversation_id in new:
            session.join(conversation_id, conversations[conversation_id])

    def _leave(self, session: Listener, conversation_id: ConversationId) -> None:
        session.conversations.pop(conversation_id, None)
        room = self._rooms.get(conversation_id)
        if room is not None:
            room.sessions.discard(session)

    def sweep(self) -> list[ConversationId]:
        """Forget conversations that no session here needs, and return them."""
        empty = [conversation_id for conversation_id, room in self._rooms.items() if not room.sessions]
        for conversation_id in empty:
            del self._rooms[conversation_id]
        CONVERSATIONS.set(len(self._rooms))
        return empty

    def watch(self, session: Listener, users: frozenset[UserId]) -> tuple[set[UserId], set[UserId]]:
        """Let a session hear of the coming and going of exactly these users; return whom the node must begin and cease to watch."""
        before = self._watching.get(session, frozenset())
        self._watching[session] = users
        begun, ceased = set[UserId](), set[UserId]()
        for user_id in users - before:
            watchers = self._watched.setdefault(user_id, set())
            if not watchers:
                begun.add(user_id)
            watchers.add(session)
        for user_id in before - users:
            self._watched[user_id].discard(session)
            if not self._watched[user_id]:
                del self._watched[user_id]
                ceased.add(user_id)
        return begun, ceased

    def doubt(self, session: Listener, users: Collection[UserId] | None = None) -> set[UserId]:
        """Let a session hear no more of those of `users`, or of all, who may share no conversation with the user any more, and be sent to
        ask; return whom the node must cease to watch.
        """
        watched = self._watching.get(session, frozenset())
        doubtful = {user_id for user_id in watched if (users is None or user_id in users) and not self._are_close(session, user_id)}
        if not doubtful:
            return set()
        self._notices.skipped((session,))
        return self.watch(session, watched - doubtful)[1]

    def end_session(self, user_id: UserId, session_id: SessionId) -> None:
        """Close every connection of a login session that has ended."""
        for session in list(self._users.get(user_id, ())):
            if session.session_id == session_id:
                session.close(ended())

    @property
    def sessions(self) -> list[Listener]:
        """Every session."""
        return [session for sessions in self._users.values() for session in sessions]

    @property
    def conversations(self) -> Collection[ConversationId]:
        """Every conversation that the node listens to."""
        return self._rooms.keys()

    @property
    def watched(self) -> Collection[UserId]:
        """Every user whose coming and going the node hears of."""
        return self._watched.keys()

    def handle(self, event: node_pb2.NodeEvent) -> None:
        """Give an event to whom it concerns."""
        match event.WhichOneof("event"):
            case "entry":
                self._entry(event.entry)
            case "ephemeral":
                self._ephemeral(event.ephemeral)
            case "presence":
                self._presence(event.presence)
            case "preferences":
                self.prefer(UserId(event.preferences.user_id), event.preferences.preferences)
            case "presence_skipped":
                self._notices.skipped([session for session, users in self._watching.items() if users])
            case "session_end":
                self.end_session(UserId(event.session_end.user_id), SessionId(event.session_end.session_id))
            case _:
                log.warning("unknown_event")

    def _entry(self, entry: node_pb2.EntryDelivery) -> None:
        # First: so the sender's answer and the entry itself leave in one write.
        self._told(entry)
        conversation_id = ConversationId(entry.conversation_id)
        if conversation_id in self._rooms and entry.seq <= self._rooms[conversation_id].last_seq:
            REPEATS.inc()
            return
        self._move(entry, conversation_id)
        room = self._rooms.get(conversation_id)
        if room is None:
            return
        if 0 < room.last_seq < entry.previous_seq:
            self._tell_of_hole(room, conversation_id)
        room.last_seq = entry.seq
        frame = Outgoing(entry.frame)
        sessions: Collection[Listener] = room.sessions
        if entry.seq < room.joined_seq:
            sessions = [session for session in sessions if session.conversations[conversation_id] <= entry.seq]
        if 0 < entry.edited_seq < room.joined_seq:
            sessions = self._without_newcomers(entry, sessions)
        span = self._tracer.span("deliver", entry.traceparent) if sessions and entry.traceparent else None
        for session in sessions:
            session.deliver(conversation_id, entry.seq, frame)
        if span is not None:
            span.end(seq=entry.seq, sessions=len(sessions))
        if sessions:
            ENTRIES.inc(len(sessions))
            if entry.accepted_ms:
                DELAY.observe(max(0, self._clock.now_ms() - entry.accepted_ms) / 1000)
        log.debug("entry_delivered", request_id=entry.request_id, conversation_id=conversation_id, seq=entry.seq, sessions=len(sessions))

    def _without_newcomers(self, edit: node_pb2.EntryDelivery, sessions: Collection[Listener]) -> list[Listener]:
        """Give an edit without its words to those who joined after its message, and return the others."""
        conversation_id = ConversationId(edit.conversation_id)
        newcomers = {session for session in sessions if session.conversations[conversation_id] > edit.edited_seq}
        wordless = pb.ServerFrame.FromString(edit.frame)
        wordless.entry.ClearField("body")
        frame = Outgoing.of(wordless)
        for session in newcomers:
            session.deliver(conversation_id, edit.seq, frame)
        ENTRIES.inc(len(newcomers))
        return [session for session in sessions if session not in newcomers]

    def _move(self, entry: node_pb2.EntryDelivery, conversation_id: ConversationId) -> None:
        """Let those leave and join whom an entry moves, unless they are known to have come back, or to have joined, later."""
        for user_id in map(UserId, entry.leaving_user_ids):
            for session in list(self._users.get(user_id, ())):
                if session.conversations.get(conversation_id, 0) < entry.seq:
                    self._leave(session, conversation_id)
                    session.leave(conversation_id, entry.seq)
                    session.lose_sight()
            for session in list(self._watched.get(user_id, ())):
                if conversation_id in session.conversations:
                    session.lose_sight({user_id})
        for user_id in map(UserId, entry.joining_user_ids):
            for session in self._users.get(user_id, ()):
                if session.conversations.get(conversation_id, 0) < entry.seq:
                    self.join(session, {conversation_id: entry.seq})
                    session.join(conversation_id, entry.seq)
                    self._joined(conversation_id)

    # --- who sees whom

    def decided(self, user_id: UserId) -> Wishes | None:
        """Return what a user who is here has decided, if it is known."""
        return self._wishes.get(user_id)

    def wishes(self, user_id: UserId) -> Wishes:
        """Return what a user who is here has decided; as long as it is not known, nothing of them is told."""
        return self._wishes.get(user_id, SECRET)

    @property
    def undecided(self) -> list[Listener]:
        """Every session of those of whom it is not known what they have decided."""
        return [session for user_id, sessions in self._users.items() if user_id not in self._wishes for session in sessions]

    def prefer(self, user_id: UserId, preferences: presence_pb2.Preferences) -> None:
        """Take note of what a user has decided, unless something as new is known, and let their sessions know."""
        before, after = self._wishes.get(user_id), wishes_of(preferences)
        if user_id not in self._users or (before is not None and before.version >= after.version):
            return
        self._wishes[user_id] = after
        self._cut_off[user_id] = frozenset(direct_conversation_id(user_id, other) for other in after.blocks)
        for session in self._users[user_id]:
            session.prefer(preferences_of(after))
            if before is not None and (before.audience is not after.audience or before.blocks.keys() != after.blocks.keys()):
                self.presence_missed(session)

    def has_cut_off(self, user_id: UserId, conversation_id: ConversationId) -> bool:
        """Tell whether it is the direct conversation of a user who is here with somebody whom they have blocked."""
        return conversation_id in self._cut_off.get(user_id, ())

    def _may_know(self, session: Listener, user_id: UserId, audience: Audience) -> bool:
        """Tell whether a session may know that a user is there, who lets this circle know; they share a conversation."""
        if session.user_id == user_id:
            return True
        if user_id in self.wishes(session.user_id).blocks:
            return False
        least = min(audience, self.wishes(session.user_id).audience)
        return least is Audience.SHARED or (least is Audience.DIRECT and self._are_close(session, user_id))

    @staticmethod
    def _are_close(session: Listener, user_id: UserId) -> bool:
        """Tell whether a session is the user's own, or has a direct conversation with them, which nobody leaves."""
        return session.user_id == user_id or direct_conversation_id(session.user_id, user_id) in session.conversations

    def _presence(self, change: node_pb2.PresenceChange) -> None:
        user_id, audience = UserId(change.user_id), circle_of(change.audience)
        watchers = self._watched.get(user_id, set())
        blocked = frozenset(change.blocked_user_ids)
        knowing = {one for one in watchers if one.user_id not in blocked and self._may_know(one, user_id, audience)}
        PRESENCE.inc(self._notices.presence(knowing, Outgoing(change.frame)))
        if change.audience_changed:
            unknown = Outgoing.of(pb.ServerFrame(presence=pb.Presence(user_id=user_id)))
            PRESENCE.inc(self._notices.presence(watchers - knowing, unknown))

    def _ephemeral(self, event: node_pb2.EphemeralDelivery) -> None:
        room = self._rooms.get(ConversationId(event.conversation_id))
        if room is None:
            return
        frame = Outgoing(event.frame)
        user_id, conversation_id = UserId(event.user_id), ConversationId(event.conversation_id)
        told = [one for one in self._users.get(user_id, ()) if conversation_id in one.conversations] if event.to_own_sessions else []
        if not event.only_own_sessions:
            others = [one for one in room.sessions if one.user_id != user_id and not self.has_cut_off(one.user_id, conversation_id)]
            if not event.to_own_sessions:
                self._notice(others, event, frame)
                return
            told += [one for one in others if self.wishes(one.user_id).receipts]
        for session in told:
            session.notify(frame, ephemeral=True)
        WATERMARKS.inc(len(told))

    def _notice(self, others: Collection[Listener], event: node_pb2.EphemeralDelivery, frame: Outgoing) -> None:
        """Tell others of a part of a message, or those of them that a user is typing who may know that they are there."""
        if event.is_part:
            DELIVERIES["delta"].inc(self._notices.passing("delta", others, frame))
            return
        user_id, audience = UserId(event.user_id), circle_of(event.audience)
        knowing = [session for session in others if self._may_know(session, user_id, audience)]
        DELIVERIES["typing"].inc(self._notices.passing("typing", knowing, frame))

    def presence_missed(self, session: Listener) -> None:
        """A session was not given what there was to tell of those whom it watches."""
        if self._watching.get(session):
            self._notices.skipped((session,))

    def second(self) -> None:
        """Let a second pass, for what may be told in one."""
        self._notices.second()

    def _tell_of_hole(self, room: _Room, conversation_id: ConversationId) -> None:
        """Something was shown that has not come here: nobody knows why, and everyone can fetch it."""
        HOLES.inc()
        log.warning("entry_missed", conversation_id=conversation_id, sessions=len(room.sessions))
        frame = Outgoing.of(pb.ServerFrame(resync=pb.Resync(conversation_id=conversation_id)))
        for session in room.sessions:
            session.notify(frame, ephemeral=False)
