"""What a person is told when an example client can't be built, and what the Java client is locked to."""

from __future__ import annotations

import sys

import pytest
from jgo.env import LockFile

from clients import builds, relock
from launcher.errors import LaunchError


def test_a_step_that_fails_tells_what_its_program_said() -> None:
    with pytest.raises(LaunchError) as failure:
        builds._run((sys.executable, "-c", "raise SystemExit('no such module')"), "go")
    assert str(failure.value).splitlines()[0].startswith("The go client could not be built. ")
    assert "no such module" in str(failure.value)


def test_a_step_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "TIMEOUT_S", 1)
    with pytest.raises(LaunchError, match="took longer than"):
        builds._run((sys.executable, "-c", "__import__('signal').pause()"), "go")


def test_the_lock_of_the_java_client_has_what_is_asked_for() -> None:
    locked = {
        ":".join(filter(None, (one.groupId, one.artifactId, one.version, one.classifier))): one
        for one in LockFile.load(builds.LOCK).dependencies
    }
    wanted = {each.rstrip(":").removesuffix(":exe") for each in (*relock.LIBRARIES, *relock.PROGRAMS)}
    assert wanted <= locked.keys()
    assert all(one.sha256 for one in locked.values())
