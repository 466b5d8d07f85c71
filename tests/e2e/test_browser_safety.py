"""Safety in browsers: people keep others away from themselves, report what goes wrong, and administrators do something about it."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, Locator, expect

from tests.e2e.person import Person
from tests.e2e.stack import Stack


def said(person: Person, text: str) -> Locator:
    return person.page.get_by_test_id("message-text").get_by_text(text, exact=True)


async def test_who_blocks_somebody_is_left_alone_until_they_take_it_back(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "Hello Bob")
    await bob.move_to_other_gateway(anna.nodes[-1])
    await anna.create_group("Walks", bob)
    laptop = await anna.on_another_device(browser, stack)
    await laptop.item("Bob").click()

    await anna.do_with_conversation("Bob", "Block")
    await expect(anna.page.get_by_role("alertdialog")).to_contain_text("They are not told.")
    await anna.answer("Block")
    await anna.item("Bob").click()
    for page in (anna.page, laptop.page):
        await expect(page.get_by_test_id("blocked-bar")).to_contain_text("You have blocked Bob.")
        await expect(page.get_by_test_id("composer-input")).to_have_count(0)

    # Bob is told nothing, but why what he says does not arrive.
    talk = bob.page.get_by_test_id("conversation-item").filter(has_not_text="Walks")
    await talk.click()
    await bob.say("Are you there?")
    failed = bob.page.get_by_test_id("message").filter(has_text="Are you there?")
    await expect(failed).to_contain_text("reach each other here.")
    await failed.get_by_role("button", name="Discard").click()

    # In the group he is heard by everyone, and folded for Anna.
    await bob.item("Walks").click()
    await bob.say("Rain on Sunday")
    await expect(anna.item("Walks")).to_contain_text("Message from somebody you blocked")
    await anna.item("Walks").click()
    folded = anna.page.get_by_test_id("folded")
    await expect(folded).to_have_text("Message from somebody you blockedShow")
    await expect(said(anna, "Rain on Sunday")).to_have_count(0)
    await folded.get_by_role("button", name="Show").click()
    await expect(said(anna, "Rain on Sunday")).to_be_visible()

    await anna.open_settings("Privacy")
    await expect(anna.page.get_by_test_id("blocked-people")).to_contain_text("Bob")
    await anna.page.get_by_role("button", name="Unblock Bob").click()
    await expect(anna.page.get_by_text("You have blocked nobody.")).to_be_visible()
    await expect(laptop.page.get_by_test_id("composer-input")).to_be_visible()
    await laptop.say("Here I am again")
    await talk.click()
    await bob.sees("Here I am again")


async def deal_with_it(admin: Person, stack: Stack, bob: Person) -> None:
    """Let an administrator take the report of what Bob has said, and suspend him."""
    await admin.page.goto(f"{stack.edge}/admin/reports")
    reported = admin.page.get_by_test_id("report").filter(has_text=bob.name)
    await expect(reported).to_contain_text("For the third time.")
    await expect(reported).to_contain_text("Spam, reported by Anna")
    await expect(reported.locator("[data-reported=true]")).to_contain_text(f"Buy carpets of {bob.name}!")
    await expect(reported.get_by_role("listitem")).to_have_count(3)  # with what stands before it
    await reported.get_by_role("button", name="Look into it").click()
    await expect(reported).to_have_count(0)
    await admin.page.get_by_text("Being looked into", exact=True).click()
    await expect(reported.get_by_test_id("handled")).to_contain_text("Admin has been looking into it")
    await reported.get_by_role("button", name="Suspend the user").click()
    form = admin.page.get_by_test_id("resolve-form")
    await form.get_by_label("For how long").select_option("3 days")
    await form.get_by_label("Why").fill("Carpets.")
    await form.get_by_label("Note").fill("As agreed.")
    await form.get_by_role("button", name="Suspend the user").click()
    await expect(reported).to_have_count(0)
    await admin.page.get_by_text("Done", exact=True).click()
    await expect(reported.get_by_test_id("handled")).to_contain_text("The user is suspended")
    await expect(reported).to_contain_text("As agreed.")


async def test_what_is_reported_comes_before_administrators_who_suspend_its_sender(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna", phone=True), await Person.sit_down(browser, stack, "bob")
    admin = await Person.sit_down(browser, stack, "admin")
    await asyncio.to_thread(stack.run, "user", "role", admin.name, "admin")
    await bob.start_chat_with(anna)
    await bob.say("Hello")
    await bob.say(f"Buy carpets of {bob.name}!")
    await anna.open_first()
    await anna.sees("Hello")

    await anna.do_with(f"Buy carpets of {bob.name}!", "Report")
    form = anna.page.get_by_test_id("report-form")
    await expect(form.get_by_role("button", name="Send report")).to_be_disabled()
    await form.get_by_text("Something else", exact=True).click()
    await expect(form.get_by_role("button", name="Send report")).to_be_disabled()  # what else?
    await form.get_by_text("Spam", exact=True).click()
    await form.get_by_label("What there is to say about it").fill("For the third time.")
    await form.get_by_role("switch", name="Block Bob, too").click()
    await form.get_by_role("button", name="Send report").click()
    await expect(anna.page.get_by_test_id("toasts")).to_contain_text("Reported, and Bob is blocked")
    await expect(anna.page.get_by_test_id("blocked-bar")).to_be_visible()

    await deal_with_it(admin, stack, bob)
    await expect(bob.page.get_by_text("You were logged out.")).to_be_visible()
    await bob.logs_in()
    await expect(bob.page.get_by_role("alert")).to_contain_text("This account is suspended.")
    await expect(bob.page.get_by_role("alert")).to_contain_text("Carpets.")

    await admin.page.get_by_role("link", name="Who has done what").click()
    entry = admin.page.get_by_test_id("audit-entry").filter(has_text="ResolveReport").first
    await expect(entry).to_contain_text("Admin")
    await expect(entry).to_contain_text("OK")
    await admin.page.get_by_role("link", name="Users", exact=True).click()
    await admin.page.get_by_label("User name").fill(bob.name)
    await admin.page.get_by_role("button", name="Find").click()
    account = admin.page.get_by_test_id("account")
    await expect(account.get_by_test_id("suspension")).to_contain_text("Carpets.")
    await account.get_by_role("button", name="End the suspension").click()
    await expect(account.get_by_test_id("suspension")).to_have_count(0)
    await bob.page.get_by_role("button", name="Log in").click()
    await bob.is_live()
