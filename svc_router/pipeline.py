"""The hot path: commands in, places, the log, readers; in batches of what has come meanwhile.

Two stages run at the same time. The first takes everything that waits, gives each command its place in one round trip and hands the
entries to the log in that order. The second takes everything that has become durable and shows it to readers in one round trip. While
entries are on their way to the disk, the next ones get their places.

Who has a place is finished, whatever happens: by this router, which appends an entry again until it is certain that it is in the log, or,
if it dies, by the next one that has something for the conversation, which finds the draft in the live view. So a seq is never given up,
and what anyone is shown has nothing missing before it.

What can't be decided at once takes a detour, and nobody waits behind it but those who must: see `detours`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial

import structlog
from prometheus_client import Counter, Gauge, Histogram

from chatkit.core.backoff import Backoff
from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId
from chatkit.edges.engine_metrics import KAFKA, REDIS
from chatkit.edges.fanout import Fanout, batch_of
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC, MessageLog, Record
from chatkit.metrics import histogram
from chatkit.tracing import NOTHING, Tracer, followed
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from svc_router.answers import BUSY, HELD_UP, accept, finish, refuse
from svc_router.blocks import Blocks
from svc_router.core import LIMITS, Limits, is_remembered
from svc_router.detours import Detours
from svc_router.entries import delta_event, durable, member, placed, readable, typing_event, watermark_event, watermark_of
from svc_router.flight import Flight, Flying
from svc_router.job import Job
from svc_router.lookups import Archive, LookUps
from svc_router.pace import Pace
from svc_router.store import (
    Answer,
    Birth,
    BlocksUnknown,
    Claim,
    Durable,
    Forgotten,
    Mark,
    Marked,
    Needless,
    NotLive,
    OrdinalNeeded,
    Place,
    Sequencer,
)
from svc_router.tellings import SECOND_S, SKIPPED, Tellings, Told

log = structlog.get_logger()

QUEUE_LIMIT = 8192
"""Commands that wait for a place; more are refused with OVERLOADED."""
NOTICE_LIMIT = QUEUE_LIMIT // 4
"""Commands that wait above which nothing is told any more that is kept nowhere: what is to be kept comes first."""
BATCH = 256
FLIGHT_LIMIT = 2048
"""Entries that have a place and are not shown yet, about; with so many, no more places are given."""

BATCH_SIZE = Histogram("chat_router_batch_commands", "Commands in a batch.", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256))
STAGE = histogram(
    "chat_router_stage_seconds",
    "Seconds that a batch spent in a stage.",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1, 5),
    stage=("sequence", "show"),
)
SEQUENCE, SHOW = STAGE["sequence"], STAGE["show"]
QUEUED = Gauge("chat_router_queued_commands", "Commands that wait for a place.")
FINISHED = Counter("chat_router_unfinished_total", "Entries that another router, or a broken call, had left unfinished.")

NOTICES = {"typing": typing_event, "delta": delta_event}
"""Commands of which readers are told, and nothing is kept: what nodes are told of each."""


class Pipeline:
    """Carries out commands. `run` must run; `submit` may be called before that, and its jobs wait."""

    def __init__(
        self,
        sequencer: Sequencer,
        message_log: MessageLog,
        fanout: Fanout,
        archive: Archive,
        blocks: Blocks,
        clock: Clock,
        tracer: Tracer = NOTHING,
        limits: Limits = LIMITS,
    ) -> None:
        self._sequencer = sequencer
        self._log = message_log
        self._fanout = fanout
        self._clock = clock
        self._tracer = tracer
        self._limits = limits
        self._waiting: deque[Job] = deque()
        self._more = asyncio.Event()
        self._claiming: dict[tuple[ConversationId, MessageId], list[Job]] = {}
        self._flight = Flight(FLIGHT_LIMIT)
        self._pace = Pace()
        self._tellings = Tellings()
        self._again = asyncio.Event()
        self._detours = Detours(self._go_on)
        self._lookups = LookUps(sequencer, archive, blocks, self._flight, clock)
        self._group: asyncio.TaskGroup
        QUEUED.set_function(lambda: len(self._waiting))

    def submit(self, job: Job) -> None:
        """Take a job. Its reply is called exactly once, whatever happens, as long as `run` runs."""
        if job.kind in NOTICES and len(self._waiting) >= NOTICE_LIMIT:
            SKIPPED[job.kind].inc()
            refuse([job], BUSY)
        elif not job.makes_entry and (way := self._detours.way_of(job)):
            self._detours.wait_behind(way, job)
        elif len(self._waiting) >= QUEUE_LIMIT:
            refuse([job], BUSY)
        else:
            self._waiting.append(job)
            self._more.set()

    def _go_on(self, jobs: Sequence[Job]) -> None:
        """Take jobs that were on a detour, in their order and before all others."""
        self._waiting.extendleft(reversed(jobs))
        if self._waiting:
            self._more.set()

    async def run(self) -> None:
        """Work for ever."""
        async with asyncio.TaskGroup() as group:
            self._group = self._detours.group = group
            group.create_task(self._give_places())
            group.create_task(self._append_again())
            group.create_task(self._show())
            group.create_task(self._tell_later())

    # --- the first stage

    async def _give_places(self) -> None:
        while True:
            await self._more.wait()
            await self._until_room()
            if len(self._waiting) < BATCH:
                await self._pace.keep()
            jobs = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            if not self._waiting:
                self._more.clear()
            BATCH_SIZE.observe(len(jobs))
            now_ms = self._clock.now_ms()
            await self._sequence([job for job in jobs if job.makes_entry and self._may_go_on(job, now_ms)], now_ms)
            await self._tell([job for job in jobs if not job.makes_entry])

    async def _until_room(self) -> None:
        while self._flight.is_full:
            if self._flight.uncertain:
                while self._waiting:
                    refuse([self._waiting.popleft()], HELD_UP)
            await self._flight.moved()

    async def _sequence(self, jobs: Sequence[Job], now_ms: int) -> None:
        """Give each job its place, answer those that make no entry after all, and hand the entries of the others to the log."""
        if not jobs:
            return
        claims = [job.claim(now_ms, self._limits) for job in jobs]
        contexts = [job.command.traceparent for job in jobs]
        try:
            with SEQUENCE.time(), followed(self._tracer, "sequence", contexts, engine=REDIS, commands=len(jobs)):
                answers = await self._sequencer.sequence(claims)
        except ChatError as error:
            for job in jobs:
                refuse(self._claimants(job), error)
            return
        launched: list[Flying] = []
        for job, claim, answer in zip(jobs, claims, map(readable, answers), strict=True):
            launched += self._take_over(job.conversation_id, answer)
            launched += self._answer(self._claimants(job), claim, answer)
        await self._append(launched)

    def _may_go_on(self, job: Job, now_ms: int) -> bool:
        """Take jobs out of the batch whose time is over, or that must wait: for the first of their message_id, or for history."""
        key = (job.conversation_id, job.message_id)
        flying = self._flight.find(*key)
        if job.until <= self._clock.monotonic():
            refuse([job], ChatError(Reason.DEADLINE_EXCEEDED))
        elif flying is not None or key in self._claiming:
            self._wait_for_first(job, flying)
        elif way := self._detours.way_of(job):
            self._detours.wait_behind(way, job)
        elif self._flight.is_held_up(job.conversation_id):
            refuse([job], HELD_UP)
        elif job.wants_look:
            self._detours.ask_about([job], self._lookups.look_at)
        elif job.kind != "create" and not job.looked_up and not is_remembered(job.message_id, now_ms):
            self._detours.ask_about([job], self._lookups.look_up)
        else:
            self._claiming[key] = [job]
            return True
        return False

    def _wait_for_first(self, job: Job, flying: Flying | None) -> None:
        """Let a job wait for the first of its message_id, unless that is another user's. All who create a conversation share one."""
        claiming = self._claiming.get((job.conversation_id, job.message_id), [])
        first = claiming[0].user_id if flying is None else flying.entry.sender_id
        if job.kind != "create" and first != job.user_id:
            refuse([job], ChatError(Reason.MESSAGE_ID_REUSED))
        elif flying is not None:
            refuse(flying.join(job, self._clock.monotonic()), ChatError(Reason.DEADLINE_EXCEEDED))
        else:
            claiming.append(job)

    def _claimants(self, job: Job) -> list[Job]:
        """Return a job that was claimed for, and those that have the same message_id."""
        return self._claiming.pop((job.conversation_id, job.message_id))

    def _take_over(self, conversation_id: ConversationId, answer: Answer) -> list[Flying]:
        """Take what was left unfinished and is not under way here."""
        found = [one for one in answer.unfinished if self._flight.find(conversation_id, one.message_id) is None]
        # Nobody knows whether it is in the log, before or after others, or not at all.
        launched = [Flying(placed(one.draft, one.place), one.place, "", doubted=True) for one in found]
        for flying in launched:
            FINISHED.inc()
            log.info("entry_taken_over", conversation_id=conversation_id, message_id=flying.message_id, seq=flying.place.seq)
            self._flight.launch(flying)
        return launched

    def _answer(self, jobs: list[Job], claim: Claim | Birth, answer: Answer) -> list[Flying]:  # noqa: C901 - one case for each outcome
        """Launch the entry of jobs that have a place now, or answer them."""
        match answer.outcome:
            case Place(durable=True) as place:
                entry = placed(place.draft or claim.draft, place)
                if place.conversation:
                    entry.created.conversation.ParseFromString(place.conversation)
                accept(jobs, entry, place)
            case Place() as place:
                flying = self._flight.find(claim.conversation_id, claim.message_id)
                if flying is None and not claim.draft:
                    refuse(jobs, ChatError(Reason.UNAVAILABLE))
                    return []
                if flying is None:
                    command = jobs[0].command
                    entry = placed(place.draft or claim.draft, place)
                    flying = Flying(entry, place, command.request_id, jobs, traceparent=command.traceparent)
                    self._flight.launch(flying)
                    return [flying]
                flying.jobs += jobs
                # Of an entry that another router has left, the trace is known to whoever asks again for its sender.
                flying.traceparent = flying.traceparent or jobs[0].command.traceparent
            case Needless(there):
                added = member(jobs[0].joining, there) if there else None
                finish(jobs, pb.Accepted(member=added))
            case NotLive():
                self._detours.bring_back(jobs, self._lookups.check_birth if isinstance(claim, Birth) else self._lookups.restore)
            case Forgotten():
                self._detours.ask_about(jobs, self._lookups.look_up)
            case BlocksUnknown(members):
                self._detours.ask_about(jobs, partial(self._lookups.note_blocks, members))
            case ChatError() as error:
                refuse(jobs, jobs[0].refusal or error)
        return []

    # --- the log

    async def _append(self, launched: Sequence[Flying]) -> None:
        """Hand entries to the log, in their order. What becomes of each is noted when it is known."""
        if not launched:
            return
        for flying in launched:
            self._step(flying, "append")
        outcomes = await self._log.append([_record(flying) for flying in launched])
        now = asyncio.get_running_loop().time()
        for flying, outcome in zip(launched, outcomes, strict=True):
            flying.appended_at = now
            outcome.add_done_callback(partial(self._settle, flying))

    def _settle(self, flying: Flying, outcome: asyncio.Future[None]) -> None:
        if outcome.cancelled():
            return
        error = outcome.exception()
        if flying.span is not None:
            flying.span.end(engine=KAFKA, durable=int(error is None))
        if error is None:
            self._flight.land(flying)
            return
        # Nobody knows whether it is in the log. Who waits is told to try again; the entry keeps its place, and is appended again.
        log.warning("append_failed", request_id=flying.request_id, error=repr(error.__cause__ or error))
        refuse(flying.jobs, error if isinstance(error, ChatError) else ChatError(Reason.INTERNAL))
        flying.jobs = []
        self._flight.doubt(flying)
        self._again.set()

    def _step(self, flying: Flying, name: str) -> None:
        """Let the next step of an entry begin, if it is traced."""
        if flying.traceparent:
            flying.span = self._tracer.span(name, flying.traceparent)

    async def _append_again(self) -> None:
        """Append what is uncertain until it is certain, for ever. Twice in the log is as good as once: the place is the same."""
        backoff = Backoff(0.2, 2.0)
        while True:
            await self._again.wait()
            self._again.clear()
            await asyncio.sleep(backoff.next())
            uncertain = [flying for flying in self._flight.uncertain if not flying.durable]
            if not uncertain:
                backoff.reset()
                continue
            outcomes = await self._log.append([_record(flying) for flying in uncertain])
            await asyncio.wait(outcomes)
            for flying, outcome in zip(uncertain, outcomes, strict=True):
                if not outcome.cancelled() and outcome.exception() is None:
                    self._flight.land(flying)
            self._again.set()

    # --- the second stage

    async def _show(self) -> None:
        while True:
            runs = await self._flight.landed()
            for flying in (flying for run in runs.values() for flying in run):
                self._step(flying, "show")
            entries = {one: [_durable(flying) for flying in run] for one, run in runs.items()}
            with SHOW.time():
                shown = await self._commit(entries)
            self._pace.note(asyncio.get_running_loop().time() - min(run[0].appended_at for run in runs.values()))
            for conversation_id, outcome in shown.items():
                if isinstance(outcome, NotLive):
                    self._group.create_task(self._show_restored(conversation_id, runs[conversation_id], entries[conversation_id]))
                else:
                    self._land(conversation_id, runs[conversation_id], outcome)

    def _land(self, conversation_id: ConversationId, run: Sequence[Flying], nodes: frozenset[str]) -> None:
        for flying in run:
            if flying.span is not None:
                flying.span.end(engine=REDIS, seq=flying.place.seq, nodes=len(nodes))
            accept(flying.jobs, flying.entry, flying.place, flying.request_id, nodes)
            log.debug(
                "message_accepted",
                request_id=flying.request_id,
                conversation_id=conversation_id,
                message_id=flying.message_id,
                seq=flying.place.seq,
                nodes=len(nodes),
            )
        self._flight.shown(conversation_id, len(run))

    async def _show_restored(self, conversation_id: ConversationId, run: Sequence[Flying], entries: Sequence[Durable]) -> None:
        """Show entries of a conversation that the live view has lost meanwhile: history has them by now, or will have."""
        backoff = Backoff(0.1, 2.0)
        while True:
            with suppress(ChatError):
                await self._lookups.put_back(conversation_id)
            outcome = (await self._commit({conversation_id: entries}))[conversation_id]
            if not isinstance(outcome, NotLive):
                self._land(conversation_id, run, outcome)
                return
            log.warning("not_shown_yet", conversation_id=conversation_id)
            await asyncio.sleep(backoff.next())

    async def _commit(self, entries: Mapping[ConversationId, Sequence[Durable]]) -> _Shown:
        """Show durable entries, and go on trying while the live view is away: they happened, whether it knows or not."""
        backoff = Backoff(0.05, 1.0)
        while True:
            try:
                return await self._sequencer.commit(entries)
            except ChatError as error:
                log.warning("live_view_away", reason=error.reason)
                await asyncio.sleep(backoff.next())

    # --- what makes no entry

    async def _tell(self, jobs: Sequence[Job]) -> None:
        """Carry out typing, deltas and watermarks: nobody waits for them, and a failure of theirs stops nothing."""
        if not jobs:
            return
        try:
            told = [
                *await self._notices([job for job in jobs if job.kind in NOTICES]),
                *await self._watermarks([job for job in jobs if job.kind == "watermark"]),
            ]
        except ChatError as error:
            log.info("ephemeral_dropped", count=len(jobs), reason=error.reason)
        else:
            await self._publish(told)

    async def _tell_later(self) -> None:
        """Tell what was gathered, once a second, for ever."""
        while True:
            await asyncio.sleep(SECOND_S)
            await self._publish(self._tellings.second())

    async def _publish(self, told: Sequence[Told]) -> None:
        batches: dict[str, list[bytes]] = {}
        for event, nodes in told:
            for node in nodes:
                batches.setdefault(node, []).append(batch_of(event))
        try:
            await self._fanout.publish({node: b"".join(events) for node, events in batches.items()})
        except ChatError as error:
            log.info("ephemeral_dropped", count=len(told), reason=error.reason)

    async def _notices(self, jobs: Sequence[Job]) -> list[Told]:
        listeners = await self._sequencer.listeners([(job.conversation_id, job.user_id) for job in jobs]) if jobs else []
        return [
            told
            for job, here in zip(jobs, listeners, strict=True)
            for told in self._tellings.notice(job.kind, job.conversation_id, job.user_id, NOTICES[job.kind](job.command), here)
        ]

    async def _watermarks(self, jobs: Sequence[Job]) -> list[Told]:
        told: list[Told] = []
        for job, marked in zip(jobs, await self._mark(jobs) if jobs else [], strict=True):
            if isinstance(marked, OrdinalNeeded):
                self._detours.ask_about([job], self._lookups.find_ordinal)
            elif isinstance(marked, NotLive):
                self._detours.bring_back([job], self._lookups.restore)
            elif marked.changed:
                event = watermark_event(job.command, marked)
                event.ephemeral.only_own_sessions = marked.shown != (marked.delivered_seq, marked.read_seq)
                told += self._tellings.receipt(job.conversation_id, job.user_id, event, marked.listening)
        return told

    async def _mark(self, jobs: Sequence[Job]) -> list[Marked | OrdinalNeeded | NotLive]:
        marks = await self._sequencer.mark([_mark_of(job) for job in jobs])
        records = [
            _watermark_record(job, marked) for job, marked in zip(jobs, marks, strict=True) if isinstance(marked, Marked) and marked.changed
        ]
        for outcome in await self._log.append(records) if records else ():
            outcome.add_done_callback(_note_failure)
        return marks


