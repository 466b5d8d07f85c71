"""Several messages are chosen, and the same is done with all of them: by the mouse, by the keyboard, and by a finger."""

from __future__ import annotations

from playwright.async_api import Browser, Locator, expect

from tests.e2e.person import Person
from tests.e2e.stack import Stack


def choice(person: Person, text: str) -> Locator:
    """What a message is chosen by."""
    return person.page.get_by_test_id("message").filter(has_text=text).get_by_test_id("message-choice")


async def counts(person: Person, said: str) -> None:
    await expect(person.page.get_by_test_id("selection-count")).to_have_text(said)


async def with_five(browser: Browser, stack: Stack) -> tuple[Person, Person]:
    """Let Anna say five things to Bob, who says one."""
    anna, bob = await Person.two_in_a_chat(browser, stack, "one")
    for text in ("two", "three", "four", "five"):
        await anna.say(text)
    await bob.sees("five")
    await bob.say("six")
    await anna.sees("six")
    return anna, bob


async def test_messages_are_chosen_by_presses_and_ranges_and_each_offers_what_all_allow(stack: Stack, browser: Browser) -> None:
    anna, bob = await with_five(browser, stack)
    page, bar = anna.page, anna.page.get_by_test_id("selection")
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await anna.do_with("two", "Select")
    await counts(anna, "1 selected")
    await expect(choice(anna, "two")).to_be_checked()
    await expect(page.get_by_test_id("composer-input")).not_to_be_visible()
    await choice(anna, "four").click(modifiers=["Shift"])
    await counts(anna, "3 selected")
    await choice(anna, "three").click()
    await counts(anna, "2 selected")
    await expect(bar.get_by_role("button", name="Delete for everyone")).to_be_visible()
    await choice(anna, "six").click()
    await expect(bar.get_by_role("button", name="Delete for everyone")).to_have_count(0)
    await bar.get_by_role("button", name="Copy text").click()
    await expect(bar).to_have_count(0)
    copied = str(await page.evaluate("() => navigator.clipboard.readText()"))
    assert [line for line in copied.split("\n") if line in {"two", "three", "four", "six"}] == ["two", "four", "six"]
    assert copied.count("Anna") == 2
    assert copied.count("Bob") == 1

    await anna.do_with("two", "Select")
    await choice(anna, "three").click()
    await bar.get_by_role("button", name="Star").click()
    await expect(page.get_by_test_id("toasts")).to_contain_text("Starred")
    await expect(bar).to_have_count(0)

    await anna.do_with("two", "Select")
    await choice(anna, "three").click()
    await bar.get_by_role("button", name="Delete for everyone").click()
    await anna.answer("Delete")
    for person in (anna, bob):
        for text in ("two", "three"):
            await person.sees(text, times=0)
        await person.sees("four")
    await expect(bar).to_have_count(0)
    await expect(page.get_by_test_id("composer-input")).to_be_visible()

    await anna.do_with("six", "Select")
    await choice(anna, "five").click()
    await bar.get_by_role("button", name="Delete for me").click()
    await anna.answer("Delete")
    await anna.sees("six", times=0)
    await anna.sees("five", times=0)
    await bob.sees("five")


async def test_several_messages_are_forwarded_in_their_order(stack: Stack, browser: Browser) -> None:
    anna, bob = await with_five(browser, stack)
    await anna.create_group("Tea", bob)
    await anna.item(bob.display_name).click()
    await anna.do_with("four", "Select")
    await choice(anna, "one").click()
    await choice(anna, "six").click()
    await anna.page.get_by_test_id("selection").get_by_role("button", name="Forward").click()
    await anna.page.get_by_test_id("forward-to").filter(has_text="Tea").click()
    await anna.page.get_by_role("button", name="Forward to one conversation").click()
    await expect(anna.page.get_by_test_id("selection")).to_have_count(0)
    await bob.item("Tea").click()
    await expect(bob.page.get_by_test_id("message-text")).to_have_text(["one", "four", "six"])


async def test_the_keyboard_alone_chooses_and_leaves(stack: Stack, browser: Browser) -> None:
    anna, _ = await with_five(browser, stack)
    page = anna.page
    await page.get_by_test_id("message-list").focus()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("x")
    await expect(choice(anna, "six")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("ArrowUp")
    await expect(choice(anna, "four")).to_be_focused()
    await expect(choice(anna, "four")).to_have_accessible_name("Select what you said: four")
    await page.keyboard.press("Space")
    await counts(anna, "2 selected")
    # A key of a single message does nothing to one of several.
    await page.keyboard.press("Delete")
    await expect(page.get_by_role("alertdialog")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("selection")).to_have_count(0)
    await expect(page.get_by_test_id("message").filter(has_text="four")).to_be_focused()


async def test_a_finger_chooses_by_a_long_press(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna"), await Person.sit_down(browser, stack, "bob", phone=True)
    await anna.start_chat_with(bob)
    for text in ("one", "two", "three"):
        await anna.say(text)
    await bob.open_first()
    await bob.sees("three")
    box = await bob.page.get_by_test_id("message").filter(has_text="two").locator(".bubble").bounding_box()
    assert box
    finger = await bob.page.context.new_cdp_session(bob.page)
    at = {"x": box["x"] + 10, "y": box["y"] + 10}
    await finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [at]})
    select = bob.page.get_by_role("menuitem", name="Select", exact=True)
    await expect(select).to_be_visible()
    await finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await select.click()
    await choice(bob, "three").click()
    await counts(bob, "2 selected")
    assert await bob.page.evaluate("document.documentElement.scrollWidth") == 360
    await bob.page.get_by_test_id("selection").get_by_role("button", name="Cancel").click()
    await expect(bob.page.get_by_test_id("composer-input")).to_be_visible()
