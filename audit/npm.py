"""What the web client, the example client and a test have from npm, by `npm audit`, which asks the registry that the packages come from."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.finding import Finding, Severity, UnreachableError

ROOT = Path(__file__).parents[1]
FOLDERS = (ROOT / "web", ROOT / "clients" / "typescript", ROOT / "tests" / "integration" / "oidc", ROOT / "tests" / "e2e" / "tus")
TIMEOUT_S = 120
WITH_NODE = (sys.executable, "-m", "launcher.engines.node")
"""Runs a command with the machine's Node, or with that of a wheel."""


def find() -> Iterator[Finding]:
    """Yield what is known. Raises UnreachableError."""
    for folder in FOLDERS:
        try:
            done = subprocess.run(
                [*WITH_NODE, "npm", "audit", "--json", "--package-lock-only"],
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            report = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise UnreachableError(f"npm audit does not work in {folder.relative_to(ROOT)}: {error}") from error
        if "vulnerabilities" not in report:
            raise UnreachableError(str(report.get("message") or report))
        lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
        yield from findings(report, lock)


def findings(report: Any, lock: Any) -> Iterator[Finding]:  # noqa: ANN401 - npm's JSON
    """Yield what a report says of the packages of a lock file: each advisory once, and not whoever needs the package that it is about."""
    for name, one in report["vulnerabilities"].items():
        versions = {lock["packages"][node]["version"] for node in one["nodes"] if node in lock["packages"]}
        for known in one["via"]:
            if isinstance(known, dict):
                cure = "npm audit fix" if one["fixAvailable"] else "no version mends it yet"
                advisory = known["url"].rsplit("/", 1)[-1]
                yield Finding(name, ", ".join(sorted(versions)), (advisory,), Severity.of(known["severity"]), cure)
