"""What no tool of its own is for here: the jars of the engines and of the example client, and the modules of Go. The database is asked by
package URL.
"""

from __future__ import annotations

import asyncio
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from audit.finding import Finding, Severity, UnreachableError

ROOT = Path(__file__).parents[1]
JARS = (
    ROOT / "launcher" / "engines" / "kafka.lock.toml",
    ROOT / "launcher" / "engines" / "cassandra.lock.toml",
    ROOT / "clients" / "java" / "java-client.lock.toml",
)
MODULES = (ROOT / "clients" / "go" / "go.mod", ROOT / "tests" / "terraform" / "tofu" / "go.mod")
AT_ONCE = 500
"""Packages in one question; the database takes a thousand."""
TIMEOUT_S = 60
_REQUIRED = re.compile(r"^\s*(?:require\s+)?([\w./~-]+\.[\w./~-]+) v(\S+)", re.MULTILINE)


def packages() -> Iterator[str]:
    """Yield the package URL of each."""
    for lock in JARS:
        for jar in tomllib.loads(lock.read_text(encoding="utf-8"))["dependencies"]:
            yield f"pkg:maven/{jar['groupId']}/{jar['artifactId']}@{jar['version']}"
    for modules in MODULES:
        for module, version in _REQUIRED.findall(modules.read_text(encoding="utf-8")):
            yield f"pkg:golang/{module}@{version}"


def find(url: str) -> Iterator[Finding]:
    """Yield what is known. `url` is where the database answers. Raises UnreachableError."""
    try:
        yield from asyncio.run(_ask(url, sorted(set(packages()))))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise UnreachableError(str(error) or type(error).__name__) from error


async def _ask(url: str, wanted: Sequence[str]) -> list[Finding]:
    found: list[Finding] = []
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), raise_for_status=True, trust_env=True) as http:
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            question = {"queries": [{"package": {"purl": one}} for one in some]}
            async with http.post(f"{url}/v1/querybatch", json=question) as response:
                answers = (await response.json())["results"]
            for package, answer in zip(some, answers, strict=True):
                for known in answer.get("vulns", ()):
                    async with http.get(f"{url}/v1/vulns/{known['id']}") as response:
                        found.append(finding(package, await response.json()))
    return found


def finding(package: str, advisory: Any) -> Finding:  # noqa: ANN401 - the database's JSON
    """Return what an advisory says of a package."""
    name, _, version = package.removeprefix("pkg:").rpartition("@")
    severity = Severity.of(advisory.get("database_specific", {}).get("severity"))
    fixed = [
        event["fixed"]
        for one in advisory.get("affected", ())
        for each in one.get("ranges", ())
        for event in each["events"]
        if "fixed" in event
    ]
    cure = f"update to one of {', '.join(dict.fromkeys(fixed))}" if fixed else "no version mends it yet"
    return Finding(name, version, (advisory["id"], *advisory.get("aliases", ())), severity, cure)
