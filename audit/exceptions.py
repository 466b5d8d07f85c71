"""What we know of, and live with for a while: each for a reason, and until a day (audit/exceptions.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FILE = Path(__file__).with_name("exceptions.toml")
LONGEST_DAYS = 180


@dataclass(frozen=True, slots=True)
class Excepted:
    """An advisory that fails nothing until the end of a day."""

    advisory: str
    reason: str
    until: date

    def holds(self, today: date) -> bool:
        """Whether its day has not passed."""
        return today <= self.until


def read(text: str) -> Sequence[Excepted]:
    """Return what a file excepts. Raises ValueError or TypeError for what has no reason or no day."""
    found = []
    for one in tomllib.loads(text).get("exception", ()):
        excepted = Excepted(**one)
        if not excepted.reason.strip() or type(excepted.until) is not date:
            raise ValueError(f"{excepted.advisory} needs a reason, and a day as in `until = 2026-12-31`")
        found.append(excepted)
    return found
