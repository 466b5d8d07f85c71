"""The example clients in other languages: generated from the contracts, compiled, and run on their own runtimes against the stack."""

from __future__ import annotations

import os
import subprocess
from functools import cache

import pytest

from clients.builds import BUILDS, Command
from launcher.display import Display
from launcher.settings import Settings
from tests.e2e.stack import Stack

TIMEOUT_S = 60
pytestmark = [pytest.mark.timeout(400), pytest.mark.parametrize("language", BUILDS)]  # a first build fetches a toolchain


@cache
def built(language: str) -> Command:
    return BUILDS[language](Settings.from_environment(os.environ).cache, Display())


def run(language: str, edge: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*built(language), edge], capture_output=True, text=True, check=False, timeout=TIMEOUT_S)


def test_a_client_does_all_that_it_says(stack: Stack, language: str) -> None:
    done = run(language, f"127.0.0.1:{stack.topology.edge_port}")
    assert done.returncode == 0, done.stdout + done.stderr
    name, _, said = done.stdout.partition(": ")
    assert name.lower() == language
    assert said == "registered, connected, sent, received and read back\n"


def test_a_client_that_finds_nobody_fails(stack: Stack, language: str) -> None:
    done = run(language, f"127.0.0.1:{stack.topology.port + 99}")  # where nothing listens
    assert done.returncode != 0
    assert done.stdout == ""
