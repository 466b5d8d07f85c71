"""The hot path: commands in, places, the log, readers; in batches, without a timer.

Two stages run at the same time. The first takes everything that waits, gives each command its place in one round trip and hands the
entries to the log in that order. The second takes batches in the same order, waits until they are durable, shows them to readers in one
round trip and tells the nodes in another. While a batch is on its way to the disk, the next one gets its places.

A conversation that the live view does not know, or a message_id that it may have forgotten, takes a detour by way of history. Later
commands of that conversation wait behind it, and other conversations do not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

import structlog
from prometheus_client import Counter, Gauge, Histogram

from chatkit.core.backoff import Backoff
from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.edges.fanout import Fanout, batch_of
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC, MessageLog, Record
from elastic_chat.events.v1 import log_pb2, node_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from svc_router.core import is_remembered
from svc_router.entries import delivery, entry_of, member, timestamp, typing_event, watermark_event, watermark_of
from svc_router.job import Job, unheard
from svc_router.store import Answer, Birth, Claim, Durable, Mark, Marked, Needless, NotLive, OrdinalNeeded, Place, Sequencer

log = structlog.get_logger()

QUEUE_LIMIT = 8192
"""Commands that wait for a place; more are refused with OVERLOADED."""
BATCH = 256
BATCHES_IN_FLIGHT = 8
DETOURS = 256
"""Conversations that are being looked up in history at the same time; more are refused with OVERLOADED."""
DETOUR_LIMIT = 1024
"""Commands of one conversation that wait for history; more are refused with OVERLOADED."""
SHOW_FOR_S = 20.0
"""How long the live view may be away before senders of durable entries are told to try again."""

COMMANDS = Counter("chat_router_commands_total", "Commands by kind and by reason (OK if they were carried out).", ("kind", "reason"))
BATCH_SIZE = Histogram("chat_router_batch_commands", "Commands in a batch.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256))
STAGE = Histogram(
    "chat_router_stage_seconds",
    "Seconds that a batch spent in a stage.",
    ("stage",),
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1, 5),
)
QUEUED = Gauge("chat_router_queued_commands", "Commands that wait for a place.")
BUSY = ChatError(Reason.OVERLOADED, "the router has more commands than it can take", retry_after=timedelta(seconds=1))


class Archive(Protocol):
    """What the router asks of history."""

    async def restore(self, conversation_id: ConversationId, sequencer: Sequencer, now_ms: int) -> bool:
        """Put a conversation back into the live view; False if history does not know it either. Raises ChatError if it can't tell."""
        ...

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> log_pb2.LogEntry | None:
        """Return the entry that a message_id has made, if it has made one."""
        ...

    async def ordinal_at(self, job: Job) -> int:
        """Return the ordinal at the read_seq of a watermark command."""
        ...


@dataclass(frozen=True, slots=True)
class _Written:
    """A job whose entry is on its way to the disk."""

    job: Job
    claim: Claim | Birth
    place: Place
    entry: log_pb2.LogEntry
    durable: Awaitable[None]


_Told = tuple[node_pb2.NodeEvent, frozenset[str]]
"""An event, and the nodes that are told of it."""


