"""How much of something may be done in a second."""

from __future__ import annotations


class Budget:
    """So many a second. What is wanted beyond it is not given: nobody waits for what is worth something only now."""

    __slots__ = ("_left", "_per_second")

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = per_second

    def take(self, count: int, *, leaving: float = 0.0) -> bool:
        """Take out `count`, or return False and take nothing if less is left than that and the part `leaving` of a second's.

        What is more than a second's by itself is given out of one that nobody has taken from, and paid for by those that follow.
        """
        if self._left < self._per_second and self._left - count < leaving * self._per_second:
            return False
        self._left -= count
        return True

    def refill(self) -> None:
        """Let a second pass."""
        self._left = min(self._per_second, self._left + self._per_second)
