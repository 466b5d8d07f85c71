"""A provider that says what it should not: nobody is believed who is not named by the right one, to us, for this login, and now."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import RSAKey

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from svc_accounts.core.oidc import Attempt, Identity
from svc_accounts.oidc.provider import KNOWN_S, LEEWAY_S, PAUSE_S, OidcProvider

CLIENT, SECRET = "elastic-chat", "a secret of at least thirty-two characters"
ATTEMPT = Attempt(b"state", b"secret", "the nonce", "v" * 64, "http://localhost:5173/callback", 0)
KEY = RSAKey.generate_key(2048, {"kid": "key-1", "use": "sig", "alg": "RS256"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "key-1", "use": "sig", "alg": "RS256"})
NEW_KEY = RSAKey.generate_key(2048, {"kid": "key-2", "use": "sig", "alg": "RS256"})


class Liar:
    """An OpenID provider whose every word a test can choose."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.http, self.clock = http, ManualClock()
        self.keys = [KEY]
        self.asked: list[str] = []
        self.document: dict[str, Any] = {}
        self.id_token: str | None = None
        self.status = 200
        self.claims: dict[str, Any] = {}

    async def begin(self, runner: web.AppRunner) -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self.document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
        }
        now_s = self.clock.now_ms() // 1000
        self.claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "anna",
            "nonce": ATTEMPT.nonce,
            "iat": now_s,
            "exp": now_s + 300,
            "preferred_username": "anna",
        }
        self.provider = OidcProvider(self.http, self.clock, self.issuer, CLIENT, SECRET)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        match request.path:
            case "/.well-known/openid-configuration":
                return web.json_response(self.document)
            case "/jwks":
                return web.json_response({"keys": [key.as_dict(private=False) for key in self.keys]})
            case "/token":
                form = await request.post()
                assert (form["code"], form["code_verifier"]) == ("the code", ATTEMPT.code_verifier)
                token = {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token or self.signed()}
                return web.json_response(token, status=self.status, headers={"Location": "/elsewhere"} if self.status == 302 else {})
        raise web.HTTPNotFound

    def signed(self, key: Any = KEY, header: dict[str, Any] | None = None, without: str = "", **claims: Any) -> str:
        facts = {name: value for name, value in (self.claims | claims).items() if name != without}
        head = {"alg": "RS256", "kid": "key-1"} | (header or {})
        return jwt.encode(head, facts, key, algorithms=[head["alg"]])

    async def named(self) -> Identity:
        return await self.provider.identity(ATTEMPT, "the code")

    async def reason(self) -> Reason:
        with pytest.raises(ChatError) as refused:
            await self.named()
        return refused.value.reason


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    async with aiohttp.ClientSession() as http:
        made = Liar(http)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", made.answer)
        runner = web.AppRunner(app, access_log=None)
        await made.begin(runner)
        yield made
        await runner.cleanup()


def unsigned(liar: Liar) -> str:
    return by_hand(liar, "none", lambda _: b"")


def with_a_key_that_we_have(liar: Liar, key: bytes) -> str:
    return by_hand(liar, "HS256", lambda text: hmac.digest(key, text, "sha256"))


def by_hand(liar: Liar, algorithm: str, sign: Callable[[bytes], bytes]) -> str:
    """Make a token that no library would make."""
    head = encoded(json.dumps({"alg": algorithm, "kid": "key-1"}).encode())
    text = f"{head}.{liar.signed().split('.')[1]}"
    return f"{text}.{encoded(sign(text.encode()))}"


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def with_another_audience(liar: Liar) -> str:
    return liar.signed(aud=[CLIENT, "another"], azp="another")