_Shown = dict[ConversationId, frozenset[str] | NotLive]
"""Which nodes were told of each conversation."""


def _durable(flying: Flying) -> Durable:
    return durable(flying.entry, flying.place, flying.request_id, _context(flying), doubted=flying.doubted)


def _record(flying: Flying) -> Record:
    return Record(LOG_TOPIC, flying.conversation_id.encode(), flying.entry.SerializeToString(), flying.request_id, _context(flying))


def _context(flying: Flying) -> str:
    """Return what the steps that follow are given: that of the step that an entry is in."""
    return flying.span.context if flying.span is not None else ""


def _mark_of(job: Job) -> Mark:
    watermark = job.command.watermark
    return Mark(job.conversation_id, job.user_id, watermark.delivered_seq, watermark.read_seq, job.read_ordinal, watermark.withheld)


def _watermark_record(job: Job, marked: Marked) -> Record:
    value = log_pb2.WatermarkRecord(watermark=watermark_of(job.command, marked), read_ordinal=marked.read_ordinal)
    if marked.shown != (marked.delivered_seq, marked.read_seq):
        value.shown.delivered_seq, value.shown.read_seq = marked.shown
    key = f"{job.conversation_id}/{job.user_id}".encode()
    return Record(WATERMARK_TOPIC, key, value.SerializeToString(), job.command.request_id)


def _note_failure(outcome: asyncio.Future[None]) -> None:
    if not outcome.cancelled() and outcome.exception() is not None:
        log.warning("watermark_not_durable")
