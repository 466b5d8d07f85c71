"""What a production start demands of settings: nothing that only suits development may be left as it is.

A setting declares its demand (`chatkit.settings.setting`), and a start with `CHAT_ENVIRONMENT=production` is refused with every demand that
is not met, each with its cure. docs/settings.md lists them. On loopback nobody listens in on the way, and whoever is on the machine
is trusted (docs/threat-model.md); everywhere else there must be TLS, and a password where we are the client of a store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit


class Environment(StrEnum):
    """What a stack is for."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class Demand:
    """What must be true of a setting in production. `is_met` is given the setting's value, and all settings beside it."""

    text: str
    """For people: what there must be."""

    cure: str
    is_met: Callable[[Any, Any], bool]
    must_be_chosen: bool = False
    """Whether the default does not do, whatever it is, because somebody has to decide."""


def is_loopback(host: str) -> bool:
    """Whether what is said to a host stays on the machine. A name counts only if it is `localhost`: others may mean anything."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def host_of(address: str) -> str:
    """Return the host of HOST, HOST:PORT or [HOST]:PORT."""
    if address.startswith("["):
        return address[1:].partition("]")[0]
    host, colon, _ = address.rpartition(":")
    return host if colon and ":" not in host else address


def _all_loopback(addresses: str) -> bool:
    return all(is_loopback(host_of(one.strip())) for one in addresses.split(","))


def _redis_is_safe(url: str, _: Any) -> bool:  # noqa: ANN401 - settings of any service
    parts = urlsplit(url)
    return is_loopback(parts.hostname or "") or (parts.scheme == "rediss" and bool(parts.password))


def _is_public_https(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and bool(parts.hostname) and not is_loopback(parts.hostname or "")


def _is_safe_store(endpoint: str) -> bool:
    parts = urlsplit(endpoint)
    return not endpoint or parts.scheme == "https" or is_loopback(parts.hostname or "")


def _leads_back_safely(url: str) -> bool:
    """Whether what comes to a redirect URI reaches the client only: over TLS, or by a scheme that the client's own system gives it."""
    return _is_public_https(url) or urlsplit(url).scheme not in {"", "http", "https"}


ON_LOOPBACK = Demand(
    "on loopback, for it speaks in the clear",
    "Use an address of loopback, and let the sidecar be what others reach",
    lambda address, _: _all_loopback(address),
)
REDIS = Demand(
    "on loopback, or over TLS and with a password",
    "Use rediss://:PASSWORD@HOST:PORT/DB, and give it by CHAT_REDIS_URL_FILE",
    _redis_is_safe,
)
KAFKA = Demand(
    "on loopback, or over TLS and with a password",
    "Set CHAT_KAFKA_TLS=true, CHAT_KAFKA_USERNAME and CHAT_KAFKA_PASSWORD_FILE",
    lambda brokers, all_: _all_loopback(brokers) or bool(all_.kafka_tls and all_.kafka_username and all_.kafka_password),
)
CASSANDRA = Demand(
    "on loopback, or over TLS and with a password",
    "Set CHAT_CASSANDRA_TLS=true, CHAT_CASSANDRA_USERNAME and CHAT_CASSANDRA_PASSWORD_FILE",
    lambda hosts, all_: _all_loopback(hosts) or bool(all_.cassandra_tls and all_.cassandra_username and all_.cassandra_password),
)
ORIGINS = Demand(
    "https, and none of a developer's machine",
    "Name the origins of your own pages, such as https://chat.example",
    lambda origins, _: all(map(_is_public_https, origins)),
)
PROVIDER = Demand(
    "https, and not on this machine", "Use the provider's https issuer, or none", lambda issuer, _: not issuer or _is_public_https(issuer)
)
CONTACT = Demand(
    "mailto: or https:, where whoever runs a push service reaches you",
    "Set it to an address that you read, such as mailto:operator@chat.example",
    lambda contact, _: contact.startswith(("mailto:", "https:")),
    must_be_chosen=True,
)
NOWHERE_ELSE = Demand("empty", "Remove it: push services of browsers have public addresses", lambda hosts, _: not hosts)
REDIRECTS = Demand(
    "https, or an app's own scheme",
    "Send people to https pages only",
    lambda uris, _: all(map(_leads_back_safely, uris)),
)
OBJECTS = Demand(
    "https, or on this machine",
    "Use the https address of the store, or leave it empty for Amazon's",
    lambda endpoint, _: _is_safe_store(endpoint),
)
CHOSEN = Demand("chosen, whatever it is: the default suits development", "Set it to what you mean", lambda _, __: True, must_be_chosen=True)
