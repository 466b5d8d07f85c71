"""The settings of files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from chatkit.production import OBJECTS
from chatkit.settings import CassandraOwnerSettings, RedisSettings, ServiceSettings, SettingsError, setting
from svc_files.core.kinds import DEFAULT_TYPES, is_pattern
from svc_files.core.links import MIN_KEY_BYTES

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Settings(ServiceSettings, CassandraOwnerSettings, RedisSettings):
    """What files needs to run. Raises SettingsError if a value can't work."""

    link_key: str = setting(
        "What links to files are signed with: at least 32 characters that nobody can guess, the same for all instances. A secret: give it"
        " by _FILE.",
        secret=True,
    )
    link_lifetime: timedelta = setting("How long a link to a file is good, in seconds.", timedelta(minutes=5))

    folder: str = setting("The folder in which files are kept, if that is not S3: all instances must see the same.", "")
    s3_bucket: str = setting("The S3 bucket in which files are kept; none if empty.", "")
    s3_endpoint: str = setting("Where S3 is, if that is not Amazon's: https://HOST:PORT.", "", in_production=OBJECTS)
    s3_region: str = setting("The region of the bucket.", "us-east-1")
    s3_access_key_id: str = setting("Who we are there; if empty, whatever role the machine or task has.", "", secret=True)
    s3_secret_access_key: str = setting("What proves that. A secret: give it by _FILE.", "", secret=True)

    max_bytes: int = setting("How large a file may be, in bytes.", 100 * MIB)
    quota_bytes: int = setting("How much room the files of a user may take, in bytes, with the uploads that are not finished.", 1024 * MIB)
    types: tuple[str, ...] = setting(
        "The media types of files that are taken in, such as image/png, image/* or */*: what counts is a file's content, not its name.",
        DEFAULT_TYPES,
    )
    unfinished: int = setting("How many uploads of a user may be unfinished.", 20)
    upload_lifetime: timedelta = setting("How long an upload may take, with all its interruptions, in seconds.", timedelta(days=1))
    keep_unposted: timedelta = setting(
        "How long a file is kept that is in no message, because it never was or the message was deleted, in seconds.", timedelta(days=1)
    )

    transfers: int = setting(
        "How many uploads and downloads may be under way: each takes a few MiB of memory; more are refused with OVERLOADED.", 100
    )
    user_transfers: int = setting("How many of them may be one user's, so that nobody keeps the others out.", 25)
    image_pixels: int = setting("How many pixels an image may have, all frames of an animation together.", 40_000_000)
    looks: int = setting("How many files are looked into at the same time: each takes a process, and most of a core.", 1)
    look_queue: int = setting(
        "How many files may wait for that, each in the folder for temporary files; more are refused with OVERLOADED.", 32
    )
    look_seconds: int = setting("How long looking into a file may take, in seconds.", 20)
    look_bytes: int = setting("How much memory looking into a file may take, in bytes.", 1536 * MIB)

    previews: bool = setting(
        "Whether the server looks up what links lead to, for its users: then it asks servers that strangers name, on the public internet.",
        False,
    )
    previews_per_minute: int = setting("How many links a user may have looked up in a minute, beside those that are known already.", 30)
    preview_lifetime: timedelta = setting("How long what was found out of a link is kept, in seconds.", timedelta(days=1))

    def __post_init__(self) -> None:
        faults = list(self._faults())
        if faults:
            raise SettingsError("\n".join(faults))

    def _faults(self) -> Iterator[str]:
        if len(self.link_key.encode()) < MIN_KEY_BYTES:
            yield "CHAT_FILES_LINK_KEY is too short. Make one with `openssl rand -hex 32`"
        if bool(self.folder) == bool(self.s3_bucket):
            yield "Set CHAT_FILES_FOLDER or CHAT_FILES_S3_BUCKET, not both: files are kept in one of them"
        if bool(self.s3_access_key_id) != bool(self.s3_secret_access_key):
            yield "CHAT_FILES_S3_ACCESS_KEY_ID and CHAT_FILES_S3_SECRET_ACCESS_KEY go together: set both or none"
        yield from (f"CHAT_FILES_TYPES: {one!r} is no media type" for one in self.types if not is_pattern(one))
        counts = ("max_bytes", "quota_bytes", "unfinished", "transfers", "user_transfers", "image_pixels", "previews_per_minute")
        looks, times = ("looks", "look_queue", "look_seconds", "look_bytes"), ("link_lifetime", "upload_lifetime", "keep_unposted")
        numbers = {
            **{name: getattr(self, name) for name in (*counts, *looks)},
            **{name: getattr(self, name).total_seconds() for name in (*times, "preview_lifetime")},
        }
        yield from (f"CHAT_FILES_{name.upper()} must be at least 1" for name, value in numbers.items() if value < 1)
