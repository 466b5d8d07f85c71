"""What runs in a stack: every process with its command, its environment, and how to know that it is ready. Nothing here does I/O."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path

from chatkit.production import Environment
from launcher import probes
from launcher.certificates import delivery
from launcher.engines import Engines
from launcher.home import Home
from launcher.mesh.policy import own_origins
from launcher.mesh.rendering import console_socket, http_socket
from launcher.places import ONE_MACHINE, Places
from launcher.settings import PREFIX
from launcher.topology import HAS_ROUTES, HOST, Instance, Topology
from launcher.tracing import Tracing

REPOSITORY = Path(__file__).parents[1]
WEB = REPOSITORY / "web"

USES_REDIS = ("gateway", "router", "presence", "history", "writer", "files", "search")
USES_KAFKA = ("router", "presence", "writer", "search")
USES_CASSANDRA = ("presence", "history", "writer", "accounts", "files", "search")
OWNS_TOPICS = ("writer",)
OWNS_KEYSPACE = ("presence", "writer", "accounts", "files")

KEEPS_FILES = {"CHAT_FILES_FOLDER", "CHAT_FILES_S3_BUCKET", "CHAT_FILES_S3_BUCKET_FILE"}
"""By which an operator says where files are kept, if that is not the folder of the stack."""

ENGINE_STOP_S = 30
MESH_STOP_S = 5
SERVICE_STOP_S = 20
"""A service drains for up to ten seconds; what is left lets it finish its writes."""

GATEWAY_STOP_S = 90
"""A gateway sends its clients away over up to 60 seconds, waits 10 for those that stay, and then drains as others do."""

STACK_STOP_S = GATEWAY_STOP_S + MESH_STOP_S + ENGINE_STOP_S + 10
"""How long all waves may take to stop, one after the other; what is left is supervisord's own."""


class Wave(IntEnum):
    """In which order processes start; they stop in the opposite one, so that a service drains while all that it needs is there."""

    ENGINES = 1
    MESH = 2
    SERVICES = 3


