"""Makes previews of links: asks the cache, else looks the link up, for so many users so often, and so many at the same time."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import structlog
from yarl import URL

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.metrics import OK, counter
from elastic_chat.files.v1 import files_service_pb2 as pb
from svc_files.core.files import Variant
from svc_files.core.kinds import IMAGES
from svc_files.core.pages import Page, absolute, checked_link
from svc_files.looks import Looker
from svc_files.previews.cache import PreviewCache
from svc_files.previews.fetcher import Fetched, Fetcher
from svc_files.previews.reader import PageReader

log = structlog.get_logger()

PAGES = frozenset(("text/html", "application/xhtml+xml"))
PAGE_BYTES = 512 * 1024
"""Of a page that is larger only the beginning is read, where it says what it is."""
IMAGE_BYTES = 4 * 1024 * 1024
SHOWN_BYTES = 100 * 1024
"""Bytes of a picture that is shown; one that has more is left out."""
FETCH_S = 6.0
"""How long all of a preview may take to fetch: redirects, page and picture."""
NOTHING_LIFETIME = timedelta(minutes=10)
"""How long it is remembered that there is nothing to show."""
AT_ONCE = 8
"""Links that are looked up at the same time; more are refused with OVERLOADED."""
OFF = ChatError(Reason.PREVIEWS_OFF)
NOTHING = ChatError(Reason.NO_PREVIEW)

LOOKED_UP = counter("chat_files_previews_total", "Links that were looked up, by what came of it.", outcome=(OK, Reason.NO_PREVIEW))


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many links a user may have looked up in a minute, and for how long what was found is kept."""

    per_minute: int
    lifetime: timedelta


class Previews:
    """Previews of links. Nothing that comes from outside is said of what was refused: the log has it."""

    def __init__(self, cache: PreviewCache, fetcher: Fetcher, reader: PageReader, looker: Looker, allowance: Allowance) -> None:
        self._cache = cache
        self._fetcher = fetcher
        self._reader = reader
        self._looker = looker
        self._allowance = allowance
        self._under_way: dict[str, asyncio.Task[pb.LinkPreview]] = {}

    async def preview(self, user_id: UserId, url: str) -> pb.LinkPreview:
        """Return what a link leads to. Raises INVALID_ARGUMENT if it is none that is looked up, NO_PREVIEW if there is nothing to show,
        OVERLOADED if the user asks too often, or too many do.
        """
        link = checked_link(url)
        kept = await self._cache.find(str(link))
        if kept is not None:
            return _shown(pb.LinkPreview.FromString(kept))
        tries = await self._cache.count(user_id)
        if tries.count > self._allowance.per_minute:
            raise ChatError(Reason.OVERLOADED, "you have had too many links looked up", retry_after=tries.left)
        return _shown(await asyncio.shield(self._look_up(link)))

    def _look_up(self, link: URL) -> asyncio.Task[pb.LinkPreview]:
        """Look a link up. Who asks for the same at the same time shares the answer, and nobody ends it for another by leaving."""
        name = str(link)
        if name not in self._under_way:
            if len(self._under_way) >= AT_ONCE:
                raise ChatError(Reason.OVERLOADED, "too many links are being looked up", retry_after=timedelta(seconds=2))
            self._under_way[name] = asyncio.get_running_loop().create_task(self._made(link))
            self._under_way[name].add_done_callback(partial(self._ended, name))
        return self._under_way[name]

    def _ended(self, name: str, made: asyncio.Task[pb.LinkPreview]) -> None:
        del self._under_way[name]
        if not made.cancelled():
            made.exception()  # nobody need be waiting

    async def _made(self, link: URL) -> pb.LinkPreview:
        """Return a preview, empty if there is nothing to show, and keep it."""
        lifetime, outcome = self._allowance.lifetime, OK
        try:
            preview = await self._make(link)
        except ChatError as error:
            if error.reason is not Reason.NO_PREVIEW:
                raise
            log.info("no_preview", why=error.message)
            preview, lifetime, outcome = pb.LinkPreview(), min(NOTHING_LIFETIME, lifetime), Reason.NO_PREVIEW
        LOOKED_UP[outcome].inc()
        await self._cache.keep(str(link), preview.SerializeToString(), lifetime)
        return preview

    async def _make(self, link: URL) -> pb.LinkPreview:
        # What is outside is waited for here and nowhere else: what we make of it has limits of its own.
        until = asyncio.get_running_loop().time() + FETCH_S
        with tempfile.TemporaryDirectory(prefix="elastic-chat-link-") as folder:
            fetched = await self._fetch(link, PAGES, PAGE_BYTES, until, whole=False)
            page = await self._read(fetched, Path(folder) / "page")
            preview = pb.LinkPreview(url=str(link), title=page.title, description=page.description, site_name=page.site_name)
            if page.image:
                try:
                    await self._add_picture(preview, fetched.link, page.image, Path(folder), until)
                except ChatError as error:
                    log.info("no_picture", why=error.message)
            return preview

    async def _fetch(self, link: URL, types: frozenset[str], most_bytes: int, until: float, *, whole: bool) -> Fetched:
        try:
            async with asyncio.timeout_at(until):
                return await self._fetcher.get(link, types, most_bytes, whole=whole)
        except TimeoutError as error:
            raise ChatError(Reason.NO_PREVIEW, "there is nothing to show for this link: it takes too long") from error

    async def _read(self, fetched: Fetched, source: Path) -> Page:
        await asyncio.to_thread(source.write_bytes, fetched.body)
        page = await self._reader.read(source, fetched.charset)
        if page is None:
            raise NOTHING
        return page

    async def _add_picture(self, preview: pb.LinkPreview, base: URL, image: str, folder: Path, until: float) -> None:
        """Add the picture of a page, drawn anew and small. Raises a ChatError if there is none."""
        fetched = await self._fetch(absolute(base, image), frozenset(IMAGES), IMAGE_BYTES, until, whole=True)
        source = folder / "source"
        await asyncio.to_thread(source.write_bytes, fetched.body)
        found = await self._looker.look(source, folder)
        small = found.pictures.get(Variant.SMALL)
        kept = folder / (small.file if small else found.redrawn)
        if not found.redrawn or kept.stat().st_size > SHOWN_BYTES:
            raise NOTHING
        preview.image = await asyncio.to_thread(kept.read_bytes)
        preview.image_type = "image/webp" if small else found.media_type
        preview.image_width, preview.image_height = (small.width, small.height) if small else (found.width, found.height)


def _shown(preview: pb.LinkPreview) -> pb.LinkPreview:
    """Return a preview, or refuse one that shows nothing."""
    if not preview.title:
        raise NOTHING
    return preview
