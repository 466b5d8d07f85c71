"""Objects in S3, or in what speaks like it."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import S3Store

from chatkit.core.errors import ChatError, Reason

if TYPE_CHECKING:
    from obstore.store import S3Config  # which is there for checkers only

log = structlog.get_logger()

PATIENCE = timedelta(seconds=10)
"""How long a request is tried again whose connection breaks, or that S3 refuses for a moment."""
TIMEOUT = timedelta(seconds=30)
CONNECT = timedelta(seconds=3)

Result = TypeVar("Result")


class S3BlobStore:
    """A BlobStore. What is large goes there in several parts, and is an object when all are there."""

    def __init__(self, bucket: str, endpoint: str, region: str, access_key_id: str, secret_access_key: str) -> None:
        config: S3Config = {"region": region}
        if endpoint:
            config["endpoint"] = endpoint
        if access_key_id:
            config |= {"access_key_id": access_key_id, "secret_access_key": secret_access_key}
        self._store = S3Store(
            bucket,
            config=config,
            client_options={"timeout": TIMEOUT, "connect_timeout": CONNECT, "allow_http": endpoint.startswith("http://")},
            retry_config={"max_retries": 3, "retry_timeout": PATIENCE},
        )

    async def put(self, key: str, source: bytes | Path) -> None:
        await _answer(obstore.put_async(self._store, key, source))

    async def read(self, key: str, start: int, end: int) -> bytes:
        return bytes(await _answer(obstore.get_range_async(self._store, key, start=start, end=end)))

    async def delete(self, keys: Sequence[str]) -> None:
        if keys:
            await _answer(obstore.delete_async(self._store, list(keys)))

    async def keys(self, prefix: str) -> list[str]:
        listed = await _answer(obstore.list(self._store, prefix, chunk_size=1000).collect_async())
        return sorted(each["path"] for each in listed)


async def _answer(asked: Awaitable[Result]) -> Result:
    try:
        return await asked
    except FileNotFoundError as error:
        raise ChatError(Reason.NOT_FOUND, "there is no such object") from error
    except (BaseError, OSError) as error:
        log.warning("s3_failed", error=str(error))
        raise ChatError(Reason.UNAVAILABLE, "the store of files can't serve this now") from error
