"""Dead letters, as the writer keeps them: what it could not apply, and sending it into the log again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from chatkit.edges.message_log import LOG_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.writer.v1 import writer_service_pb2 as pb
from elastic_chat.writer.v1 import writer_service_pb2_grpc as rpc
from launcher import access
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.topology import Topology

TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What a record of the log says of itself; what people wrote is not looked at."""

    conversation_id: str
    seq: int
    message_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter: `offset` is its own, `source_offset` that of the record where it came from."""

    offset: int
    topic: str
    partition: int
    source_offset: int
    key: str
    reason: str
    failed_at: str
    size: int
    redriven: bool
    entry: Entry | None

    @classmethod
    def of(cls, kept: pb.KeptLetter) -> Letter:
        """Read what the writer keeps."""
        letter = kept.letter
        return cls(
            offset=kept.offset,
            topic=letter.topic,
            partition=letter.partition,
            source_offset=letter.offset,
            key=printable(letter.key.decode(errors="backslashreplace")),
            reason=printable(letter.reason),
            failed_at=letter.failed_at.ToJsonString(),
            size=len(letter.value),
            redriven=kept.redriven,
            entry=_entry(letter),
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        entry = self.entry
        return {
            "offset": self.offset,
            "source": {"topic": self.topic, "partition": self.partition, "offset": self.source_offset},
            "key": self.key,
            "reason": self.reason,
            "failedAt": self.failed_at,
            "size": self.size,
            "redriven": self.redriven,
            "entry": entry
            and {"conversationId": entry.conversation_id, "seq": entry.seq, "messageId": entry.message_id, "kind": entry.kind},
        }

    def as_text(self) -> str:
        """Return it as `show` prints it."""
        rows = {
            "letter": f"{self.offset}{' (redriven)' if self.redriven else ''}",
            "from": f"{self.topic}, partition {self.partition}, offset {self.source_offset}",
            "when": self.failed_at,
            "reason": self.reason,
            "key": self.key,
            "size": f"{self.size} bytes",
        }
        if self.entry:
            rows |= {
                "conversation": self.entry.conversation_id,
                "seq": str(self.entry.seq),
                "message": self.entry.message_id,
                "kind": self.entry.kind,
            }
        return "\n".join(f"{name:<12} {value}" for name, value in rows.items())


def printable(text: str) -> str:
    """Return text with whatever could steer a terminal shown as an escape: a record that can't be applied may hold anything."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _entry(letter: log_pb2.DeadLetter) -> Entry | None:
    if letter.topic != LOG_TOPIC:
        return None
    try:
        entry = log_pb2.LogEntry.FromString(letter.value)
    except DecodeError:
        return None
    kinds = entry_pb2.Entry.Kind
    kind = kinds.Name(entry.kind) if entry.kind in kinds.values() else str(int(entry.kind))
    found = Entry(printable(entry.conversation_id), entry.seq, printable(entry.message_id), kind)
    # Noise can be read as an entry that has nothing of one.
    return found if found.conversation_id or found.message_id or found.seq else None


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer of the stack, asked by its operator."""

    channel: Callable[[], grpc.Channel]
    """Opens a way to it."""

    @classmethod
    def of(cls, home: Home, topology: Topology) -> Writer:
        """Return the first writer of a stack."""
        return cls(partial(access.channel, home, next(topology.instances("writer"))))

    def letters(self) -> Iterator[Letter]:
        """Yield all letters, oldest first. Raises LaunchError."""
        at = 0
        while True:
            with self._asked() as stub:
                page = stub.ListDeadLetters(pb.ListDeadLettersRequest(from_offset=at), timeout=TIMEOUT_S)
            yield from map(Letter.of, page.letters)
            if not (at := page.next_offset):
                return

    def letter(self, offset: int) -> Letter:
        """Return one letter. Raises LaunchError, also if there is none."""
        with self._asked() as stub:
            page = stub.ListDeadLetters(pb.ListDeadLettersRequest(from_offset=offset, page_size=1), timeout=TIMEOUT_S)
        for kept in page.letters:
            if kept.offset == offset:
                return Letter.of(kept)
        raise _no_letter(offset)

    def redrive(self, offset: int, *, force: bool) -> None:
        """Send a letter's record into the log again. Raises LaunchError."""
        try:
            with self._asked() as stub:
                stub.RedriveDeadLetter(pb.RedriveDeadLetterRequest(offset=offset, force=force), timeout=TIMEOUT_S)
        except _RefusedError as refused:
            if refused.code is grpc.StatusCode.NOT_FOUND:
                raise _no_letter(offset) from refused
            raise LaunchError(
                f"Dead letter {offset} was redriven before", "Do it again with --force: applying twice harms nothing"
            ) from refused

    @contextmanager
    def _asked(self) -> Iterator[rpc.WriterServiceStub]:
        with self.channel() as channel:
            try:
                yield rpc.WriterServiceStub(channel)
            except grpc.RpcError as error:
                code, details = error.code(), error.details()
                if code in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT}:
                    raise _RefusedError(code) from error
                raise LaunchError(
                    f"The writer can't do it ({code.name}: {details})",
                    "See with `elastic-chat status` whether it and Kafka are healthy, and with `elastic-chat logs writer` what it says",
                ) from error


class _RefusedError(Exception):
    """The writer is well, and says no."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__(code.name)
        self.code = code


def _no_letter(offset: int) -> LaunchError:
    return LaunchError(f"There is no dead letter {offset}", "See with `elastic-chat dead-letters list --all` which ones there are")
