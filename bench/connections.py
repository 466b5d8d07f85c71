"""Connections: what an idle one takes, how many can be made a second, and how soon those are back that were all cut at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from bench.client import Account, Api
from bench.people import in_turn, people
from bench.processes import Processes, elastic_chat
from bench.results import Figure, figure
from bench.wire import Wire, Wires, ignore
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb

USERS, EACH = 1000, 6
IDLE_S = 30.0
AT_ONCE = 64
BOTS, MISSED = 20, 5
RUNS = 3
MEMORY_GOALS_KIB = {"gateway": 16.0, "edge": 40.0}


async def measure(edge: str) -> list[Figure]:
    """Let everyone come, look at them, cut them off, and let them come back."""
    for one in ("gateway", "edge"):
        # What they have had before, they would use again: a connection would seem to take no memory.
        await asyncio.to_thread(elastic_chat, "restart", one)
    api = Api(edge)
    try:
        accounts = await people(api, USERS + BOTS)
        bots, users = accounts[:BOTS], accounts[BOTS:]
        places = [(user, bots[number % BOTS]) for number, user in enumerate(users)]
        conversations = await in_turn(places, lambda place: api.direct(*place))
        places_of = dict(zip(conversations, places, strict=True))
        # What nobody has written to since Redis was started is not in the live view, and each who comes asks the database for it.
        await _say_to_all(api, places_of)
        return [*await _idle(edge, users), *await _storms(edge, api, users, places_of)]
    finally:
        await api.close()


async def _idle(edge: str, users: Sequence[Account]) -> list[Figure]:
    processes, kept = Processes(), Wires()
    empty_cpu = await _cpu(processes)
    empty = processes.memory()
    seats = [user for _ in range(EACH) for user in users]
    rates, wires = [], list[Wire]()
    for start in range(0, len(seats), len(users)):
        began = time.perf_counter()
        wires += await in_turn(seats[start : start + len(users)], lambda user: Wire.open(edge, user, ignore), at_once=AT_ONCE)
        rates.append(len(users) / (time.perf_counter() - began))
        print(f"  {len(wires)} connections, {rates[-1]:.0f} a second", flush=True)
    kept.begin(wires)
    full = processes.memory()
    full_cpu = await _cpu(processes)
    await kept.end()
    kinds = sorted(full, key=lambda kind: empty[kind] - full[kind])
    busy = sorted(full_cpu, key=lambda kind: empty_cpu[kind] - full_cpu[kind])
    return [
        figure("connections made a second, with hello and all that was missed", "/s", rates, 1500, at_least=True),
        *(
            figure(
                f"memory for an idle connection: {kind}",
                "KiB",
                [(full[kind] - empty[kind]) / len(wires) / 1024],
                MEMORY_GOALS_KIB.get(kind),
            )
            for kind in kinds[:5]
        ),
        figure(
            "CPU for an idle connection that pings every 20 s",
            "us/s",
            [(sum(full_cpu.values()) - sum(empty_cpu.values())) / len(wires) * 1e6],
            2.5,
        ),
        *(
            figure(f"CPU for an idle connection: of that {kind}", "us/s", [(full_cpu[kind] - empty_cpu[kind]) / len(wires) * 1e6])
            for kind in busy[:4]
        ),
    ]


async def _cpu(processes: Processes) -> dict[str, float]:
    """Return the CPU that each kind of process takes each second, in seconds."""
    before = processes.cpu_s()
    await asyncio.sleep(IDLE_S)
    return {kind: (value - before[kind]) / IDLE_S for kind, value in processes.cpu_s().items()}


class _Returning:
    """A user, and what they have of their conversation."""

    def __init__(self, account: Account, conversation_id: str) -> None:
        self.account = account
        self.conversation_id = conversation_id
        self.seqs: list[int] = []
        self.cursor = self.head = 0
        self.back_at = 0.0
        self.wire: Wire

    async def come(self, edge: str) -> None:
        self.cursor = self.head
        self.seqs.clear()
        resume = {self.conversation_id: self.cursor} if self.cursor else {}
        self.wire = await Wire.open(edge, self.account, self._take, resume)
        self.back_at = time.perf_counter()

    def _take(self, wire: Wire, frame: pb.ServerFrame) -> None:
        del wire
        if frame.HasField("welcome"):
            self.head = next(one.head_seq for one in frame.welcome.conversations if one.conversation_id == self.conversation_id)
        elif frame.HasField("entry") and frame.entry.conversation_id == self.conversation_id:
            self.seqs.append(frame.entry.seq)


async def _storms(edge: str, api: Api, users: Sequence[Account], places: dict[str, tuple[Account, Account]]) -> list[Figure]:
    """Cut everyone off, say something to each meanwhile, and let all come back at once."""
    returning = [_Returning(user, conversation_id) for conversation_id, (user, _) in places.items()]
    await in_turn(returning, lambda one: one.come(edge), at_once=AT_ONCE)
    took: list[float] = []
    wrong: list[float] = []
    for _ in range(RUNS):
        for one in returning:
            one.wire.cut()
        await asyncio.sleep(2.0)
        said = [await _say_to_all(api, places) for _ in range(MISSED)]
        missed = dict(zip(places, zip(*said, strict=True), strict=True))
        await asyncio.sleep(2.0)
        began = time.perf_counter()
        await asyncio.gather(*(one.come(edge) for one in returning))
        took.append(max(one.back_at for one in returning) - began)
        wrong.append(sum(one.seqs != list(missed[one.conversation_id]) for one in returning))
        print(f"  {len(users)} cut at once: back after {took[-1]:.2f} s, {wrong[-1]:.0f} wrong", flush=True)
    for one in returning:
        one.wire.cut()
    return [
        figure(f"{len(users)} cut at once, {MISSED} missed each: all back and caught up after", "s", took, 0.8),
        figure(f"{len(users)} cut at once: with something lost, repeated or out of order", "", wrong, 0),
    ]


async def _say_to_all(api: Api, places: dict[str, tuple[Account, Account]]) -> list[int]:
    """Let the bots say something in every conversation; return the seq of each."""
    return await in_turn(list(places.items()), lambda place: _say(api, place[0], place[1][1]), at_once=32)


async def _say(api: Api, conversation_id: str, bot: Account) -> int:
    path = f"/v1/conversations/{conversation_id}/messages"
    answer = await api.call("POST", path, {"messageId": new_id(), "body": {"text": "x" * 200}}, bot.token)
    return int(answer["seq"])
