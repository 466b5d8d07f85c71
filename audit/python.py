"""Python's packages, of ours, of images, of the engines and of what tests run, by pip-audit: each as it is locked, with its hashes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from audit.finding import Finding, Severity, UnreachableError

ROOT = Path(__file__).parents[1]
LOCKS = (
    ROOT / "requirements.lock",
    ROOT / "launcher" / "engines" / "wheels.lock",
    ROOT / "containers" / "run.lock",
    ROOT / "containers" / "build.lock",
    ROOT / "tests" / "terraform" / "tools" / "botocore.lock",
    ROOT / "tests" / "terraform" / "tools" / "checkov.lock",
)
TIMEOUT_S = 300


def find(url: str) -> Iterator[Finding]:
    """Yield what is known, once for all lock files. `url` is where the database answers. Raises UnreachableError."""
    # One after the other: pip-audit takes no package in two versions.
    yield from dict.fromkeys(finding for report in [_report(lock, url) for lock in LOCKS] for finding in findings(report))


def _report(lock: Path, url: str) -> Any:  # noqa: ANN401 - pip-audit's JSON
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--vulnerability-service", "osv", "--osv-url", f"{url}/v1/query", "--aliases", "on"),
            *("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--requirement", str(lock)),
        ],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except ValueError as error:
        raise UnreachableError(_last_line(done.stderr)) from error
    skipped = [one["name"] for one in report["dependencies"] if "skip_reason" in one]
    if skipped:
        raise UnreachableError(f"nothing was found out about {len(skipped)} packages, such as {skipped[0]}")
    return report


def findings(report: Any) -> Iterator[Finding]:  # noqa: ANN401 - pip-audit's JSON
    """Yield what a report says. It tells no severity."""
    for one in report["dependencies"]:
        for known in one["vulns"]:
            fixed = ", ".join(known["fix_versions"])
            names = (known["id"], *known.get("aliases", ()))
            yield Finding(
                one["name"], one["version"], names, Severity.of(None), f"update to {fixed}" if fixed else "no version mends it yet"
            )


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "pip-audit says nothing"
