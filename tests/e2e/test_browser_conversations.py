"""Conversations in browsers: how they are found and begun, kept in order, and led."""

from __future__ import annotations

from playwright.async_api import Browser, Locator, expect

from tests.e2e.person import Person
from tests.e2e.stack import Stack


async def test_what_a_name_finds_moves_nothing_that_is_about_to_be_pressed(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna"), await Person.sit_down(browser, stack, "bob")
    await anna.page.get_by_test_id("new-conversation").click()
    start = anna.page.get_by_role("button", name="Start conversation")
    name = anna.page.get_by_label("User name")
    await anna.page.get_by_role("dialog").evaluate("dialog => Promise.all(dialog.getAnimations().map(rise => rise.finished))")
    places = [await start.bounding_box()]
    await name.fill(f"no-{bob.name}")
    await expect(anna.page.get_by_text("Nobody has this user name.")).to_be_visible()
    places.append(await start.bounding_box())
    await name.fill(bob.name)
    await expect(anna.page.get_by_role("option", name="Bob")).to_be_visible()
    places.append(await start.bounding_box())
    assert places[0] == places[1] == places[2]


async def test_who_has_a_link_to_somebody_begins_and_everything_is_found_again(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna"), await Person.sit_down(browser, stack, "bob", phone=True)
    await bob.move_to_other_gateway(anna.nodes[-1])
    await expect(anna.page.get_by_test_id("copy-my-link").filter(visible=True)).to_have_count(1)

    await bob.page.goto(f"{stack.edge}/#with={anna.name}")
    await expect(bob.page.get_by_role("option", name="Anna")).to_be_visible()
    await bob.page.get_by_role("button", name="Start conversation").click()
    await bob.say("Found you")
    await expect(anna.page.get_by_test_id("unread-badge")).to_have_text("1")

    await anna.page.get_by_test_id("new-conversation").click()
    await anna.page.get_by_text("Channel", exact=True).click()
    await anna.page.get_by_label("Title").fill(f"News of {anna.name}")
    await anna.page.get_by_label("Topic").fill("What happens")
    await anna.page.get_by_role("combobox", name="Members").fill("bo")
    await anna.page.get_by_test_id("person").filter(has_text="Bob").click()
    await expect(anna.page.get_by_test_id("picked")).to_contain_text("Bob")
    await anna.page.get_by_role("switch", name="Public").click()
    await anna.page.get_by_role("button", name="Create channel").click()
    await expect(anna.page.get_by_test_id("conversation-subtitle")).to_contain_text("What happens")
    await anna.say("The first news")

    await bob.page.get_by_role("button", name="Back to all conversations").click()
    await expect(bob.item(f"News of {anna.name}")).to_contain_text("The first news")
    await anna.look_in("Unread")
    await expect(anna.page.get_by_test_id("conversation-item")).to_have_count(2)  # what is open stays
    await anna.look_in("Direct")
    await expect(anna.page.get_by_test_id("conversation-item")).to_have_count(1)
    await anna.look_in("All")

    await anna.do_with_conversation("Bob", "Pin")
    await expect(anna.page.get_by_test_id("conversation-item").first).to_contain_text("Bob")
    await anna.do_with_conversation("News", "Pin")
    await anna.do_with_conversation("News", "Move up")
    await expect(anna.page.get_by_test_id("conversation-item").first).to_contain_text("News")
    await anna.do_with_conversation("Bob", "Mark as read")
    await expect(anna.page.get_by_test_id("unread-badge")).to_have_count(0)
    await anna.do_with_conversation("Bob", "Archive")
    await expect(anna.item("Bob")).to_have_count(0)
    await anna.page.get_by_role("button", name="Undo").click()
    await expect(anna.item("Bob")).to_be_visible()

    await anna.page.keyboard.press("Control+k")
    await expect(anna.page.get_by_test_id("switch-list")).to_be_visible()
    await anna.page.keyboard.type("bo")
    await expect(anna.page.get_by_test_id("switch-option").first).to_contain_text("Bob")
    await anna.page.keyboard.press("Enter")
    await expect(anna.page.get_by_test_id("conversation-title")).to_have_text("Bob")
    await anna.page.keyboard.press("Alt+ArrowUp")
    await expect(anna.page.get_by_test_id("conversation-title")).to_contain_text("News")
    await anna.choose("Notes to yourself")
    await expect(anna.page.get_by_test_id("conversation-title")).to_have_text("Notes to yourself")


async def test_a_group_is_led_from_its_details_and_handed_over(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.sit_down(browser, stack, "anna"), await Person.sit_down(browser, stack, "bob")
    carl = await Person.sit_down(browser, stack, "carl", phone=True)
    await bob.move_to_other_gateway(anna.nodes[-1])
    await anna.create_group("Garden", bob)
    await anna.page.get_by_test_id("members").click()
    await expect(anna.page.get_by_test_id("member")).to_have_count(2)

    await anna.page.get_by_role("tab", name="Links").click()
    await anna.page.get_by_label("For how many").select_option("1")
    await anna.page.get_by_test_id("invite").click()
    link = await anna.page.get_by_label("Whoever has this link may join").input_value()
    await expect(anna.page.get_by_test_id("invites").get_by_role("listitem")).to_have_count(1)
    await carl.page.goto(link)
    await carl.page.get_by_test_id("join").click()
    await expect(carl.page.get_by_test_id("conversation-title")).to_have_text("Garden")
    await expect(anna.page.get_by_text("There is no link that lets anyone in.")).to_be_visible()

    await anna.page.get_by_role("tab", name="Settings").click()
    await anna.page.get_by_role("tabpanel").get_by_label("Title").fill("Kitchen garden")
    await anna.page.get_by_role("button", name="Save").click()
    await expect(carl.page.get_by_test_id("conversation-title")).to_have_text("Kitchen garden")
    await anna.page.get_by_role("switch", name="Write").click()
    await expect(anna.page.get_by_role("switch", name="Write")).to_have_attribute("aria-checked", "false")

    await anna.page.get_by_role("tab", name="Members").click()
    await do_with_member(anna, "Bob", "Make an administrator")
    await expect(member(anna, "Bob")).to_contain_text("Administrator")
    await do_with_member(anna, "Carl", "Ban")
    await anna.page.get_by_role("alertdialog").get_by_role("button", name="Ban").click()
    await expect(anna.page.get_by_test_id("bans")).to_contain_text("Carl")
    await expect(carl.page.get_by_test_id("conversation-item")).to_have_count(0)
    await anna.page.get_by_role("button", name="Lift the ban of Carl").click()
    await expect(anna.page.get_by_test_id("bans")).to_have_count(0)

    await do_with_member(anna, "Bob", "Make the owner")
    await anna.page.get_by_role("alertdialog").get_by_role("button", name="Make the owner").click()
    await expect(member(anna, "Bob")).to_contain_text("Owner")
    await anna.page.get_by_role("tab", name="About").click()
    await anna.page.get_by_role("button", name="Leave group").click()
    await anna.page.get_by_role("button", name="Leave, really").click()
    await expect(anna.page.get_by_test_id("conversation-item")).to_have_count(0)

    await bob.open_first()
    await bob.page.get_by_role("button", name="Details of Kitchen garden").click()
    told = bob.page.get_by_label("Notifications", exact=True).and_(bob.page.get_by_role("combobox"))
    async with bob.page.expect_response(lambda response: "/preferences" in response.url and response.ok):
        await told.select_option("mentions")
    await bob.page.reload()
    await expect(told).to_have_value("mentions")


def member(person: Person, name: str) -> Locator:
    return person.page.get_by_test_id("member").filter(has_text=name)


async def do_with_member(person: Person, name: str, choice: str) -> None:
    await member(person, name).get_by_test_id("member-menu").click()
    await person.page.get_by_role("menuitem", name=choice, exact=True).click()
