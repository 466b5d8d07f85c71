"""What must be known before a command can be carried out, and the live view does not tell at once: asked of it again, or of history."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId
from chatkit.rpc.expiry import has_expired
from elastic_chat.events.v1 import log_pb2
from svc_router.answers import accept, refuse
from svc_router.blocks import Blocks
from svc_router.changes import (
    MAX_REACTIONS,
    NO_MESSAGE,
    Found,
    check_answered,
    check_pins,
    check_reactions,
    check_state,
    check_target,
    is_counted,
)
from svc_router.entries import entry_of
from svc_router.flight import Flight
from svc_router.folding import with_unfinished
from svc_router.job import Job
from svc_router.store import NotLive, Place, Restored, Sequencer, Sight

log = structlog.get_logger()


class Archive(Protocol):
    """What the router asks of history. Every method raises a ChatError if history can't be certain."""

    async def state(self, conversation_id: ConversationId, now_ms: int) -> Restored | None:
        """Return a conversation as the log has it now; None if it has none of it."""
        ...

    async def find(self, conversation_id: ConversationId, message_id: MessageId) -> log_pb2.LogEntry | None:
        """Return the entry that a message_id has made, if it has made one."""
        ...

    async def message(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Found:
        """Return a message that a member can see. Raises NOT_FOUND if there is none."""
        ...

    async def reactions(self, user_id: UserId, conversation_id: ConversationId, seq: int) -> Collection[str]:
        """Return the emoji with which a member has reacted to a message that they can see."""
        ...

    async def pins(self, user_id: UserId, conversation_id: ConversationId) -> Collection[int]:
        """Return the messages that are pinned, of those that a member can see."""
        ...

    async def ordinal_at(self, job: Job) -> int:
        """Return the ordinal at the read_seq of a watermark command."""
        ...


class LookUps:
    """Each method that takes a job is the work of a detour: it says whether the job is to go on, or raises why it can't."""

    def __init__(self, sequencer: Sequencer, archive: Archive, blocks: Blocks, flight: Flight, clock: Clock) -> None:
        self._sequencer = sequencer
        self._archive = archive
        self._blocks = blocks
        self._flight = flight
        self._clock = clock
        self._restoring = WeakValueDictionary[ConversationId, asyncio.Lock]()

    async def put_back(self, conversation_id: ConversationId) -> bool:
        """Put a conversation back into the live view, with everything that the log has of it; False if it has nothing."""
        # One after the other: between what history says and its being put back, nothing must get a place.
        async with self._restoring.setdefault(conversation_id, asyncio.Lock()):
            # What is under way here must be in the log before history is asked, or it would get there after its place has been passed.
            await self._flight.all_durable(conversation_id)
            epoch = self._sequencer.epoch
            restored = await self._archive.state(conversation_id, self._clock.now_ms())
            if restored is None:
                return False
            unfinished = await self._sequencer.unfinished(conversation_id)
            await self._sequencer.restore(with_unfinished(restored, unfinished), epoch)
        log.info("conversation_restored", conversation_id=conversation_id, head=restored.head)
        return True

    async def restore(self, job: Job) -> bool:
        """Put the conversation back into the live view, or raise that there is none."""
        if not await self.put_back(job.conversation_id):
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        return True

    async def check_birth(self, job: Job) -> bool:
        """Put the conversation back into the live view if it was born before: its log must not start again."""
        job.looked_up = not await self.put_back(job.conversation_id)
        return True

    async def look_up(self, job: Job) -> bool:
        """Ask history for a message_id that the live view may have forgotten; answer the job if it has made an entry."""
        found = await self._archive.find(job.conversation_id, job.message_id)
        if found is None:
            job.looked_up = True
            return True
        if found.sender_id != job.user_id:
            refuse([job], ChatError(Reason.MESSAGE_ID_REUSED))
        else:
            accept([job], found, Place(found.seq, found.ordinal, found.accepted_at.ToMilliseconds()))
        return False

    async def note_blocks(self, members: Sequence[UserId], job: Job) -> bool:  # noqa: ARG002 - the first of those that wait
        """Have it noted whether one of the members of a direct conversation has blocked the other."""
        await self._blocks.note(members[0], members[-1])
        return True

    async def look_at(self, job: Job) -> bool:
        """Look at the messages that a command changes or answers, and at whom it mentions. If it may not, the sequencer has yet to say that
        it is no repeat.

        What was accepted once is not refused, whatever has become of those messages since.
        """
        try:
            for seq in sorted(job.points_at):
                await self._look_at_one(job, seq)
        except ChatError as error:
            if error.row.retryable:
                raise
            job.refusal = error
        if job.mentions:
            await self._look_at_mentions(job)
        job.is_looked_at = True
        return True

    async def _look_at_mentions(self, job: Job) -> None:
        """Let a message count as no mention of those who have blocked its sender. If nobody knows who has, it does: it is not worth a
        refusal.
        """
        try:
            blocking = await self._blocks.blocked_by(job.user_id, job.mentions)
        except ChatError as error:
            log.warning("mentions_not_looked_at", reason=error.reason)
        else:
            job.mention_only([user_id for user_id in job.mentions if user_id not in blocking])

    async def _look_at_one(self, job: Job, seq: int) -> None:
        """Find a message in the tail or in history. Raises NOT_FOUND if there is none, or none any more, or it is deleted and is to be
        changed, PERMISSION_DENIED if it is not the user's to change, and POLL_CLOSED if it takes no vote any more.
        """
        if job.kind == "change" and is_counted(job.command.change):
            # What is counted of a user's is all there: their later commands wait behind this one.
            await self._flight.all_shown_of(job.conversation_id, job.user_id)
        sight = await self._sequencer.sight(job.conversation_id, job.user_id, seq)
        if isinstance(sight, NotLive):
            await self.restore(job)
            sight = await self._sequencer.sight(job.conversation_id, job.user_id, seq)
        if isinstance(sight, NotLive):
            raise ChatError(Reason.UNAVAILABLE)
        if sight.joined_seq is None:
            raise ChatError(Reason.UNKNOWN_CONVERSATION)
        if seq > sight.head:
            raise ChatError(Reason.NOT_FOUND, NO_MESSAGE)
        if sight.entry is not None:
            found = Found(entry_of(sight.entry), sight.is_deleted, sight.is_closed)
        else:
            found = await self._archive.message(job.user_id, job.conversation_id, seq)
        if has_expired(found.entry, self._clock.now_ms()):
            raise ChatError(Reason.NOT_FOUND, NO_MESSAGE)
        if job.kind == "send":
            check_answered(job.command.send.outline, found.entry, sight.joined_seq)
            return
        check_target(job.command.change, job.user_id, found.entry, sight.joined_seq)
        check_state(job.command.change, found, self._clock.now_ms())
        await self._check_room(job, sight)
        job.target = found.entry

    async def _check_room(self, job: Job, sight: Sight) -> None:
        """Refuse what would be too much: a reaction more of this user, or a pin more. The tail mostly tells that it is not."""
        change = job.command.change
        if not is_counted(change):
            return
        if change.HasField("pin"):
            check_pins(change.target, await self._archive.pins(job.user_id, job.conversation_id))
        elif sight.entry is None or sight.reacted >= MAX_REACTIONS:
            there = await self._archive.reactions(job.user_id, job.conversation_id, change.target)
            check_reactions(change.reaction.emoji, there)

    async def find_ordinal(self, job: Job) -> bool:
        """Ask history for the ordinal of what was read."""
        job.read_ordinal = await self._archive.ordinal_at(job)
        return True
