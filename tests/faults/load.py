"""Many people who talk while something goes wrong."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import aiohttp
import grpc

from bench.client import Account, Api, ApiError
from bench.member import Journal, Login, Member, Message
from chatkit.core.errors import Reason
from chatkit.core.ids import ConversationId, new_id
from elastic_chat.events.v1 import log_pb2
from elastic_chat.writer.v1 import writer_service_pb2 as writer_pb2
from elastic_chat.writer.v1 import writer_service_pb2_grpc as writer_rpc
from launcher import access
from launcher.home import Home
from svc_history.core import END, Range
from svc_history.store.cassandra import CassandraTimeline
from tests.e2e.stack import Stack
from tests.faults.checker import Findings, check
from tests.faults.revisions import Revisions

SETTLE_S = 90.0
T = TypeVar("T")
TRIES = 5
MOST_ASKED = 200
"""Users in one question for presence."""
SESSIONS = 12
"""Sessions of one user at most, about: a gateway takes 20."""
PATIENT_PING_S = 20.0
"""How often each of a crowd pings: as a client would that is not looked at just now."""
MESSAGES_A_CHANGE = 20
"""For so many messages, about, one is changed."""
MOST_REVISIONS = 20
"""Changes without an answer, at most."""
RECENT = 500
"""One of so many messages is changed, those that were acknowledged last."""
EVERYTHING = Range(0, END, 10_000_000, backwards=False)


class Load:
    """Users with one or two sessions each, in groups and pairs, of whom someone says something `rate` times a second."""

    def __init__(self, stack: Stack, seed: int, users: int, conversations: int, rate: float) -> None:
        self.stack = stack
        self.rng = random.Random(seed)
        self.journal = Journal()
        self.members: list[Member] = []
        self.conversations: list[str] = []
        self.owners: dict[str, Account] = {}
        self.make_id: Callable[[], str] = new_id
        self._sizes = (users, conversations, rate)
        self._api = Api(stack.edge)
        self.revisions = Revisions(self._api, self.rng)
        self._accounts: list[Account] = []
        self._logins: dict[str, Login] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._talking: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Bring everyone in, and let them talk."""
        users, conversations, rate = self._sizes
        self._accounts = list(await asyncio.gather(*(self._made(partial(self._api.register, f"u{number}")) for number in range(users))))
        for number in range(conversations):
            if number % 3 == 0:
                owner, other = self.rng.sample(self._accounts, 2)
                conversation_id = await self._made(partial(self._api.direct, owner, other))
            else:
                owner, *others = self.rng.sample(self._accounts, min(users, self.rng.randint(3, 7)))
                conversation_id = await self._made(partial(self._api.group, owner, f"group {number}", others))
                self.owners[conversation_id] = owner
            self.conversations.append(conversation_id)
        for number, account in enumerate(self._accounts):
            for session in range(1 + number % 2):
                self.join(account, f"u{number}.{session}")
        await self._come_live(self.members)
        loop = asyncio.get_running_loop()
        self._talking = [loop.create_task(self._talk(rate)), loop.create_task(self._churn(rate)), loop.create_task(self._revise(rate))]

    async def _made(self, make: Callable[[], Awaitable[T]]) -> T:
        """Make a user or a conversation: again, while the database that the row before has stopped is busy with its return."""
        for _ in range(TRIES):
            try:
                return await make()
            except ApiError as error:
                if error.reason != Reason.UNAVAILABLE:
                    raise
                await asyncio.sleep(1.0)
        return await make()

    def join(self, account: Account, name: str) -> Member:
        """Let another session of a user come."""
        login = self._logins.setdefault(account.user_id, Login(self._api, account))
        member = Member(self._api, login, self.journal, name, random.Random(self.rng.random()))
        self.members.append(member)
        self._tasks.append(asyncio.get_running_loop().create_task(member.run()))
        return member

    async def _come_live(self, members: Iterable[Member]) -> None:
        await asyncio.gather(*(asyncio.wait_for(member.is_live.wait(), 30) for member in members))

    async def _talk(self, rate: float) -> None:
        due = time.monotonic()
        while True:
            due += self.rng.expovariate(rate)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            member = self.rng.choice(self.members)
            here = sorted(member.cursors.keys() - member.gone)
            if here and member.unanswered < 50:
                member.say(self.rng.choice(here), "x" * self.rng.randint(1, 300), self.make_id())

    async def _churn(self, rate: float) -> None:
        """Let people come to groups and go, all the time, but seldom if little is said: everyone hears of it."""
        while self.owners:
            await asyncio.sleep(self.rng.uniform(0.1, 0.5) * max(1.0, 120 / rate))
            conversation_id, owner = self.rng.choice(sorted(self.owners.items()))
            other = self.rng.choice([account for account in self._accounts if account != owner])
            path = f"/v1/conversations/{conversation_id}/members"
            with suppress(ApiError, aiohttp.ClientError, OSError, TimeoutError):
                if self.rng.random() < 0.5:
                    await self._api.call("DELETE", f"{path}/{other.user_id}", token=owner.token)
                else:
                    await self._api.call("POST", path, {"userId": other.user_id}, owner.token)

    async def _revise(self, rate: float) -> None:
        """Let people change what they have said, now and then, each change until it has an answer."""
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(self.rng.expovariate(rate / MESSAGES_A_CHANGE))
                acked = [message for message in self.journal.messages.values() if message.seq]
                if acked and sum(not one.seq and not one.refused for one in self.revisions.made.values()) < MOST_REVISIONS:
                    message = self.rng.choice(acked[-RECENT:])
                    sender = next(member for member in self.members if member.name == message.sender)
                    group.create_task(self.revisions.one(sender.login, message))

    def since(self, moment: float) -> list[Message]:
        """Return the messages that were made after a moment of the monotonic clock."""
        return [message for message in self.journal.messages.values() if message.made_at >= moment]

    def longest_wait(self, moment: float) -> float:
        """Return the longest time that anyone has waited for an answer since a moment, in seconds."""
        return max((message.acked_at - message.made_at for message in self.since(moment) if message.acked_at), default=0.0)

    async def some_answers(self, count: int, patience_s: float = 60.0) -> None:
        """Wait until so many messages more have their answers."""
        until = self._answered() + count
        async with asyncio.timeout(patience_s):
            while self._answered() < until:
                await asyncio.sleep(0.05)

    def _answered(self) -> int:
        return sum(1 for message in self.journal.messages.values() if message.acked_at)

    async def finish(self, timeline: CassandraTimeline) -> Findings:
        """Stop talking, let everyone have their answers and catch up, and check everything."""
        for task in self._talking:
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        try:
            await self._until(lambda: [f"{one.name} has {one.unanswered} unanswered" for one in self.members if one.unanswered])
            await self.written()
            kept = {one: await self._kept(timeline, one) for one in self.conversations}
            changes = {one: await self._changes(timeline, one, entries) for one, entries in kept.items()}
            await self._until(lambda: self._behind(kept))
            await self._presence_is_right()
        finally:
            ended = await self.end()
        findings = check(self.journal, self.members, kept)
        self.revisions.check(findings, kept, changes)
        for member, end in zip(self.members, ended, strict=True):
            if not isinstance(end, asyncio.CancelledError):
                findings.note("clients live", f"{member.name}: {end!r}")
        return findings

    def _behind(self, kept: dict[str, list[log_pb2.LogEntry]]) -> list[str]:
        heads = {one: entries[-1].seq for one, entries in kept.items() if entries}
        return [
            f"{member.name} is at {cursor} of {heads[one]} in {one}"
            for member in self.members
            for one, cursor in member.cursors.items()
            if one in heads and cursor < heads[one]
        ]

    async def _until(self, what: Callable[[], list[str]]) -> None:
        until = time.monotonic() + SETTLE_S
        while left := what():
            assert time.monotonic() < until, f"not settled after {SETTLE_S:.0f} s: {left[:5]}"
            await asyncio.sleep(0.1)

    async def end(self) -> list[Any]:
        """Let everyone go, and return what became of each session."""
        for task in (*self._talking, *self._tasks):
            task.cancel()
        await asyncio.gather(*self._talking, return_exceptions=True)
        ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._api.close()
        return ended

    async def _presence_is_right(self) -> None:
        """Wait until everyone is told that all others are there; then let someone leave, and wait until that is known."""
        async with asyncio.timeout(SETTLE_S):
            while wrong := await self._wrong_about(""):
                await asyncio.sleep(0.2)
            leaver = self.members[0].login
            for member, task in zip(self.members, self._tasks, strict=True):
                if member.login is leaver:
                    task.cancel()
            while wrong := await self._wrong_about(leaver.account.user_id):
                await asyncio.sleep(0.2)
        assert not wrong

    async def _wrong_about(self, gone: str) -> list[str]:
        """Return what users are told of others that is not so, if all are there but one."""
        wrong = []
        ids = "&".join(f"userIds={account.user_id}" for account in self._accounts[:MOST_ASKED])
        for login in self._logins.values():
            if login.is_old:
                await login.renew(login.account.token)
            answer = await self._api.call("GET", f"/v1/presence?{ids}", token=login.account.token)
            wrong += [user["userId"] for user in answer.get("users", ()) if user.get("online", False) is (user["userId"] == gone)]
        return wrong

    def is_in(self, name: str, conversation_id: str) -> bool:
        """Tell whether a session's user is in a conversation now, as far as the session knows."""
        member = next(one for one in self.members if one.name == name)
        return conversation_id in member.cursors

    async def crowd(self, count: int, sessions: int = SESSIONS) -> None:
        """Let more users and more sessions come, until there are so many sessions, about as many of each user as of any other."""
        await self.grow(count // sessions)
        for number in itertools.count():
            if len(self.members) >= count:
                break
            self.join(self._accounts[number % len(self._accounts)], f"crowd{number}").ping_s = PATIENT_PING_S
            if number % 100 == 99:
                await self._come_live(self.members[-100:])
        await self.all_live()

    async def grow(self, count: int) -> None:
        """Let more users come, until there are so many; each talks with two others."""
        while len(self._accounts) < count:
            some = await asyncio.gather(*(self._api.register("crowd") for _ in range(10)))
            for account in some:
                for other in self.rng.sample(self._accounts, 2):
                    self.conversations.append(await self._api.direct(account, other))
            self._accounts += some

    async def room(self) -> str:
        """Put everyone into one group, and return it."""
        owner, *others = self._accounts
        room = await self._api.group(owner, "everyone", others)
        self.conversations.append(room)
        return room

    async def all_live(self) -> None:
        """Wait until everyone is connected and has caught up."""
        await self._until(lambda: [one.name for one in self.members if not one.is_live.is_set() or one.is_behind])

    async def patiently(self, api: Api, method: str, path: str, body: object, token: str) -> Any:
        """Call until the answer is not a refusal that may be tried again."""
        until = time.monotonic() + SETTLE_S
        while True:
            try:
                return await api.call(method, path, body, token)
            except (ApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
                if time.monotonic() > until or (isinstance(error, ApiError) and error.status not in {429, 503, 504}):
                    raise
            await asyncio.sleep(0.2)

    async def written(self, timeout_s: int = 60) -> None:
        """Wait until the database has everything that is in the log now."""
        writer, home = next(self.stack.topology.instances("writer")), Home(self.stack.home)
        async with grpc.aio.secure_channel(access.address(writer), access.credentials(home), access.options(writer)) as channel:
            request = writer_pb2.AwaitWrittenRequest()
            request.timeout.FromSeconds(60)
            until = time.monotonic() + timeout_s
            while True:
                try:
                    await writer_rpc.WriterServiceStub(channel).AwaitWritten(request, timeout=65)
                except grpc.aio.AioRpcError:
                    if time.monotonic() > until:
                        raise
                    await asyncio.sleep(0.2)
                else:
                    return

    async def _kept(self, timeline: CassandraTimeline, conversation_id: str) -> list[log_pb2.LogEntry]:
        rows = await timeline.read(ConversationId(conversation_id), EVERYTHING)
        return [log_pb2.LogEntry.FromString(row.entry) for row in rows]

    async def _changes(self, timeline: CassandraTimeline, conversation_id: str, entries: Sequence[log_pb2.LogEntry]) -> Sequence[bytes]:
        targets = sorted({entry.target for entry in entries if entry.target})
        return await timeline.changes(ConversationId(conversation_id), targets)
