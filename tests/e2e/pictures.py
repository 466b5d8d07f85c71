"""Images for tests, made as they are needed."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

SECRET = b"SecretCam of Anna, at 52.5200 N 13.4050 E"


def photo(width: int = 1500, height: int = 1000, shade: int = 40) -> bytes:
    """Return a JPEG as a camera makes it that was held upright: turned, and with what tells where and by whom."""
    image = Image.effect_noise((width, height), shade).convert("RGB")
    exif = Image.Exif()
    exif[0x010F] = SECRET.decode()
    exif[0x0112] = 6
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, comment=SECRET)
    return out.getvalue()


def bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """Return a PNG of a few kilobytes that says it has that many pixels, and holds a good part of them."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(20_000_000), 9)) + chunk(b"IEND", b"")
