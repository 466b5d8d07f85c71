"""The mesh as configuration: what every Envoy of a stack is told, rendered from the templates in envoy/.

A pure function of the topology and of the contracts. envoy/README.md explains every listener, route and number.
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from google.protobuf.any_pb2 import Any
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from grpc import StatusCode
from jinja2 import Environment, FileSystemLoader, StrictUndefined

import elastic_chat
from chatkit.core.errors import DOMAIN, TABLE, Reason
from chatkit.rpc.caller import REQUEST_ID, ROLE, SESSION_ID, USER_ID
from chatkit.rpc.server import LEAVING, NOT_DELIVERED
from chatkit.rpc.tokens import SKEW_MS
from launcher.certificates.authority import EDGE, spiffe_id
from launcher.certificates.delivery import SDS
from launcher.topology import HAS_ROUTES, HOST, Instance, Topology

TEMPLATES = (Path(__file__).with_name("envoy"), Path(__file__).parents[1] / "envoy")
"""Where the templates are: in the installed package, or in the repository."""

DESCRIPTORS = Path(elastic_chat.__path__[0]) / "descriptors.binpb"
"""The contracts, as the edge needs them to turn JSON into protobuf and back."""

ENDPOINTS = "eds"
"""The folder, beside the configurations, that holds `<service>.yaml` for every service. Every Envoy watches it."""

ANYONE: dict[str, tuple[str, ...]] = {
    "gateway": ("Connect",),
    "accounts": ("Register", "Login", "StartOidcLogin", "FinishOidcLogin", "Refresh", "ExchangeServiceToken", "GetJwks"),
}
"""The methods that the edge lets everyone call."""

USERS: dict[str, tuple[str, ...]] = {
    "router": ("SendMessage", "CreateConversation", "AddMember", "RemoveMember"),
    "presence": ("GetPresence",),
    "history": ("ListConversations", "GetConversation", "ListMessages", "ListMembers", "Sync"),
    "accounts": (
        *(
            "Logout",
            "ListSessions",
            "EndSession",
            "EndOtherSessions",
            "ChangePassword",
            "LinkOidc",
            "UnlinkOidc",
            "DeleteAccount",
            "FindUsers",
        ),
        *("GetAccount", "CreateUser", "SetRole", "DisableUser", "EnableUser", "ResetPassword", "DeleteUser"),
        *("CreateInvite", "ListInvites", "WithdrawInvite"),
        *("CreateBot", "CreateServiceToken", "ListServiceTokens", "WithdrawServiceToken"),
    ),
}
"""The methods that the edge lets those call who have an access token. What is in neither table is internal, and refused there."""

READS: dict[str, tuple[str, ...]] = {
    "presence": ("GetPresence",),
    "history": (
        *("ListConversations", "GetConversation", "ListMessages", "ListMembers", "Sync"),
        *("GetConversationState", "FindMessage", "ListMemberships", "SyncUsers"),
    ),
    "writer": ("GetLag", "AwaitWritten"),
    "accounts": ("GetJwks", "FindUsers", "ListSessions", "GetAccount", "ListInvites", "ListServiceTokens"),
}
"""The methods that change nothing, so that a call which failed may be made again, although it may have been carried out."""

STREAMS: dict[str, tuple[str, ...]] = {"gateway": ("Connect",), "router": ("Route",)}
"""The methods that last as long as both sides like."""


INNER: dict[str, dict[str, tuple[str, ...]]] = {
    "gateway": {
        "router": ("Route",),
        "presence": ("GetPresence", "Attach", "RenewLease", "EndLease"),
        "history": ("ListMemberships", "SyncUsers"),
        "accounts": ("GetJwks",),
    },
    "router": {
        "router": ("Route",),
        "history": ("ListMessages", "GetConversationState", "FindMessage"),
        "accounts": ("FindUsers",),
    },
    "history": {"writer": ("AwaitWritten",)},
    "accounts": {"presence": ("EndSession",)},
}
"""What services call: the sidecar of the one knows the way, and those of the others let it in, by the name in its certificate."""

EDGE_PATHS: dict[str, tuple[str, ...]] = {"gateway": ("/v1/connect", "/readyz"), "accounts": ("/jwks.json",)}
"""What the edge asks for over HTTP, beside the methods that it lets through."""

RING_SALT = 1693
"""What an instance's name is hashed with to find its places on the ring.

