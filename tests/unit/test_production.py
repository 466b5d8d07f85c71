"""A production start: nothing that only suits development is accepted, whichever setting it is in, and all of it is told at once."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import MISSING
from pathlib import Path
from typing import Any

import pytest

from chatkit.production import Environment, host_of, is_loopback
from chatkit.settings import SettingsError, Variable, load, setting, unmet_demands
from launcher.config import chosen, declared, production
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.keys import ensure_link_key, ensure_push_key, ensure_signing_key
from launcher.plan import Stack, given_environment
from launcher.settings import Settings
from launcher.topology import SERVICES, Topology

ADDRESSES = re.compile(r"_(url|uris?|bootstrap|points|mesh|bind|issuer|origins?|host|hosts|address|endpoint|proxy)(_|$)")
DECISIONS = {"registration"}
EVERY = [(service, one) for service in SERVICES for one in declared.of(service)]
VARIABLES = [pytest.param(service, one, id=f"{service}-{one.name}") for service, one in EVERY]
DEMANDING = [pytest.param(service, one, id=f"{service}-{one.name}") for service, one in EVERY if one.in_production]
SECRETS = [pytest.param(service, one, id=f"{service}-{one.name}") for service, one in EVERY if one.secret]

GOOD = {
    "CHAT_REDIS_URL": "rediss://:sesame@redis.example:6379/0",
    "CHAT_KAFKA_BOOTSTRAP": "kafka-1.example:9092, kafka-2.example:9092",
    "CHAT_KAFKA_TLS": "true",
    "CHAT_KAFKA_USERNAME": "chat",
    "CHAT_KAFKA_PASSWORD": "sesame",
    "CHAT_CASSANDRA_CONTACT_POINTS": "10.0.0.1,10.0.0.2",
    "CHAT_CASSANDRA_TLS": "true",
    "CHAT_CASSANDRA_USERNAME": "chat",
    "CHAT_CASSANDRA_PASSWORD": "sesame",
    "CHAT_GATEWAY_ALLOWED_ORIGINS": "https://chat.example",
    "CHAT_FILES_LINK_KEY": "sesame" * 6,
    "CHAT_FILES_S3_BUCKET": "files",
    "CHAT_SEARCH_FOLDER": "/var/lib/elastic-chat/search",
    "CHAT_FILES_S3_ENDPOINT": "https://s3.example",
    "CHAT_PRESENCE_PUSH_CONTACT": "mailto:operator@chat.example",
    "CHAT_ACCOUNTS_REGISTRATION": "invite",
    "CHAT_ACCOUNTS_OIDC_ISSUER": "https://login.example",
    "CHAT_ACCOUNTS_OIDC_CLIENT_ID": "chat",
    "CHAT_ACCOUNTS_OIDC_REDIRECT_URIS": "https://chat.example/login,app.example.chat:/login",
}
"""A stack over several machines."""

BAD = {
    "CHAT_MESH": "sidecar.example:9001",
    "CHAT_BIND": "0.0.0.0",
    "CHAT_REDIS_URL": "redis://redis.example:6379/0",
    "CHAT_KAFKA_BOOTSTRAP": "127.0.0.1:9092,kafka-2.example:9092",
    "CHAT_CASSANDRA_CONTACT_POINTS": "10.0.0.1",
    "CHAT_GATEWAY_ALLOWED_ORIGINS": "https://chat.example,http://chat.example",
    "CHAT_FILES_S3_ENDPOINT": "http://s3.example",
    "CHAT_ACCOUNTS_OIDC_ISSUER": "http://localhost:9000",
    "CHAT_ACCOUNTS_OIDC_REDIRECT_URIS": "https://chat.example/login,http://localhost:5173/login",
    "CHAT_ACCOUNTS_REGISTRATION": "",
    "CHAT_PRESENCE_PUSH_CONTACT": "operator",
    "CHAT_PRESENCE_PUSH_HOSTS": "localhost:8090",
}
"""What a developer has."""


def environment(service: str, tmp_path: Path, **others: str) -> dict[str, str]:
    """Return what a service needs in production, as far as it knows it."""
    keys = {
        "accounts": ("CHAT_ACCOUNTS_SIGNING_KEY_FILE", ensure_signing_key),
        "presence": ("CHAT_PRESENCE_PUSH_KEY_FILE", ensure_push_key),
    }
    own = {one.name for one in declared.of(service)}
    everything = {"CHAT_ENVIRONMENT": "production", "CHAT_NODE_ID": "n-1", "CHAT_GRPC_PORT": "1", "CHAT_HTTP_PORT": "2", **GOOD, **others}
    found = {name: value for name, value in everything.items() if name in own and value}
    if service in keys:
        name, ensure = keys[service]
        ensure(tmp_path / "key.pem")
        found[name] = str(tmp_path / "key.pem")
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_what_suits_production(service: str, tmp_path: Path) -> None:
    assert load(declared.settings_of(service), service, environment(service, tmp_path)).environment is Environment.PRODUCTION


@pytest.mark.parametrize(("service", "variable"), VARIABLES)
def test_no_secret_has_a_default_and_no_address_is_beyond_demand(service: str, variable: Variable) -> None:
    """Whoever adds a setting is told here what it lacks."""
    del service
    if variable.secret:
        assert variable.default in {MISSING, ""}, "a secret with a default is one that everybody knows"
    if ADDRESSES.search(f"_{variable.field}") or variable.field in DECISIONS:
        assert variable.in_production is not None, "say what must be true of it in production: chatkit.production has the demands"


@pytest.mark.parametrize(("service", "variable"), DEMANDING)
def test_every_demand_refuses_what_a_developer_has(service: str, variable: Variable, tmp_path: Path) -> None:
    access = dict.fromkeys(("CHAT_KAFKA_TLS", "CHAT_CASSANDRA_TLS"), "false")
    with pytest.raises(SettingsError) as failure:
        load(declared.settings_of(service), service, environment(service, tmp_path, **access | {variable.name: BAD[variable.name]}))
    (told,) = [line for line in str(failure.value).splitlines() if line.startswith(f"{variable.name}: ")]
    assert variable.in_production is not None
    assert variable.in_production.text in told
    assert variable.in_production.cure in told
    lax = environment(service, tmp_path, **access | {variable.name: BAD[variable.name], "CHAT_ENVIRONMENT": "development"})
    load(declared.settings_of(service), service, lax)


@pytest.mark.parametrize(("service", "variable"), SECRETS)
def test_no_secret_is_told_in_a_refusal(service: str, variable: Variable, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as failure:
        load(declared.settings_of(service), service, environment(service, tmp_path, CHAT_BIND="0.0.0.0") | {f"{variable.name}S": "sesame"})
    assert "sesame" not in str(failure.value)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    wrong = environment("writer", tmp_path, **BAD) | {"CHAT_KAFKA_TLS": "perhaps", "CHAT_MOONLIGHT": "x"}
    del wrong["CHAT_NODE_ID"]
    with pytest.raises(SettingsError) as failure:
        load(declared.settings_of("writer"), "writer", wrong)
    told = {line.split(": ")[0].split(" ")[0] for line in str(failure.value).splitlines()}
    assert told == {
        "CHAT_NODE_ID",
        "CHAT_KAFKA_TLS",
        "CHAT_MOONLIGHT",
        "CHAT_MESH",
        "CHAT_BIND",
        "CHAT_REDIS_URL",
        "CHAT_KAFKA_BOOTSTRAP",
    }


def test_a_service_says_what_it_refuses_and_exits_with_2(tmp_path: Path) -> None:
    wrong = environment("gateway", tmp_path, **BAD) | {"PYTHONPATH": ".:gen"}
    done = subprocess.run([sys.executable, "-m", "svc_gateway"], env=wrong, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for name in ("CHAT_BIND", "CHAT_MESH", "CHAT_REDIS_URL", "CHAT_GATEWAY_ALLOWED_ORIGINS"):
        assert f"{name}: in production it must be" in done.stderr


def test_a_secret_with_a_default_cannot_even_be_declared() -> None:
    with pytest.raises(ValueError, match="a secret has no default"):
        setting("A word.", "sesame", secret=True)


def test_what_must_be_chosen_is_not_met_by_its_default() -> None:
    demanded = [one for one in declared.of("accounts") if one.field == "registration"]
    assert list(unmet_demands(demanded, {}))
    assert not list(unmet_demands(demanded, {"registration": demanded[0].default}))


@pytest.mark.parametrize(
    ("address", "host", "local"),
    [
        ("127.0.0.1:9001", "127.0.0.1", True),
        ("[::1]:9001", "::1", True),
        ("::1", "::1", True),
        ("localhost", "localhost", True),
        ("localhost.evil.example:1", "localhost.evil.example", False),
        ("127.0.0.1.evil.example", "127.0.0.1.evil.example", False),
        ("0.0.0.0", "0.0.0.0", False),
        ("10.0.0.1:9092", "10.0.0.1", False),
        ("", "", False),
    ],
)
def test_loopback_is_told_from_what_looks_like_it(address: str, host: str, local: bool) -> None:
    assert host_of(address) == host
    assert is_loopback(host) is local


def stack(home: Path, **variables: Any) -> Stack:
    settings = Settings.from_environment({"ELASTIC_CHAT_HOME": str(home), "ELASTIC_CHAT_ENVIRONMENT": "production", **variables})
    return chosen.stack_of(settings.home, Topology(), chosen.ANYWHERE, chosen.choose(settings))


def test_the_launcher_refuses_a_stack_as_it_comes_and_tells_everything(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    with pytest.raises(LaunchError) as failure:
        chosen.check(stack(tmp_path))
    told = failure.value.detail
    for what in (
        "no key to sign",
        "no key for push services",
        "CHAT_PRESENCE_PUSH_CONTACT",
        "web-certificate.pem",
        "web-key.pem",
        "ELASTIC_CHAT_ORIGINS",
        "CHAT_ACCOUNTS_REGISTRATION",
    ):
        assert what in told
    assert not home.signing_key.exists()
    assert not home.push_key.exists()


def test_the_launcher_starts_a_stack_that_has_what_production_demands(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.create()
    for key in (home.signing_key, home.web_key, home.web_certificate):
        ensure_signing_key(key)
    ensure_push_key(home.push_key)
    ensure_link_key(home.link_key)
    whole = {
        "ELASTIC_CHAT_ORIGINS": "https://chat.example",
        "CHAT_ACCOUNTS_REGISTRATION": "invite",
        "CHAT_PRESENCE_PUSH_CONTACT": "mailto:a@chat.example",
    }
    chosen.check(stack(tmp_path, **whole))
    home.signing_key.chmod(0o644)
    with pytest.raises(LaunchError, match="Others can read"):
        chosen.check(stack(tmp_path, **whole))


def test_in_production_pages_of_the_machine_itself_are_strangers(tmp_path: Path) -> None:
    whole = stack(tmp_path, ELASTIC_CHAT_ORIGINS="https://chat.example")
    gateway = next(whole.topology.instances("gateway"))
    assert given_environment(gateway, whole)["CHAT_GATEWAY_ALLOWED_ORIGINS"] == "https://chat.example"
    assert given_environment(gateway, whole)["CHAT_ENVIRONMENT"] == "production"


def test_an_environment_that_is_none_is_refused() -> None:
    with pytest.raises(LaunchError, match=r"ELASTIC_CHAT_ENVIRONMENT is 'prod'(.|\n)*development, production"):
        Settings.from_environment({"ELASTIC_CHAT_ENVIRONMENT": "prod"})


def test_the_document_tells_every_demand() -> None:
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
    for service in SERVICES:
        for variable in declared.of(service):
            if variable.in_production:
                assert f"| `{variable.name}` | {variable.in_production.text} |" in text
    for what, must in production.DEMANDS.items():
        assert f"| {what} | {must} |" in text
