"""Containers, without any: what compose.yaml says is what the launcher's table says, and what runs in them is rendered from it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatkit.settings import load
from launcher.certificates import delivery
from launcher.certificates.authority import EDGE
from launcher.config import declared
from launcher.containers import certifier, discovery, layout, roots, workload
from launcher.containers.layout import HOME, TOPOLOGY, WORKLOADS, instance_of, mesh_name, stack_of
from launcher.home import Home
from launcher.plan import GATEWAY_STOP_S, MESH_STOP_S, SERVICE_STOP_S, USES_CASSANDRA, USES_KAFKA, USES_REDIS, given_environment
from launcher.scrape import OF_ENVOY
from launcher.topology import SERVICES

ROOT = Path(__file__).parents[2]
OVERLAY = "compose.observability.yaml"
GIVEN_BY_THE_CONTAINER = {"CHAT_NODE_ID"}
"""What differs from copy to copy, and so can't be in compose.yaml."""


def composed(name: str = "compose.yaml") -> dict[str, Any]:
    """Return a file of Compose as it is without a setting of its user."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(yaml.safe_load(re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)))


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_what_the_launcher_would_tell_it(service: str) -> None:
    told = composed()["services"][service]
    given = given_environment(instance_of(service), stack_of({}))
    asked = {name: value.rstrip(",") for name, value in told["environment"].items()}
    assert asked == {name: str(value) for name, value in given.items() if name not in GIVEN_BY_THE_CONTAINER}
    assert told["command"] == ["python", "-m", "launcher.containers.workload", service]


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_is_known_to_its_service(service: str, tmp_path: Path) -> None:
    certifier.make_keys(tmp_path)
    environment = composed()["services"][service]["environment"] | {"CHAT_NODE_ID": f"{service}-10-0-0-1"}
    here = {name: str(value).replace(str(HOME.keys), str(tmp_path / service)) for name, value in environment.items()}
    load(declared.settings_of(service), service, here)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_waits_for_the_engines_that_it_uses_and_is_asked_at_its_own_ports(service: str) -> None:
    told, instance = composed()["services"][service], instance_of(service)
    uses = {"valkey": USES_REDIS, "kafka": USES_KAFKA, "cassandra": USES_CASSANDRA}
    needs = {"certifier", *(engine for engine, users in uses.items() if service in users)}
    assert told["depends_on"] == {name: {"condition": "service_healthy"} for name in needs}
    assert told["healthcheck"]["test"] == [
        *("CMD", "healthy", "http", str(instance.http_port), "/readyz", "http", str(instance.admin_port), "/ready")
    ]
    stop_s = GATEWAY_STOP_S if service == "gateway" else SERVICE_STOP_S
    assert seconds(told["stop_grace_period"]) >= stop_s + MESH_STOP_S


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_has_its_own_name_certificate_and_keys_and_no_others(name: str) -> None:
    told = composed()["services"][name]
    assert told["networks"]["mesh"] == {"aliases": [mesh_name(name)]}
    assert ("engines" in told["networks"]) == (name != EDGE)
    identity, *others = told["volumes"]
    assert identity == f"identity-{name}:{layout.SECRETS}:ro"
    allowed = {f"keys-{name}:{HOME.keys}:ro", f"files:{HOME.data}", str(HOME.data)}
    assert set(others) <= allowed


def test_the_certifier_has_the_volumes_of_all() -> None:
    composition = composed()
    told = composition["services"]["certifier"]
    expected = {f"identity-{name}:{layout.IDENTITIES / name / delivery.SDS}" for name in WORKLOADS}
    keeps = {f"keys-{name}:{layout.KEYS / name}" for name in ("accounts", "files", "presence")}
    assert set(told["volumes"]) == expected | keeps | {f"keys-mesh:{HOME.keys}"}
    assert told["network_mode"] == "none"
    assert {volume.partition(":")[0] for volume in told["volumes"]} <= set(composition["volumes"])


def test_the_edge_alone_is_published() -> None:
    services = composed()["services"]
    assert {name: one["ports"] for name, one in services.items() if "ports" in one} == {
        "edge": [f"{TOPOLOGY.edge_port}:{TOPOLOGY.edge_port}", f"{TOPOLOGY.edge_tls_port}:{TOPOLOGY.edge_tls_port}"]
    }
    waits = set(services["edge"]["depends_on"])
    assert waits == {"certifier", "web", *workload.called_by(EDGE)}


def test_every_container_is_limited_and_may_write_nowhere_but_where_it_must() -> None:
    composition = composed()
    for name, one in composition["services"].items():
        assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"]), name
        assert one["mem_limit"], name
        assert one["pids_limit"], name
        assert one["image"].endswith(":local"), name
        named = {volume.partition(":")[0] for volume in one.get("volumes", ()) if ":" in volume}
        assert named <= set(composition["volumes"]), name
    used = {volume.partition(":")[0] for one in composition["services"].values() for volume in one.get("volumes", ()) if ":" in volume}
    assert used == set(composition["volumes"])


def test_every_target_of_the_dockerfile_that_is_named_is_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", text, re.MULTILINE))
    assert {one["build"]["target"] for one in composed()["services"].values() if "target" in one["build"]} <= targets
    copied = set(re.findall(r"^COPY (svc_\w+) ", text, re.MULTILINE))
    assert copied == {f"svc_{service}" for service in SERVICES}
    (listed,) = re.findall(r"for workload in ([a-z ]+);", text)
    assert sorted(listed.split()) == sorted(WORKLOADS)


def test_the_engines_of_the_images_listen_where_services_look_for_them() -> None:
    found = {path.name: text for files in roots.configurations().values() for path, text in files.items()}
    assert "bind 0.0.0.0\n" in found["valkey.conf"]
    assert f"advertised.listeners=BROKER://kafka:{TOPOLOGY.kafka_port}\n" in found["server.properties"]
    assert f"native_transport_port: {TOPOLOGY.cassandra_port}\n" in found["cassandra.yaml"]
    assert f"listen 0.0.0.0:{TOPOLOGY.web_port};" in found["nginx.conf"]
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8") + (ROOT / "web" / "Dockerfile").read_text(encoding="utf-8")
    for kind, port in (("redis", TOPOLOGY.redis_port), ("kafka", TOPOLOGY.kafka_port), ("cassandra", TOPOLOGY.cassandra_port)):
        assert f'CMD ["healthy", "{kind}", "{port}"]' in text
    assert f'CMD ["healthy", "http", "{TOPOLOGY.web_port}", "/"]' in text


def test_what_is_installed_in_images_is_what_is_tested() -> None:
    tested = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    for name in ("run.lock", "build.lock"):
        for pinned in re.findall(r"^\S+==\S+", (ROOT / "containers" / name).read_text(encoding="utf-8"), re.MULTILINE):
            assert re.search(rf"^{re.escape(pinned)}\b", tested, re.MULTILINE), pinned


def test_everyone_gets_a_certificate_and_only_their_own(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    certifier.deliver(home, tmp_path / "identities")
    for name in WORKLOADS:
        files = {path.name for path in (tmp_path / "identities" / name / delivery.SDS).iterdir()}
        own = {f"{certifier.envoy_name(name)}.json", "trust.json"}
        assert files == (own | {"outside.json"} if name == EDGE else own)
    assert (home.operator / "cert.pem").exists()


def test_keys_are_made_once(tmp_path: Path) -> None:
    certifier.make_keys(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len(before) == 3
    certifier.make_keys(tmp_path)
    assert {path: path.read_bytes() for path in before} == before


class Names:
    """DNS that knows what it is told, and can be out of order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known: dict[str, list[str]] = {}
        self.fails = False
        monkeypatch.setattr(discovery, "addresses_of", self.ask)

    async def ask(self, name: str) -> list[str]:
        if self.fails:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return self.known.get(name, [])


