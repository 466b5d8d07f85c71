"""The web client speaks the language of who uses it."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect

from tests.e2e.person import Person
from tests.e2e.stack import Stack


async def choose(page: Page, settings: str, appearance: str, language: str) -> None:
    """Choose a language in the settings, and leave them."""
    await page.get_by_role("link", name=settings, exact=True).click()
    await page.get_by_role("link", name=appearance, exact=True).click()
    await page.locator("select[name=language]").select_option(language)
    await page.keyboard.press("Escape")


async def test_a_language_is_spoken_as_soon_as_it_is_chosen_and_after_a_reload(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    bob = await Person.sit_down(browser, stack, "bob")
    await anna.create_group("Tea (عند الخامسة) 5", bob)
    await anna.say("hello, سلام!")

    await choose(anna.page, "Settings", "Appearance", "ar")
    root = anna.page.locator("html")
    await expect(root).to_have_attribute("dir", "rtl")
    await expect(root).to_have_attribute("lang", "ar")
    await expect(anna.page.get_by_test_id("composer-input")).to_have_attribute("placeholder", "اكتب رسالة")
    # What is of both directions stands for itself in a sentence of one.
    await expect(anna.page.get_by_test_id("system-line").first).to_have_text("أنشأت «\u2068Tea (عند الخامسة) 5\u2069»")
    await expect(anna.page.get_by_test_id("message-text")).to_have_attribute("dir", "auto")
    sides = await anna.page.evaluate(
        "[document.querySelector('.sidebar').getBoundingClientRect().left, document.querySelector('.pane').getBoundingClientRect().left]"
    )
    assert sides[0] > sides[1]
    await expect(bob.page.locator("html")).to_have_attribute("dir", "ltr")

    await choose(anna.page, "الإعدادات", "المظهر", "de")
    await expect(root).to_have_attribute("lang", "de")
    await anna.page.reload()
    await anna.is_live()
    await expect(root).to_have_attribute("lang", "de")
    await expect(root).to_have_attribute("dir", "ltr")
    await expect(anna.page.get_by_role("button", name="Abmelden")).to_be_visible()


async def test_the_browser_decides_for_whoever_has_chosen_nothing(stack: Stack, browser: Browser) -> None:
    context = await browser.new_context(locale="zh-CN")
    page = await context.new_page()
    await page.goto(stack.edge)
    await expect(page.locator("html")).to_have_attribute("lang", "zh")
    await expect(page.get_by_role("button", name="登录")).to_be_visible()
    await context.close()
