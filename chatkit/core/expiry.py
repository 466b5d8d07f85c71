"""When messages disappear: in whole seconds, so that everyone who counts them comes to the same."""

from __future__ import annotations


def expires_s(accepted_ms: int, ttl_s: int) -> int:
    """Return the Unix second in which a message disappears: it is there for at least as long as it may be."""
    return -(-accepted_ms // 1000) + ttl_s


def remaining_s(at_s: int, now_ms: int) -> int:
    """Return for how many seconds more something is to be kept that disappears; 0 or less if its time has come."""
    return -(-(at_s * 1000 - now_ms) // 1000)
