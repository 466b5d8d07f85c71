"""The wiring of files."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import grpc

from chatkit.core.clock import Clock, SystemClock
from chatkit.edges.cassandra import CassandraSession
from chatkit.edges.redis import connect_redis
from chatkit.rpc.app import App
from chatkit.rpc.channel import mesh_channel
from chatkit.tracing import tracer_of
from elastic_chat.files.v1 import files_service_pb2, files_service_pb2_grpc
from svc_files.agenda import Agenda
from svc_files.avatars import Avatars
from svc_files.blobs import BlobStore
from svc_files.blobs.folder import FolderBlobStore
from svc_files.blobs.s3 import S3BlobStore
from svc_files.collector import Collector
from svc_files.conversations import MeshConversations
from svc_files.core.kinds import IMAGES
from svc_files.core.links import LinkSigner
from svc_files.intake import Intake
from svc_files.library import Library
from svc_files.looks import Limits as LookLimits
from svc_files.looks import ProcessLooker
from svc_files.postings import Postings
from svc_files.previews.cache import RedisPreviewCache
from svc_files.previews.fetcher import Fetcher
from svc_files.previews.outside import Internet
from svc_files.previews.previews import Allowance, Previews
from svc_files.previews.reader import ProcessPageReader
from svc_files.profiles import MeshProfiles
from svc_files.service import FilesServicer
from svc_files.settings import Settings
from svc_files.store.cassandra import CassandraStores
from svc_files.uploads import Limits, Uploads
from svc_files.web import FilesDoor

PICTURES = LookLimits(types=IMAGES, max_pixels=16_000_000, max_memory=1024**3, max_seconds=5, max_output=16 * 1024**2)
"""What drawing the picture of a page anew may take."""
SERVICE = files_service_pb2.DESCRIPTOR.services_by_name["FilesService"].full_name


async def build(settings: Settings, stack: AsyncExitStack) -> App:
    """Connect files to Cassandra, to where bytes are kept and to the mesh. Raises ConnectionError if Cassandra does not come up."""
    cassandra = await CassandraSession.connect(settings)
    stack.push_async_callback(cassandra.close)
    stores = await CassandraStores.open(cassandra, settings)
    channel = mesh_channel(settings.mesh)
    stack.push_async_callback(channel.close)
    clock = SystemClock()
    blobs = blobs_of(settings, clock)
    agenda = Agenda(stores.due, clock)
    limits = Limits(settings.max_bytes, settings.quota_bytes, settings.unfinished, settings.upload_lifetime)
    uploads = Uploads(stores, blobs, agenda, clock, limits)
    looker = ProcessLooker.of(settings)
    stack.push_async_callback(looker.close)
    intake = Intake(stores, uploads, blobs, looker, agenda, settings.types, settings.keep_unposted, settings.looks + settings.look_queue)
    library = Library(stores, MeshConversations(channel), MeshProfiles(channel), agenda, settings.keep_unposted)
    postings = Postings(stores, library, intake, agenda, clock)
    avatars = Avatars(stores, intake, agenda, clock)
    collector = Collector(stores, blobs, uploads, intake, library, postings, agenda, clock)
    links = LinkSigner(settings.link_key.encode())
    door = FilesDoor(uploads, intake, library, blobs, links, clock, settings.transfers, settings.user_transfers)
    previews = await previews_of(settings, stack) if settings.previews else None
    servicer = FilesServicer(library, postings, avatars, previews, links, clock, settings.link_lifetime, settings.quota_bytes)

    def register(server: grpc.aio.Server) -> None:
        files_service_pb2_grpc.add_FilesServiceServicer_to_server(servicer, server)

    return App(
        services=(SERVICE,),
        register=register,
        tasks=(collector.run,),
        routes=door.routes(),
        drain=door.drain,
        tracer=tracer_of("files", settings, stack),
    )


async def previews_of(settings: Settings, stack: AsyncExitStack) -> Previews:
    """Return what makes previews of links. Raises ConnectionError if Redis does not come up."""
    redis = await connect_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    # Of its own, so that no link makes an upload wait.
    looker, reader = ProcessLooker(PICTURES, 1), ProcessPageReader(1)
    stack.push_async_callback(looker.close)
    stack.push_async_callback(reader.close)
    allowance = Allowance(settings.previews_per_minute, settings.preview_lifetime)
    return Previews(RedisPreviewCache(redis), Fetcher(Internet()), reader, looker, allowance)


def blobs_of(settings: Settings, clock: Clock) -> BlobStore:
    """Return where bytes are kept."""
    if settings.folder:
        return FolderBlobStore(Path(settings.folder), clock)
    credentials = (settings.s3_access_key_id, settings.s3_secret_access_key)
    return S3BlobStore(settings.s3_bucket, settings.s3_endpoint, settings.s3_region, *credentials)
