"""What a browser is told to keep from scripts, and to refuse: the session, code that comes by text, and links that deceive."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect

from bench.client import PASSWORD, Account, Api, ApiError
from launcher.mesh.policy import API_CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY
from tests.e2e.person import Person
from tests.e2e.stack import Stack

COOKIE = "elastic-chat-refresh"
IN_COOKIE = {"x-refresh-token": "cookie"}
READABLE = """async () => {
  const texts = [document.cookie, JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
  for (const {name} of await indexedDB.databases()) {
    const db = await new Promise((resolve) => { const asked = indexedDB.open(name); asked.onsuccess = () => resolve(asked.result); });
    for (const store of db.objectStoreNames) {
      const all = await new Promise((resolve) => {
        const asked = db.transaction(store).objectStore(store).getAll();
        asked.onsuccess = () => resolve(asked.result);
      });
      texts.push(JSON.stringify(all));
    }
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) texts.push(request.url, await (await cache.match(request)).text());
  }
  return texts.join("\\n");
}"""
WATCH = """
  window.violations = [];
  addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI, sample}) => {
    window.violations.push([violatedDirective, blockedURI, sample]);
  });
"""
LOOKS_LIKE_APPLE = "https://\u0430pple.com/"


async def cookie_of(person: Person) -> str:
    """Return the refresh token, as only the browser itself knows it."""
    found = [one for one in await person.page.context.cookies() if one.get("name") == COOKIE]
    (one,) = found or [{}]
    return str(one.get("value", ""))


async def test_no_script_can_read_the_session_of_a_browser(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    (cookie,) = await anna.page.context.cookies(f"{stack.edge}/v1/auth/refresh")
    assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Strict", "/v1/auth")
    assert await anna.page.context.cookies(f"{stack.edge}/v1/conversations") == []
    first = await cookie_of(anna)
    assert first not in str(await anna.page.evaluate(READABLE))
    await anna.page.reload()
    await anna.is_live()
    second = await cookie_of(anna)
    assert second not in {"", first}
    assert second not in str(await anna.page.evaluate(READABLE))


async def test_a_session_from_before_the_cookie_is_taken_over_once(stack: Stack, anna: Account, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{stack.edge}/favicon.svg")
    before = {"userId": anna.user_id, "refreshToken": anna.refresh_token}
    await page.evaluate("(kept) => { localStorage.setItem('elastic-chat.session', JSON.stringify(kept)); }", before)
    person = Person(anna.username, page)
    await page.goto(stack.edge)
    await person.is_live()
    assert anna.refresh_token not in await page.evaluate(READABLE)
    assert await cookie_of(person) not in {"", anna.refresh_token}
    await page.reload()
    await person.is_live()
    await context.close()


async def test_a_logout_takes_the_cookie_away_in_all_tabs_also_if_the_server_could_not_be_told(stack: Stack, browser: Browser) -> None:
    anna = await Person.sit_down(browser, stack, "anna")
    other = await anna.page.context.new_page()
    await other.goto(stack.edge)
    await expect(other.get_by_test_id("my-name")).to_be_visible()
    await anna.page.context.set_offline(True)
    await anna.page.get_by_role("button", name="Log out").click()
    for page in (anna.page, other):
        await expect(page.get_by_test_id("auth-form")).to_be_visible()
    assert await cookie_of(anna)
    await anna.page.context.set_offline(False)
    await anna.page.wait_for_function("() => localStorage.getItem('elastic-chat.leaving') === null")
    assert await cookie_of(anna) == ""


async def test_the_cookie_is_for_browsers_that_ask_and_other_clients_go_on_as_before(stack: Stack, api: Api, anna: Account) -> None:
    async with aiohttp.ClientSession(stack.edge, cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        login = {"username": anna.username, "password": PASSWORD}
        async with http.post("/v1/auth/login", json=login, headers=IN_COOKIE) as response:
            assert (await response.json())["refreshToken"] == ""
            assert "set-cookie" in response.headers
        # A form of another page sends the cookie at most, and never the header.
        async with http.post("/v1/auth/refresh", json={}) as response:
            assert response.status == 401
        async with http.post("/v1/auth/refresh", json={}, headers=IN_COOKIE) as response:
            tokens = await response.json()
            assert (response.status, tokens["userId"], tokens["refreshToken"]) == (200, anna.user_id, "")
        async with http.post("/v1/auth/login", json=login) as response:
            assert (await response.json())["refreshToken"]
            assert "set-cookie" not in response.headers
        headers = IN_COOKIE | {"authorization": f"Bearer {tokens['accessToken']}"}
        async with http.post("/v1/auth/logout", json={}, headers=headers) as response:
            assert "Max-Age=0" in response.headers["set-cookie"]
    assert (await api.call("POST", "/v1/auth/refresh", {"refreshToken": anna.refresh_token}))["refreshToken"]
    with pytest.raises(ApiError) as refused:
        await api.call("POST", "/v1/auth/refresh", {"refreshToken": "no token"}, headers=IN_COOKIE)
    assert refused.value.reason == "UNAUTHENTICATED"


async def test_no_page_of_another_origin_may_ask_for_the_cookie(stack: Stack) -> None:
    asked = {"Origin": "https://evil.test", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-refresh-token"}
    own = asked | {"Origin": "http://localhost:23000"}
    async with aiohttp.ClientSession(stack.edge) as http:
        for headers in (asked, own):
            async with http.options("/v1/auth/login", headers=headers) as response:
                assert "x-refresh-token" not in response.headers.get("access-control-allow-headers", "")
                assert "access-control-allow-credentials" not in response.headers


@pytest.fixture
async def watched(browser: Browser) -> AsyncIterator[Page]:
    """A page that notes what its policy forbids, and all that it complains of."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.add_init_script(WATCH)
    yield page
    await context.close()


