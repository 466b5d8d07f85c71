"""The wiring of the writer."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from chatkit.core.clock import SystemClock
from chatkit.edges.cassandra import CassandraSession, migrate
from chatkit.edges.kafka import access
from chatkit.edges.message_log import DEAD_LETTER_TOPIC
from chatkit.edges.message_log.kafka import KafkaMessageLog
from chatkit.edges.redis import connect_redis
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.tracing import tracer_of
from elastic_chat.writer.v1 import writer_service_pb2, writer_service_pb2_grpc
from svc_writer.dead_letters import DeadLetters, KafkaShelf
from svc_writer.pump import Pump
from svc_writer.releases import MeshFiles, Releases
from svc_writer.sending import MeshRouter, Sending
from svc_writer.service import WriterServicer
from svc_writer.settings import Settings
from svc_writer.source import TOPICS, KafkaSource
from svc_writer.store.cassandra import KEYSPACE, CassandraTimeline
from svc_writer.store.redis import RedisProgress

MIGRATIONS = Path(__file__).with_name("migrations")


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Make topics and tables, and connect to them."""
    way = access(settings)
    source = KafkaSource(settings.kafka_bootstrap, settings.node_id, way)
    stack.push_async_callback(source.stop)
    await source.start(settings.kafka_replication_factor)
    dead_letters = KafkaMessageLog(settings.kafka_bootstrap, f"{settings.node_id}-dead-letters", way)
    stack.push_async_callback(dead_letters.stop)
    await dead_letters.start((DEAD_LETTER_TOPIC, *TOPICS))  # to which dead letters may go back
    session = await CassandraSession.connect(settings)
    stack.push_async_callback(session.close)
    await migrate(session, KEYSPACE, MIGRATIONS, settings.cassandra_replication_factor, settings.cassandra_datacenter)
    clock = SystemClock()
    timeline = CassandraTimeline(session, clock)
    await timeline.prepare()
    redis = await connect_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    tracer = tracer_of("writer", settings, stack)
    pump = Pump(source, timeline, RedisProgress(redis), dead_letters, clock, tracer)
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    releases = Releases(timeline, MeshFiles(channel))
    sending = Sending(timeline, MeshRouter(channel), SystemClock())
    servicer = WriterServicer(source, DeadLetters(KafkaShelf(settings.kafka_bootstrap, settings.node_id, way), dead_letters))
    return App(
        services=(writer_service_pb2.DESCRIPTOR.services_by_name["WriterService"].full_name,),
        register=lambda server: writer_service_pb2_grpc.add_WriterServiceServicer_to_server(servicer, server),
        tasks=(pump.run, pump.watch_lag, releases.run, sending.run),
        drain=pump.stop,
        tracer=tracer,
    )
