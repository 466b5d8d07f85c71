"""What must be true after any fault, checked in the manner of Jepsen: what clients were promised against what is kept.

The promises are the invariants of docs/guarantees.md. Nothing here does I/O: it reads what clients noted and what the database has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bench.member import Journal, Member
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2

MOST = 12
"""Violations of one kind that are told; more would say nothing new."""


@dataclass(slots=True)
class Findings:
    """What was checked, and what was found wrong."""

    messages: int = 0
    entries: int = 0
    deliveries: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def note(self, invariant: str, what: str) -> None:
        """Note a violation."""
        self.wrong.setdefault(invariant, []).append(what)

    def __str__(self) -> str:
        lines = [f"{self.messages} messages, {self.entries} entries, {self.deliveries} deliveries"]
        for invariant, found in sorted(self.wrong.items()):
            lines += [f"{invariant}: {len(found)} violations", *(f"  {one}" for one in found[:MOST])]
        return "\n".join(lines)


Kept = Mapping[str, Sequence[log_pb2.LogEntry]]
"""Everything that the database has, by conversation, by rising seq."""


def check(journal: Journal, members: Iterable[Member], kept: Kept) -> Findings:
    """Compare what clients noted with what is kept."""
    findings = Findings(messages=len(journal.messages), entries=sum(map(len, kept.values())))
    for fault in journal.faults:
        findings.note("I3 in order, once, as told", fault)
    _durable(journal, kept, findings)
    _order_of_senders(journal, findings)
    for member in members:
        _seen(member, kept, findings)
    return findings


def _durable(journal: Journal, kept: Kept, findings: Findings) -> None:
    """I1, I2, I4: a seq is one message, a message is one seq, and what was acknowledged is kept under that seq."""
    at: dict[str, tuple[str, int]] = {}
    every = [entry for entries in kept.values() for entry in entries]
    gone = {(entry.conversation_id, entry.target) for entry in every if entry.kind == entry_pb2.Entry.DELETION}
    for conversation_id, entries in kept.items():
        seqs: dict[int, str] = {}
        for entry in entries:
            if entry.seq in seqs:
                findings.note("I1 no seq twice", f"{conversation_id} has {entry.seq} for {seqs[entry.seq]} and for {entry.message_id}")
            seqs[entry.seq] = entry.message_id
            if entry.message_id in at:
                findings.note("I4 no message twice", f"{entry.message_id} is at {at[entry.message_id]} and at {entry.seq}")
            at[entry.message_id] = (conversation_id, entry.seq)
            if entry.kind == entry_pb2.Entry.MESSAGE and (conversation_id, entry.seq) not in gone:
                said = journal.messages.get(entry.message_id)
                if said is None or entry_pb2.Body.FromString(entry.body).text != said.text:
                    findings.note("I2 kept is as it was said", f"{entry.message_id} at {entry.seq} of {conversation_id}")
    for message in journal.messages.values():
        place = at.get(message.message_id)
        if message.seq and place != (message.conversation_id, message.seq):
            findings.note("I2 acknowledged is kept", f"{message.message_id} was acknowledged with {message.seq}, and is at {place}")
        if message.refused and place is not None:
            findings.note("I2 refused is not kept", f"{message.message_id} was refused with {message.refused}, and is at {place}")


def _order_of_senders(journal: Journal, findings: Findings) -> None:
    """I1: what one session said one after the other has its places in that order."""
    last: dict[tuple[str, str], int] = {}
    for message in sorted(journal.messages.values(), key=lambda one: one.made_at):
        if message.seq:
            key = (message.sender, message.conversation_id)
            if message.seq < last.get(key, 0):
                findings.note("I1 order of a sender", f"{message.message_id} was said after {last[key]} and is at {message.seq}")
            last[key] = message.seq


def _spells(user_id: str, entries: Sequence[log_pb2.LogEntry]) -> list[tuple[int, int]]:
    """Return from which seq up to below which one a user was a member, each time."""
    spells: list[tuple[int, int]] = []
    since: int | None = None
    for entry in entries:
        if since is None and any(one.user_id == user_id for one in (*entry.created.members, *entry.membership.added)):
            since = entry.seq
        elif since is not None and user_id in entry.membership.removed_user_ids:
            spells.append((since, entry.seq))
            since = None
    return spells if since is None else [*spells, (since, 1 << 62)]


def _seen(member: Member, kept: Kept, findings: Findings) -> None:
    """I3, I5: everything from when the user was a member, once, in order; and nothing else."""
    for conversation_id in member.log.keys() | kept.keys():
        seen, entries = member.log.get(conversation_id, []), kept.get(conversation_id, ())
        findings.deliveries += len(seen)
        where = f"{member.name} in {conversation_id}"
        if any(later <= earlier for (earlier, _), (later, _) in pairwise(seen)):
            findings.note("I3 in order, once, as told", f"{where}: {[seq for seq, _ in seen][:50]}")
        spells = _spells(member.account.user_id, entries)
        heard = [*(seq for seq, _ in seen), *(seq for one, seq in member.late if one == conversation_id)]
        for seq in heard:
            if not any(first <= seq < end for first, end in spells):
                findings.note("I5 members only", f"{where}: {seq}, and was a member in {spells}")
        known = {entry.seq: entry.message_id for entry in entries}
        for seq, message_id in seen:
            if known.get(seq) != message_id:
                findings.note("I2 seen is kept", f"{where}: {seq} is {message_id} here and {known.get(seq)} in the database")
        if spells and spells[-1][1] == 1 << 62:
            # Whoever is a member at the end has seen it all since they joined; earlier spells may have ended before they were read.
            had = {seq for seq, _ in seen}
            missing = [entry.seq for entry in entries if entry.seq >= spells[-1][0] and entry.seq not in had]
            if missing:
                findings.note("I3 everything", f"{where}: {len(missing)} missing, {missing[:20]} of up to {entries[-1].seq}")
