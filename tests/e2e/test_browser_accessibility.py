"""Nothing that axe-core finds stands between a person and what they want: in every view, in both themes, and on phones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.e2e.person import Person
from tests.e2e.stack import Stack

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SECTIONS = ("profile", "account", "sessions", "privacy", "notifications", "appearance", "keyboard", "about")
STILL = """() => Promise.all(
  document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
    .map((one) => one.finished.catch(() => 0)))"""


async def faults(page: Page) -> list[str]:
    """Return what axe finds on a page, in the light and in the dark."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = []
    for theme in ("light", "dark"):
        await page.evaluate("(theme) => { document.documentElement.dataset.theme = theme; }", theme)
        await page.evaluate(STILL)
        result: dict[str, Any] = await page.evaluate("(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", RULES)
        found += [
            f"{theme}: {fault['id']}: {fault['help']}: {node['html']}: {node['failureSummary']}"
            for fault in result["violations"]
            for node in fault["nodes"]
        ]
    return found


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
