"""A rate that is tried: the messages, what came of them, and what they cost.

The load is open: when a message is due does not depend on the answers to others, and its time counts from when it was due, so that a
server that stops for a second is seen to stop by everyone who would have written meanwhile (G. Tene, "How not to measure latency": the
omission of those is coordinated with what one wants to see).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bench.processes import Processes, own_cpu_s
from bench.results import Figure, figure, percentile

WARM_S, MEASURED_S, RUNS = 3.0, 10.0, 3
RAMP_WARM_S, RAMP_S, REST_S = 2.0, 6.0, 4.0
MOST_P99_MS = 200.0
"""What a rate must hold to count as sustained."""
NEAR = 1.1
"""How far apart the highest sustained rate and the lowest that is not may be."""


@dataclass
class Step:
    """What came of `rate` messages a second. All times are milliseconds since a message was due."""

    rate: float
    delivery_ms: list[float] = field(default_factory=list)
    ack_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    """By how much the bench itself was late."""
    wrong: dict[str, int] = field(default_factory=dict)
    cpu_us: dict[str, float] = field(default_factory=dict)
    """Of the server for each delivery, by kind of process."""
    own_cores: float = 0.0
    """What the bench took itself."""

    def note_wrong(self, what: str, count: int) -> None:
        """Note what should not have been."""
        if count:
            self.wrong[what] = self.wrong.get(what, 0) + count

    @property
    def is_sustained(self) -> bool:
        """Whether a server could go on like this."""
        return bool(self.delivery_ms) and not self.wrong and percentile(self.delivery_ms, 99) <= MOST_P99_MS

    def __str__(self) -> str:
        if not self.delivery_ms:
            return f"{self.rate:8,.0f} msg/s: nothing was delivered"
        p50, p99 = (percentile(self.delivery_ms, percent) for percent in (50, 99))
        wrong = ", ".join(f"{count} {what}" for what, count in self.wrong.items())
        return (
            f"{self.rate:8,.0f} msg/s: delivery {p50:.2f} / {p99:.2f} ms, {sum(self.cpu_us.values()):.1f} us of CPU each, wrong: "
            f"{wrong or 'nothing'}; bench: {self.own_cores:.2f} cores, {percentile(self.late_ms, 99):.2f} ms late at p99"
        )


class Cost:
    """What the server and the bench take from now on."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._before, self._own, self._began = processes.cpu_s(), own_cpu_s(), time.perf_counter()

    def spread(self, step: Step, deliveries: int) -> None:
        """Spread what was taken over what was delivered meanwhile."""
        took_s = time.perf_counter() - self._began
        after = self._processes.cpu_s()
        step.cpu_us = {kind: (value - self._before[kind]) / max(1, deliveries) * 1e6 for kind, value in after.items()}
        step.own_cores = (own_cpu_s() - self._own) / took_s


async def poisson(rng: random.Random, rate: float, seconds: float, say: Callable[[float, float], None]) -> None:
    """Call `say` with when a message is due and by how many ms that is late, `rate` times a second on average."""
    due = time.perf_counter()
    until = due + seconds
    while (due := due + rng.expovariate(rate)) < until:
        if (left := due - time.perf_counter()) > 0:
            await asyncio.sleep(left)
        now = time.perf_counter()
        # A timer may be early by half a millisecond: then the message counts from when it is sent.
        say(min(due, now), max(0.0, now - due) * 1000)


Run = Callable[[float, float, float], Awaitable[Step]]
"""Try a rate for so many unmeasured and then so many measured seconds."""


async def at_rate(run: Run, rate: float) -> list[Step]:
    """Try a rate several times."""
    return [_shown(await run(rate, WARM_S, MEASURED_S)) for _ in range(RUNS)]


async def highest_rate(run: Run, start: float) -> tuple[float, Step | None]:
    """Return the highest rate that is sustained, and its step: doubled until it is not, then halved between the two."""
    good, bad, rate = 0.0, 0.0, start
    best: Step | None = None
    while not bad or (good and bad / good > NEAR):
        step = _shown(await run(rate, RAMP_WARM_S, RAMP_S))
        if not step.is_sustained:
            await asyncio.sleep(REST_S)
            step = _shown(await run(rate, RAMP_WARM_S, RAMP_S))
        if step.is_sustained:
            good, best = rate, step
        else:
            bad = rate
            await asyncio.sleep(REST_S)
        rate = (good + bad) / 2 if bad else rate * 2
    return good, best


def _shown(step: Step) -> Step:
    print(f"  {step}", flush=True)
    return step


def figures_of(steps: Sequence[Step], name: str, goals: dict[str, float], a_delivery: str) -> list[Figure]:
    """Return the figures of a rate that was tried several times: `goals` has those of p50, p99 and cpu, if they have any."""
    kinds = sorted(steps[0].cpu_us, key=lambda kind: -steps[0].cpu_us[kind])
    timed = [(f"{name}: delivery", [step.delivery_ms for step in steps], goals), (f"{name}: ack", [step.ack_ms for step in steps], {})]
    times = [
        figure(f"{what}, p{percent}", "ms", [percentile(one, percent) for one in values], bounds.get(f"p{percent}"))
        for what, values, bounds in timed
        for percent in (50, 99)
        if all(values)
    ]
    return [
        *times,
        figure(f"{name}: lost, refused, repeated or out of order", "", [float(sum(step.wrong.values())) for step in steps], 0),
        figure(f"{name}: CPU for each {a_delivery}", "us", [sum(step.cpu_us.values()) for step in steps], goals.get("cpu")),
        *(figure(f"{name}: of that {kind}", "us", [step.cpu_us[kind] for step in steps]) for kind in kinds),
        figure(f"{name}: cores that the bench took", "", [step.own_cores for step in steps]),
        figure(f"{name}: by how much the bench was late, p99", "ms", [percentile(step.late_ms, 99) for step in steps]),
    ]