Sixteen lanes are too few for chance to spread them evenly: of 3,000 numbers tried, this one comes closest for 2 to 6 routers.
"""


def service_name(service: str) -> str:
    """Return the full gRPC name of a service."""
    return f"elastic_chat.{service}.v1.{service.capitalize()}Service"


INNER_HEADERS = (USER_ID, SESSION_ID, ROLE, REQUEST_ID, "x-lane", "x-envoy-original-path")
"""What only the mesh may say, and the edge therefore removes from what comes from outside."""


@dataclass(frozen=True, slots=True)
class LocalReply:
    """An answer that an Envoy makes itself, shaped like those of the services.

    `when` is a CEL expression on the answer as Envoy would have given it; the first that holds counts. Without `http` its status stays, and
    without `message` its text; on gRPC, which has neither, the message is the cure then.
    """

    when: str
    reason: Reason
    http: int | None = None
    message: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def code(self) -> int:
        """The number of the gRPC status."""
        number: int = StatusCode[TABLE[self.reason].status].value[0]
        return number

    @property
    def text(self) -> str:
        """The message on gRPC."""
        return self.message or TABLE[self.reason].cure

    @property
    def details(self) -> str:
        """The answer as `grpc-status-details-bin` holds it: base64 of a google.rpc.Status."""
        info = Any()
        info.Pack(ErrorInfo(reason=self.reason, domain=DOMAIN))
        status = Status(code=self.code, message=self.text, details=[info])
        return base64.b64encode(status.SerializeToString()).decode().rstrip("=")


UNREACHABLE = "The service can't be reached: try again with the same message_id."

SIDECAR_REPLIES = (
    LocalReply(
        "response.code_details.contains('connection_failure') || response.code_details.contains('refused_stream')",
        Reason.UNAVAILABLE,
        503,
        UNREACHABLE,
        headers=((NOT_DELIVERED, "true"),),
    ),
    LocalReply(
        "response.code_details.startsWith('rbac_access_denied')",
        Reason.PERMISSION_DENIED,
        403,
        "This caller may not call that: the mesh's rules say who may (docs/mesh.md).",
    ),
    LocalReply("response.code == 404", Reason.NOT_FOUND, 404, "No such method or path here: check its name."),
    LocalReply("response.code in [408, 504]", Reason.DEADLINE_EXCEEDED, 504, TABLE[Reason.DEADLINE_EXCEEDED].cure),
    LocalReply("response.code in [502, 503]", Reason.UNAVAILABLE, 503, UNREACHABLE),
)

EDGE_REPLIES = (
    LocalReply(
        "response.code_details.contains('Jwt_is_expired')",
        Reason.TOKEN_EXPIRED,
        401,
        "The access token is past its time: refresh it.",
    ),
    LocalReply(
        "response.code_details.contains('Jwks_remote_fetch_is_failed')",
        Reason.UNAVAILABLE,
        503,
        "The keys that access tokens are checked with can't be had: try again later.",
    ),
    LocalReply(
        "response.code_details.startsWith('jwt_authn_access_denied') || response.code_details.contains('no_access_token')",
        Reason.UNAUTHENTICATED,
        401,
        "No access token, or none that is valid: log in and send `authorization: Bearer TOKEN`.",
    ),
    *SIDECAR_REPLIES,
    LocalReply("response.code == 413", Reason.FRAME_TOO_LARGE, 413, "The request is over 1 MiB: split it."),
    LocalReply("response.code == 429", Reason.OVERLOADED, 429, TABLE[Reason.OVERLOADED].cure),
    LocalReply(
        "response.code_details == 'path_normalization_failed'",
        Reason.INVALID_ARGUMENT,
        400,
        "The path has an escaped slash: send it plain.",
    ),
    LocalReply(
        "response.code_details.contains('transcode_failure') && request.headers['x-envoy-original-method'] != 'GET'", Reason.BAD_FRAME
    ),
    LocalReply("response.code < 500", Reason.INVALID_ARGUMENT),
    LocalReply("true", Reason.INTERNAL, 500, TABLE[Reason.INTERNAL].cure),
)


@cache
def methods(service: str) -> tuple[str, ...]:
    """Return the names of all methods of a service."""
    files = FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file
    (found,) = [each for file in files for each in file.service if f"{file.package}.{each.name}" == service_name(service)]
    return tuple(method.name for method in found.method)


def outside(service: str) -> tuple[str, ...]:
    """Return the methods of a service that the edge lets through."""
    return (*ANYONE.get(service, ()), *USERS.get(service, ()))


def permissions(service: str) -> dict[str, list[str]]:
    """Return who may call a service, and by which paths; the operator may call everything."""
    methods = {EDGE: outside(service), **{caller: callees[service] for caller, callees in INNER.items() if service in callees}}
    paths = {caller: [f"/{service_name(service)}/{method}" for method in some] for caller, some in methods.items()}
    paths[EDGE] += EDGE_PATHS.get(service, ())
    return {caller: some for caller, some in paths.items() if some}


@dataclass(frozen=True, slots=True)
class Limit:
    """How many calls may come at once, and how many a second after that."""

    burst: int
    rate: int


LIMITS = {"address": Limit(1000, 100), "credentials": Limit(50, 5), "user": Limit(300, 50)}
"""What an address may do, how often it may try names and passwords, and what a user may do, wherever they are. Docs/mesh.md says why."""

CREDENTIAL_PATHS = (
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


def render_edge(topology: Topology, folder: Path, origins: Collection[str] = ()) -> str:
    """Return the configuration of the edge. `folder` is where `eds` is, and `origins` whose pages may call, beside its own."""
    facts = {"envoy": EDGE, "topology": topology, "descriptors": DESCRIPTORS, "anyone": ANYONE, "users": USERS}
    outward = {
        "outside": {service: outside(service) for service in (*ANYONE, *USERS)},
        "clock_skew_s": SKEW_MS // 1000,
        "origins": [*own_origins(topology), *origins],
        "limits": LIMITS,
        "max_heap": MAX_HEAP,
        "credential_paths": CREDENTIAL_PATHS,
        "content_security_policy": CONTENT_SECURITY_POLICY,
        "headers": HEADERS,
        "headers_over_tls": HEADERS_OVER_TLS,
    }
    return _render("edge.yaml.j2", folder, replies=EDGE_REPLIES, **facts, **outward)


def own_origins(topology: Topology) -> list[str]:
    """Return the origins that the edge's own pages have."""
    doors = (("http", topology.edge_port), ("https", topology.edge_tls_port))
    return [f"{scheme}://{name}:{port}" for scheme, port in doors for name in ("localhost", HOST)]


