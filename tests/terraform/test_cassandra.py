"""What Cassandra's nodes are configured with is what Cassandra takes: the server's own code reads it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from launcher import engines
from launcher.display import Display
from launcher.settings import Settings
from tests.terraform.tofu import ROOT, TERRAFORM, Tofu

FOLDER = TERRAFORM / "modules" / "data" / "cassandra"
OPENED = re.findall(r'"(java\.base/[\w.]+)"', (ROOT / "launcher" / "templates" / "cassandra.args.j2").read_text(encoding="utf-8"))
TIMEOUT_S = 100

pytestmark = pytest.mark.timeout(300)


def rendered(tofu: Tofu, folder: Path, copies: int) -> str:
    given = {"name": "chat", "seeds": "127.0.0.1", "address": "127.0.0.1", "copies": copies}
    call = f'${{templatefile("{FOLDER / "cassandra.yaml.tftpl"}", {json.dumps(given)})}}'
    (folder / "main.tf.json").write_text(json.dumps({"output": {"text": {"value": call}}}), encoding="utf-8")
    for arguments in (("init", "-input=false"), ("apply", "-auto-approve", "-input=false")):
        done = tofu.run(folder, *arguments, "-no-color")
        assert done.returncode == 0, done.stderr
    return tofu.run(folder, "output", "-raw", "text").stdout


def read_by_cassandra(folder: Path, configuration: str) -> subprocess.CompletedProcess[str]:
    """Have Cassandra read its configuration, as far as it does before it opens its files and ports."""
    cache, display = Settings.from_environment(os.environ).cache, Display()
    found = engines.provide(cache, display)
    (folder / "cassandra.yaml").write_text(configuration, encoding="utf-8")
    (folder / "cassandra-rackdc.properties").write_text("dc=eu-central-1\nrack=rack1\n", encoding="utf-8")
    opened = [f"--add-{how}={package}=ALL-UNNAMED" for package in OPENED for how in ("exports", "opens")]
    path = os.pathsep.join([*map(str, found.cassandra), str(folder)])
    told = (f"-Dcassandra.config={(folder / 'cassandra.yaml').as_uri()}", f"-Dcassandra.storagedir={folder}")
    tool = ("org.apache.cassandra.tools.GenerateTokens", "-n", "3", "-t", "4", "--rf", "3")
    return subprocess.run(
        (str(found.java), *opened, "-cp", path, *told, *tool), capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )


@pytest.mark.parametrize("copies", [1, 3])
def test_cassandra_takes_its_configuration(tofu: Tofu, tmp_path: Path, copies: int) -> None:
    done = read_by_cassandra(tmp_path, rendered(tofu, tmp_path, copies))

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Node 2 rack 0: [" in done.stdout


def test_what_cassandra_does_not_know_would_be_noticed(tofu: Tofu, tmp_path: Path) -> None:
    done = read_by_cassandra(tmp_path, rendered(tofu, tmp_path, 3) + "\nmisspelt_key: 1\n")

    assert "Please remove properties [misspelt_key]" in done.stdout + done.stderr
