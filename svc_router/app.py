"""The router, wired."""

from __future__ import annotations

from contextlib import AsyncExitStack

from chatkit.core.clock import SystemClock
from chatkit.edges.fanout.redis import RedisFanout
from chatkit.edges.kafka import access
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC
from chatkit.edges.message_log.kafka import KafkaMessageLog
from chatkit.edges.redis import connect_redis
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.rpc.lanes import Lanes
from chatkit.tracing import tracer_of
from elastic_chat.router.v1 import router_service_pb2, router_service_pb2_grpc
from svc_router.archive import HistoryArchive
from svc_router.blocks import MeshBlocks
from svc_router.pipeline import Pipeline
from svc_router.service import RouterServicer
from svc_router.settings import Settings
from svc_router.store.redis import RedisSequencer


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Connect to Redis, Kafka and the mesh."""
    redis = await connect_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    message_log = KafkaMessageLog(settings.kafka_bootstrap, settings.node_id, access(settings))
    stack.push_async_callback(message_log.stop)
    await message_log.start((LOG_TOPIC, WATERMARK_TOPIC))
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    lanes = Lanes(channel)
    clock = SystemClock()
    tracer = tracer_of("router", settings, stack)
    archive, blocks = HistoryArchive(channel), MeshBlocks(channel)
    sequencer = RedisSequencer(redis, rates=settings.rates)
    pipeline = Pipeline(sequencer, message_log, RedisFanout(redis), archive, blocks, clock, tracer, settings.limits)
    service = RouterServicer(pipeline, lanes, archive, blocks, channel, clock)
    return App(
        services=(router_service_pb2.DESCRIPTOR.services_by_name["RouterService"].full_name,),
        register=lambda server: router_service_pb2_grpc.add_RouterServiceServicer_to_server(service, server),
        tasks=(pipeline.run, lanes.run),
        drain=service.drain,
        tracer=tracer,
    )
