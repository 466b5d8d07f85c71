"""Two people in two browsers, on two gateways."""

from __future__ import annotations

import asyncio
import os
import signal

from playwright.async_api import Browser, expect

from tests.e2e.person import Person
from tests.e2e.pictures import photo
from tests.e2e.stack import Stack


async def test_two_people_chat_across_gateways_and_find_it_all_after_a_reload(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    bob = await Person.sit_down(browser, stack, "bob")
    await bob.move_to_other_gateway(anna.nodes[-1])

    await anna.start_chat_with(bob)
    await anna.say("Hello Bob, can you see this?")
    await expect(bob.page.get_by_test_id("unread-badge")).to_have_text("1")
    await bob.open_first()
    await bob.sees("Hello Bob, can you see this?")
    await expect(bob.page.get_by_test_id("unread-badge")).to_have_count(0)
    await bob.say("Every word.")
    await anna.sees("Every word.")
    await expect(anna.page.locator("[data-own=true][data-status=seen]")).to_have_count(1)

    for person in (anna, bob):
        await person.page.reload()
        await person.is_live()
        await person.open_first()
        await person.sees("Hello Bob, can you see this?")
        await person.sees("Every word.")


async def test_a_group_is_created_and_everyone_hears_everyone(stack: Stack, browser: Browser) -> None:
    anna, bob, carl = [await Person.sit_down(browser, stack, name) for name in ("anna", "bob", "carl")]
    await anna.create_group("Tea at five", bob, carl)
    for person in (bob, carl):
        await person.open_first()
        await expect(person.page.get_by_test_id("conversation-title")).to_have_text("Tea at five")
    for person in (anna, bob, carl):
        await person.say(f"{person.name} is in")
    for person in (anna, bob, carl):
        for other in (anna, bob, carl):
            await person.sees(f"{other.name} is in")


async def test_whoever_opens_an_invite_link_sees_what_it_leads_to_and_joins(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna"), await Person.sit_down(browser, stack, "bob")
    await anna.create_group("Tea")
    await anna.page.get_by_test_id("members").click()
    await anna.page.get_by_role("tab", name="Links").click()
    await anna.page.get_by_test_id("invite").click()
    link = await anna.page.get_by_label("Whoever has this link may join").input_value()
    await bob.page.goto(link)
    await expect(bob.page.get_by_role("heading", name="Join “Tea”")).to_be_visible()
    assert bob.page.url == f"{stack.edge}/"
    await bob.page.get_by_test_id("join").click()
    await expect(bob.page.get_by_test_id("conversation-title")).to_have_text("Tea")
    await bob.say("May I?")
    await anna.sees("May I?")
    await expect(anna.page.get_by_text("Bob joined").first).to_be_visible()


async def test_what_is_written_without_a_network_is_sent_when_it_is_back_once_and_in_order(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "zero")
    await anna.page.context.set_offline(True)
    await expect(anna.page.get_by_test_id("connection-status")).not_to_have_attribute("data-phase", "live")
    for text in ("one", "two", "three"):
        await anna.say(text)
    await expect(anna.page.locator("[data-status=sending]")).to_have_count(3)
    await bob.say("while you were away")
    await anna.page.context.set_offline(False)
    await anna.is_live()
    await anna.sees("while you were away")
    for text in ("one", "two", "three"):
        await bob.sees(text)
    texts = await bob.texts()
    assert [text for text in texts if text in {"one", "two", "three"}] == ["one", "two", "three"]
    await expect(anna.page.locator("[data-status=sending]")).to_have_count(0)


async def test_what_is_written_while_the_log_takes_nothing_waits_and_is_sent_once_and_in_order(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "zero")
    await expect(anna.page.locator("[data-status=sending]")).to_have_count(0)
    kafka = stack.status()["kafka"]["pid"]
    os.kill(kafka, signal.SIGSTOP)
    try:
        for text in ("one", "two", "three"):
            await anna.say(text)
        async with asyncio.timeout(60):
            while not anna.rejects:
                await asyncio.sleep(0.1)
        assert all(reject.retryable for reject in anna.rejects)
        await expect(anna.page.locator("[data-status=sending]")).to_have_count(3)
        await bob.sees("one", times=0)
    finally:
        os.kill(kafka, signal.SIGCONT)
    for text in ("one", "two", "three"):
        await bob.sees(text)
    texts = await bob.texts()
    assert texts == ["zero", "one", "two", "three"]
    await expect(anna.page.locator("[data-status=sending]")).to_have_count(0)


async def test_one_begins_at_what_is_new_and_scrolls_back_page_by_page_on_a_phone(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    bob = await Person.sit_down(browser, stack, "bob")
    await bob.start_chat_with(anna)
    for n in range(120):
        await bob.say(f"message {n}")
    await bob.sees("message 119")
    await expect(bob.page.locator("[data-status=sending]")).to_have_count(0)
    await anna.open_first()
    await anna.sees("message 0")
    await anna.sees("message 119", times=0)
    await anna.page.get_by_test_id("jump-latest").click()
    await anna.sees("message 119")
    await expect(bob.page.locator("[data-status=seen]")).not_to_have_count(0)

    # What has been read is above the screen.
    phone = await anna.on_another_device(browser, stack, phone=True)
    await phone.open_first()
    await phone.sees("message 119")
    await phone.sees("message 0", times=0)
    for _ in range(40):
        if await phone.page.get_by_text("message 0", exact=True).count():
            break
        await phone.page.get_by_test_id("message-list").evaluate("list => { list.scrollTop = 0; }")
        await phone.page.wait_for_function("() => document.querySelector('[data-testid=history-start] .spinner') === null")
    await phone.sees("message 0")
    assert await phone.page.evaluate("() => document.documentElement.scrollWidth") <= 360


async def test_a_picture_and_a_document_are_sent_and_seen(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    bob = await Person.sit_down(browser, stack, "bob")
    await anna.start_chat_with(bob)
    chosen = [
        {"name": "holiday.jpg", "mimeType": "image/jpeg", "buffer": photo(900, 600)},
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Bring the tent."},
    ]
    await anna.page.get_by_test_id("attach").set_input_files(chosen)  # type: ignore[arg-type]
    await expect(anna.page.locator("[data-testid=attached][data-state=ready]")).to_have_count(2)
    await anna.page.get_by_test_id("send").click()
    await bob.open_first()
    for person in (anna, bob):
        image = person.page.get_by_test_id("file-image")
        await expect(image).to_have_attribute("alt", "holiday.jpg")
        await expect(image).to_have_js_property("complete", value=True)
        await expect(image).to_have_js_property("naturalHeight", 900)
    async with bob.page.expect_download() as download:
        await bob.page.get_by_test_id("file-download").click()
    got = await download.value
    assert got.suggested_filename == "notes.txt"
    assert (await got.path()).read_bytes() == b"Bring the tent."


async def test_what_was_changed_when_the_page_ended_is_changed(stack: Stack, browser: Browser) -> None:
    anna, _ = await Person.two_in_a_chat(browser, stack, "hello")
    for name, label in (("Mute", "Muted"), ("Pin", "Pinned")):
        await anna.page.get_by_test_id("conversation-menu").click()
        item = anna.page.get_by_role("menuitem", name=name, exact=True)
        async with anna.page.expect_event("load"):
            await item.evaluate("(item) => { item.click(); location.reload(); }")
        await expect(anna.page.get_by_test_id("conversation-item").get_by_label(label)).to_be_visible()


async def test_what_one_sets_for_oneself_is_on_all_of_ones_devices(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "a slip")
    await bob.say("the code is 1234")
    await anna.sees("the code is 1234")
    device = await anna.on_another_device(browser, stack)
    await device.open_first()
    await device.sees("the code is 1234")

    for name, label in (("Mute", "Muted"), ("Pin", "Pinned")):
        await anna.page.get_by_test_id("conversation-menu").click()
        await anna.page.get_by_role("menuitem", name=name, exact=True).click()
        for page in (anna.page, device.page):
            await expect(page.get_by_test_id("conversation-item").get_by_label(label)).to_be_visible()

    await anna.do_with("a slip", "Delete for me")
    for page in (anna.page, device.page):
        await expect(page.get_by_test_id("message-text")).to_have_text(["the code is 1234"])
    await bob.sees("a slip")

    await anna.do_with("the code is 1234", "Star")
    await device.choose("Starred messages")
    await expect(device.page.get_by_test_id("message-link")).to_contain_text("the code is 1234")
    await device.page.keyboard.press("Escape")

    await anna.page.get_by_test_id("composer-input").fill("not ready")
    await expect(device.page.get_by_test_id("composer-input")).to_have_value("not ready")
    await device.page.get_by_test_id("send-later").click()
    await device.page.get_by_role("button", name="Send then").click()
    await expect(anna.page.get_by_test_id("composer-input")).to_have_value("")
    await anna.choose("To be sent later")
    await expect(anna.page.get_by_test_id("waiting")).to_contain_text("not ready")
    await anna.page.get_by_role("button", name="Do not send").click()
    await expect(anna.page.get_by_test_id("waiting")).to_have_count(0)
    await anna.page.keyboard.press("Escape")

    await anna.page.get_by_test_id("conversation-menu").click()
    await anna.page.get_by_role("menuitem", name="Archive", exact=True).click()
    for page in (anna.page, device.page):
        await expect(page.get_by_test_id("conversation-item")).to_have_count(0)
    await device.look_in("Archive")
    await expect(device.page.get_by_test_id("conversation-item")).to_have_count(1)
