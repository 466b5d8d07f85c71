"""Nothing that axe-core finds stands between a person and what they want: in every view, in both themes, and on phones."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from tests.e2e.axe import faults
from tests.e2e.person import Person
from tests.e2e.stack import Stack

SECTIONS = ("profile", "account", "sessions", "privacy", "notifications", "appearance", "keyboard", "about")


async def test_axe_finds_nothing_in_the_conversations(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "hello")
    page = anna.page
    await anna.say("a **bold** word and https://example.com")
    await bob.say("yes")
    await anna.sees("yes")
    found = await faults(page)
    await anna.do_with("yes", "Select")
    await expect(page.get_by_test_id("selection")).to_be_visible()
    found += await faults(page)
    await page.keyboard.press("Escape")
    await page.get_by_test_id("sidebar-menu").click()
    found += await faults(page)
    await page.keyboard.press("Escape")
    await page.get_by_test_id("new-conversation").click()
    found += await faults(page)
    await page.keyboard.press("Escape")
    await page.goto(stack.edge)
    await anna.is_live()
    found += await faults(page)
    assert found == []


async def test_axe_finds_nothing_in_the_settings_and_at_the_entrance(stack: Stack, browser: Browser) -> None:
    found: list[str] = []
    for phone in (False, True):
        anna = await Person.sit_down(browser, stack, "anna", phone=phone)
        for section in ("", *SECTIONS):
            await anna.page.goto(f"{stack.edge}/settings/{section}")
            await anna.is_live()
            await expect(anna.page.get_by_role("heading").first).to_be_visible()
            found += await faults(anna.page)
        await anna.page.goto(stack.edge)
        await anna.page.get_by_role("button", name="Log out").click()
        await expect(anna.page.get_by_test_id("auth-form")).to_be_visible()
        found += await faults(anna.page)
        await anna.page.get_by_role("button", name="Create an account").click()
        found += await faults(anna.page)
    assert found == []
