"""A push service, and the devices behind it: it reads what it is sent as a browser would, and refuses what it would refuse."""

from __future__ import annotations

import asyncio
import base64
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
import orjson
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

POINT = (Encoding.X962, PublicFormat.UncompressedPoint)


def plain_of(b64: str) -> bytes:
    return base64.urlsafe_b64decode(b64 + "=" * (-len(b64) % 4))


def text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def new_pem(curve: type[ec.EllipticCurve] = ec.SECP256R1) -> str:
    """Return a private key as PEM text."""
    return ec.generate_private_key(curve()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Device:
    """A device that has subscribed."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None, secret: bytes | None = None) -> None:
        self._key = key or ec.generate_private_key(ec.SECP256R1())
        self.secret = secret or os.urandom(16)
        self.public_key = self._key.public_key().public_bytes(*POINT)

    def read(self, message: bytes) -> bytes:
        """Decrypt a message as its receiver: RFC 8188 section 2, with the keys of RFC 8291 section 3.4."""
        salt, size, length = message[:16], int.from_bytes(message[16:20], "big"), message[20]
        sender, record = message[21 : 21 + length], message[21 + length :]
        assert 18 < len(record) <= size
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        info = b"WebPush: info\x00" + self.public_key + sender
        secret = HKDF(SHA256(), 32, self.secret, info).derive(self._key.exchange(ec.ECDH(), point))
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
        text = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert text.endswith(b"\x02"), "the last record ends in its delimiter"
        return text[:-1]


@dataclass
class Arrived:
    """A push that was taken."""

    device: str
    says: Any
    headers: dict[str, str]


@dataclass
class PushHouse:
    """The service: `answers` are given in turn, before it takes anything."""

    devices: dict[str, Device] = field(default_factory=dict)
    arrived: list[Arrived] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    asked: int = 0
    origin: str = ""
    key: str = ""
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return self.origin.removeprefix("http://")

    def subscribe(self, name: str) -> str:
        """Let a device in, and return its endpoint."""
        self.devices[name] = Device()
        return f"{self.origin}/push/{name}"

    async def until(self, count: int) -> list[Arrived]:
        """Wait until so many have been taken, and return them."""
        while len(self.arrived) < count:
            self._came.clear()
            await self._came.wait()
        return self.arrived

    async def take(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.answers:
            status = self.answers.pop(0)
            location = {"Location": "/push/elsewhere"} if status == 307 else {}
            return web.Response(status=status, headers={"Retry-After": "0", **location})
        device = self.devices.get(request.match_info["device"])
        if device is None:
            return web.Response(status=410)
        self._check(request)
        says = orjson.loads(device.read(await request.read()))
        self.arrived.append(Arrived(request.match_info["device"], says, dict(request.headers)))
        self._came.set()
        return web.Response(status=201)

    def _check(self, request: web.Request) -> None:
        given = re.fullmatch(r"vapid t=(\S+), k=(\S+)", request.headers["Authorization"])
        assert given is not None
        token, key = given.groups()
        assert key == self.key
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), plain_of(key))
        claims = jwt.decode(token, point, ["ES256"], audience=self.origin, options={"require": ["exp", "sub"]})
        assert claims["sub"].startswith(("mailto:", "https:"))
        assert request.headers["Content-Encoding"] == "aes128gcm"
        assert int(request.headers["TTL"]) > 0
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", request.headers["Topic"])


@asynccontextmanager
async def push_house(port: int = 0) -> AsyncIterator[PushHouse]:
    """Run a push service on loopback, on any port if none is given."""
    house = PushHouse()
    app = web.Application()
    app.router.add_post("/push/{device}", house.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, port = runner.addresses[0][:2]
    house.origin = f"http://{host}:{port}"
    try:
        yield house
    finally:
        await runner.cleanup()
