"""Looking at a stack that runs: what `elastic-chat` says of it, to people and to scripts."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import secrets
import signal
import struct
import subprocess
import termios
from contextlib import suppress
from typing import Any

import click
import pytest

from bench.client import Api, ApiError, Socket
from launcher.cli import main
from launcher.commands.frame import Command
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
    # What it still draws must be read, or it waits for that and not for its end. A terminal that nobody else has open is an error.
    with suppress(OSError):
        while left := os.read(terminal, 65_536):
            drawn += left
    os.close(terminal)
    return drawn.decode(), process.wait()


def test_status_can_be_watched_in_a_small_terminal(stack: Stack) -> None:
    drawn, code = watched(stack, "status", columns=60, lines=10, until=4)
    assert code == 0
    assert "are healthy" in drawn
    assert "more" in drawn.splitlines()[9], "a screen has ten lines, and the last says how many there are no lines for"


LOOKS = ("status", "mesh links", "mesh hosts", "mesh methods --sample 0", "mesh certificates", "doctor", "config", "dead-letters list")


@pytest.mark.parametrize("words", LOOKS)
def test_the_manual_names_every_key_that_scripts_get(stack: Stack, words: str) -> None:
    found: click.Command | None = main
    for word in words.split(" --", maxsplit=1)[0].split():
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word)
    assert isinstance(found, Command)
    assert set(json.loads(stack.run(*words.split(), "--json", check=False).stdout)) == {"ok", *found.manual.facts}


def test_config_shows_what_the_stack_was_started_with(stack: Stack) -> None:
    told = asked(stack, "config", "gateway-1", "accounts")
    assert told["running"]
    values = {(one["of"], one["name"]): (one["value"], one["source"]) for one in told["settings"]}
    assert values["gateway-1", "CHAT_LOG_LEVEL"] == (stack.log_level, "launcher")
    assert values["gateway-1", "CHAT_HTTP_PORT"] == (str(stack.instance("gateway-1").http_port), "launcher")
    assert values["accounts-1", "CHAT_ACCOUNTS_SIGNING_KEY_FILE"] == (str(stack.home / "keys" / "accounts.pem"), "launcher")
    assert "PRIVATE KEY" not in json.dumps(told)


def test_every_envoy_has_a_healthy_way_to_every_instance(stack: Stack) -> None:
    told = asked(stack, "mesh")
    assert told["silent"] == []
    ways = {(one["envoy"], one["service"]): [host["instance"] for host in one["hosts"]] for one in told["links"]}
    assert ways["gateway-1-sidecar", "router"] == ["router-1", "router-2"]
    assert ways["edge", "gateway"] == ["gateway-1", "gateway-2"]
    assert ("presence-1-sidecar", "router") not in ways
    assert all(host["healthy"] for one in told["links"] for host in one["hosts"])
    assert "gateway-2-sidecar" in stack.run("mesh", "hosts", "router").stdout


def test_the_mesh_tells_of_an_instance_that_is_away_and_of_none_that_was_drained(stack: Stack) -> None:
    pid = stack.status()["presence-1"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        told: dict[str, Any] = {"ok": True}
        while told["ok"]:  # until health checks have failed
            told = json.loads(stack.run("mesh", "presence", "--json", check=False).stdout)
        assert {host["instance"] for one in told["links"] for host in one["hosts"] if not host["healthy"]} == {"presence-1"}
    finally:
        os.kill(pid, signal.SIGCONT)
    while not told["ok"]:
        told = json.loads(stack.run("mesh", "presence", "--json", check=False).stdout)
    stack.run("drain", "router-2")
    told = asked(stack, "mesh", "router")
    assert {host["instance"] for one in told["links"] for host in one["hosts"]} == {"router-1"}
    stack.run("restart", "router-2")
    assert {host["instance"] for one in asked(stack, "mesh", "router")["links"] for host in one["hosts"]} == {"router-1", "router-2"}


async def test_methods_are_counted_and_timed_by_caller_and_failures_by_their_status(stack: Stack, api: Api) -> None:
    before = {(one["caller"], one["method"]): one for one in asked(stack, "mesh", "methods", "--sample", "0")["methods"]}
    anna, bob = await api.register("anna"), await api.register("bob")
    conversation_id = await api.direct(anna, bob)
    for _ in range(20):
        await api.messages(bob, conversation_id)
    told = asked(stack, "mesh", "methods", "history", "--sample", "0")
    assert {one["service"] for one in told["methods"]} == {"history"}
    (pages,) = (one for one in told["methods"] if (one["caller"], one["method"]) == ("edge", "ListMessages"))
    assert pages["calls"] - before.get(("edge", "ListMessages"), {"calls": 0})["calls"] == 20
    assert 0 <= pages["sampled"]["p50Ms"] <= pages["sampled"]["p95Ms"] <= pages["sampled"]["p99Ms"] < 15_000

    failed = before.get(("edge", "Login"), {"sampled": {"byStatus": {}}})["sampled"]["byStatus"].get("16", 0)
    with pytest.raises(ApiError):
        await api.call("POST", "/v1/auth/login", {"username": anna.username, "password": "not it at all"})
    (login,) = (one for one in asked(stack, "mesh", "methods", "--sample", "0")["methods"] if one["method"] == "Login")
    assert login["sampled"]["byStatus"]["16"] == failed + 1
    quiet = asked(stack, "mesh", "methods", "accounts", "--sample", "0.2")
    assert quiet["seconds"] == 0.2
    assert all(one["sampled"]["calls"] <= one["calls"] for one in quiet["methods"])


def test_certificates_are_those_that_the_envoys_tell_of(stack: Stack) -> None:
    assert isinstance(asked(stack, "mesh", "certificates")["certificates"], list)


def test_the_doctor_finds_nothing_wrong_with_a_stack_that_has_just_come_up(stack: Stack) -> None:
    told = json.loads(stack.run("doctor", "--json", check=False).stdout)
    assert told["ok"], [one for one in told["findings"] if one["verdict"] == "wrong"]
    looked_at = {one["check"] for one in told["findings"] if one["verdict"] == "ok"}
    assert looked_at >= {
        *("cores", "memory", "disk", "open files", "outgoing ports", "python", "clock", "folder", "keys", "environment"),
        *("envoy", "valkey", "nginx", "java", "kafka", "cassandra", "processes", "crashes", "mesh", "lag", "dead letters"),
        *("redis memory", "redis eviction", "redis file"),
    }
    assert "Nothing is wrong" in stack.run("doctor").stdout


def test_the_doctor_names_what_is_wrong_and_what_to_do(stack: Stack) -> None:
    pid = stack.status()["valkey"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        done = stack.run("doctor", "--json", check=False)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert (done.returncode, done.stderr) == (1, "")
    wrong = [one for one in json.loads(done.stdout)["findings"] if one["verdict"] == "wrong"]
    assert ("redis", "Read `elastic-chat logs valkey`") in {(one["check"], one["cure"]) for one in wrong}
    assert any(one["check"] == "processes" and one["seen"].startswith("valkey (running)") for one in wrong)


async def test_the_operator_adds_disables_enables_and_resets_users(stack: Stack, api: Api) -> None:
    async def logs_in(username: str, password: str) -> Any:
        return await api.call("POST", "/v1/auth/login", {"username": username, "password": password})

    name = f"zoe-{secrets.token_hex(4)}"
    made = asked(stack, "user", "add", name, "--name", "Zoe", "--generate")
    assert (await logs_in(name, made["password"]))["userId"] == made["userId"]
    taken = stack.run("user", "add", name, "--generate", check=False)
    assert (taken.returncode, "The user name is taken" in taken.stderr) == (1, True)

    asked(stack, "user", "disable", name)
    assert asked(stack, "user", "show", name)["disabled"]
    with pytest.raises(ApiError) as refused:
        await logs_in(name, made["password"])
    assert refused.value.reason == "ACCOUNT_DISABLED"

    asked(stack, "user", "enable", name)
    again = asked(stack, "user", "reset", name, "--generate")
    with pytest.raises(ApiError) as refused:
        await logs_in(name, made["password"])
    assert refused.value.reason == "BAD_CREDENTIALS"
    await logs_in(name, again["password"])

    asked(stack, "user", "role", name, "admin")
    token = (await logs_in(name, again["password"]))["accessToken"]
    account = (await api.call("GET", f"/v1/admin/users?username={name}", token=token))["account"]
    assert account["role"] == "ROLE_ADMIN"
