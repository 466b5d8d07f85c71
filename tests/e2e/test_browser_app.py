"""The web client as an app: it can be installed, starts without a network, changes its version when told to, and takes what is shared."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, expect

from tests.e2e.person import PATIENCE_MS, Person, comes_true
from tests.e2e.stack import ROOT, Stack

READY = """async () => {
  const {active} = await navigator.serviceWorker.ready;
  return active.state === "activated" || new Promise((resolve) => { active.onstatechange = () => { resolve(true); }; });
}"""
WORKERS = "async () => (await navigator.serviceWorker.getRegistrations()).map(({active}) => active?.scriptURL).join()"
SHELLS = "async () => (await caches.keys()).filter((name) => name.startsWith('elastic-chat.shell.'))"
PARTS = f"async () => (await (await caches.open((await ({SHELLS})())[0])).keys()).map(({{url}}) => new URL(url).pathname)"
BUILD = "() => document.querySelector('meta[name=build]').content"
SHARE = """(action) => {
  const form = document.createElement("form");
  Object.assign(form, {method: "POST", action, enctype: "multipart/form-data"});
  for (const [name, value] of [["title", "Look"], ["text", "Look at this"], ["url", "https://good.test/"]]) {
    form.append(Object.assign(document.createElement("input"), {name, value}));
  }
  const input = Object.assign(document.createElement("input"), {type: "file", name: "files"});
  const files = new DataTransfer();
  files.items.add(new File(["Bring the tent."], "notes é.txt", {type: "text/plain"}));
  input.files = files.files;
  form.append(input);
  document.body.append(form);
  form.submit();
}"""


@dataclass
class Server:
    """The client, served from a folder that a test may change, without anything behind it."""

    folder: Path
    runner: web.AppRunner
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def file(self, request: web.Request) -> web.StreamResponse:
        path = self.folder / request.path.lstrip("/")
        if path.is_file():
            return web.FileResponse(path, headers={"cache-control": "no-cache"})
        if request.path.startswith(("/v1/", "/assets/", "/sw.js")):
            raise web.HTTPNotFound
        return web.FileResponse(self.folder / "index.html", headers={"cache-control": "no-cache"})

    def deploy(self, build: str) -> None:
        """Let there be another build, which differs by its name alone."""
        old = re.search(r'name="build" content="(\w+)"', (self.folder / "index.html").read_text())
        assert old
        for name in ("index.html", "sw.js"):
            path = self.folder / name
            path.write_text(path.read_text().replace(old[1], build))


@pytest.fixture
async def server(stack: Stack, tmp_path: Path) -> AsyncIterator[Server]:  # noqa: ARG001 - it has built the client
    folder = tmp_path / "dist"
    shutil.copytree(ROOT / "web" / "dist", folder)
    app = web.Application()
    runner = web.AppRunner(app)
    made = Server(folder, runner, 0)
    app.router.add_get("/{path:.*}", made.file)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()


async def opened(browser: Browser, url: str) -> Page:
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await page.goto(url)
    assert await page.evaluate(READY)
    return page


async def test_the_client_can_be_installed(stack: Stack, browser: Browser) -> None:
    page = await opened(browser, stack.edge)
    cdp = await page.context.new_cdp_session(page)
    manifest = await cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    # A new profile is one that keeps nothing: there, and only there, nothing is installed.
    errors = [error["errorId"] for error in (await cdp.send("Page.getInstallabilityErrors"))["installabilityErrors"]]
    assert [error for error in errors if error != "in-incognito"] == []
    assert await page.evaluate(SHELLS) == [f"elastic-chat.shell.{await page.evaluate(BUILD)}"]


async def test_it_starts_without_a_server_and_only_the_client_does(browser: Browser, server: Server) -> None:
    page = await opened(browser, server.url)
    await server.runner.cleanup()
    for path in ("/", "/c/01a21ec4-687b-768f-bdc6-f501f0a97d0a"):
        await page.goto(f"{server.url}{path}")
        await expect(page.get_by_test_id("auth-form")).to_be_visible()
    # A part that comes when it is needed is there, too.
    parts = await page.evaluate(PARTS)
    assert any(re.fullmatch(r"/assets/browser-.*\.js", part) for part in parts)
    assert not any("api-" in part or "ops-" in part for part in parts)


async def test_somebody_who_is_logged_in_stays_so_without_a_network(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    assert await anna.page.evaluate(READY)
    await anna.page.context.set_offline(True)
    await anna.page.reload()
    await expect(anna.page.get_by_test_id("my-name")).to_be_visible()
    await anna.page.context.set_offline(False)
    await anna.is_live()


async def test_a_new_version_waits_until_its_user_wants_it(browser: Browser, server: Server) -> None:
    page = await opened(browser, server.url)
    await page.reload()
    other = await page.context.new_page()
    await other.goto(server.url)
    first = await page.evaluate(BUILD)
    await expect(page.get_by_test_id("update")).to_have_count(0)
    server.deploy("second")
    await page.evaluate("async () => { window.isTheSame = true; await (await navigator.serviceWorker.getRegistration()).update(); }")
    await page.get_by_label("User name").fill("half a na")
    for tab in (page, other):
        await expect(tab.get_by_test_id("update")).to_be_visible()
    assert sorted(await page.evaluate(SHELLS)) == sorted([f"elastic-chat.shell.{first}", "elastic-chat.shell.second"])
    await other.get_by_role("button", name="Reload").click()
    await other.wait_for_function("() => document.querySelector('meta[name=build]')?.content === 'second'")
    await comes_true(other, f"async () => String(await ({SHELLS})()) === 'elastic-chat.shell.second'")
    await expect(page.get_by_label("User name")).to_have_value("half a na")
    assert await page.evaluate("() => window.isTheSame")


async def test_the_only_page_that_is_of_the_new_version_need_not_ask(browser: Browser, server: Server) -> None:
    page = await opened(browser, server.url)
    server.deploy("second")
    await page.reload()
    await comes_true(page, f"async () => String(await ({SHELLS})()) === 'elastic-chat.shell.second'")
    await expect(page.get_by_test_id("update")).to_have_count(0)


async def test_a_server_that_has_no_worker_any_more_takes_it_away(browser: Browser, server: Server) -> None:
    page = await opened(browser, server.url)
    (server.folder / "sw.js").unlink()
    await page.reload()
    await comes_true(page, "async () => (await navigator.serviceWorker.getRegistrations()).length === 0")
    await comes_true(page, f"async () => (await ({SHELLS})()).length === 0")


async def test_the_worker_of_an_earlier_version_is_taken_over(browser: Browser, server: Server) -> None:
    (server.folder / "push.js").write_text("addEventListener('install', () => { skipWaiting(); });")
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{server.url}/favicon.svg")
    await page.evaluate("async () => { await navigator.serviceWorker.register('/push.js'); await navigator.serviceWorker.ready; }")
    await page.goto(server.url)
    await comes_true(page, f"async (url) => (await ({WORKERS})()) === url", f"{server.url}/sw.js")


async def test_what_another_app_shares_lands_where_its_user_wants_it(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "hello")
    assert await anna.page.evaluate(READY)
    await anna.page.reload()
    await anna.is_live()
    await anna.page.goto("about:blank")  # it comes from elsewhere: no page of the client's may send a form anywhere
    await anna.page.evaluate(SHARE, f"{stack.edge}/share")
    shared = anna.page.get_by_test_id("shared")
    await expect(shared).to_contain_text("Look at this\nhttps://good.test/")
    await expect(shared).to_contain_text("notes é.txt")
    assert anna.page.url == f"{stack.edge}/"
    await anna.page.get_by_test_id("share-with").click()
    await expect(anna.page.get_by_test_id("composer-input")).to_have_value("Look at this\nhttps://good.test/")
    await expect(anna.page.locator("[data-testid=attached][data-state=ready]")).to_have_count(1)
    await anna.page.get_by_test_id("send").click()
    async with bob.page.expect_download() as download:
        await bob.page.get_by_test_id("file-download").click()
    assert (await (await download.value).path()).read_bytes() == b"Bring the tent."
    await anna.page.reload()
    await anna.is_live()
    await expect(shared).to_have_count(0)
