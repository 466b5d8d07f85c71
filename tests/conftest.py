"""What all tests share: the real engines, started once a run when a test first asks for one."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from chatkit.settings import CassandraOwnerSettings
from launcher.errors import LaunchError
from launcher.settings import Settings
from launcher.topology import HOST
from tests.engines import EngineRoom


@pytest.fixture(scope="session")
def engine_room() -> Iterator[EngineRoom]:
    try:
        room = EngineRoom(Settings.from_environment(os.environ).cache)
    except LaunchError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the engines can't be had: {error}")
    yield room
    room.close()


@pytest.fixture(scope="session")
def redis_url(engine_room: EngineRoom) -> str:
    engine_room.start("valkey")
    return f"redis://{HOST}:{engine_room.topology.redis_port}/0"


@pytest.fixture
def other_redis_port(engine_room: EngineRoom) -> Iterator[int]:
    """The port of a Redis that only this test has."""
    del engine_room  # if the engines can't be had, it says so
    room = EngineRoom(Settings.from_environment(os.environ).cache)
    room.start("valkey")
    yield room.topology.redis_port
    room.close()


@pytest.fixture(scope="session")
def kafka_bootstrap(engine_room: EngineRoom) -> str:
    engine_room.start("kafka", "cassandra")  # whoever needs one needs the other, and together they start sooner
    return f"{HOST}:{engine_room.topology.kafka_port}"


@pytest.fixture(scope="session")
def cassandra_settings(engine_room: EngineRoom) -> CassandraOwnerSettings:
    engine_room.start("kafka", "cassandra")
    return CassandraOwnerSettings(
        cassandra_contact_points=HOST, cassandra_port=engine_room.topology.cassandra_port, cassandra_replication_factor=1
    )
