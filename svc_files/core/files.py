"""What is known of a file, of its content, and of where it was posted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, is_uuid
from svc_files.core.kinds import IMAGES

FileId = NewType("FileId", str)
"""Of a file, and before that of its upload: a UUIDv7."""

MAX_NAME = 255
MAX_PAGE = 200
DEFAULT_PAGE = 50


class Variant(StrEnum):
    """What of a file is meant."""

    ORIGINAL = ""
    SMALL = "small"
    LARGE = "large"


PICTURE_TYPE = "image/webp"
EDGES = {Variant.SMALL: 320, Variant.LARGE: 1280}
"""Into squares of how many pixels the smaller images fit."""


class Life(StrEnum):
    """How near its end something is that is deleted when nothing refers to it.

    Whoever wants to refer to it notes that first, and then looks here; whoever wants to delete it writes MARKED, and then looks for notes.
    So at least one of the two sees the other. From DOOMED on there is no way back.
    """

    ALIVE = ""
    MARKED = "marked"
    DOOMED = "doomed"


@dataclass(frozen=True, slots=True)
class Picture:
    """An image that was made of a file: where it is kept, its size in bytes and in pixels."""

    key: str
    size: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Content:
    """What one or more files hold: named by the SHA-256 of what was uploaded, and kept under `key`.

    `width`, `height` and `duration_ms` are 0 where they mean nothing.
    """

    sha256: bytes
    key: str
    size: int
    media_type: str
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    pictures: Mapping[Variant, Picture] = field(default_factory=dict)
    life: Life = Life.ALIVE

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key under which something of it is kept."""
        return (self.key, *(picture.key for picture in self.pictures.values()))


@dataclass(frozen=True, slots=True)
class Served:
    """Something that is sent: where it is kept, how large it is, and what."""

    key: str
    size: int
    media_type: str
    etag: str
    """What tells one from another: what a file is never changes. It says nothing of the content, which others may have had before."""


@dataclass(frozen=True, slots=True)
class File:
    """A file: `length` is how much was uploaded, `size` how much is kept."""

    file_id: FileId
    owner_id: UserId
    name: str
    length: int
    created_at_ms: int
    content: Content
    life: Life = Life.ALIVE

    @property
    def is_image(self) -> bool:
        """Whether it is something to be looked at."""
        return self.content.media_type in IMAGES

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self.content.size

    def served(self, variant: Variant) -> Served:
        """Return what is sent of it. An image that is small enough is its own variant. Raises UNKNOWN_FILE if there is no such thing."""
        content = self.content
        picture = content.pictures.get(variant)
        if picture is not None:
            return Served(picture.key, picture.size, PICTURE_TYPE, f'"{self.file_id}-{variant}"')
        if variant is not Variant.ORIGINAL and not self.is_image:
            raise ChatError(Reason.UNKNOWN_FILE, "there is no smaller image of it")
        return Served(content.key, content.size, content.media_type, f'"{self.file_id}"')


@dataclass(frozen=True, slots=True)
class Posting:
    """That a message has a file, as its sender says. `seq` is the message's place, 0 if it is not known to have one.

    `for_all` says that all members may have the file, also those who came after the message: it is the conversation's picture.
    """

    file_id: FileId
    conversation_id: ConversationId
    message_id: MessageId
    sender_id: UserId
    posted_at_ms: int
    seq: int = 0
    for_all: bool = False

    def is_for(self, joined_seq: int) -> bool:
        """Tell whether the file is for a member who came at `joined_seq`."""
        return self.seq > 0 and (self.for_all or self.seq >= joined_seq)


@dataclass(frozen=True, slots=True)
class Avatar:
    """That a user was about to have a file of theirs as their picture."""

    owner_id: UserId
    file_id: FileId
    noted_at_ms: int


def file_id_of(text: str) -> FileId:
    """Return `text` as a file's id, or raise UNKNOWN_FILE."""
    if not is_uuid(text):
        raise ChatError(Reason.UNKNOWN_FILE)
    return FileId(text)


def check_avatar(file: File) -> None:
    """Raise INVALID_ARGUMENT if a file can't be a picture of somebody or something."""
    if not file.is_image:
        raise ChatError(Reason.INVALID_ARGUMENT, "avatar_file_id must name an image")


def clean_name(name: str) -> str:
    """Return what a file is called, without what no name should have: control characters, and the folders that it was in."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(character for character in last if character.isprintable()).strip()
    return printable[:MAX_NAME] or "file"


def page_size(asked: int) -> int:
    """Return how many files a page has, or raise INVALID_ARGUMENT."""
    if not 0 <= asked <= MAX_PAGE:
        raise ChatError(Reason.INVALID_ARGUMENT, f"page_size is 1 to {MAX_PAGE}, or 0 for {DEFAULT_PAGE}")
    return asked or DEFAULT_PAGE
