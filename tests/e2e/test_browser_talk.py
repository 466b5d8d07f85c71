"""Messages and what becomes of them, by the hands of people in front of browsers."""

from __future__ import annotations

from playwright.async_api import Browser, Locator, expect

from tests.e2e.person import Person
from tests.e2e.stack import Stack


def message(person: Person, text: str) -> Locator:
    """The message of the conversation that says `text`."""
    messages = person.page.get_by_test_id("message-list").get_by_test_id("message")
    return messages.filter(has=person.page.get_by_test_id("message-text").get_by_text(text, exact=True))


async def do(person: Person, text: str, name: str) -> None:
    """Choose something of what can be done with a message. What quotes it is another."""
    await message(person, text).hover()
    await message(person, text).get_by_test_id("message-menu").click()
    await person.page.get_by_role("menu").get_by_text(name, exact=True).click()


async def test_two_people_do_with_messages_what_they_want(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "at nine")
    await bob.move_to_other_gateway(anna.nodes[-1])
    await bob.open_first()

    await message(bob, "at nine").hover()
    await message(bob, "at nine").get_by_test_id("message-reply").click()
    await bob.say("better at ten")
    await expect(message(anna, "better at ten").get_by_test_id("quote")).to_contain_text("at nine")

    await do(bob, "better at ten", "👍")
    reaction = message(anna, "better at ten").get_by_test_id("reaction")
    await expect(reaction).to_have_text("👍 1")
    await expect(reaction).to_have_accessible_name("👍 1: Bob reacted with 👍")

    await do(anna, "at nine", "Edit")
    await expect(anna.page.get_by_test_id("composer-input")).to_have_value("at nine")
    await anna.say("at half past nine")
    await expect(message(bob, "at half past nine")).to_be_visible()
    await message(bob, "at half past nine").get_by_role("button", name="edited").click()
    await expect(bob.page.get_by_test_id("wordings").get_by_test_id("message-text")).to_have_text(["at nine", "at half past nine"])
    await bob.page.keyboard.press("Escape")
    await expect(bob.page.get_by_test_id("panel")).to_have_count(0)

    await do(anna, "at half past nine", "Pin for everyone")
    await expect(bob.page.get_by_test_id("pins-bar")).to_contain_text("at half past nine")

    await anna.say("a slip")
    await bob.sees("a slip")
    await do(anna, "a slip", "Delete for everyone")
    await anna.page.get_by_role("alertdialog").get_by_role("button", name="Delete", exact=True).click()
    await expect(message(bob, "a slip")).to_have_count(0)
    await expect(bob.page.get_by_text("This message was deleted").and_(bob.page.locator(".bubble-gone"))).to_be_visible()

    await do(anna, "better at ten", "Message info")
    await expect(anna.page.get_by_test_id("panel")).to_contain_text("Sent")
    await anna.page.go_back()
    await expect(anna.page.get_by_test_id("panel")).to_have_count(0)


async def test_a_thread_has_a_place_of_its_own_on_a_desktop_and_on_a_phone(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna"), await Person.sit_down(browser, stack, "bob", phone=True)
    await anna.start_chat_with(bob)
    await anna.say("who brings what?")
    await bob.open_first()
    await bob.sees("who brings what?")

    await do(anna, "who brings what?", "Open thread")
    panel = anna.page.get_by_test_id("panel")
    await panel.get_by_test_id("composer-input").fill("I bring tea")
    await anna.page.keyboard.press("Enter")
    await expect(panel.get_by_test_id("message-text")).to_have_text(["who brings what?", "I bring tea"])

    await message(bob, "who brings what?").get_by_role("button", name="1 reply").click()
    thread = bob.page.get_by_test_id("thread")
    await expect(thread.get_by_test_id("message-text")).to_have_text(["who brings what?", "I bring tea"])
    await expect(bob.page.get_by_test_id("message-list")).not_to_be_visible()
    await bob.page.get_by_test_id("panel").get_by_test_id("composer-input").fill("and I cake")
    await bob.page.get_by_test_id("panel").get_by_test_id("send").click()
    await expect(panel.get_by_test_id("message-text")).to_have_text(["who brings what?", "I bring tea", "and I cake"])
    await bob.page.go_back()
    await expect(message(bob, "who brings what?").get_by_test_id("replies")).to_have_text("2 replies")


async def test_a_message_goes_elsewhere_and_a_link_leads_to_it(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "the code is 1234")
    await anna.create_group("Tea", bob)
    await anna.page.get_by_test_id("conversation-item").filter(has_text="Bob").click()
    await message(anna, "the code is 1234").focus()
    await anna.page.keyboard.press("f")
    dialog = anna.page.get_by_test_id("forward")
    await dialog.get_by_test_id("forward-to").filter(has_text="Tea").click()
    await dialog.get_by_role("button", name="Forward to one conversation").click()
    await expect(anna.page.get_by_test_id("toasts")).to_contain_text("Forwarded to")
    await bob.page.get_by_test_id("conversation-item").filter(has_text="Tea").click()
    await expect(message(bob, "the code is 1234").get_by_test_id("forwarded")).to_have_text("Forwarded from Anna")

    await anna.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await do(anna, "the code is 1234", "Copy link")
    await expect(anna.page.get_by_test_id("toasts")).to_contain_text("Link copied")
    link = str(await anna.page.evaluate("navigator.clipboard.readText()"))
    await bob.page.goto(link)
    await bob.is_live()
    await expect(message(bob, "the code is 1234")).to_be_in_viewport()
    assert bob.page.url == link.rsplit("/", 1)[0]

    await do(bob, "the code is 1234", "Star")
    await bob.choose("Starred messages")
    await bob.page.get_by_test_id("message-link").get_by_role("button").first.click()
    await expect(message(bob, "the code is 1234")).to_be_in_viewport()
