"""The service worker in a real browser: what the server pushes is shown there, taken back, and leads to its conversation.

Only the push service of the browser's maker is another: ours takes what the server sends, reads it with the keys that the page has
registered, and hands it to the browser as that one would.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from playwright.async_api import Browser, CDPSession, Page, Worker, expect

from bench.client import Account, Api, Socket
from elastic_chat.gateway.v1 import frames_pb2 as pb
from tests.e2e.logins import login
from tests.e2e.person import PATIENCE_MS, Person, comes_true
from tests.e2e.pushes import can_be_pushed, turn_notifications_on
from tests.e2e.stack import Stack
from tests.e2e.test_notifications import say
from tests.push import PushHouse, push_house

SHOWN = """async () => (await (await navigator.serviceWorker.getRegistration("/")).getNotifications())
  .map(({title, body, tag, data}) => [title, body, tag, data.seq])"""
CLICK = """async () => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", {notification}));
}"""
COUNT_BADGE = "() => { self.counted = []; self.navigator.setAppBadge = async (count) => { self.counted.push(count); }; }"


async def has_come(house: PushHouse, cdp: CDPSession, origin: str, kind: str, seq: int) -> None:
    """Hand the browser what the server has sent of this kind about this message, as soon as it has.

    What came a moment before the browser was subscribed may have been sent as well: the log is read in parts.
    """
    count = 1
    while not (says := [one.says for one in await house.until(count) if (one.says["type"], one.says["seq"]) == (kind, str(seq))]):
        count = len(house.arrived) + 1
    found = asyncio.get_running_loop().create_future()

    def note(event: Any) -> None:
        for registration in event["registrations"]:
            if registration["scopeURL"] == f"{origin}/" and not found.done():
                found.set_result(registration["registrationId"])

    cdp.on("ServiceWorker.workerRegistrationUpdated", note)
    await cdp.send("ServiceWorker.disable")
    await cdp.send("ServiceWorker.enable")
    async with asyncio.timeout(PATIENCE_MS / 1000):
        message = {"origin": origin, "registrationId": await found, "data": orjson.dumps(says[0]).decode()}
    await cdp.send("ServiceWorker.deliverPushMessage", message)


async def shows(page: Page, *wanted: list[Any]) -> None:
    """Wait until the browser shows these notifications."""
    await comes_true(page, f"async (wanted) => JSON.stringify(await ({SHOWN})()) === wanted", orjson.dumps(wanted).decode())


async def test_a_message_is_shown_while_the_chat_is_closed_until_it_is_read_elsewhere(stack: Stack, api: Api, browser: Browser) -> None:
    async with push_house(stack.push_port) as house:
        anna = await api.register("anna", "Anna")
        bob, page, room = await subscribed(stack, api, browser, house, anna)
        context = page.context
        await page.goto(f"{stack.edge}/openapi.json")  # nothing of the client runs there
        await say(api, anna, room, "Are you there?")
        cdp = await context.new_cdp_session(page)
        worker = await awake(page)
        await worker.evaluate(COUNT_BADGE)
        await has_come(house, cdp, stack.edge, "message", 3)
        await shows(page, ["Anna", "Are you there?", room, 3])
        laptop = await Socket.open(api, bob)
        await laptop.send_frame(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=room, delivered_seq=3, read_seq=3)))
        await has_come(house, cdp, stack.edge, "read", 3)
        await shows(page)
        assert await worker.evaluate("() => self.counted") == [2, 0]
        await laptop.close()
        await context.close()


async def test_a_click_leads_to_the_conversation_and_the_switch_turns_it_all_off(stack: Stack, api: Api, browser: Browser) -> None:
    async with push_house(stack.push_port) as house:
        anna = await api.register("anna", "Anna")
        bob, page, room = await subscribed(stack, api, browser, house, anna)
        await page.goto(f"{stack.edge}/openapi.json")
        await say(api, anna, room, "Come here")
        await has_come(house, await page.context.new_cdp_session(page), stack.edge, "message", 3)
        await shows(page, ["Anna", "Come here", room, 3])
        await page.goto(f"{stack.edge}/settings/notifications")
        await expect(page.get_by_role("switch", name="Notifications")).to_be_checked()
        await (await awake(page)).evaluate(CLICK)
        await expect(page).to_have_url(f"{stack.edge}/c/{room}")
        await page.goto(f"{stack.edge}/settings/notifications")
        await page.get_by_role("switch", name="Notifications").click()
        await expect(page.get_by_role("switch", name="Notifications")).not_to_be_checked()
        assert not (await api.call("GET", "/v1/push-subscriptions", token=bob.token)).get("subscriptions")
        assert await page.evaluate("() => localStorage.getItem('subscribed')") is None
        await page.context.close()


async def subscribed(stack: Stack, api: Api, browser: Browser, house: PushHouse, anna: Account) -> tuple[Account, Page, str]:
    """Sit Bob down, who has heard from Anna and turns on notifications; return another login of his, his page, and the conversation."""
    bob = await Person.sit_down(browser, stack, "bob")
    await can_be_pushed(bob, stack, api, house)
    account = await login(api, Account("", bob.name, "", ""))
    room = await api.direct(anna, account)
    await say(api, anna, room, "Hello")
    await expect(bob.page.get_by_test_id("conversation-item")).to_have_count(1)
    await turn_notifications_on(bob)
    await comes_true(bob.page, "async (id) => id in ((await (await caches.match('/push-names'))?.json())?.users ?? {})", anna.user_id)
    return account, bob.page, room


async def awake(page: Page) -> Worker:
    """Return the service worker that runs."""
    workers = page.context.service_workers
    return workers[0] if workers else await page.context.wait_for_event("serviceworker")