def render_sidecar(instance: Instance, topology: Topology, folder: Path) -> str:
    """Return the configuration of the sidecar of `instance`. `folder` is where `eds` is."""
    facts = {
        "envoy": f"{instance.name}-sidecar",
        "instance": instance,
        "calls": INNER.get(instance.service, {}),
        "http_socket": str(http_socket(instance, folder)),
        "has_routes": instance.service in HAS_ROUTES,
    }
    return _render("sidecar.yaml.j2", folder, replies=SIDECAR_REPLIES, topology=topology, **facts)


def watches(topology: Topology) -> int:
    """Return how many inotify instances the Envoys of a stack take: one for each file of endpoints or secrets that one of them reads."""
    own = 2
    edge = len({*ANYONE, *USERS}) + 1 + own + 1  # the gateway twice, and what the edge shows outside
    called = [INNER.get(one.service, {}) for one in topology.instances()]
    # In zones, whoever calls somebody watches where the others of its own service are, too.
    siblings = sum(1 for callees in called if callees and len(topology.zones) > 1)
    return edge + sum(len(callees) + own for callees in called) + siblings


def http_socket(instance: Instance, folder: Path) -> Path:
    """Return where a service takes HTTP from its sidecar: what goes to many clients costs less there than by loopback."""
    return folder / f"{instance.name}.sock"


def render_endpoints(service: str, topology: Topology, drained: Collection[str] = ()) -> str:
    """Return where the instances of `service` are: the content of `eds/<service>.yaml`, to be replaced in one step.

    The instances that are named in `drained` are left out: they keep the calls that they have, and get no new ones.
    """
    instances = [instance for instance in topology.instances(service) if instance.name not in drained]
    return _render("endpoints.yaml.j2", Path(), service=service, instances=instances, salt=RING_SALT)


def _render(template: str, folder: Path, **facts: object) -> str:
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
        endpoints=str(folder / ENDPOINTS),
        secrets=str(folder / SDS),
        spiffe_id=spiffe_id,
        permissions=permissions,
        methods=methods,
        service_name=service_name,
        reads=READS,
        streams=STREAMS,
        domain=DOMAIN,
        inner_headers=INNER_HEADERS,
        not_delivered=NOT_DELIVERED,
        leaving=LEAVING[0][0],
    )
