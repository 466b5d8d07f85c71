"""What becomes of messages, as a browser shows it."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, Locator, expect

from bench.client import Account, Api, Socket
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from tests.e2e.person import Person
from tests.e2e.stack import Stack


class Sender:
    """Someone who says and changes messages of one conversation by calls."""

    def __init__(self, api: Api, account: Account, conversation_id: str) -> None:
        self._api = api
        self._account = account
        self._messages = f"/v1/conversations/{conversation_id}/messages"

    async def say(self, text: str, **more: Any) -> int:
        body = {"messageId": new_id(), "body": {"text": text, **more}}
        return int((await self._api.call("POST", self._messages, body, self._account.token))["seq"])

    async def change(self, method: str, seq: int, what: str = "", **body: Any) -> None:
        path = f"{self._messages}/{seq}{what}"
        await self._api.call(method, path, body or None, self._account.token)

    async def state(self, seq: int) -> Any:
        return (await self._api.call("GET", f"{self._messages}/{seq}", token=self._account.token))["entry"]["state"]


async def group_of(api: Api, owner: Account, other: Person) -> str:
    found = await api.call("GET", f"/v1/users?username={other.name}", token=owner.token)
    body = {"kind": "GROUP", "title": "Tea", "memberIds": [found["users"][0]["userId"]]}
    return str((await api.call("POST", "/v1/conversations", body, owner.token))["conversation"]["conversationId"])


def message(person: Person, text: str) -> Locator:
    """The message that says `text`."""
    return person.page.get_by_test_id("message").filter(has=person.page.get_by_test_id("message-text").get_by_text(text, exact=True))


async def test_every_kind_of_message_is_shown_as_it_is_and_so_is_what_becomes_of_it(
    stack: Stack, browser: Browser, api: Api, anna: Account
) -> None:
    bob = await Person.sit_down(browser, stack, "bob")
    conversation_id = await group_of(api, anna, bob)
    sender = Sender(api, anna, conversation_id)
    where = await sender.say("Where?")
    await bob.open_first()
    await bob.sees("Where?")

    said = await sender.say("At nine")
    await sender.say("At the harbour", replyTo=str(where))
    await sender.say("Which one?", thread=str(where))
    wrong = await sender.say("Oops")
    await api.call(
        "POST",
        f"/v1/conversations/{conversation_id}/forward",
        {"fromConversationId": conversation_id, "seq": str(where), "messageId": new_id()},
        anna.token,
    )
    await sender.change("PATCH", said, messageId=new_id(), body={"text": "At ten"})
    await sender.change("DELETE", wrong)
    await sender.change("PUT", said, "/pin")
    await sender.change("PUT", said, "/reactions/%F0%9F%91%8D")
    await message(bob, "At ten").get_by_test_id("reaction").click()

    for _ in range(2):
        page = bob.page
        changed = message(bob, "At ten")
        await expect(changed.get_by_text("edited", exact=True)).to_be_visible()
        await expect(changed.get_by_test_id("pinned")).to_be_visible()
        await expect(changed.get_by_test_id("reaction")).to_have_text("👍 2")
        await expect(changed.get_by_test_id("reaction")).to_have_attribute("data-mine", "true")
        await expect(message(bob, "At the harbour").get_by_test_id("quote")).to_have_text("To AnnaWhere?")
        await expect(message(bob, "Which one?").get_by_test_id("quote")).to_have_text("In the thread of AnnaWhere?")
        await expect(message(bob, "Where?").first.get_by_text("1 reply", exact=True)).to_be_visible()
        await expect(page.get_by_text("This message was deleted").and_(page.locator(".bubble-gone"))).to_have_count(1)
        await expect(page.get_by_text("Oops")).to_have_count(0)
        await expect(message(bob, "Where?").last.get_by_test_id("forwarded")).to_have_text("Forwarded from Anna")
        await page.reload()
        await bob.is_live()
        await bob.open_first()


async def test_a_poll_is_voted_in_until_it_is_closed(stack: Stack, browser: Browser, api: Api, anna: Account) -> None:
    bob = await Person.sit_down(browser, stack, "bob")
    sender = Sender(api, anna, await group_of(api, anna, bob))
    asked = await sender.say("Tea or coffee?", poll={"options": ["Tea", "Coffee"]})
    await bob.open_first()
    poll = bob.page.get_by_test_id("poll")
    tea, coffee = poll.get_by_test_id("poll-option").nth(0), poll.get_by_test_id("poll-option").nth(1)
    await expect(poll.get_by_test_id("poll-foot")).to_have_text("No votes yet")
    await tea.click()
    await expect(tea).to_have_attribute("aria-pressed", "true")
    await coffee.click()
    await expect(coffee).to_have_attribute("aria-pressed", "true")
    await expect(tea).to_have_attribute("aria-pressed", "false")
    await sender.change("PUT", asked, "/vote", options=[1])
    await expect(poll.get_by_test_id("poll-count")).to_have_text(["0", "2"])
    state = await sender.state(asked)
    assert [(one["option"], one["count"]) for one in state["votes"]] == [(1, 2)]
    await sender.change("PUT", asked, "/closing")
    for _ in range(2):
        await expect(poll).to_have_attribute("data-closed", "true")
        await expect(poll.get_by_test_id("poll-foot")).to_have_text("2 votes · Closed")
        await expect(poll.get_by_test_id("poll-count")).to_have_text(["0", "2"])
        await expect(tea).to_be_disabled()
        await bob.page.reload()
        await bob.is_live()
        await bob.open_first()


async def test_a_message_grows_while_it_is_made_and_is_there_once_when_it_is_said(
    stack: Stack, browser: Browser, api: Api, anna: Account
) -> None:
    bob = await Person.sit_down(browser, stack, "bob")
    conversation_id = await group_of(api, anna, bob)
    await Sender(api, anna, conversation_id).say("A story?")
    await bob.open_first()
    await bob.sees("A story?")
    maker = await Socket.open(api, anna)
    message_id, growing = new_id(), bob.page.locator("[data-status=growing]")
    for offset, part, shown in (
        (0, "Ünce", "Ünce"),
        (5, " upon", "Ünce upon"),
        (17, " lost", "Ünce upon"),
        (10, " a time", "Ünce upon a time"),
    ):
        delta = pb.Delta(message_id=message_id, conversation_id=conversation_id, offset=offset, text=part)
        await maker.send_frame(pb.ClientFrame(delta=delta))
        await expect(growing.get_by_test_id("message-text")).to_have_text(shown)
    await maker.say(conversation_id, "Once upon a time", message_id)
    await bob.sees("Once upon a time")
    await expect(growing).to_have_count(0)
    await expect(bob.page.get_by_test_id("message")).to_have_count(2)
    await maker.close()
