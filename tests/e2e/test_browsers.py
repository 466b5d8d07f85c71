"""Two people in two browsers, on two gateways."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from playwright.async_api import Browser, Page, WebSocket, async_playwright, expect

from bench.client import PASSWORD
from elastic_chat.gateway.v1 import frames_pb2 as pb
from tests.e2e.stack import Stack

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 20_000


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    assert path, "these tests drive Debian's Chromium: apt-get install chromium"
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        await launched.close()


@dataclass
class Person:
    """Someone in front of a browser of their own."""

    name: str
    page: Page
    nodes: list[str] = field(default_factory=list)

    @classmethod
    async def sit_down(cls, browser: Browser, stack: Stack, name: str, *, phone: bool = False) -> Person:
        """Open the web client in a new profile and register."""
        context = await browser.new_context(viewport={"width": 360, "height": 740} if phone else {"width": 1200, "height": 800})
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        person = cls(f"{name}-{secrets.token_hex(4)}", page)
        page.on("websocket", person._watch)
        await page.goto(stack.edge)
        await page.get_by_role("button", name="Create an account").click()
        await page.get_by_label("User name").fill(person.name)
        await page.get_by_label("Display name").fill(name.title())
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()
        await person.is_live()
        return person

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._hear)

    def _hear(self, payload: bytes | str) -> None:
        assert isinstance(payload, bytes)
        frame = pb.ServerFrame.FromString(payload)
        if frame.WhichOneof("frame") == "welcome":
            self.nodes.append(frame.welcome.node_id)

    async def is_live(self) -> None:
        await expect(self.page.get_by_test_id("connection-status")).to_have_attribute("data-phase", "live", timeout=PATIENCE_MS)

    async def move_to_other_gateway(self, node: str) -> None:
        """Reload until the mesh has chosen another gateway than `node`."""
        for _ in range(15):
            if self.nodes[-1] != node:
                return
            await self.page.reload()
            await self.is_live()
        raise AssertionError(f"the mesh never chose another gateway than {node}")

    async def start_chat_with(self, other: Person) -> None:
        await self.page.get_by_test_id("new-conversation").click()
        await self.page.get_by_label("User name").fill(other.name)
        await self.page.get_by_role("button", name="Start conversation").click()
        await expect(self.page.get_by_test_id("composer-input")).to_be_visible()

    async def create_group(self, title: str, *others: Person) -> None:
        await self.page.get_by_test_id("new-conversation").click()
        await self.page.get_by_text("Group", exact=True).click()
        await self.page.get_by_label("Title").fill(title)
        await self.page.get_by_label("Members").fill(" ".join(other.name for other in others))
        await self.page.get_by_role("button", name="Create group").click()
        await expect(self.page.get_by_test_id("conversation-title")).to_have_text(title)

    async def open_first(self) -> None:
        await self.page.get_by_test_id("conversation-item").first.click()
        await expect(self.page.get_by_test_id("message-list")).to_be_visible()

    async def say(self, text: str) -> None:
        await self.page.get_by_test_id("composer-input").fill(text)
        await self.page.keyboard.press("Enter")

    async def sees(self, text: str, times: int = 1) -> None:
        await expect(self.page.get_by_test_id("message-text").get_by_text(text, exact=True)).to_have_count(times, timeout=PATIENCE_MS)


async def test_two_people_chat_across_gateways_and_find_it_all_after_a_reload(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    bob = await Person.sit_down(browser, stack, "bob")
    await bob.move_to_other_gateway(anna.nodes[-1])

    await anna.start_chat_with(bob)
    await anna.say("Hello Bob, can you see this?")
    await expect(bob.page.get_by_test_id("unread-badge")).to_have_text("1", timeout=PATIENCE_MS)
    await bob.open_first()
    await bob.sees("Hello Bob, can you see this?")
    await expect(bob.page.get_by_test_id("unread-badge")).to_have_count(0, timeout=PATIENCE_MS)
    await bob.say("Every word.")
    await anna.sees("Every word.")
    await expect(anna.page.locator("[data-own=true][data-status=seen]")).to_have_count(1, timeout=PATIENCE_MS)

    for person in (anna, bob):
        await person.page.reload()
        await person.is_live()
        await person.open_first()
        await person.sees("Hello Bob, can you see this?")
        await person.sees("Every word.")


async def test_a_group_is_created_and_everyone_hears_everyone(stack: Stack, browser: Browser) -> None:
    anna, bob, carl = [await Person.sit_down(browser, stack, name) for name in ("anna", "bob", "carl")]
    await anna.create_group("Tea at five", bob, carl)
    for person in (bob, carl):
        await person.open_first()
        await expect(person.page.get_by_test_id("conversation-title")).to_have_text("Tea at five")
    for person in (anna, bob, carl):
        await person.say(f"{person.name} is in")
    for person in (anna, bob, carl):
        for other in (anna, bob, carl):
            await person.sees(f"{other.name} is in")


async def test_what_is_written_without_a_network_is_sent_when_it_is_back_once_and_in_order(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    bob = await Person.sit_down(browser, stack, "bob")
    await anna.start_chat_with(bob)
    await anna.say("zero")
    await bob.open_first()
    await bob.sees("zero")
    await anna.page.context.set_offline(True)
    await expect(anna.page.get_by_test_id("connection-status")).not_to_have_attribute("data-phase", "live", timeout=PATIENCE_MS)
    for text in ("one", "two", "three"):
        await anna.say(text)
    await expect(anna.page.locator("[data-status=sending]")).to_have_count(3)
    await bob.say("while you were away")
    await anna.page.context.set_offline(False)
    await anna.is_live()
    await anna.sees("while you were away")
    for text in ("one", "two", "three"):
        await bob.sees(text)
    texts = await bob.page.get_by_test_id("message-text").all_inner_texts()
    assert [text for text in texts if text in {"one", "two", "three"}] == ["one", "two", "three"]
    await expect(anna.page.locator("[data-status=sending]")).to_have_count(0)


async def test_history_scrolls_back_page_by_page_on_a_phone(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna", phone=True)
    bob = await Person.sit_down(browser, stack, "bob")
    await bob.start_chat_with(anna)
    for n in range(120):
        await bob.say(f"message {n}")
    await bob.sees("message 119")
    await expect(bob.page.locator("[data-status=sending]")).to_have_count(0, timeout=PATIENCE_MS)
    await anna.page.reload()
    await anna.is_live()
    await anna.open_first()
    await anna.sees("message 119")
    await anna.sees("message 0", times=0)
    messages = anna.page.get_by_test_id("message-list")
    for _ in range(20):
        if await anna.page.get_by_text("message 0", exact=True).count():
            break
        await messages.evaluate("list => { list.scrollTop = 0; }")
        await anna.page.wait_for_function("() => document.querySelector('[data-testid=history-start] .spinner') === null")
    await anna.sees("message 0")
    width = await anna.page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 360
