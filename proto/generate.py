"""Generate the Python code of the contracts, and the descriptor set that Envoy reads, into a folder: `gen/` unless another is named.

Run as `python proto/generate.py [FOLDER]`. The output is a pure function of proto/ and of the pinned generators.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import grpc_tools

ROOT = Path(__file__).resolve().parent.parent
PROTO = ROOT / "proto"
GOOGLEAPIS = ROOT / "build" / "googleapis"
DESCRIPTORS = "elastic_chat/descriptors.binpb"


IMPORTED = ("google/api/annotations.proto", "google/api/http.proto")
"""What the contracts import: the annotations that say how a call looks over REST."""

ERRORS = ("google/rpc/status.proto", "google/rpc/error_details.proto")
"""What no contract imports, and yet every error is made of: Envoy needs it to show an error as JSON."""


def copy_googleapis() -> None:
    """Copy what isn't ours out of the installed package to where protoc and buf look for imports."""
    for name in (*IMPORTED, *ERRORS):
        target = GOOGLEAPIS / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(distribution("googleapis-common-protos").locate_file(name)), target)


def generate(folder: Path) -> None:
    """Replace `folder`/elastic_chat by freshly generated code. Raises CalledProcessError if protoc refuses the contracts."""
    package = folder / "elastic_chat"
    shutil.rmtree(package, ignore_errors=True)
    package.mkdir(parents=True)
    plugins = Path(sys.executable).parent
    contracts = sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto"))
    _protoc(
        f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
        f"--python_out={folder}",
        f"--grpc_python_out={folder}",
        f"--mypy_out=quiet:{folder}",
        f"--mypy_grpc_out=quiet:{folder}",
        *contracts,
    )
    # With the comments, which docs/openapi.py shows.
    _protoc("--include_imports", "--include_source_info", f"--descriptor_set_out={folder / DESCRIPTORS}", *contracts, *ERRORS)
    for directory in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (directory / "__init__.py").touch()
    for stub in package.rglob("*_pb2_grpc.py*"):
        if not stub.name.startswith(f"{stub.parent.parent.name}_service"):
            stub.unlink()


def _protoc(*arguments: str) -> None:
    includes = (PROTO, GOOGLEAPIS, Path(grpc_tools.__file__).parent / "_proto")
    subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "grpc_tools.protoc", *(f"-I{include}" for include in includes), *arguments], cwd=PROTO, check=True
    )


if __name__ == "__main__":
    copy_googleapis()
    generate(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "gen")
