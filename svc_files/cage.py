"""Work on what strangers have made: by a process for each, which has limits, no secrets, and nothing else to do."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

GRACE_S = 5
"""How much longer than its processor time the work may take: it may have to wait for a processor."""
SLOWER = 3


def work(module: str, job: Mapping[str, Any], max_seconds: int) -> dict[str, Any]:
    """Have a job done by a module, and return what it answers. Raises SubprocessError if it was too much. Blocks."""
    done = subprocess.run(  # noqa: S603 - a module of ours
        (sys.executable, "-I", "-m", module),
        input=json.dumps(job).encode(),
        capture_output=True,
        env={},
        check=True,
        timeout=SLOWER * max_seconds + GRACE_S,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def last_words(error: subprocess.SubprocessError) -> str:
    """Return what work that was too much has said last."""
    return (getattr(error, "stderr", None) or b"").decode(errors="replace").strip().rpartition("\n")[2][:200]


def confine(*, max_memory: int, max_seconds: int, max_output: int) -> None:
    """Let this process have no more than that."""
    for limit, value in (
        (resource.RLIMIT_AS, max_memory),
        (resource.RLIMIT_CPU, max_seconds),
        (resource.RLIMIT_FSIZE, max_output),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (value, value))
