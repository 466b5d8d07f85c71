"""Ports for tests: below those that the system hands out by itself, free, and not about to be taken by another run."""

from __future__ import annotations

import fcntl
import os
import socket
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path

from launcher.topology import HOST, SERVICES

STACK = (*range(9), *(block + 10 * number + k for block in SERVICES.values() for number in range(3) for k in range(5)))
"""What a stack of up to three instances a service uses of its thousand."""


_held: set[int] = set()
"""The bases that this run has used. A lock keeps other runs away from each for as long as this one lasts."""


def free_base(bases: Iterable[int], offsets: Collection[int] = STACK) -> int:
    """Return the first of `bases` that no other run has and of which all `offsets` are free."""
    for base in bases:
        if _is_ours(base) and all(_is_free(base + offset) for offset in offsets):
            return base
    raise AssertionError("the ports for tests are all taken: what still runs from another run?")


def _is_ours(base: int) -> bool:
    if base in _held:
        return True
    lock = os.open(Path(tempfile.gettempdir(), f"elastic-chat-ports-{base}"), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _held.add(base)
    return True


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
