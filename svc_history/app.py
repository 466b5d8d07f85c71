"""The wiring of history."""

from __future__ import annotations

from contextlib import AsyncExitStack

from chatkit.core.clock import SystemClock
from chatkit.edges.cassandra import CassandraSession, await_schema
from chatkit.edges.redis import connect_redis
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.tracing import tracer_of
from elastic_chat.history.v1 import history_service_pb2, history_service_pb2_grpc
from svc_history.certainty import Certainty
from svc_history.kept import Kept
from svc_history.personal import Personal
from svc_history.reader import Reader
from svc_history.receipts import MeshPrivacy, Receipts
from svc_history.search.index import MeshIndex
from svc_history.search.names import MeshUsers, Names
from svc_history.search.searcher import Searcher
from svc_history.service import HistoryServicer
from svc_history.settings import Settings
from svc_history.store.cassandra import KEYSPACE, SCHEMA_VERSION, CassandraTimeline
from svc_history.store.redis import RedisLiveLog


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Connect to Redis and Cassandra, and wait until the writer has made the tables."""
    redis = await connect_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    session = await CassandraSession.connect(settings)
    stack.push_async_callback(session.close)
    await await_schema(session, KEYSPACE, SCHEMA_VERSION)
    timeline = CassandraTimeline(session)
    await timeline.prepare()
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    certainty = Certainty.over(channel)
    live, clock = RedisLiveLog(redis), SystemClock()
    reader, receipts = Reader(live, timeline, certainty, clock, settings.kept_bytes), Receipts(live, MeshPrivacy(channel))
    searcher = Searcher(reader, MeshIndex(channel), Names(MeshUsers(channel)), clock)
    servicer = HistoryServicer(reader, Kept(reader, Personal(live, timeline, certainty)), receipts, searcher, clock)
    return App(
        services=(history_service_pb2.DESCRIPTOR.services_by_name["HistoryService"].full_name,),
        register=lambda server: history_service_pb2_grpc.add_HistoryServiceServicer_to_server(servicer, server),
        tasks=(certainty.run,),
        tracer=tracer_of("history", settings, stack),
    )
