"""The first day of somebody who has read nothing: a test walks it, and the README shows pictures of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from tests.e2e.person import Person

Look = Callable[[Person, str], Awaitable[None]]
"""Is called with what is on whose screen, and a name for it."""


async def first_day(maya: Person, jonas: Person, picture: bytes, look: Look) -> None:
    """Let Maya, who has just registered, find Jonas, talk, react, make a group, send a picture into it, and find again what was said."""
    await look(maya, "first-start")
    await maya.start_chat_with(jonas)
    await maya.say("Hello Jonas, I am here now, too!")
    await jonas.open_first()
    await jonas.sees("Hello Jonas, I am here now, too!")
    await jonas.say("Welcome! Shall we plan the picnic?")
    await maya.sees("Welcome! Shall we plan the picnic?")
    await maya.react("Shall we plan the picnic?", "👍")
    await expect(jonas.page.get_by_test_id("reaction")).to_have_text("👍 1")
    await look(maya, "first-chat")

    await maya.back_to_the_list()
    await maya.create_group("Garden party", jonas)
    await jonas.item("Garden party").click()
    file = {"name": "garden.jpg", "mimeType": "image/jpeg", "buffer": picture}
    await maya.page.get_by_test_id("attach").set_input_files(file)  # type: ignore[arg-type]
    await expect(maya.page.locator("[data-testid=attached][data-state=ready]")).to_have_count(1)
    await maya.say("This is where we could sit")
    await jonas.say("I bring the lemonade")
    for person in (maya, jonas):
        image = person.page.get_by_test_id("file-image")
        await expect(image).to_have_js_property("complete", value=True)
        await expect(image).to_have_attribute("alt", "garden.jpg")
        await person.sees("I bring the lemonade")
    await look(maya, "first-group")

    await maya.back_to_the_list()
    await maya.page.get_by_label("Filter conversations").fill("lemonade")
    await maya.page.get_by_test_id("search-everywhere").click()
    await maya.until_found("lemonade", "1 message")
    await look(maya, "first-search")
    await maya.page.get_by_test_id("search-results").get_by_role("button").first.click()
    found = maya.page.get_by_test_id("message").filter(has_text="I bring the lemonade")
    await expect(found).to_be_in_viewport()
