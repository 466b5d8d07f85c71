"""What is read from the admin interfaces of Envoys: answers as an Envoy 1.40 gives them, with what does not matter left out."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from launcher.envoys import certificates, links, methods
from launcher.envoys.admin import Envoy, of
from launcher.envoys.links import Link, Links
from launcher.envoys.methods import Calls, Method, Sample
from launcher.topology import Topology

SIDECAR = Envoy("gateway-1-sidecar", "gateway", 8184)
NAMES = {8282: "router-1", 8292: "router-2"}


def host(port: int, **faults: bool) -> dict[str, object]:
    return {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "stats": [
            {"name": "rq_error"},
            {"value": "39", "name": "rq_total"},
            {"type": "GAUGE", "value": "7", "name": "rq_active"},
        ],
        "health_status": {"eds_health_status": "HEALTHY", **faults},
        "weight": 1,
    }


def clusters(*hosts: dict[str, object]) -> bytes:
    local = {"name": "grpc", "host_statuses": [host(8180)]}
    return json.dumps({"cluster_statuses": [local, {"name": "router", "eds_service_name": "router", "host_statuses": hosts}]}).encode()


def stats(**values: int) -> bytes:
    named = [{"name": f"cluster.router.{name.replace('__', '.')}", "value": value} for name, value in values.items()]
    return json.dumps({"stats": [*named, {"histograms": {}}]}).encode()


def link(known: bytes, counted: bytes = stats()) -> Link:
    (found,) = links.read(SIDECAR, known, counted, NAMES)
    return found


def test_an_envoy_tells_of_every_instance_that_it_has_from_the_mesh_and_of_nothing_else() -> None:
    found = link(clusters(host(8282), host(8292)))
    assert (found.envoy, found.service, [one.instance for one in found.hosts]) == ("gateway-1-sidecar", "router", ["router-1", "router-2"])
    assert found.hosts[0].as_json() == {
        "instance": "router-1",
        "address": "127.0.0.1:8282",
        "healthy": True,
        "faults": [],
        "activeRequests": 7,
        "requests": 39,
        "errors": 0,
    }
    assert found.faults == ()


def test_what_an_envoy_has_against_an_instance_is_told() -> None:
    found = link(clusters(host(8282, failed_outlier_check=True), host(8292, failed_active_health_check=True, some_new_reason=True)))
    assert found.faults == ("router-1 ejected", "router-2 fails its health check and some new reason")
    leaving = host(8282) | {"health_status": {"eds_health_status": "DRAINING"}}
    assert link(clusters(leaving)).faults == ("router-1 listed as draining",)
    assert link(clusters()).faults == ("no instance",)


def test_retries_ejections_and_open_breakers_are_counted() -> None:
    counted = stats(
        upstream_rq_retry=5,
        upstream_rq_retry_limit_exceeded=2,
        upstream_rq_retry_overflow=1,
        outlier_detection__ejections_enforced_total=4,
        circuit_breakers__default__rq_open=1,
        circuit_breakers__default__cx_open=0,
    )
    found = link(clusters(host(8282)), counted)
    assert (found.retries, found.retries_given_up, found.ejections, found.open_breakers) == (5, 3, 4, ("requests",))
    assert found.faults == ("no more requests",)


def test_links_are_well_if_no_link_has_a_fault_and_every_envoy_answers() -> None:
    well, ill = link(clusters(host(8282))), link(clusters())
    assert Links((well,)).ok
    assert not Links((well, ill)).ok
    assert not Links((well,), ("edge",)).ok


def test_every_envoy_of_a_stack_is_asked_for_whom_it_calls() -> None:
    envoys = list(of(Topology()))
    assert envoys[0] == Envoy("edge", "edge", 8082)
    assert {one.caller for one in envoys} == {"edge", *Topology().scale}
    assert len(envoys) == 1 + len(list(Topology().instances()))


PREFIX = "cluster.history.grpc.elastic_chat.history.v1.HistoryService.Sync"


def counted(total: int, failed: int = 0, buckets: dict[float, int] | None = None, prefix: str = PREFIX) -> bytes:
    values = {
        "total": total,
        "0": total - failed,
        "14": failed,
        "success": total - failed,
        "failure": failed,
        "request_message_count": total,
    }
    totals = [{"lower_bound": lower, "width": 1, "count": count} for lower, count in (buckets or {}).items()]
    details = [{"name": f"{prefix}.upstream_rq_time", "totals": totals}, {"name": "cluster.history.upstream_cx_length_ms", "totals": []}]
    named = [{"name": f"{prefix}.{name}", "value": value} for name, value in values.items()]
    return json.dumps({"stats": [*named, {"histograms": {"details": details}}]}).encode()


def test_calls_are_counted_by_method_and_status() -> None:
    ((key, calls),) = methods.read(counted(10, failed=3, buckets={4: 10})).items()
    assert key == ("history", "Sync")
    assert (calls.total, calls.failed, calls.by_status, calls.sent, calls.received) == (10, 3, {"0": 7, "14": 3}, 10, 0)
    assert calls.buckets == {(4, 1): 10}


@pytest.mark.parametrize("name", ["cluster.grpc.grpc.elastic_chat.history.v1.HistoryService.Sync", "cluster.history.grpc"])
def test_what_comes_in_to_an_envoys_own_service_and_what_is_not_told_apart_is_passed_over(name: str) -> None:
    assert methods.read(counted(10, buckets={4: 10}, prefix=name)) == {}


def test_the_two_ways_to_the_gateway_are_one_service() -> None:
    name = "cluster.gateway_websocket.grpc.elastic_chat.gateway.v1.GatewayService.Connect"
    assert list(methods.read(counted(1, prefix=name))) == [("gateway", "Connect")]


def test_a_quantile_is_where_that_part_of_the_calls_was_over() -> None:
    calls = Calls(buckets=Counter({(0.0, 1.0): 50, (1.0, 1.0): 45, (10.0, 10.0): 5}))
    assert [calls.quantile(part) for part in (0.25, 0.5, 0.95, 0.99)] == [0.5, 1.0, 2.0, 18.0]
    assert Calls().quantile(0.5) is None


def test_a_sample_is_what_has_come_since_the_one_before_from_all_envoys_of_a_caller() -> None:
    sync = Method("gateway", "history", "Sync")
    before = Sample(
        {("gateway-1-sidecar", sync): Calls(total=10, buckets=Counter({(4.0, 1.0): 10})), ("gateway-2-sidecar", sync): Calls(100)}
    )
    after = Sample(
        {
            ("gateway-1-sidecar", sync): Calls(total=12, buckets=Counter({(4.0, 1.0): 11, (9.0, 1.0): 1})),
            ("gateway-2-sidecar", sync): Calls(7),  # it was restarted
        }
    )
    assert after.since(before) == {sync: Calls(total=2 + 7, buckets=Counter({(4.0, 1.0): 1, (9.0, 1.0): 1}))}
    assert after.sums[sync].total == 19


CERTS = {
    "certificates": [
        {
            "ca_cert": [
                {
                    "path": "/x/ca.pem",
                    "serial_number": "01",
                    "subject_alt_names": [],
                    "days_until_expiration": "364",
                    "valid_from": "2026-11-27T00:00:00Z",
                    "expiration_time": "2027-11-27T00:00:00Z",
                }
            ],
            "cert_chain": [
                {
                    "path": "/x/router-1.pem",
                    "serial_number": "0a",
                    "subject_alt_names": [{"uri": "spiffe://elastic-chat/router"}, {"dns": "router"}],
                    "days_until_expiration": "0",
                    "valid_from": "2026-11-27T00:00:00Z",
                    "expiration_time": "2026-11-28T00:00:00Z",
                }
            ],
        }
    ]
}


def test_certificates_are_told_once_each_with_whom_they_are_for_and_when_they_end() -> None:
    twice = {"certificates": CERTS["certificates"] * 2}
    trusted, own = sorted(certificates.read("router-1-sidecar", json.dumps(twice).encode()), key=lambda one: one.serial)
    assert (trusted.kind, trusted.names) == ("trusted", ())
    assert (own.kind, own.names) == ("own", ("spiffe://elastic-chat/router", "router"))
    assert own.as_json()["ends"] == "2026-11-28T00:00:00+00:00"
    assert own.left(datetime(2026, 11, 27, 18, tzinfo=UTC)) == 0.25
    assert list(certificates.read("edge", b'{"certificates": []}')) == []
