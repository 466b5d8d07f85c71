"""Ports for tests: below those that the system hands out by itself, and free."""

from __future__ import annotations

import socket
from collections.abc import Collection, Iterable

from launcher.topology import HOST, SERVICES

STACK = (*range(9), *(block + 10 * number + k for block in SERVICES.values() for number in range(3) for k in range(5)))
"""What a stack of up to three instances a service uses of its thousand."""


def free_base(bases: Iterable[int], offsets: Collection[int] = STACK) -> int:
    """Return the first of `bases` of which all `offsets` are free."""
    for base in bases:
        if all(_is_free(base + offset) for offset in offsets):
            return base
    raise AssertionError("the ports for tests are all taken: what still runs from another run?")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
