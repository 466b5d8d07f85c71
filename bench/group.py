"""Many people in one group: how long a message takes to each of them, what that costs, and how many deliveries there can be a second.

Most members take frames unopened: of each they note when it came, and a running checksum. They have had the same messages in the same order
as a member who has opened everything, if both have the same checksum.
"""

from __future__ import annotations

import asyncio
import random
import time
from array import array
from zlib import crc32

from picows import WSFrame, WSMsgType, WSTransport

from bench.client import Account, Api, send_frame
from bench.people import in_turn, people
from bench.processes import Processes
from bench.results import Figure, figure
from bench.steps import Cost, Step, at_rate, figures_of, highest_rate, poisson
from bench.wire import Wire, Wires, ignore
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from launcher.topology import HOST, Topology

TEXT = "x" * 200
SENDERS = 5
MOST_AT_ONCE = 500
"""Members with whom a group can be made."""
PATIENCE_S = 15.0
SIZES = {100: 1, 500: 1, 1000: 1, 10_000: 20}
"""Members, and how many connections each user has: a password costs a server a tenth of a second."""
GOALS = {500: {"p99": 40.0, "cpu": 8.0}, 10_000: {"p99": 250.0}}
RATES = {100: 50.0, 500: 50.0, 1000: 50.0, 10_000: 5.0}
HIGHEST_SIZE = 500
PONG = pb.ServerFrame(pong=pb.Pong()).SerializeToString()


class Member(Wire):
    """A member who takes frames unopened, once live."""

    def __init__(self, account: Account) -> None:
        super().__init__(account, ignore)
        self.at = array("d")
        self.checksum = 0

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if not self.live.done() or frame.msg_type is not WSMsgType.BINARY:
            super().on_ws_frame(transport, frame)
        elif frame.payload_size != len(PONG):
            self._note(frame)

    def _note(self, frame: WSFrame) -> None:
        self.at.append(time.perf_counter())
        self.checksum = crc32(frame.get_payload_as_memoryview(), self.checksum)


