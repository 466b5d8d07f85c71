"""The wiring of search."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from chatkit.core.clock import SystemClock
from chatkit.edges.cassandra import CassandraSession, await_schema
from chatkit.edges.kafka import access
from chatkit.edges.redis import connect_redis
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.tracing import tracer_of
from elastic_chat.search.v1 import search_service_pb2, search_service_pb2_grpc
from svc_search.archive import KEYSPACE, SCHEMA_VERSION, CassandraArchive
from svc_search.feed import KafkaFeed, MeshWritten
from svc_search.finder import Finder, MeshPeers
from svc_search.holders import RedisHolders
from svc_search.index.sqlite import SqliteShelf
from svc_search.keeper import Keeper
from svc_search.parts import Parts
from svc_search.service import SearchServicer
from svc_search.settings import Settings


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Connect to the engines, and wait until the writer has made topics and tables."""
    redis = await connect_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    session = await CassandraSession.connect(settings)
    stack.push_async_callback(session.close)
    await await_schema(session, KEYSPACE, SCHEMA_VERSION)
    archive = CassandraArchive(session)
    await archive.prepare()
    parts = Parts(SqliteShelf(Path(settings.folder)), settings.threads, settings.queue)
    stack.push_async_callback(parts.close)
    feed = KafkaFeed(settings.kafka_bootstrap, settings.node_id, access(settings))
    stack.push_async_callback(feed.stop)
    await feed.start()
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    holders = RedisHolders(redis)
    keeper = Keeper(feed, parts, archive, MeshWritten(channel), holders, SystemClock(), settings.node_id)
    servicer = SearchServicer(Finder(feed, parts, holders, MeshPeers(channel), settings.node_id), parts)
    return App(
        services=(search_service_pb2.DESCRIPTOR.services_by_name["SearchService"].full_name,),
        register=lambda server: search_service_pb2_grpc.add_SearchServiceServicer_to_server(servicer, server),
        tasks=(keeper.run, keeper.build, keeper.tidy),
        drain=keeper.stop,
        tracer=tracer_of("search", settings, stack),
    )
