"""Browsers keep their refresh token in a cookie, if they ask for it; everyone else is answered as before."""

from __future__ import annotations

from typing import Any

import pytest

from chatkit.core.errors import Reason
from chatkit.rpc.answer import take_headers
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.core import cookie
from tests.accounts import PASSWORD, Accounts

ASKING = ((cookie.ASKED_BY, cookie.ASKED_AS), (cookie.SCHEME, "https"))
LIFETIME_S = 30 * 24 * 3600


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


class Browser:
    """What a browser does with the cookie of one site. It asks for it unless a test has it not ask."""

    def __init__(self, accounts: Accounts, asking: tuple[tuple[str, str], ...] = ASKING) -> None:
        self.accounts = accounts
        self.asking = asking
        self.cookies: dict[str, str] = {}
        self.said: list[str] = []

    async def call(self, method: str, request: Any, token: str = "") -> Any:
        shown = (("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())),) if self.cookies else ()
        try:
            return await self.accounts.call(method, request, token, (*self.asking, *shown))
        finally:
            for name, value in take_headers():
                assert name == "set-cookie"
                self._take(value)

    def _take(self, text: str) -> None:
        self.said.append(text)
        name, _, value = text.partition(";")[0].partition("=")
        self.cookies[name] = value
        if "Max-Age=0" in text:
            del self.cookies[name]

    async def refresh(self, token: str = "") -> pb.RefreshResponse:
        answer: pb.RefreshResponse = await self.call("Refresh", pb.RefreshRequest(refresh_token=token))
        return answer

    async def refusal(self) -> Reason:
        return await self.accounts.reason("Refresh", pb.RefreshRequest(), "", (*self.asking, ("cookie", self._shown())))

    def _shown(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())


def registration(username: str = "anna") -> pb.RegisterRequest:
    return pb.RegisterRequest(username=username, password=PASSWORD)


async def test_a_browser_gets_its_refresh_token_in_a_cookie_alone_and_goes_on_with_it(accounts: Accounts) -> None:
    browser = Browser(accounts)
    first = await browser.call("Register", registration())
    assert (first.refresh_token, list(browser.cookies)) == ("", ["__Secure-elastic-chat-refresh"])
    (before,) = browser.cookies.values()
    assert browser.said == [
        f"__Secure-elastic-chat-refresh={before}; Max-Age={LIFETIME_S}; Path=/v1/auth; HttpOnly; SameSite=Strict; Secure"
    ]
    second = await browser.refresh()
    assert (second.refresh_token, second.session_id) == ("", first.session_id)
    assert before not in browser.cookies.values()
    await browser.refresh()


async def test_without_tls_the_cookie_has_another_name_and_is_not_secure(accounts: Accounts) -> None:
    browser = Browser(accounts, ((cookie.ASKED_BY, cookie.ASKED_AS), (cookie.SCHEME, "http")))
    await browser.call("Register", registration())
    assert list(browser.cookies) == ["elastic-chat-refresh"]
    assert "Secure" not in browser.said[0]
    await browser.refresh()


async def test_whoever_does_not_ask_has_it_in_the_answer_and_no_cookie_counts(accounts: Accounts) -> None:
    browser = Browser(accounts)
    await browser.call("Register", registration())
    browser.asking = ASKING[1:]
    assert (await browser.call("Login", pb.LoginRequest(username="anna", password=PASSWORD))).refresh_token
    assert len(browser.said) == 1
    assert await browser.refusal() is Reason.UNAUTHENTICATED
    browser.asking = ((cookie.ASKED_BY, "body"), *ASKING[1:])
    assert await browser.refusal() is Reason.UNAUTHENTICATED


async def test_a_token_that_is_sent_is_taken_into_the_cookie(accounts: Accounts) -> None:
    old = await accounts.register("anna")
    browser = Browser(accounts)
    taken = await browser.refresh(old.refresh_token)
    assert (taken.refresh_token, taken.session_id) == ("", old.session_id)
    assert (await browser.refresh()).session_id == old.session_id


@pytest.mark.parametrize("method", ["Logout", "EndSession", "DeleteAccount"])
async def test_the_cookie_goes_with_the_session(accounts: Accounts, method: str) -> None:
    browser = Browser(accounts)
    login = await browser.call("Register", registration())
    requests = {
        "Logout": pb.LogoutRequest(),
        "EndSession": pb.EndSessionRequest(session_id=login.session_id),
        "DeleteAccount": pb.DeleteAccountRequest(password=PASSWORD),
    }
    await browser.call(method, requests[method], login.access_token)
    assert browser.cookies == {}


async def test_the_cookie_stays_if_another_session_ends(accounts: Accounts) -> None:
    browser = Browser(accounts)
    login = await browser.call("Register", registration())
    other = await accounts.login("anna")
    await browser.call("EndSession", pb.EndSessionRequest(session_id=other.session_id), login.access_token)
    await browser.refresh()


async def test_the_cookie_of_a_session_that_another_password_has_ended_goes_when_it_is_shown(accounts: Accounts) -> None:
    browser = Browser(accounts)
    await browser.call("Register", registration())
    elsewhere = await accounts.login("anna")
    change = pb.ChangePasswordRequest(old_password=PASSWORD, new_password="another good one")
    await accounts.call("ChangePassword", change, elsewhere.access_token)
    assert await browser.refusal() is Reason.UNAUTHENTICATED
    assert [text.partition(";")[0] for _, text in take_headers()] == ["__Secure-elastic-chat-refresh="]


async def test_a_failure_that_ends_nothing_leaves_the_cookie(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(accounts)
    await browser.call("Register", registration())

    async def away(*_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(accounts.has.sessions, "refresh", away)
    with pytest.raises(ConnectionError):
        await browser.refresh()
    assert list(browser.cookies) == ["__Secure-elastic-chat-refresh"]


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("", ""),
        ("a=b", ""),
        ("elastic-chat-refresh=t", "t"),
        ("a=b; elastic-chat-refresh=t; c", "t"),
        ("xelastic-chat-refresh=no;elastic-chat-refresh=t==", "t=="),
        ("__Secure-elastic-chat-refresh=t", ""),
    ],
)
def test_the_cookie_is_found_among_others(header: str, token: str) -> None:
    assert cookie.token_in({"cookie": header}) == token