LIES: dict[str, Callable[[Liar], str]] = {
    "no signature": unsigned,
    "signed with our secret": lambda liar: with_a_key_that_we_have(liar, SECRET.encode()),
    "signed with the public key": lambda liar: with_a_key_that_we_have(liar, KEY.as_pem(private=False)),
    "signed with the public key as JSON": lambda liar: with_a_key_that_we_have(liar, json.dumps(KEY.as_dict(private=False)).encode()),
    "another key under the same name": lambda liar: liar.signed(OTHER_KEY),
    "an unknown key": lambda liar: liar.signed(NEW_KEY, {"kid": "key-2"}),
    "a key that it brings along": lambda liar: liar.signed(OTHER_KEY, {"jwk": OTHER_KEY.as_dict(private=False)}),
    "another issuer": lambda liar: liar.signed(iss="https://evil.example"),
    "no issuer": lambda liar: liar.signed(without="iss"),
    "for somebody else": lambda liar: liar.signed(aud="another"),
    "for somebody else, and asked for by us": lambda liar: liar.signed(aud="another", azp=CLIENT),
    "for nobody": lambda liar: liar.signed(without="aud"),
    "for us, and asked for by somebody else": with_another_audience,
    "another login's nonce": lambda liar: liar.signed(nonce="another"),
    "no nonce": lambda liar: liar.signed(without="nonce"),
    "no nonce, and says that it has none to give": lambda liar: liar.signed(without="nonce", nonce_supported=False),
    "too old": lambda liar: liar.signed(exp=liar.clock.now_ms() // 1000 - LEEWAY_S - 1),
    "for ever": lambda liar: liar.signed(without="exp"),
    "from the future": lambda liar: liar.signed(iat=liar.clock.now_ms() // 1000 + LEEWAY_S + 10),
    "not yet valid": lambda liar: liar.signed(nbf=liar.clock.now_ms() // 1000 + LEEWAY_S + 10),
    "about nobody": lambda liar: liar.signed(without="sub"),
    "about an empty name": lambda liar: liar.signed(sub=""),
    "about too long a name": lambda liar: liar.signed(sub="x" * 256),
    "about a number": lambda liar: liar.signed(sub=7),
    "beside another access token": lambda liar: liar.signed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "nonsense": lambda _: "x.y.z",
    "nothing": lambda _: " ",
}


@pytest.mark.parametrize("lie", LIES)
async def test_what_can_t_be_believed_is_not(liar: Liar, lie: str) -> None:
    liar.id_token = LIES[lie](liar)
    assert await liar.reason() is Reason.UNAUTHENTICATED
    liar.id_token = None
    assert await liar.named() == Identity(liar.issuer, "anna", "anna", "")


async def test_an_audience_among_others_is_ours_if_we_asked(liar: Liar) -> None:
    liar.id_token = liar.signed(aud=[CLIENT, "another"], azp=CLIENT)
    assert (await liar.named()).subject == "anna"


async def test_people_are_sent_to_the_provider_with_everything_that_binds_the_login(liar: Liar) -> None:
    url = urlsplit(await liar.provider.authorization_url(ATTEMPT, "the state"))
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{liar.issuer}/auth"
    assert query.pop("code_challenge") != ATTEMPT.code_verifier
    assert query == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": ATTEMPT.redirect_uri,
        "scope": "openid profile",
        "state": "the state",
        "nonce": ATTEMPT.nonce,
        "code_challenge_method": "S256",
    }


async def test_new_keys_are_found_and_not_asked_for_by_everyone_who_invents_one(liar: Liar) -> None:
    await liar.named()
    liar.keys = [NEW_KEY]
    liar.id_token = liar.signed(NEW_KEY, {"kid": "key-2"})
    asked = len(liar.asked)
    for _ in range(3):
        assert await liar.reason() is Reason.UNAUTHENTICATED
    assert liar.asked[asked:] == ["/token"] * 3
    liar.clock.advance(PAUSE_S)
    assert (await liar.named()).subject == "anna"
    liar.id_token = liar.signed()
    liar.clock.advance(PAUSE_S)
    assert await liar.reason() is Reason.UNAUTHENTICATED, "a key that was withdrawn"


async def test_keys_are_asked_for_again_in_time(liar: Liar) -> None:
    await liar.named()
    liar.keys = [NEW_KEY]
    liar.clock.advance(KNOWN_S + 1)
    now_s = liar.clock.now_ms() // 1000
    liar.id_token = liar.signed(iat=now_s, exp=now_s + 300)
    assert await liar.reason() is Reason.UNAUTHENTICATED


@pytest.mark.parametrize("status", [500, 503])
async def test_a_provider_that_is_broken_is_no_reason_to_refuse_someone_for_good(liar: Liar, status: int) -> None:
    liar.status = status
    assert await liar.reason() is Reason.UNAVAILABLE


@pytest.mark.parametrize("status", [302, 400, 401])
async def test_a_code_that_is_not_confirmed_goes_nowhere_else(liar: Liar, status: int) -> None:
    liar.status = status
    assert await liar.reason() is Reason.UNAUTHENTICATED
    assert "/elsewhere" not in liar.asked


@pytest.mark.parametrize("document", [{}, {"issuer": "https://evil.example"}])
async def test_a_provider_that_says_it_is_another_is_not_asked(liar: Liar, document: dict[str, Any]) -> None:
    liar.document = {**liar.document, "issuer": None, **document}
    assert await liar.reason() is Reason.UNAVAILABLE
    assert "/token" not in liar.asked


async def test_a_provider_that_is_away_is_no_reason_to_refuse_someone_for_good(liar: Liar) -> None:
    provider = OidcProvider(liar.http, liar.clock, "http://127.0.0.1:1", CLIENT, SECRET)
    with pytest.raises(ChatError) as refused:
        await provider.authorization_url(ATTEMPT, "the state")
    assert refused.value.reason is Reason.UNAVAILABLE
