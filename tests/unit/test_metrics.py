"""What metrics promise: series that are there from the start, and that no user can add to."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from chatkit import metrics
from chatkit.core.errors import Reason

SERVICES = sorted(path.parent.name for path in Path(__file__).parents[2].glob("svc_*/app.py"))
MOST_SERIES = 2_000
"""Of a process, with the methods of its service, all buckets counted. What is scraped every few seconds must stay small."""
OWN = "from prometheus_client import REGISTRY; print(sum(len(family.samples) for family in REGISTRY.collect()))"


def test_every_label_of_every_metric_has_declared_values() -> None:
    for service in SERVICES:
        importlib.import_module(f"{service}.app")
    ours = {
        collector
        for name, collector in REGISTRY._names_to_collectors.items()
        if name.startswith("chat_") and vars(collector).get("_labelnames")
    }
    assert ours == {one._metric for one in metrics.DECLARED.values()}, "make metrics that have labels with chatkit.metrics"
    for name, one in metrics.DECLARED.items():
        assert set(one._metric._labelnames) == one.values.keys(), name
        for sample in (sample for family in one._metric.collect() for sample in family.samples):
            assert all(value in one.values[label] for label, value in sample.labels.items() if label != "le"), sample


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_has_a_bounded_number_of_series(service: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {service}.app; {OWN}"], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert 50 < int(done.stdout) < MOST_SERIES


def test_a_value_that_was_not_declared_makes_no_series() -> None:
    made = metrics.Labelled(metrics.Counter("test_declared_total", "Of this test.", ("a", "b"), registry=None), {"a": "xy", "b": Reason})
    made["x", Reason.INTERNAL].inc()
    for values in (("z", "INTERNAL"), ("x", "no reason"), "x"):
        with pytest.raises(KeyError):
            made[values].inc()
    counted = [sample for family in made._metric.collect() for sample in family.samples if sample.name == "test_declared_total"]
    assert len(counted) == 2 * len(Reason), "every series is there before anything happens"
    assert [sample.labels for sample in counted if sample.value] == [{"a": "x", "b": "INTERNAL"}]


def test_values_that_are_known_later_are_admitted() -> None:
    made = metrics.Labelled(
        metrics.Counter("test_admitted_total", "Of this test.", ("method", "reason"), registry=None), {"method": (), "reason": ("OK",)}
    )
    with pytest.raises(KeyError):
        made["/a", "OK"].inc()
    made.admit("method", ["/a"])
    made["/a", "OK"].inc()
    made.admit("method", ["/a", "/b"])
    (family,) = made._metric.collect()
    assert {sample.labels["method"]: sample.value for sample in family.samples if sample.name.endswith("total")} == {"/a": 1, "/b": 0}
