"""What the comparison says that we have is shown by tests that exist."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.e2e.stack import ROOT

PAGE = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.split("|")] for line in re.findall(r"^\| (?!feature \|)(.*) \|$", PAGE, re.MULTILINE)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_is_claimed_is_shown_by_tests_and_what_is_not_there_claims_none(row: list[str]) -> None:
    feature, ours, shown_by, *others = row
    assert len(others) in (0, 7), f"{feature}: one cell for each of the others, or for none"
    named = re.findall(r"`(tests/[^`]+)::([^`]+)`", shown_by)
    assert bool(named) == ours.startswith(("**yes**", "**part**")), f"{feature}: {ours}"
    assert named or ours.startswith("no"), f"{feature}: {ours}"
    for path, test in named:
        assert test in _tests_of(path), f"{feature}: there is no {test} in {path}"


@cache
def _tests_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