@pytest.mark.parametrize(
    ("path", "shown", "policy"),
    [
        ("/", "[data-testid=auth-form]", CONTENT_SECURITY_POLICY),
        ("/ops", "[data-testid=ops-login]", CONTENT_SECURITY_POLICY),
        ("/api", "#operations-Accounts-login", API_CONTENT_SECURITY_POLICY),
    ],
)
async def test_every_page_works_under_its_policy(stack: Stack, watched: Page, path: str, shown: str, policy: str) -> None:
    complaints: list[str] = []
    watched.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    watched.on("pageerror", lambda error: complaints.append(str(error)))
    response = await watched.goto(f"{stack.edge}{path}")
    assert response is not None
    headers = await response.all_headers()
    assert headers["content-security-policy"] == policy
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    await expect(watched.locator(shown).first).to_be_visible()
    if path == "/":
        await watched.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
    assert await watched.evaluate("() => window.violations") == []
    assert complaints == []


async def test_text_becomes_neither_html_nor_code_nor_another_worker(stack: Stack, watched: Page) -> None:
    await watched.goto(stack.edge)
    for attempt in (
        "document.body.innerHTML = '<b>x</b>'",
        "Object.assign(document.createElement('script'), {src: 'https://evil.test/x.js'})",
        "trustedTypes.createPolicy('mine', {createHTML: (text) => text})",
        "navigator.serviceWorker.register('/assets/x.js')",
    ):
        refused = ("async () => { try { await (", attempt, "); return 'done'; } catch (error) { return error.name; } }")
        assert await watched.evaluate("".join(refused)) == "TypeError", attempt


async def test_an_entity_in_the_words_of_a_link_is_text(stack: Stack, browser: Browser) -> None:
    anna, bob = await Person.two_in_a_chat(browser, stack, "hello")
    await anna.say("see [Tom &amp; Jerry &copy;](https://example.com/?a=1&copy=2)")
    for person in (anna, bob):
        link = person.page.get_by_test_id("message").get_by_role("link")
        await expect(link).to_have_text("Tom &amp; Jerry &copy;")
        await expect(link).to_have_attribute("href", "https://example.com/?a=1&copy=2")


async def test_a_link_that_deceives_shows_first_where_it_leads(stack: Stack, browser: Browser) -> None:
    anna, _ = await Person.two_in_a_chat(browser, stack, "hello")
    await anna.say(f"[bank.example](https://evil.test/login) and {LOOKS_LIKE_APPLE} and [good](https://good.test/)")
    good = anna.page.get_by_test_id("message-text").get_by_role("link", name="good")
    await expect(good).to_have_attribute("rel", "noopener noreferrer nofollow")
    await expect(anna.page.locator("a[href*='evil.test']")).to_have_count(0)
    for name, host in (("bank.example", "evil.test"), (LOOKS_LIKE_APPLE, "xn--pple-43d.com")):
        await anna.page.get_by_test_id("message-text").get_by_role("button", name=name).click()
        await expect(anna.page.get_by_test_id("link-host")).to_have_text(host)
        await expect(anna.page.get_by_test_id("link-open")).to_have_attribute("rel", "noopener noreferrer nofollow")
        await anna.page.get_by_role("button", name="Stay here").click()
        await expect(anna.page.get_by_test_id("link-host")).to_have_count(0)
