"""The wiring of the gateway."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from aiohttp import web

from chatkit.core.clock import SystemClock
from chatkit.edges.fanout.redis import RedisNodeChannel
from chatkit.edges.redis import connect_redis, incarnation
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.rpc.lanes import Lanes
from chatkit.rpc.tokens import TokenVerifier
from chatkit.tracing import tracer_of
from elastic_chat.presence.v1 import presence_service_pb2
from svc_gateway.attacher import Attacher
from svc_gateway.catch_up import CatchUp
from svc_gateway.core import Wheel
from svc_gateway.gateway import Gateway
from svc_gateway.hub import Hub, accepted_of
from svc_gateway.notices import Notices
from svc_gateway.recovery import Recovery
from svc_gateway.service import SERVICE, GatewayServicer
from svc_gateway.settings import Settings
from svc_gateway.surroundings import Surroundings
from svc_gateway.web import WebDoor


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Connect to Redis and the mesh."""
    redis = await connect_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    clock = SystemClock()
    node = presence_service_pb2.Node(node_id=settings.node_id, epoch=clock.now_ms())
    name = incarnation(node.node_id, node.epoch)
    lanes = Lanes(channel, name)
    tracer = tracer_of("gateway", settings, stack)
    hub = Hub(
        settings.max_connections,
        lambda conversation_id: attacher.note(conversation_id),  # noqa: PLW0108 - it comes next
        lambda entry: lanes.told(entry.request_id, partial(accepted_of, entry)),
        clock,
        Notices(settings.notices_per_s),
        tracer,
    )
    recovery = Recovery(channel, hub)
    attacher = Attacher(channel, node, hub, recovery.trigger)
    around = Surroundings(
        node_id=settings.node_id,
        hub=hub,
        lanes=lanes,
        attacher=attacher,
        catch_up=CatchUp(channel),
        verifier=TokenVerifier.over(channel, clock),
        channel=channel,
        clock=clock,
        wheel=Wheel(max(settings.hello_s, round(3 * settings.heartbeat.total_seconds())) + 1),
        ready=asyncio.Event(),
        heartbeat=settings.heartbeat,
        hello_s=settings.hello_s,
        tracer=tracer,
    )
    gateway = Gateway(around, RedisNodeChannel(redis), recovery, name, settings)
    door = WebDoor(gateway, settings.allowed_origins)
    return App(
        services=(SERVICE,),
        register=GatewayServicer(gateway).register,
        tasks=(
            *(gateway.hear, gateway.turn_wheel, attacher.run, attacher.keep_lease, attacher.sweep, attacher.refresh, attacher.learn),
            *(partial(recovery.run, attacher), around.catch_up.run, around.lanes.run, around.verifier.run),
        ),
        routes=(web.get("/v1/connect", door.connect),),
        ready=gateway.ready,
        drain=gateway.drain,
        tracer=tracer,
    )
