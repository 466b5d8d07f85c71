"""The files service without its doors, for tests: over stores and a clock that a test chooses, and conversations that it makes up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from svc_files.agenda import Agenda
from svc_files.avatars import Avatars
from svc_files.blobs import BlobStore
from svc_files.blobs.memory import MemoryBlobStore
from svc_files.collector import Collector
from svc_files.conversations import Message
from svc_files.core.files import File, FileId, Variant
from svc_files.core.tus import Upload
from svc_files.intake import Intake
from svc_files.library import Library
from svc_files.postings import Postings
from svc_files.store import Stores
from svc_files.store.memory import MemoryStores
from svc_files.uploads import Limits, Uploads
from svc_files.workshop import Found

DAY = timedelta(days=1)
AT_ONCE = 2
LIMITS = Limits(max_bytes=20_000_000, quota_bytes=40_000_000, unfinished=3, lifetime=DAY)


class PlainLooker:
    """A Looker to whom everything is text, but for what says that it is an image, or something else."""

    def __init__(self) -> None:
        self.looks = 0

    async def look(self, source: Path, folder: Path) -> Found:
        self.looks += 1
        data = source.read_bytes()  # noqa: ASYNC240 - it is small
        if data.startswith(b"refuse"):
            raise ChatError(Reason.FILE_TYPE_REFUSED)
        return Found("image/png" if data.startswith(b"image") else "text/plain")


@dataclass
class MadeUpConversations:
    """Conversations that a test makes up."""

    members: dict[UserId, dict[ConversationId, int]] = field(default_factory=dict)
    messages: dict[tuple[ConversationId, MessageId], Message] = field(default_factory=dict)

    async def joined(self, user_id: UserId) -> Mapping[ConversationId, int]:
        return self.members.get(user_id, {})

    async def message(self, conversation_id: ConversationId, message_id: MessageId) -> Message | None:
        return self.messages.get((conversation_id, message_id))


@dataclass
class MadeUpProfiles:
    """Profiles that a test makes up."""

    pictures: dict[UserId, FileId] = field(default_factory=dict)
    refusal: ChatError | None = None

    async def avatar(self, user_id: UserId) -> FileId | None:
        if self.refusal is not None:
            raise self.refusal
        return self.pictures.get(user_id)


async def blocks(*parts: bytes, then: Exception | None = None) -> AsyncIterator[bytes]:
    """Yield what comes, and then perhaps fail."""
    for part in parts:
        yield part
    if then:
        raise then


class Service:
    """Everything that the doors work with."""

    def __init__(self, stores: Stores | None = None, blobs: BlobStore | None = None, clock: ManualClock | None = None) -> None:
        self.clock = clock or ManualClock()
        self.stores = stores or MemoryStores()
        self.blobs = blobs or MemoryBlobStore()
        self.conversations = MadeUpConversations()
        self.profiles = MadeUpProfiles()
        self.looker = PlainLooker()
        agenda = Agenda(self.stores.due, self.clock)
        self.uploads = Uploads(self.stores, self.blobs, agenda, self.clock, LIMITS)
        self.intake = Intake(self.stores, self.uploads, self.blobs, self.looker, agenda, ("text/*", "image/*"), DAY, AT_ONCE)
        self.library = Library(self.stores, self.conversations, self.profiles, agenda, DAY)
        self.postings = Postings(self.stores, self.library, self.intake, agenda, self.clock)
        self.avatars = Avatars(self.stores, self.intake, agenda, self.clock)
        self.collector = Collector(self.stores, self.blobs, self.uploads, self.intake, self.library, self.postings, agenda, self.clock)

    async def begin(self, owner_id: UserId, data: bytes) -> Upload:
        """Upload something, without finishing it."""
        upload = await self.uploads.begin(owner_id, len(data), "x.txt")
        await self.uploads.append(upload, 0, blocks(data))
        return upload

    async def upload(self, owner_id: UserId, data: bytes) -> File:
        """Upload something."""
        file = await self.intake.finish(await self.begin(owner_id, data))
        assert file is not None
        return file

    async def post(self, user_id: UserId, conversation_id: ConversationId, file_id: FileId, seq: int = 0) -> MessageId:
        """Attach a file to a message, which gets into the log if it has a seq."""
        message_id = MessageId(new_id())
        await self.postings.attach(user_id, conversation_id, message_id, [file_id])
        if seq:
            self.conversations.messages[conversation_id, message_id] = Message(seq, user_id, frozenset({file_id}))
        return message_id

    async def depict(self, user_id: UserId, file_id: FileId | None) -> None:
        """Let a file be a user's picture, or none."""
        await self.avatars.note(user_id, file_id)
        if file_id is None:
            self.profiles.pictures.pop(user_id, None)
        else:
            self.profiles.pictures[user_id] = file_id

    async def pass_time(self, time: timedelta) -> None:
        """Let time pass, and look at what is due then."""
        self.clock.advance(time.total_seconds())
        await self.collector.collect()

    async def kept(self) -> list[str]:
        """Return the keys of all that is kept."""
        return [*await self.blobs.keys("uploads/"), *await self.blobs.keys("files/")]

    async def reads(self, user_id: UserId, file_id: FileId, variant: Variant = Variant.ORIGINAL) -> bool:
        """Tell whether a user may have a file."""
        try:
            await self.library.file(user_id, file_id, variant)
        except ChatError as error:
            assert error.reason is Reason.UNKNOWN_FILE
            return False
        return True
