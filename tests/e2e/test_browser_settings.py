"""What is one's own in the web client: who one is, where one is logged in, how it looks, and how one comes in and goes."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from bench.client import PASSWORD
from tests.e2e.person import Person
from tests.e2e.pictures import photo
from tests.e2e.stack import Stack

BLOB = re.compile("^blob:")


async def test_a_status_is_chosen_and_others_see_it(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "hello")
    await anna.open_settings("Profile")
    page = anna.page
    await page.get_by_role("button", name="In a meeting").click()
    await expect(page.get_by_label("It ends")).to_have_value("hour")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_test_id("toasts")).to_contain_text("Saved")
    await expect(page.get_by_label("It ends")).to_have_value("asItIs")
    await expect(bob.page.get_by_test_id("conversation-subtitle")).to_contain_text("In a meeting")

    await page.get_by_role("button", name="Clear the status").click()
    await expect(bob.page.get_by_test_id("conversation-subtitle")).not_to_contain_text("In a meeting")
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("composer-input")).to_be_visible()
    await expect(page.get_by_role("link", name="Settings", exact=True)).to_be_focused()


async def test_a_name_and_pictures_are_changed_and_others_see_them(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "hello")
    page = anna.page
    await anna.open_settings("Profile")
    await page.get_by_label("Display name").fill("Anna of the sea")
    await page.get_by_role("button", name="Change the name").click()
    await expect(page.get_by_test_id("toasts")).to_contain_text("Saved")
    face = page.get_by_test_id("picture-field").get_by_test_id("avatar-picture")
    await page.get_by_test_id("picture-input").set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo(640, 480)})
    await expect(face).to_have_attribute("src", BLOB)
    assert await face.evaluate("image => image.decode().then(() => image.naturalWidth)") == 240
    await page.get_by_role("button", name="Back to the conversations").click()
    await expect(page.get_by_test_id("my-name")).to_have_text("Anna of the sea")

    # Nobody tells Bob: his page looks when it has begun anew.
    await bob.page.reload()
    await expect(bob.page.get_by_test_id("conversation-title")).to_have_text("Anna of the sea")
    await expect(bob.page.get_by_test_id("conversation-item").get_by_test_id("avatar-picture")).to_have_attribute("src", BLOB)

    await anna.create_group("Walks", bob)
    await page.get_by_test_id("members").click()
    await page.get_by_role("tab", name="Settings").click()
    await page.get_by_test_id("picture-input").set_input_files({"name": "path.jpg", "mimeType": "image/jpeg", "buffer": photo(480, 640)})
    await expect(bob.item("Walks").get_by_test_id("avatar-picture")).to_have_attribute("src", BLOB)
    await page.get_by_role("button", name="Remove the picture").click()
    await expect(bob.item("Walks").get_by_test_id("avatar-picture")).to_have_count(0)


async def test_sessions_are_ended_the_password_is_changed_and_the_account_is_deleted(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    other = await anna.on_another_device(browser, stack)
    third = await anna.on_another_device(browser, stack)
    page = anna.page
    await anna.open_settings("Devices and sessions")
    sessions = page.get_by_test_id("session")
    await expect(sessions).to_have_count(3)
    await expect(sessions.first).to_have_attribute("data-current", "true")
    await sessions.nth(1).get_by_role("button").click()
    await expect(sessions).to_have_count(2)
    await page.get_by_role("button", name="End all other sessions").click()
    await page.get_by_role("button", name="End them all").click()
    await expect(sessions).to_have_count(1)
    for device in (other, third):
        await expect(device.page.get_by_test_id("auth-form")).to_be_visible()

    await page.get_by_role("link", name="Account", exact=True).click()
    await page.get_by_label("Current password").fill("it is another one")
    await page.get_by_label("New password").fill("kestrel lamp orbit 49")
    await expect(page.get_by_text("A good password.")).to_be_visible()
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_role("button", name="Change the password").click()
    await expect(page.get_by_test_id("toasts")).to_contain_text("The password is changed")

    await page.get_by_role("button", name="Delete the account…").click()
    gone = page.get_by_role("button", name="Delete for good")
    form = page.get_by_test_id("delete-form")
    await form.get_by_label("Password", exact=True).fill("kestrel lamp orbit 49")
    await form.get_by_label("User name").fill("somebody")
    await expect(gone).to_be_disabled()
    await form.get_by_label("User name").fill(anna.name)
    await gone.click()
    await expect(page.get_by_test_id("auth-form")).to_be_visible()


async def test_settings_on_a_phone_and_after_a_reload(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna", phone=True)
    page = anna.page
    await page.get_by_role("link", name="Settings", exact=True).click()
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    await page.get_by_role("link", name="Appearance").click()
    await expect(page.get_by_role("heading", name="Appearance")).to_be_visible()
    await page.get_by_text("Dark", exact=True).click()
    await page.get_by_text("Large", exact=True).click()
    await page.reload()
    await expect(page.get_by_role("heading", name="Appearance")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await expect(page.locator("html")).to_have_attribute("data-text", "large")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("link", name="Back").click()
    await page.get_by_role("link", name="Notifications").click()
    await page.get_by_role("switch", name="Be quiet every day").click()
    await page.get_by_label("From").fill("21:30")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_test_id("toasts")).to_contain_text("Saved")
    await page.reload()
    await expect(page.get_by_label("From")).to_have_value("21:30")
    await page.go_back()
    await page.get_by_role("button", name="Back to the conversations").click()
    await expect(page.get_by_test_id("conversation-list")).to_be_visible()


async def test_the_keyboard_leads_everywhere_and_the_sheet_tells_how(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "hello")
    page = anna.page
    await anna.create_group("Tea", bob)
    await page.get_by_test_id("composer-input").press("?")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_test_id("conversation-item").first.focus()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Open the settings")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+ArrowDown")
    await expect(page.get_by_test_id("conversation-title")).to_have_text("Bob")
    await page.keyboard.press("Alt+ArrowUp")
    await expect(page.get_by_test_id("conversation-title")).to_have_text("Tea")
    await page.keyboard.press("Alt+KeyN")
    await expect(page.get_by_test_id("new-conversation-form")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+,")
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    await page.get_by_role("link", name="Keyboard shortcuts").click()
    await page.get_by_role("switch", name="Shortcuts of a single key").click()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_the_password_can_be_seen_and_notifications_are_offered_once(stack: Stack, browser: Browser) -> None:
    anna, _ = await Person.two_in_a_chat(browser, stack, "hello")
    page = anna.page
    await expect(page.get_by_test_id("notifications-offer")).to_be_visible()
    await page.get_by_role("button", name="Not now").click()
    await anna.say("still here?")
    await anna.sees("still here?")
    await expect(page.get_by_test_id("notifications-offer")).to_have_count(0)
    await page.get_by_role("button", name="Log out").click()
    await sees_the_password(page)


async def sees_the_password(page: Page) -> None:
    password = page.get_by_label("Password", exact=True)
    await password.fill("kestrel lamp")
    await expect(password).to_have_attribute("type", "password")
    await page.get_by_role("button", name="Show the password").click()
    await expect(password).to_have_attribute("type", "text")
