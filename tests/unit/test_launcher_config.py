"""What an operator sets: what is refused, who gets it, and what `config` shows of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chatkit.settings import Variable
from launcher.cli import main
from launcher.config import chosen, declared
from launcher.config.values import HIDDEN, Source, masked, of_instance
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.keys import ensure_link_key, ensure_push_key, ensure_signing_key
from launcher.plan import Stack, service_environment
from launcher.settings import Settings
from launcher.topology import SERVICES, Topology
from launcher.tracing import Tracing


def settings(**environment: str) -> Settings:
    return Settings.from_environment({f"CHAT_{name}": value for name, value in environment.items()})


def faults(**environment: str) -> list[str]:
    return list(chosen.find_faults(settings(**environment).of_services))


def test_a_setting_goes_to_the_services_that_have_it_and_to_no_other() -> None:
    services = chosen.choose(settings(GATEWAY_HEARTBEAT="3", DRAIN="5")).services
    assert services["gateway"] == {"CHAT_GATEWAY_HEARTBEAT": "3", "CHAT_DRAIN": "5"}
    assert all(services[service] == {"CHAT_DRAIN": "5"} for service in SERVICES if service != "gateway")
    assert chosen.choose(settings()).services == {}


def test_a_service_is_started_with_what_was_chosen_and_with_what_we_know(tmp_path: Path) -> None:
    topology = Topology()
    stack = Stack(Home(tmp_path), topology, chosen.ANYWHERE, chosen=chosen.choose(settings(GATEWAY_HEARTBEAT="3")).services)
    environments = {one.service: service_environment(one, stack) for one in topology.instances()}
    assert environments["gateway"]["CHAT_GATEWAY_HEARTBEAT"] == "3"
    assert environments["gateway"]["CHAT_NODE_ID"] == "gateway-2"
    assert "CHAT_GATEWAY_HEARTBEAT" not in environments["router"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("GATEWAY_HARTBEAT", "3", "CHAT_GATEWAY_HARTBEAT means nothing to any service. Did you mean CHAT_GATEWAY_HEARTBEAT?"),
        ("MOONLIGHT", "3", "CHAT_MOONLIGHT means nothing to any service. Correct or remove it."),
        ("NODE_ID", "x", "CHAT_NODE_ID is given to services by elastic-chat itself. Remove it."),
        ("ACCOUNTS_SIGNING_KEY", "x", "CHAT_ACCOUNTS_SIGNING_KEY is given to services by elastic-chat itself"),
        ("LOG_LEVEL", "debug", "Set ELASTIC_CHAT_LOG_LEVEL instead."),
        ("TRACE_SHARE", "1", "CHAT_TRACE_SHARE is given to services by elastic-chat itself. Set ELASTIC_CHAT_TRACE_SHARE instead."),
        ("CASSANDRA_DATACENTER", 'a"b', "CHAT_CASSANDRA_DATACENTER has quotes, backslashes or line breaks."),
    ],
)
def test_what_cannot_be_used_is_told_with_what_to_do(name: str, value: str, told: str) -> None:
    (fault,) = faults(**{name: value})
    assert told in fault
    with pytest.raises(LaunchError, match=re.escape(told)):
        chosen.choose(settings(**{name: value}))


def test_a_secret_is_taken_from_a_file_only(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = (Variable("word", "CHAT_GATEWAY_WORD", str, "", "A word.", secret=True),)
    monkeypatch.setattr(declared, "of", lambda service: secret if service == "gateway" else ())
    (fault,) = faults(GATEWAY_WORD="sesame")
    assert "set CHAT_GATEWAY_WORD_FILE to its path" in fault
    assert "sesame" not in fault
    services = chosen.choose(settings(GATEWAY_WORD_FILE="word.txt")).services
    assert services == {"gateway": {"CHAT_GATEWAY_WORD_FILE": str(Path("word.txt").absolute())}}


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(LaunchError, match=r"2 variables are wrong(.|\n)*CHAT_A(.|\n)*CHAT_B"):
        chosen.choose(settings(A="", B=""))


def test_a_value_that_makes_no_sense_is_refused_before_anything_is_started(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    ensure_signing_key(home.signing_key)
    ensure_push_key(home.push_key)
    ensure_link_key(home.link_key)
    chosen.check(Stack(home, Topology(), chosen.ANYWHERE))
    bad = chosen.choose(settings(GATEWAY_HEARTBEAT="often")).services
    with pytest.raises(LaunchError, match=r"gateway can't start with these settings(.|\n)*CHAT_GATEWAY_HEARTBEAT.*often"):
        chosen.check(Stack(home, Topology(), chosen.ANYWHERE, chosen=bad))


def test_what_was_chosen_is_remembered(tmp_path: Path) -> None:
    was = replace(chosen.choose(settings(GATEWAY_HEARTBEAT="3")), tracing=Tracing(0.5, "collector.example", 4317))
    chosen.record(Home(tmp_path), was)
    assert chosen.recorded(Home(tmp_path)) == was
    assert chosen.recorded(Home(tmp_path / "of older code")) == chosen.Chosen("info", (), None, {})


@pytest.mark.parametrize(
    ("environment", "waiting"),
    [
        ({}, []),
        ({"ELASTIC_CHAT_LOG_LEVEL": "debug"}, ["ELASTIC_CHAT_LOG_LEVEL"]),
        ({"ELASTIC_CHAT_ORIGINS": "https://chat.example"}, ["ELASTIC_CHAT_ORIGINS"]),
        ({"ELASTIC_CHAT_ENVIRONMENT": "production"}, ["ELASTIC_CHAT_ENVIRONMENT"]),
        ({"ELASTIC_CHAT_ZONES": "north"}, ["ELASTIC_CHAT_ZONES"]),
        ({"ELASTIC_CHAT_ZONES": "south,north"}, ["ELASTIC_CHAT_ZONES"]),
        ({"ELASTIC_CHAT_TRACE_SHARE": "0.5"}, ["ELASTIC_CHAT_TRACE_SHARE"]),
        ({"ELASTIC_CHAT_TRACE_SHARE": "0"}, ["ELASTIC_CHAT_TRACE_SHARE"]),
        ({"ELASTIC_CHAT_TRACE_COLLECTOR": "http://otel:4317"}, ["ELASTIC_CHAT_TRACE_COLLECTOR"]),
        ({"ELASTIC_CHAT_PORT": "9080"}, []),
        ({"CHAT_GATEWAY_HEARTBEAT": "4", "CHAT_DRAIN": "5"}, ["CHAT_DRAIN", "CHAT_GATEWAY_HEARTBEAT"]),
        ({"CHAT_GATEWAY_HEARTBEAT": ""}, ["CHAT_GATEWAY_HEARTBEAT"]),
    ],
)
def test_what_a_stack_that_runs_was_not_started_with_waits(tmp_path: Path, environment: dict[str, str], waiting: list[str]) -> None:
    before = {
        "ELASTIC_CHAT_HOME": str(tmp_path),
        "ELASTIC_CHAT_ZONES": "north,south",
        "ELASTIC_CHAT_TRACE_SHARE": "1",
        "CHAT_GATEWAY_HEARTBEAT": "3",
    }
    chosen.record(Home(tmp_path), chosen.choose(Settings.from_environment(before)))
    assert chosen.pending(Settings.from_environment(before | environment), Topology(zones=["north", "south"])) == waiting


def test_a_misspelt_variable_of_the_launcher_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(LaunchError, match=r"ELASTIC_CHAT_HOEM means nothing to elastic-chat\. Did you mean ELASTIC_CHAT_HOME"):
        Settings.from_environment({"ELASTIC_CHAT_HOEM": "/x"})


def test_every_value_has_its_source(tmp_path: Path) -> None:
    topology = Topology()
    services = chosen.choose(settings(ACCOUNTS_HASH_THREADS="2", ACCOUNTS_HASH_QUEUE_FILE="/x/queue")).services
    stack = Stack(Home(tmp_path), topology, chosen.ANYWHERE, chosen=services)
    (accounts,) = topology.instances("accounts")
    found = {one.name: (one.value, one.source) for one in of_instance(accounts, stack)}
    assert found["CHAT_DRAIN"] == ("10", Source.DEFAULT)
    assert found["CHAT_ACCOUNTS_HASH_THREADS"] == ("2", Source.ENVIRONMENT)
    assert found["CHAT_ACCOUNTS_HASH_QUEUE_FILE"] == ("/x/queue", Source.FILE)
    assert found["CHAT_NODE_ID"] == ("accounts-1", Source.LAUNCHER)
    assert found["CHAT_ACCOUNTS_SIGNING_KEY_FILE"] == (str(Home(tmp_path).signing_key), Source.LAUNCHER)
    assert len(found) == len(declared.of("accounts"))


def test_passwords_in_addresses_are_hidden() -> None:
    assert masked("rediss://anna:pass:word@host:1/0") == f"rediss://anna:{HIDDEN}@host:1/0"
    assert masked("redis://:x@host") == f"redis://:{HIDDEN}@host"
    assert masked("redis://host:6379/0") == "redis://host:6379/0"


SECRETIVE = re.compile(r"_(key|secret|password|pepper|token|credential)s?(_|$)")


def test_what_sounds_like_a_secret_is_declared_as_one() -> None:
    for service in SERVICES:
        for variable in declared.of(service):
            if variable.type is str and SECRETIVE.search(f"_{variable.field}"):
                assert variable.secret, variable.name


def run(monkeypatch: pytest.MonkeyPatch, home: Path, *words: str, **environment: str) -> Result:
    for name, value in {"ELASTIC_CHAT_HOME": str(home), **environment}.items():
        monkeypatch.setenv(name, value)
    return CliRunner().invoke(main, ["config", *words])


def test_config_shows_what_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    everything = json.loads(run(monkeypatch, tmp_path, "--json").output)
    assert everything["ok"]
    assert not everything["running"]
    assert {one["of"] for one in everything["settings"]} == {"elastic-chat", *(one.name for one in Topology().instances())}
    text = run(monkeypatch, tmp_path, "gateway").output
    assert "CHAT_GATEWAY_HEARTBEAT = 25  (default)" in text
    assert "How often a client must send something" in text
    assert "CHAT_NODE_ID = gateway-1 (gateway-1), gateway-2 (gateway-2)  (launcher)" in text
    assert "router" not in text.splitlines()
    assert "CHAT_HTTP_SOCKET = (none)  (default)" in run(monkeypatch, tmp_path, "router").output
    assert "CHAT_ACCOUNTS_REFRESH_TOKEN_LIFETIME" in run(monkeypatch, tmp_path, "lifetime").output
    changed = run(monkeypatch, tmp_path, "--changed", "--json", CHAT_GATEWAY_HEARTBEAT="3").output
    assert {one["name"] for one in json.loads(changed)["settings"]} == {"ELASTIC_CHAT_HOME", "CHAT_GATEWAY_HEARTBEAT"}


def test_config_fails_if_the_environment_has_a_fault_and_shows_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = run(monkeypatch, tmp_path, "--json", CHAT_GATEWAY_HARTBEAT="3")
    told = json.loads(done.output)
    assert (done.exit_code, told["ok"], len(told["faults"])) == (1, False, 1)
    assert told["settings"]
