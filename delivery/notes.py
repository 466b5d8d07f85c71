"""`python delivery/notes.py vX.Y.Z` prints what the changelog says of a version.

It ends with 1 if it says nothing, or if the version is not that of the code: then the tag is wrong, or the changelog was forgotten.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TAG = re.compile(r"v(\d+\.\d+\.\d+)")


class NoNotes(Exception):  # noqa: N818 - a state of the repository
    """Why there are no notes."""


def notes(tag: str, changelog: str, project: str) -> str:
    """Return the part of a changelog that is of a version.

    Raises:
        NoNotes: the tag is no version, or not that of the project, or the changelog has nothing of it.

    """
    found = TAG.fullmatch(tag)
    if found is None:
        raise NoNotes(f"{tag} is no version, such as v1.2.3")
    version = found[1]
    has = str(tomllib.loads(project)["project"]["version"])
    if has != version:
        raise NoNotes(f"the code says that it is {has}, and not {version}: correct pyproject.toml or the tag")
    section = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    text = section[1].strip() if section else ""
    if not text:
        raise NoNotes(f"CHANGELOG.md says nothing of {version}: give what is unreleased this name")
    return text + "\n"


def main(tag: str) -> None:
    """Print them, or end with why there are none."""
    try:
        sys.stdout.write(
            notes(tag, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        )
    except NoNotes as reason:
        sys.exit(f"{reason}")


if __name__ == "__main__":
    main(sys.argv[1])
