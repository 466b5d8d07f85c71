"""Web Push, against a push service on loopback that reads what it is sent as a browser would."""

from __future__ import annotations

from collections.abc import AsyncIterator

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chatkit.core.clock import SystemClock
from svc_presence.push.encryption import MAX_BYTES, encrypt, padded, sealed
from svc_presence.push.port import Outcome, Push, Target, Urgency
from svc_presence.push.vapid import Vapid
from svc_presence.push.web import TRIES, WebPush, open_session
from tests.push import Device, PushHouse, new_pem, plain_of, push_house, text_of

SAID = {"conversationId": "c", "text": "Grüße"}
PUSH = Push(orjson.dumps(SAID), "topic-1", Urgency.HIGH, 60)


class Sending:
    def __init__(self, house: PushHouse, web: WebPush) -> None:
        self.house, self.web = house, web
        self.target = self.device("phone")

    def device(self, name: str) -> Target:
        endpoint = self.house.subscribe(name)
        device = self.house.devices[name]
        return Target(endpoint, device.public_key, device.secret)


@pytest.fixture
async def sending() -> AsyncIterator[Sending]:
    async with push_house() as house, open_session([house.host]) as http:
        vapid = Vapid(new_pem(), "mailto:operator@example.com", SystemClock())
        house.key = vapid.public_key
        yield Sending(house, WebPush(http, vapid, [house.host], first_pause_s=0))


async def test_the_device_and_nobody_else_reads_what_it_is_told(sending: Sending) -> None:
    assert await sending.web.send(sending.target, PUSH) is Outcome.SENT
    (arrived,) = sending.house.arrived
    assert arrived.says == SAID
    assert {name: arrived.headers[name] for name in ("TTL", "Urgency", "Topic")} == {"TTL": "60", "Urgency": "high", "Topic": "topic-1"}


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (404, Outcome.GONE),
        (410, Outcome.GONE),
        (400, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (413, Outcome.REFUSED),
        (307, Outcome.REFUSED),
    ],
)
async def test_what_will_never_be_taken_is_tried_once_and_followed_nowhere(sending: Sending, status: int, outcome: Outcome) -> None:
    sending.house.answers = [status]
    assert await sending.web.send(sending.target, PUSH) is outcome
    assert sending.house.asked == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_may_be_taken_later_is_tried_again(sending: Sending, status: int) -> None:
    sending.house.answers = [status] * (TRIES - 1)
    assert await sending.web.send(sending.target, PUSH) is Outcome.SENT
    assert len(sending.house.arrived) == 1


async def test_a_push_service_that_is_away_is_tried_a_few_times_and_no_more(sending: Sending) -> None:
    sending.house.answers = [503] * (TRIES + 1)
    assert await sending.web.send(sending.target, PUSH) is Outcome.LOST
    assert sending.house.asked == TRIES


async def test_where_nobody_may_be_sent_nobody_is_sent(sending: Sending) -> None:
    elsewhere = sending.target.endpoint.replace("127.0.0.1", "localhost")
    target = Target(elsewhere, sending.target.public_key, sending.target.secret)
    assert await sending.web.send(target, PUSH) is Outcome.REFUSED
    assert sending.house.asked == 0


def test_the_example_of_rfc_8291_comes_out_as_it_is_there() -> None:
    ours = ec.derive_private_key(int.from_bytes(plain_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1())
    target = Target(
        "",
        plain_of("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        plain_of("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    said = b"When I grow up, I want to be a watermelon\x02"
    assert text_of(sealed(said, target, ours, plain_of("DGv6ra1nlYgDCS1FRnbzlw"))) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@pytest.mark.parametrize("length", [0, 1, 255, 256, MAX_BYTES])
def test_a_text_of_any_length_that_fits_is_read_as_it_was(length: int) -> None:
    device = Device()
    said = b"x" * length
    message = encrypt(said, Target("", device.public_key, device.secret))
    assert device.read(message) == said
    assert len(message) <= 4096


def test_what_is_sent_has_few_lengths() -> None:
    assert len({len(padded(b"x" * length)) for length in range(255)}) == 1
    with pytest.raises(ValueError, match="at most"):
        padded(b"x" * (MAX_BYTES + 1))


@pytest.mark.parametrize(("public_key", "secret"), [(b"", b"s" * 16), (b"\x04" + b"x" * 64, b"s" * 16), (Device().public_key, b"short")])
def test_keys_that_no_device_has_are_refused(public_key: bytes, secret: bytes) -> None:
    with pytest.raises(ValueError, match=r"(?i)must|point|invalid"):
        encrypt(b"", Target("", public_key, secret))


@pytest.mark.parametrize("text", ["", "no key", new_pem(ec.SECP384R1)])
def test_a_key_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Vapid(text, "mailto:operator@example.com", SystemClock())
