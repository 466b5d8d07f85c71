"""What every Envoy of a stack is told, rendered from the templates in envoy/: a pure function of the topology and of the contracts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chatkit.core.errors import DOMAIN
from chatkit.rpc.caller import ADMIN, REQUEST_ID, ROLE, SESSION_ID, USER_ID
from chatkit.rpc.server import LEAVING, NOT_DELIVERED
from chatkit.rpc.tokens import SKEW_MS
from chatkit.tracing import TRACEPARENT
from launcher.certificates.authority import EDGE, spiffe_id
from launcher.certificates.delivery import SDS
from launcher.mesh import calls, policy, replies
from launcher.places import ONE_MACHINE, Places
from launcher.topology import HAS_ROUTES, HOST, Instance, Topology
from launcher.tracing import Tracing

TEMPLATES = (Path(__file__).parents[1] / "envoy", Path(__file__).parents[2] / "envoy")
"""Where the templates are: in the installed package, or in the repository."""

ENDPOINTS = "eds"
"""The folder, beside the configurations, that holds `<service>.yaml` for every service. Every Envoy watches it."""

RING_SALT = 1693
"""What an instance's name is hashed with to find its places on the ring.

Sixteen lanes are too few for chance to spread them evenly: of 3,000 numbers tried, this one comes closest for 2 to 6 routers.
"""

CONTEXT = (TRACEPARENT, "tracestate", "baggage")
"""Of which trace a call is a part: nobody outside decides what is traced."""

INNER_HEADERS = (USER_ID, SESSION_ID, ROLE, REQUEST_ID, *CONTEXT, "x-lane", "x-instance", "x-envoy-original-path")
"""What only the mesh may say, and the edge therefore removes from what comes from outside."""


def render_edge(
    topology: Topology, folder: Path, origins: Collection[str] = (), tracing: Tracing | None = None, places: Places = ONE_MACHINE
) -> str:
    """Return the configuration of the edge. `folder` is where `eds` is, and `origins` whose pages may call."""
    facts = {
        "envoy": EDGE,
        "traced": tracing,
        "topology": topology,
        "descriptors": calls.DESCRIPTORS,
        "anyone": calls.ANYONE,
        "users": calls.USERS,
    }
    outward = {
        "ops_path": calls.OPS_PATH,
        "traces_path": calls.TRACES_PATH,
        "admin": ADMIN,
        "console_socket": str(console_socket(folder)) if places.has_console else "",
        "outside": {service: calls.outside(service) for service in (*calls.ANYONE, *calls.USERS)},
        "clock_skew_s": SKEW_MS // 1000,
        "origins": list(origins),
        "limits": policy.LIMITS,
        "max_heap": policy.MAX_HEAP,
        "credential_paths": policy.CREDENTIAL_PATHS,
        "content_security_policy": policy.CONTENT_SECURITY_POLICY,
        "api_content_security_policy": policy.API_CONTENT_SECURITY_POLICY,
        "headers": policy.HEADERS,
        "headers_over_tls": policy.HEADERS_OVER_TLS,
    }
    return _render("edge.yaml.j2", folder, places, replies=replies.EDGE_REPLIES, **facts, **outward)


def render_sidecar(
    instance: Instance, topology: Topology, folder: Path, tracing: Tracing | None = None, places: Places = ONE_MACHINE
) -> str:
    """Return the configuration of the sidecar of `instance`. `folder` is where `eds` is."""
    facts = {
        "envoy": f"{instance.name}-sidecar",
        "traced": tracing,
        "instance": instance,
        "calls": calls.INNER.get(instance.service, {}),
        "http_socket": str(http_socket(instance, folder)),
        "has_routes": instance.service in HAS_ROUTES,
    }
    return _render("sidecar.yaml.j2", folder, places, replies=replies.SIDECAR_REPLIES, topology=topology, **facts)


def watches(topology: Topology) -> int:
    """Return how many inotify instances the Envoys of a stack take: one for each file of endpoints or secrets that one of them reads."""
    own = 2
    edge = len({*calls.ANYONE, *calls.USERS}) + 1 + own + 1  # the gateway twice, and what the edge shows outside
    called = [calls.INNER.get(one.service, {}) for one in topology.instances()]
    # In zones, whoever calls somebody watches where the others of its own service are, too.
    siblings = sum(1 for callees in called if callees and len(topology.zones) > 1)
    return edge + sum(len(callees) + own for callees in called) + siblings


def http_socket(instance: Instance, folder: Path) -> Path:
    """Return where a service takes HTTP from its sidecar: what goes to many clients costs less there than by loopback."""
    return folder / f"{instance.name}.sock"


def console_socket(folder: Path) -> Path:
    """Return where the console listens, for the edge alone: whoever may not look into the folder does not reach it."""
    return folder / "console.sock"


def render_endpoints(service: str, topology: Topology, drained: Collection[str] = ()) -> str:
    """Return where the instances of `service` are: the content of `eds/<service>.yaml`, to be replaced in one step.

    The instances that are named in `drained` are left out: they keep the calls that they have, and get no new ones.
    """
    instances = [instance for instance in topology.instances(service) if instance.name not in drained]
    return render_found(service, [Endpoint(one.name, HOST, one.ingress_port, one.zone) for one in instances])


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an Envoy takes calls for an instance."""

    name: str
    """The instance's node id."""

    address: str
    port: int
    zone: str


def render_found(service: str, endpoints: Sequence[Endpoint]) -> str:
    """Return the content of `eds/<service>.yaml` for instances that were found, wherever they are."""
    return _render("endpoints.yaml.j2", Path(), ONE_MACHINE, service=service, instances=endpoints, salt=RING_SALT)


def _render(template: str, folder: Path, places: Places, **facts: object) -> str:
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - none of this is HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return templates.get_template(template).render(
        facts,
        host=HOST,
        places=places,
        endpoints=str(folder / ENDPOINTS),
        secrets=str(places.secrets or folder / SDS),
        spiffe_id=spiffe_id,
        permissions=calls.permissions,
        methods=calls.methods,
        service_name=calls.service_name,
        reads=calls.READS,
        streams=calls.STREAMS,
        traced_methods=calls.TRACED,
        domain=DOMAIN,
        inner_headers=INNER_HEADERS,
        not_delivered=NOT_DELIVERED,
        leaving=LEAVING[0][0],
    )
