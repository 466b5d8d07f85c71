"""Certificates as files: those of the Envoys, which they watch, and those of the operator."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

from cryptography import x509

from launcher.certificates.authority import EDGE, OPERATOR, WEB, Authority, Identity
from launcher.home import PRIVATE, Home, write_atomically
from launcher.topology import HOST, Topology

RENEWAL = timedelta(hours=4)
"""How often everyone gets a new certificate. A renewal that fails twice in a row still leaves the old one valid."""

SDS = "sds"
"""The folder, beside the configurations of the Envoys, that holds `<name>.json` for every one of them, and `trust.json`."""

IDENTITY, TRUST, OUTSIDE = "identity", "trust", "outside"
"""Under which names an Envoy asks for its own certificate, for what it checks those of others with, and for what the edge shows outside."""

OUTSIDE_HOSTS = ("localhost", HOST, "::1")

_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"


def renew(home: Home, topology: Topology) -> None:
    """Give every Envoy of a stack a new certificate, and the operator, too."""
    authority = Authority.of(home.keys)
    write_operator(authority, home)
    write_trust(authority, home.envoy)
    write_identities(authority, topology, home.envoy)
    if home.web_certificate.exists() and home.web_key.exists():
        write_atomically(home.envoy / SDS / f"{OUTSIDE}.json", _files(OUTSIDE, home.web_certificate, home.web_key))
    else:
        web = Authority.of(home.keys, WEB)
        write_atomically(home.web_authority, web.certificate)
        write_outside(web, home.envoy)


def write_operator(authority: Authority, home: Home) -> None:
    """Give the operator a new certificate, and what to check others with."""
    operator = authority.identity(OPERATOR)
    for name, text in (("ca", authority.trust), ("cert", operator.certificate), ("key", operator.key)):
        write_atomically(home.operator / f"{name}.pem", text, PRIVATE)


def age_s(home: Home) -> float:
    """Return how many seconds ago everyone got a certificate."""
    return time.time() - (home.operator / "cert.pem").stat().st_mtime


def write_trust(authority: Authority, folder: Path) -> None:
    """Tell every Envoy whose certificates to accept. `folder` is where their configurations are."""
    write_atomically(folder / SDS / f"{TRUST}.json", _sds(TRUST, validation_context={"trusted_ca": {"inline_string": authority.trust}}))


def write_identities(authority: Authority, topology: Topology, folder: Path) -> None:
    """Give every Envoy a new certificate. `folder` is where their configurations are."""
    workloads = {EDGE: EDGE, **{f"{each.name}-sidecar": each.service for each in topology.instances()}}
    for name, workload in workloads.items():
        write_identity(authority, folder, name, workload)


def write_identity(authority: Authority, folder: Path, name: str, workload: str) -> None:
    """Give the Envoy `name` of a workload a new certificate. `folder` is where its configuration is."""
    write_atomically(folder / SDS / f"{name}.json", _certificate(IDENTITY, authority.identity(workload)), PRIVATE)


def write_outside(authority: Authority, folder: Path) -> None:
    """Give the edge what it shows to browsers. `folder` is where the configurations of the Envoys are."""
    write_atomically(folder / SDS / f"{OUTSIDE}.json", _certificate(OUTSIDE, authority.server(OUTSIDE_HOSTS)), PRIVATE)


def read_trust(folder: Path) -> int:
    """Return the serial number of the authority that every Envoy is told to trust. `folder` has the files of secret discovery."""
    return _serial(folder / f"{TRUST}.json", "validation_context", "trusted_ca")


def read_identity(folder: Path, envoy: str) -> int:
    """Return the serial number of the certificate that an Envoy is told to show. `folder` has the files of secret discovery."""
    return _serial(folder / f"{envoy}.json", "tls_certificate", "certificate_chain")


def _serial(path: Path, secret: str, field: str) -> int:
    (resource,) = json.loads(path.read_text(encoding="utf-8"))["resources"]
    return x509.load_pem_x509_certificate(resource[secret][field]["inline_string"].encode()).serial_number


def _certificate(name: str, identity: Identity) -> str:
    chain, key = {"inline_string": identity.certificate}, {"inline_string": identity.key}
    return _sds(name, tls_certificate={"certificate_chain": chain, "private_key": key})


def _files(name: str, certificate: Path, key: Path) -> str:
    """Let Envoy read a certificate itself, and again whenever it is replaced."""
    watched = {"path": str(certificate.parent)}
    paths = {"certificate_chain": {"filename": str(certificate)}, "private_key": {"filename": str(key)}, "watched_directory": watched}
    return _sds(name, tls_certificate=paths)


def _sds(name: str, **secret: object) -> str:
    return json.dumps({"resources": [{"@type": _TYPE, "name": name, **secret}]})
