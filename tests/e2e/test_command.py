"""Looking at a stack that runs: what `elastic-chat` says of it, to people and to scripts."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
from typing import Any

from bench.client import Api, Socket
from tests.e2e.stack import COMMAND, ROOT, Stack


def asked(stack: Stack, *words: str, ok: bool = True) -> Any:
    """Return what a command tells scripts."""
    told = json.loads(stack.run(*words, "--json", check=False).stdout)
    assert told["ok"] == ok, told
    return told


async def test_status_counts_the_connections_of_each_gateway(stack: Stack, api: Api) -> None:
    sockets = [await Socket.open_on(api, await api.register("anna"), name) for name in ("gateway-1", "gateway-2", "gateway-2")]
    processes = stack.status()
    assert {name: processes[name]["connections"] for name in ("gateway-1", "gateway-2")} == {"gateway-1": 1, "gateway-2": 2}
    assert "3 connections" in stack.run("status").stdout
    for socket in sockets:
        await socket.close()


def watched(stack: Stack, *words: str, columns: int, lines: int, until: int) -> tuple[str, int]:
    """Watch in a terminal of a size until it was drawn so often, press Ctrl-C, and return all that was drawn, and the exit code."""
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environ = os.environ | {"ELASTIC_CHAT_HOME": str(stack.home), "TERM": "xterm"}
    arguments = [str(COMMAND), *words, "--watch", "--every", "0.2"]
    process = subprocess.Popen(arguments, env=environ, cwd=ROOT, stdin=inner, stdout=inner, stderr=inner, start_new_session=True)
    os.close(inner)
    drawn = b""
    while drawn.count(b"\x1b[H") < until:
        drawn += os.read(terminal, 65_536)
    process.send_signal(signal.SIGINT)
    code = process.wait()
    os.close(terminal)
    return drawn.decode(), code


def test_status_can_be_watched_in_a_small_terminal(stack: Stack) -> None:
    drawn, code = watched(stack, "status", columns=60, lines=10, until=4)
    assert code == 0
    assert "are healthy" in drawn
    assert "more" in drawn.splitlines()[9], "a screen has ten lines, and the last says how many there are no lines for"
