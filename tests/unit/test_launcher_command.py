"""What all commands have in common: their manuals, what they print for scripts, how they fail, and what a shell proposes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from launcher.cli import COMMANDS, main
from launcher.commands.completion import SHELLS
from launcher.commands.frame import Answer, Command, Group, command
from launcher.commands.markdown import page
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.recording import record_topology
from launcher.topology import Topology

COMMAND = Path(sys.executable).parent / "elastic-chat"


def commands(group: Group = main) -> Iterator[Command]:
    for each in group.members:
        if isinstance(each, Group):
            yield from commands(each)
        else:
            assert isinstance(each, Command)
            yield each


EXAMPLES = [example for each in commands() for example in each.manual.examples]


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_command_line_that_makes_sense(example: str) -> None:
    line = example.removeprefix('eval "$(').removesuffix(')"').split(" > ")[0].split(" | ")[0].split(" < ")[0]
    words = [word for word in shlex.split(line) if not word.startswith("ELASTIC_CHAT_")]
    assert words.pop(0) == "elastic-chat"
    found: click.Command = main
    while isinstance(found, Group):
        names = {each.name: each for each in found.members}
        found = names[words.pop(0) if words and words[0] in names else found.default]
    found.make_context(found.name, words)


def test_every_command_has_a_manual() -> None:
    for each in commands():
        assert each.manual.examples, each.name
        text = CliRunner().invoke(each, ["--help"]).output
        assert all(heading in text for heading in ("Usage:", "Options:", "Examples:", "Exit codes:")), each.name
        assert ("JSON:" in text) == ("--json" in text) == bool(each.manual.facts), each.name
        for parameter in each.params:
            assert parameter.get_help_record(click.Context(each))[1], f"{each.name} {parameter.name}"  # type: ignore[index]


def groups(group: Group = main) -> Iterator[Group]:
    yield group
    for each in group.members:
        if isinstance(each, Group):
            yield from groups(each)


@pytest.mark.parametrize("group", list(groups()))
def test_the_list_of_commands_has_whole_sentences_in_a_terminal_of_80_columns(group: click.Group) -> None:
    text = CliRunner().invoke(group, ["--help"], terminal_width=80).output
    assert "..." not in text.split("Commands:")[1]


def test_the_page_has_every_command() -> None:
    text = page(main, "elastic-chat")
    assert all(f"elastic-chat {name}" in text for name in COMMANDS)
    assert "\n## elastic-chat dead-letters redrive\n" in text


@command(examples={}, facts={"answer": "the answer"}, watch=True)
@click.argument("number", type=int)
def tried(number: int) -> Answer:
    """Answer, or not."""
    if number < 0:
        raise LaunchError("It is negative", "Take another", "a line")
    return Answer({"answer": number}, f"The answer is {number}.", ok=number != 13)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(tried, arguments)


def test_people_get_text_and_scripts_one_line_of_json() -> None:
    assert (run("42").output, run("42").exit_code) == ("The answer is 42.\n", 0)
    assert run("42", "--json").output == '{"ok": true, "answer": 42}\n'
    assert (run("13").output, run("13").exit_code) == ("The answer is 13.\n", 1)
    assert (json.loads(run("13", "--json").output)["ok"], run("13", "--json").exit_code) == (False, 1)


def test_a_failure_is_told_with_its_cure_to_people_and_scripts() -> None:
    failed = run("--", "-1")
    assert (failed.exit_code, failed.stdout, failed.stderr) == (1, "", "elastic-chat: It is negative. Take another.\na line\n")
    failed = run("--json", "--", "-1")
    assert json.loads(failed.stdout) == {"ok": False, "error": {"cause": "It is negative", "cure": "Take another", "detail": "a line"}}
    assert (failed.exit_code, failed.stderr) == (1, "elastic-chat: It is negative. Take another.\na line\n")
    assert run("x", "--json").exit_code == 2


def test_watching_looks_until_it_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("launcher.commands.frame.time.sleep", wait)
    watched = run("13", "--watch", "--every", "0.5", "--json")
    assert watched.output == '{"ok": false, "answer": 13}\n' * 3
    assert (watched.exit_code, waited) == (0, [0.5] * 3)


def test_a_group_has_a_command_that_is_meant_if_none_is_named() -> None:
    group = Group("group", commands=[tried], default="tried", context_settings=main.context_settings)
    assert CliRunner().invoke(group, ["--json", "7"]).output == '{"ok": true, "answer": 7}\n'
    assert CliRunner().invoke(group, ["tried", "8"]).output == "The answer is 8.\n"
    assert CliRunner().invoke(group, ["9"]).output == "The answer is 9.\n"
    assert "Commands:" in CliRunner().invoke(group, ["--help"]).output


def proposed(line: str, home: Path) -> list[str]:
    """Return what bash proposes for the last word of a command line, by the script that we print for it."""
    script = f"""
        export PATH="{COMMAND.parent}:$PATH"
        eval "$(elastic-chat completion bash)"
        COMP_WORDS=({line}) COMP_CWORD=$(({len(line.split(" "))} - 1))
        _elastic_chat_completion elastic-chat
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    environ = os.environ | {"ELASTIC_CHAT_HOME": str(home)}
    return subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True, check=True).stdout.split()


def test_bash_proposes_commands_and_the_instances_that_there_are(tmp_path: Path) -> None:
    assert proposed("elastic-chat dra", tmp_path) == ["drain"]
    assert proposed("elastic-chat drain gateway-", tmp_path) == ["gateway-1", "gateway-2"]
    Home(tmp_path).create()
    record_topology(Home(tmp_path), Topology().scaled("gateway", 3))
    assert proposed("elastic-chat drain gateway-", tmp_path) == ["gateway-1", "gateway-2", "gateway-3"]
    assert proposed("elastic-chat restart a", tmp_path) == ["all", "accounts", "accounts-1", "accounts-1-sidecar"]
    assert proposed("elastic-chat scale wri", tmp_path) == ["writer"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_ELASTIC_CHAT_COMPLETE={shell}_complete" in done.output
    if program := shutil.which(shell):  # bash is there, the others may be: whether they take it for a script
        subprocess.run([program, "-n"], input=done.output, text=True, check=True)


def test_a_command_loads_nothing_of_the_others() -> None:
    """A shell that completes words asks us at every key."""
    script = "import sys; from launcher.cli import main; main.get_command(None, 'logs'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "launcher.commands.logs" in loaded
    assert not {"aiokafka", "cassandra", "redis", "launcher.commands.doctor"} & set(loaded)