@dataclass(frozen=True, slots=True)
class Stack:
    """All that a plan follows from."""

    home: Home
    topology: Topology
    engines: Engines
    log_level: str = "info"
    origins: tuple[str, ...] = ()
    """Whose pages may use it, beside its own: see `all_origins`."""

    tracing: Tracing | None = None
    """What is traced; None if nothing is."""

    web: Path = WEB / "dist"
    """What nginx serves."""

    chosen: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What an operator has set: service to variables and their values."""

    environment: Environment = Environment.DEVELOPMENT

    places: Places = ONE_MACHINE

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def all_origins(self) -> tuple[str, ...]:
        """Whose pages may use it. In production it has no pages of its own: people see it under the names that were given to it."""
        return self.origins if self.is_production else (*own_origins(self.topology), *self.origins)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.topology.edge_port}"

    @property
    def collects(self) -> bool:
        """Whether it has a collector of its own: if something is traced, and nobody outside takes it."""
        return self.tracing is not None and self.tracing.is_own(self.topology)


@dataclass(frozen=True, slots=True)
class Process:
    """One process of a stack."""

    name: str
    wave: Wave
    argv: tuple[str, ...]
    cwd: Path
    ready: probes.Probe
    stop_s: int
    """How long it may take to stop before it is killed."""

    ports: tuple[int, ...] = ()
    env: dict[str, str] = field(default_factory=dict)


def processes(stack: Stack) -> Iterator[Process]:
    """Yield every process of a stack, in the order in which they start."""
    yield from _engines(stack)
    yield from _mesh(stack)
    for instance in stack.topology.instances():
        yield _service(instance, stack)


def _engines(stack: Stack) -> Iterator[Process]:
    run, topology, engines = stack.home.run, stack.topology, stack.engines
    java = (str(engines.java),)
    # Many threads with an arena each would keep hundreds of megabytes of freed memory.
    env = {"MALLOC_ARENA_MAX": "2"}
    yield Process(
        "valkey",
        Wave.ENGINES,
        (str(engines.valkey), str(run / "valkey" / "valkey.conf")),
        cwd=run / "valkey",
        ready=probes.Redis(topology.redis_port),
        stop_s=ENGINE_STOP_S,
        ports=(topology.redis_port,),
    )
    yield Process(
        "kafka",
        Wave.ENGINES,
        (*java, f"@{run / 'kafka' / 'java.args'}", "kafka.Kafka", str(run / "kafka" / "server.properties")),
        cwd=run / "kafka",
        ready=probes.Kafka(topology.kafka_port),
        stop_s=ENGINE_STOP_S,
        ports=(topology.kafka_port, topology.kafka_controller_port),
        env=env,
    )
    yield Process(
        "cassandra",
        Wave.ENGINES,
        (*java, f"@{run / 'cassandra' / 'java.args'}", "org.apache.cassandra.service.CassandraDaemon"),
        cwd=run / "cassandra",
        ready=probes.Cassandra(topology.cassandra_port),
        stop_s=ENGINE_STOP_S,
        ports=(topology.cassandra_port, topology.cassandra_storage_port),
        env=env,
    )


def _mesh(stack: Stack) -> Iterator[Process]:
    run, topology = stack.home.run, stack.topology
    yield Process(
        "web",
        Wave.MESH,
        (str(stack.engines.nginx), "-p", str(run / "nginx"), "-e", "stderr", "-c", str(run / "nginx" / "nginx.conf")),
        cwd=run / "nginx",
        ready=probes.Http(topology.web_port, "/"),
        stop_s=MESH_STOP_S,
        ports=(topology.web_port,),
    )
    yield Process(
        "certifier",
        Wave.MESH,
        (sys.executable, "-m", "launcher.certificates.certifier", str(stack.home.root)),
        cwd=run,
        ready=probes.Renewed(stack.home.operator / "cert.pem", delivery.RENEWAL),
        stop_s=MESH_STOP_S,
    )
    yield Process(
        "console",
        Wave.MESH,
        (sys.executable, "-m", "launcher.console"),
        cwd=run,
        ready=probes.UnixHttp(console_socket(stack.home.envoy), "/readyz"),
        stop_s=MESH_STOP_S,
        env={f"{PREFIX}HOME": str(stack.home.root)},
    )
    if stack.collects:
        yield Process(
            "collector",
            Wave.MESH,
            (sys.executable, "-m", "launcher.collector", str(stack.home.root), str(topology.collector_port)),
            cwd=run,
            ready=probes.Listening(topology.collector_port),
            stop_s=MESH_STOP_S,
            ports=(topology.collector_port,),
        )
    for instance in topology.instances():
        yield _envoy(
            stack,
            f"{instance.name}-sidecar",
            probes.Envoy(instance.admin_port),
            (instance.ingress_port, instance.egress_port, instance.admin_port),
        )
    yield _envoy(
        stack,
        "edge",
        probes.Edge(topology.edge_port, topology.edge_admin_port),
        (topology.edge_port, topology.edge_tls_port, topology.edge_admin_port),
    )


def _envoy(stack: Stack, name: str, ready: probes.Probe, ports: tuple[int, ...]) -> Process:
    config = stack.home.envoy / f"{name}.yaml"
    return Process(
        name,
        Wave.MESH,
        # Without hot restart there is no shared memory, whose name two stacks would fight over.
        (str(stack.engines.envoy), "-c", str(config), "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning"),
        cwd=stack.home.envoy,
        ready=ready,
        stop_s=MESH_STOP_S,
        ports=ports,
    )


def _service(instance: Instance, stack: Stack) -> Process:
    return Process(
        instance.name,
        Wave.SERVICES,
        (sys.executable, "-m", f"svc_{instance.service}"),
        cwd=stack.home.run,
        ready=probes.Http(instance.http_port, "/readyz"),
        stop_s=GATEWAY_STOP_S if instance.service == "gateway" else SERVICE_STOP_S,
        ports=(instance.grpc_port, instance.http_port),
        env=service_environment(instance, stack),
    )


def service_environment(instance: Instance, stack: Stack) -> dict[str, str]:
    """Return the settings of a service: those that it has, and no others, for it refuses what it does not know."""
    return {**stack.chosen.get(instance.service, {}), **given_environment(instance, stack)}


def given_environment(instance: Instance, stack: Stack) -> dict[str, str]:
    """Return the settings that a service gets from us, because we know where everything is."""
    topology, service, places = stack.topology, instance.service, stack.places
    env = {
        "CHAT_ENVIRONMENT": stack.environment,
        "CHAT_NODE_ID": instance.name,
        "CHAT_GRPC_PORT": str(instance.grpc_port),
        "CHAT_HTTP_PORT": str(instance.http_port),
        "CHAT_MESH": f"{HOST}:{instance.egress_port}",
        "CHAT_LOG_FORMAT": "json",
        "CHAT_LOG_LEVEL": stack.log_level,
    }
    if stack.tracing is not None:
        env |= {"CHAT_TRACE_SHARE": str(stack.tracing.share), "CHAT_TRACE_COLLECTOR": stack.tracing.url}
    if service in USES_REDIS:
        env["CHAT_REDIS_URL"] = f"redis://{places.redis}:{topology.redis_port}/0"
    if service in USES_KAFKA:
        env["CHAT_KAFKA_BOOTSTRAP"] = f"{places.kafka}:{topology.kafka_port}"
    if service in OWNS_TOPICS:
        env["CHAT_KAFKA_REPLICATION_FACTOR"] = "1"
    if service in USES_CASSANDRA:
        env["CHAT_CASSANDRA_CONTACT_POINTS"] = places.cassandra
        env["CHAT_CASSANDRA_PORT"] = str(topology.cassandra_port)
    if service in OWNS_KEYSPACE:
        env["CHAT_CASSANDRA_REPLICATION_FACTOR"] = "1"
    if service in HAS_ROUTES:
        env["CHAT_HTTP_SOCKET"] = str(http_socket(instance, stack.home.envoy))
    return {**env, **_own_environment(instance, stack)}


def _own_environment(instance: Instance, stack: Stack) -> dict[str, str]:
    """Return what only this service is told."""
    match instance.service:
        case "gateway":
            return {"CHAT_GATEWAY_ALLOWED_ORIGINS": ",".join(stack.all_origins)}
        case "accounts":
            return {"CHAT_ACCOUNTS_SIGNING_KEY_FILE": str(stack.home.signing_key)}
        case "presence":
            return {"CHAT_PRESENCE_PUSH_KEY_FILE": str(stack.home.push_key)}
        case "files":
            is_kept_elsewhere = KEEPS_FILES & stack.chosen.get(instance.service, {}).keys()
            folder = {} if is_kept_elsewhere else {"CHAT_FILES_FOLDER": str(stack.home.data / "files")}
            return {"CHAT_FILES_LINK_KEY_FILE": str(stack.home.link_key), **folder}
        case "search":
            return {"CHAT_SEARCH_FOLDER": str(stack.home.data / "search" / instance.name)}
        case _:
            return {}
