"""Settings: a frozen dataclass each, read from the environment once, at start.

A field `batch_size` of the settings of `router` is read from `CHAT_ROUTER_BATCH_SIZE`; the fields that services share (`ServiceSettings`
and the engines' mix-ins) from `CHAT_<FIELD>`. `<NAME>_FILE` names a file that holds the value: for secrets. All faults are reported at
once, and a `CHAT_*` name that means nothing is one of them, because a misspelt setting is a setting that silently does nothing.
In production (`CHAT_ENVIRONMENT`) so is whatever only suits development: what that is, each setting declares.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, get_type_hints

from chatkit.production import CASSANDRA, KAFKA, ON_LOOPBACK, REDIS, Demand, Environment

PREFIX = "CHAT_"


class SettingsError(Exception):
    """The environment does not make valid settings; the text lists every fault with its cure."""


def setting(
    doc: str,
    default: Any = dataclasses.MISSING,  # noqa: ANN401 - as dataclasses.field itself
    *,
    secret: bool = False,
    in_production: Demand | None = None,
) -> Any:  # noqa: ANN401
    """Declare a field: what it means, with its unit, its default if it has one, whether nobody may see its value, and what it must be in
    production. Raises ValueError for a secret with a default: everyone can read that here. An empty one says that there is no secret.
    """
    if secret and default not in {dataclasses.MISSING, ""}:
        raise ValueError("a secret has no default")
    return dataclasses.field(default=default, metadata={"doc": doc, "secret": secret, "in_production": in_production})


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """What every service has."""

    environment: Environment = setting(
        "What the stack is for: development or production, in which nothing is accepted that only suits development.",
        Environment.DEVELOPMENT,
    )
    node_id: str = setting("The instance's name in the mesh, such as router-1.")
    grpc_port: int = setting("Where the service takes gRPC: on loopback, from its own sidecar.")
    http_port: int = setting("Where the service answers /healthz, /readyz and /metrics, and what else it has over HTTP: on loopback.")
    http_socket: str = setting(
        "The path of a Unix socket on which HTTP is answered, too, for a sidecar on the same machine: it costs less than loopback.", ""
    )
    mesh: str = setting(
        "HOST:PORT of the sidecar's egress listener, through which every other service is reached.",
        "127.0.0.1:9001",
        in_production=ON_LOOPBACK,
    )
    bind: str = setting(
        "The address that the service listens on. Its sidecar must reach it, and nobody else should.",
        "127.0.0.1",
        in_production=ON_LOOPBACK,
    )
    log_level: str = setting("debug, info, warning or error. A message leaves no line at info.", "info")
    log_format: str = setting("json, or console for people.", "json")
    drain: timedelta = setting(
        "How long calls that are under way have to end at a graceful stop, in seconds. A gateway sends its clients away before that.",
        timedelta(seconds=10),
    )
    trace_share: float = setting(
        "Which share of messages is traced, from 0 to 1; with more than 0, whatever comes with a sampled trace context, too. "
        "With 0, no tracer is even loaded.",
        0.0,
    )
    trace_collector: str = setting(
        "The OTLP collector that is told what is traced, by gRPC; in the clear, unless it is https.", "http://127.0.0.1:4317"
    )


# The mix-ins have no slots: a class can inherit slots from one base only, and that is ServiceSettings.


@dataclasses.dataclass(frozen=True, kw_only=True)
class RedisSettings:
    """Where Redis is."""

    redis_url: str = setting(
        "redis://HOST:PORT/DB, or rediss://:PASSWORD@HOST:PORT/DB for TLS and with a password, which is then better given by _FILE.",
        in_production=REDIS,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """Where Kafka is."""

    kafka_bootstrap: str = setting("HOST:PORT of Kafka brokers, separated by commas.", in_production=KAFKA)
    kafka_tls: bool = setting("Whether Kafka is reached over TLS, by certificates of authorities that the system knows.", False)
    kafka_username: str = setting("Who we are to Kafka (SCRAM-SHA-512); nobody, if empty.", "")
    kafka_password: str = setting("The password for that. A secret: give it by _FILE.", "", secret=True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class KafkaOwnerSettings(KafkaSettings):
    """Where Kafka is, for the service that makes the topics there."""

    kafka_replication_factor: int = setting("On how many brokers each record lies, when the topics are made.", 3)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CassandraSettings:
    """Where Cassandra is."""

    cassandra_contact_points: str = setting("Hosts of Cassandra nodes, separated by commas.", in_production=CASSANDRA)
    cassandra_port: int = setting("The CQL port of all of them.", 9042)
    cassandra_datacenter: str = setting("The data centre whose nodes are used, and whose quorum counts.", "datacenter1")
    cassandra_tls: bool = setting(
        "Whether Cassandra is reached over TLS, by certificates of authorities that the system knows, with the addresses of the nodes.",
        False,
    )
    cassandra_username: str = setting("Who we are to Cassandra; nobody, if empty.", "")
    cassandra_password: str = setting("The password for that. A secret: give it by _FILE.", "", secret=True)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CassandraOwnerSettings(CassandraSettings):
    """Where Cassandra is, for a service that owns a keyspace there."""

    cassandra_replication_factor: int = setting("On how many nodes each row of a keyspace lies, when the keyspace is made.", 3)


SHARED: tuple[type, ...] = (ServiceSettings, RedisSettings, KafkaSettings, KafkaOwnerSettings, CassandraSettings, CassandraOwnerSettings)


Settings = TypeVar("Settings", bound=ServiceSettings)


@dataclasses.dataclass(frozen=True, slots=True)
class Variable:
    """A field of settings as the environment knows it: name, type, default (MISSING if there is none), meaning, whether it is secret, and
    what is demanded of it in production.
    """

    field: str
    name: str
    type: Any
    default: object
    doc: str
    secret: bool = False
    in_production: Demand | None = None

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
                field.metadata["in_production"],
            )
        )
    return found


def load(cls: type[Settings], service: str, environ: Mapping[str, str]) -> Settings:
    """Return the settings of `service` as `environ` gives them. Raises SettingsError with every fault, and in production with all that only
    suits development.
    """
    faults: list[str] = []
    values: dict[str, Any] = {}
    known: set[str] = set()
    declared = variables(cls, service)
    for variable in declared:
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
    if values.get("environment") is Environment.PRODUCTION:
        faults.extend(unmet_demands(declared, values))
    if not faults:
        return cls(**values)
    with suppress(TypeError):  # something is missing, which was said
        try:
            cls(**values)
        except SettingsError as error:
            faults.append(str(error))
    raise SettingsError("\n".join(faults))


def unmet_demands(declared: Iterable[Variable], chosen: Mapping[str, Any]) -> Iterator[str]:
    """Yield what only suits development, with its cure, in settings of which `chosen` were set, and the others are at their defaults."""
    everything = SimpleNamespace(**{one.field: chosen.get(one.field, one.default) for one in declared})
    for variable in declared:
        demand, value = variable.in_production, getattr(everything, variable.field)
        if demand is None or value is dataclasses.MISSING:
            continue
        if not demand.is_met(value, everything) or (demand.must_be_chosen and variable.field not in chosen):
            yield f"{variable.name}: in production it must be {demand.text}. {demand.cure}. {variable.doc}"


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
