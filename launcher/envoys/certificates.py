"""The certificates that every Envoy uses: its own, and those of whom it trusts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from launcher.envoys import admin
from launcher.topology import Topology

CERTS = "/certs"
KINDS = {"cert_chain": "own", "ca_cert": "trusted"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in use. `names` are whom it is for: none on one of an authority."""

    envoy: str
    kind: str
    path: str
    serial: str
    names: tuple[str, ...]
    begins: datetime
    ends: datetime

    def as_json(self) -> dict[str, Any]:
        """Return it as `mesh certificates --json` shows it."""
        return {
            "envoy": self.envoy,
            "kind": self.kind,
            "path": self.path,
            "serial": self.serial,
            "names": list(self.names),
            "begins": self.begins.isoformat(),
            "ends": self.ends.isoformat(),
        }

    def left(self, now: datetime) -> float:
        """Return which part of its life is left at `now`, 0 or less if it has ended."""
        return (self.ends - now) / (self.ends - self.begins)


def look(topology: Topology) -> list[Certificate]:
    """Ask every Envoy. Who does not answer has none here: `mesh` tells who that is."""
    answers = admin.ask(admin.of(topology), CERTS)
    return [found for envoy, answer in answers.items() if answer is not None for found in read(envoy.name, answer)]


def read(envoy: str, answer: bytes) -> Iterator[Certificate]:
    """Read Envoy's `/certs`, each certificate once: it lists one for every listener and cluster that uses it."""
    seen: set[tuple[str, str]] = set()
    for one in json.loads(answer).get("certificates", []):
        for key, kind in KINDS.items():
            for certificate in one.get(key, []):
                identity = kind, certificate["serial_number"]
                if identity not in seen:
                    seen.add(identity)
                    yield _certificate(envoy, kind, certificate)


def _certificate(envoy: str, kind: str, told: dict[str, Any]) -> Certificate:
    return Certificate(
        envoy=envoy,
        kind=kind,
        path=told.get("path", ""),
        serial=told["serial_number"],
        names=tuple(name for alternative in told.get("subject_alt_names", []) for name in alternative.values()),
        begins=datetime.fromisoformat(told["valid_from"]),
        ends=datetime.fromisoformat(told["expiration_time"]),
    )
