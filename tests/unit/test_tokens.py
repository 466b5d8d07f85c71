"""Access tokens, and every way in which one is not to be believed."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterable
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, new_id
from chatkit.rpc import tokens
from chatkit.rpc.tokens import TokenVerifier
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from svc_accounts.signer import Signer

USER = UserId(new_id())
SESSION = SessionId(new_id())
LIFETIME_S = 600


def new_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Accounts:
    """Stands in for the accounts service: counts how often it is asked, and can be down."""

    def __init__(self, *signers: Signer) -> None:
        self.signers = list(signers)
        self.extra: list[pb.Jwk] = []
        self.down = False
        self.asked = 0

    async def keys(self) -> Iterable[pb.Jwk]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise grpc.aio.AioRpcError(grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata())
        return [*self.extra, *(pb.Jwk(**signer.jwk) for signer in self.signers)]


class World:
    def __init__(self) -> None:
        self.key = new_key()
        self.signer = Signer(pem(self.key))
        self.accounts = Accounts(self.signer)
        self.clock = ManualClock()
        self.verifier = TokenVerifier(self.accounts.keys, self.clock)

    @property
    def now_s(self) -> int:
        return self.clock.now_ms() // 1000

    def good(self) -> str:
        return self.signer.access_token(USER, SESSION, "user", new_id(), self.now_s, LIFETIME_S)

    def made(self, claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None, without: str = "") -> str:
        """Return a token that is signed with the right key, and different in what is given."""
        all_claims: dict[str, Any] = {
            "iss": tokens.ISSUER,
            "aud": tokens.AUDIENCE,
            "sub": USER,
            "sid": SESSION,
            "iat": self.now_s,
            "exp": self.now_s + LIFETIME_S,
            "jti": new_id(),
            **(claims or {}),
        }
        all_claims.pop(without, None)
        all_header: dict[str, Any] = {"alg": "EdDSA", "typ": tokens.TYPE, "kid": self.signer.jwk["kid"], **(header or {})}
        signed = f"{base64url(json.dumps(all_header).encode())}.{base64url(json.dumps(all_claims).encode())}"
        return f"{signed}.{base64url(self.key.sign(signed.encode()))}"

    async def refusal(self, token: str) -> ChatError:
        with pytest.raises(ChatError) as caught:
            await self.verifier.verify(token)
        return caught.value


@pytest.fixture
def world() -> World:
    return World()


async def test_a_good_token_tells_whose_it_is_and_until_when(world: World) -> None:
    token = await world.verifier.verify(world.good())
    assert (token.user_id, token.session_id) == (USER, SESSION)
    assert token.expires_at_ms == (world.now_s + LIFETIME_S) * 1000
    assert await world.verifier.verify(world.made()) == token


async def test_the_header_names_type_algorithm_and_key(world: World) -> None:
    header = jwt.get_unverified_header(world.good())
    assert header == {"alg": "EdDSA", "typ": "at+jwt", "kid": world.signer.jwk["kid"]}


def test_the_key_is_named_by_its_thumbprint() -> None:
    # the key and the thumbprint of RFC 8037, appendices A.1 to A.3
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
    signer = Signer(pem(Ed25519PrivateKey.from_private_bytes(seed)))
    assert signer.jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert signer.jwk["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


async def test_an_expired_token_is_told_from_a_bad_one(world: World) -> None:
    token = world.good()
    world.clock.advance(LIFETIME_S + tokens.SKEW_MS / 1000 - 1)
    await world.verifier.verify(token)
    world.clock.advance(1)
    assert (await world.refusal(token)).reason is Reason.TOKEN_EXPIRED


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "something"},
        {"aud": []},
        {"sub": "ada"},
        {"sub": None},
        {"sub": 7},
        {"sub": USER.upper()},
        {"sid": ""},
        {"sid": {"a": 1}},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": None},
        {"exp": 1e300},
        {"nbf": "now"},
        {"nbf": None},
        {"nbf": 1_800_000_000 + 60},
    ],
)
async def test_a_well_signed_token_with_a_wrong_claim_is_refused(world: World, claims: dict[str, Any]) -> None:
    assert (await world.refusal(world.made(claims))).reason is Reason.UNAUTHENTICATED


async def test_a_token_is_good_from_its_time_on(world: World) -> None:
    token = world.made({"nbf": world.now_s + 60, "exp": world.now_s + 600})
    assert (await world.refusal(token)).reason is Reason.UNAUTHENTICATED
    world.clock.advance(60 - tokens.SKEW_MS / 1000)
    assert (await world.verifier.verify(token)).user_id == USER


@pytest.mark.parametrize("claim", tokens.CLAIMS)
async def test_a_well_signed_token_without_a_claim_is_refused(world: World, claim: str) -> None:
    assert (await world.refusal(world.made(without=claim))).reason is Reason.UNAUTHENTICATED


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "application/at+jwt;x"},
        {"kid": None},
        {"kid": 7},
        {"kid": ["x"]},
        {"kid": "unknown"},
        {"kid": ""},
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS256"},
        {"alg": "ES256"},
        {"alg": None},
        {"crit": ["b64"], "b64": False},
        {"crit": ["exp"]},
    ],
)
async def test_a_well_signed_token_with_a_wrong_header_is_refused(world: World, header: dict[str, Any]) -> None:
    assert (await world.refusal(world.made(header=header))).reason is Reason.UNAUTHENTICATED


async def test_a_token_without_signature_is_refused(world: World) -> None:
    claims = jwt.decode(world.good(), options={"verify_signature": False})
    kid = world.signer.jwk["kid"]
    unsigned = jwt.encode(claims, "", "none", headers={"typ": tokens.TYPE, "kid": kid})
    assert (await world.refusal(unsigned)).reason is Reason.UNAUTHENTICATED
    head, body, _ = world.good().split(".")
    assert (await world.refusal(f"{head}.{body}.")).reason is Reason.UNAUTHENTICATED


@pytest.mark.parametrize("alg", ["HS256", "EdDSA"])
async def test_the_public_key_is_no_secret_to_sign_with(world: World, alg: str) -> None:
    public = world.key.public_key()
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes_raw(),
        world.signer.jwk["x"].encode(),
    ):
        head = {"alg": alg, "typ": tokens.TYPE, "kid": world.signer.jwk["kid"]}
        body = world.good().split(".")[1]
        signed = f"{base64url(json.dumps(head).encode())}.{body}"
        mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signed.encode(), secret)
        assert (await world.refusal(f"{signed}.{base64url(mac)}")).reason is Reason.UNAUTHENTICATED


async def test_another_key_under_our_name_is_refused(world: World) -> None:
    other = Signer(pem(new_key()))
    other.jwk["kid"] = world.signer.jwk["kid"]
    token = other.access_token(USER, SESSION, "user", new_id(), world.now_s, LIFETIME_S)
    assert (await world.refusal(token)).reason is Reason.UNAUTHENTICATED


async def test_a_key_in_the_header_is_not_used(world: World) -> None:
    other = new_key()
    claims = jwt.decode(world.good(), options={"verify_signature": False})
    headers = {"typ": tokens.TYPE, "kid": world.signer.jwk["kid"], "jwk": Signer(pem(other)).jwk}
    assert (await world.refusal(jwt.encode(claims, other, "EdDSA", headers=headers))).reason is Reason.UNAUTHENTICATED


async def test_a_token_that_was_changed_is_refused(world: World) -> None:
    head, _, signature = world.good().split(".")
    body = base64url(json.dumps({"sub": new_id(), "sid": SESSION, "exp": world.now_s + 10**6}).encode())
    assert (await world.refusal(f"{head}.{body}.{signature}")).reason is Reason.UNAUTHENTICATED


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "a.b.c.d",
        "\u0000",
        "é.é.é",
        "x" * 100_000,
        f"{base64url(b'[]')}.{base64url(b'{}')}.",
        f"{base64url(b'{')}.{base64url(b'{}')}.",
        f"{base64url(b'[' * 3000)}.e.e",
        f"{base64url(bytes([255, 254]))}.e.e",
    ],
)
async def test_what_is_no_token_is_refused(world: World, token: str) -> None:
    assert (await world.refusal(token)).reason is Reason.UNAUTHENTICATED


async def test_a_well_signed_body_that_is_no_object_is_refused(world: World) -> None:
    header = {"alg": "EdDSA", "typ": tokens.TYPE, "kid": world.signer.jwk["kid"]}
    for body in (b"[]", b"7", b"{", b"\xff", b""):
        signed = f"{base64url(json.dumps(header).encode())}.{base64url(body)}"
        token = f"{signed}.{base64url(world.key.sign(signed.encode()))}"
        assert (await world.refusal(token)).reason is Reason.UNAUTHENTICATED


async def test_keys_are_asked_for_once_and_then_known(world: World) -> None:
    await asyncio.gather(*(world.verifier.verify(world.good()) for _ in range(20)))
    assert world.accounts.asked == 1


async def test_a_new_key_is_found_when_a_token_names_it(world: World) -> None:
    await world.verifier.verify(world.good())
    new = Signer(pem(new_key()))
    world.accounts.signers.append(new)
    world.clock.advance(tokens.PAUSE_S)
    token = new.access_token(USER, SESSION, "user", new_id(), world.now_s, LIFETIME_S)
    assert (await world.verifier.verify(token)).user_id == USER
    assert world.accounts.asked == 2


async def test_a_flood_of_unknown_keys_asks_once_in_a_while(world: World) -> None:
    for number in range(50):
        assert (await world.refusal(world.made(header={"kid": f"guess-{number}"}))).reason is Reason.UNAUTHENTICATED
    assert world.accounts.asked == 1
    world.clock.advance(tokens.PAUSE_S)
    await world.refusal(world.made(header={"kid": "guess"}))
    assert world.accounts.asked == 2


async def test_while_keys_can_t_be_asked_for_nobody_is_told_to_log_in_again(world: World) -> None:
    world.accounts.down = True
    refusal = await world.refusal(world.good())
    assert refusal.reason is Reason.UNAVAILABLE
    assert refusal.retry_after is not None
    world.accounts.down = False
    world.clock.advance(tokens.PAUSE_AFTER_FAILURE_S)
    await world.verifier.verify(world.good())


async def test_known_keys_outlive_the_accounts_service(world: World) -> None:
    await world.verifier.verify(world.good())
    world.accounts.down = True
    world.clock.advance(tokens.PAUSE_S)
    assert (await world.refusal(world.made(header={"kid": "unknown"}))).reason is Reason.UNAVAILABLE
    await world.verifier.verify(world.good())


async def test_a_withdrawn_key_is_forgotten_in_the_background(world: World) -> None:
    token = world.good()
    await world.verifier.verify(token)
    world.accounts.signers = [Signer(pem(new_key()))]
    world.clock.advance(tokens.PAUSE_S)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(world.verifier.run())
        while world.accounts.asked < 2 or world.verifier._asking.locked():
            await asyncio.sleep(0)
        task.cancel()
    assert (await world.refusal(token)).reason is Reason.UNAUTHENTICATED


async def test_keys_of_other_kinds_are_passed_over(world: World) -> None:
    world.accounts.extra = [
        pb.Jwk(kty="RSA", kid="rsa", alg="RS256"),
        pb.Jwk(kty="OKP", crv="X25519", x=world.signer.jwk["x"], kid="x", alg="EdDSA"),
        pb.Jwk(kty="OKP", crv="Ed25519", x="c2hvcnQ", kid="short", alg="EdDSA"),
        pb.Jwk(kty="OKP", crv="Ed25519", x="*", kid="garbled", alg="EdDSA"),
    ]
    await world.verifier.verify(world.good())
    for kid in ("rsa", "x", "short", "garbled"):
        assert (await world.refusal(world.made(header={"kid": kid}))).reason is Reason.UNAUTHENTICATED


async def test_only_so_many_tokens_are_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    for _ in range(10):
        await world.verifier.verify(world.good())
        assert len(world.verifier._good) <= 3
