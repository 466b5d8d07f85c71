"""The operations page: who may see it, and that it shows how the stack is."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import psutil
import pytest
from playwright.async_api import Browser, Page, expect

from bench.client import PASSWORD, Account, Api, ApiError, Socket
from launcher.mesh.calls import OPS_PATH
from launcher.mesh.policy import CONTENT_SECURITY_POLICY
from launcher.mesh.rendering import console_socket
from launcher.topology import HOST
from tests.e2e.logins import administrator
from tests.e2e.person import PATIENCE_MS
from tests.e2e.stack import Stack

SOON_MS = 2 * PATIENCE_MS


@pytest.fixture
async def admin(stack: Stack, api: Api) -> Account:
    return await administrator(stack, api)


@asynccontextmanager
async def shown(browser: Browser, stack: Stack, account: Account, width: int = 1440) -> AsyncIterator[Page]:
    """Let somebody log in at the page; nothing there may break a rule of the page's policy."""
    context = await browser.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    await page.goto(f"{stack.edge}/ops")
    await page.get_by_label("User name").fill(account.username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    yield page
    assert complaints == []
    await context.close()


async def test_an_administrator_is_told_of_every_process_and_everyone_else_of_nothing(stack: Stack, api: Api, admin: Account) -> None:
    told = await api.call("GET", OPS_PATH, token=admin.token)
    assert {one["name"] for one in told["processes"]} == set(stack.status())
    assert {one["envoy"] for one in told["links"]} >= {"edge", "gateway-1-sidecar", "router-2-sidecar"}
    assert told["faults"] == {}
    assert told["silent"] == []
    user = await api.register("user")
    for token, status, reason in ((user.token, 403, "PERMISSION_DENIED"), ("", 401, "UNAUTHENTICATED"), ("x.y.z", 401, "UNAUTHENTICATED")):
        with pytest.raises(ApiError) as refused:
            await api.call("GET", OPS_PATH, token=token, headers={"x-role": "admin", "x-user-id": admin.user_id})
        assert (refused.value.status, refused.value.reason) == (status, reason)


async def test_what_is_called_is_counted_and_comes_as_a_rate(api: Api, admin: Account) -> None:
    def listed(told: dict[str, Any]) -> int:
        return sum(one["calls"] for one in told["methods"] if (one["caller"], one["method"]) == ("edge", "ListConversations"))

    before = listed(await api.call("GET", OPS_PATH, token=admin.token))
    rates: list[float] = []
    async with asyncio.timeout(60):
        while not rates or rates[-1] == 0:
            for _ in range(10):
                await api.call("GET", "/v1/conversations", token=admin.token)
            told = await api.call("GET", OPS_PATH, token=admin.token)
            rates += [
                way["perSecond"] for way in told["ways"] if (way["caller"], way["service"]) == ("edge", "history") and told["seconds"]
            ]
            await asyncio.sleep(0.2)
    assert listed(told) >= before + 10
    assert rates[-1] > 0


async def test_the_page_shows_every_instance_and_what_people_send(stack: Stack, api: Api, browser: Browser, admin: Account) -> None:
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    sender = await Socket.open(api, anna)
    async with shown(browser, stack, admin) as page:
        await expect(page.get_by_test_id("topology")).to_be_visible()
        members = await page.locator("[data-member]").evaluate_all(
            "chips => chips.map((chip) => [chip.dataset.member, chip.dataset.health])"
        )
        assert dict(members) == {instance.name: "well" for instance in stack.topology.instances()}
        await expect(page.get_by_test_id("ops-fresh")).to_have_attribute("data-phase", "live", timeout=SOON_MS)
        commands = page.get_by_test_id("figure-commands")
        async with asyncio.timeout(60):
            while float(await commands.get_attribute("data-value") or 0) == 0:
                await sender.say(conversation_id, "hello")
                await sender.until("ack")
        # By the keyboard alone: to the routers, and keep them in sight.
        await page.locator('[data-node="router"]').focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("detail")).to_have_attribute("data-of", "router")
        await expect(page.locator('[data-node="router"]')).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("[data-detail]")).to_have_count(2)
        await expect(page.get_by_test_id("ways").locator('[data-way="gateway>router"]')).to_be_visible()
        await page.get_by_role("button", name="Log out").click()
        await expect(page.get_by_test_id("ops-login")).to_be_visible()
    await sender.close()


