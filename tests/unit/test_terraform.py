"""What terraform/ knows of the services is what the code says of them."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from chatkit.metrics import DECLARED
from chatkit.settings import CassandraOwnerSettings, CassandraSettings, KafkaOwnerSettings, KafkaSettings, RedisSettings
from launcher.config.declared import settings_of
from launcher.mesh import calls, policy
from launcher.plan import GATEWAY_STOP_S, SERVICE_STOP_S
from launcher.topology import HAS_ROUTES, SERVICES, Topology

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "terraform" / "modules"
CATALOGUE = json.loads((MODULES / "catalogue" / "services.json").read_text(encoding="utf-8"))
LONGEST_STOP_S = 120
"""What Fargate gives a container at the most."""

MOST_ADDRESSES = 8
"""Of how many healthy instances Cloud Map tells whoever asks for a name: nobody would call a ninth."""


def hcl(*path: str) -> str:
    return MODULES.joinpath(*path).read_text(encoding="utf-8")


def listed(name: str, text: str) -> list[str]:
    """Return the strings of a list that HCL gives a name to."""
    found = re.search(rf"\b{name} *= \[(.*?)\]", text, re.DOTALL)
    assert found is not None
    return re.findall(r'"([^"]+)"', found[1])


def test_it_has_every_service() -> None:
    assert list(CATALOGUE) == list(SERVICES)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_as_the_code_says(service: str) -> None:
    known = CATALOGUE[service]
    (instance,) = Topology(scale={service: 1}).instances(service)
    classes = settings_of(service)
    engines = {"cassandra": CassandraSettings, "kafka": KafkaSettings, "redis": RedisSettings}

    assert known["port"] == instance.base
    assert known["engines"] == [name for name, kind in engines.items() if issubclass(classes, kind)]
    assert known["calls"] == sorted(calls.INNER.get(service, {}))


@pytest.mark.parametrize("service", SERVICES)
def test_there_is_time_to_drain(service: str) -> None:
    drain = GATEWAY_STOP_S if service == "gateway" else SERVICE_STOP_S

    assert drain < CATALOGUE[service]["stop_s"] <= LONGEST_STOP_S


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_scaled_on_a_signal_that_it_exports(service: str) -> None:
    importlib.import_module(f"svc_{service}.app")
    scales_on = CATALOGUE[service]["scales_on"]
    signal = scales_on["metric"]

    assert signal in {family.name for family in REGISTRY.collect()}
    assert signal.startswith((f"chat_{service}_", "chat_loop_"))
    assert scales_on["labels"] == (list(DECLARED[signal].values) if signal in DECLARED else [])


def test_there_are_no_more_than_dns_tells() -> None:
    told = re.findall(r"(\w+) += \{ least = (\d+), most = (\d+) \}", hcl("..", "examples", "multi-az", "main.tf"))

    assert {name for name, *_ in told} == {*SERVICES, "edge"}
    assert [name for name, least, most in told if not int(least) <= int(most) <= MOST_ADDRESSES and name != "edge"] == []
    assert [name for name, known in CATALOGUE.items() if known["most"] > MOST_ADDRESSES] == []


def test_the_ports_of_an_instance_are_where_the_launcher_has_them() -> None:
    offsets = dict(re.findall(r"(\w+) = (\d)", re.search(r"offsets = \{(.*?)\}", hcl("catalogue", "main.tf"))[1]))  # type: ignore[index]
    (instance,) = Topology(scale={"gateway": 1}).instances("gateway")

    for name in ("grpc", "http", "ingress", "egress", "admin", "metrics"):
        assert instance.base + int(offsets[name]) == getattr(instance, f"{name}_port")


def test_the_edge_is_where_the_launcher_has_it() -> None:
    ports = dict(re.findall(r"(\w+) = (\d+)", re.search(r"edge = \{(.*?)\}", hcl("catalogue", "main.tf"))[1]))  # type: ignore[index]
    topology = Topology()

    assert [int(ports[name]) for name in ("plain", "tls", "admin", "metrics")] == [
        topology.edge_port,
        topology.edge_tls_port,
        topology.edge_admin_port,
        topology.edge_metrics_port,
    ]
    assert listed("edge_calls", hcl("catalogue", "main.tf")) == sorted({*calls.ANYONE, *calls.USERS})


def test_who_makes_tables_and_topics_is_told_how_many_copies() -> None:
    owners = hcl("settings", "main.tf")

    assert listed("kafka", owners) == [name for name in SERVICES if issubclass(settings_of(name), KafkaOwnerSettings)]
    assert set(listed("cassandra", owners)) == {name for name in SERVICES if issubclass(settings_of(name), CassandraOwnerSettings)}
    assert re.findall(r"for name in \[(.*?)\] : name => \{ CHAT_HTTP_SOCKET", owners) == [", ".join(f'"{name}"' for name in HAS_ROUTES)]


def test_cloudfront_tells_browsers_what_the_edge_does() -> None:
    text = hcl("edge", "cloudfront.tf")
    told = dict(re.findall(r'^    (\w+) += "(.*)"$', text, re.MULTILINE))
    custom = {name: value for name, value in policy.HEADERS.items() if name in {"permissions-policy", "cross-origin-opener-policy"}}

    assert told["content_security_policy"] == policy.CONTENT_SECURITY_POLICY
    assert told["api_content_security_policy"] == policy.API_CONTENT_SECURITY_POLICY
    assert {told["permissions_policy"], told["opener_policy"]} == set(custom.values())
    assert f'referrer_policy = "{policy.HEADERS["referrer-policy"]}"' in text
    assert f'"{policy.HEADERS["x-frame-options"]}"' in text
    assert policy.HEADERS_OVER_TLS["strict-transport-security"] == "max-age=31536000"
    assert "access_control_max_age_sec = 31536000" in text


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/auth/login", "/v1/auth/register", "/v1/auth/password", "/v1/auth/delete-account", "/v1/auth/service-token"),
        *("/v1/auth/oidc/start", "/v1/join", "/v1/join-public", "/elastic_chat.accounts.v1.AccountsService/Login"),
        *("/elastic_chat.accounts.v1.AccountsService/StartOidcLogin", "/elastic_chat.router.v1.RouterService/Join", "/v1/auth/refresh"),
        *("/elastic_chat.history.v1.HistoryService/GetInvite", "/v1/conversations", "/elastic_chat.router.v1.RouterService/SendMessage"),
    ],
)
def test_the_firewall_counts_the_same_paths_as_the_edge(path: str) -> None:
    found = re.search(r'credential_paths = "(.*)"', hcl("edge", "firewall.tf"))
    assert found is not None
    pattern = found[1].replace("\\\\", "\\")

    assert bool(re.match(pattern, path)) == bool(re.fullmatch(policy.CREDENTIAL_PATHS, path))
