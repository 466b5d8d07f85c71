"""What a check has found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from launcher.errors import LaunchError


class Verdict(StrEnum):
    """How a thing is."""

    OK = "ok"
    WRONG = "wrong"
    SKIPPED = "skipped"
    """It could not be looked at, for a reason that is not wrong by itself."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, what was seen, and what to do about it if it is wrong."""

    check: str
    verdict: Verdict
    seen: str
    cure: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as `doctor --json` shows it."""
        return {"check": self.check, "verdict": str(self.verdict), "seen": self.seen, "cure": self.cure or None}


def well(check: str, seen: str) -> Finding:
    """Say that a thing is as it should be."""
    return Finding(check, Verdict.OK, seen)


def wrong(check: str, seen: str, cure: str) -> Finding:
    """Say that a thing is not, and what to do."""
    return Finding(check, Verdict.WRONG, seen, cure)


def skipped(check: str, why: str) -> Finding:
    """Say why a thing was not looked at."""
    return Finding(check, Verdict.SKIPPED, why)


def refused(check: str, look: Callable[[], None], seen: str) -> Finding:
    """Return what a check of the launcher finds that raises LaunchError if a thing is wrong, and is `seen` otherwise."""
    try:
        look()
    except LaunchError as error:
        return wrong(check, error.cause, error.cure)
    return well(check, seen)


Check = Callable[[], Iterator[Finding]]
"""Looks at one thing, or at some that belong together."""
