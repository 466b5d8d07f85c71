"""What every session of a gateway works with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import grpc

from chatkit.core.clock import Clock
from chatkit.rpc.lanes import Lanes
from chatkit.rpc.tokens import TokenVerifier
from chatkit.tracing import NOTHING, Tracer
from svc_gateway.attacher import Attacher
from svc_gateway.catch_up import CatchUp
from svc_gateway.core import Wheel
from svc_gateway.hub import Hub


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every session of a gateway works with."""

    node_id: str
    hub: Hub
    lanes: Lanes
    attacher: Attacher
    catch_up: CatchUp
    verifier: TokenVerifier
    channel: grpc.aio.Channel
    clock: Clock
    wheel: Wheel
    ready: asyncio.Event
    heartbeat: timedelta
    hello_s: int
    tracer: Tracer = NOTHING

    @property
    def idle_s(self) -> int:
        """How long a client may be silent."""
        return round(self.heartbeat.total_seconds() * 3)
