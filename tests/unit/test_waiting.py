"""How tests of the web client wait, and what none of those does that run beside others."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.__main__ import BROWSERS

E2E = Path(__file__).parents[1] / "e2e"
PROMISED = re.compile(r"wait_for_function\(\s*f?\"+async\b")
"""The promise of an answer is true, whatever the answer will be: such a wait ends at once, and no test fails by it."""

DISTURBING = re.compile(r"os\.kill\(|(\.run\(\s*|stack\.run, )\"(drain|restart|scale|up|down)\"|tests\.e2e\.accounts")


def test_nobody_waits_for_a_promise_instead_of_what_it_holds() -> None:
    assert PROMISED.search('page.wait_for_function(\n    f"async (id) => false")')
    assert not [path.name for path in E2E.rglob("*.py") if PROMISED.search(path.read_text())]


def test_no_test_that_runs_beside_others_stops_what_they_use() -> None:
    assert DISTURBING.search('stack.run("drain", "files-1")')
    assert not [path for path in BROWSERS if DISTURBING.search(Path(path).read_text())]
