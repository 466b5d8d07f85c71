"""What the edge demands of those who come from outside, and what it tells their browsers."""

from __future__ import annotations

from collections.abc import Mapping
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

WORKER_POLICY = "elastic-chat-worker"
"""The one policy of Trusted Types that the client has, by which its service worker gets its address: web/src/net/worker.ts."""

_SOURCES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
_TRUSTED_TYPES = {"require-trusted-types-for": "'script'", "trusted-types": WORKER_POLICY}


def _policy(sources: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in sources.items())


CONTENT_SECURITY_POLICY = _policy(_SOURCES | _TRUSTED_TYPES)
"""What the pages may do: nothing of anyone else's, in no frame, and no text becomes HTML or code."""

API_CONTENT_SECURITY_POLICY = _policy(_SOURCES | {"style-src": "'self' 'unsafe-inline'"})
"""What the page of the REST side may do, which Swagger UI draws: it sets styles, and does not draw under Trusted Types."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
}
"""What every answer tells browsers. Voice notes take the microphone, if their user lets them."""

MAX_HEAP = 3 * 1024**3
"""Bytes: what the edge may hold. An idle connection takes about 50 KiB there; near this much it refuses new calls, and then connections."""

HEADERS_OVER_TLS = {**HEADERS, "strict-transport-security": "max-age=31536000"}


def own_origins(topology: Topology) -> list[str]:
    """Return the origins that the edge's own pages have."""
    doors = (("http", topology.edge_port), ("https", topology.edge_tls_port))
    return [f"{scheme}://{name}:{port}" for scheme, port in doors for name in ("localhost", HOST)]
