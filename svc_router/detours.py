"""Commands that wait: for what is asked of history, and for those before them.

A conversation that the live view does not know takes a detour by way of history, and its later commands wait behind it. So does a command
whose message_id the live view may have forgotten, and one that changes or answers a message, which must be looked at first; and behind it
only what the same user wants of the same conversation: nobody waits for a clock that is wrong but its owner.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence

from prometheus_client import Gauge

from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, UserId
from chatkit.tracing import bind_context
from svc_router.answers import BUSY, refuse
from svc_router.job import Job

DETOURS = 8192
"""Detours at the same time; more are refused with OVERLOADED, and so are those that would ask history too much at once."""
DETOUR_LIMIT = 1024
"""Commands that wait behind one of them; more are refused with OVERLOADED."""
ASKED = Gauge("chat_router_detours", "Questions to the live view and to history that commands wait for.")

_Way = ConversationId | tuple[ConversationId, UserId]
"""What waits behind a detour: all commands of a conversation, or those of one user."""
Work = Callable[[Job], Coroutine[None, None, bool]]
"""What is done on a detour; whether the job is to go on."""


class Detours:
    """Detours are made in `group`, which must be set before the first; `go_on` takes the jobs that may go on, before all others."""

    def __init__(self, go_on: Callable[[Sequence[Job]], None]) -> None:
        self._go_on = go_on
        self._detours: dict[_Way, deque[Job]] = {}
        self.group: asyncio.TaskGroup
        ASKED.set_function(lambda: len(self._detours))

    def way_of(self, job: Job) -> _Way | None:
        """Return the detour behind which a job must wait, if there is one."""
        if not self._detours:
            return None
        ways: tuple[_Way, ...] = ((job.conversation_id, job.user_id), job.conversation_id)
        return next((way for way in ways if way in self._detours), None)

    def bring_back(self, jobs: Sequence[Job], work: Work) -> None:
        """Let jobs of one message_id wait for `work` that concerns their conversation: if it fails, everything that waits is refused."""
        self._detour(jobs[0].conversation_id, jobs, work)

    def ask_about(self, jobs: Sequence[Job], work: Work) -> None:
        """Let jobs of one message_id wait for `work` that concerns only them: if it fails, the first is refused."""
        self._detour((jobs[0].conversation_id, jobs[0].user_id), jobs, work)

    def _detour(self, way: _Way, jobs: Sequence[Job], work: Work) -> None:
        first, *others = jobs
        there = self.way_of(first)
        if there is not None or len(self._detours) >= DETOURS:
            way = there or way
            others = [first, *others]
        else:
            self._detours[way] = deque((first,))
            self.group.create_task(self._travel(way, first, work))
        for job in others:
            self.wait_behind(way, job)

    def wait_behind(self, way: _Way, job: Job) -> None:
        """Let a job wait until a detour is over."""
        jobs = self._detours.get(way)
        if jobs is None or len(jobs) >= DETOUR_LIMIT:
            refuse([job], BUSY)
        else:
            jobs.append(job)

    async def _travel(self, way: _Way, first: Job, work: Work) -> None:
        """Do `work`, which says whether the first job is to go on; then let the others go on, in their order and before all others."""
        bind_context(first.command.traceparent)
        try:
            go_on = await work(first)
        except ChatError as error:
            concerned = 1 if isinstance(way, tuple) else len(self._detours[way])
            refuse([self._detours[way].popleft() for _ in range(concerned)], error)
            go_on = True
        jobs = self._detours.pop(way)
        if not go_on:
            jobs.popleft()
        self._go_on(list(jobs))
