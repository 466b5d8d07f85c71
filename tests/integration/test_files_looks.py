"""Looking into files: what they are, what is made of them, and what is too much. Each is looked into by a process of its own."""

from __future__ import annotations

import io
import json
import wave
import zipfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from chatkit.core.errors import ChatError, Reason
from svc_files.looks import Limits, ProcessLooker
from svc_files.workshop import Found
from tests.e2e.pictures import SECRET, bomb, photo

SAMPLES = Path(__file__).parents[1] / "samples"
LIMITS = Limits(types=("*/*",), max_pixels=4_000_000, max_memory=1024**3, max_seconds=10, max_output=50_000_000)

Look = Callable[..., Any]


@pytest.fixture
async def look(tmp_path: Path) -> AsyncIterator[Look]:
    lookers: list[ProcessLooker] = []

    async def look(data: bytes, **limits: Any) -> Found:
        lookers.append(ProcessLooker(replace(LIMITS, **limits), 1))
        (tmp_path / "source").write_bytes(data)
        return await lookers[-1].look(tmp_path / "source", tmp_path)

    yield look
    for one in lookers:
        await one.close()


async def refusal(look: Look, data: bytes, **limits: Any) -> Reason:
    with pytest.raises(ChatError) as refused:
        await look(data, **limits)
    return refused.value.reason


def drawn(mode: str, size: tuple[int, int], kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 128 if mode in {"L", "P", "1"} else None).save(out, kind, **options)
    return out.getvalue()


def archive(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return out.getvalue()


def recording() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(bytes(8000))
    return out.getvalue()


def opened(folder: Path, name: str) -> Any:
    image = Image.open(folder / name)
    image.load()
    return image


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"Gr\xc3\xbc\xc3\x9fe\n", "text/plain"),
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "text/plain"),
        (b"<?xml version='1.0'?><x/>", "text/plain"),
        (b"#!/bin/sh\nrm -rf /\n", "text/plain"),
        (b"Gr\xfc\xdfe in Latin 1", "application/octet-stream"),
        (b"zero \x00 byte", "application/octet-stream"),
        (bytes(range(256)) * 4, "application/octet-stream"),
        (b"\x7fELF\x02\x01\x01" + bytes(100), "application/octet-stream"),
        (b"MZ" + bytes(100), "application/octet-stream"),
        (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n", "application/pdf"),
        (archive({"a": "hello"}), "application/zip"),
        (
            archive({"[Content_Types].xml": "", "word/document.xml": ""}),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            archive({"[Content_Types].xml": "", "xl/workbook.xml": ""}),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        (archive({"[Content_Types].xml": ""}), "application/zip"),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text"}), "application/vnd.oasis.opendocument.text"),
        (archive({"mimetype": "text/html"}), "application/zip"),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text,text/html"}), "application/zip"),
        (archive({"mimetype": "application/vnd.oasis.opendocument.text\r\nX: y"}), "application/zip"),
        (drawn("RGB", (1, 1), "BMP"), "application/octet-stream"),
    ],
)
async def test_what_a_file_is_follows_from_its_content(look: Look, data: bytes, media_type: str) -> None:
    assert await look(data) == Found(media_type)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ((SAMPLES / "voice.ogg").read_bytes(), Found("audio/ogg", duration_ms=2007)),
        ((SAMPLES / "film.mp4").read_bytes(), Found("video/mp4", 160, 96, 1500)),
        ((SAMPLES / "film.webm").read_bytes(), Found("video/webm", 160, 96, 1500)),
        (recording(), Found("audio/wav", duration_ms=500)),
    ],
    ids=["voice", "mp4", "webm", "wav"],
)
async def test_of_a_recording_it_is_told_how_long_it_is_and_of_a_film_how_large(look: Look, data: bytes, found: Found) -> None:
    assert await look(data) == found


async def test_a_photo_is_upright_and_tells_nothing_of_its_maker(look: Look, tmp_path: Path) -> None:
    data = photo(1500, 1000)
    assert SECRET in data
    found = await look(data)
    assert (found.media_type, found.width, found.height) == ("image/jpeg", 1000, 1500)
    assert {name: (made.width, made.height) for name, made in found.pictures.items()} == {"small": (213, 320), "large": (853, 1280)}
    for name, kind in (("redrawn", "JPEG"), ("small", "WEBP"), ("large", "WEBP")):
        assert SECRET not in (tmp_path / name).read_bytes()
        image = opened(tmp_path, name)
        assert image.format == kind
        assert not image.getexif()
        assert not {"comment", "icc_profile", "xmp", "photoshop"} & image.info.keys()


