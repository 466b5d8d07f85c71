"""How to know that a process does its work: ask it, in its own protocol."""

from __future__ import annotations

import asyncio
import http.client
import json
import struct
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from launcher.certificates import delivery
from launcher.topology import HOST
from launcher.unix import UnixConnection

TIMEOUT_S = 2.0
LOOK_S = 0.05

NOTICE_S = 10.0
"""How long an Envoy may take to read a file that it watches: it takes milliseconds."""

KAFKA_API_VERSIONS = 18
CQL_OPTIONS, CQL_SUPPORTED = 0x05, 0x06
OK = 200


class NotReady(Exception):  # noqa: N818 - a state, and no error
    """Why a process can't do its work yet."""


class Probe(Protocol):
    """A question to one process."""

    async def ask(self) -> None:
        """Return if it is ready.

        Raises:
            NotReady: it answered, and is not.
            OSError: it does not answer.

        """


async def why_not(probe: Probe) -> str | None:
    """Return why a process isn't ready, or None if it is."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            await probe.ask()
    except NotReady as reason:
        return str(reason)
    except TimeoutError:
        return f"no answer within {TIMEOUT_S:.0f} s"
    except (ConnectionRefusedError, FileNotFoundError):
        return "not listening yet"
    except (OSError, http.client.HTTPException, asyncio.IncompleteReadError) as error:
        return f"no sensible answer ({type(error).__name__})"
    return None


async def still_not(probe: Probe, after_s: float) -> str | None:
    """Ask again and again until it is ready; return why it isn't after so long, or None if it is."""
    deadline = time.monotonic() + after_s
    while (reason := await why_not(probe)) is not None:
        if time.monotonic() > deadline:
            return reason
        await asyncio.sleep(LOOK_S)
    return None


@dataclass(frozen=True, slots=True)
class Redis:
    """It answers PING, and has loaded its data."""

    port: int

    async def ask(self) -> None:
        answer = await _exchange(self.port, b"PING\r\n", 5)
        if answer != b"+PONG":
            raise NotReady("loading its data")


@dataclass(frozen=True, slots=True)
class Kafka:
    """It answers an ApiVersions request, which a broker does once it serves clients."""

    port: int

    async def ask(self) -> None:
        client = b"launcher"
        request = struct.pack(">hhih", KAFKA_API_VERSIONS, 0, 1, len(client)) + client
        answer = await _exchange(self.port, struct.pack(">i", len(request)) + request, 10)
        _, correlation, error = struct.unpack(">iih", answer)
        if correlation != 1 or error:
            raise NotReady(f"it answers with error {error}")


@dataclass(frozen=True, slots=True)
class Cassandra:
    """It answers an OPTIONS frame of the native protocol, which a node does once it takes queries."""

    port: int

    async def ask(self) -> None:
        answer = await _exchange(self.port, struct.pack(">BBhBi", 4, 0, 0, CQL_OPTIONS, 0), 9)
        if answer[4] != CQL_SUPPORTED:
            raise NotReady("it refuses clients")


@dataclass(frozen=True, slots=True)
class Http:
    """It answers a GET with 200."""

    port: int
    path: str

    async def ask(self) -> None:
        status, body = await asyncio.to_thread(get, self.port, self.path)
        if status != OK:
            detail = body.decode(errors="replace").strip().splitlines()
            raise NotReady(detail[0][:120] if detail else f"HTTP {status}")


@dataclass(frozen=True, slots=True)
class UnixHttp:
    """It answers a GET with 200, at a Unix socket."""

    socket: Path
    path: str

    async def ask(self) -> None:
        status, _ = await asyncio.to_thread(_get, UnixConnection(self.socket, TIMEOUT_S), self.path)
        if status != OK:
            raise NotReady(f"HTTP {status}")


@dataclass(frozen=True, slots=True)
class Listening:
    """It takes connections."""

    port: int

    async def ask(self) -> None:
        _, writer = await asyncio.open_connection(HOST, self.port)
        writer.close()


@dataclass(frozen=True, slots=True)
class Renewed:
    """A file that is to be written again and again has been, lately."""

    path: Path
    every: timedelta

    async def ask(self) -> None:
        age = timedelta(seconds=time.time() - self.path.stat().st_mtime)
        if age > 1.5 * self.every:
            raise NotReady(f"{self.path.name} was renewed {age.total_seconds() / 3600:.0f} hours ago")


