"""Links that are looked up: a real server, real sockets, processes that read. Names alone are made up, and one address may be reached."""

from __future__ import annotations

import asyncio
import gzip
import io
import unicodedata
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from PIL import Image

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId, new_id
from elastic_chat.files.v1 import files_service_pb2 as pb
from svc_files.app import PICTURES
from svc_files.looks import ProcessLooker
from svc_files.previews import fetcher, previews
from svc_files.previews.cache import MINUTE_S
from svc_files.previews.fetcher import MAX_REDIRECTS, Fetcher
from svc_files.previews.memory import MemoryPreviewCache
from svc_files.previews.previews import PAGE_BYTES, SHOWN_BYTES, Allowance, Previews
from svc_files.previews.reader import ProcessPageReader
from tests.sites import HERE, Neighbourhood, sites

ANNA, BOB = UserId(new_id()), UserId(new_id())
DAY = timedelta(days=1)
HEAD = """<!doctype html><html><head><title>plain &amp; simple</title>
<meta property="og:title" content="The <b>title</b>"><meta property="og:description" content="What it
 is about"><meta property="og:site_name" content="The site">"""


def html(body: str = HEAD, **more: Any) -> web.Response:
    return web.Response(text=body, content_type="text/html", **more)


def picture(width: int = 640, height: int = 480, kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 50).convert("RGB").save(out, kind)
    return out.getvalue()


class World:
    """Sites that answer as a test says, and previews of what they have."""

    def __init__(self) -> None:
        self.pages: dict[str, Callable[[web.Request], Any]] = {}
        self.requests: list[web.BaseRequest] = []
        self.clock = ManualClock()
        self.outside: Neighbourhood
        self.previews: Previews
        self.cache = MemoryPreviewCache(self.clock)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        made = self.pages[request.path](request)  # type: ignore[arg-type]
        response: web.StreamResponse = await made if asyncio.iscoroutine(made) else made
        return response

    async def look(self, url: str, user_id: UserId = ANNA) -> pb.LinkPreview:
        return await self.previews.preview(user_id, url)

    async def refusal(self, url: str, user_id: UserId = ANNA) -> Reason:
        with pytest.raises(ChatError) as refused:
            await self.look(url, user_id)
        return refused.value.reason


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    async with AsyncExitStack() as stack:
        made.outside = await stack.enter_async_context(sites(made.answer))
        looker, reader = ProcessLooker(PICTURES, 1), ProcessPageReader(1)
        stack.push_async_callback(looker.close)
        stack.push_async_callback(reader.close)
        made.previews = Previews(made.cache, Fetcher(made.outside), reader, looker, Allowance(30, DAY))
        yield made


async def test_a_page_is_shown_as_it_says_with_its_picture_drawn_anew(world: World) -> None:
    world.pages["/a/page"] = lambda _: html(HEAD + '<meta property="og:image" content="../pic.jpg">')
    world.pages["/pic.jpg"] = lambda _: web.Response(body=picture(kind="JPEG"), content_type="image/jpeg")
    found = await world.look("http://site.example/a/page#part")
    assert (found.url, found.title, found.description) == ("http://site.example/a/page", "The <b>title</b>", "What it is about")
    assert (found.site_name, found.image_type, found.image_width, found.image_height) == ("The site", "image/webp", 320, 240)
    with Image.open(io.BytesIO(found.image)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (320, 240))
    assert len(found.image) <= SHOWN_BYTES


async def test_a_site_learns_nothing_of_who_asks(world: World) -> None:
    world.pages["/"] = lambda _: html(headers={"Set-Cookie": "a=b; Path=/"}, body=HEAD + '<meta property="og:image" content="/p">')
    world.pages["/p"] = lambda _: web.Response(body=picture(10, 10), content_type="image/png")
    await world.look("http://site.example/")
    assert len(world.requests) == 2
    for request in world.requests:
        assert set(request.headers) == {"Host", "Accept", "Accept-Encoding", "Accept-Language", "Connection", "User-Agent"}
        assert (request.headers["Host"], request.headers["User-Agent"]) == ("site.example", fetcher.USER_AGENT)
        assert ANNA not in str(request.headers)


