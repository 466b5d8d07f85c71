"""Kafka and Cassandra as they are elsewhere than on this machine: over TLS, and with a password. The engines are real."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from cassandra.cluster import Cluster, NoHostAvailable

from chatkit.edges import cassandra, kafka
from chatkit.edges.cassandra import CassandraSession
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, Record
from chatkit.edges.message_log.kafka import KafkaMessageLog
from chatkit.settings import CassandraSettings, KafkaSettings
from launcher.certificates.authority import WEB, Authority
from launcher.home import Home
from launcher.operate import cluster_id
from launcher.settings import Settings
from launcher.topology import HOST
from svc_writer.dead_letters import KafkaShelf
from svc_writer.source import KafkaSource
from tests.engines import EngineRoom

USER, PASSWORD = "chat", "sesame open"
SUPERUSER = "cassandra"
"""Who is there from the beginning, and their password."""


class Guarded:
    """Engines that ask who one is, over TLS."""

    def __init__(self) -> None:
        self.room = EngineRoom(Settings.from_environment(os.environ).cache)
        self.home: Home = self.room.home
        self.kafka_port = self.room.topology.web_port  # nothing else is started here
        authority = Authority.of(self.home.keys, WEB)
        identity = authority.server([HOST])
        self.identity = self.home.keys / "engine.pem"
        self.identity.write_text(identity.key + identity.certificate)
        self.authority = self.home.keys / "engines-authority.pem"
        self.authority.write_text(authority.trust)
        self._guard_kafka(self.home.run / "kafka")
        self._guard_cassandra(self.home.run / "cassandra")
        self.room.start("kafka", "cassandra")

    def _guard_kafka(self, run: Path) -> None:
        properties = run / "server.properties"
        text = properties.read_text()
        for name, more in {
            "listeners": f"SAFE://{HOST}:{self.kafka_port}",
            "advertised.listeners": f"SAFE://{HOST}:{self.kafka_port}",
            "listener.security.protocol.map": "SAFE:SASL_SSL",
        }.items():
            text = text.replace(f"\n{name}=", f"\n{name}={more},")
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        properties.write_text(
            f"{text}\nssl.keystore.type=PEM\nssl.keystore.location={self.identity}\n"
            f"sasl.enabled.mechanisms=SCRAM-SHA-512\nlistener.name.safe.scram-sha-512.sasl.jaas.config={login}\n"
        )
        shutil.rmtree(self.home.data / "kafka")
        scram = f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"
        formatting = ("format", "--cluster-id", cluster_id(), "--config", str(properties), "--add-scram", scram)
        java = self.room.engines.java
        subprocess.run([java, f"@{run / 'java.args'}", "kafka.tools.StorageTool", *formatting], check=True, cwd=run, capture_output=True)

    def _guard_cassandra(self, run: Path) -> None:
        with (run / "cassandra.yaml").open("a") as file:
            file.write(
                "\nauthenticator: PasswordAuthenticator\nclient_encryption_options:\n  enabled: true\n"
                "  optional: true  # whoever waits for it to be ready asks in the clear\n"
                f"  keystore: {self.identity}\n  ssl_context_factory:\n"
                "    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory\n"
            )
        arguments = run / "java.args"
        arguments.write_text(f"-Dcassandra.superuser_setup_delay_ms=0\n{arguments.read_text()}")

    def kafka(self, **changes: Any) -> KafkaSettings:
        settings = {"kafka_tls": True, "kafka_username": USER, "kafka_password": PASSWORD, **changes}
        return KafkaSettings(kafka_bootstrap=f"{HOST}:{self.kafka_port}", **settings)

    def cassandra(self, **changes: Any) -> CassandraSettings:
        settings = {"cassandra_tls": True, "cassandra_username": SUPERUSER, "cassandra_password": SUPERUSER, **changes}
        return CassandraSettings(cassandra_contact_points=HOST, cassandra_port=self.room.topology.cassandra_port, **settings)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    made = Guarded()
    try:
        yield made
    finally:
        made.room.close()


@pytest.fixture
def trusting(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    """The engines, on a system that knows their authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(guarded.authority))
    return guarded


async def test_the_log_is_written_and_read_by_all_that_speak_with_kafka(trusting: Guarded) -> None:
    settings = trusting.kafka()
    way = kafka.access(settings)
    source = KafkaSource(settings.kafka_bootstrap, "maker", way)
    await source.start(1)
    assert all(one.committed == one.end for one in await source.lag())
    await source.stop()
    log = KafkaMessageLog(settings.kafka_bootstrap, "log", way)
    await log.start((DEAD_LETTER_TOPIC,))
    (durable,) = await log.append([Record(DEAD_LETTER_TOPIC, b"key", b"", "")])
    await durable
    await log.stop()
    assert [kept.offset async for kept in KafkaShelf(settings.kafka_bootstrap, "shelf", way).read(0)] == [0]


@pytest.mark.parametrize("changes", [{"kafka_password": "wrong"}, {"kafka_username": ""}, {"kafka_tls": False}])
async def test_kafka_lets_nobody_in_who_cannot_say_who_they_are(trusting: Guarded, changes: dict[str, Any]) -> None:
    settings = trusting.kafka(**changes)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, request_timeout_ms=5000, **kafka.access(settings))
    with pytest.raises(KafkaError):
        await producer.start()
    await producer.stop()


async def test_a_kafka_whose_authority_nobody_knows_is_not_spoken_with(guarded: Guarded) -> None:
    settings = guarded.kafka()
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, request_timeout_ms=5000, **kafka.access(settings))
    with pytest.raises(KafkaError):
        await producer.start()
    await producer.stop()


async def test_the_database_is_reached(trusting: Guarded) -> None:
    session = await CassandraSession.connect(trusting.cassandra())
    (row,) = await session.run("SELECT release_version FROM system.local")
    assert row.release_version.startswith("5.")
    await session.close()


@pytest.mark.parametrize("changes", [{"cassandra_password": "wrong"}, {"cassandra_username": ""}])
def test_the_database_lets_nobody_in_who_cannot_say_who_they_are(trusting: Guarded, changes: dict[str, Any]) -> None:
    refused(trusting.cassandra(**changes))


def test_a_database_whose_authority_nobody_knows_is_not_spoken_with(guarded: Guarded) -> None:
    refused(guarded.cassandra())


def refused(settings: CassandraSettings) -> None:
    cluster = Cluster([HOST], port=settings.cassandra_port, protocol_version=5, connect_timeout=5, **cassandra.access(settings))
    try:
        with pytest.raises(NoHostAvailable):
            cluster.connect()
    finally:
        cluster.shutdown()
