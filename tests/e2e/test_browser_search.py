"""Searching in browsers: what was said is found by its words, and leads to where it was said, as it is by then."""

from __future__ import annotations

from playwright.async_api import Browser, Locator, expect

from bench.client import Account, Api
from chatkit.core.ids import new_id
from tests.e2e.person import Person
from tests.e2e.stack import Stack

OLD = 60
"""So many messages follow the one that is looked for: it is not loaded when the conversation opens."""


def found(person: Person, text: str) -> Locator:
    """What was found that has `text`."""
    return person.page.get_by_test_id("search-results").get_by_test_id("message-link").filter(has_text=text)


def count(person: Person) -> Locator:
    """What is said of how many were found."""
    return person.page.get_by_test_id("search-count")


async def look_by_operators(bob: Person, anna: Person, carla: Account) -> None:
    """Bob looks by what is suggested to him, and by what can't be understood."""
    field = bob.page.get_by_test_id("search-input")
    # What is written behind an operator is suggested.
    await bob.page.get_by_role("button", name="Clear").click()
    await expect(bob.page.get_by_test_id("recent-search")).to_have_text(["kettle"])
    await bob.page.get_by_test_id("search-operator").filter(has_text="from:").click()
    await field.press_sequentially("ann")
    await expect(bob.page.get_by_test_id("search-suggestion").first).to_contain_text("Anna")
    await field.press("Enter")
    await expect(field).to_have_value(f"from:@{anna.name} ")
    await field.press_sequentially("kettle")
    await expect(found(bob, "lighthouse")).to_have_count(1)
    await bob.searches(f"from:@{carla.username} kettle")
    await expect(count(bob)).to_have_text("Nothing found")
    await bob.searches("has:video kettle")
    await expect(bob.page.get_by_role("alert")).to_contain_text("has:video at 1 is none of")


async def say_otherwise(anna: Person, bob: Person) -> None:
    """Anna deletes and edits what Bob has found."""
    await bob.searches("kettle")
    await expect(found(bob, "lighthouse")).to_have_count(1)
    await anna.page.keyboard.press("Escape")
    await anna.say("A second kettle is here")
    await bob.until_found("kettle", "2 messages")
    await anna.do_with("A second kettle is here", "Delete for everyone")
    await anna.page.get_by_role("alertdialog").get_by_role("button", name="Delete").click()
    await expect(found(bob, "second")).to_have_count(0)
    await bob.until_found("kettle", "1 message")
    await anna.reveal_by_search("lighthouse")
    await anna.do_with("The kettle is at the lighthouse", "Edit")
    await anna.say("The teapot is at the lighthouse")
    await expect(found(bob, "teapot")).to_have_count(1)
    await bob.until_found("kettle", "Nothing found")
    await bob.until_found("teapot", "1 message")


async def test_what_was_said_is_found_and_leads_to_where_it_was_said_however_old_it_is(stack: Stack, browser: Browser, api: Api) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna"), await Person.sit_down(browser, stack, "bob")
    await bob.move_to_other_gateway(anna.nodes[-1])
    carla = await api.register("carla", "Carla")
    await anna.create_group("Harbour", bob)
    await anna.say("The kettle is at the lighthouse")

    # Carla lets the group grow, so that the first message is far away.
    await anna.page.get_by_test_id("members").click()
    await anna.page.get_by_role("button", name="Add people").click()
    await anna.page.get_by_role("combobox", name="Add by user name").fill(carla.username)
    await anna.page.get_by_role("button", name="Add", exact=True).click()
    await expect(anna.page.get_by_test_id("member")).to_have_count(3)
    conversation_id = anna.page.url.rsplit("/", 1)[-1]
    for number in range(OLD):
        body = {"messageId": new_id(), "body": {"text": f"Wave {number}"}}
        await api.call("POST", f"/v1/conversations/{conversation_id}/messages", body, token=carla.token)
    # Another browser has kept nothing.
    await bob.page.context.close()
    bob = await bob.on_another_device(browser, stack)
    await bob.open_first()
    await bob.sees(f"Wave {OLD - 1}")
    await expect(bob.page.get_by_test_id("message-text").get_by_text("The kettle is at the lighthouse")).to_have_count(0)

    await bob.page.keyboard.press("Control+Shift+F")
    field = bob.page.get_by_test_id("search-input")
    await expect(field).to_be_focused()
    await bob.searches("kettle")
    await expect(found(bob, "lighthouse")).to_have_count(1)
    await expect(found(bob, "lighthouse").locator("mark")).to_have_text("kettle")
    await expect(found(bob, "lighthouse")).to_contain_text("Anna")
    await expect(count(bob)).to_have_text("1 message")
    await field.press("ArrowDown")
    await bob.page.keyboard.press("Enter")
    shown = bob.page.get_by_test_id("message").filter(has_text="The kettle is at the lighthouse")
    await expect(shown).to_be_in_viewport()

    # A page has 20 messages: the next come when one scrolls.
    await bob.searches("wave")
    await expect(found(bob, "Wave")).to_have_count(20)
    await found(bob, "Wave").last.scroll_into_view_if_needed()
    await bob.page.get_by_test_id("panel").get_by_text("Show more").scroll_into_view_if_needed()
    await expect(found(bob, "Wave").nth(30)).to_be_attached()
    await look_by_operators(bob, anna, carla)
    await say_otherwise(anna, bob)


async def test_on_a_phone_one_looks_everywhere_and_comes_back_to_what_was_found(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna"), await Person.sit_down(browser, stack, "bob", phone=True)
    await anna.create_group("Walks", bob)
    await anna.say("Rain at the weekend")
    await anna.start_chat_with(bob)
    await anna.say("Bring boots for the rain")
    await expect(bob.page.get_by_test_id("conversation-item")).to_have_count(2)

    await bob.page.get_by_label("Filter conversations").fill("rain")
    await bob.page.get_by_test_id("search-everywhere").click()
    await bob.until_found("rain", "2 messages")
    await expect(found(bob, "weekend")).to_contain_text("Walks")
    await found(bob, "weekend").get_by_role("button").click()
    await expect(bob.page.get_by_test_id("conversation-title")).to_have_text("Walks")
    await expect(bob.page.get_by_test_id("panel")).to_have_count(0)
    await expect(bob.page.get_by_test_id("message").filter(has_text="weekend")).to_be_in_viewport()
    await bob.page.go_back()
    await expect(found(bob, "boots")).to_be_visible()
    await expect(bob.page.get_by_test_id("search-input")).to_have_value("rain")
    await found(bob, "boots").get_by_role("button").click()
    await expect(bob.page.get_by_test_id("conversation-title")).to_have_text("Anna")
    await bob.page.get_by_test_id("conversation-menu").click()
    await bob.page.get_by_role("menuitem", name="Search messages", exact=True).click()
    await bob.searches("weekend")
    await expect(count(bob)).to_have_text("Nothing found")
    await bob.page.get_by_role("button", name="Look in all conversations").click()
    await expect(found(bob, "weekend")).to_be_visible()
    await bob.page.get_by_role("button", name="Back", exact=True).click()
    await expect(bob.page.get_by_test_id("panel")).to_have_count(0)