FORBIDDEN = [
    "127.0.0.1",
    "①②⑦.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "100.64.0.1",
    "192.168.1.1",
    "224.0.0.1",
    "0.0.0.0",
    "::1",
    "::ffff:127.0.0.1",
]
FORBIDDEN += ["fe80::1", "fd00::1", "64:ff9b::7f00:1", "2002:7f00:1::1", "ff02::1"]


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_no_link_leads_to_what_is_not_public_by_name_or_by_address(
    world: World, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = unicodedata.normalize("NFKC", address)
    world.outside.name("inside.example", [plain])
    world.outside.name("mixed.example", [str(HERE), plain])
    literal = f"[{address}]" if ":" in address else address
    for host in ("inside.example", "mixed.example", literal):
        assert await world.refusal(f"http://{host}/") is Reason.NO_PREVIEW
    world.pages["/hop"] = lambda _: web.Response(status=302, headers={"Location": f"http://{literal}/"})
    world.pages["/hop-by-name"] = lambda _: web.Response(status=307, headers={"Location": "//inside.example/"})
    for path in ("/hop", "/hop-by-name"):
        assert await world.refusal(f"http://site.example{path}") is Reason.NO_PREVIEW
    assert [request.path for request in world.requests] == ["/hop", "/hop-by-name"]
    assert capsys.readouterr().out.count("it leads where nobody may go") == 5


@pytest.mark.parametrize("location", ["http://127.1/", "ftp://site.example/", "http://site.example:8080/", "http://u:p@site.example/", ""])
async def test_a_redirect_is_another_link_that_is_checked(world: World, location: str) -> None:
    world.pages["/hop"] = lambda _: web.Response(status=301, headers={"Location": location} if location else {})
    assert await world.refusal("http://site.example/hop") is Reason.NO_PREVIEW
    assert len(world.requests) == 1


async def test_few_redirects_are_followed(world: World) -> None:
    def hop(request: web.Request) -> web.Response:
        left = int(request.query["left"])
        return html() if left == 0 else web.Response(status=303, headers={"Location": f"?left={left - 1}"})

    world.pages["/"] = hop
    assert (await world.look(f"http://site.example/?left={MAX_REDIRECTS}")).title
    assert await world.refusal(f"http://site.example/?left={MAX_REDIRECTS + 1}") is Reason.NO_PREVIEW


async def test_a_name_that_means_something_else_a_moment_later_leads_nowhere_else(world: World) -> None:
    """The name is resolved once for a connection, which goes to an address that was checked; the next connection checks again."""
    world.outside.name("rebinding.example", [str(HERE)], ["127.0.0.1"])
    world.pages["/"] = lambda _: html(HEAD + '<meta property="og:image" content="/p">')
    found = await world.look("http://rebinding.example/")
    assert (found.title, found.image) == ("The <b>title</b>", b"")
    assert world.outside.asked == ["rebinding.example"] * 2
    assert [request.path for request in world.requests] == ["/"]


async def test_no_socket_is_opened_to_what_was_not_checked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the resolver lets through: where a socket is opened, the address is looked at once more."""
    world.pages["/"] = lambda _: html()

    async def blind(resolver: Any, host: str, port: int = 0, family: Any = 0) -> list[Any]:
        del resolver, host, family
        return [{"hostname": "x", "host": "127.0.0.1", "port": port, "family": 2, "proto": 6, "flags": 0}]

    monkeypatch.setattr(fetcher._Resolver, "resolve", blind)
    assert await world.refusal("http://site.example/") is Reason.NO_PREVIEW
    assert [str(one) for one in world.outside.checked] == ["127.0.0.1"]


async def test_who_answers_slowly_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "FETCH_S", 0.3)
    left = asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"<")
                await asyncio.sleep(0.02)
        except ConnectionError:
            left.set()
            raise

    world.pages["/"] = drip
    assert await world.refusal("http://site.example/") is Reason.NO_PREVIEW
    await asyncio.wait_for(left.wait(), 10)


async def test_of_a_page_without_end_the_beginning_is_read(world: World) -> None:
    sent = 0

    async def flood(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        await response.write(HEAD.encode())
        while True:
            await response.write(b"<p>" * 10_000)
            sent += 30_000

    world.pages["/"] = flood
    assert (await world.look("http://site.example/")).title == "The <b>title</b>"
    assert sent < 20 * PAGE_BYTES


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x"])
async def test_what_is_packed_is_not_unpacked(world: World, coding: str) -> None:
    bomb = gzip.compress(HEAD.encode() + bytes(50_000_000))
    world.pages["/"] = lambda _: web.Response(body=bomb, content_type="text/html", headers={"Content-Encoding": coding})
    assert await world.refusal("http://site.example/") is Reason.NO_PREVIEW


@pytest.mark.parametrize(
    "response",
    [
        lambda: web.Response(body=HEAD.encode(), content_type="text/plain"),
        lambda: web.Response(body=HEAD.encode(), content_type="application/octet-stream"),
        lambda: web.Response(body=picture(), content_type="image/png"),
        lambda: web.json_response({}),
        lambda: html(status=404),
        lambda: html(status=500),
        lambda: html(status=206),
        lambda: html("<p>no title"),
        lambda: html(""),
        lambda: html("<" * 100_000),
        lambda: html("<div>" * 100_000),
    ],
)
async def test_what_is_no_page_with_a_title_is_not_shown(world: World, response: Callable[[], web.Response]) -> None:
    world.pages["/"] = lambda _: response()
    assert await world.refusal("http://site.example/") is Reason.NO_PREVIEW


@pytest.mark.parametrize(
    "image",
    [
        lambda: web.Response(body=b"<svg xmlns='http://www.w3.org/2000/svg'/>", content_type="image/svg+xml"),
        lambda: web.Response(body=b"<script>", content_type="image/png"),
        lambda: web.Response(body=picture()[:1000], content_type="image/png"),
        lambda: web.Response(body=bytes(5_000_000), content_type="image/png"),
        lambda: web.Response(body=picture(), content_type="text/html"),
        lambda: web.Response(status=404),
        lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1/x.png"}),
    ],
)
async def test_a_picture_that_is_none_is_left_out(world: World, image: Callable[[], web.Response]) -> None:
    world.pages["/"] = lambda _: html(HEAD + '<meta property="og:image" content="/p">')
    world.pages["/p"] = lambda _: image()
    found = await world.look("http://site.example/")
    assert (found.title, found.image, found.image_type) == ("The <b>title</b>", b"", "")


@pytest.mark.parametrize(
    ("body", "header", "title"),
    [
        ("<title>Grüße</title>".encode("latin-1"), "text/html; charset=latin-1", "Grüße"),
        ('<meta charset="windows-1251"><title>Привет</title>'.encode("windows-1251"), "text/html", "Привет"),
        ("<title>Grüße</title>".encode(), "text/html; charset=no-such-thing", "Grüße"),
        (b"<title>x</title>", "text/html; charset=zip", "x"),
        (b"<title>x</title>", "text/html; charset=idna", "x"),
        (b"<title>\xff\xfe ok</title>", "text/html", "\ufffd\ufffd ok"),
        (b"<svg><title>not this</title></svg><title>nor this</title>", "text/html", None),
    ],
)
async def test_a_page_is_read_in_its_own_characters(world: World, body: bytes, header: str, title: str | None) -> None:
    world.pages["/"] = lambda _: web.Response(body=body, headers={"Content-Type": header})
    if title is None:
        assert await world.refusal("http://site.example/") is Reason.NO_PREVIEW
    else:
        assert (await world.look("http://site.example/")).title == title


async def test_what_was_found_is_kept_for_everyone_and_what_was_not_for_a_while(world: World) -> None:
    world.pages["/"] = lambda _: html()
    world.pages["/none"] = lambda _: html("")
    for who in (ANNA, BOB):
        assert (await world.look("http://site.example/", who)).title
        assert await world.refusal("http://site.example/none", who) is Reason.NO_PREVIEW
    assert len(world.requests) == 2
    world.pages["/none"] = lambda _: html()
    world.clock.advance(previews.NOTHING_LIFETIME.total_seconds())
    assert (await world.look("http://site.example/none")).title
    world.clock.advance(DAY.total_seconds())
    await world.look("http://site.example/")
    assert len(world.requests) == 4


async def test_who_asks_for_the_same_at_the_same_time_shares_the_answer(world: World) -> None:
    may_answer = asyncio.Event()

    async def late(_: web.Request) -> web.Response:
        await may_answer.wait()
        return html()

    world.pages["/"] = late
    asking = [asyncio.ensure_future(world.look("http://site.example/")) for _ in range(5)]
    while not world.requests:
        await asyncio.sleep(0.01)
    asking.pop().cancel()
    may_answer.set()
    assert {one.title for one in await asyncio.gather(*asking)} == {"The <b>title</b>"}
    assert len(world.requests) == 1


async def test_a_user_has_only_so_many_links_looked_up_in_a_minute(world: World) -> None:
    world.pages = {f"/{n}": lambda _: html() for n in range(40)}
    for n in range(30):
        world.pages[f"/{n}"] = lambda _: web.Response(status=404)
        assert await world.refusal(f"http://site.example/{n}") is Reason.NO_PREVIEW
    with pytest.raises(ChatError) as refused:
        await world.look("http://site.example/30")
    assert refused.value.reason is Reason.OVERLOADED
    assert refused.value.retry_after == timedelta(seconds=MINUTE_S)
    assert await world.refusal("http://site.example/0") is Reason.NO_PREVIEW  # which is known
    assert (await world.look("http://site.example/30", BOB)).title
    world.clock.advance(MINUTE_S)
    assert (await world.look("http://site.example/31")).title


async def test_without_its_cache_nothing_is_looked_up(world: World) -> None:
    world.cache.available = False
    assert await world.refusal("http://site.example/") is Reason.UNAVAILABLE
    assert not world.requests
