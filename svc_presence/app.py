"""The wiring of presence."""

from __future__ import annotations

from contextlib import AsyncExitStack

from chatkit.core.clock import SystemClock
from chatkit.edges.fanout.redis import RedisFanout
from chatkit.edges.redis import connect_redis
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.tracing import tracer_of
from elastic_chat.presence.v1 import presence_service_pb2, presence_service_pb2_grpc
from svc_presence.notices import Notices
from svc_presence.preferences import MeshKeeper, Preferences
from svc_presence.service import PresenceServicer
from svc_presence.settings import Settings
from svc_presence.store.redis import RedisDirectory


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Connect to Redis and the mesh."""
    redis = await connect_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    directory, fanout, clock, keeper = RedisDirectory(redis), RedisFanout(redis), SystemClock(), MeshKeeper(channel)
    preferences = Preferences(directory, keeper)
    notices = Notices(directory, preferences, fanout, clock, settings.grace, settings.notices_per_s)
    servicer = PresenceServicer(directory, preferences, keeper, notices, fanout, clock, settings.lease)
    return App(
        services=(presence_service_pb2.DESCRIPTOR.services_by_name["PresenceService"].full_name,),
        register=lambda server: presence_service_pb2_grpc.add_PresenceServiceServicer_to_server(servicer, server),
        tasks=(servicer.run,),
        tracer=tracer_of("presence", settings, stack),
    )
