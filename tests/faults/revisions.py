"""People who take back what they said, or say it in other words, while something goes wrong; and what must have come of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp

from bench.client import Api, ApiError
from bench.member import Login, Message
from chatkit.core.errors import Reason
from chatkit.core.ids import UserId, new_id
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.fold import fold
from tests.faults.checker import Findings

FINAL = {Reason.UNKNOWN_CONVERSATION, Reason.NOT_FOUND, Reason.PERMISSION_DENIED}
"""What a change may be refused with for good: the conversation was left since, or the message is deleted."""
DELETIONS = 0.25
TIMEOUT_S = 15.0


@dataclass(slots=True)
class Revision:
    """A change of a message, and its place once it is acknowledged. A text is an edit, none a deletion."""

    message_id: str
    conversation_id: str
    target: int
    text: str
    seq: int = 0
    refused: str = ""


@dataclass
class Revisions:
    """All changes that were asked for. Each is tried until it has an answer."""

    api: Api
    rng: random.Random
    made: dict[str, Revision] = field(default_factory=dict)

    async def one(self, login: Login, message: Message) -> None:
        """Change a message that was acknowledged, as its sender."""
        text = "" if self.rng.random() < DELETIONS else f"revised {self.rng.random()}"
        revision = Revision(new_id(), message.conversation_id, message.seq, text)
        self.made[revision.message_id] = revision
        while not revision.seq and not revision.refused:
            try:
                async with asyncio.timeout(TIMEOUT_S):
                    revision.seq = int((await self._asked(revision, login.account.token))["seq"])
            except (ApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
                if isinstance(error, ApiError) and error.status in {403, 404} and error.reason in FINAL:
                    revision.refused = error.reason
                await asyncio.sleep(self.rng.uniform(0.1, 1.0))

    async def _asked(self, revision: Revision, token: str) -> dict[str, str]:
        path = f"/v1/conversations/{revision.conversation_id}/messages/{revision.target}"
        if revision.text:
            body = {"messageId": revision.message_id, "body": {"text": revision.text}}
            answer: dict[str, str] = await self.api.call("PATCH", path, body, token)
        else:
            answer = await self.api.call("DELETE", f"{path}?messageId={revision.message_id}", None, token)
        return answer

    def check(self, findings: Findings, kept: Mapping[str, Sequence[log_pb2.LogEntry]], rows: Mapping[str, Sequence[bytes]]) -> None:
        """Compare the answers with the log, and what the database has beside it of changed messages with what the log says."""
        logged = {entry.message_id: entry for entries in kept.values() for entry in entries if entry.target}
        for revision in self.made.values():
            entry = logged.get(revision.message_id)
            if revision.seq and (entry is None or (entry.seq, entry.target) != (revision.seq, revision.target)):
                findings.note("I2 acknowledged is kept", f"change {revision} is {entry}")
            if revision.refused and entry is not None:
                findings.note("I2 refused is not kept", f"change {revision} is at {entry.seq}")
        for conversation_id, entries in kept.items():
            self._check_state(findings, conversation_id, entries, rows[conversation_id])

    def _check_state(self, findings: Findings, conversation_id: str, entries: Sequence[log_pb2.LogEntry], rows: Sequence[bytes]) -> None:
        changes: dict[int, list[log_pb2.LogEntry]] = {}
        for value in rows:
            change = log_pb2.LogEntry.FromString(value)
            changes.setdefault(change.target, []).append(change)
        for message in (entry for entry in entries if entry.kind == entry_pb2.Entry.MESSAGE):
            said = [entry for entry in entries if entry.target == message.seq]
            now, is_deleted = fold(changes.get(message.seq, ()), 0, UserId("")), any(one.kind == entry_pb2.Entry.DELETION for one in said)
            newest = "" if is_deleted or not said else self.made[max(said, key=lambda one: one.seq).message_id].text
            found = entry_pb2.Body.FromString(now.body or b"").text
            if (now.state.deleted, found) != (is_deleted, newest):
                findings.note("changes are as they were made", f"{message.seq} of {conversation_id} says {found!r}, and should {newest!r}")
            if is_deleted and message.body:
                findings.note("what is deleted is gone", f"{message.seq} of {conversation_id} is deleted and still there")
