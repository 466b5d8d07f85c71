"""Somebody who has never seen it finds their way, on a desktop and on a phone, without reading anything."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from bench.client import Api
from tests.e2e.journey import first_day
from tests.e2e.person import Person
from tests.e2e.pictures import photo
from tests.e2e.pushes import can_be_pushed
from tests.e2e.stack import Stack
from tests.push import push_house


async def pass_by(person: Person, name: str) -> None:
    """Take no picture."""


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
async def test_a_newcomer_walks_through_a_first_day(stack: Stack, browser: Browser, api: Api, *, phone: bool) -> None:
    maya = await Person.sit_down(browser, stack, "maya", phone=phone)
    jonas = await Person.sit_down(browser, stack, "jonas")
    await jonas.move_to_other_gateway(maya.nodes[-1])
    async with push_house(stack.push_port) as house:
        await can_be_pushed(maya, stack, api, house)
        await first_day(maya, jonas, photo(900, 600), pass_by)
        await maya.back_to_the_list()
        await maya.page.get_by_test_id("notifications-offer").get_by_role("button", name="Tell me").click()
        await expect(maya.page.get_by_test_id("notifications-offer")).to_have_count(0)
        await maya.page.goto("about:blank")
        await jonas.say("It is at four")
        says = [one.says for one in await house.until(1)]
        while all(one["text"] != "It is at four" for one in says):
            says = [one.says for one in await house.until(len(says) + 1)]
