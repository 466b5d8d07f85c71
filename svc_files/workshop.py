"""`python -m svc_files.workshop`: look into one file, in a process that dies with it.

Programs that read images and films have faults, and files can be made to be very large once they are unpacked. So whoever looks into one
has limits of memory, time and output, no secret of ours in its environment, and nothing else to do: what goes wrong here goes wrong for one
file. It is told by JSON on its standard input where the file is and what is allowed, and tells by JSON on its standard output what it has
found.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chatkit.core.errors import ChatError, Reason
from svc_files.cage import confine
from svc_files.core.files import EDGES
from svc_files.core.kinds import IMAGES, TEXT, UNKNOWN, check_kind

PDF, ZIP = "application/pdf", "application/zip"
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
QUALITY = 88
PICTURE_QUALITY = 80
"""Of the smaller images, which are WebP."""

OFFICE = "application/vnd.openxmlformats-officedocument"
ZIPPED = {
    "word/": f"{OFFICE}.wordprocessingml.document",
    "xl/": f"{OFFICE}.spreadsheetml.sheet",
    "ppt/": f"{OFFICE}.presentationml.presentation",
}
"""Documents that are archives, by the folder that they have their content in."""
OPEN_DOCUMENT = re.compile(r"application/vnd\.oasis\.opendocument\.[a-z-]+")
"""What those are that say it in their first entry, called mimetype: what else is there is not believed."""
MAX_MIMETYPE = 100

CONTAINERS = {"MPEG-4": "mp4", "WebM": "webm", "Ogg": "ogg", "MPEG Audio": "mpeg", "Wave": "wav", "FLAC": "flac", "ADTS": "aac"}
"""What MediaInfo calls the kinds of recordings that browsers know, and what their media types end with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be looked into, where to put what is made of it, and how much that may take."""

    source: str
    folder: str
    types: Sequence[str]
    max_pixels: int
    max_memory: int
    max_seconds: int
    max_output: int


@dataclass(frozen=True, slots=True)
class Made:
    """An image that was made: the name of its file in the folder, and its size in pixels."""

    file: str
    width: int
    height: int


@dataclass(slots=True)
class Found:
    """What a file is. `redrawn` is the name of the file to keep in its place; none if it is kept as it is."""

    media_type: str = UNKNOWN
    width: int = 0
    height: int = 0
    duration_ms: int = 0
    redrawn: str = ""
    pictures: dict[str, Made] = field(default_factory=dict)


def look(job: Job) -> Found:
    """Return what a file is, having made what is kept of it. Raises FILE_TYPE_REFUSED or FILE_BROKEN."""
    source = Path(job.source)
    claimed = _magic(source)
    if claimed in IMAGES:
        check_kind(claimed, job.types)
        return _draw(source, claimed, Path(job.folder), job.max_pixels)
    if zipfile.is_zipfile(source) and not claimed.startswith(("audio/", "video/")):
        found = Found(_zipped(source))
    elif claimed.startswith(("audio/", "video/")) or claimed in {"application/ogg", "application/x-matroska"}:
        found = _listen(source, claimed)
    else:
        found = Found(PDF if claimed == PDF else TEXT if _is_text(source) else UNKNOWN)
    check_kind(found.media_type, job.types)
    return found


def _magic(source: Path) -> str:
    """Return the type that the first bytes speak for, or nothing."""
    import puremagic  # noqa: PLC0415 - only after the limits hold

    try:
        return next((one.mime_type for one in puremagic.magic_file(source) if one.mime_type), "")
    except (ValueError, puremagic.PureError):
        return ""


def _zipped(source: Path) -> str:
    """Return what an archive is, by the names in it."""
    try:
        with zipfile.ZipFile(source) as archive:
            names = archive.namelist()
            if names[:1] == ["mimetype"]:
                with archive.open("mimetype") as file:
                    told = file.read(MAX_MIMETYPE).decode(errors="replace")
                if OPEN_DOCUMENT.fullmatch(told):
                    return told
            if "[Content_Types].xml" in names:
                return next((kind for folder, kind in ZIPPED.items() if any(name.startswith(folder) for name in names)), ZIP)
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, NotImplementedError) as error:
        raise ChatError(Reason.FILE_BROKEN, "it says that it is an archive, and can't be read as one") from error
    return ZIP


def _is_text(source: Path) -> bool:
    """Tell whether a file is UTF-8 all through, without what no text has."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with source.open("rb") as file:
            while block := file.read(1024 * 1024):
                if b"\0" in block:
                    return False
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _listen(source: Path, claimed: str) -> Found:
    """Return what a recording or a film is, by what its container tells of its tracks."""
    from pymediainfo import MediaInfo  # noqa: PLC0415 - only after the limits hold

    tracks: list[Any] = MediaInfo.parse(source).tracks
    general = next((one for one in tracks if one.track_type == "General"), None)
    film = next((one for one in tracks if one.track_type == "Video"), None)
    if general is None or not (film or any(one.track_type == "Audio" for one in tracks)):
        raise ChatError(Reason.FILE_BROKEN, "there is neither sound nor film in it")
    minor = "quicktime" if claimed == "video/quicktime" else CONTAINERS.get(general.format) or claimed.partition("/")[2]
    found = Found(f"{'video' if film else 'audio'}/{minor}", duration_ms=round(float(general.duration or 0)))
    if film:
        found.width, found.height = film.width or 0, film.height or 0
        if round(float(film.rotation or 0)) % 180:
            found.width, found.height = found.height, found.width
    return found


