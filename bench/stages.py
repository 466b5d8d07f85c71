"""Where the microseconds of a message go: each stage by itself, one message at a time and in batches, by means of the product's own code.

The engines and sidecars are those of the running stack. What is written to them is thrown away: Redis keeps it in a database of its own,
Kafka in a topic of its own, and routers take it for the typing of strangers.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from bench.processes import Processes
from bench.results import Figure, figure
from chatkit.core.conversation import DIRECT_MEMBER, Permission
from chatkit.core.ids import ConversationId, MessageId, UserId, check_message_id, new_id
from chatkit.edges.fanout.redis import RedisNodeChannel
from chatkit.edges.message_log import Record
from chatkit.edges.message_log.kafka import KafkaMessageLog
from chatkit.edges.redis import RedisClient, connect_redis, nodes
from chatkit.rpc.body import checked
from chatkit.rpc.channel import mesh_channel
from chatkit.rpc.lane import LANE_HEADER
from elastic_chat.gateway.v1 import frames_pb2 as frames
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.router.v1 import router_service_pb2_grpc as rpc
from elastic_chat.types.v1 import entry_pb2
from launcher.topology import HOST, Topology
from svc_gateway.frames import Codec, Outgoing, decode
from svc_router.entries import draft_of, durable, placed
from svc_router.store import Birth, Claim, Durable, Place
from svc_router.store.redis import RedisSequencer

RUNS = 3
MESSAGES = 8000
"""In each run."""
BATCHES = (1, 10, 100)
CONVERSATIONS = 500
TEXT = "x" * 200
SCRATCH_DATABASE = 1
SCRATCH_TOPIC = "elastic-chat.bench"
PARTITIONS = 12
NODE = "bench@0"
A, B = UserId(new_id()), UserId(new_id())


async def measure(edge: str) -> list[Figure]:
    """Measure each stage."""
    topology, processes = Topology(int(edge.rpartition(":")[2])), Processes()
    figures = [_timed("gateway decodes and checks a message", _decode), _timed("router makes the entry and its event", _make)]
    figures += [_timed("gateway encodes the entry and the ack", _encode), *_write()]
    for size in BATCHES:
        figures += await _hop(topology, processes, size)
    async with scratch_database(topology) as redis:
        for size in BATCHES:
            figures += await _lua(redis, processes, size)
    async with _scratch_topic(topology) as message_log:
        for size in BATCHES:
            figures += await _kafka(message_log, processes, size)
    return figures


# --- what is only computed


def _timed(name: str, work: Callable[[], object]) -> Figure:
    values = []
    for _ in range(RUNS):
        began = time.process_time()
        for _ in range(MESSAGES):
            work()
        values.append((time.process_time() - began) / MESSAGES * 1e6)
    return figure(name, "us", values)


_CONVERSATION = ConversationId(new_id())
_BODY = entry_pb2.Body(text=TEXT)
_SENT = frames.ClientFrame(send=frames.Send(message_id=new_id(), conversation_id=_CONVERSATION, body=_BODY)).SerializeToString()


def _decode() -> bytes:
    frame, _ = decode(_SENT, Codec.PROTO)
    command = pb.Command(user_id=A, conversation_id=frame.send.conversation_id, request_id=new_id())
    command.send.message_id = check_message_id(frame.send.message_id, time.time_ns() // 1_000_000)
    command.send.body = checked(frame.send.body)
    return command.SerializeToString()


def _command(conversation_id: ConversationId) -> pb.Command:
    command = pb.Command(user_id=A, conversation_id=conversation_id, request_id=new_id())
    command.send.message_id = new_id()
    command.send.body = _BODY.SerializeToString()
    return command


_COMMAND = _command(_CONVERSATION)
_PLACE = Place(1 << 40, 7, 1_790_000_000_000)


def _make(command: pb.Command = _COMMAND, place: Place = _PLACE) -> Durable:
    draft = draft_of(command, command.send.message_id, place.accepted_ms).SerializeToString()
    return durable(placed(draft, place), place, command.request_id, doubted=False)


_FRAME = frames.ServerFrame(
    entry=entry_pb2.Entry(conversation_id=_CONVERSATION, message_id=new_id(), sender_id=A, seq=1 << 40, body=_BODY)
).SerializeToString()


def _encode() -> int:
    ack = frames.ServerFrame(ack=frames.Ack(message_id=_CONVERSATION, conversation_id=_CONVERSATION, seq=1 << 40))
    return len(Outgoing(_FRAME).written(Codec.PROTO)) + len(Outgoing.of(ack).written(Codec.PROTO))


def _write() -> Iterator[Figure]:
    """Write frames to a socket; the other end is emptied between, unmeasured."""
    ours, theirs = socket.socketpair()
    for joined in (1, 10):
        data, values = Outgoing(_FRAME).written(Codec.PROTO) * joined, []
        for _ in range(RUNS):
            took = 0.0
            for _ in range(MESSAGES // joined):
                began = time.process_time_ns()
                ours.send(data)
                took += time.process_time_ns() - began
                theirs.recv(len(data))
            values.append(took / 1000 / MESSAGES)
        yield figure(f"a frame is written, {joined} at a time", "us", values)
    ours.close()
    theirs.close()


# --- what takes others, too


async def _shared(
    processes: Processes, size: int, name: str, others: Sequence[str], work: Callable[[int], Awaitable[object]]
) -> list[Figure]:
    """Do `work` for batches of a size, and return what that costs us and others for each message."""
    own, theirs = [], []
    for _ in range(RUNS):
        before, began = processes.cpu_s(), time.process_time()
        for _ in range(MESSAGES // size):
            await work(size)
        after = processes.cpu_s()
        own.append((time.process_time() - began) / MESSAGES * 1e6)
        theirs.append(sum(after[kind] - before[kind] for kind in others) / MESSAGES * 1e6)
    return [
        figure(f"{name}, {size} at a time: client", "us", own),
        figure(f"{name}, {size} at a time: {' and '.join(others)}", "us", theirs),
    ]


async def _hop(topology: Topology, processes: Processes, size: int) -> list[Figure]:
    """Write to a lane, as a gateway does. The last command of a run is one that is answered."""
    gateway = next(topology.instances("gateway"))
    async with mesh_channel(f"{HOST}:{gateway.egress_port}") as channel:
        call = rpc.RouterServiceStub(channel).Route(metadata=((LANE_HEADER, "0"),))
        typing = pb.Command(user_id=A, conversation_id=_CONVERSATION, request_id=new_id(), typing=pb.TypingCommand())
        asked = 0

        async def work(size: int) -> None:
            nonlocal asked
            asked += size
            await call.write(pb.RouteRequest(commands=[typing] * size))
            if asked % MESSAGES == 0:
                last = _command(ConversationId(new_id()))
                last.correlation = 1
                await call.write(pb.RouteRequest(commands=[last]))
                await call.read()

        figures = await _shared(processes, size, "a command goes to its router", ("gateway-sidecar", "router-sidecar"), work)
        await call.done_writing()
        return figures


async def _lua(redis: RedisClient, processes: Processes, size: int) -> list[Figure]:
    """Give messages their places, and show them to a node that listens."""
    sequencer, conversations = RedisSequencer(redis), [ConversationId(new_id()) for _ in range(CONVERSATIONS)]
    now_ms = time.time_ns() // 1_000_000
    people = {A: Permission(DIRECT_MEMBER), B: Permission(DIRECT_MEMBER)}
    await sequencer.sequence(
        [Birth(one, A, MessageId(new_id()), b"", "DIRECT", one.encode(), people, now_ms, looked_up=True) for one in conversations]
    )
    for one in conversations:
        await redis.sadd(nodes(one), NODE)
    given = deque[tuple[pb.Command, Place]]()
    turn = 0

    async def give(size: int) -> None:
        nonlocal turn
        commands = [_command(conversations[(turn + number) % CONVERSATIONS]) for number in range(size)]
        turn += size
        claims = [_claim(command, now_ms) for command in commands]
        answers = await sequencer.sequence(claims)
        given.extend((one, answer.outcome) for one, answer in zip(commands, answers, strict=True) if isinstance(answer.outcome, Place))

    async def show(size: int) -> None:
        shown = [given.popleft() for _ in range(size)]
        await sequencer.commit({ConversationId(command.conversation_id): [_make(command, place)] for command, place in shown})

    figures = await _shared(processes, size, "a place is given", ("valkey",), give)
    return figures + await _shared(processes, size, "an entry is shown", ("valkey",), show)


def _claim(command: pb.Command, now_ms: int) -> Claim:
    message_id, conversation_id = MessageId(command.send.message_id), ConversationId(command.conversation_id)
    draft = draft_of(command, message_id, now_ms).SerializeToString()
    return Claim(conversation_id, A, message_id, draft, Permission.WRITE, now_ms, now_ms, looked_up=True)


@asynccontextmanager
async def scratch_database(topology: Topology) -> AsyncIterator[RedisClient]:
    """Hold a database of the running stack's Redis that nobody else uses, and leave nothing in it."""
    redis = await connect_redis(f"redis://{HOST}:{topology.redis_port}/{SCRATCH_DATABASE}")
    listening = asyncio.create_task(_listen(redis))
    try:
        yield redis
    finally:
        listening.cancel()
        await redis.flushdb()
        await redis.aclose()


async def _listen(redis: RedisClient) -> None:
    async for _ in RedisNodeChannel(redis).listen(NODE):
        pass


async def _kafka(message_log: KafkaMessageLog, processes: Processes, size: int) -> list[Figure]:
    """Append to the log, each batch when the one before is durable."""
    entry = _make().entry

    async def work(size: int) -> None:
        appended = await message_log.append([Record(SCRATCH_TOPIC, new_id().encode(), entry) for _ in range(size)])
        await asyncio.gather(*appended)

    return await _shared(processes, size, "an entry is appended to the log", ("kafka",), work)


@asynccontextmanager
async def _scratch_topic(topology: Topology) -> AsyncIterator[KafkaMessageLog]:
    bootstrap = f"{HOST}:{topology.kafka_port}"
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    message_log = KafkaMessageLog(bootstrap, "bench")
    try:
        await admin.create_topics([NewTopic(SCRATCH_TOPIC, PARTITIONS, 1)])
        await message_log.start((SCRATCH_TOPIC,))
        yield message_log
    finally:
        await message_log.stop()
        await admin.delete_topics([SCRATCH_TOPIC])
        await admin.close()
