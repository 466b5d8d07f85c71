"""Docker for the tests: the daemon that is there, or one of our own for as long as they run, and a base to build on."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PUBLISHED_BASE = "python:3.11-slim-bookworm"
LOCAL_BASE = "elastic-chat-base:local"
LIMIT = "16384:16384"
DAEMON_S = 60
COMPOSE_S = 900
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


@dataclass(frozen=True, slots=True)
class Docker:
    """A client of a daemon. `environment` says which."""

    program: str
    environment: Mapping[str, str]

    def run(self, *arguments: str, check: bool = True, timeout: float = 1_800) -> subprocess.CompletedProcess[str]:
        return self._run([self.program, *arguments], check=check, timeout=timeout, environment={})

    def compose(self, *arguments: str, environment: Mapping[str, str], check: bool = True) -> subprocess.CompletedProcess[str]:
        plugin = self.run("compose", "version", check=False).returncode == 0
        command = [self.program, "compose"] if plugin else ["docker-compose"]
        return self._run([*command, *arguments], check=check, timeout=COMPOSE_S, environment=environment)

    def build(self, target: str, image: str, *arguments: str, base: str) -> None:
        """Build a target of our Dockerfile, or of the one that `arguments` name."""
        chosen = ("--target", target) if target else ()
        self.run("build", "--network", "host", "--build-arg", f"BASE={base}", *chosen, "--tag", image, *arguments, ".")

    def base(self) -> str:
        """Return an image to build on: the published one, or where none can be pulled one that is made here."""
        if self.run("pull", "--quiet", PUBLISHED_BASE, check=False, timeout=120).returncode == 0:
            return PUBLISHED_BASE
        done = subprocess.run(
            [ROOT / "tests" / "containers" / "base.sh", LOCAL_BASE],
            env=self._environ({"PATH": f"{Path(self.program).parent}:{os.environ['PATH']}"}),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        return LOCAL_BASE

    def _run(self, command: list[str], *, check: bool, timeout: float, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            command, cwd=ROOT, env=self._environ(environment), capture_output=True, text=True, check=False, timeout=timeout
        )
        assert not check or done.returncode == 0, f"{' '.join(command)}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done

    def _environ(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, "DOCKER_BUILDKIT": "1", **self.environment, **more}


@contextmanager
def running() -> Iterator[Docker]:
    """Give a client of the daemon that is there; or start one, which needs root, and leave nothing of it but its images."""
    program = shutil.which(os.environ.get("DOCKER", "docker"))
    assert program, "these tests need Docker: apt-get install --no-install-recommends docker.io docker-compose iptables debootstrap"
    there = Docker(program, {})
    if there.run("info", check=False, timeout=60).returncode == 0:
        yield there
        return
    with _daemon() as address:
        yield Docker(program, {"DOCKER_HOST": address})


@contextmanager
def _daemon() -> Iterator[str]:
    """Run a daemon, and return where it listens. Images are kept in the cache of this user, so that they are built once."""
    data = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "elastic-chat" / "docker"
    run = Path(tempfile.mkdtemp(prefix="elastic-chat-docker-"))
    address = f"unix://{run / 'docker.sock'}"
    command = ["dockerd", "--data-root", str(data), "--exec-root", str(run / "exec"), "--pidfile", str(run / "pid"), "--host", address]
    with _network_kept(), (run / "log").open("wb") as log:
        # Without a limit of its own, a container has that of the machine, with which some programs fill tables of a billion files.
        limits = ["--default-ulimit", f"nofile={LIMIT}", "--default-ulimit", f"nproc={LIMIT}"]
        daemon = subprocess.Popen([*command, *limits], stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            deadline = time.monotonic() + DAEMON_S
            while not (run / "docker.sock").exists():
                assert daemon.poll() is None, (run / "log").read_text(encoding="utf-8")
                assert time.monotonic() < deadline, "dockerd does not begin to listen"
                time.sleep(0.2)
            yield address
        finally:
            daemon.terminate()
            daemon.wait(timeout=60)
            shutil.rmtree(run, ignore_errors=True)


@contextmanager
def _network_kept() -> Iterator[None]:
    """Leave the network of this machine as it was: a daemon takes none of its changes back."""
    rules = subprocess.run(["iptables-save"], capture_output=True, text=True, check=True).stdout
    forwards = FORWARDING.read_text(encoding="ascii")
    # A table that had nothing is not saved, and is only emptied if it is named.
    empty = "".join(f"*{table}\nCOMMIT\n" for table in ("filter", "nat") if f"*{table}\n" not in rules)
    try:
        yield
    finally:
        subprocess.run(["ip", "link", "delete", "docker0"], capture_output=True, check=False)
        subprocess.run(["iptables-restore"], input=rules + empty, text=True, check=True)
        FORWARDING.write_text(forwards, encoding="ascii")
