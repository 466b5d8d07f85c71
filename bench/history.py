"""Reading back: pages of a long conversation, through the edge, from the newest to the oldest and again."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import grpc

from bench.client import Account, Api, send_frame
from bench.people import people
from bench.results import Figure, figure, percentile
from bench.wire import Wire
from chatkit.core.ids import new_id
from chatkit.rpc.channel import OPTIONS
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2 as history_pb2
from elastic_chat.history.v1 import history_service_pb2_grpc as history_rpc

MESSAGES, PAGE, READERS = 5000, 50, 16
SECONDS, RUNS = 10.0, 3
WINDOW = 50


async def measure(edge: str) -> list[Figure]:
    """Fill a conversation, and let many read it at the same time."""
    api = Api(edge)
    try:
        anna, bob = await people(api, 2)
        conversation_id = await api.direct(anna, bob)
    finally:
        await api.close()
    await fill(edge, anna, conversation_id, MESSAGES)
    await asyncio.sleep(2.0)
    rates, p50s, p99s = [], [], []
    for _ in range(RUNS):
        times: list[float] = []
        until = time.perf_counter() + SECONDS
        await asyncio.gather(*(_read(edge, anna, conversation_id, until, times) for _ in range(READERS)))
        rates.append(len(times) / SECONDS)
        p50s.append(percentile(times, 50))
        p99s.append(percentile(times, 99))
        print(f"  {rates[-1]:.0f} pages/s, {p50s[-1]:.2f} / {p99s[-1]:.2f} ms", flush=True)
    return [
        figure(f"pages of {PAGE}, {READERS} readers", "pages/s", rates, 2100, at_least=True),
        figure("a page, p50", "ms", p50s, 3.6),
        figure("a page, p99", "ms", p99s, 9.8),
    ]


async def fill(edge: str, sender: Account, conversation_id: str, messages: int) -> None:
    """Say so many messages of 200 bytes in a conversation, as fast as they are acknowledged; each begins with its number, from 0."""
    answered = asyncio.Semaphore(WINDOW)

    def take(wire: Wire, frame: pb.ServerFrame) -> None:
        del wire
        if frame.HasField("ack"):
            answered.release()

    wire = await Wire.open(edge, sender, take)
    for number in range(messages):
        await answered.acquire()
        wire.send(send_frame(new_id(), conversation_id, f"{number} " + "x" * 195).SerializeToString())
    for _ in range(WINDOW):
        await answered.acquire()
    wire.cut()


async def _read(edge: str, reader: Account, conversation_id: str, until: float, times: list[float]) -> None:
    """Page backwards, and begin anew at the end, until it is time."""
    metadata = (("authorization", f"Bearer {reader.token}"),)
    async with grpc.aio.insecure_channel(
        edge.removeprefix("http://"), options=(*OPTIONS, ("grpc.use_local_subchannel_pool", 1))
    ) as channel:
        stub: Any = history_rpc.HistoryServiceStub(channel)
        before = 0
        while (began := time.perf_counter()) < until:
            request = history_pb2.ListMessagesRequest(conversation_id=conversation_id, before_seq=before, page_size=PAGE)
            page: history_pb2.ListMessagesResponse = await stub.ListMessages(request, metadata=metadata)
            times.append((time.perf_counter() - began) * 1000)
            before = page.entries[0].seq if page.has_more else 0
