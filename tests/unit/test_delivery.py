"""Release notes from the changelog."""

from __future__ import annotations

import pytest

from delivery.notes import NoNotes, notes

CHANGELOG = """# Changelog

## [Unreleased]

### Added

- Something that is not out yet.

## [1.10.0] - 2026-12-01

### Added

- Newer.

## [1.1.0] - 2026-11-01

### Added

- Older.

### Fixed

- Two things.

## [1.0.0] - 2026-10-01
"""


def project(version: str) -> str:
    return f'[project]\nname = "elastic-chat"\nversion = "{version}"\n'


def test_notes_are_what_is_said_of_one_version() -> None:
    assert notes("v1.1.0", CHANGELOG, project("1.1.0")) == "### Added\n\n- Older.\n\n### Fixed\n\n- Two things.\n"
    assert notes("v1.10.0", CHANGELOG, project("1.10.0")) == "### Added\n\n- Newer.\n"


@pytest.mark.parametrize(
    ("tag", "version", "reason"),
    [
        ("1.1.0", "1.1.0", "no version"),
        ("v1.1", "1.1", "no version"),
        ("v1.1.0", "1.2.0", "the code says that it is 1.2.0"),
        ("v2.0.0", "2.0.0", "says nothing of 2.0.0"),
        ("v1.0.0", "1.0.0", "says nothing of 1.0.0"),
    ],
)
def test_what_is_wrong_is_said(tag: str, version: str, reason: str) -> None:
    with pytest.raises(NoNotes, match=reason):
        notes(tag, CHANGELOG, project(version))
