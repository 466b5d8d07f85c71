"""What the edge demands of those who come from outside, and what it tells their browsers."""

from __future__ import annotations

from dataclasses import dataclass

from launcher.topology import HOST, Topology


@dataclass(frozen=True, slots=True)
class Limit:
    """How many calls may come at once, and how many a second after that."""

    burst: int
    rate: int


LIMITS = {"address": Limit(1000, 100), "credentials": Limit(50, 5), "user": Limit(300, 50)}
"""What an address may do, how often it may try names and passwords, and what a user may do, wherever they are. Docs/mesh.md says why."""

CREDENTIAL_PATHS = (
    r"/v1/join.*|/elastic_chat\.(router\.v1\.RouterService/Join|history\.v1\.HistoryService/GetInvite)|"
    r"/v1/auth/(register|login|password|delete-account|service-token|oidc).*|"
    r"/elastic_chat\.accounts\.v1\.AccountsService/(Register|Login|ChangePassword|DeleteAccount|ExchangeServiceToken|.*Oidc.*)"
)
"""Where names, passwords and other secrets can be tried."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""What the pages may do: nothing of anyone else's, and in no frame."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}
"""What every answer tells browsers."""

MAX_HEAP = 3 * 1024**3
"""Bytes: what the edge may hold. An idle connection takes about 50 KiB there; near this much it refuses new calls, and then connections."""

HEADERS_OVER_TLS = {**HEADERS, "strict-transport-security": "max-age=31536000"}


def own_origins(topology: Topology) -> list[str]:
    """Return the origins that the edge's own pages have."""
    doors = (("http", topology.edge_port), ("https", topology.edge_tls_port))
    return [f"{scheme}://{name}:{port}" for scheme, port in doors for name in ("localhost", HOST)]
