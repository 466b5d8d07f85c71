"""Access tokens at both doors of a whole stack, made with its own key: what is no token of ours, made for us and for now, opens neither."""

from __future__ import annotations

import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bench.client import Account, Api, ApiError, Socket
from launcher.home import Home
from svc_accounts.signer import Signer
from tests.e2e.hello import answer_to_hello
from tests.e2e.stack import Stack
from tests.forgeries import FORGERIES, Mint, expired


@pytest.fixture
async def mint(stack: Stack, api: Api, anna: Account) -> Mint:
    pem = Home(stack.home).signing_key.read_text()
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, Ed25519PrivateKey)
    (session,) = (await api.call("GET", "/v1/sessions", token=anna.token))["sessions"]
    return Mint(key, Signer(pem).jwk["kid"], anna.user_id, session["sessionId"], int(time.time()))


async def answer_of_rest(api: Api, token: str) -> tuple[int, str]:
    try:
        await api.call("GET", "/v1/sessions", token=token)
    except ApiError as refused:
        return refused.status, refused.reason
    return 200, ""


@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_token_that_is_none_is_refused_at_both_doors(api: Api, mint: Mint, forgery: str) -> None:
    token = FORGERIES[forgery](mint)
    assert await answer_of_rest(api, token) == (401, "UNAUTHENTICATED")
    assert await answer_to_hello(api, token) == 4503


async def test_a_good_token_opens_both_and_one_that_was_good_is_told_apart(api: Api, anna: Account, mint: Mint) -> None:
    token = mint.token()
    assert await answer_of_rest(api, token) == (200, "")
    await (await Socket.open(api, Account(anna.user_id, anna.username, token, ""))).close()
    assert await answer_of_rest(api, expired(mint)) == (401, "TOKEN_EXPIRED")
    assert await answer_to_hello(api, expired(mint)) == 4504
