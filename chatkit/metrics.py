"""Metrics with labels, each of whose values is declared: what a user can choose never makes a new series.

Every series is there from the start, at zero. So what happens for the first time is seen as an increase, and an alert on what has never
happened finds a zero instead of nothing. docs/monitoring.md lists all metrics.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import Any, Generic, TypeVar

from prometheus_client import Counter, Gauge, Histogram

from chatkit.core.errors import Reason

OK = "OK"
OUTCOMES = (OK, *map(str, Reason))
"""The values of a label that says what became of a request: it was carried out, or refused for a reason of the table."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""The buckets of what somebody waits for."""

Metric = TypeVar("Metric", Counter, Gauge, Histogram)


class Labelled(Generic[Metric]):
    """A metric for each combination of the values that its labels can have."""

    def __init__(self, metric: Metric, labels: Mapping[str, Iterable[str]]) -> None:
        self._metric: Metric = metric
        self._values = {label: dict.fromkeys(map(str, values)) for label, values in labels.items()}
        self._of: dict[tuple[str, ...], Metric] = {}
        self._make()

    def __getitem__(self, values: str | tuple[str, ...]) -> Metric:
        """Return the metric of these values, in the order of the labels. Raises KeyError if they were not declared."""
        return self._of[values if isinstance(values, tuple) else (values,)]

    def admit(self, label: str, values: Iterable[str]) -> None:
        """Let a label have more values: those that are known only when a process is wired, such as its methods."""
        self._values[label] |= dict.fromkeys(map(str, values))
        self._make()

    @property
    def values(self) -> Mapping[str, Collection[str]]:
        """What each label can be."""
        return self._values

    def _make(self) -> None:
        for values in product(*self._values.values()):
            if values not in self._of:
                self._of[values] = self._metric.labels(*values)


DECLARED: dict[str, Labelled[Any]] = {}
"""Every metric of this process that has labels, by its name."""


def counter(name: str, doc: str, **labels: Iterable[str]) -> Labelled[Counter]:
    """Declare a counter, and the values that each of its labels can have."""
    return _declared(name, Counter(name, doc, tuple(labels)), labels)


def gauge(name: str, doc: str, **labels: Iterable[str]) -> Labelled[Gauge]:
    """Declare a gauge, and the values that each of its labels can have."""
    return _declared(name, Gauge(name, doc, tuple(labels)), labels)


def histogram(name: str, doc: str, buckets: Sequence[float] = SECONDS, **labels: Iterable[str]) -> Labelled[Histogram]:
    """Declare a histogram, and the values that each of its labels can have."""
    return _declared(name, Histogram(name, doc, tuple(labels), buckets=buckets), labels)


def _declared(name: str, metric: Metric, labels: Mapping[str, Iterable[str]]) -> Labelled[Metric]:
    made = DECLARED[name] = Labelled(metric, labels)
    return made
