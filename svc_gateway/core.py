"""The rules of a connection: which frame may come when, and what may be sent to whom that reads slowly."""

from __future__ import annotations

from collections import deque
from enum import Enum, auto

from chatkit.core.errors import ChatError, Reason

BAD_FRAMES = 3
"""The bad frame with which a connection is closed."""
MAX_UNANSWERED = 64
MAX_CURSORS = 500
MAX_WATCHED = 200
MAX_PARTS = 20
"""Parts of messages that are still being made which a connection may tell in a second."""
MAX_HELD = 1000
"""Entries that are held back while a session is being brought up to date; beyond that it is told to resync."""


class Phase(Enum):
    """Where a connection is."""

    AWAITING_HELLO = auto()
    SYNCING = auto()
    LIVE = auto()
    CLOSED = auto()


def check_frame(phase: Phase, kind: str) -> None:
    """Refuse a frame that may not come now; the refusal ends the connection."""
    if phase is Phase.AWAITING_HELLO and kind != "hello":
        raise ChatError(Reason.HELLO_EXPECTED)
    if phase is not Phase.AWAITING_HELLO and kind == "hello":
        raise ChatError(Reason.HELLO_REPEATED)


class Outbox:
    """Frames that wait for a connection, up to `cap` bytes.

    When a frame does not fit, those that are worth something only now go first; if it still does not fit, the connection is too slow. One
    before which nothing waits fits always: what is large, such as the welcome of a user with thousands of conversations, is sent alone.
    """

    __slots__ = ("_cap", "_frames", "_size", "dropped")

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._frames: deque[tuple[bytes, bool]] = deque()
        self._size = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return self._size

    def put(self, frame: bytes, *, ephemeral: bool, in_flight: int = 0) -> bool:
        """Add a frame, `in_flight` bytes being on their way already. False if it does not fit; one that is ephemeral is dropped then."""
        if not self._fits(len(frame), in_flight):
            if not ephemeral:
                self._drop_ephemeral()
            if not self._fits(len(frame), in_flight):
                self.dropped += ephemeral
                return ephemeral
        self._frames.append((frame, ephemeral))
        self._size += len(frame)
        return True

    def _fits(self, length: int, in_flight: int) -> bool:
        waiting = self._size + in_flight
        return not waiting or waiting + length <= self._cap

    def take(self) -> bytes:
        """Take everything out, as one piece."""
        joined = b"".join(frame for frame, _ in self._frames)
        self._frames.clear()
        self._size = 0
        return joined

    def _drop_ephemeral(self) -> None:
        kept: deque[tuple[bytes, bool]] = deque(one for one in self._frames if not one[1])
        self.dropped += len(self._frames) - len(kept)
        self._frames = kept
        self._size = sum(len(frame) for frame, _ in kept)


class Wheel:
    """What is due in whole seconds, for any number of items, at the cost of a set a second: a hashed timing wheel (Varghese and Lauck,
    1987).
    """

    def __init__(self, seconds: int = 128) -> None:
        self._slots: list[set[object]] = [set() for _ in range(seconds)]
        self.now = 0

    def put(self, item: object, after_s: int) -> None:
        """Let `item` be due in `after_s` seconds, less than the wheel has."""
        if not 0 < after_s < len(self._slots):
            raise ValueError(f"a wheel of {len(self._slots)} s has no place for {after_s} s")
        self._slots[(self.now + after_s) % len(self._slots)].add(item)

    def turn(self) -> set[object]:
        """Let a second pass, and return what is due."""
        self.now += 1
        due, self._slots[self.now % len(self._slots)] = self._slots[self.now % len(self._slots)], set()
        return due


def over_s(connections: int, per_s: int) -> float:
    """Return over how many seconds `connections` spread, that all must do something of which so much a second can be borne: 1 s to 60 s."""
    return min(60.0, max(1.0, connections / per_s))
