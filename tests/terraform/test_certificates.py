"""Certificates get from the authority to the Envoys: by the scripts of the tasks, and an `aws` that has an authority of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from launcher.certificates import delivery, requests
from launcher.certificates.authority import spiffe_id
from tests.terraform.tofu import ROOT, TERRAFORM

SCRIPTS = TERRAFORM / "modules" / "mesh" / "scripts"
PATIENCE_S = 20.0


class Cloud:
    """Where an authority signs and secrets are kept, in a folder; the scripts know it as `aws`."""

    def __init__(self, folder: Path) -> None:
        self.secrets = folder / "secrets"
        self.secrets.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        aws = programs / "aws"
        aws.write_text(f'#!/bin/bash\nexec {sys.executable} {Path(__file__).with_name("cloud.py")} {folder} "$@"\n', encoding="utf-8")
        aws.chmod(0o755)
        self.environ = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "OWNER": f"{os.getuid()}:{os.getgid()}",
        }

    def sign(self, folder: Path) -> None:
        told = {"WORK": str(folder), "AUTHORITY": "arn:authority", "TEMPLATE": "arn:template", "LIFE_DAYS": "4", "SECRETS": "chat/mesh"}
        subprocess.run(("bash", "-c", (SCRIPTS / "sign.sh").read_text()), env=self.environ | told, check=True, timeout=60)

    def certify(self, folder: Path, *workloads: str) -> None:
        """Do what the task of the certifier does."""
        folder.mkdir(exist_ok=True)
        requests.main(folder, workloads)
        self.sign(folder)

    @contextmanager
    def delivers(self, root: Path, workload: str, envoy: str) -> Iterator[Path]:
        """Do what the container beside an Envoy does, and yield the folder that the Envoy watches."""
        (root / "tmp").mkdir(parents=True, exist_ok=True)
        told = {
            "ROOT": str(root),
            "SCRATCH": str(root / "tmp"),
            "ENVOY": envoy,
            "IDENTITY_SECRET": f"chat/mesh/{workload}",
            "TRUST_SECRET": "chat/mesh/trust",
            "OUTSIDE": "true" if workload == "edge" else "false",
            "LOOK_S": "1",
        }
        with (root / "said").open("w") as said:
            running = subprocess.Popen(("bash", "-c", (SCRIPTS / "identity.sh").read_text()), env=self.environ | told, stderr=said)
        try:
            yield root / "identity"
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(10) == 0


def eventually(path: Path, content: bytes = b"") -> bytes:
    """Return what a file has, once it is there and has something else than before."""
    deadline = time.monotonic() + PATIENCE_S
    while not path.exists() or (found := path.read_bytes()) == content:
        assert time.monotonic() < deadline, f"{path} does not come"
        time.sleep(0.05)
    return found


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


def test_an_envoy_gets_the_certificate_of_its_service(cloud: Cloud, tmp_path: Path) -> None:
    cloud.certify(tmp_path / "work", "gateway", "router")
    with cloud.delivers(tmp_path / "task", "gateway", "gateway-1-sidecar") as folder:
        (secret,) = json.loads(eventually(folder / "gateway-1-sidecar.json"))["resources"]

        shown = secret["tls_certificate"]
        certificate = x509.load_pem_x509_certificate(shown["certificate_chain"]["inline_string"].encode())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        key = load_pem_private_key(shown["private_key"]["inline_string"].encode(), None)
        assert secret["name"] == delivery.IDENTITY
        assert names.get_values_for_type(x509.UniformResourceIdentifier) == [spiffe_id("gateway")]
        assert key.public_key() == certificate.public_key()
        assert (folder / "gateway-1-sidecar.json").stat().st_mode & 0o077 == 0
        authority = x509.load_pem_x509_certificate((folder / "authority.pem").read_bytes())
        assert delivery.read_trust(folder) == authority.serial_number
        assert not (folder / "outside.json").exists()


def test_a_new_certificate_is_taken_up_and_the_same_one_left_alone(cloud: Cloud, tmp_path: Path) -> None:
    cloud.certify(tmp_path / "work", "gateway")
    with cloud.delivers(tmp_path / "task", "gateway", "gateway-1-sidecar") as folder:
        path = folder / "gateway-1-sidecar.json"
        first = eventually(path)
        trust = (folder / "trust.json").stat().st_ino

        cloud.certify(tmp_path / "work", "gateway")

        assert eventually(path, first) != first
        assert (folder / "trust.json").stat().st_ino == trust, "what has not changed was moved into its place again"


def test_the_edge_shows_a_certificate_outside(cloud: Cloud, tmp_path: Path) -> None:
    cloud.certify(tmp_path / "work", "edge")
    with cloud.delivers(tmp_path / "task", "edge", "edge") as folder:
        (secret,) = json.loads(eventually(folder / "outside.json"))["resources"]

        assert secret["name"] == delivery.OUTSIDE


def test_what_cannot_be_fetched_later_leaves_what_is_there(cloud: Cloud, tmp_path: Path) -> None:
    cloud.certify(tmp_path / "work", "gateway")
    with cloud.delivers(tmp_path / "task", "gateway", "gateway-1-sidecar") as folder:
        first = eventually(folder / "gateway-1-sidecar.json")
        (cloud.secrets / "chat_mesh_gateway").unlink()

        said = b""
        while said.count(b"could not be fetched") < 2:
            said = eventually(tmp_path / "task" / "said", said)

        assert (folder / "gateway-1-sidecar.json").read_bytes() == first


def test_nodes_of_cassandra_are_certified_for_their_addresses(cloud: Cloud, tmp_path: Path) -> None:
    cloud.certify(tmp_path / "work", "cassandra=10.0.16.10,10.0.32.10")

    certificate = x509.load_pem_x509_certificate((cloud.secrets / "chat_mesh_cassandra").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.16.10", "10.0.32.10"]


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not appear to be an IPv4 or IPv6 address"):
        requests.main(tmp_path, ["cassandra=nowhere"])


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_well_written(script: Path) -> None:
    shell = "sh" if script.name == "service.sh" else "bash"
    told = subprocess.run(
        (Path(sys.executable).parent / "shellcheck", f"--shell={shell}", script), capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stdout