async def test_the_page_fits_on_a_phone(stack: Stack, browser: Browser, admin: Account) -> None:
    async with shown(browser, stack, admin, width=360) as page:
        await expect(page.get_by_test_id("topology")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
        assert await page.get_by_test_id("topology").evaluate("picture => picture.getBoundingClientRect().right") <= 360


async def test_an_instance_that_does_not_answer_is_seen_and_so_is_its_end_and_its_return(
    stack: Stack, browser: Browser, admin: Account
) -> None:
    async with shown(browser, stack, admin) as page:
        chip = page.locator('[data-member="presence-1"]')
        await expect(chip).to_have_attribute("data-health", "well")
        victim = psutil.Process(stack.status()["presence-1"]["pid"])
        victim.suspend()
        try:
            await expect(chip).to_have_attribute("data-health", "ill", timeout=SOON_MS)
            await expect(page.locator('[data-node="presence"]')).to_have_attribute("data-health", "ill")
            await expect(page.get_by_test_id("problems")).to_contain_text("presence-1")
            await expect(page.get_by_test_id("processes").locator('[data-process="presence-1"]')).to_have_attribute("data-healthy", "false")
        finally:
            os.kill(victim.pid, signal.SIGKILL)
        await expect(page.get_by_test_id("events")).to_contain_text("presence-1 has ended without being told to", timeout=SOON_MS)
        await expect(chip).to_have_attribute("data-health", "well", timeout=SOON_MS)


async def test_who_administers_nothing_is_told_so_and_shown_nothing(stack: Stack, api: Api, browser: Browser) -> None:
    async with shown(browser, stack, await api.register("user")) as page:
        await expect(page.get_by_test_id("ops-forbidden")).to_be_visible()
        await expect(page.get_by_test_id("topology")).to_have_count(0)


async def test_a_page_whose_numbers_are_old_says_so(stack: Stack, browser: Browser, admin: Account) -> None:
    async with shown(browser, stack, admin) as page:
        await expect(page.get_by_test_id("ops-fresh")).to_have_attribute("data-phase", "live", timeout=SOON_MS)
        console = psutil.Process(stack.status()["console"]["pid"])
        console.suspend()
        try:
            await expect(page.get_by_test_id("ops-stale")).to_contain_text("seconds old", timeout=SOON_MS)
        finally:
            console.resume()
        await expect(page.get_by_test_id("ops-fresh")).to_have_attribute("data-phase", "live", timeout=SOON_MS)


async def test_the_page_may_do_no_more_than_the_chat(stack: Stack) -> None:
    async with aiohttp.ClientSession(stack.edge) as http, http.get("/ops") as response:
        assert response.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert "Operations" in await response.text()


async def test_what_the_page_is_made_of_is_reached_by_nobody_outside(stack: Stack, admin: Account) -> None:
    headers = {"authorization": f"Bearer {admin.token}"}
    async with aiohttp.ClientSession(stack.edge, headers=headers) as http:
        for path in ("/clusters?format=json", "/stats", "/config_dump", "/certs", "/server_info"):
            async with http.get(path) as response:
                assert "text/html" in response.headers["content-type"]  # the chat's page, as for any path
        async with http.post("/quitquitquit") as response:
            assert response.status == 404
    pids = {name: one["pid"] for name, one in stack.status().items() if name == "edge" or name.endswith("-sidecar")}
    admins = {stack.topology.edge_admin_port, *(instance.admin_port for instance in stack.topology.instances())}
    heard = [at.laddr for pid in pids.values() for at in psutil.Process(pid).net_connections("tcp") if at.status == psutil.CONN_LISTEN]
    assert {at.port for at in heard} >= admins
    assert {at.ip for at in heard if at.port in admins} == {HOST}
    assert console_socket(stack.home / "run" / "envoy").stat().st_mode & 0o777 == 0o600
    console = psutil.Process(stack.status()["console"]["pid"])
    assert [at for at in console.net_connections("inet") if at.status == psutil.CONN_LISTEN] == []
