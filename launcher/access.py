"""How the operator of a stack calls a service: through its sidecar, which knows the operator's certificate."""

from __future__ import annotations

import grpc

from launcher.home import Home
from launcher.topology import HOST, Instance


def channel(home: Home, instance: Instance) -> grpc.Channel:
    """Return a channel to an instance, for calls as the operator."""
    return grpc.secure_channel(address(instance), credentials(home), options(instance))


def address(instance: Instance) -> str:
    """Return where the sidecar of an instance takes calls."""
    return f"{HOST}:{instance.ingress_port}"


def credentials(home: Home) -> grpc.ChannelCredentials:
    """Return what the operator shows, and what it checks others with: the newest, for certificates last hours."""
    ca, key, certificate = ((home.operator / f"{name}.pem").read_bytes() for name in ("ca", "key", "cert"))
    return grpc.ssl_channel_credentials(ca, key, certificate)


def grpcurl(home: Home, instance: Instance) -> list[str]:
    """Return the options by which grpcurl reaches an instance, its address last."""
    files = {"cacert": "ca", "cert": "cert", "key": "key"}
    named = [word for option, name in files.items() for word in (f"-{option}", str(home.operator / f"{name}.pem"))]
    return [*named, "-servername", instance.service, address(instance)]


def options(instance: Instance) -> tuple[tuple[str, str], ...]:
    """Return the name that the certificate of an instance must have: its service, wherever it listens."""
    return (("grpc.ssl_target_name_override", instance.service),)
