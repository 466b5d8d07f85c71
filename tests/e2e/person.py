"""A person in front of a browser."""

from __future__ import annotations

import asyncio
import base64
import secrets
from contextlib import suppress
from dataclasses import dataclass, field

from playwright.async_api import Browser, Error, Locator, Page, ViewportSize, WebSocket, expect

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
expect.set_options(timeout=PATIENCE_MS)
AGAIN_S = 0.05
DESK, PHONE = ViewportSize(width=1200, height=800), ViewportSize(width=360, height=740)
DRAG = """
(element, [event, name, data]) => {
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([Uint8Array.from(atob(data), (char) => char.charCodeAt(0))], name));
  element.dispatchEvent(new DragEvent(event, { bubbles: true, cancelable: true, dataTransfer }));
}
"""


async def comes_true(page: Page, asks: str, arg: object = None) -> None:
    """Wait until an asynchronous question of a page is answered with true.

    `Page.wait_for_function` is for those that are not: it takes the promise of an answer for the answer. A page that goes on is asked
    there.
    """
    answer = False
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not answer:
            await asyncio.sleep(AGAIN_S)
            with suppress(Error):
                answer = await page.evaluate(asks, arg)


@dataclass
class Person:
    """Someone in front of a browser of their own."""

    name: str
    page: Page
    nodes: list[str] = field(default_factory=list)
    rejects: list[pb.Reject] = field(default_factory=list)

    @property
    def display_name(self) -> str:
        """What others call them, from the beginning."""
        return self.name.rpartition("-")[0].title()

    @classmethod
    async def sit_down(cls, browser: Browser, stack: Stack, name: str, *, phone: bool = False) -> Person:
        """Open the web client in a new profile and register."""
        context = await browser.new_context(viewport=PHONE if phone else DESK)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        person = cls(f"{name}-{secrets.token_hex(4)}", page)
        page.on("websocket", person._watch)
        await page.goto(stack.edge)
        await page.get_by_role("button", name="Create an account").click()
        await page.get_by_label("User name").fill(person.name)
        await page.get_by_label("Display name").fill(person.display_name)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Create account").click()
        await person.is_live()
        return person

    async def on_another_device(self, browser: Browser, stack: Stack, *, phone: bool = False) -> Person:
        """Log in once more, in a profile of its own."""
        context = await browser.new_context(viewport=PHONE if phone else DESK)
        context.set_default_timeout(PATIENCE_MS)
        device = Person(self.name, await context.new_page())
        device.page.on("websocket", device._watch)
        await device.page.goto(stack.edge)
        await device.logs_in()
        await device.is_live()
        return device

    async def logs_in(self) -> None:
        """Say who they are, where the client asks."""
        await self.page.get_by_label("User name").fill(self.name)
        await self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        await self.page.get_by_role("button", name="Log in").click()

    async def in_another_tab(self) -> Person:
        """Open one more tab of the same browser, at what the first shows."""
        tab = Person(self.name, await self.page.context.new_page())
        tab.page.on("websocket", tab._watch)
        await tab.page.goto(self.page.url)
        await tab.is_live()
        return tab

    @classmethod
    async def two_in_a_chat(cls, browser: Browser, stack: Stack, opening: str) -> tuple[Person, Person]:
        """Sit Anna and Bob down in a chat. Anna has opened it with a message, and Bob reads it."""
        anna, bob = await cls.sit_down(browser, stack, "anna"), await cls.sit_down(browser, stack, "bob")
        await anna.start_chat_with(bob)
        await anna.say(opening)
        await bob.open_first()
        await bob.sees(opening)
        return anna, bob

    def _watch(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._hear)

    def _hear(self, payload: bytes | str) -> None:
        assert isinstance(payload, bytes)
        frame = pb.ServerFrame.FromString(payload)
        match frame.WhichOneof("frame"):
            case "welcome":
                self.nodes.append(frame.welcome.node_id)
            case "reject":
                self.rejects.append(frame.reject)
            case _:
                """Nothing that a test asks for."""

    async def is_live(self) -> None:
        await expect(self.page.get_by_test_id("connection-status")).to_have_attribute("data-phase", "live", timeout=2 * PATIENCE_MS)

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
        # Another conversation may be open until then.
        await expect(self.page.get_by_test_id("conversation-title")).to_have_text(other.display_name)
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

    async def back_to_the_list(self) -> None:
        """Leave a conversation where the list is behind it: on a phone."""
        back = self.page.get_by_role("button", name="Back to all conversations")
        if await back.is_visible():
            await back.click()

    async def say(self, text: str) -> None:
        await self.page.get_by_test_id("composer-input").fill(text)
        await self.page.keyboard.press("Enter")

    async def sees(self, text: str, times: int = 1) -> None:
        await expect(self.page.get_by_test_id("message-text").get_by_text(text, exact=True)).to_have_count(times)

    async def texts(self) -> list[str]:
        """Return what all messages of the page say, those too that are not drawn: of these a browser gives no inner text."""
        return await self.page.get_by_test_id("message-text").all_text_contents()

    async def do_with(self, text: str, name: str) -> None:
        """Choose something from the menu of a message."""
        await (await self._with_menu(text)).get_by_role("menuitem", name=name, exact=True).click()

    async def react(self, text: str, emoji: str) -> None:
        """React to a message with one of those that its menu offers first."""
        await (await self._with_menu(text)).get_by_role("menu").get_by_text(emoji, exact=True).click()

    async def _with_menu(self, text: str) -> Locator:
        """Open the menu of a message, and return the message."""
        message = self.page.get_by_test_id("message").filter(has_text=text)
        await message.hover()
        await message.get_by_test_id("message-menu").click()
        return message

    async def open_settings(self, section: str) -> None:
        """Open a section of the settings."""
        await self.page.get_by_role("link", name="Settings", exact=True).click()
        await self.page.get_by_role("link", name=section, exact=True).click()

    async def choose(self, name: str) -> None:
        """Choose something from the menu above the conversations."""
        await self.page.get_by_test_id("sidebar-menu").click()
        await self.page.get_by_role("menuitem", name=name, exact=True).click()

    def item(self, title: str) -> Locator:
        """A conversation of the list."""
        return self.page.get_by_test_id("conversation-item").filter(has_text=title)

    async def look_in(self, folder: str) -> None:
        """Show the conversations of a folder only."""
        await self.page.get_by_role("radiogroup", name="Which conversations").get_by_text(folder).click()

    async def do_with_conversation(self, title: str, name: str) -> None:
        """Choose something from the menu of a conversation of the list, by a right click."""
        await self.item(title).click(button="right")
        await self.page.get_by_role("menuitem", name=name, exact=True).click()

    async def searches(self, query: str) -> None:
        """Write what is looked for, in the panel that is open."""
        await self.page.get_by_test_id("search-input").fill(query)

    async def until_found(self, query: str, said: str) -> None:
        """Look for something again and again until it is said that so much is found: what was just said is not found at once."""
        async with asyncio.timeout(PATIENCE_MS / 1_000):
            while True:
                await self.searches(query)
                await self.page.get_by_test_id("search-input").press("Enter")
                try:
                    await expect(self.page.get_by_test_id("search-count")).to_have_text(said, timeout=2_000)
                except AssertionError:
                    continue
                return

    async def reveal_by_search(self, query: str) -> None:
        """Come to the message that a search in the open conversation finds."""
        await self.page.get_by_test_id("search-here").click()
        await self.searches(query)
        await self.page.get_by_test_id("search-results").get_by_role("button").first.click()

    async def answer(self, name: str) -> None:
        """Press a button of the question that is asked."""
        await self.page.get_by_role("alertdialog").get_by_role("button", name=name, exact=True).click()

    async def drag(self, event: str, name: str, data: bytes) -> None:
        """Let something happen to a file that is dragged over the messages: `dragenter`, `dragover`, `drop`."""
        await self.page.get_by_test_id("message-list").evaluate(DRAG, [event, name, base64.b64encode(data).decode()])

    async def swipe(self, pixels: int) -> None:
        """Move a finger, or the mouse, sideways from the middle of the screen."""
        size = self.page.viewport_size
        assert size is not None
        x, y = size["width"] // 2, size["height"] // 2
        await self.page.mouse.move(x, y)
        await self.page.mouse.down()
        await self.page.mouse.move(x + pixels, y, steps=4)
        await self.page.mouse.up()
