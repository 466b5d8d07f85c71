"""A real OpenID provider, and what a person does at its pages."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import aiohttp

from launcher import probes
from launcher.display import Display
from launcher.engines import node
from launcher.settings import Settings
from launcher.topology import HOST
from tests.ports import free_base

FOLDER = Path(__file__).with_name("integration") / "oidc"
REDIRECT_URI = "http://localhost:5173/login/callback"
CLIENT_ID, SECRET = "elastic-chat", "only for tests/ and +"
READY_S = 20


@contextmanager
def provider(redirect_uri: str = REDIRECT_URI) -> Iterator[str]:
    """Run one while the block runs, which sends people back there; yield how it names itself."""
    assert (FOLDER / "node_modules").is_dir(), f"run `npm ci` in {FOLDER}, as `make test` does"
    environ = node.environment(Settings.from_environment(os.environ).cache, Display())
    port = free_base(range(31_990, 32_000), (0,))
    with subprocess.Popen(
        ["node", "server.mjs", str(port), SECRET, redirect_uri], cwd=FOLDER, env=environ, stderr=subprocess.DEVNULL
    ) as process:
        try:
            answers = probes.Http(port, "/.well-known/openid-configuration")
            assert asyncio.run(probes.still_not(answers, READY_S)) is None
            yield f"http://{HOST}:{port}"
        finally:
            process.terminate()


async def at_the_provider(url: str, who: str) -> dict[str, str]:
    """Do what a person does there, in a browser that has never been there; return what it sends back with them."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        form: dict[str, str] | None = None
        while not url.startswith(REDIRECT_URI):
            async with browser.request("POST" if form else "GET", url, data=form, allow_redirects=False) as response:
                text = await response.text()
                assert response.status in {200, 302, 303}, text
                if response.status == 200:
                    prompt = re.search(r'name="prompt" value="(\w+)"', text)
                    action = re.search(r'action="([^"]+)"', text)
                    assert prompt, text
                    assert action, text
                    form, url = {"prompt": prompt[1], "login": who, "password": "any"}, action[1]
                else:
                    form, url = None, urljoin(url, response.headers["Location"])
    return {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
