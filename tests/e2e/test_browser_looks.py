"""The views look as somebody has found right: on a phone, a tablet and a desktop, in the light and in the dark."""

from __future__ import annotations

from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.e2e.looks import THEME, compare, make_steady, picture_of
from tests.e2e.person import Person
from tests.e2e.stack import Stack

SIZES = (ViewportSize(width=360, height=740), ViewportSize(width=768, height=900), ViewportSize(width=1440, height=900))
SETTINGS = ("profile", "privacy", "notifications", "appearance", "keyboard")


async def look_at(page: Page, name: str) -> list[str]:
    """Compare a view in all sizes and themes, and return what is wrong."""
    await make_steady(page)
    wrong = []
    for size in SIZES:
        await page.set_viewport_size(size)
        for theme in ("light", "dark"):
            await page.evaluate(THEME, theme)
            wrong.append(compare(f"{name}-{size['width']}-{theme}", await picture_of(page)))
    await page.set_viewport_size(SIZES[-1])
    return [one for one in wrong if one is not None]


async def test_the_entrance_and_the_first_start_look_right(stack: Stack, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(stack.edge)
    await expect(page.get_by_test_id("auth-form")).to_be_visible()
    wrong = await look_at(page, "login")
    await page.get_by_role("button", name="Create an account").click()
    wrong += await look_at(page, "register")
    anna = await Person.sit_down(browser, stack, "anna")
    wrong += await look_at(anna.page, "first-start")
    await anna.page.get_by_test_id("new-conversation").click()
    await expect(anna.page.get_by_label("User name")).to_be_focused()
    wrong += await look_at(anna.page, "new-conversation")
    assert not wrong, "\n".join(wrong)


async def test_a_conversation_looks_right(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "How is the new place?")
    await anna.page.get_by_role("button", name="Not now").click()
    await bob.say("Boxes **everywhere**, but the light in the morning is worth it.")
    await bob.say("The neighbours brought bread and salt:\n> Welcome to the third floor!")
    await anna.sees("Boxes everywhere, but the light in the morning is worth it.")
    await anna.react("Boxes", "❤️")
    await anna.say("That is the best kind of neighbour")
    await bob.sees("That is the best kind of neighbour")
    await expect(anna.page.get_by_test_id("message").last.get_by_role("img", name="Seen")).to_be_visible()
    wrong = await look_at(anna.page, "chat")
    await anna.back_to_the_list()
    await anna.create_group("Garden party", bob)
    await anna.say("I bring the lemonade, who brings the cups?")
    await anna.page.get_by_role("button", name="Details of Garden party").click()
    await expect(anna.page.get_by_test_id("panel").get_by_role("tab", name="Members")).to_be_visible()
    wrong += await look_at(anna.page, "details")
    assert not wrong, "\n".join(wrong)


async def test_the_settings_look_right(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    wrong = []
    for section in SETTINGS:
        await anna.page.goto(f"{stack.edge}/settings/{section}")
        await anna.is_live()
        await expect(anna.page.get_by_role("heading").first).to_be_visible()
        wrong += await look_at(anna.page, f"settings-{section}")
    assert not wrong, "\n".join(wrong)
