"""How long a message takes between two people on different gateways, through edge and sidecars, in an idle system."""

from __future__ import annotations

import asyncio
import time

from bench.client import Api, Socket
from bench.results import Figure, figure, percentile

MESSAGES = 400
RUNS = 5
PAUSE_S = 0.02
TEXT = "x" * 200


async def measure(edge: str) -> list[Figure]:
    """Send messages one at a time and take the time until the other has it, and until the sender has its answer. Milliseconds."""
    api = Api(edge)
    try:
        anna, bob = await api.register("anna"), await api.register("bob")
        conversation_id = await api.direct(anna, bob)
        sender = await Socket.open_on(api, anna, "gateway-1")
        reader = await Socket.open_on(api, bob, "gateway-2")
        await _round(sender, reader, conversation_id, 100)
        rounds = [await _round(sender, reader, conversation_id, MESSAGES) for _ in range(RUNS)]
        await asyncio.gather(sender.close(), reader.close())
    finally:
        await api.close()
    goals = {50: 8.0, 99: 30.0}
    return [
        figure(f"{kind}, p{percent}", "ms", [percentile(one[index], percent) for one in rounds], goal)
        for index, kind in enumerate(("delivery", "ack"))
        for percent, goal in goals.items()
    ]


async def _round(sender: Socket, reader: Socket, conversation_id: str, count: int) -> tuple[list[float], list[float]]:
    deliveries: list[float] = []
    acks: list[float] = []

    async def acked(message_id: str, start: float) -> None:
        while (await sender.until("ack")).message_id != message_id:
            pass
        acks.append((time.perf_counter() - start) * 1000)

    async def delivered(message_id: str, start: float) -> None:
        while (await reader.until("entry")).message_id != message_id:
            pass
        deliveries.append((time.perf_counter() - start) * 1000)

    for _ in range(count):
        start = time.perf_counter()
        message_id = await sender.say(conversation_id, TEXT)
        await asyncio.gather(acked(message_id, start), delivered(message_id, start))
        await asyncio.sleep(PAUSE_S)
    return deliveries, acks
