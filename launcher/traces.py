"""The steps of messages that were traced, in files: a line of JSON each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

NANOSECONDS = 1_000_000
"""In a millisecond."""
FILE_BYTES = 64 * 1024 * 1024
"""A file that has become so large is put aside, and the one that was put aside before it is gone."""


@dataclass(frozen=True, slots=True)
class Step:
    """A span: which step of a message's way, where, when (Unix nanoseconds), and what there is to say of it."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    node: str
    began_ns: int
    ended_ns: int
    facts: dict[str, str]

    @property
    def took_ms(self) -> float:
        return (self.ended_ns - self.began_ns) / NANOSECONDS


class Traces:
    """What a folder has of steps: a file, and the one before it."""

    def __init__(self, folder: Path, most_bytes: int = FILE_BYTES) -> None:
        self._folder = folder
        self._newer, self._older = folder / "steps.jsonl", folder / "steps.old.jsonl"
        self._most_bytes = most_bytes

    def add(self, steps: Iterable[Step]) -> None:
        """Keep steps. Only one process may do so."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._newer.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(step))}\n" for step in steps)
            is_full = file.tell() > self._most_bytes
        if is_full:
            self._newer.replace(self._older)

    def of(self, message_id: str) -> list[Step]:
        """Return the steps of a message, the earliest first; none if it was not traced, or so long ago that it is gone.

        They are those of every trace in which a step says that it brings this message.
        """
        traces = {step.trace_id for step in self._with(message_id) if step.facts.get("message_id") == message_id}
        found = [step for trace_id in traces for step in self._with(trace_id) if step.trace_id == trace_id]
        return sorted(found, key=lambda step: step.began_ns)

    def _with(self, text: str) -> Iterator[Step]:
        for path in (self._older, self._newer):
            if path.exists():
                with path.open(encoding="utf-8") as lines:
                    # A line without an end is being written just now.
                    yield from (Step(**json.loads(line)) for line in lines if text in line and line.endswith("\n"))


def tree(found: Sequence[Step]) -> Iterator[tuple[int, Step]]:
    """Yield steps with how deep they are, each after the one that it follows from. Who follows from one that is not there comes first."""
    known = {step.span_id for step in found}

    def below(parent_id: str | None, depth: int) -> Iterator[tuple[int, Step]]:
        for step in found:
            if step.parent_id == parent_id or (parent_id is None and step.parent_id not in known):
                yield depth, step
                yield from below(step.span_id, depth + 1)

    yield from below(None, 0)


def as_json(found: Sequence[Step]) -> list[dict[str, Any]]:
    """Return steps as others read them, each after the one that it follows from: times are in milliseconds, since the first began."""
    return [
        {
            "name": one.name,
            "node": one.node,
            "depth": depth,
            "atMs": at_ms(one, found[0].began_ns),
            "tookMs": one.took_ms,
            "facts": one.facts,
        }
        for depth, one in tree(found)
    ]


def at_ms(step: Step, began_ns: int) -> float:
    """Return when a step began, in milliseconds since `began_ns`."""
    return (step.began_ns - began_ns) / NANOSECONDS
