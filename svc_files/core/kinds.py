"""Which kinds of files are taken in, and which of them a browser may show by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable

from chatkit.core.errors import ChatError, Reason

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"

IMAGES = ("image/jpeg", "image/png", "image/webp", "image/gif")
"""What is drawn anew: after that it holds nothing but an image."""

SOUNDS = ("audio/mpeg", "audio/mp4", "audio/ogg", "audio/webm", "audio/wav", "audio/flac", "audio/aac")
FILMS = ("video/mp4", "video/webm", "video/quicktime", "video/ogg")

INLINE = frozenset((*IMAGES, *SOUNDS, *FILMS))
"""What runs nothing when it is shown. Everything else is a download."""

DEFAULT_TYPES = (
    *("image/*", "audio/*", "video/*", TEXT, "application/pdf", "application/zip"),
    *(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
    ),
)

_PATTERN = re.compile(r"\*/\*|[a-z]+/(\*|[a-z0-9.+-]+)")


def is_pattern(text: str) -> bool:
    """Tell whether `text` is a media type, or one with `*` for its second part or for both."""
    return _PATTERN.fullmatch(text) is not None


def check_kind(media_type: str, allowed: Iterable[str]) -> None:
    """Raise FILE_TYPE_REFUSED if none of the patterns allows the type."""
    major = media_type.partition("/")[0]
    if not {media_type, f"{major}/*", "*/*"} & set(allowed):
        raise ChatError(Reason.FILE_TYPE_REFUSED, f"files of the type {media_type}, which this one is, are not taken in here")
