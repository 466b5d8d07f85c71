"""Where it is kept what files there are: a port for each matter. Every method raises UNAVAILABLE if the store can't serve it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from chatkit.core.ids import ConversationId, MessageId, UserId
from svc_files.core.files import Avatar, Content, File, FileId, Life, Posting
from svc_files.core.tus import Piece, Upload


class UploadStore(Protocol):
    """Uploads that are not finished."""

    async def add_upload(self, upload: Upload) -> None:
        """Add an upload, under an id that is new."""
        ...

    async def upload(self, upload_id: FileId) -> Upload | None:
        """Return an upload."""
        ...

    async def remove_upload(self, upload_id: FileId) -> None:
        """Remove an upload, without its pieces. Idempotent."""
        ...

    async def remove_pieces(self, upload_id: FileId) -> None:
        """Remove the pieces of an upload. Idempotent."""
        ...

    async def add_piece(self, upload_id: FileId, piece: Piece) -> bool:
        """Add a piece, or return False if there is one at its offset: of many at once one gets in."""
        ...

    async def pieces(self, upload_id: FileId) -> list[Piece]:
        """Return the pieces of an upload, by rising offset."""
        ...


@dataclass(frozen=True, slots=True)
class Room:
    """What a user's files and unfinished uploads take, and how many of the latter there are."""

    used: int = 0
    unfinished: int = 0


class RoomStore(Protocol):
    """Who has which files, and how much room they take."""

    async def take(self, owner_id: UserId, file_id: FileId, size: int, *, unfinished: bool) -> None:
        """Note that a file, or an upload, takes so much. Replaces what was noted of it."""
        ...

    async def give_back(self, owner_id: UserId, file_id: FileId) -> None:
        """Note that it takes nothing any more. Idempotent."""
        ...

    async def room(self, owner_id: UserId) -> Room:
        """Return what all of a user's take."""
        ...

    async def newest(self, owner_id: UserId, before: FileId | None, count: int) -> list[FileId]:
        """Return the ids of a user's files, without uploads, the newest first: only those that are older than `before`."""
        ...


class ContentStore(Protocol):
    """What files hold, and which files hold it."""

    async def add_content(self, content: Content) -> bool:
        """Add a content, or return False if there is one by its hash."""
        ...

    async def content(self, sha256: bytes) -> Content | None:
        """Return a content."""
        ...

    async def move_content(self, sha256: bytes, old: Life, new: Life) -> bool:
        """Let a content be nearer its end, or not, or return False if it is not as it was."""
        ...

    async def remove_content(self, sha256: bytes) -> None:
        """Remove a content if it is doomed: one that has come anew meanwhile stays. Idempotent."""
        ...

    async def claim(self, sha256: bytes, file_id: FileId) -> None:
        """Note that a file holds a content, or is about to. Idempotent."""
        ...

    async def unclaim(self, sha256: bytes, file_id: FileId) -> None:
        """Note that it does not. Idempotent."""
        ...

    async def claims(self, sha256: bytes) -> list[FileId]:
        """Return which files hold a content."""
        ...


class FileStore(Protocol):
    """Files."""

    async def add_file(self, file: File) -> None:
        """Add a file, or do nothing if it is there. Its content is."""
        ...

    async def files(self, file_ids: Sequence[FileId]) -> list[File | None]:
        """Return files with their contents, in the order of the ids."""
        ...

    async def move_file(self, file_id: FileId, old: Life, new: Life) -> bool:
        """Let a file be nearer its end, or not, or return False if it is not as it was."""
        ...

    async def remove_file(self, file_id: FileId) -> None:
        """Remove a file. Idempotent."""
        ...


class PostingStore(Protocol):
    """In which messages files are. Postings of one file in one message by different senders are different ones."""

    async def add_postings(self, postings: Sequence[Posting]) -> None:
        """Add postings, none of them known to have a place, unless they are there."""
        ...

    async def postings(self, file_id: FileId, conversations: Collection[ConversationId] | None = None) -> list[Posting]:
        """Return the postings of a file in some conversations, the newest of each first, or all."""
        ...

    async def files_of(self, conversation_id: ConversationId, message_id: MessageId) -> list[tuple[FileId, UserId]]:
        """Return which files a message has, and by whose saying."""
        ...

    async def confirm(self, posting: Posting) -> None:
        """Note the place of a posting's message, and whom its file is for, if the posting is still there."""
        ...

    async def remove_postings(self, postings: Sequence[Posting]) -> None:
        """Remove postings. Idempotent."""
        ...


class AvatarStore(Protocol):
    """Which of their files users were about to have as their pictures: something for each time."""

    async def add_avatar(self, avatar: Avatar) -> None:
        """Add one. Idempotent."""
        ...

    async def avatars(self, owner_id: UserId, file_id: FileId | None = None) -> list[Avatar]:
        """Return those of a user, or of one file of theirs: those of a file the oldest first."""
        ...

    async def remove_avatars(self, avatars: Sequence[Avatar]) -> None:
        """Remove some. Idempotent."""
        ...


class Kind(StrEnum):
    """What is to be looked at."""

    UPLOAD = "upload"
    FILE = "file"
    CONTENT = "content"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is to be looked at: an upload or a file by its id, a content by its hash in hexadecimal digits, a message by the id of
    its conversation and its own, with a slash between them.
    """

    kind: Kind
    name: str


class DueStore(Protocol):
    """What is to be looked at, and when: by minutes since 1970."""

    async def add_task(self, minute: int, task: Task) -> None:
        """Note what is to be looked at. Idempotent."""
        ...

    async def tasks(self, minutes: Sequence[int]) -> list[list[Task]]:
        """Return what is to be looked at in each of some minutes."""
        ...

    async def strike_out(self, minute: int) -> None:
        """Forget what was to be looked at in a minute. Idempotent."""
        ...

    async def finish(self, minute: int) -> None:
        """Note that everything up to this minute has been looked at."""
        ...

    async def finished(self) -> int | None:
        """Return up to which minute everything has been looked at; None if nothing ever was."""
        ...


class Stores(Protocol):
    """Every store."""

    @property
    def uploads(self) -> UploadStore: ...
    @property
    def rooms(self) -> RoomStore: ...
    @property
    def contents(self) -> ContentStore: ...
    @property
    def files(self) -> FileStore: ...
    @property
    def postings(self) -> PostingStore: ...
    @property
    def avatars(self) -> AvatarStore: ...
    @property
    def due(self) -> DueStore: ...
