"""Waiting before the next try: exponential, with full jitter, so that many who fail together do not come back together."""

from __future__ import annotations

import random


class Backoff:
    """Seconds to wait before each next try: anywhere between 0 and a bound that doubles from `base_s` to `cap_s`."""

    def __init__(self, base_s: float, cap_s: float) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._tries = 0

    def next(self) -> float:
        """Return how long to wait now, and double the bound for the next time."""
        bound = min(self._cap_s, self._base_s * 2**self._tries)
        self._tries = min(self._tries + 1, 30)
        return random.uniform(0, bound)  # noqa: S311 - spreads load, keeps no secret

    def reset(self) -> None:
        """Begin again with the smallest bound: the last try worked."""
        self._tries = 0


def happens(share: float) -> bool:
    """Let chance decide: True in a `share` of all cases, which is from 0 to 1."""
    return random.random() < share  # noqa: S311 - samples, keeps no secret


def spread(seconds: float, part: float = 0.2) -> float:
    """Return `seconds` give or take `part` of it, so that what is periodic in many processes does not fall together."""
    return seconds * random.uniform(1 - part, 1 + part)  # noqa: S311 - spreads load, keeps no secret
