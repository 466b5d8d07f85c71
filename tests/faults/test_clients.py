"""Clients that are slow, greedy, many at once, wrong about the time, or ask twice."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time

import pytest

from bench.client import Api, Socket
from chatkit.core.ids import new_id
from tests.faults.conftest import LONG, Trials, most_sessions

pytestmark = pytest.mark.timeout(900)

STORM = 2000 if LONG else 150
SLOW = 'chat_gateway_closed_total{reason="SLOW_CONSUMER"}'
MOST_GROWTH = 100_000_000
"""Bytes: what a gateway may hold more for a few clients that do not read."""


def id_of(age_s: float) -> str:
    """Return a UUIDv7 that says it is so old."""
    ms = f"{int((time.time() - age_s) * 1000):012x}"
    return f"{ms[:8]}-{ms[8:]}-7{secrets.token_hex(2)[1:]}-b{secrets.token_hex(2)[1:]}-{secrets.token_hex(6)}"


async def test_clocks_of_clients_are_wrong(trials: Trials) -> None:
    async with trials("clocks of clients off by -3 days to +30 s") as trial:
        ages = itertools.cycle((0, 3600, 3 * 86400, -30, 1000, 901, 899))
        trial.load.make_id = lambda: id_of(next(ages))
        await trial.load.some_answers(200)


async def test_asking_again_gives_the_first_answer_whatever_happened_in_between(trials: Trials) -> None:
    async with trials("the same message_id again, by another way") as trial:
        ages = itertools.cycle((0, 3 * 86400))
        trial.load.make_id = lambda: id_of(next(ages))
        await trial.load.some_answers(150)
        tokens = {member.name: member.account.token for member in trial.load.members}
        answered = [one for one in trial.load.since(trial.struck_at) if one.seq and trial.load.is_in(one.sender, one.conversation_id)][:25]
        api = Api(trial.injector.stack.edge)

        async def again() -> None:
            for message in answered:
                path = f"/v1/conversations/{message.conversation_id}/messages"
                body = {"messageId": message.message_id, "body": {"text": message.text}}
                answer = await trial.load.patiently(api, "POST", path, body, tokens[message.sender])
                assert int(answer["seq"]) == message.seq

        await again()
        async with trial.injector.redis() as redis:
            await redis.flushall()
        await again()
        for name in ("router-1", "router-2"):
            trial.injector.kill(name)
        await again()
        async with trial.injector.redis() as redis:
            for message in answered:
                await redis.delete(f"{{c:{message.conversation_id}}}:m:{message.message_id}")
        old = [message for message in answered if int(message.message_id[:8] + message.message_id[9:13], 16) < (time.time() - 1000) * 1000]
        assert old
        answered = old
        await again()
        await api.close()


async def test_clients_do_not_read(trials: Trials) -> None:
    async with trials("readers with a full window") as trial:
        before = {name: trial.injector.rss(name) for name in ("gateway-1", "gateway-2")}
        stuck = trial.load.members[:4]
        for member in stuck:
            member.reads = False
        heard = {one for member in stuck for one in member.cursors}
        loud = [(member, one) for member in trial.load.members[4:] for one in sorted(heard & set(member.cursors))]
        closed = sum((await trial.injector.metric("gateway", SLOW)).values())
        async with asyncio.timeout(300):
            # Until every buffer on the way is full, some ten megabytes for each client: those of the kernel, of the mesh, and the outbox.
            while sum((await trial.injector.metric("gateway", SLOW)).values()) == closed:
                for member, conversation_id in loud:
                    member.say(conversation_id, "x" * 16_000)
                await trial.load.some_answers(len(loud))
        for name, size in before.items():
            assert trial.injector.rss(name) - size < MOST_GROWTH
        for member in stuck:
            member.reads = True


async def test_a_room_is_very_large(trials: Trials) -> None:
    users, sessions = (min(500, most_sessions() // 20), 20) if LONG else (40, 8)
    async with trials(f"a room of {users * sessions}", calm=True) as trial:
        await trial.load.grow(users)
        room = await trial.load.room()
        await trial.load.crowd(users * sessions, sessions)
        names = ("gateway-1", "gateway-2", "router-1", "router-2")
        before = {name: trial.injector.rss(name) for name in names}
        trial.strike()
        for _ in range(20):
            trial.load.members[0].say(room, "x" * 1000)
            await asyncio.sleep(1.0 if LONG else 0.2)
        await trial.load.some_answers(20)
        for name, size in before.items():
            assert trial.injector.rss(name) - size < MOST_GROWTH


async def test_one_client_sends_as_fast_as_it_can(trials: Trials) -> None:
    async with trials("a flood from one client") as trial:
        api = Api(trial.injector.stack.edge)
        greedy, other = await api.register("greedy"), await api.register("other")
        conversation_id = await api.direct(greedy, other)
        before = {name: trial.injector.rss(name) for name in ("gateway-1", "gateway-2", "router-1", "router-2")}
        socket = await Socket.open(api, greedy)
        count = 20_000 if LONG else 3000

        async def flood() -> None:
            for _ in range(count):
                await socket.say(conversation_id, "flood")

        flooding = asyncio.get_running_loop().create_task(flood())
        acked = rejected = 0
        async with asyncio.timeout(300):
            while acked + rejected < count:
                frame = await socket.next()
                acked += frame.HasField("ack")
                rejected += frame.HasField("reject")
        await flooding
        for name, size in before.items():
            assert trial.injector.rss(name) - size < MOST_GROWTH
        trial.book.note(f"{trial.name}: of {count}, accepted", "", acked)
        await socket.close()
        await api.close()


async def test_everyone_is_cut_off_at_once_and_comes_back(trials: Trials) -> None:
    async with trials(f"{STORM} clients cut at once", calm=True) as trial:
        await trial.load.crowd(STORM)
        reads = sum((await trial.injector.metric("history", "chat_history_database_reads_total")).values())
        connects = trial.load.journal.connects
        trial.strike()
        for member in trial.load.members:
            member.cut()
        await trial.load.all_live()
        trial.book.note(f"{trial.name}: all back and caught up after", "s", time.monotonic() - trial.struck_at, 10)
        await asyncio.sleep(2)
        again = trial.load.journal.connects - connects - len(trial.load.members)
        trial.book.note(f"{trial.name}: connections made more than once", "", again, 0)
        more = sum((await trial.injector.metric("history", "chat_history_database_reads_total")).values()) - reads
        trial.book.note(f"{trial.name}: reads of the database", "", more, 0)
        assert more == 0


async def test_a_message_id_of_the_far_future_is_refused(trials: Trials) -> None:
    async with trials("a clock that is five minutes ahead") as trial:
        member = trial.load.members[0]
        message = member.say(min(member.cursors), "from the future", id_of(-300))
        async with asyncio.timeout(20):
            while not message.acked_at:
                await asyncio.sleep(0.05)
        assert message.refused == "INVALID_MESSAGE_ID"
        assert new_id() != message.message_id
