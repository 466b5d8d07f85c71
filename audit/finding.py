"""A vulnerability that somebody has published of something that we use."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad it is, as advisories say."""

    LOW = 1
    MODERATE = 2
    HIGH = 3
    CRITICAL = 4

    @classmethod
    def of(cls, word: str | None) -> Severity:
        """Return what a word means. An advisory that does not say counts as high: somebody has to look."""
        known = cls.__members__ | {"MEDIUM": cls.MODERATE, "INFO": cls.LOW, "NONE": cls.LOW}
        return known.get((word or "").upper(), cls.HIGH)


@dataclass(frozen=True, slots=True)
class Finding:
    """An advisory on a version of a package. `names` are all by which it is known, the advisory's own first."""

    package: str
    version: str
    names: tuple[str, ...]
    severity: Severity
    cure: str


class UnreachableError(Exception):
    """The advisories can't be had from here, so that nothing is known; the text says why."""