class Witness(Member):
    """A member who keeps what came, to be opened afterwards."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.kept: list[bytes] = []

    def _note(self, frame: WSFrame) -> None:
        self.kept.append(frame.get_payload_as_bytes())
        super()._note(frame)

    @property
    def order(self) -> list[str]:
        """The ids of the messages that came."""
        return [pb.ServerFrame.FromString(data).entry.message_id for data in self.kept]


class Group:
    """Connected members of a group, of whom a few write."""

    def __init__(self, edge: str, doors: list[str], processes: Processes) -> None:
        self._edge = edge
        self._doors = doors
        self._processes = processes
        self._rng = random.Random(1)
        self._wires = Wires()
        self._members: list[Member] = []
        self._witness: Witness
        self._senders: list[Wire] = []
        self._conversation_id = ""
        self._due: dict[str, float] = {}
        self._unanswered: dict[str, float] = {}
        self._step = Step(0)

    async def open(self, members: int, connections: int) -> None:
        """Let a new group of users come, each with so many connections."""
        api = Api(self._edge)
        try:
            accounts = await people(api, members // connections)
            first, *others = accounts
            self._conversation_id = await api.group(first, "bench", others[:MOST_AT_ONCE])
            path = f"/v1/conversations/{self._conversation_id}/members"
            await in_turn(others[MOST_AT_ONCE:], lambda one: api.call("POST", path, {"userId": one.user_id}, first.token))
        finally:
            await api.close()
        seats = [account for account in accounts for _ in range(connections)]
        self._witness = Witness(seats.pop())
        await self._witness.connect(self._doors[0])
        self._members = [self._witness, *await in_turn(list(enumerate(seats)), self._seat, at_once=50)]
        self._senders = [await Wire.open(self._edge, account, self._answered) for account in accounts[:SENDERS]]
        self._wires.begin([*self._members, *self._senders])
        self._reset()

    async def close(self) -> None:
        """Let everyone go."""
        await self._wires.end()

    async def _seat(self, seat: tuple[int, Account]) -> Member:
        number, account = seat
        member = Member(account)
        await member.connect(self._doors[number % len(self._doors)])
        return member

    async def run(self, rate: float, warm_s: float, measured_s: float) -> Step:
        """Send `rate` messages a second, for a while unmeasured and then measured."""
        await self._wires.come_back()
        self._step = Step(rate)
        await poisson(self._rng, rate, warm_s, self._say)
        await self._quiet()
        self._reset()
        step = self._step = Step(rate)
        cost = Cost(self._processes)
        await poisson(self._rng, rate, measured_s, self._say)
        cost.spread(step, sum(len(member.at) for member in self._members))
        await self._quiet()
        due = [self._due[message_id] for message_id in self._witness.order]
        step.note_wrong("lost", len(self._due) - len(due))
        for member in self._members:
            step.delivery_ms += [(at - since) * 1000 for at, since in zip(member.at, due, strict=False)]
            step.note_wrong("lost", len(due) - len(member.at))
            step.note_wrong("in another order", len(due) == len(member.at) and member.checksum != self._witness.checksum)
        step.note_wrong("not answered", len(self._unanswered))
        return step

    async def _quiet(self) -> None:
        """Wait until everyone has had everything."""
        until = time.perf_counter() + PATIENCE_S
        while time.perf_counter() < until:
            if not self._unanswered and all(len(member.at) == len(self._due) for member in self._members):
                break
            await asyncio.sleep(0.05)

    def _reset(self) -> None:
        self._due, self._unanswered, self._witness.kept = {}, {}, []
        for member in self._members:
            member.at, member.checksum = array("d"), 0

    def _say(self, due: float, late_ms: float) -> None:
        message_id = new_id()
        self._due[message_id] = self._unanswered[message_id] = due
        self._step.late_ms.append(late_ms)
        self._rng.choice(self._senders).send(send_frame(message_id, self._conversation_id, TEXT).SerializeToString())

    def _answered(self, wire: Wire, frame: pb.ServerFrame) -> None:
        del wire
        if frame.HasField("ack"):
            self._step.ack_ms.append((time.perf_counter() - self._unanswered.pop(frame.ack.message_id)) * 1000)
        elif frame.HasField("reject"):
            self._step.note_wrong("refused", 1)


async def measure(edge: str) -> list[Figure]:
    """Measure groups of some sizes, and find the highest rate in one of 500."""
    processes = Processes()
    figures: list[Figure] = []
    for size, connections in SIZES.items():
        group = Group(edge, [edge], processes)
        await group.open(size, connections)
        try:
            name = f"{size:,} members, {RATES[size]:g} msg/s"
            figures += figures_of(await at_rate(group.run, RATES[size]), name, GOALS.get(size, {}), "delivery")
        finally:
            await group.close()
    straight = [f"http://{HOST}:{instance.http_port}" for instance in Topology(int(edge.rpartition(":")[2])).instances("gateway")]
    for way, doors, goal in (("through the edge", [edge], 200_000.0), ("straight to the gateways", straight, 400_000.0)):
        group = Group(edge, doors, processes)
        await group.open(HIGHEST_SIZE, 1)
        try:
            found = [await highest_rate(group.run, 100.0) for _ in range(2)]
        finally:
            await group.close()
        rates = [rate * HIGHEST_SIZE for rate, _ in found]
        figures.append(figure(f"{HIGHEST_SIZE} members {way}: highest rate, p99 <= 200 ms", "deliveries/s", rates, goal, at_least=True))
        best = [step for _, step in found if step]
        if best:
            figures.append(
                figure(f"{HIGHEST_SIZE} members {way}: CPU for each delivery then", "us", [sum(step.cpu_us.values()) for step in best])
            )
    return figures