@dataclass(frozen=True, slots=True)
class Certified:
    """An Envoy that shows the certificate, and trusts the authority, that its files of secret discovery have now."""

    name: str
    admin_port: int
    folder: Path
    """Where those files are."""

    async def ask(self) -> None:
        certificates = await _told(self.admin_port, "/certs")
        shown, trusted = delivery.read_identity(self.folder, self.name), delivery.read_trust(self.folder)
        # What the edge shows to browsers asks for no certificate of theirs, and so trusts no authority.
        contexts = [one for one in json.loads(certificates)["certificates"] if one["ca_cert"]]
        for found, wanted in ((one[part][0], serial) for one in contexts for part, serial in (("cert_chain", shown), ("ca_cert", trusted))):
            if int(found["serial_number"], 16) != wanted:
                raise NotReady("it still has an older one")


@dataclass(frozen=True, slots=True)
class Envoy:
    """It is live, and finds a healthy host in every cluster that it knows."""

    admin_port: int

    async def ask(self) -> None:
        await Http(self.admin_port, "/ready").ask()
        unhealthy = clusters_without_a_healthy_host(await _clusters(self.admin_port))
        if unhealthy:
            raise NotReady(f"no healthy host in {', '.join(unhealthy)}")


@dataclass(frozen=True, slots=True)
class Edge:
    """It is ready as every Envoy, and serves the web client."""

    port: int
    admin_port: int

    async def ask(self) -> None:
        await Envoy(self.admin_port).ask()
        await Http(self.port, "/").ask()


@dataclass(frozen=True, slots=True)
class Member:
    """An instance that every Envoy which may call it sends calls to. Each has its own opinion, from its own health checks."""

    callers: tuple[int, ...]
    """The admin ports of those Envoys."""

    ingress_port: int

    async def ask(self) -> None:
        for clusters in await asyncio.gather(*(_clusters(port) for port in self.callers)):
            found = hosts_at(self.ingress_port, clusters)
            if not found or not all(found):
                raise NotReady("the mesh does not send calls to it yet")


@dataclass(frozen=True, slots=True)
class NoMember:
    """An instance that no Envoy sends new calls to. An Envoy that does not run sends none, and reads the list when it starts."""

    callers: tuple[int, ...]
    """The admin ports of the Envoys that may call it."""

    ingress_port: int

    async def ask(self) -> None:
        for clusters in await asyncio.gather(*(_clusters(port) for port in self.callers), return_exceptions=True):
            if isinstance(clusters, ConnectionRefusedError):
                continue
            if isinstance(clusters, BaseException):
                raise clusters
            if hosts_at(self.ingress_port, clusters):
                raise NotReady("the mesh still sends calls to it")


@dataclass(frozen=True, slots=True)
class Both:
    """Two questions, the second of which makes sense only after the first."""

    first: Probe
    second: Probe

    async def ask(self) -> None:
        await self.first.ask()
        await self.second.ask()


def hosts_at(port: int, clusters: bytes) -> list[bool]:
    """Read Envoy's `/clusters?format=json`: for every host that listens at `port`, in whichever cluster, whether it is healthy."""
    return [
        _is_healthy(host["health_status"])
        for cluster in json.loads(clusters)["cluster_statuses"]
        for host in cluster.get("host_statuses", [])
        if host["address"].get("socket_address", {}).get("port_value") == port
    ]


def clusters_without_a_healthy_host(clusters: bytes) -> list[str]:
    """Read Envoy's `/clusters?format=json`: the names of the clusters that could not serve a request."""
    return [
        cluster["name"]
        for cluster in json.loads(clusters)["cluster_statuses"]
        if not any(_is_healthy(host["health_status"]) for host in cluster.get("host_statuses", []))
    ]


def _is_healthy(status: dict[str, object]) -> bool:
    """Envoy names a host's EDS status, and every reason that it has against the host beside it."""
    return status.get("eds_health_status", "HEALTHY") in {"HEALTHY", "UNKNOWN"} and len(status) <= 1


async def _clusters(admin_port: int) -> bytes:
    return await _told(admin_port, "/clusters?format=json")


async def _told(admin_port: int, path: str) -> bytes:
    """Return what the admin interface of an Envoy says."""
    status, body = await asyncio.to_thread(get, admin_port, path)
    if status != OK:
        raise NotReady(f"its admin interface answers HTTP {status}")
    return body


async def _exchange(port: int, request: bytes, size: int) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        writer.write(request)
        return await reader.readexactly(size)
    finally:
        writer.close()


def get(port: int, path: str) -> tuple[int, bytes]:
    """Return status and body of a GET."""
    return _get(http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S), path)


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
