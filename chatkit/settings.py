"""Settings: a frozen dataclass each, read from the environment once, at start.

A field `batch_size` of the settings of `router` is read from `CHAT_ROUTER_BATCH_SIZE`; the fields that services share (`ServiceSettings`
and the engines' mix-ins) from `CHAT_<FIELD>`. `<NAME>_FILE` names a file that holds the value: for secrets. All faults are reported at
once, and a `CHAT_*` name that means nothing is one of them, because a misspelt setting is a setting that silently does nothing.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

PREFIX = "CHAT_"


class SettingsError(Exception):
    """The environment does not make valid settings; the text lists every fault with its cure."""


def setting(doc: str, default: Any = dataclasses.MISSING, *, secret: bool = False) -> Any:  # noqa: ANN401 - as dataclasses.field itself
    """Declare a field: what it means, with its unit, its default if it has one, and whether nobody may see its value."""
    return dataclasses.field(default=default, metadata={"doc": doc, "secret": secret})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What every service has."""

    node_id: str = setting("The instance's name in the mesh, such as router-1.")
    grpc_port: int = setting("Where the service takes gRPC: on loopback, from its own sidecar.")
    http_port: int = setting("Where the service answers /healthz, /readyz and /metrics, and what else it has over HTTP: on loopback.")
    http_socket: str = setting(
        "The path of a Unix socket on which HTTP is answered, too, for a sidecar on the same machine: it costs less than loopback.", ""
    )
    mesh: str = setting("HOST:PORT of the sidecar's egress listener, through which every other service is reached.", "127.0.0.1:9001")
    bind: str = setting("The address that the service listens on. Its sidecar must reach it, and nobody else should.", "127.0.0.1")
    log_level: str = setting("debug, info, warning or error. A message leaves no line at info.", "info")
    log_format: str = setting("json, or console for people.", "json")
    drain: timedelta = setting(
        "How long calls that are under way have to end at a graceful stop, in seconds. A gateway sends its clients away before that.",
        timedelta(seconds=10),
    )


# The mix-ins have no slots: a class can inherit slots from one base only, and that is ServiceSettings.


@dataclasses.dataclass(frozen=True, kw_only=True)
class RedisSettings:
    """Where Redis is."""

    redis_url: str = setting("redis://HOST:PORT/DB, or rediss:// for TLS.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """Where Kafka is."""

    kafka_bootstrap: str = setting("HOST:PORT of Kafka brokers, separated by commas.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class KafkaOwnerSettings(KafkaSettings):
    """Where Kafka is, for the service that makes the topics there."""

    kafka_replication_factor: int = setting("On how many brokers each record lies, when the topics are made.", 3)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CassandraSettings:
    """Where Cassandra is."""

    cassandra_contact_points: str = setting("Hosts of Cassandra nodes, separated by commas.")
    cassandra_port: int = setting("The CQL port of all of them.", 9042)
    cassandra_datacenter: str = setting("The data centre whose nodes are used, and whose quorum counts.", "datacenter1")


@dataclasses.dataclass(frozen=True, kw_only=True)
class CassandraOwnerSettings(CassandraSettings):
    """Where Cassandra is, for a service that owns a keyspace there."""

    cassandra_replication_factor: int = setting("On how many nodes each row of a keyspace lies, when the keyspace is made.", 3)


SHARED: tuple[type, ...] = (ServiceSettings, RedisSettings, KafkaSettings, KafkaOwnerSettings, CassandraSettings, CassandraOwnerSettings)


Settings = TypeVar("Settings", bound=ServiceSettings)


@dataclasses.dataclass(frozen=True, slots=True)
class Variable:
    """A field of settings as the environment knows it: name, type, default (MISSING if there is none), meaning, whether it is secret."""

    field: str
    name: str
    type: Any
    default: object
    doc: str
    secret: bool = False

    @property
    def file(self) -> str:
        """The variable that names a file with the value."""
        return f"{self.name}_FILE"

    @property
    def default_text(self) -> str | None:
        """The default as the environment would have it, or None if there is none and it must be set."""
        match self.default:
            case dataclasses.MISSING:
                return None
            case timedelta() as time:
                return f"{time.total_seconds():g}"
            case bool() as flag:
                return str(flag).lower()
            case tuple() as parts:
                return ",".join(parts)
            case value:
                return str(value)


def variables(cls: type[ServiceSettings], service: str) -> list[Variable]:
    """Return what the settings of `service` are read from, the shared ones first."""
    shared = {field.name for part in SHARED for field in dataclasses.fields(part)}
    types = get_type_hints(cls)
    found = []
    for field in dataclasses.fields(cls):
        scope = "" if field.name in shared else f"{service.upper()}_"
        found.append(
            Variable(
                field.name,
                f"{PREFIX}{scope}{field.name.upper()}",
                types[field.name],
                field.default,
                field.metadata["doc"],
                field.metadata["secret"],
            )
        )
    return found


def load(cls: type[Settings], service: str, environ: Mapping[str, str]) -> Settings:
    """Return the settings of `service` as `environ` gives them. Raises SettingsError with every fault."""
    faults: list[str] = []
    values: dict[str, Any] = {}
    known: set[str] = set()
    for variable in variables(cls, service):
        known |= {variable.name, variable.file}
        try:
            text = _text(variable.name, environ)
            if text is not None:
                values[variable.field] = _cast(text, variable.type)
            elif variable.default is dataclasses.MISSING:
                faults.append(f"{variable.name} is not set. {variable.doc}")
        except (ValueError, OSError) as error:
            faults.append(f"{variable.name}: {error}. {variable.doc}")
    faults.extend(
        f"{name} means nothing to {service}. {cure(name, known)}."
        for name in sorted(environ)
        if name.startswith(PREFIX) and name not in known
    )
    if faults:
        raise SettingsError("\n".join(faults))
    return cls(**values)


def cure(name: str, known: Iterable[str]) -> str:
    """Say what to do about a variable that means nothing: which of those that are `known` may have been meant."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
    return f"Did you mean {near[0]}? Correct or remove it" if near else "Correct or remove it"


def _text(name: str, environ: Mapping[str, str]) -> str | None:
    if f"{name}_FILE" not in environ:
        return environ.get(name)
    if name in environ:
        raise ValueError(f"set it or {name}_FILE, not both")
    return Path(environ[f"{name}_FILE"]).read_text(encoding="utf-8").strip()


def _cast(text: str, to: Any) -> object:  # noqa: ANN401 - a type as annotations give it
    if to is bool:
        if text not in {"true", "false"}:
            raise ValueError(f"{text!r} is neither true nor false")
        return text == "true"
    if to is timedelta:
        return timedelta(seconds=float(text))
    if to == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return to(text)
