"""Uploading and downloading as a client of a few lines does: the tus protocol, spoken by hand."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.client import Account, Api, ApiError
from chatkit.core.ids import new_id

BYTES: dict[str, Any] = {"Content-Type": "application/offset+octet-stream"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Files:
    """The bytes' side of files, for one user."""

    def __init__(self, api: Api, account: Account) -> None:
        self._api = api
        self._account = account

    async def ask(self, method: str, path: str, data: bytes = b"", *, bare: bool = False, **headers: Any) -> Answer:
        """Return whatever an answer is. Headers are named in the manner of Python; `bare` sends no access token."""
        sent = {} if bare else {"Authorization": f"Bearer {self._account.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._api.http.request(
            method, self._api.edge + path, data=io.BytesIO(data) if data else None, headers=sent, allow_redirects=False
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    async def begin(self, length: int, name: str = "file.txt") -> Answer:
        """Begin an upload."""
        metadata = f"filename {base64.b64encode(name.encode()).decode()}"
        return await self.ask("POST", "/v1/files", tus_resumable="1.0.0", upload_length=str(length), upload_metadata=metadata)

    async def append(self, path: str, offset: int, data: bytes, **headers: Any) -> Answer:
        """Go on with an upload."""
        return await self.ask("PATCH", path, data, tus_resumable="1.0.0", upload_offset=str(offset), **BYTES, **headers)

    async def offset(self, path: str) -> Answer:
        """Ask how far an upload is."""
        return await self.ask("HEAD", path, tus_resumable="1.0.0")

    async def upload(self, data: bytes, name: str = "file.txt") -> str:
        """Upload a file at once, and return its id. Raises ApiError."""
        begun = await self.begin(len(data), name)
        if begun.status != 201:
            raise _error(begun)
        path = begun.headers["Location"]
        done = await self.append(path, 0, data)
        if done.status != 204:
            raise _error(done)
        return path.rpartition("/")[2]

    async def get(self, file_id: str, query: str = "", **headers: Any) -> Answer:
        """Download a file."""
        return await self.ask("GET", f"/v1/files/{file_id}/content{query}", **headers)

    async def told(self, file_id: str) -> dict[str, Any]:
        """Return what the service tells of a file. Raises ApiError."""
        answer = await self._api.call("GET", f"/v1/files/{file_id}", token=self._account.token)
        return dict(answer["file"])

    async def link(self, file_id: str, query: str = "") -> str:
        """Return a link. Raises ApiError."""
        answer = await self._api.call("GET", f"/v1/files/{file_id}/url{query}", token=self._account.token)
        return str(answer["url"])

    async def post(self, conversation_id: str, *file_ids: str, text: str = "", message_id: str = "", name: str = "") -> Any:
        """Send a message with files. Raises ApiError."""
        attachments = [{"fileId": file_id, "name": name} for file_id in file_ids]
        body = {"messageId": message_id or new_id(), "body": {"text": text, "attachments": attachments}}
        return await self._api.call("POST", f"/v1/conversations/{conversation_id}/messages", body, self._account.token)


def _error(answer: Answer) -> ApiError:
    return ApiError(answer.status, json.loads(answer.body or b"{}"))
