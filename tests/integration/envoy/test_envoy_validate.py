"""Envoy itself says whether a configuration is one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from launcher.certificates import delivery
from launcher.certificates.authority import WEB, Authority
from launcher.containers.layout import HOME, PLACES
from launcher.containers.layout import TOPOLOGY as CONTAINERS
from launcher.mesh.rendering import ENDPOINTS, render_edge, render_endpoints, render_sidecar
from launcher.topology import SERVICES, Instance, Topology
from launcher.tracing import Tracing

TOPOLOGY = Topology(9_080, dict.fromkeys(SERVICES, 3))
TRACING = Tracing(0.000001, "collector.example", 4317)


def validate(envoy: Path, configuration: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([envoy, "--mode", "validate", "-c", configuration], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ENDPOINTS).mkdir()
    for service in SERVICES:
        (tmp_path / ENDPOINTS / f"{service}.yaml").write_text(render_endpoints(service, TOPOLOGY))
    authority = Authority.of(tmp_path)
    delivery.write_trust(authority, tmp_path)
    delivery.write_identities(authority, TOPOLOGY, tmp_path)
    delivery.write_outside(Authority.of(tmp_path, WEB), tmp_path)
    return tmp_path


@pytest.mark.parametrize("instance", [next(TOPOLOGY.instances(service)) for service in SERVICES], ids=lambda instance: instance.name)
@pytest.mark.parametrize("tracing", [None, TRACING], ids=["untraced", "traced"])
def test_every_sidecar_is_valid(envoy: Path, folder: Path, instance: Instance, tracing: Tracing | None) -> None:
    (folder / "sidecar.yaml").write_text(render_sidecar(instance, TOPOLOGY, folder, tracing))
    done = validate(envoy, folder / "sidecar.yaml")
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()


@pytest.mark.parametrize("tracing", [None, TRACING], ids=["untraced", "traced"])
def test_the_edge_is_valid(envoy: Path, folder: Path, tracing: Tracing | None) -> None:
    (folder / "edge.yaml").write_text(render_edge(TOPOLOGY, folder, tracing=tracing))
    done = validate(envoy, folder / "edge.yaml")
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()


@pytest.mark.parametrize("instance", list(CONTAINERS.instances()), ids=lambda instance: instance.service)
@pytest.mark.parametrize("tracing", [None, TRACING], ids=["untraced", "traced"])
def test_every_sidecar_in_a_container_is_valid(envoy: Path, folder: Path, instance: Instance, tracing: Tracing | None) -> None:
    text = render_sidecar(instance, CONTAINERS, HOME.envoy, tracing, PLACES)
    (folder / "sidecar.yaml").write_text(placed(text, folder))
    done = validate(envoy, folder / "sidecar.yaml")
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()


@pytest.mark.parametrize("tracing", [None, TRACING], ids=["untraced", "traced"])
def test_the_edge_in_a_container_is_valid_and_has_no_console(envoy: Path, folder: Path, tracing: Tracing | None) -> None:
    text = render_edge(CONTAINERS, HOME.envoy, tracing=tracing, places=PLACES)
    assert "/v1/ops/mesh" not in text
    (folder / "edge.yaml").write_text(placed(text, folder))
    done = validate(envoy, folder / "edge.yaml")
    assert done.returncode == 0, done.stderr
    assert "deprecated" not in done.stderr.lower()


def placed(text: str, folder: Path) -> str:
    """Put what is in a container's own places into a folder of this machine."""
    return text.replace(str(HOME.envoy), str(folder)).replace(str(PLACES.secrets), str(folder / "sds"))


def test_a_route_to_nowhere_would_be_noticed(envoy: Path, folder: Path) -> None:
    edge = render_edge(TOPOLOGY, folder).replace("cluster: web,", "cluster: nowhere,")
    (folder / "edge.yaml").write_text(edge)
    done = validate(envoy, folder / "edge.yaml")
    assert done.returncode != 0
    assert "nowhere" in done.stderr
