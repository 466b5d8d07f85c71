"""What the suites of ports share: an S3 server."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from launcher.settings import Settings
from tests.s3 import S3, serve


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with serve(Settings.from_environment(os.environ).cache, tmp_path_factory.mktemp("s3")) as serving:
        yield serving
