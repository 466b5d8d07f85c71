"""Tell what is known of what we use: `python -m audit`. Exits with 1 if there is anything of at least high severity, or an exception whose
day has passed.

Where the advisories can't be had, that is told, and is no failure, unless `--must-reach` is given: a machine that is to say that all is
well has to have asked.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from audit import exceptions, npm, others, python
from audit.exceptions import Excepted
from audit.finding import Finding, Severity, UnreachableError
from chatkit.core.clock import Clock, SystemClock

DATABASE = "https://api.osv.dev"
FAILS = Severity.HIGH

Look = Callable[[], Iterable[Finding]]


def looks(database: str) -> dict[str, Look]:
    """Return every kind of package, and how one finds out about it."""
    return {
        "Python": lambda: python.find(database),
        "npm": npm.find,
        "jars and Go": lambda: others.find(database),
    }


def audit(kinds: Mapping[str, Look], excepted: Sequence[Excepted], today: date, *, must_reach: bool) -> tuple[list[str], bool]:
    """Return what there is to tell, and whether it is a failure."""
    told: list[str] = []
    failed = False
    by_name = {one.advisory: one for one in excepted}
    for kind, look in kinds.items():
        try:
            found = list(look())
        except UnreachableError as error:
            told.append(f"{kind}: NOT AUDITED, for the advisories can't be had from here: {error}")
            failed |= must_reach
            continue
        told.append(f"{kind}: {len(found)} known vulnerabilities")
        for one in found:
            exception = next((by_name[name] for name in one.names if name in by_name), None)
            is_excepted = exception is not None and exception.holds(today)
            fails = one.severity >= FAILS and not is_excepted
            failed |= fails
            told.append(_line(one, exception, fails=fails))
    for exception in excepted:
        if not exception.holds(today):
            told.append(f"The exception of {exception.advisory} ended on {exception.until}: mend it, or say anew why not")
            failed = True
    return told, failed


def _line(one: Finding, exception: Excepted | None, *, fails: bool) -> str:
    note = f" (excepted until {exception.until}: {exception.reason})" if exception else ""
    verdict = "FAILS" if fails else "noted"
    return f"  {verdict} {one.severity.name.lower()} {one.package} {one.version} {one.names[0]}: {one.cure}{note}"


def today(clock: Clock) -> date:
    """Return the day, as UTC has it."""
    return datetime.fromtimestamp(clock.now_ms() / 1000, UTC).date()


def main(arguments: Sequence[str]) -> int:
    """Tell it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m audit", description=__doc__)
    parser.add_argument("--must-reach", action="store_true", help="fail if the advisories can't be had")
    parser.add_argument("--database", default=DATABASE, metavar="URL", help=f"where vulnerabilities are asked for ({DATABASE})")
    chosen = parser.parse_args(arguments)
    excepted = exceptions.read(exceptions.FILE.read_text(encoding="utf-8"))
    told, failed = audit(looks(chosen.database), excepted, today(SystemClock()), must_reach=chosen.must_reach)
    print("\n".join(told))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
