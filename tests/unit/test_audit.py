"""What fails an audit, and what may be excepted from that, for how long."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from audit import __main__ as auditing
from audit import exceptions, npm, others, python
from audit.exceptions import LONGEST_DAYS, Excepted
from audit.finding import Finding, Severity, UnreachableError

DAY = date(2026, 6, 1)
BAD = Finding("thing", "1.0", ("GHSA-1", "CVE-1"), Severity.HIGH, "update to 1.1")
MILD = Finding("other", "2.0", ("GHSA-2",), Severity.MODERATE, "no version mends it yet")


def audited(found: Iterable[Finding], *excepted: Excepted) -> tuple[str, bool]:
    told, failed = auditing.audit({"all": lambda: found}, excepted, DAY, must_reach=False)
    return "\n".join(told), failed


def test_high_fails_and_moderate_is_noted() -> None:
    assert audited([MILD]) == ("all: 1 known vulnerabilities\n  noted moderate other 2.0 GHSA-2: no version mends it yet", False)
    told, failed = audited([BAD, MILD])
    assert failed
    assert "  FAILS high thing 1.0 GHSA-1: update to 1.1" in told


@pytest.mark.parametrize("name", BAD.names)
def test_an_exception_holds_until_its_day_under_any_name_of_the_advisory(name: str) -> None:
    told, failed = audited([BAD], Excepted(name, "we never call it", DAY))
    assert not failed
    assert "excepted until 2026-06-01: we never call it" in told
    told, failed = audited([BAD], Excepted(name, "we never call it", DAY - timedelta(days=1)))
    assert failed
    assert "FAILS high thing" in told


def test_an_exception_whose_day_has_passed_fails_even_if_nothing_is_known_any_more() -> None:
    told, failed = audited([], Excepted("GHSA-9", "was", DAY - timedelta(days=1)))
    assert failed
    assert "The exception of GHSA-9 ended on 2026-05-31" in told


def test_what_cannot_be_asked_is_told_and_hides_nothing_of_the_others() -> None:
    def away() -> Iterable[Finding]:
        raise UnreachableError("no network")

    kinds: dict[str, auditing.Look] = {"one": away, "two": lambda: [BAD]}
    told, failed = auditing.audit(kinds, [], DAY, must_reach=False)
    assert failed
    assert told[0] == "one: NOT AUDITED, for the advisories can't be had from here: no network"
    assert auditing.audit({"one": away}, [], DAY, must_reach=False)[1] is False
    assert auditing.audit({"one": away}, [], DAY, must_reach=True)[1] is True


@pytest.mark.parametrize(
    ("word", "severity"),
    [("LOW", Severity.LOW), ("moderate", Severity.MODERATE), ("Medium", Severity.MODERATE), ("critical", Severity.CRITICAL)],
)
def test_words_for_severity(word: str, severity: Severity) -> None:
    assert Severity.of(word) is severity


@pytest.mark.parametrize("word", [None, "", "unheard-of"])
def test_what_has_no_severity_counts_as_high(word: str | None) -> None:
    assert Severity.of(word) is Severity.HIGH


def test_every_exception_has_a_reason_and_an_end_that_is_near() -> None:
    now = datetime.now(UTC).date()
    for one in exceptions.read(exceptions.FILE.read_text(encoding="utf-8")):
        assert len(one.reason) > 20, one.advisory
        assert now <= one.until <= now + timedelta(days=LONGEST_DAYS), one.advisory


@pytest.mark.parametrize(
    "text",
    [
        'advisory = "GHSA-1"\nreason = " "\nuntil = 2026-12-31',
        'advisory = "GHSA-1"\nreason = "so"\nuntil = "2026-12-31"',
        'advisory = "GHSA-1"\nreason = "so"\nuntil = 2026-12-31T00:00:00Z',
        'advisory = "GHSA-1"\nuntil = 2026-12-31',
        'advisory = "GHSA-1"\nreason = "so"',
    ],
)
def test_an_exception_without_a_reason_or_a_day_is_none(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        exceptions.read(f"[[exception]]\n{text}\n")


def test_every_lock_file_is_audited() -> None:
    root = Path(__file__).parents[2]
    locks = {path for pattern in ("*.lock", "*.lock.toml", "package-lock.json", "go.mod") for path in root.rglob(pattern)}
    locks = {path for path in locks if not {"node_modules", ".venv", "build", ".elastic-chat"} & set(path.parts)}
    known = {*python.LOCKS, *others.JARS, *others.MODULES, *(folder / "package-lock.json" for folder in npm.FOLDERS)}
    assert locks == known


def test_every_jar_and_module_is_asked_for_by_its_package_url() -> None:
    urls = list(others.packages())
    assert any(url.startswith("pkg:maven/org.apache.cassandra/cassandra-all@") for url in urls)
    assert any(url.startswith("pkg:golang/google.golang.org/grpc@") for url in urls)
    assert not [url for url in urls if "@v" in url or url.count("@") != 1]
