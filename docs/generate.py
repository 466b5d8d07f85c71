"""Rewrite what the documents say of the code: `python docs/generate.py`. With `--check`, only tell what is not current, and fail then.

The settings of every service (docs/settings.md), the table of errors (docs/protocol.md) and the measured figures (docs/performance.md).
A generated part stands between `<!-- generated -->` and `<!-- /generated -->`; the text around it is written by people.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from chatkit.core.errors import TABLE
from chatkit.settings import Variable, variables

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("gateway", "router", "presence", "history", "writer", "accounts")
PART = re.compile(r"<!-- generated -->\n.*?<!-- /generated -->", re.DOTALL)


def settings() -> str:
    """Return a table of variables for each service."""
    parts = []
    for service in SERVICES:
        rows = variables(importlib.import_module(f"svc_{service}.settings").Settings, service)
        lines = [f"| `{row.name}` | {_default(row)} | {row.doc} |" for row in rows]
        parts.append("\n".join((f"## {service}", "", "| variable | default | meaning |", "|---|---|---|", *lines, "")))
    return "\n".join(parts)


def _default(row: Variable) -> str:
    value = row.default
    if value is dataclasses.MISSING:
        return "must be set"
    if isinstance(value, timedelta):
        return f"`{value.total_seconds():g}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{','.join(value)}`" if value else "none"
    return f"`{value}`" if value != "" else "none"


def errors() -> str:
    """Return the table of reasons."""
    lines = ["| reason | gRPC status | close code | retry the same | what to do |", "|---|---|---|---|---|"]
    for reason, row in TABLE.items():
        code = "" if row.close_code is None else row.close_code
        lines.append(f"| `{reason}` | `{row.status}` | {code} | {'yes' if row.retryable else 'no'} | {row.cure} |")
    return "\n".join((*lines, ""))


def performance() -> str:
    """Return a table of figures for each file of results."""
    parts = []
    for path in sorted((ROOT / "bench" / "results").glob("*.json")):
        results = json.loads(path.read_text(encoding="utf-8"))
        machine = results["machine"]
        lines = [
            f"| {one['figure']} | {one['median']:g} {one['unit']} | {one['min']:g} to {one['max']:g} | {_goal(one)} |"
            for one in results["figures"]
        ]
        parts.append(
            "\n".join(
                (
                    f"## {path.stem}",
                    "",
                    f"`{results['command']}`, {machine['cores']} cores, {machine['cpu']}, Python {machine['python']}.",
                    "",
                    "| figure | median | spread | goal |",
                    "|---|---|---|---|",
                    *lines,
                    "",
                ),
            ),
        )
    return "\n".join(parts)


def _goal(one: dict[str, object]) -> str:
    bound = "at least" if one.get("at_least") else "at most"
    return "" if one["goal"] is None else f"{bound} {one['goal']:g}: {'met' if one['ok'] else 'missed'}"


PAGES: dict[str, Callable[[], str]] = {"settings.md": settings, "protocol.md": errors, "performance.md": performance}


def main(*, check: bool) -> int:
    """Rewrite or check every page; return the number of pages that were not current."""
    stale = 0
    for name, make in PAGES.items():
        path = ROOT / "docs" / name
        old = path.read_text(encoding="utf-8")
        part = make()
        begin, end = PART.split(old)
        new = f"{begin}<!-- generated -->\n{part}<!-- /generated -->{end}"
        if new != old:
            stale += 1
            print(f"docs/{name} is not current" + ("" if check else ": rewritten"))
            if not check:
                path.write_text(new, encoding="utf-8")
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
