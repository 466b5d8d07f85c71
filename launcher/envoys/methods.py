"""Every method that is called in the mesh: how often, with what outcome, and how long it took, as the callers' Envoys count it."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from launcher.envoys import admin
from launcher.topology import SERVICES, Topology

STATS = "/stats?format=json&histogram_buckets=detailed&filter=%5C.grpc%5C."  # `\.grpc\.`
GATHER = "/stats?filter=^server%5C.live$"
GATHERED_S = 0.05
"""How long that takes, at most."""
QUANTILES = (0.5, 0.95, 0.99)

_NAME = re.compile(r"cluster\.(?P<cluster>\w+)\.grpc\.(?P<package>elastic_chat\.[\w.]+)\.(?P<service>\w+)\.(?P<method>\w+)\.(?P<what>\w+)")
_STATUS = re.compile(r"\d+")
OK_STATUS = "0"
FAULTS = ("2", "4", "12", "13", "14", "15")
"""The gRPC statuses that tell of a fault of ours, and not of what a caller asked for: what the Envoys log, too."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What is counted of the calls of one method: with which gRPC status they ended, messages both ways, and milliseconds by bucket.

    A bucket is its lower bound and its width.
    """

    total: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    received: int = 0
    buckets: Counter[tuple[float, float]] = field(default_factory=Counter)

    @property
    def failed(self) -> int:
        return self.by_status.total() - self.by_status[OK_STATUS]

    @property
    def faults(self) -> int:
        return sum(self.by_status[status] for status in FAULTS)

    def __add__(self, other: Calls) -> Calls:
        return Calls(
            self.total + other.total,
            self.by_status + other.by_status,
            self.sent + other.sent,
            self.received + other.received,
            self.buckets + other.buckets,
        )

    def since(self, before: Calls) -> Calls:
        """Return what has come since. An Envoy that was restarted meanwhile has begun at 0: what it has counted since then."""
        if self.total < before.total:
            return self
        return Calls(
            self.total - before.total,
            self.by_status - before.by_status,
            self.sent - before.sent,
            self.received - before.received,
            self.buckets - before.buckets,
        )

    def quantile(self, part: float) -> float | None:
        """Return in how many milliseconds that part of the calls was over, None if there were none. As exact as a bucket is wide."""
        rest = part * self.buckets.total()
        for (lower, width), count in sorted(self.buckets.items()):
            if rest <= count:
                return lower + width * rest / count
            rest -= count
        return None


@dataclass(frozen=True, slots=True, order=True)
class Method:
    """A method, and who calls it: a service, or clients at the edge."""

    caller: str
    service: str
    name: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What all Envoys had counted at a time."""

    calls: Mapping[tuple[str, Method], Calls]
    """By the name of the Envoy, because each begins at 0 when it starts."""

    def since(self, before: Sample) -> dict[Method, Calls]:
        """Return what has come since another sample."""
        return _sums((method, calls.since(before.calls.get((envoy, method), Calls()))) for (envoy, method), calls in self.calls.items())

    @property
    def sums(self) -> dict[Method, Calls]:
        """What each method has been called since its callers' Envoys were started."""
        return _sums((method, calls) for (_, method), calls in self.calls.items())


@dataclass(frozen=True, slots=True)
class Measured:
    """A method, what it was called since its callers' Envoys were started, and in a sample of so many seconds; None: all of that time."""

    method: Method
    calls: Calls
    sampled: Calls
    seconds: float | None

    def as_json(self) -> dict[str, Any]:
        """Return it as `mesh methods --json` shows it."""
        return {
            "caller": self.method.caller,
            "service": self.method.service,
            "method": self.method.name,
            "calls": self.calls.total,
            "failed": self.calls.failed,
            "sampled": {
                "calls": self.sampled.total,
                "failed": self.sampled.failed,
                "byStatus": dict(self.sampled.by_status),
                "messagesSent": self.sampled.sent,
                "messagesReceived": self.sampled.received,
                "perSecond": self.sampled.total / self.seconds if self.seconds else None,
                **{f"p{part * 100:.0f}Ms": self.sampled.quantile(part) for part in QUANTILES},
            },
        }


def measured(after: Sample, before: Sample | None, seconds: float | None) -> list[Measured]:
    """Return what lies between two samples, so many seconds apart; without the first, all that there ever was."""
    sampled = after.since(before) if before else after.sums
    return [Measured(method, calls, sampled[method], seconds if before else None) for method, calls in after.sums.items()]


def look(topology: Topology) -> Sample:
    """Ask every Envoy what it has counted. Who does not answer counts nothing: `mesh` tells who that is."""
    envoys = list(admin.of(topology))
    # A question has an Envoy gather what its threads have timed, and is answered with what was gathered before that.
    admin.ask(envoys, GATHER)
    time.sleep(GATHERED_S)
    answers = admin.ask(envoys, STATS)
    return Sample(
        {
            (envoy.name, Method(envoy.caller, service, method)): calls
            for envoy, answer in answers.items()
            if answer is not None
            for (service, method), calls in read(answer).items()
        }
    )


def read(stats: bytes) -> dict[tuple[str, str], Calls]:
    """Read Envoy's `/stats?format=json&histogram_buckets=detailed`: calls by service and method, those that an Envoy itself makes."""
    found: dict[tuple[str, str], Calls] = {}
    for key, calls in _counted(json.loads(stats)["stats"]):
        found[key] = found.get(key, Calls()) + calls
    return found


def _counted(stats: Iterable[Mapping[str, Any]]) -> Iterator[tuple[tuple[str, str], Calls]]:
    for one in stats:
        if histograms := one.get("histograms"):
            for histogram in histograms.get("details", []):
                buckets = Counter({(bucket["lower_bound"], bucket["width"]): bucket["count"] for bucket in histogram["totals"]})
                yield from _of(histogram["name"], upstream_rq_time=Calls(buckets=buckets))
        elif isinstance(value := one.get("value"), int):
            status = one["name"].rpartition(".")[2]
            kinds = {
                "total": Calls(total=value),
                "request_message_count": Calls(sent=value),
                "response_message_count": Calls(received=value),
            }
            if _STATUS.fullmatch(status):
                kinds[status] = Calls(by_status=Counter({status: value}))
            yield from _of(one["name"], **kinds)


def _of(name: str, **kinds: Calls) -> Iterator[tuple[tuple[str, str], Calls]]:
    # An ingress counts what comes in to its own service in a cluster `grpc`: its callers have counted that already.
    if (found := _NAME.fullmatch(name)) and found["what"] in kinds and found["cluster"].partition("_")[0] in SERVICES:
        yield (found["package"].split(".")[1], found["method"]), kinds[found["what"]]


def _sums(counted: Iterable[tuple[Method, Calls]]) -> dict[Method, Calls]:
    sums: dict[Method, Calls] = {}
    for method, calls in counted:
        sums[method] = sums.get(method, Calls()) + calls
    return dict(sorted(sums.items()))
