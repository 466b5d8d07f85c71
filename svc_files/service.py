"""FilesService: proto/elastic_chat/files/v1 tells what each method promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from chatkit.core.clock import Clock
from chatkit.core.conversation import MAX_ATTACHMENTS
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, is_uuid
from chatkit.rpc.caller import caller_of
from elastic_chat.files.v1 import files_service_pb2 as pb
from elastic_chat.files.v1 import files_service_pb2_grpc as rpc
from elastic_chat.types.v1 import entry_pb2
from svc_files.avatars import Avatars
from svc_files.core.files import File, Variant, file_id_of, page_size
from svc_files.core.links import Link, LinkSigner
from svc_files.library import Library
from svc_files.postings import Postings
from svc_files.previews.previews import Previews

Context = Any
"""gRPC's own class is generic over what no method needs."""

VARIANTS = {
    pb.VARIANT_UNSPECIFIED: Variant.ORIGINAL,
    pb.VARIANT_SMALL: Variant.SMALL,
    pb.VARIANT_LARGE: Variant.LARGE,
}
NUMBERS = {variant: number for number, variant in VARIANTS.items()}


class FilesServicer(rpc.FilesServiceServicer):
    """The methods of files."""

    def __init__(
        self,
        library: Library,
        postings: Postings,
        avatars: Avatars,
        previews: Previews | None,
        links: LinkSigner,
        clock: Clock,
        link_lifetime: timedelta,
        quota_bytes: int,
    ) -> None:
        """Make one that gives previews of links, if there are `previews`."""
        self._library = library
        self._postings = postings
        self._avatars = avatars
        self._previews = previews
        self._links = links
        self._clock = clock
        self._link_lifetime = link_lifetime
        self._quota_bytes = quota_bytes

    # --- for users

    async def GetFile(self, request: pb.GetFileRequest, context: Context) -> pb.GetFileResponse:  # noqa: N802
        caller = caller_of(context)
        file = await self._library.file(caller.user_id, file_id_of(request.file_id))
        return pb.GetFileResponse(file=_file(file))

    async def ListFiles(self, request: pb.ListFilesRequest, context: Context) -> pb.ListFilesResponse:  # noqa: N802
        caller = caller_of(context)
        before = file_id_of(request.before_file_id) if request.before_file_id else None
        files, has_more, room = await self._library.own(caller.user_id, before, page_size(request.page_size))
        return pb.ListFilesResponse(files=map(_file, files), has_more=has_more, used_bytes=room.used, quota_bytes=self._quota_bytes)

    async def DeleteFile(self, request: pb.DeleteFileRequest, context: Context) -> pb.DeleteFileResponse:  # noqa: N802
        caller = caller_of(context)
        await self._library.delete(caller.user_id, file_id_of(request.file_id))
        return pb.DeleteFileResponse()

    async def GetFileUrl(self, request: pb.GetFileUrlRequest, context: Context) -> pb.GetFileUrlResponse:  # noqa: N802
        caller = caller_of(context)
        variant = VARIANTS.get(request.variant)
        if variant is None:
            raise ChatError(Reason.INVALID_ARGUMENT, "variant is VARIANT_SMALL, VARIANT_LARGE, or unset for the file itself")
        file = await self._library.file(caller.user_id, file_id_of(request.file_id), variant)
        file.served(variant)
        expires_at_s = self._clock.now_ms() // 1000 + round(self._link_lifetime.total_seconds())
        url = self._links.url(Link(file.file_id, variant, caller.user_id, expires_at_s))
        return pb.GetFileUrlResponse(url=url, expires_at=Timestamp(seconds=expires_at_s))

    async def GetLinkPreview(self, request: pb.GetLinkPreviewRequest, context: Context) -> pb.GetLinkPreviewResponse:  # noqa: N802
        caller = caller_of(context)
        if self._previews is None:
            raise ChatError(Reason.PREVIEWS_OFF)
        return pb.GetLinkPreviewResponse(preview=await self._previews.preview(caller.user_id, request.url))

    # --- for those who take in messages and change profiles, and who delete them

    async def AttachFiles(self, request: pb.AttachFilesRequest, context: Context) -> pb.AttachFilesResponse:  # noqa: ARG002, N802
        ids = (request.user_id, request.conversation_id, request.message_id)
        if not all(map(is_uuid, ids)) or len(request.file_ids) > MAX_ATTACHMENTS:
            raise ChatError(
                Reason.INVALID_ARGUMENT, f"user_id, conversation_id and message_id are UUIDs, file_ids at most {MAX_ATTACHMENTS}"
            )
        files = await self._postings.attach(
            UserId(request.user_id),
            ConversationId(request.conversation_id),
            MessageId(request.message_id),
            [file_id_of(file_id) for file_id in request.file_ids],
            as_avatar=request.avatar,
        )
        return pb.AttachFilesResponse(attachments=map(_attachment, files))

    async def NoteAvatar(self, request: pb.NoteAvatarRequest, context: Context) -> pb.NoteAvatarResponse:  # noqa: ARG002, N802
        if not is_uuid(request.user_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "user_id is a UUID")
        await self._avatars.note(UserId(request.user_id), file_id_of(request.file_id) if request.file_id else None)
        return pb.NoteAvatarResponse()

    async def ReleaseFiles(self, request: pb.ReleaseFilesRequest, context: Context) -> pb.ReleaseFilesResponse:  # noqa: ARG002, N802
        if not is_uuid(request.conversation_id) or not is_uuid(request.message_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "conversation_id and message_id are UUIDs")
        due_ms = request.due_at.ToMilliseconds()
        await self._postings.release(ConversationId(request.conversation_id), MessageId(request.message_id), due_ms)
        return pb.ReleaseFilesResponse()


def _file(file: File) -> pb.File:
    content = file.content
    created_at = Timestamp()
    created_at.FromMilliseconds(file.created_at_ms)
    return pb.File(
        file_id=file.file_id,
        owner_id=file.owner_id,
        name=file.name,
        media_type=content.media_type,
        size=content.size,
        created_at=created_at,
        width=content.width,
        height=content.height,
        duration_ms=content.duration_ms,
        variants=sorted(NUMBERS[variant] for variant in content.pictures),
    )


def _attachment(file: File) -> entry_pb2.Attachment:
    content = file.content
    return entry_pb2.Attachment(
        file_id=file.file_id,
        name=file.name,
        media_type=content.media_type,
        size=content.size,
        width=content.width,
        height=content.height,
        duration_ms=content.duration_ms,
    )
