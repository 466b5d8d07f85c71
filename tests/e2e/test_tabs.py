"""Tabs of one browser, which share what they have and one connection; and a start without a network.

A gateway is killed here: these tests come after those that ask whether anything has crashed.
"""

from __future__ import annotations

import asyncio
import os
import signal

from playwright.async_api import Browser, BrowserContext, Page, WebSocket, expect

from tests.e2e.person import PATIENCE_MS, Person
from tests.e2e.stack import Stack

READY = "async () => Boolean(await navigator.serviceWorker.ready)"


class Sockets:
    """The WebSockets of a browser that are open, whichever tab they are of."""

    def __init__(self, context: BrowserContext) -> None:
        self._all: list[tuple[Page, WebSocket]] = []
        for page in context.pages:
            self._watch(page)
        context.on("page", self._watch)

    def open(self) -> int:
        """Return how many there are. One whose tab was closed is closed, which nobody says of it."""
        return sum(not page.is_closed() and not socket.is_closed() for page, socket in self._all)

    def _watch(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._all.append((page, socket)))


async def test_a_start_without_a_network_shows_what_was_kept_and_sends_later_what_is_written(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "zero")
    await bob.say("one")
    await anna.sees("one")
    assert await anna.page.evaluate(READY)
    await anna.page.wait_for_timeout(1_500)  # what is kept is written together, a second later
    await anna.page.context.set_offline(True)
    await anna.page.reload()
    await anna.sees("zero")
    await anna.sees("one")
    status = anna.page.get_by_test_id("connection-status")
    await expect(status).to_contain_text("You are offline. You see what is kept here")
    await anna.say("two")
    await expect(anna.page.locator("[data-status=sending]")).to_have_count(1)
    await bob.say("meanwhile")
    await anna.page.context.set_offline(False)
    await anna.is_live()
    await bob.sees("two")
    for person in (anna, bob):
        await person.sees("meanwhile")
        assert sorted(await person.texts()) == ["meanwhile", "one", "two", "zero"]


async def test_two_tabs_have_one_connection_which_goes_on_when_its_tab_is_closed_and_end_together(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "zero")
    sockets = Sockets(anna.page.context)
    await anna.page.reload()
    await anna.is_live()
    second = await anna.in_another_tab()
    third = await anna.in_another_tab()
    tabs = (anna, second, third)
    assert sockets.open() == 1

    await bob.say("one")
    await second.say("two")
    for person in (*tabs, bob):
        await person.sees("one")
        await person.sees("two")

    # The connection is that of the first tab.
    assert second.nodes == third.nodes == []
    await anna.page.close()
    await bob.say("three")
    for tab in (second, third):
        await tab.sees("three")
        await tab.say(f"from {id(tab)}")
    for person in (second, third, bob):
        for tab in (second, third):
            await person.sees(f"from {id(tab)}")
    await expect(second.page.locator("[data-status=sending]")).to_have_count(0)
    assert sockets.open() == 1
    assert len(second.nodes) + len(third.nodes) == 1

    # What is written in both without a network is in both at once, and leaves once and in order.
    await second.page.context.set_offline(True)
    for tab, text in ((second, "a"), (third, "b"), (second, "c")):
        await tab.say(text)
        for other in (second, third):
            await other.sees(text)
    await second.page.context.set_offline(False)
    for person in (second, third, bob):
        await person.sees("c")
    await expect(third.page.locator("[data-status=sending]")).to_have_count(0)
    for person in (second, third, bob):
        assert [text for text in await person.texts() if len(text) == 1] == ["a", "b", "c"]

    await second.page.get_by_role("button", name="Log out").click()
    await expect(third.page.get_by_test_id("auth-form")).to_be_visible()
    async with asyncio.timeout(10):
        while sockets.open():
            await asyncio.sleep(0.05)


async def test_tabs_whose_gateway_is_killed_have_every_message_once_and_in_order(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "0")
    sockets = Sockets(anna.page.context)
    await bob.move_to_other_gateway(anna.nodes[-1])
    await bob.open_first()
    await anna.page.reload()
    await anna.is_live()
    await anna.move_to_other_gateway(bob.nodes[-1])
    second = await anna.in_another_tab()
    tabs = (anna, second)

    async def talk() -> None:
        for number in range(1, 21):
            await bob.say(f"{number}")
            await tabs[number % 2].say(f"{-number}")

    talking = asyncio.create_task(talk())
    await second.sees("3")
    os.kill(stack.status()[anna.nodes[-1]]["pid"], signal.SIGKILL)
    await talking
    wanted = {f"{number}" for number in range(-20, 21)}
    for person in (*tabs, bob):
        for text in ("20", "-20", "-19"):
            await person.sees(text)
    for tab in tabs:
        await expect(tab.page.locator("[data-status=sending]")).to_have_count(0, timeout=2 * PATIENCE_MS)
    for person in (*tabs, bob):
        await person.page.set_viewport_size({"width": 1200, "height": 4_000})  # what is far from the screen is not drawn
        await expect(person.page.get_by_test_id("message-text")).to_have_count(len(wanted))
    orders = [await person.texts() for person in (*tabs, bob)]
    assert orders[0] == orders[1] == orders[2]
    assert set(orders[0]) == wanted
    assert [text for text in orders[0] if int(text) > 0] == [f"{number}" for number in range(1, 21)]
    assert sockets.open() == 1
