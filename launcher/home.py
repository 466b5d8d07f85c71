"""The folder of a stack: what is in it, and who may work on it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.errors import LaunchError

LONGEST_SOCKET_PATH = 103
"""Bytes: what a Unix socket's address can hold on every system we run on."""


PUBLIC, PRIVATE = 0o644, 0o600
"""Who may read a file: everyone, or its owner."""


@dataclass(frozen=True, slots=True)
class Home:
    """`$ELASTIC_CHAT_HOME`: `data` and `keys` are the stack's own, `run` is rendered again at each start, `logs` are rotated."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def signing_key(self) -> Path:
        """The key that the accounts service signs access tokens with."""
        return self.keys / "accounts.pem"

    @property
    def link_key(self) -> Path:
        """The key that the files service signs links with."""
        return self.keys / "files.key"

    @property
    def push_key(self) -> Path:
        """The key by which the push services of browsers know the presence service."""
        return self.keys / "push.pem"

    @property
    def web_certificate(self) -> Path:
        """What the edge shows to browsers, if you put it there: a chain, PEM. Otherwise the stack makes its own."""
        return self.keys / "web-certificate.pem"

    @property
    def web_key(self) -> Path:
        """The key of that certificate, PEM."""
        return self.keys / "web-key.pem"

    @property
    def operator(self) -> Path:
        """`cert.pem`, `key.pem` and `ca.pem`, by which whoever may read them may call every service through its sidecar."""
        return self.run / "operator"

    @property
    def web_authority(self) -> Path:
        """What browsers and others check the edge's certificate with, PEM."""
        return self.run / "web-authority.pem"

    @property
    def envoy(self) -> Path:
        """The configuration of every Envoy, and the endpoints that they watch."""
        return self.run / "envoy"

    @property
    def supervisor_config(self) -> Path:
        return self.run / "supervisord.conf"

    @property
    def supervisor_socket(self) -> Path:
        return self.run / "supervisord.sock"

    @property
    def supervisor_pid(self) -> Path:
        return self.run / "supervisord.pid"

    @property
    def supervisor_log(self) -> Path:
        """What supervisord did: also the record of every process that it started and of every one that ended by itself."""
        return self.logs / "supervisord.log"

    @property
    def stack(self) -> Path:
        """The topology of the stack that runs."""
        return self.run / "stack.json"

    @property
    def chosen(self) -> Path:
        """The settings that the stack which runs was started with, as far as somebody chose them."""
        return self.run / "chosen.json"

    @property
    def drained(self) -> Path:
        """The names of the instances that an operator took out of the mesh."""
        return self.run / "drained.json"

    @property
    def traces(self) -> Path:
        """What the collector keeps of the messages that are traced."""
        return self.run / "traces"

    @property
    def prometheus(self) -> Path:
        """The configuration of a Prometheus beside the stack."""
        return self.run / "monitoring" / "prometheus.yml"

    @property
    def targets(self) -> Path:
        """What it scrapes: it watches this file."""
        return self.run / "monitoring" / "targets.json"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def check_depth(self) -> None:
        """Raise LaunchError if the place is too deep for a socket."""
        longest = self.envoy / "accounts-10.sock"
        if len(str(longest).encode()) > LONGEST_SOCKET_PATH:
            raise LaunchError(f"The path {self.root} is too long to hold a Unix socket", "Set ELASTIC_CHAT_HOME to a shorter one")

    def create(self) -> None:
        """Make the folders.

        Raises:
            LaunchError: the place can't be written to, or is too deep for a socket.

        """
        self.check_depth()
        try:
            for folder in (self.data, self.run, self.logs, self.keys):
                folder.mkdir(parents=True, exist_ok=True)
            self.keys.chmod(0o700)
            (self.run / "launcher.lock").touch()
        except OSError as error:
            raise LaunchError(
                f"Cannot write to {self.root} ({error.strerror})", "Set ELASTIC_CHAT_HOME to a folder that you may write to"
            ) from error

    @contextmanager
    def exclusively(self, waiting: Callable[[], None]) -> Iterator[None]:
        """Hold this stack for one command at a time; a second one calls `waiting`, and waits for the first."""
        with (self.run / "launcher.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def write_atomically(path: Path, text: str, mode: int = PUBLIC) -> None:
    """Write a file so that a reader sees the old text or the new, and nothing between: Envoy watches some of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.rename(path)
