"""What `elastic-chat logs` shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from launcher.errors import LaunchError
from launcher.home import Home
from launcher.logs import files, show


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.create()
    return home


class EnoughSeenError(Exception):
    """Ends a follower."""


def until(count: int, seen: list[str], then: Callable[[], None] | None = None) -> Callable[[str], None]:
    """Take lines, do something after each, and stop after `count`."""

    def out(line: str) -> None:
        seen.append(line)
        if then is not None:
            then()
        if len(seen) == count:
            raise EnoughSeenError

    return out


def test_a_service_means_its_instances_and_not_their_sidecars(home: Home) -> None:
    for name in ("router-1", "router-2", "router-1-sidecar", "kafka"):
        home.log(name).touch()
    assert [log.stem for log in files(home, "router")] == ["router-1", "router-2"]
    assert [log.stem for log in files(home, "kafka")] == ["kafka"]
    assert len(files(home, None)) == 4
    with pytest.raises(LaunchError, match=r"There is no log of nobody\. Take a service"):
        files(home, "nobody")


def test_a_stack_that_never_ran_has_no_logs(home: Home) -> None:
    with pytest.raises(LaunchError, match="Nothing has been logged in"):
        files(home, None)


def test_the_last_lines_come_with_the_names_of_several_processes(home: Home) -> None:
    home.log("router-1").write_text("a\nb\nc\n")
    home.log("web").write_text("x\n")
    seen: list[str] = []
    show([home.log("router-1")], seen.append, last=2, follow=False)
    show([home.log("router-1"), home.log("web")], seen.append, last=1, follow=False)
    assert seen == ["b", "c", "router-1 c", "web      x"]


def test_following_goes_on_after_a_rotation(home: Home) -> None:
    log = home.log("router-1")
    log.write_text("before\n")
    seen: list[str] = []

    def rotate() -> None:
        if seen == ["before"]:
            log.rename(log.with_name("router-1.log.1"))
            log.write_text("after\nand on\n")

    with pytest.raises(EnoughSeenError):
        show([log], until(3, seen, rotate), last=10, follow=True)
    assert seen == ["before", "after", "and on"]


def test_a_line_that_is_still_being_written_waits_for_its_end(home: Home) -> None:
    log = home.log("router-1")
    log.write_text("whole\nha")
    seen: list[str] = []

    def finish() -> None:
        if seen == ["whole"]:
            with log.open("a") as file:
                file.write("lf\n")

    with pytest.raises(EnoughSeenError):
        show([log], until(2, seen, finish), last=10, follow=True)
    assert seen == ["whole", "half"]
