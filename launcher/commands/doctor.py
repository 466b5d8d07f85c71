"""`elastic-chat doctor`: what is wrong with a machine and a stack, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from launcher.commands.fit import Column, Fitted, Row
from launcher.commands.frame import Answer, command
from launcher.doctor.examination import examine
from launcher.doctor.finding import Finding, Verdict
from launcher.settings import Settings

STYLES = {Verdict.OK: "green", Verdict.WRONG: "red", Verdict.SKIPPED: "yellow"}
COLUMNS = (Column("check"), Column("verdict"), Column("seen", wraps=True), Column("what to do", wraps=True))


@command(
    examples={
        "elastic-chat doctor": "before the first `up`, or whenever something is odd",
        "elastic-chat doctor --json | jq '.findings[] | select(.verdict == \"wrong\")'": "what is wrong, for a script",
    },
    exits={0: "Nothing is wrong.", 1: "Something is, and it is said what to do."},
    facts={
        "findings": "for each: check, verdict (ok, wrong or skipped), seen, cure (null unless it is wrong)",
    },
)
def doctor() -> Answer:
    """Look the machine and the stack over.

    The machine: cores, memory, disk, open files, ports, Python, clock, folder, environment, engines. The stack, if one runs: processes and
    their crashes in the last hour, whether all Envoys agree on the instances, certificates, the writer's lag, dead letters, Redis' memory,
    eviction and file, Kafka's topics and replicas, Cassandra's tables. Nothing is changed.
    """
    found = examine(Settings.from_environment(os.environ))
    wrong = [one for one in found if one.verdict is Verdict.WRONG]
    return Answer({"findings": [one.as_json() for one in found]}, _view(found, wrong), ok=not wrong)


def _view(found: Sequence[Finding], wrong: Sequence[Finding]) -> Fitted:
    rows = [Row((one.check, str(one.verdict), one.seen, one.cure), STYLES[one.verdict], urgent=one in wrong) for one in found]
    head = f"{len(wrong)} of {len(found)} things are wrong" if wrong else f"Nothing is wrong, of {len(found)} things"
    return Fitted(head, COLUMNS if wrong else COLUMNS[:-1], rows)
