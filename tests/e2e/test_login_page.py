"""Log in by another provider, in a browser, at the real pages of a real one."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from bench.client import Api
from tests.e2e.accounts import closed_with_a_provider
from tests.e2e.axe import faults
from tests.e2e.person import PATIENCE_MS
from tests.e2e.stack import Stack

NAME = "Example Works"
CALLBACK = "/login/callback"


@pytest.fixture(scope="module", autouse=True)
def closed(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nobody registers here, and people log in by another provider, which sends them back to the client."""
    with closed_with_a_provider(stack, tmp_path_factory.mktemp("closed"), f"{stack.edge}{CALLBACK}", OIDC_NAME=NAME):
        yield


@pytest.fixture
async def page(browser: Browser, stack: Stack) -> AsyncIterator[Page]:
    """Return the client in a new profile; nothing there may break a rule of its policy."""
    context = await browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    opened = await context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    await opened.goto(stack.edge)
    yield opened
    assert complaints == []


async def go_to_the_provider(page: Page) -> None:
    await page.get_by_role("button", name=f"Continue with {NAME}").click()
    await expect(page.locator('input[name="login"]')).to_be_visible()


async def say_who_one_is(page: Page, who: str) -> None:
    """Log in at the provider, and let it tell us."""
    await page.locator('input[name="login"]').fill(who)
    await page.locator('input[name="password"]').fill("any")
    await page.locator('button[type="submit"]').click()
    await page.locator('button[type="submit"]', has_text="Continue").click()


async def is_told(page: Page, why: str) -> None:
    await expect(page.get_by_role("alert")).to_contain_text(why)
    await expect(page.get_by_test_id("auth-form")).to_be_visible()
    assert CALLBACK not in page.url


async def test_axe_finds_nothing_where_one_may_log_in_elsewhere(page: Page) -> None:
    await expect(page.get_by_test_id("auth-providers")).to_be_visible()
    assert await faults(page) == []


async def test_everyone_is_told_how_one_may_come_in(api: Api) -> None:
    assert await api.call("GET", "/v1/auth/options") == {"registration": "CLOSED", "providers": [{"name": NAME}]}


async def test_whom_the_provider_names_is_in_and_stays_in(page: Page, stack: Stack) -> None:
    who = f"anna-{secrets.token_hex(4)}"
    await page.goto(f"{stack.edge}/settings")
    await expect(page.get_by_text("Nobody can register here")).to_be_visible()
    await expect(page.get_by_role("button", name="Create an account")).to_have_count(0)
    await go_to_the_provider(page)
    await say_who_one_is(page, who)
    await expect(page).to_have_url(re.compile(r"/settings$"))
    await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    await page.goto(stack.edge)
    await expect(page.get_by_test_id("my-name")).to_have_text(f"{who} of elsewhere")
    assert await page.evaluate("() => [sessionStorage.length, JSON.stringify(localStorage).includes('oken')]") == [0, False]
    (cookie,) = [one for one in await page.context.cookies() if one.get("name") == "elastic-chat-refresh"]
    assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Strict", "/v1/auth")
    # Who has come in by it is led to no old answer of the provider.
    await page.goto(f"{stack.edge}{CALLBACK}?code=x&state=y")
    await expect(page.get_by_test_id("my-name")).to_be_visible()
    assert CALLBACK not in page.url


async def test_who_turns_back_at_the_provider_is_told_so_and_may_try_again(page: Page) -> None:
    await go_to_the_provider(page)
    await page.get_by_role("link", name="Cancel").click()
    await is_told(page, f"{NAME} did not log you in")
    await go_to_the_provider(page)


async def test_a_login_that_was_begun_elsewhere_or_not_at_all_lets_nobody_in(page: Page, stack: Stack) -> None:
    await page.goto(f"{stack.edge}{CALLBACK}?code=stolen&state=made-up")
    await is_told(page, "This login was not begun in this tab")
    # The real one of somebody else, finished in another profile.
    await go_to_the_provider(page)
    await page.route("**/v1/auth/oidc/finish", lambda route: route.abort())
    async with page.expect_request("**/v1/auth/oidc/finish") as finish:
        await say_who_one_is(page, f"eve-{secrets.token_hex(4)}")
    told = (await finish.value).post_data_json or {}
    browser = page.context.browser
    assert browser
    victim = await (await browser.new_context()).new_page()
    await victim.goto(f"{stack.edge}{CALLBACK}?code={told['code']}&state={told['state']}")
    await is_told(victim, "This login was not begun in this tab")


async def test_a_login_that_is_over_says_so(page: Page) -> None:
    await go_to_the_provider(page)
    await page.route("**/v1/auth/oidc/finish", lambda route: route.continue_(post_data={"state": "s", "code": "c", "secret": "s"}))
    await say_who_one_is(page, f"anna-{secrets.token_hex(4)}")
    await is_told(page, f"That took too long, or {NAME} did not confirm it")
