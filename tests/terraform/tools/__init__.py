"""Tools that look the configuration over, each in an environment of its own: NAME.lock says what is in it, NAME.in what was asked for."""

from __future__ import annotations

import hashlib
import subprocess
import venv
from pathlib import Path

from tests.terraform.tofu import WORK

TIMEOUT_S = 900


def provide(name: str) -> Path:
    """Return the environment of a tool, made if it isn't there. Raises CalledProcessError if it can't be had."""
    lock = Path(__file__).with_name(f"{name}.lock")
    folder = WORK / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    done = folder / ".done"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes")
        subprocess.run((*pip, "--only-binary=:all:", "-r", str(lock)), check=True, timeout=TIMEOUT_S)
        done.touch()
    return folder
