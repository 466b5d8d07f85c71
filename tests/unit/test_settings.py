"""Settings: what is read, what is refused, and that every fault is told at once."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from chatkit.settings import RedisSettings, ServiceSettings, SettingsError, load, setting

GOOD = {"CHAT_NODE_ID": "thing-1", "CHAT_GRPC_PORT": "1", "CHAT_HTTP_PORT": "2", "CHAT_REDIS_URL": "redis://x"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ThingSettings(ServiceSettings, RedisSettings):
    """Of a thing."""

    batch: int = setting("How many.", 5)
    eager: bool = setting("Whether.", False)
    names: tuple[str, ...] = setting("Which.", ())
    secret: str = setting("What only it knows.", "")


def faults(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as failure:
        load(ThingSettings, "thing", environ)
    return str(failure.value)


def test_fields_come_from_their_names_and_have_their_types() -> None:
    settings = load(
        ThingSettings,
        "thing",
        GOOD | {"CHAT_THING_BATCH": "7", "CHAT_THING_EAGER": "true", "CHAT_THING_NAMES": "a, b", "CHAT_DRAIN": "2.5", "PATH": "/bin"},
    )
    assert (settings.batch, settings.eager, settings.names, settings.drain) == (7, True, ("a", "b"), timedelta(seconds=2.5))
    assert (settings.node_id, settings.grpc_port, settings.redis_url) == ("thing-1", 1, "redis://x")


def test_every_fault_is_told_at_once() -> None:
    text = faults({"CHAT_GRPC_PORT": "x", "CHAT_HTTP_PORT": "2", "CHAT_THING_EAGER": "yes", "CHAT_THING_BACH": "7"})
    for name in ("CHAT_NODE_ID", "CHAT_GRPC_PORT", "CHAT_REDIS_URL", "CHAT_THING_EAGER", "CHAT_THING_BACH"):
        assert name in text
    assert "CHAT_HTTP_PORT" not in text


def test_a_secret_comes_from_a_file_or_directly_but_not_both(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("s3cret\n")
    assert load(ThingSettings, "thing", GOOD | {"CHAT_THING_SECRET_FILE": str(path)}).secret == "s3cret"
    assert "not both" in faults(GOOD | {"CHAT_THING_SECRET_FILE": str(path), "CHAT_THING_SECRET": "x"})
    assert "CHAT_THING_SECRET" in faults(GOOD | {"CHAT_THING_SECRET_FILE": str(tmp_path / "none")})


SERVICES = ("accounts", "gateway", "history", "presence", "router", "writer")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_without_settings_says_what_it_lacks_and_exits_with_2(service: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"svc_{service}"], env={"PYTHONPATH": ".:gen"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "CHAT_NODE_ID is not set" in done.stderr
    assert "Traceback" not in done.stderr


def modules() -> list[str]:
    packages = ["chatkit", "launcher", *(f"svc_{service}" for service in SERVICES)]
    found = []
    for name in packages:
        package = importlib.import_module(name)
        found += [name, *(module.name for module in pkgutil.walk_packages(package.__path__, f"{name}."))]
    return [name for name in found if not name.endswith("__main__")]


def test_importing_anything_does_nothing() -> None:
    """No client, no environment, no logger configuration, no thread: with an environment that is empty and sockets that are refused."""
    script = (
        "import socket, sys, threading, importlib\n"
        "def refuse(*a, **k): raise AssertionError('a socket at import')\n"
        "socket.socket.connect = refuse\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    subprocess.run([sys.executable, "-c", script, *modules()], env={"PYTHONPATH": ".:gen"}, check=True)
