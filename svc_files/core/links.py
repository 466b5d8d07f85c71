"""Links: how a file is had without an access token, for some minutes.

An image of a page can't send a header. So whoever may have a file can ask for a link, which says what of which file, for whom and until
when, and is signed. Whoever has the link has the file for so long, and for as long as that user may have it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, is_uuid
from svc_files.core.files import FileId, Variant

MIN_KEY_BYTES = 32

_SECONDS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says."""

    file_id: FileId
    variant: Variant
    user_id: UserId
    expires_at_s: int


class LinkSigner:
    """Signs links and reads them, with a key that all instances have."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def url(self, link: Link) -> str:
        """Return the path and query of a link."""
        query = {"variant": link.variant.value, "user": link.user_id, "expires": link.expires_at_s, "signature": self._signature(link)}
        return f"/v1/files/{link.file_id}/content?{urlencode(query)}"

    def read(self, file_id: FileId, query: Mapping[str, str], now_ms: int) -> Link:
        """Return what a link says, or raise BAD_LINK."""
        user_id, expires, variant = query.get("user", ""), query.get("expires", ""), query.get("variant", "")
        if not is_uuid(user_id) or not _SECONDS.fullmatch(expires) or variant not in set(Variant):
            raise ChatError(Reason.BAD_LINK)
        link = Link(file_id, Variant(variant), UserId(user_id), int(expires))
        # One text for whatever is wrong: who guesses learns nothing.
        if (
            not hmac.compare_digest(self._signature(link).encode(), query.get("signature", "").encode())
            or now_ms >= link.expires_at_s * 1000
        ):
            raise ChatError(Reason.BAD_LINK)
        return link

    def _signature(self, link: Link) -> str:
        said = f"elastic-chat file link\n{link.file_id}\n{link.variant}\n{link.user_id}\n{link.expires_at_s}"
        return base64.urlsafe_b64encode(hmac.digest(self._key, said.encode(), hashlib.sha256)).decode().rstrip("=")