async def test_copies_are_found_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch)
    names.known = {"router.mesh": ["10.0.0.2"]}
    found = discovery.Discovery(tmp_path, ["router", "files"])
    await found.look()
    file = tmp_path / "eds" / "router.yaml"
    assert "address: 10.0.0.2, port_value: 8282" in file.read_text()
    assert "instance: router-10-0-0-2" in file.read_text()
    assert "lb_endpoints" not in (tmp_path / "eds" / "files.yaml").read_text()
    names.known["router.mesh"] = ["10.0.0.2", "10.0.0.7"]
    await found.look()
    assert "address: 10.0.0.7" in file.read_text()
    names.known["router.mesh"] = ["10.0.0.7"]
    await found.look()
    assert "address: 10.0.0.2," not in file.read_text()


async def test_what_is_known_outlasts_a_failure_of_dns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch)
    names.fails = True
    found = discovery.Discovery(tmp_path, ["router"])
    await found.look()
    file = tmp_path / "eds" / "router.yaml"
    assert "lb_endpoints" not in file.read_text(), "an Envoy finds a file from the start"
    names.fails, names.known = False, {"router.mesh": ["10.0.0.2"]}
    await found.look()
    before = file.stat().st_mtime_ns
    names.fails = True
    await found.look()
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("said", sorted(discovery.NONE))
async def test_a_name_that_nobody_has_is_no_failure(said: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dns_says(said, monkeypatch)
    assert await discovery.addresses_of("router.mesh") == []


async def test_dns_that_does_not_answer_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    dns_says(socket.EAI_AGAIN, monkeypatch)
    with pytest.raises(socket.gaierror):
        await discovery.addresses_of("router.mesh")


async def test_a_name_has_the_addresses_that_it_has() -> None:
    assert await discovery.addresses_of("localhost") == ["127.0.0.1"]


def dns_says(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(number, "what it says in words")

    monkeypatch.setattr(socket, "getaddrinfo", fail)


def test_an_unknown_workload_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "launcher.containers.workload", "nobody"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert "gateway" in done.stderr


def test_with_observability_everything_that_is_traced_is_told_to_the_collector() -> None:
    services = composed(OVERLAY)["services"]
    told = {f"{prefix}TRACE_COLLECTOR" for prefix in ("CHAT_", "ELASTIC_CHAT_")}
    for name in SERVICES:
        environment = services[name]["environment"]
        assert {environment[one] for one in told} == {"http://collector:4317"}
        assert 0 < float(environment["CHAT_TRACE_SHARE"]) == float(environment["ELASTIC_CHAT_TRACE_SHARE"])
        traced = {key: value for key, value in environment.items() if key.startswith("CHAT_")}
        load(declared.settings_of(name), name, settings_of(name) | traced)
    assert "address: collector" not in workload.configuration("router", {})
    assert "address: collector, port_value: 4317" in workload.configuration("router", services["edge"]["environment"])


def settings_of(service: str) -> dict[str, str]:
    """Return what a service is told, with keys that are real."""
    keys = {"accounts": "CHAT_ACCOUNTS_SIGNING_KEY", "files": "CHAT_FILES_LINK_KEY", "presence": "CHAT_PRESENCE_PUSH_KEY"}
    told = composed()["services"][service]["environment"] | {"CHAT_NODE_ID": f"{service}-10-0-0-1"}
    if service not in keys:
        return told
    with tempfile.TemporaryDirectory() as folder:
        certifier.make_keys(Path(folder))
        (key,) = (Path(folder) / service).iterdir()
        return {name: value for name, value in told.items() if name != f"{keys[service]}_FILE"} | {keys[service]: key.read_text()}


def test_prometheus_finds_the_copies_of_every_service_and_the_edge() -> None:
    told = yaml.safe_load((ROOT / "monitoring" / "prometheus.compose.yml").read_text(encoding="utf-8"))
    jobs = {one["job_name"]: one for one in told["scrape_configs"]}
    expected = [((mesh_name(service),), instance_of(service).metrics_port) for service in SERVICES]
    for name in ("elastic-chat", "envoy"):
        assert [(tuple(one["names"]), one["port"]) for one in jobs[name]["dns_sd_configs"]] == expected
    (edge,) = jobs["edge"]["dns_sd_configs"]
    assert (edge["names"], edge["port"]) == ([mesh_name(EDGE)], TOPOLOGY.edge_metrics_port)
    assert jobs["envoy"]["params"] == jobs["edge"]["params"] == {"filter": [OF_ENVOY]}


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    assert promtool, "these tests need promtool, of Debian's prometheus: apt-get install --no-install-recommends prometheus"
    text = (ROOT / "monitoring" / "prometheus.compose.yml").read_text(encoding="utf-8")
    (tmp_path / "prometheus.yml").write_text(text.replace("/etc/prometheus/alerts.yml", str(ROOT / "monitoring" / "alerts.yml")))
    done = subprocess.run([promtool, "check", "config", tmp_path / "prometheus.yml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_laid_over_mounts_what_is_there_and_publishes_on_loopback_only() -> None:
    for name, one in composed(OVERLAY)["services"].items():
        for mount in one.get("volumes", ()):
            if mount.startswith("./"):
                assert (ROOT / mount.partition(":")[0]).exists(), name
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", ())), name