def _draw(source: Path, media_type: str, folder: Path, max_pixels: int) -> Found:
    """Draw an image anew, upright and without what else it holds, and smaller ones of it."""
    from PIL import ImageOps  # noqa: PLC0415 - only after the limits hold

    frames, options = _frames(source, media_type, max_pixels)
    first = frames[0]
    first.save(folder / "redrawn", FORMATS[media_type], quality=QUALITY, **options)
    found = Found(media_type, first.width, first.height, redrawn="redrawn")
    for variant, edge in EDGES.items():
        if max(first.size) > edge:
            smaller = ImageOps.contain(first, (edge, edge))
            smaller.save(folder / variant.value, "WEBP", quality=PICTURE_QUALITY)
            found.pictures[variant.value] = Made(variant.value, smaller.width, smaller.height)
    return found


def _frames(source: Path, media_type: str, max_pixels: int) -> tuple[list[Any], dict[str, Any]]:
    """Return the frames of an image, and with what options they are saved as one. Raises FILE_BROKEN."""
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError  # noqa: PLC0415 - only after the limits hold

    Image.MAX_IMAGE_PIXELS = None  # we count ourselves, before anything is unpacked
    frames: list[Any] = []
    pauses: list[int] = []
    try:
        with Image.open(source, formats=[FORMATS[media_type]]) as image:
            _check_pixels(image.width * image.height, max_pixels)
            for frame in ImageSequence.Iterator(image):
                _check_pixels((len(frames) + 1) * image.width * image.height, max_pixels)
                pauses.append(frame.info.get("duration", 0))
                frames.append(_plain(ImageOps.exif_transpose(frame), opaque=media_type == "image/jpeg"))
            loops = image.info.get("loop")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        raise ChatError(Reason.FILE_BROKEN, "it says that it is an image, and can't be read as one") from error
    if len(frames) == 1:
        return frames, {}
    return frames, {"save_all": True, "append_images": frames[1:], "duration": pauses, **({} if loops is None else {"loop": loops})}


def _check_pixels(pixels: int, most: int) -> None:
    if pixels > most:
        raise ChatError(Reason.FILE_BROKEN, f"it has more than {most} pixels")


def _plain(image: Any, *, opaque: bool) -> Any:  # noqa: ANN401 - Pillow's class, which is imported late
    """Return an image in sRGB that has pixels and nothing else."""
    profile = image.info.get("icc_profile")
    is_clear = "transparency" in image.info or image.mode in {"RGBA", "LA", "PA", "RGBa", "La"}
    if profile and image.mode in {"RGB", "CMYK"}:
        image = _in_srgb(image, profile)
    plain = image.convert("RGB" if opaque or not is_clear else "RGBA")  # which is another, also if it has this mode
    plain.info = {}
    return plain


def _in_srgb(image: Any, profile: bytes) -> Any:  # noqa: ANN401 - Pillow's class, which is imported late
    """Return an image in the colours that everything shows; as it is, if its own are not understood."""
    import io  # noqa: PLC0415 - with what needs it

    from PIL import ImageCms  # noqa: PLC0415 - only after the limits hold

    try:
        return ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image


def main() -> None:
    """Do the job that standard input tells."""
    job = Job(**json.load(sys.stdin))
    confine(max_memory=job.max_memory, max_seconds=job.max_seconds, max_output=job.max_output)
    try:
        answer = asdict(look(job))
    except ChatError as error:
        answer = {"refused": error.reason, "message": error.message}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
