"""What people do where they write, in a browser."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, Locator, expect

from bench.client import PASSWORD, Api
from tests.e2e.person import Person
from tests.e2e.pictures import photo
from tests.e2e.stack import Stack


async def settle(api: Api, owner: Person, **settings: Any) -> None:
    """Change the settings of the conversation that somebody has used last."""
    token = (await api.call("POST", "/v1/auth/login", {"username": owner.name, "password": PASSWORD}))["accessToken"]
    listed = await api.call("GET", "/v1/conversations", token=token)
    conversation_id = listed["conversations"][0]["conversation"]["conversationId"]
    await api.call("PATCH", f"/v1/conversations/{conversation_id}", settings, token)


async def two_in_a_group(browser: Browser, stack: Stack) -> tuple[Person, Person]:
    """Sit Anna, whose group it is, and Bob down at different gateways; Bob has a phone."""
    anna = await Person.sit_down(browser, stack, "anna")
    bob = await Person.sit_down(browser, stack, "bob", phone=True)
    await anna.create_group("Tea", bob)
    await anna.say("Tea?")
    await bob.open_first()
    await bob.sees("Tea?")
    await bob.move_to_other_gateway(anna.nodes[-1])
    return anna, bob


async def test_names_and_emoji_are_completed_and_mean_something(stack: Stack, browser: Browser) -> None:
    anna, bob = await two_in_a_group(browser, stack)
    composer = anna.page.get_by_test_id("composer-input")
    offers = anna.page.get_by_test_id("suggestion")

    # A name by the keyboard: the field says which one is chosen, and Esc closes the list and nothing else.
    await composer.press_sequentially("Hello @bo")
    await expect(offers).to_have_count(1)
    chosen = await composer.get_attribute("aria-activedescendant")
    await expect(anna.page.locator(f'[id="{chosen}"]')).to_have_attribute("aria-selected", "true")
    await composer.press("Escape")
    await expect(offers).to_have_count(0)
    await composer.press_sequentially("b")
    await expect(offers).to_have_count(0)
    await composer.fill("")
    await composer.press_sequentially("Hello @bo")
    await composer.press("Enter")
    await expect(composer).to_have_value(f"Hello @{bob.name} ")
    await composer.press_sequentially("and @al")
    await anna.page.get_by_role("option", name="Everyone here").click()
    await composer.press_sequentially(":tada")
    await expect(offers.first).to_contain_text(":tada:")
    await composer.press("Tab")
    await expect(composer).to_have_value(f"Hello @{bob.name} and @all 🎉 ")
    await composer.press("Enter")
    for person in (anna, bob):
        mentions = person.page.get_by_test_id("mention")
        await expect(mentions).to_have_text(["@Bob", "@all"])
    await expect(bob.page.get_by_test_id("mention").first).to_have_attribute("data-me", "true")
    await expect(anna.page.get_by_test_id("mention").first).to_have_attribute("data-me", "false")

    # An edit mentions whom it names then.
    await composer.press("ArrowUp")
    await composer.fill(f"Bye @{bob.name}")
    await expect(offers).to_have_count(1)
    await composer.press("Escape")
    await expect(offers).to_have_count(0)
    await composer.press("Enter")
    await expect(bob.page.get_by_test_id("mention")).to_have_text(["@Bob"])


async def test_commands_are_offered_where_they_are_possible_and_a_poll_is_asked(stack: Stack, browser: Browser) -> None:
    anna, bob = await two_in_a_group(browser, stack)
    composer = anna.page.get_by_test_id("composer-input")
    offers = anna.page.get_by_test_id("suggestion")

    # What is no command is a message.
    await composer.press_sequentially("/to")
    await expect(offers).to_have_count(1)
    await composer.press("Enter")
    await composer.press_sequentially("green or black")
    await composer.press("Enter")
    await expect(anna.page.get_by_test_id("conversation-subtitle")).to_contain_text("green or black")
    await expect(composer).to_have_value("")
    await anna.say("/usr/bin is a path")
    await bob.sees("/usr/bin is a path")
    await bob.page.get_by_test_id("composer-input").press_sequentially("/to")
    await expect(bob.page.get_by_test_id("suggestion")).to_have_count(0)
    await bob.page.get_by_test_id("composer-input").fill("")

    # A poll, from the menu.
    await anna.page.get_by_test_id("composer-add").click()
    await anna.page.get_by_role("menuitem", name="Poll").click()
    form = anna.page.get_by_test_id("poll-form")
    await form.get_by_label("Question").fill("Which tea?")
    await form.get_by_role("textbox", name="Answer 1").fill("Green")
    await form.get_by_role("textbox", name="Answer 2").fill("Green")
    await expect(form.get_by_text("Two answers are the same.")).to_be_visible()
    await form.get_by_role("textbox", name="Answer 2").fill("Black")
    await expect(form.get_by_role("textbox", name="Answer 3")).to_be_visible()
    await form.get_by_role("button", name="Ask").click()
    await bob.sees("Which tea?")
    await expect(bob.page.get_by_test_id("poll-option")).to_have_count(2)


async def test_slow_mode_counts_down_and_whoever_may_not_write_is_told_why(stack: Stack, browser: Browser, api: Api) -> None:
    anna, bob = await two_in_a_group(browser, stack)
    await settle(api, anna, slowModeS=30)
    await bob.say("Green!")
    await bob.sees("Green!")
    await expect(bob.page.get_by_test_id("slow-mode")).to_contain_text("30 seconds")
    await bob.page.get_by_test_id("composer-input").fill("Or black")
    await expect(bob.page.get_by_test_id("send")).to_be_disabled()
    await expect(anna.page.get_by_test_id("slow-mode")).to_have_count(0)
    await settle(api, anna, slowModeS=0, memberPermissions=1)
    await expect(bob.page.get_by_test_id("composer-bar")).to_have_attribute("data-bar", "members")
    await expect(bob.page.get_by_test_id("composer-input")).to_have_count(0)


async def test_files_are_dropped_uploaded_and_looked_through(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    bob = await Person.sit_down(browser, stack, "bob", phone=True)
    await anna.start_chat_with(bob)
    await anna.say("Photos?")
    await bob.open_first()
    await bob.sees("Photos?")
    await bob.move_to_other_gateway(anna.nodes[-1])

    # What is dragged over the conversation says where it would go.
    await anna.drag("dragenter", "holiday.jpg", photo(900, 600))
    await expect(anna.page.get_by_test_id("drop")).to_contain_text("Bob")
    await anna.drag("drop", "holiday.jpg", photo(900, 600))
    await expect(anna.page.get_by_test_id("drop")).to_have_count(0)
    more = [{"name": f"photo-{shade}.jpg", "mimeType": "image/jpeg", "buffer": photo(600, 600, shade)} for shade in (20, 90)]
    wrong = {"name": "program.bin", "mimeType": "application/octet-stream", "buffer": bytes(range(256)) * 40}
    await anna.page.get_by_test_id("attach").set_input_files([*more, wrong])  # type: ignore[arg-type]
    attached = anna.page.get_by_test_id("attached")
    await expect(anna.page.locator("[data-testid=attached][data-state=ready]")).to_have_count(3)
    refused = anna.page.locator("[data-testid=attached][data-state=failed]")
    await expect(refused).to_contain_text("Files of this kind are not taken in here.")
    await expect(anna.page.get_by_test_id("send")).to_be_disabled()
    await refused.get_by_role("button", name="Remove program.bin").click()
    await expect(attached).to_have_count(3)

    # They stay while another conversation is open.
    await anna.create_group("Elsewhere", bob)
    await expect(attached).to_have_count(0)
    await anna.item("Bob").click()
    await expect(attached).to_have_count(3)
    await anna.page.get_by_test_id("send").click()
    await expect(attached).to_have_count(0)

    # Several are a grid, and each leads to the others of the conversation.
    media = bob.page.get_by_test_id("message-list").get_by_role("button", name="Open the picture")
    await expect(media).to_have_count(3)
    await look_through(bob, media.nth(1))


async def look_through(bob: Person, second: Locator) -> None:
    """Open the second of three pictures, and go everywhere from there."""
    await second.click()
    viewer, place = bob.page.get_by_test_id("viewer"), bob.page.get_by_test_id("viewer-place")
    await expect(place).to_have_text("2 of 3")
    for key, shown in (("ArrowRight", "3 of 3"), ("ArrowRight", "3 of 3"), ("Home", "1 of 3"), ("ArrowLeft", "1 of 3")):
        await bob.page.keyboard.press(key)
        await expect(place).to_have_text(shown)
    await expect(viewer.locator("img")).to_have_js_property("complete", value=True)
    await bob.swipe(-150)
    await expect(place).to_have_text("2 of 3")
    await bob.page.keyboard.press("+")
    await expect(viewer).to_have_attribute("data-scale", "1.5")
    await bob.page.mouse.wheel(0, -200)
    await expect(viewer).not_to_have_attribute("data-scale", "1.5")
    await bob.swipe(-150)  # moves what is larger than the screen
    await expect(place).to_have_text("2 of 3")
    await bob.page.keyboard.press("0")
    await expect(viewer).to_have_attribute("data-scale", "1")
    async with bob.page.expect_download() as download:
        await viewer.get_by_role("button", name="Download").click()
    assert (await download.value).suggested_filename.startswith("photo-")
    await bob.page.keyboard.press("Escape")
    await expect(viewer).to_have_count(0)
    await expect(second).to_be_focused()
