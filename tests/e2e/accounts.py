"""Accounts with other settings than the stack gives it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from launcher import membership, probes
from launcher.home import Home
from tests.e2e.stack import Stack
from tests.oidc import CLIENT_ID, REDIRECT_URI, SECRET, provider

READY_S = 60


@contextmanager
def accounts_with(stack: Stack, log: Path, **settings: str) -> Iterator[None]:
    """Let a process with other settings stand in the mesh where accounts stands, while the block runs."""
    (instance,) = stack.topology.instances("accounts")
    environ = psutil.Process(stack.status()[instance.name]["pid"]).environ() | {
        f"CHAT_ACCOUNTS_{name}": it for name, it in settings.items()
    }
    stack.run("drain", instance.name, "--force")
    try:
        with (
            log.open("w") as said,
            subprocess.Popen([sys.executable, "-m", "svc_accounts"], env=environ, stdout=said, stderr=said) as process,
        ):
            try:
                membership.put_back(Home(stack.home), stack.topology, instance)
                member = probes.Member(tuple(membership.callers(instance.service, stack.topology)), instance.ingress_port)
                ready = probes.Both(probes.Http(instance.http_port, "/readyz"), member)
                assert asyncio.run(probes.still_not(ready, READY_S)) is None, log.read_text()
                yield
            finally:
                process.terminate()
    finally:
        stack.run("restart", instance.name)


@contextmanager
def closed_with_a_provider(stack: Stack, folder: Path, redirect_uri: str = REDIRECT_URI, **settings: str) -> Iterator[None]:
    """Let nobody register, and everyone log in by a real provider, which sends them back to a page, while the block runs."""
    (folder / "secret").write_text(SECRET, encoding="utf-8")
    with (
        provider(redirect_uri) as issuer,
        accounts_with(
            stack,
            folder / "accounts.log",
            REGISTRATION="closed",
            OIDC_ISSUER=issuer,
            OIDC_CLIENT_ID=CLIENT_ID,
            OIDC_CLIENT_SECRET_FILE=str(folder / "secret"),
            OIDC_REDIRECT_URIS=redirect_uri,
            **settings,
        ),
    ):
        yield
