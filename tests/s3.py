"""A real S3 server for tests, which refuses what is forged or past its time: versitygw, built once."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clients.builds import go_environ
from launcher import engines
from launcher.display import Display
from launcher.topology import HOST
from tests.ports import free_base

MODULE = "github.com/versity/versitygw"
VERSION = "v1.7.0"
REGION = "us-east-1"
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class S3:
    """Where the server is, and who may use it."""

    endpoint: str
    access_key_id: str
    secret_access_key: str
    folder: Path

    def bucket(self) -> str:
        """Make a bucket, and return its name."""
        name = f"bucket-{secrets.token_hex(8)}"
        (self.folder / name).mkdir(parents=True)
        return name


def program(cache: Path) -> Path:
    """Return the server, built if it isn't there. Raises CalledProcessError if it can't be built."""
    folder = cache / "clients" / f"versitygw-{VERSION}"
    if not (folder / "versitygw").exists():
        go = engines.provide_program("go", cache, Display())
        # Without a folder of ours there is no lock file of ours: Go's own sums, and those of the checksum database, hold.
        environ = os.environ | go_environ(cache) | {"GOBIN": str(folder), "GOFLAGS": "-modcacherw"}
        subprocess.run((str(go), "install", f"{MODULE}/cmd/versitygw@{VERSION}"), env=environ, check=True, capture_output=True)
    return folder / "versitygw"


@contextmanager
def serve(cache: Path, folder: Path) -> Iterator[S3]:
    """Run the server over a folder, whose folders are its buckets."""
    port = free_base(range(32_100, 32_400, 10), range(1))
    s3 = S3(f"http://{HOST}:{port}", secrets.token_hex(8), secrets.token_hex(16), folder)
    keys = {"ROOT_ACCESS_KEY": s3.access_key_id, "ROOT_SECRET_KEY": s3.secret_access_key}
    arguments = (str(program(cache)), "--port", f"{HOST}:{port}", "--region", REGION, "posix", str(folder))
    with subprocess.Popen(arguments, env=os.environ | keys, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            _await(running, port)
            yield s3
        finally:
            running.terminate()


def _await(running: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server takes connections."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert running.poll() is None, "the S3 server has ended"
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the S3 server does not come up"
            time.sleep(0.05)
        else:
            return
