"""A browser whose pushes come from our own push service, which reads them with the keys that the page registers."""

from __future__ import annotations

import orjson
from playwright.async_api import expect

from bench.client import Account, Api
from tests.e2e.logins import login
from tests.e2e.person import Person
from tests.e2e.stack import Stack
from tests.push import PushHouse, text_of

SUBSCRIBE = """
  const subscription = {toJSON: () => (%s), unsubscribe: async () => { localStorage.removeItem("subscribed"); return true; }};
  PushManager.prototype.subscribe = async ({applicationServerKey, userVisibleOnly}) => {
    if (!userVisibleOnly || applicationServerKey !== "%s") throw new Error("no browser would take this");
    localStorage.setItem("subscribed", "yes");
    return subscription;
  };
  PushManager.prototype.getSubscription = async () => localStorage.getItem("subscribed") === null ? null : subscription;
"""


async def can_be_pushed(person: Person, stack: Stack, api: Api, house: PushHouse) -> None:
    """Let somebody's browser be one to which the service can push, once they turn notifications on."""
    account = await login(api, Account("", person.name, "", ""))
    house.key = (await api.call("GET", "/v1/push-key", token=account.token))["publicKey"]
    endpoint = house.subscribe(person.name)
    keys = {"p256dh": text_of(house.devices[person.name].public_key), "auth": text_of(house.devices[person.name].secret)}
    await person.page.context.grant_permissions(["notifications"], origin=stack.edge)
    await person.page.add_init_script(SUBSCRIBE % (orjson.dumps({"endpoint": endpoint, "keys": keys}).decode(), house.key))
    await person.page.reload()
    await person.is_live()


async def turn_notifications_on(person: Person) -> None:
    """Choose it in the settings."""
    await person.open_settings("Notifications")
    switch = person.page.get_by_role("switch", name="Notifications")
    await switch.click()
    await expect(switch).to_be_checked()
