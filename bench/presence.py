"""What it costs when thousands of users come and go at once: presence finds and tells it, a gateway gives it to those who watch.

By means of the product's own code, in this process, against the Redis of the running stack in a database of its own. Everyone watches
others of the same crowd; sockets are left out, so what the gateway does ends with the outboxes of its connections.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from bench.processes import Processes
from bench.results import Figure, figure
from bench.stages import scratch_database
from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, new_id
from chatkit.core.presence import Wishes
from chatkit.edges.redis import RedisClient
from chatkit.rpc.caller import Caller
from chatkit.rpc.preferences import preferences_of
from elastic_chat.events.v1 import node_pb2
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.types.v1 import presence_pb2
from launcher.topology import Topology
from svc_gateway.connection import Connection, Flusher
from svc_gateway.frames import Codec, Outgoing
from svc_gateway.hub import Hub
from svc_gateway.notices import Notices
from svc_gateway.settings import Settings as GatewaySettings
from svc_presence import notices as presence_notices
from svc_presence.preferences import Preferences
from svc_presence.service import PresenceServicer
from svc_presence.settings import Settings as PresenceSettings
from svc_presence.store.redis import RedisDirectory

USERS = 5_000
WATCHED = 100
"""Users whom each of them watches."""
ROUNDS = 3
"""How often all of them go and come again."""
BATCH = 500
"""Connections in one call of Attach, as gateways make them."""
NODE = pb.Node(node_id="bench", epoch=1)
UNBOUNDED = 10**9


class _Sink:
    """A connection's way out, which leads nowhere."""

    codec = Codec.PROTO

    def __init__(self) -> None:
        self.written = 0

    def write(self, data: bytes) -> None:
        self.written += len(data)

    def waiting(self) -> int:
        return 0

    def end(self, error: ChatError) -> None:
        raise error

    def abort(self) -> None:
        """Nothing is open."""


class _Ear:
    """A session of a gateway, as far as notices go."""

    def __init__(self, user_id: UserId, flusher: Flusher) -> None:
        self.connection_id, self.session_id, self.user_id = ConnectionId(new_id()), SessionId(new_id()), user_id
        self.conversations: dict[ConversationId, int] = {}
        self.is_idle = False
        self.heard = 0
        self._connection = Connection(_Sink(), flusher, 256 * 1024)

    def deliver(self, conversation_id: ConversationId, seq: int, frame: Outgoing) -> None:
        raise AssertionError((conversation_id, seq, frame))

    def notify(self, frame: Outgoing, *, ephemeral: bool) -> None:
        self.heard += 1
        self._connection.send(frame, ephemeral=ephemeral)
        self._connection.flush()

    def join(self, conversation_id: ConversationId, seq: int) -> None:
        raise AssertionError((conversation_id, seq))

    def leave(self, conversation_id: ConversationId, seq: int) -> None:
        raise AssertionError((conversation_id, seq))

    def close(self, error: ChatError) -> None:
        raise error

    def prefer(self, preferences: presence_pb2.Preferences) -> None:
        """It holds for everyone here what is usual."""

    def lose_sight(self, users: Collection[UserId] | None = None) -> None:
        """Nobody is watched."""


class _Keeper:
    """Accounts, where nobody has decided anything."""

    async def preferences(self, users: Sequence[UserId]) -> Sequence[presence_pb2.Preferences]:
        return [preferences_of(Wishes()) for _ in users]

    async def keep(self, caller: Caller, status: presence_pb2.Status) -> presence_pb2.Preferences:
        raise AssertionError((caller, status))


class _Published:
    """What presence publishes, for the gateway to hear."""

    def __init__(self) -> None:
        self.batches: list[bytes] = []

    async def publish(self, batches: Mapping[str, bytes]) -> None:
        self.batches += batches.values()


class _Idle(Flusher):
    """Connections flush by themselves here."""

    def mark(self, connection: Connection) -> None:
        """Leave it to the session."""


async def measure(edge: str) -> list[Figure]:
    """Measure the storm with the budgets that services have, and with none."""
    topology, processes = Topology(int(edge.rpartition(":")[2])), Processes()
    figures: list[Figure] = []
    async with scratch_database(topology) as redis:
        budgets = {"within the budget": (_default(PresenceSettings), _default(GatewaySettings)), "with no bound": (UNBOUNDED, UNBOUNDED)}
        for name, (told, given) in budgets.items():
            figures += await storm(redis, lambda: processes.cpu_s()["valkey"], name, told, given)
    return figures


def _default(settings: type[PresenceSettings | GatewaySettings]) -> int:
    value: int = settings.__dataclass_fields__["notices_per_s"].default  # type: ignore[assignment]
    return value


async def storm(redis: RedisClient, valkey_s: Callable[[], float], name: str, told: int, given: int) -> list[Figure]:
    """Let everyone go and come again, and return what a round costs."""
    users = [UserId(new_id()) for _ in range(USERS)]
    directory, published, clock = RedisDirectory(redis), _Published(), ManualClock()
    preferences = Preferences(directory, _Keeper())
    notices = presence_notices.Notices(directory, preferences, published, clock, timedelta(seconds=2), told)
    nobody: Any = None  # has a device that is told by push
    service = PresenceServicer(directory, preferences, _Keeper(), notices, published, clock, timedelta(seconds=10), nobody, nobody)
    hub = Hub(20, lambda _: None, lambda _: None, clock, Notices(given))
    ears = [_Ear(user_id, _Idle()) for user_id in users]
    chance = random.Random(1)  # the same crowd each time
    for ear in ears:
        hub.register(ear)
        hub.prefer(ear.user_id, preferences_of(Wishes()))
        begun, _ = hub.watch(ear, frozenset(chance.sample(users, WATCHED)))
        await directory.watch("bench@1", begun, [])
    await directory.renew("bench@1", 0)
    connections = [pb.Connection(connection_id=ear.connection_id, user_id=ear.user_id, session_id=ear.session_id) for ear in ears]
    await _attach(service, attached=connections)
    await notices.tell()
    at_presence, in_redis, at_gateway, heard = [], [], [], []
    for _ in range(ROUNDS):
        for ear in ears:
            ear.heard = 0
        published.batches.clear()
        before, began = valkey_s(), time.process_time()
        await _attach(service, detached=connections)
        clock.advance(3)
        await directory.renew("bench@1", 0)
        await service.look_round()
        await notices.tell()
        await _attach(service, attached=connections)
        await notices.tell()
        at_presence.append(time.process_time() - began)
        in_redis.append(valkey_s() - before)
        began = time.process_time()
        for batch in published.batches:
            for event in node_pb2.NodeBatch.FromString(batch).events:
                hub.handle(event)
            hub.second()
        at_gateway.append(time.process_time() - began)
        heard.append(float(sum(ear.heard for ear in ears)))
    return [
        figure(f"{USERS:,} users go and come, {name}: CPU of presence", "s", at_presence),
        figure(f"{USERS:,} users go and come, {name}: CPU of valkey", "s", in_redis),
        figure(f"{USERS:,} users go and come, {name}: CPU of the gateway", "s", at_gateway),
        figure(f"{USERS:,} users go and come, {name}: frames to connections", "frames", heard),
    ]


async def _attach(service: PresenceServicer, attached: Sequence[pb.Connection] = (), detached: Sequence[pb.Connection] = ()) -> None:
    for start in range(0, max(len(attached), len(detached)), BATCH):
        some = slice(start, start + BATCH)
        await service.Attach(pb.AttachRequest(node=NODE, attached=attached[some], detached=detached[some]), None)
