"""How tests of the web client wait."""

from __future__ import annotations

import re
from pathlib import Path

E2E = Path(__file__).parents[1] / "e2e"
PROMISED = re.compile(r"wait_for_function\(\s*f?\"+async\b")
"""The promise of an answer is true, whatever the answer will be: such a wait ends at once, and no test fails by it."""


def test_nobody_waits_for_a_promise_instead_of_what_it_holds() -> None:
    assert PROMISED.search('page.wait_for_function(\n    f"async (id) => false")')
    assert not [path.name for path in E2E.rglob("*.py") if PROMISED.search(path.read_text())]
