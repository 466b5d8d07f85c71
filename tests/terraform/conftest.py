from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from launcher.settings import Settings
from tests.terraform import tofu as tools


@pytest.fixture(scope="session")
def tofu() -> Iterator[tools.Tofu]:
    """OpenTofu, with a stand-in for the provider."""
    with tools.ready(Settings.from_environment(os.environ).cache) as ready:
        yield ready
