"""Two people each who write to each other: how long a message takes, what it costs, and how many there can be a second."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from bench.client import Account, Api, send_frame
from bench.people import in_turn, people
from bench.processes import Processes
from bench.results import Figure, figure
from bench.steps import Cost, Step, at_rate, figures_of, highest_rate, poisson
from bench.wire import Wire, Wires
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb

USERS = 1000
TEXT = "x" * 200
WARM_RATE, WARM_UP_S = 1000.0, 90.0
"""Java compiles what it has seen to be busy: for a minute or two after a start, its engines cost twice as much as in the days after."""
PATIENCE_S = 15.0
"""How long the last answers and deliveries of a step may take."""
GOALS = {500: {}, 1000: {"p50": 4.0, "p99": 12.0, "cpu": 800.0}, 2000: {}, 4000: {"cpu": 350.0}}
HIGHEST = 4000.0


@dataclass(slots=True)
class _Sent:
    """A message, and when it was due, answered and delivered, in seconds of one clock; 0 for what has not happened."""

    due: float
    acked: float = 0.0
    delivered: float = 0.0
    refused: bool = False


class Pairs:
    """Pairs of connected users."""

    def __init__(self, edge: str, processes: Processes) -> None:
        self._edge = edge
        self._processes = processes
        self._rng = random.Random(1)
        self._places: list[tuple[Wire, str]] = []
        self._wires = Wires()
        self._sent: list[_Sent] = []
        self._under_way: dict[str, _Sent] = {}
        self._seqs: dict[tuple[str, str], int] = {}
        self._step = Step(0)

    async def open(self, users: int) -> None:
        """Let everyone come."""
        api = Api(self._edge)
        try:
            accounts = await people(api, users)
            pairs = list(zip(accounts[::2], accounts[1::2], strict=True))
            conversations = await in_turn(pairs, lambda pair: api.direct(*pair))
        finally:
            await api.close()
        places = [(account, conversation_id) for pair, conversation_id in zip(pairs, conversations, strict=True) for account in pair]
        self._places = await in_turn(places, self._connect, at_once=50)
        self._wires.begin([wire for wire, _ in self._places])

    async def close(self) -> None:
        """Let everyone go."""
        await self._wires.end()

    async def _connect(self, place: tuple[Account, str]) -> tuple[Wire, str]:
        account, conversation_id = place
        return await Wire.open(self._edge, account, self._take), conversation_id

    async def run(self, rate: float, warm_s: float, measured_s: float) -> Step:
        """Send `rate` messages a second, for a while unmeasured and then measured."""
        await self._wires.come_back()
        self._step = Step(rate)
        await poisson(self._rng, rate, warm_s, self._say)
        step, self._sent = Step(rate), []
        self._step = step
        cost = Cost(self._processes)
        await poisson(self._rng, rate, measured_s, self._say)
        cost.spread(step, sum(1 for one in self._sent if one.delivered))
        until = time.perf_counter() + PATIENCE_S
        while self._under_way and time.perf_counter() < until:
            await asyncio.sleep(0.05)
        self._under_way.clear()
        step.delivery_ms = [(one.delivered - one.due) * 1000 for one in self._sent if one.delivered]
        step.ack_ms = [(one.acked - one.due) * 1000 for one in self._sent if one.acked]
        step.note_wrong("refused", sum(one.refused for one in self._sent))
        step.note_wrong("not answered", sum(1 for one in self._sent if not one.acked))
        step.note_wrong("lost", sum(1 for one in self._sent if one.acked and not one.refused and not one.delivered))
        return step

    def _say(self, due: float, late_ms: float) -> None:
        wire, conversation_id = self._rng.choice(self._places)
        message_id = new_id()
        sent = self._under_way[message_id] = _Sent(due)
        self._sent.append(sent)
        self._step.late_ms.append(late_ms)
        wire.send(send_frame(message_id, conversation_id, TEXT).SerializeToString())

    def _take(self, wire: Wire, frame: pb.ServerFrame) -> None:
        kind = frame.WhichOneof("frame")
        if kind == "ack":
            self._note(frame.ack.message_id, acked=time.perf_counter())
        elif kind == "reject":
            self._note(frame.reject.message_id, acked=time.perf_counter(), refused=True)
        elif kind == "entry" and frame.entry.sender_id != wire.account.user_id:
            entry = frame.entry
            place = (wire.account.user_id, entry.conversation_id)
            last = self._seqs.get(place, 0)
            self._step.note_wrong("repeated", entry.seq == last)
            self._step.note_wrong("out of order", entry.seq < last)
            self._seqs[place] = entry.seq
            self._note(entry.message_id, delivered=time.perf_counter())

    def _note(self, message_id: str, *, acked: float = 0.0, delivered: float = 0.0, refused: bool = False) -> None:
        sent = self._under_way.get(message_id)
        if sent is None:
            return
        sent.acked, sent.delivered, sent.refused = sent.acked or acked, sent.delivered or delivered, sent.refused or refused
        if sent.acked and (sent.delivered or sent.refused):
            del self._under_way[message_id]


async def measure(edge: str) -> list[Figure]:
    """Measure at some rates, and find the highest."""
    pairs = Pairs(edge, Processes())
    await pairs.open(USERS)
    try:
        await pairs.run(WARM_RATE, WARM_UP_S, 1.0)
        figures: list[Figure] = []
        for rate, goals in GOALS.items():
            figures += figures_of(await at_rate(pairs.run, rate), f"{rate:,} msg/s", goals, "delivered message")
        found = [await highest_rate(pairs.run, 1000.0) for _ in range(2)]
    finally:
        await pairs.close()
    figures.append(
        figure("highest rate with nothing wrong and p99 <= 200 ms", "msg/s", [rate for rate, _ in found], HIGHEST, at_least=True)
    )
    best = [step for _, step in found if step]
    if best:
        figures.append(figure("CPU for each delivered message at that rate", "us", [sum(step.cpu_us.values()) for step in best]))
    return figures
