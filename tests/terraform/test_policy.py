"""checkov finds nothing to say, but for what is excepted at its place with a reason; and no exception is left that nothing needs."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

import pytest

from tests.terraform import tools
from tests.terraform.tofu import ROOT, TERRAFORM

pytestmark = pytest.mark.timeout(900)

_EXCEPTION = re.compile(r"checkov:skip=(\w+): (.+)")


@pytest.fixture(scope="module")
def looked() -> dict[str, Any]:
    checkov = tools.provide("checkov") / "bin" / "checkov"
    options = ("--framework", "terraform", "--skip-download", "--compact", "--output", "json")
    told = subprocess.run(
        (str(checkov), "--directory", "terraform", *options),
        cwd=ROOT,
        env=os.environ | {"LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, Any] = json.loads(told.stdout)["results"]
    return found


def test_nothing_is_found(looked: dict[str, Any]) -> None:
    assert [(one["check_id"], one["check_name"], one["resource"]) for one in looked["failed_checks"]] == []
    assert len(looked["passed_checks"]) > 300


def test_every_exception_is_needed_and_says_why(looked: dict[str, Any]) -> None:
    needed = {(one["check_id"], one["file_path"].lstrip("/")) for one in looked["skipped_checks"]}
    made = {
        (check, str(path.relative_to(TERRAFORM)))
        for path in TERRAFORM.rglob("*.tf")
        for check, why in _EXCEPTION.findall(path.read_text(encoding="utf-8"))
        if len(why) >= 9
    }

    assert made == needed
