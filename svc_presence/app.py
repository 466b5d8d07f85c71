"""The wiring of presence."""

from __future__ import annotations

from contextlib import AsyncExitStack

from chatkit.core.clock import SystemClock
from chatkit.edges.cassandra import CassandraSession
from chatkit.edges.fanout.redis import RedisFanout
from chatkit.edges.kafka import access
from chatkit.edges.message_log.reader import KafkaReader
from chatkit.edges.redis import connect_redis
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.tracing import tracer_of
from elastic_chat.presence.v1 import presence_service_pb2, presence_service_pb2_grpc
from svc_presence.notices import Notices
from svc_presence.preferences import MeshKeeper, Preferences
from svc_presence.push.absent import Absent
from svc_presence.push.audience.redis import RedisAudience
from svc_presence.push.badges import Badges
from svc_presence.push.composer import Composer
from svc_presence.push.intake import READING, Intake
from svc_presence.push.listening import Listeners
from svc_presence.push.notifier import Notifier
from svc_presence.push.outbox import Outbox
from svc_presence.push.rules import ChosenRules
from svc_presence.push.services import PushServices
from svc_presence.push.standing import MeshStanding
from svc_presence.push.store import SubscriptionStore
from svc_presence.push.store.cassandra import CassandraSubscriptionStore
from svc_presence.push.store.opening import OpeningSubscriptionStore
from svc_presence.push.subscriptions import Subscriptions
from svc_presence.push.told.redis import RedisTold
from svc_presence.push.vapid import Vapid
from svc_presence.push.web import WebPush, open_session
from svc_presence.push.withdrawer import Withdrawer
from svc_presence.service import PresenceServicer
from svc_presence.settings import Settings
from svc_presence.store.redis import RedisDirectory


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Connect to Redis and the mesh, and to Cassandra and Kafka as soon as those are there."""
    redis = await connect_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    directory, fanout, clock, keeper = RedisDirectory(redis), RedisFanout(redis), SystemClock(), MeshKeeper(channel)
    preferences = Preferences(directory, keeper)
    notices = Notices(directory, preferences, fanout, clock, settings.grace, settings.notices_per_s)

    async def open_store() -> SubscriptionStore:
        cassandra = await CassandraSession.connect(settings)
        try:
            opened = await CassandraSubscriptionStore.open(cassandra, settings)
        except BaseException:
            await cassandra.close()
            raise
        stack.push_async_callback(cassandra.close)
        return opened

    store = OpeningSubscriptionStore(open_store)
    vapid = Vapid(settings.push_key, settings.push_contact, clock)
    web = WebPush(await stack.enter_async_context(open_session(settings.push_hosts)), vapid, settings.push_hosts)
    service = PushServices({"https": web, "http": web})
    audience, standing, told = RedisAudience(redis), MeshStanding(channel), RedisTold(redis)
    badges = Badges(standing, audience, clock)
    outbox = Outbox(Composer(told, badges), service, store)
    absent, rules = Absent(directory, store, clock), ChosenRules(standing, preferences, clock)
    notifier = Notifier(audience, absent, store, rules, outbox, clock)
    intake = Intake(
        lambda: KafkaReader(settings.kafka_bootstrap, settings.node_id, READING, access(settings)),
        Listeners(store),
        notifier,
        Withdrawer(told, directory, store, outbox),
    )
    subscriptions = Subscriptions(store, directory, clock, vapid.public_key, service)
    servicer = PresenceServicer(directory, preferences, keeper, notices, fanout, clock, settings.lease, subscriptions, badges)
    return App(
        services=(presence_service_pb2.DESCRIPTOR.services_by_name["PresenceService"].full_name,),
        register=lambda server: presence_service_pb2_grpc.add_PresenceServiceServicer_to_server(servicer, server),
        tasks=(servicer.run, store.run, outbox.run, intake.run),
        tracer=tracer_of("presence", settings, stack),
    )
