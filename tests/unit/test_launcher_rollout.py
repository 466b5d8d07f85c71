"""Draining and restarting in turn: who is meant, in which order, and what is refused."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import yaml

from launcher import membership, probes
from launcher.engines import Engines
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.mesh.calls import INNER
from launcher.mesh.rendering import ENDPOINTS
from launcher.plan import GATEWAY_STOP_S, STACK_STOP_S, Stack, Wave, processes
from launcher.rollout import ALL, ORDER, check_drainable, find, in_turn
from launcher.topology import SERVICES, Instance, Topology

TOPOLOGY = Topology(8080, {"gateway": 3, "router": 2, "presence": 1, "history": 1, "writer": 1, "accounts": 1, "files": 1, "search": 1})
NOWHERE = Path("/nowhere")


def names(instances: list[Instance]) -> list[str]:
    return [instance.name for instance in instances]


def instance(name: str) -> Instance:
    (found,) = find(name, TOPOLOGY)
    return found


def test_a_name_stands_for_an_instance_a_service_or_all() -> None:
    assert names(find("gateway-2", TOPOLOGY)) == ["gateway-2"]
    assert names(find("gateway", TOPOLOGY)) == ["gateway-1", "gateway-2", "gateway-3"]
    assert find("gateway-4", TOPOLOGY) == find("kafka", TOPOLOGY) == find("gateway-1-sidecar", TOPOLOGY) == []
    everything = find(ALL, TOPOLOGY)
    assert set(everything) == set(TOPOLOGY.instances())
    assert list(dict.fromkeys(one.service for one in everything)) == list(ORDER)


def test_all_services_are_restarted_and_gateways_last() -> None:
    assert set(ORDER) == set(SERVICES)
    # What administrators do about a report asks routers for what every version of theirs does.
    whatever_its_version = {("accounts", "router")}
    for service in ("accounts", "router", "gateway"):
        called = [other for other in INNER.get(service, ()) if (service, other) not in whatever_its_version]
        assert all(ORDER.index(other) <= ORDER.index(service) for other in called)


def test_those_that_do_not_serve_come_first_and_services_stay_in_their_order() -> None:
    everyone = find(ALL, TOPOLOGY)
    assert in_turn(everyone, set(names(everyone))) == everyone
    assert names(in_turn(find("gateway", TOPOLOGY), {"gateway-1", "gateway-2"})) == ["gateway-3", "gateway-1", "gateway-2"]
    assert names(in_turn(everyone, set(names(everyone)) - {"router-2"}))[-5:-3] == ["router-2", "router-1"]


def test_the_last_healthy_instance_is_not_drained() -> None:
    healthy = {"gateway-1", "gateway-2", "router-1"}
    check_drainable(instance("gateway-1"), healthy, TOPOLOGY)
    with pytest.raises(LaunchError, match=r"Without gateway-1 no healthy gateway would be left\. .*drain it with --force"):
        check_drainable(instance("gateway-1"), {"gateway-1", "router-1"}, TOPOLOGY)
    with pytest.raises(LaunchError, match="Without writer-1"):
        check_drainable(instance("writer-1"), {"writer-1"}, TOPOLOGY)


def listed(home: Home, service: str) -> list[int]:
    (resource,) = yaml.safe_load((home.envoy / ENDPOINTS / f"{service}.yaml").read_text())["resources"]
    endpoints = resource["endpoints"][0]["lb_endpoints"]
    return [one["endpoint"]["address"]["socket_address"]["port_value"] for one in endpoints]


def test_an_instance_is_off_the_list_until_it_is_put_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    ports = [one.ingress_port for one in TOPOLOGY.instances("gateway")]
    assert membership.drained(home) == set()
    membership.take_out(home, TOPOLOGY, instance("gateway-2"))
    membership.take_out(home, TOPOLOGY, instance("gateway-3"))
    membership.take_out(home, TOPOLOGY, instance("router-1"))
    assert membership.drained(home) == {"gateway-2", "gateway-3", "router-1"}
    assert listed(home, "gateway") == ports[:1]
    membership.put_back(home, TOPOLOGY, instance("gateway-2"))
    membership.put_back(home, TOPOLOGY, instance("gateway-1"))
    assert membership.drained(home) == {"gateway-3", "router-1"}
    assert listed(home, "gateway") == ports[:2]
    membership.put_back_all(home, TOPOLOGY)
    assert membership.drained(home) == set()
    assert listed(home, "gateway") == ports
    assert len(listed(home, "router")) == 2


def test_those_who_call_a_service_are_asked_about_it() -> None:
    history, search = instance("history-1"), instance("search-1")
    assert list(membership.callers("writer", TOPOLOGY)) == [history.admin_port, search.admin_port]
    assert list(membership.callers("gateway", TOPOLOGY)) == [TOPOLOGY.edge_admin_port]
    assert len(list(membership.callers("router", TOPOLOGY))) == 1 + 3 + 2 + 1 + 1
    assert all(list(membership.callers(service, TOPOLOGY)) for service in SERVICES)


def test_an_instance_serves_when_all_who_call_it_know_and_other_processes_when_they_are_ready() -> None:
    plan = list(processes(Stack(Home(NOWHERE), TOPOLOGY, Engines(NOWHERE, NOWHERE, NOWHERE, NOWHERE, (), ()))))
    instances = {one.name: one for one in TOPOLOGY.instances()}
    for before, after in zip(plan, membership.serving(plan, TOPOLOGY), strict=True):
        if one := instances.get(before.name):
            asked = probes.Member(tuple(membership.callers(one.service, TOPOLOGY)), one.ingress_port)
            assert after.ready == probes.Both(before.ready, asked)
        else:
            assert after == before


def host(port: int, **faults: bool) -> dict[str, object]:
    return {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}, "health_status": faults}


def test_what_an_envoy_thinks_of_a_host_is_read_in_every_cluster() -> None:
    clusters = [
        {"name": "gateway", "host_statuses": [host(1), host(2)]},
        {"name": "gateway_websocket", "host_statuses": [host(1), host(2, failed_active_health_check=True, pending_active_hc=True)]},
        {"name": "empty"},
    ]
    answer = json.dumps({"cluster_statuses": clusters}).encode()
    assert probes.hosts_at(1, answer) == [True, True]
    assert probes.hosts_at(2, answer) == [True, False]
    assert probes.hosts_at(3, answer) == []


async def test_an_envoy_that_does_not_run_sends_no_calls_but_finds_nobody_healthy_either() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        port = taken.getsockname()[1]
        assert await probes.why_not(probes.NoMember((port,), 1)) is None
        assert await probes.why_not(probes.Member((port,), 1)) == "not listening yet"


def test_a_gateway_has_time_to_send_everyone_away_and_a_stack_to_stop_after_it() -> None:
    plan = list(processes(Stack(Home(NOWHERE), TOPOLOGY, Engines(NOWHERE, NOWHERE, NOWHERE, NOWHERE, (), ()))))
    gateways = {process.name for process in plan if process.stop_s == GATEWAY_STOP_S}
    assert gateways == {"gateway-1", "gateway-2", "gateway-3"}
    assert sum(max(process.stop_s for process in plan if process.wave is wave) for wave in Wave) < STACK_STOP_S
