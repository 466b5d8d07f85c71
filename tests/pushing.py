"""Push without engines: whom what comes is told to, and what their devices have been told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from prometheus_client import REGISTRY

from chatkit.core.clock import ManualClock
from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, new_id
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_presence.core import Connection
from svc_presence.preferences import Preferences
from svc_presence.push.absent import Absent
from svc_presence.push.audience.memory import MemoryAudience
from svc_presence.push.badges import Badges
from svc_presence.push.composer import Composer
from svc_presence.push.intake import entries_of
from svc_presence.push.notifier import Notifier
from svc_presence.push.outbox import Outbox
from svc_presence.push.port import Target
from svc_presence.push.rules import ChosenRules
from svc_presence.push.store import Subscription
from svc_presence.push.store.memory import MemorySubscriptionStore
from svc_presence.push.told.memory import MemoryTold
from svc_presence.push.withdrawer import Withdrawer
from svc_presence.store.memory import MemoryDirectory
from tests.keeper import MemoryKeeper
from tests.phones import SCHEME, Phones
from tests.standing import MemoryStanding

ANNA, BOB, CAROL = (UserId(new_id()) for _ in range(3))
ROOM = ConversationId(new_id())


def faults(where: str) -> float:
    """Return how often push could not deal with something."""
    return REGISTRY.get_sample_value("chat_push_faults_total", {"where": where}) or 0.0


class House:
    """Anna, Bob and Carol, who are in one room, and whoever else is put there."""

    def __init__(self, limit: int = 100) -> None:
        self.audience, self.directory, self.store = MemoryAudience({ROOM: [ANNA, BOB, CAROL]}), MemoryDirectory(), MemorySubscriptionStore()
        self.standing, self.keeper, self.told_of = MemoryStanding(), MemoryKeeper(), MemoryTold()
        self.phones, self.clock = Phones(), ManualClock()
        badges = Badges(self.standing, self.audience, self.clock)
        self.outbox = Outbox(Composer(self.told_of, badges), self.phones, self.store, limit)
        self.rules = ChosenRules(self.standing, Preferences(self.directory, self.keeper), self.clock)
        absent = Absent(self.directory, self.store, self.clock)
        self.notifier = Notifier(self.audience, absent, self.store, self.rules, self.outbox, self.clock)
        self.withdrawer = Withdrawer(self.told_of, self.directory, self.store, self.outbox)
        self.seq = 0

    async def device(self, user_id: UserId, name: str, *, shows_text: bool = False) -> Subscription:
        device = Subscription(user_id, SessionId(f"session-{name}"), Target(f"{SCHEME}{name}", b"", b""), shows_text, 1)
        await self.store.put(device)
        return device

    async def connect(self, user_id: UserId, name: str, *, is_idle: bool = False) -> None:
        """Let a device be connected."""
        await self.directory.renew("node@1", 0)
        connection = Connection(ConnectionId(name), user_id, SessionId(f"session-{name}"), is_idle)
        await self.directory.attach("node@1", [connection], [])

    async def read(self, user_id: UserId, seq: int, room: ConversationId = ROOM) -> None:
        """Let a user read up to a seq, and devices hear of it."""
        self.told_of.read[user_id, room] = seq
        mark = conversation_pb2.Watermark(user_id=user_id, conversation_id=room, delivered_seq=seq, read_seq=seq)
        await self.withdrawer.withdraw([log_pb2.WatermarkRecord(watermark=mark).SerializeToString()])

    def message(
        self, sender: UserId, text: str = "Hi", room: ConversationId = ROOM, mentions: Sequence[UserId] = (), *, all_: bool = False
    ) -> bytes:
        self.seq += 1
        entry = log_pb2.LogEntry(
            conversation_id=room,
            seq=self.seq,
            message_id=new_id(),
            sender_id=sender,
            kind=entry_pb2.Entry.MESSAGE,
            body=entry_pb2.Body(text=text).SerializeToString(),
            outline=log_pb2.Outline(mentions=mentions, mention_all=all_),
        )
        entry.accepted_at.FromMilliseconds(self.clock.now_ms())
        return entry.SerializeToString()

    def at(self, seq: int) -> bytes:
        """Return a message of Anna's that has a seq."""
        self.seq = seq - 1
        return self.message(ANNA)

    async def told(self, *messages: bytes, workers: int = 1) -> list[tuple[str, str]]:
        """Return which devices are told of which seq."""
        await self.notifier.tell(entries_of(messages))
        await self.deliver(workers)
        return [(name, str(says["seq"])) for name, says in self.phones.taken]

    async def deliver(self, workers: int = 1) -> None:
        """Let the push service take all that waits."""
        self.phones.taken.clear()
        self.phones.open.set()
        async with self.sending(workers):
            await self.settle()

    @asynccontextmanager
    async def sending(self, workers: int) -> AsyncIterator[None]:
        """Let the outbox work for as long as this lasts."""
        async with asyncio.TaskGroup() as group:
            work = group.create_task(self.outbox.run(workers))
            yield
            assert not work.done(), "the outbox works for ever"
            work.cancel()

    async def settle(self) -> None:
        """Let everything run that can."""
        for _ in range(1000):
            await asyncio.sleep(0)
