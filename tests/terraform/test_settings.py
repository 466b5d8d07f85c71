"""What tasks find in their environment is what the services' own code takes, and what a production start demands."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chatkit.settings import load, variables
from launcher.config.declared import settings_of
from launcher.topology import SERVICES
from tests.terraform.tofu import TERRAFORM, Tofu


def key(kind: Ed25519PrivateKey | EllipticCurvePrivateKey) -> str:
    return kind.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


SECRETS = {
    "redis": "rediss://:token@valkey.example:6379/0",
    "kafka:username::": "elastic-chat",
    "kafka:password::": "password",
    "cassandra:username::": "elastic_chat",
    "cassandra:password::": "password",
    "signing-key": key(Ed25519PrivateKey.generate()),
    "link-key": "k" * 40,
    "push-key": key(generate_private_key(SECP256R1())),
}
"""What ECS finds where the secrets point."""

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def told(tofu: Tofu, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The outputs of modules/settings for a stack of three zones."""
    folder = tmp_path_factory.mktemp("settings")
    for module in ("catalogue", "settings"):
        shutil.copytree(TERRAFORM / "modules" / module, folder / module)
    given = {
        "origin": "https://chat.example",
        "registration": "invite",
        "push_contact": "mailto:operator@chat.example",
        "region": "eu-central-1",
        "files_bucket": "chat-files",
        "kafka": {"bootstrap": "b-1.example:9096,b-2.example:9096", "copies": 3},
        "cassandra": {"addresses": ["10.0.16.10", "10.0.32.10"], "datacenter": "eu-central-1", "copies": 3},
        "secret_arns": {key.partition(":")[0]: key.partition(":")[0] for key in SECRETS},
    }
    main = {
        "module": {
            "catalogue": {"source": "./catalogue"},
            "settings": {"source": "./settings", "services": "${module.catalogue.services}", **given},
        },
        "output": {"environment": {"value": "${module.settings.environment}"}, "secrets": {"value": "${module.settings.secrets}"}},
    }
    (folder / "main.tf.json").write_text(json.dumps(main), encoding="utf-8")
    for arguments in (("init", "-input=false"), ("apply", "-auto-approve", "-input=false")):
        done = tofu.run(folder, *arguments, "-no-color")
        assert done.returncode == 0, done.stdout + done.stderr
    return {name: output["value"] for name, output in json.loads(tofu.run(folder, "output", "-json").stdout).items()}


def environ_of(told: dict[str, Any], service: str) -> dict[str, str]:
    secrets = {name: SECRETS[where] for name, where in told["secrets"][service].items()}
    return {**told["environment"][service], **secrets, "CHAT_NODE_ID": f"{service}-10-0-16-17"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_what_it_is_told(told: dict[str, Any], service: str) -> None:
    settings = load(settings_of(service), service, environ_of(told, service))

    assert settings.environment == "production"


def test_copies_are_as_many_as_there_are_nodes(told: dict[str, Any]) -> None:
    writer = environ_of(told, "writer")

    assert writer["CHAT_KAFKA_REPLICATION_FACTOR"] == writer["CHAT_CASSANDRA_REPLICATION_FACTOR"] == "3"


def test_no_secret_is_in_the_environment(told: dict[str, Any]) -> None:
    for service in SERVICES:
        assert not {variable.name for variable in variables(settings_of(service), service) if variable.secret} & set(
            told["environment"][service]
        )
