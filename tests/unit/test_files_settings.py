"""The settings of files: what can't work is said at once."""

from __future__ import annotations

import pytest

from chatkit.core.clock import ManualClock
from chatkit.settings import SettingsError, load
from svc_files.app import blobs_of
from svc_files.blobs.folder import FolderBlobStore
from svc_files.blobs.s3 import S3BlobStore
from svc_files.settings import Settings

GOOD = {
    "CHAT_REDIS_URL": "redis://127.0.0.1:6379/0",
    "CHAT_NODE_ID": "files-1",
    "CHAT_GRPC_PORT": "1",
    "CHAT_HTTP_PORT": "2",
    "CHAT_CASSANDRA_CONTACT_POINTS": "localhost",
    "CHAT_FILES_LINK_KEY": "k" * 32,
    "CHAT_FILES_FOLDER": "/files",
}
S3 = {"CHAT_FILES_S3_BUCKET": "files", "CHAT_FILES_S3_ENDPOINT": "http://localhost:1"}


def test_files_are_kept_in_a_folder_or_in_s3() -> None:
    assert isinstance(blobs_of(load(Settings, "files", GOOD), ManualClock()), FolderBlobStore)
    elsewhere = {name: value for name, value in GOOD.items() if name != "CHAT_FILES_FOLDER"} | S3
    assert isinstance(blobs_of(load(Settings, "files", elsewhere), ManualClock()), S3BlobStore)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"CHAT_FILES_LINK_KEY": "short"}, "CHAT_FILES_LINK_KEY is too short"),
        ({"CHAT_FILES_FOLDER": ""}, "Set CHAT_FILES_FOLDER or CHAT_FILES_S3_BUCKET"),
        (S3, "Set CHAT_FILES_FOLDER or CHAT_FILES_S3_BUCKET, not both"),
        ({"CHAT_FILES_S3_ACCESS_KEY_ID": "id"}, "go together"),
        ({"CHAT_FILES_TYPES": "image/png, pictures"}, "'pictures' is no media type"),
        ({"CHAT_FILES_MAX_BYTES": "0"}, "CHAT_FILES_MAX_BYTES must be at least 1"),
        ({"CHAT_FILES_LINK_LIFETIME": "0.5"}, "CHAT_FILES_LINK_LIFETIME must be at least 1"),
        ({"CHAT_FILES_LOOKS": "0"}, "CHAT_FILES_LOOKS must be at least 1"),
        ({"CHAT_FILES_TRANSFERS": "0"}, "CHAT_FILES_TRANSFERS must be at least 1"),
        ({"CHAT_FILES_PREVIEWS_PER_MINUTE": "0"}, "CHAT_FILES_PREVIEWS_PER_MINUTE must be at least 1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_can_not_work_is_said(change: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(Settings, "files", GOOD | change)
    assert said in str(error.value)
