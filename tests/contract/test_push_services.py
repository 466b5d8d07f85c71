"""The suite of push services: what the outbox relies on. Another one is a world here, and a scheme in the wiring."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from chatkit.core.clock import SystemClock
from chatkit.core.errors import ChatError, Reason
from svc_presence.push.port import Outcome, Push, PushService, Target, Urgency
from svc_presence.push.services import PushServices
from svc_presence.push.vapid import Vapid
from svc_presence.push.web import WebPush, open_session
from tests.phones import SCHEME, Phones
from tests.push import new_pem, push_house

SAID = {"type": "message", "text": "Grüße"}
PUSH = Push(orjson.dumps(SAID), "topic-1", Urgency.HIGH, 60)


@dataclass
class World:
    """A push service, a device behind it, what devices have read, and how to have it answer otherwise than by taking what comes."""

    service: PushService
    target: Target
    read: Callable[[], list[Any]]
    answers: Callable[[Outcome], None]


@pytest.fixture(params=["memory", "web", "several"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    phones = Phones()
    phones.open.set()
    if request.param == "memory":
        yield World(
            phones,
            Target(f"{SCHEME}one", b"", b""),
            lambda: [says for _, says in phones.taken],
            lambda outcome: phones.outcomes.update(one=outcome),
        )
        return
    async with push_house() as house, open_session([house.host]) as http:
        vapid = Vapid(new_pem(), "mailto:operator@example.com", SystemClock())
        house.key = vapid.public_key
        web: PushService = WebPush(http, vapid, [house.host], first_pause_s=0)
        if request.param == "several":
            web = PushServices({"phone": phones, "http": web})
        endpoint = house.subscribe("one")
        device = house.devices["one"]
        status = {Outcome.GONE: [410], Outcome.REFUSED: [400], Outcome.LOST: [503] * 10, Outcome.SENT: []}
        yield World(
            web,
            Target(endpoint, device.public_key, device.secret),
            lambda: [one.says for one in house.arrived],
            lambda outcome: house.answers.extend(status[outcome]),
        )


async def test_a_device_reads_what_it_is_told(world: World) -> None:
    world.service.check(world.target)
    assert await world.service.send(world.target, PUSH) is Outcome.SENT
    assert world.read() == [SAID]


@pytest.mark.parametrize("outcome", [Outcome.GONE, Outcome.REFUSED, Outcome.LOST])
async def test_what_became_of_a_push_is_told_and_nothing_is_raised(world: World, outcome: Outcome) -> None:
    world.answers(outcome)
    assert await world.service.send(world.target, PUSH) is outcome
    assert world.read() == []


@pytest.mark.parametrize("endpoint", ["", "no URI", "other:one", "https://10.0.0.1/x", "gopher://push.example.com/x"])
async def test_a_device_of_another_push_service_is_refused_when_it_registers_and_when_it_is_told(world: World, endpoint: str) -> None:
    target = replace(world.target, endpoint=endpoint)
    with pytest.raises(ChatError) as caught:
        world.service.check(target)
    assert caught.value.reason is Reason.INVALID_ARGUMENT
    assert await world.service.send(target, PUSH) is Outcome.REFUSED
    assert world.read() == []