@pytest.mark.parametrize(
    ("data", "media_type", "mode"),
    [
        (drawn("CMYK", (20, 10), "JPEG"), "image/jpeg", "RGB"),
        (drawn("L", (20, 10), "JPEG"), "image/jpeg", "RGB"),
        (drawn("P", (20, 10), "PNG"), "image/png", "RGB"),
        (drawn("P", (20, 10), "PNG", transparency=0), "image/png", "RGBA"),
        (drawn("LA", (20, 10), "PNG"), "image/png", "RGBA"),
        (drawn("I;16", (20, 10), "PNG"), "image/png", "RGB"),
        (drawn("RGBA", (20, 10), "WEBP"), "image/webp", "RGBA"),
    ],
    ids=["cmyk", "grey", "palette", "palette-clear", "grey-clear", "sixteen", "webp"],
)
async def test_an_image_of_any_mode_is_drawn_anew(look: Look, tmp_path: Path, data: bytes, media_type: str, mode: str) -> None:
    assert await look(data) == Found(media_type, 20, 10, redrawn="redrawn")
    assert opened(tmp_path, "redrawn").mode == mode


async def test_colours_of_a_profile_become_those_that_everything_shows(look: Look, tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("JPEG", "PNG"):
        await look(drawn("RGB", (20, 10), kind, icc_profile=profile))
        assert "icc_profile" not in opened(tmp_path, "redrawn").info
        await look(drawn("RGB", (20, 10), kind, icc_profile=b"no profile at all"))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
async def test_an_animation_stays_one(look: Look, tmp_path: Path, kind: str) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0)
    found = await look(out.getvalue())
    with Image.open(tmp_path / "redrawn") as redrawn:
        assert (redrawn.format, getattr(redrawn, "n_frames", 1), found.pictures["small"].width) == (kind, 3, 320)
    # Three frames of this size are more than what may be unpacked of all together.
    assert await refusal(look, out.getvalue(), max_pixels=300_000) is Reason.FILE_BROKEN


@pytest.mark.parametrize(
    "data",
    [
        bomb(),
        bomb(2001, 2000),
        photo(300, 200)[:4000],
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"GIF89a" + bytes(5),
        b"RIFF\x04\x00\x00\x00WEBP",
    ],
    ids=["bomb", "one-row-too-many", "torn", "empty-png", "empty-gif", "empty-webp"],
)
async def test_an_image_that_is_too_large_or_none_is_refused(look: Look, data: bytes) -> None:
    assert await refusal(look, data) is Reason.FILE_BROKEN


async def test_a_recording_with_neither_sound_nor_film_is_refused(look: Look) -> None:
    assert await refusal(look, (SAMPLES / "voice.ogg").read_bytes()[:40]) is Reason.FILE_BROKEN


async def test_what_is_not_to_be_taken_in_is_not_even_unpacked(look: Look) -> None:
    assert await refusal(look, bomb(), types=("text/plain",)) is Reason.FILE_TYPE_REFUSED
    assert await refusal(look, b"\x7fELF" + bytes(100), types=("image/*",)) is Reason.FILE_TYPE_REFUSED


async def test_who_takes_too_much_memory_time_or_room_is_ended(look: Look) -> None:
    small, large = drawn("RGB", (600, 600), "JPEG"), drawn("RGB", (6000, 6000), "JPEG")
    limits = {"max_pixels": 40_000_000, "max_memory": 200 * 1024**2}
    assert (await look(small, **limits)).width == 600
    assert await refusal(look, large, **limits) is Reason.FILE_BROKEN
    limits["max_memory"] *= 4
    assert (await look(large, **limits)).width == 6000
    assert await refusal(look, large, **limits, max_output=10_000) is Reason.FILE_BROKEN
    assert await refusal(look, large, **limits, max_seconds=0) is Reason.FILE_BROKEN


async def test_whoever_looks_knows_no_secret_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_FILES_LINK_KEY", "secret")
    asked: list[Any] = []

    def run(*_: Any, **named: Any) -> Any:
        asked.append(named["env"])
        return type("Done", (), {"stdout": json.dumps({"media_type": "x/y", "pictures": {}})})

    monkeypatch.setattr("svc_files.looks.subprocess.run", run)
    looker = ProcessLooker(LIMITS, 1)
    await looker.look(tmp_path / "source", tmp_path)
    await looker.close()
    assert asked == [{}]
