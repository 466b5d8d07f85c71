"""A client that behaves as docs/protocol.md asks: it keeps an outbox, cursors and order, comes back by itself, and notes what it is told.

The fault suite and the measurements of storms and drains drive many of these in one process.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp

from bench.client import Account, Api, ApiError, hello_frame, send_frame
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2 as history_pb2
from elastic_chat.types.v1 import entry_pb2

PING_S = 2.0
"""How often a client asks whether anyone is there; after three times in silence it takes its connection for dead."""
LOOKS = 5
"""How often, between two pings, a client looks whether something is due."""
TOKEN_S = 240.0
"""Age at which an access token is refreshed before the next hello."""
TOKEN_REFUSED = 4504
"""Close code of a connection whose access token is not good."""
ANSWER_S = 15.0
"""How long a message may be without an answer before it is sent again."""


@dataclass(slots=True)
class Message:
    """A message on its way: which session says what where, when it was made and first sent, and what came of it."""

    message_id: str
    conversation_id: str
    sender: str
    text: str
    made_at: float
    sent_at: float = 0.0
    tries: int = 0
    seq: int = 0
    acked_at: float = 0.0
    refused: str = ""


@dataclass(slots=True)
class Journal:
    """What all clients noted: messages, their answers, and everything that should not have happened."""

    messages: dict[str, Message] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    repeats: int = 0
    holes: int = 0
    resyncs: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
    connects: int = 0
    gaps_s: list[float] = field(default_factory=list)
    """How long clients were without a live connection, each time."""


class Login:
    """What all sessions of a user show at the door. Refreshed by the first that needs it: a refresh token is good for one use."""

    def __init__(self, api: Api, account: Account) -> None:
        self.account = account
        self._api = api
        self._made_at = time.monotonic()
        self._lock = asyncio.Lock()

    @property
    def is_old(self) -> bool:
        """Whether the access token should not be relied upon any more."""
        return time.monotonic() - self._made_at > TOKEN_S

    async def renew(self, refused: str) -> None:
        """Get another access token than the one that was refused, or is old."""
        async with self._lock:
            if self.account.token != refused:
                return
            answer = await self._api.call("POST", "/v1/auth/refresh", {"refreshToken": self.account.refresh_token})
            self.account = Account(self.account.user_id, self.account.username, answer["accessToken"], answer["refreshToken"])
            self._made_at = time.monotonic()


class Member:
    """One session of a user.

    `log` is what the application saw of each conversation, in the order in which it saw it; `late` what came after the user had, as it was
    told, left, and was not shown.
    """

    def __init__(self, api: Api, login: Login, journal: Journal, name: str, rng: random.Random) -> None:
        self.api = api
        self.login = login
        self.journal = journal
        self.name = name
        self.rng = rng
        self.log: dict[str, list[tuple[int, str]]] = {}
        self.cursors: dict[str, int] = {}
        self.gone: set[str] = set()
        self.late: list[tuple[str, int]] = []
        self._since: dict[str, int] = {}
        self.is_live = asyncio.Event()
        self.node_id = ""
        self.reads = True
        self.ping_s = PING_S
        self._ahead: dict[str, dict[int, entry_pb2.Entry]] = {}
        self._outbox: dict[str, deque[Message]] = {}
        self._in_flight: dict[str, float] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._dirty: set[str] = set()
        self._syncing = asyncio.Event()
        self._changes = 0
        self._resumed: set[str] = set()
        self._lists = False
        self._leaving = asyncio.Event()
        self._going_away: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._lost_at = time.monotonic()
        self.on_entry: Callable[[entry_pb2.Entry], None] = lambda _: None

    # --- what the application does

    def say(self, conversation_id: str, text: str, message_id: str = "") -> Message:
        """Put a message into the outbox. Messages of a conversation are sent one after the other, each until it has its answer."""
        message = Message(message_id or new_id(), conversation_id, self.name, text, time.monotonic())
        self.journal.messages[message.message_id] = message
        self._outbox.setdefault(conversation_id, deque()).append(message)
        self._pump(conversation_id)
        return message

    @property
    def account(self) -> Account:
        """Whose session it is."""
        return self.login.account

    @property
    def unanswered(self) -> int:
        """How many messages have no answer yet."""
        return sum(map(len, self._outbox.values()))

    @property
    def is_behind(self) -> bool:
        """Whether something is to be fetched that the server has told of."""
        return bool(self._dirty or self._lists or self._syncing.is_set())

    def cut(self) -> None:
        """Lose the connection, as at a change of networks."""
        self._lose()
        if self._socket is not None and (transport := self._socket._writer.transport) is not None:
            transport.abort()

    async def run(self) -> None:
        """Be connected, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_synced())
            tries = 0
            while True:
                came_live = False
                try:
                    came_live = await self._connection()
                except (aiohttp.ClientError, OSError, TimeoutError, ApiError):
                    pass
                finally:
                    self._lose()
                    self._socket = None
                    self._in_flight.clear()
                if self._going_away is not None:
                    self._going_away.cancel()
                    self._going_away = None
                    self._leaving.clear()
                    continue  # the server has chosen the moment, and it has come
                tries = 0 if came_live else tries + 1
                await asyncio.sleep(self.rng.uniform(0, min(5.0, 2.0 ** min(tries, 4) / 2)))

    def _lose(self) -> None:
        if self.is_live.is_set():
            self._lost_at = time.monotonic()
        self.is_live.clear()

    # --- a connection

    async def _connection(self) -> bool:
        if self.login.is_old:
            await self.login.renew(self.account.token)
        token = self.account.token
        url = self.api.edge.replace("http", "ws", 1) + "/v1/connect"
        came_live = False
        async with self.api.http.ws_connect(url, protocols=("elastic-chat.v1.proto",), max_msg_size=0) as socket:
            self.journal.connects += 1
            await socket.send_bytes(self.hello(token).SerializeToString())
            self._socket = socket
            self._heard_at = time.monotonic()
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._watch(socket))
                try:
                    async for message in socket:
                        if message.type is not aiohttp.WSMsgType.BINARY:
                            break
                        self._heard_at = time.monotonic()
                        while not self.reads:
                            await asyncio.sleep(0.05)
                        self._handle(pb.ServerFrame.FromString(message.data))
                        came_live = came_live or self.is_live.is_set()
                finally:
                    watch.cancel()
            if socket.close_code == TOKEN_REFUSED:
                await self.login.renew(token)
        return came_live

    def hello(self, token: str) -> pb.ClientFrame:
        """Return what a connection begins with."""
        self._changes += 1
        self._resumed = set(self.cursors)
        return hello_frame(token, self.cursors)

    async def _watch(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Ping, look whether anyone is there, send again what has no answer, and leave when it is time."""
        ping = pb.ClientFrame(ping=pb.Ping()).SerializeToString()
        pinged = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.ping_s / LOOKS):
                    await self._leaving.wait()
                    break
            now = time.monotonic()
            if now - self._heard_at > 3 * self.ping_s and self.reads:
                break
            if now - pinged > self.ping_s:
                pinged = now
                with contextlib.suppress(ConnectionError):
                    await socket.send_bytes(ping)
            for conversation_id, since in list(self._in_flight.items()):
                if now - since > ANSWER_S:
                    del self._in_flight[conversation_id]
                    self._pump(conversation_id)
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(1.0):
                await socket.close()
        if not socket.closed or socket._writer.transport is not None:
            transport = socket._writer.transport
            if transport is not None:
                transport.abort()

    # --- frames

    def _handle(self, frame: pb.ServerFrame) -> None:
        match frame.WhichOneof("frame"):
            case "entry":
                self._entry(frame.entry)
            case "ack":
                self._answered(frame.ack.message_id, frame.ack.conversation_id, seq=frame.ack.seq)
            case "reject":
                self._rejected(frame.reject)
            case "welcome":
                self._welcomed(frame.welcome)
            case "live":
                self._live(frame.live)
            case "resync":
                self.journal.resyncs += 1
                self.gone.discard(frame.resync.conversation_id)
                self._lists = self._lists or not frame.resync.conversation_id
                for conversation_id in [frame.resync.conversation_id] if frame.resync.conversation_id else list(self.cursors):
                    self._need(conversation_id)
                self._syncing.set()
            case "left":
                self._left(frame.left.conversation_id, frame.left.seq)
            case "going_away":
                after = frame.going_away.reconnect_after.ToTimedelta()
                self._going_away = asyncio.get_running_loop().call_later(after.total_seconds(), self._leaving.set)
            case _:
                pass

    def _welcomed(self, welcome: pb.Welcome) -> None:
        self.node_id = welcome.node_id
        heads = {head.conversation_id: head.head_seq for head in welcome.conversations}
        for conversation_id in self.cursors.keys() - heads.keys():
            self._left(conversation_id)
        for conversation_id, head in heads.items():
            self.gone.discard(conversation_id)
            # What this connection has asked for, it brings.
            if conversation_id not in self.cursors or (conversation_id not in self._resumed and self.cursors[conversation_id] < head):
                self._need(conversation_id)

    def _live(self, live: pb.Live) -> None:
        for position in live.positions:
            self._settle(position.conversation_id, position.seq)
        if not self.is_live.is_set():
            self.journal.gaps_s.append(time.monotonic() - self._lost_at)
        self.is_live.set()
        for conversation_id in list(self._outbox):
            self._pump(conversation_id)

    def _entry(self, entry: entry_pb2.Entry) -> None:
        conversation_id, seq = entry.conversation_id, entry.seq
        brings_me_in = self._brings_me_in(entry)
        if conversation_id in self.gone and not brings_me_in:
            self.late.append((conversation_id, seq))
            return
        if conversation_id not in self.cursors:
            if brings_me_in:
                self.cursors[conversation_id] = seq - 1
            else:
                self._ahead.setdefault(conversation_id, {})[seq] = entry
                self._need(conversation_id)
                return
        if brings_me_in:
            self.gone.discard(conversation_id)
        cursor = self.cursors[conversation_id]
        if seq <= cursor:
            self.journal.repeats += 1
            if seq > self._since.get(conversation_id, 0) and (seq, entry.message_id) not in self.log.get(conversation_id, ()):
                self.journal.faults.append(
                    f"{self.name} is given seq {seq} of {conversation_id} after it was told that {cursor} is settled"
                )
        elif seq == cursor + 1:
            self._accept(entry)
            self._catch_up(conversation_id)
        else:
            self._ahead.setdefault(conversation_id, {})[seq] = entry
            if self.is_live.is_set():
                self.journal.holes += 1
                self._need(conversation_id)

    def _brings_me_in(self, entry: entry_pb2.Entry) -> bool:
        return any(one.user_id == self.account.user_id for one in (*entry.created.members, *entry.membership.added))

    def _accept(self, entry: entry_pb2.Entry) -> None:
        self.cursors[entry.conversation_id] = entry.seq
        if self._brings_me_in(entry):
            self._since[entry.conversation_id] = entry.seq
        self.log.setdefault(entry.conversation_id, []).append((entry.seq, entry.message_id))
        said = self.journal.messages.get(entry.message_id)
        if said is not None and entry.HasField("body") and said.text != entry.body.text:
            self.journal.faults.append(f"{self.name} is given {entry.message_id} with another text than was said")
        self.on_entry(entry)

    def _catch_up(self, conversation_id: str) -> None:
        ahead = self._ahead.get(conversation_id, {})
        while (entry := ahead.pop(self.cursors[conversation_id] + 1, None)) is not None:
            self._accept(entry)

    def _settle(self, conversation_id: str, seq: int) -> None:
        """Take what has come up to `seq` as everything that there is."""
        ahead = self._ahead.get(conversation_id, {})
        for one in sorted(ahead):
            if one <= seq:
                entry = ahead.pop(one)
                if one > self.cursors.get(conversation_id, 0):
                    self._accept(entry)
        self.cursors[conversation_id] = max(seq, self.cursors.get(conversation_id, 0))
        self._catch_up(conversation_id)

    def _left(self, conversation_id: str, seq: int = 0) -> None:
        if 0 < seq < self.cursors.get(conversation_id, 0):
            return  # and was let in again since
        self._changes += 1
        self.gone.add(conversation_id)
        self.cursors.pop(conversation_id, None)
        self._ahead.pop(conversation_id, None)
        self._dirty.discard(conversation_id)

    # --- catching up

    def _need(self, conversation_id: str) -> None:
        self._dirty.add(conversation_id)
        self._syncing.set()

    async def _keep_synced(self) -> None:
        while True:
            await self._syncing.wait()
            self._syncing.clear()
            await asyncio.sleep(self.rng.uniform(0, 0.3))
            wanted, self._dirty = self._dirty, set()
            lists, self._lists = self._lists, False
            if not wanted and not lists:
                continue
            try:
                await self._sync(sorted(wanted)[:500], lists=lists)
                self._dirty |= set(sorted(wanted)[500:])
            except ChatError as error:
                self._dirty |= wanted
                self._lists = self._lists or lists
                if error.reason in {Reason.UNAUTHENTICATED, Reason.TOKEN_EXPIRED}:
                    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, ApiError):
                        await self.login.renew(self.account.token)
                await asyncio.sleep(self.rng.uniform(0.1, 0.5))
            if self._dirty or self._lists:
                self._syncing.set()

    async def _sync(self, wanted: list[str], *, lists: bool) -> None:
        request = history_pb2.SyncRequest(
            cursors=[history_pb2.SyncCursor(conversation_id=one, seq=self.cursors.get(one, 0)) for one in wanted if one not in self.gone],
            list_conversations=lists,
        )
        asked_at = self._changes
        response = await self.api.sync(request, self.account.token)
        if asked_at != self._changes:
            # It may be older than what the new connection begins with, or than the end of a conversation.
            self._dirty.update(wanted)
            self._lists = self._lists or lists
            return
        for summary in response.conversations:
            conversation_id = summary.conversation.conversation_id
            self.gone.discard(conversation_id)
            if conversation_id not in self.cursors and conversation_id not in wanted:
                self._need(conversation_id)
        for entry in response.entries:
            if entry.conversation_id not in self.gone and entry.seq > self.cursors.get(entry.conversation_id, 0):
                self._ahead.setdefault(entry.conversation_id, {})[entry.seq] = entry
        for position in response.positions:
            if position.conversation_id not in self.gone:
                self._settle(position.conversation_id, position.seq)
        for conversation_id in response.gone_conversation_ids:
            self._left(conversation_id)
        for conversation_id in response.more_conversation_ids:
            self._need(conversation_id)
        for conversation_id in wanted:
            if self._ahead.get(conversation_id):
                self._need(conversation_id)

    # --- the outbox

    def _pump(self, conversation_id: str) -> None:
        queue = self._outbox.get(conversation_id)
        if not queue or conversation_id in self._in_flight or not self.is_live.is_set() or self._socket is None or self._socket.closed:
            return
        message = queue[0]
        frame = send_frame(message.message_id, conversation_id, message.text)
        self._in_flight[conversation_id] = time.monotonic()
        message.sent_at = message.sent_at or time.monotonic()
        message.tries += 1
        sending = asyncio.ensure_future(self._socket.send_bytes(frame.SerializeToString()))
        sending.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _answered(self, message_id: str, conversation_id: str, seq: int = 0, refused: str = "") -> None:
        message = self.journal.messages.get(message_id)
        if message is None:
            return
        if seq and message.seq and message.seq != seq:
            self.journal.faults.append(f"{message_id} was acknowledged with seq {message.seq}, and again with {seq}")
        message.seq, message.refused = seq or message.seq, refused
        message.acked_at = message.acked_at or time.monotonic()
        queue = self._outbox.get(conversation_id)
        if queue and queue[0].message_id == message_id:
            queue.popleft()
            self._in_flight.pop(conversation_id, None)
            self._pump(conversation_id)

    def _rejected(self, reject: pb.Reject) -> None:
        reason = reason_pb2.Reason.Name(reject.reason)
        self.journal.rejects[reason] = self.journal.rejects.get(reason, 0) + 1
        if not reject.message_id:
            return
        if not reject.retryable:
            self._answered(reject.message_id, reject.conversation_id, refused=reason)
            return
        after = reject.retry_after.ToTimedelta().total_seconds() if reject.HasField("retry_after") else 0.0
        asyncio.get_running_loop().call_later(after + self.rng.uniform(0.05, 0.5), self._again, reject.conversation_id)

    def _again(self, conversation_id: str) -> None:
        self._in_flight.pop(conversation_id, None)
        self._pump(conversation_id)