class Pipeline:
    """Carries out commands. `run` must run; `submit` may be called before that, and its jobs wait."""

    def __init__(self, sequencer: Sequencer, message_log: MessageLog, fanout: Fanout, archive: Archive, clock: Clock) -> None:
        self._sequencer = sequencer
        self._log = message_log
        self._fanout = fanout
        self._archive = archive
        self._clock = clock
        self._waiting: deque[Job] = deque()
        self._more = asyncio.Event()
        self._written: asyncio.Queue[list[_Written]] = asyncio.Queue(BATCHES_IN_FLIGHT)
        self._flying: dict[tuple[ConversationId, MessageId], list[Job]] = {}
        self._detours: dict[ConversationId, deque[Job]] = {}
        self._group: asyncio.TaskGroup

    def submit(self, job: Job) -> None:
        """Take a job. Its reply is called exactly once, whatever happens, as long as `run` runs."""
        if job.conversation_id in self._detours:
            self._wait_behind(job)
        elif len(self._waiting) >= QUEUE_LIMIT:
            self._refuse(job, BUSY)
        else:
            self._waiting.append(job)
            self._more.set()

    async def run(self) -> None:
        """Work for ever."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(self._give_places())
            group.create_task(self._show())

    # --- the first stage

    async def _give_places(self) -> None:
        while True:
            await self._more.wait()
            jobs = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not self._waiting:
                self._more.clear()
            QUEUED.set(len(self._waiting))
            BATCH_SIZE.observe(len(jobs))
            now_ms = self._clock.now_ms()
            await self._sequence([job for job in jobs if job.makes_entry and self._may_go_on(job, now_ms)], now_ms)
            await self._tell([job for job in jobs if not job.makes_entry])

    async def _sequence(self, jobs: Sequence[Job], now_ms: int) -> None:
        """Give each job its place, answer those that make no entry after all, and hand the entries of the others to the log."""
        if not jobs:
            return
        claims = [job.claim(now_ms) for job in jobs]
        try:
            with STAGE.labels("sequence").time():
                answers = await self._sequencer.sequence(claims)
        except ChatError as error:
            for job in jobs:
                self._refuse(job, error)
            return
        await self._write([self._answer(job, claim, answer) for job, claim, answer in zip(jobs, claims, answers, strict=True)])

    def _may_go_on(self, job: Job, now_ms: int) -> bool:
        """Take jobs out of the batch that must wait: for the first of their message_id, or for history."""
        key = (job.conversation_id, job.message_id)
        if key in self._flying:
            self._flying[key].append(job)
            return False
        if job.conversation_id in self._detours:
            self._wait_behind(job)
            return False
        if job.kind == "create" and not job.known_new:
            self._detour(job, self._check_birth(job))
            return False
        if job.kind == "send" and not job.known_new and not is_remembered(job.message_id, now_ms):
            self._detour(job, self._look_up(job))
            return False
        self._flying[key] = []
        return True

    def _answer(self, job: Job, claim: Claim | Birth, answer: Answer) -> tuple[Job, Claim | Birth, Place, log_pb2.LogEntry] | None:
        """Return what is to be written, or answer the job and return None."""
        match answer:
            case Place(durable=False):
                return job, claim, answer, entry_of(job.command, job.message_id, answer)
            case Place():
                self._accept(job, answer)
            case Needless():
                added = member(UserId(job.command.add_member.member.user_id), answer.member) if answer.member else None
                self._finish(job, pb.Accepted(member=added))
            case NotLive():
                followers = self._flying.pop((job.conversation_id, job.message_id))
                self._detour(job, self._restore(job))
                for follower in followers:
                    self.submit(follower)
            case ChatError():
                self._refuse(job, answer)
        return None

    async def _write(self, made: Sequence[tuple[Job, Claim | Birth, Place, log_pb2.LogEntry] | None]) -> None:
        todo = [one for one in made if one is not None]
        if not todo:
            return
        records = [
            Record(LOG_TOPIC, entry.conversation_id.encode(), entry.SerializeToString(), job.command.request_id)
            for job, _, _, entry in todo
        ]
        acks = await self._log.append(records)
        await self._written.put([_Written(*one, ack) for one, ack in zip(todo, acks, strict=True)])

    # --- the second stage

    async def _show(self) -> None:
        while True:
            batch = await self._written.get()
            with STAGE.labels("durable").time():
                outcomes = await asyncio.gather(*(written.durable for written in batch), return_exceptions=True)
            durable: list[_Written] = []
            for written, outcome in zip(batch, outcomes, strict=True):
                if outcome is None:
                    durable.append(written)
                else:
                    self._give_up(written, outcome)
            if durable:
                with STAGE.labels("show").time():
                    await self._show_durable(durable)

    def _give_up(self, written: _Written, outcome: BaseException) -> None:
        """Answer for an entry of which nobody knows whether it is durable.

        A retry of a message gets the same seq. A change of members holds in the live view already, so it must get into the log as well.
        """
        log.warning("append_failed", request_id=written.job.command.request_id, error=repr(outcome))
        self._refuse(written.job, outcome if isinstance(outcome, ChatError) else ChatError(Reason.INTERNAL))
        if isinstance(written.claim, Claim) and (written.claim.adds or written.claim.removes):
            self._group.create_task(self._persist(written))

    async def _persist(self, written: _Written) -> None:
        """Append a change of members until it is durable. Twice is as good as once: its place stays the same."""
        backoff = Backoff(0.5, 10.0)
        entry = written.entry
        record = Record(LOG_TOPIC, entry.conversation_id.encode(), entry.SerializeToString(), written.job.command.request_id)
        while True:
            await asyncio.sleep(backoff.next())
            (ack,) = await self._log.append([record])
            try:
                await ack
            except ChatError:
                continue
            await self._show_durable([replace(written, job=Job(written.job.command, unheard))])
            return

    async def _show_durable(self, batch: Sequence[_Written]) -> None:
        entries = [
            Durable(
                written.job.conversation_id,
                written.claim.user_id,
                written.job.message_id,
                written.place.seq,
                written.place.ordinal,
                written.place.accepted_ms,
                written.entry.SerializeToString(),
                written.job.joining(written.place),
                written.job.leaving,
            )
            for written in batch
        ]
        try:
            nodes = await self._commit(entries)
        except ChatError as error:
            for written in batch:
                self._refuse(written.job, error)
            return
        batches: dict[str, list[bytes]] = {}
        for written, entry, listeners in zip(batch, entries, nodes, strict=True):
            self._accept(written.job, written.place)
            event = batch_of(delivery(written.entry, entry.joining, entry.leaving, written.job.command.request_id))
            for node in listeners:
                batches.setdefault(node, []).append(event)
            log.debug(
                "message_accepted",
                request_id=written.job.command.request_id,
                conversation_id=entry.conversation_id,
                message_id=entry.message_id,
                seq=entry.seq,
                nodes=len(listeners),
            )
        await self._publish(batches)

    async def _commit(self, entries: Sequence[Durable]) -> list[frozenset[str]]:
        """Show durable entries, and go on trying while the live view is away: they happened, whether it knows or not."""
        backoff = Backoff(0.05, 1.0)
        deadline = self._clock.monotonic() + SHOW_FOR_S
        while True:
            try:
                return await self._sequencer.commit(entries)
            except ChatError:
                if self._clock.monotonic() > deadline:
                    raise
                await asyncio.sleep(backoff.next())

    async def _publish(self, batches: dict[str, list[bytes]]) -> None:
        try:
            await self._fanout.publish({node: b"".join(events) for node, events in batches.items()})
        except ChatError:
            # The gateways' subscriptions are broken too: they will tell their sessions to resync when they are back.
            log.warning("publish_failed", nodes=len(batches))

    # --- what makes no entry

    async def _tell(self, jobs: Sequence[Job]) -> None:
        """Carry out typing and watermarks: nobody waits for them, and a failure of theirs stops nothing."""
        if not jobs:
            return
        batches: dict[str, list[bytes]] = {}
        try:
            events = [
                *await self._typing([job for job in jobs if job.kind == "typing"]),
                *await self._watermarks([job for job in jobs if job.kind == "watermark"]),
            ]
        except ChatError as error:
            log.info("ephemeral_dropped", count=len(jobs), reason=error.reason)
            return
        for event, nodes in events:
            for node in nodes:
                batches.setdefault(node, []).append(batch_of(event))
        await self._publish(batches)

    async def _typing(self, jobs: Sequence[Job]) -> list[_Told]:
        listeners = await self._sequencer.listeners([(job.conversation_id, job.user_id) for job in jobs]) if jobs else []
        return [(typing_event(job.command), nodes) for job, nodes in zip(jobs, listeners, strict=True)]

    async def _watermarks(self, jobs: Sequence[Job]) -> list[_Told]:
        told: list[_Told] = []
        for job, marked in zip(jobs, await self._mark(jobs) if jobs else [], strict=True):
            if isinstance(marked, OrdinalNeeded):
                self._detour(job, self._find_ordinal(job))
            elif marked.changed:
                told.append((watermark_event(job.command, marked), marked.nodes))
        return told

    async def _mark(self, jobs: Sequence[Job]) -> list[Marked | OrdinalNeeded]:
        marks = await self._sequencer.mark([_mark_of(job) for job in jobs])
        records = [
            _watermark_record(job, marked) for job, marked in zip(jobs, marks, strict=True) if isinstance(marked, Marked) and marked.changed
        ]
        for ack in await self._log.append(records):
            self._group.create_task(_log_failure(ack))
        return marks

    # --- detours

    def _detour(self, job: Job, work: Coroutine[None, None, bool]) -> None:
        """Let a job wait for `work`, which says whether it is to go on; or for the work that its conversation waits for already."""
        if job.conversation_id in self._detours or len(self._detours) >= DETOURS:
            work.close()
            self._wait_behind(job)
            return
        self._detours[job.conversation_id] = deque((job,))
        self._group.create_task(self._travel(job.conversation_id, work))

    def _wait_behind(self, job: Job) -> None:
        jobs = self._detours.get(job.conversation_id)
        if jobs is None or len(jobs) >= DETOUR_LIMIT:
            self._refuse(job, BUSY)
        else:
            jobs.append(job)

    async def _travel(self, conversation_id: ConversationId, work: Coroutine[None, None, bool]) -> None:
        """Do `work`; then let the jobs of the conversation go on, in their order and before all others, or refuse the first if it is
        answered.
        """
        try:
            go_on = await work
        except ChatError as error:
            for job in self._detours.pop(conversation_id):
                self._refuse(job, error)
            return
        jobs = self._detours.pop(conversation_id)
        if not go_on:
            jobs.popleft()
        self._waiting.extendleft(reversed(jobs))
        if self._waiting:
            self._more.set()

    async def _restore(self, job: Job) -> bool:
        """Put the conversation back into the live view, or raise that there is none."""
        if not await self._archive.restore(job.conversation_id, self._sequencer, self._clock.now_ms()):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        log.info("conversation_restored", conversation_id=job.conversation_id)
        return True

    async def _check_birth(self, job: Job) -> bool:
        """Put the conversation back into the live view if it was born before: its log must not start again."""
        await self._archive.restore(job.conversation_id, self._sequencer, self._clock.now_ms())
        job.known_new = True
        return True

    async def _look_up(self, job: Job) -> bool:
        """Ask history for a message_id that the live view may have forgotten; answer the job if it has made an entry."""
        found = await self._archive.find(job.conversation_id, job.message_id)
        if found is None:
            job.known_new = True
            return True
        if found.sender_id != job.user_id:
            self._refuse(job, ChatError(Reason.MESSAGE_ID_REUSED))
        else:
            self._finish(job, pb.Accepted(seq=found.seq, accepted_at=found.accepted_at))
        return False

    async def _find_ordinal(self, job: Job) -> bool:
        job.read_ordinal = await self._archive.ordinal_at(job)
        return True

    # --- results

    def _accept(self, job: Job, place: Place) -> None:
        accepted = pb.Accepted(seq=place.seq, accepted_at=timestamp(place.accepted_ms))
        if job.kind == "create":
            accepted.conversation.ParseFromString(place.conversation)
        elif job.kind == "add_member":
            accepted.member.CopyFrom(job.command.add_member.member)
            accepted.member.joined_seq = place.seq
        self._finish(job, accepted)

    def _finish(self, job: Job, accepted: pb.Accepted) -> None:
        for one in (job, *self._flying.pop((job.conversation_id, job.message_id), ())):
            COMMANDS.labels(one.kind, "OK").inc()
            one.accept(accepted)

    def _refuse(self, job: Job, error: ChatError) -> None:
        followers = self._flying.pop((job.conversation_id, job.message_id), ()) if job.makes_entry else ()
        for one in (job, *followers):
            COMMANDS.labels(one.kind, error.reason).inc()
            one.refuse(error)


def _mark_of(job: Job) -> Mark:
    watermark = job.command.watermark
    return Mark(job.conversation_id, job.user_id, watermark.delivered_seq, watermark.read_seq, job.read_ordinal)


def _watermark_record(job: Job, marked: Marked) -> Record:
    value = log_pb2.WatermarkRecord(watermark=watermark_of(job.command, marked), read_ordinal=marked.read_ordinal)
    key = f"{job.conversation_id}/{job.user_id}".encode()
    return Record(WATERMARK_TOPIC, key, value.SerializeToString(), job.command.request_id)


async def _log_failure(ack: Awaitable[None]) -> None:
    try:
        await ack
    except ChatError:
        log.warning("watermark_not_durable")
