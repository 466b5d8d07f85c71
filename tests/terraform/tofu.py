"""OpenTofu, built of its own source as tofu/go.sum pins it, and what is done with it here."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from clients.builds import go_environ
from launcher import engines
from launcher.display import Display
from tests.terraform.stand_in import bindings, provider

ROOT = Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "terraform"
WORK = ROOT / "build" / "terraform"
MODULE = Path(__file__).with_name("tofu")
VERSION = "v1.10.6"
PACKAGE = "github.com/opentofu/opentofu"
PROTOCOL = "tfplugin5.9.proto"
TIMEOUT_S = 300
_DECLARED = re.compile(r'^(resource|data)\s+"(aws_\w+)"', re.MULTILINE)


class Tofu:
    """The program, in an environment that reaches nobody: the provider is the stand-in."""

    def __init__(self, program: Path, environ: Mapping[str, str]) -> None:
        self._program = program
        self._environ = environ

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run it in a folder, and return what it said and how it ended."""
        # What it remembers of a folder is no part of the folder.
        memory = WORK / "memory" / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        return subprocess.run(
            (str(self._program), *arguments),
            cwd=folder,
            env={**self._environ, "TF_DATA_DIR": str(memory)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )


def provide(cache: Path) -> Path:
    """Return a folder with OpenTofu, and the contract by which it speaks with providers: built if it isn't there, which takes minutes.

    Raises:
        LaunchError: there is no Go to be had.
        CalledProcessError: it can't be built.

    """
    folder = cache / "clients" / f"tofu-{VERSION}"
    if not (folder / "tofu").exists():
        go, environ = str(engines.provide_program("go", cache, Display())), os.environ | go_environ(cache)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / "tofu.new"
        subprocess.run((go, "build", "-o", str(unfinished), f"{PACKAGE}/cmd/tofu"), cwd=MODULE, env=environ, check=True)
        sources = subprocess.run(
            (go, "list", "-m", "-f", "{{.Dir}}", PACKAGE), cwd=MODULE, env=environ, check=True, capture_output=True, text=True
        ).stdout.strip()
        shutil.copy(Path(sources, "docs", "plugin-protocol", PROTOCOL), folder)
        unfinished.replace(folder / "tofu")
    return folder


def declared(folder: Path) -> dict[str, bool]:
    """Return the types that are used below a folder, and of each whether it is a source of data, which is named `data.` something."""
    found: dict[str, bool] = {}
    for path in folder.rglob("*.tf"):
        for kind, name in _DECLARED.findall(path.read_text(encoding="utf-8")):
            found[f"data.{name}" if kind == "data" else name] = kind == "data"
    return found


@contextmanager
def ready(cache: Path) -> Iterator[Tofu]:
    """Yield the program, with a stand-in that knows every type that is used in terraform/."""
    built = provide(cache)
    messages = provider.stubs(built / PROTOCOL, WORK / "protocol")
    known = bindings.provide(WORK)
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "tofu.rc"
        rules.write_text("", encoding="utf-8")
        with provider.serve(messages, known, declared(TERRAFORM), Path(folder) / "aws.sock") as environ:
            quiet = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(rules), "TF_IN_AUTOMATION": "1"}
            yield Tofu(built / "tofu", os.environ | environ | quiet)
