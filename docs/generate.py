"""Rewrite what the documents say of the code: `python docs/generate.py`. With `--check`, only tell what is not current, and fail then.

The commands (docs/command.md), all settings (docs/settings.md), the table of errors (docs/protocol.md), the measured figures and their
pictures (docs/performance.md), what is reckoned from them (docs/scaling.md), who may call what (docs/mesh.md), and the metrics
(docs/monitoring.md).
A generated part stands between `<!-- generated -->` and `<!-- /generated -->`; the text around it is written by people.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

from bench.charts import CHARTS
from bench.plan import plan
from chatkit.core.errors import TABLE
from chatkit.metrics import DECLARED, OK
from chatkit.settings import Variable
from launcher.certificates.authority import EDGE
from launcher.cli import main as command
from launcher.commands.markdown import page
from launcher.config import declared, production
from launcher.mesh.calls import ANYONE, READS, STREAMS, methods, permissions, service_name
from launcher.settings import VARIABLES as LAUNCHER
from launcher.topology import SERVICES

ROOT = Path(__file__).resolve().parent.parent
MANY = 8
"""Values of a label that are too many to be listed."""
PART = re.compile(r"<!-- generated -->\n.*?<!-- /generated -->", re.DOTALL)


def settings() -> str:
    """Return a table of variables for the launcher and for each service."""
    parts = []
    for name, rows in {"elastic-chat": LAUNCHER, **{service: declared.of(service) for service in SERVICES}}.items():
        lines = [f"| `{row.name}` | {_default(row)} | {row.doc} |" for row in rows]
        parts.append("\n".join((f"## {name}", "", "| variable | default | meaning |", "|---|---|---|", *lines, "")))
    return "\n".join((*parts, *demands()))


def demands() -> Iterator[str]:
    """Yield a table of what a production start demands: of settings, and of a stack of one machine besides."""
    demanded = {one.name: one.in_production.text for service in SERVICES for one in declared.of(service) if one.in_production}
    rows = [f"| `{name}` | {text} |" for name, text in demanded.items()]
    yield from ("## What production demands", "", "| setting | in production it must be |", "|---|---|", *rows, "")
    besides = [f"| {what} | {must} |" for what, must in production.DEMANDS.items()]
    yield from ("Of a stack that `elastic-chat` starts, besides:", "", "| what | must be |", "|---|---|", *besides, "")


def _default(row: Variable) -> str:
    match row.default_text:
        case None:
            return "must be set"
        case "":
            return "none"
        case text:
            return f"`{text}`"


def errors() -> str:
    """Return the table of reasons."""
    lines = ["| reason | gRPC status | close code | retry the same | what to do |", "|---|---|---|---|---|"]
    for reason, row in TABLE.items():
        code = "" if row.close_code is None else row.close_code
        lines.append(f"| `{reason}` | `{row.status}` | {code} | {'yes' if row.retryable else 'no'} | {row.cure} |")
    return "\n".join((*lines, ""))


RESULTS = (
    "pairs",
    "group",
    "connections",
    "history",
    "search",
    "writer",
    "presence",
    "web",
    "scale",
    "stages",
    "latency",
    "stack",
    "faults",
)
"""The files of bench/results in the order in which they are shown, as far as they are there."""
_OF_A_FAULT = {": messages, none lost, doubled or out of order": "messages", ": longest wait for an answer": "wait"}


def performance() -> str:
    """Return every goal, then a table of figures for each file of results, with its pictures."""
    found = {name: json.loads(path.read_text(encoding="utf-8")) for name in RESULTS if (path := _results(name)).exists()}
    goals = [
        {**one, "figure": f"{name}: {one['figure']}"}
        for name, results in found.items()
        if name != "faults"
        for one in results["figures"]
        if one["goal"] is not None
    ]
    parts = ["\n".join(("## Goals", "", *_table(goals)))]
    for name, results in found.items():
        machine, versions = results["machine"], ", ".join(f"{package} {number}" for package, number in results["versions"].items())
        pictures = [f"![{picture}](images/{picture})" for picture in pictures_of(name)]
        table = _faults(results["figures"]) if name == "faults" else _table(results["figures"])
        on = f"{machine['cores']} cores, {machine['cpu']}, {machine['system']}, Python {machine['python']}, {versions}"
        measured = f"`{results['command']}` at {results['commit']}: {on}."
        parts.append("\n".join((f"## {name}", "", measured, "", *pictures, *([""] if pictures else []), *table)))
    return "\n".join(parts)


def _results(name: str) -> Path:
    return ROOT / "bench" / "results" / f"{name}.json"


def _table(figures: Sequence[dict[str, Any]]) -> list[str]:
    rows = [f"| {one['figure']} | {one['median']:g} {one['unit']} | {_spread(one)} | {_goal(one)} |" for one in figures]
    return ["| figure | median | spread | goal |", "|---|---|---|---|", *rows, ""]


def _faults(figures: Sequence[dict[str, Any]]) -> list[str]:
    """Return a row for each fault, and after them what else was seen of some."""
    faults: dict[str, dict[str, dict[str, Any]]] = {}
    others = []
    for one in figures:
        ending = next((ending for ending in _OF_A_FAULT if one["figure"].endswith(ending)), None)
        if ending is None:
            others.append(one)
        else:
            faults.setdefault(one["figure"].removesuffix(ending), {})[_OF_A_FAULT[ending]] = one
    rows = [
        f"| {fault} | {of['messages']['median']:,.0f} | {of['wait']['median']:g} s | {_goal(of['wait'])} |" for fault, of in faults.items()
    ]
    header = ["| fault | messages, none lost, doubled or out of order | longest wait | goal |", "|---|---|---|---|"]
    return [*header, *rows, "", *_table(others)]


def _spread(one: dict[str, Any]) -> str:
    return "" if one["min"] == one["max"] else f"{one['min']:g} to {one['max']:g}"


def _goal(one: dict[str, Any]) -> str:
    bound = "at least" if one.get("at_least") else "at most"
    return "" if one["goal"] is None else f"{bound} {one['goal']:g}: {'met' if one['ok'] else 'missed'}"


def pictures_of(name: str) -> dict[str, bytes]:
    """Return the pictures of a file of results, by the names of their files."""
    if not _results(name).exists():
        return {}
    return {f"{draw.__name__.replace('_', '-')}.svg": draw(_medians(name)) for draw in CHARTS.get(name, ())}


def _medians(name: str) -> dict[str, float]:
    return {one["figure"]: one["median"] for one in json.loads(_results(name).read_text(encoding="utf-8"))["figures"]}


def scaling() -> str:
    """Return what a large system would take."""
    return "\n".join((*plan(_medians("pairs"), _medians("connections")), ""))


def mesh() -> str:
    """Return who may call what."""
    lines = ["| method | who may call it | may the mesh repeat it |", "|---|---|---|"]
    for service in SERVICES:
        name = service_name(service)
        allowed = permissions(service)
        for method in methods(service):
            callers = [caller for caller, paths in allowed.items() if f"/{name}/{method}" in paths]
            if EDGE in callers:
                callers[callers.index(EDGE)] = "anyone, by the edge" if method in ANYONE.get(service, ()) else "users, by the edge"
            lines.append(
                f"| `{name.rsplit('.', 1)[1]}/{method}` | {', '.join(callers) or 'the operator alone'} | {_repeats(service, method)} |"
            )
    return "\n".join((*lines, ""))


def _repeats(service: str, method: str) -> str:
    if method in STREAMS.get(service, ()):
        return "opened again"
    return "yes" if method in READS.get(service, ()) else "if it was not delivered"


def commands() -> str:
    """Return the help of every command."""
    return page(command, "elastic-chat")


def metrics() -> str:
    """Return every metric of ours, what its labels can be, and what it means."""
    for service in SERVICES:
        importlib.import_module(f"svc_{service}.app")
    rows = []
    for family in sorted(REGISTRY.collect(), key=lambda family: family.name):
        if family.name.startswith("chat_"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = DECLARED[name].values if name in DECLARED else {}
            rows.append(f"| `{name}` | {family.type} | {'; '.join(_label(*one) for one in labels.items())} | {family.documentation} |")
    return "\n".join(("| metric | type | labels | meaning |", "|---|---|---|---|", *rows, ""))


def _label(label: str, values: Collection[str]) -> str:
    if not values:
        return f"`{label}`: the service's methods"
    if set(values) >= set(TABLE):
        return f"`{label}`: {'`OK` or ' if OK in values else ''}a [reason](protocol.md#errors)"
    if len(values) > MANY:
        return f"`{label}`: one of {len(values)}, such as {', '.join(f'`{value}`' for value in list(values)[:3])}"
    return f"`{label}`: {', '.join(f'`{value}`' for value in values)}"


PAGES: dict[str, Callable[[], str]] = {
    "command.md": commands,
    "settings.md": settings,
    "protocol.md": errors,
    "performance.md": performance,
    "scaling.md": scaling,
    "mesh.md": mesh,
    "monitoring.md": metrics,
}


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
    for name, drawn in {picture: drawn for of in RESULTS for picture, drawn in pictures_of(of).items()}.items():
        path = ROOT / "docs" / "images" / name
        if not path.exists() or path.read_bytes() != drawn:
            stale += 1
            print(f"docs/images/{name} is not current" + ("" if check else ": drawn"))
            if not check:
                path.write_bytes(drawn)
    return stale if check else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
