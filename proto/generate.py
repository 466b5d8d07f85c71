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


def copy_googleapis() -> None:
    """Copy the HTTP annotations out of the installed package to where protoc and buf look for imports."""
    source = Path(str(distribution("googleapis-common-protos").locate_file("google/api")))
    target = GOOGLEAPIS / "google" / "api"
    target.mkdir(parents=True, exist_ok=True)
    for name in ("annotations.proto", "http.proto"):
        shutil.copyfile(source / name, target / name)


def generate(folder: Path) -> None:
    """Replace `folder`/elastic_chat by freshly generated code. Raises CalledProcessError if protoc refuses the contracts."""
    package = folder / "elastic_chat"
    shutil.rmtree(package, ignore_errors=True)
    package.mkdir(parents=True)
    includes = [str(PROTO), str(GOOGLEAPIS), str(Path(grpc_tools.__file__).parent / "_proto")]
    plugins = Path(sys.executable).parent
    subprocess.run(  # noqa: S603 - our own arguments
        [
            sys.executable,
            "-m",
            "grpc_tools.protoc",
            *(f"-I{include}" for include in includes),
            f"--plugin=protoc-gen-mypy={plugins / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={plugins / 'protoc-gen-mypy_grpc'}",
            f"--python_out={folder}",
            f"--grpc_python_out={folder}",
            f"--mypy_out=quiet:{folder}",
            f"--mypy_grpc_out=quiet:{folder}",
            "--include_imports",
            f"--descriptor_set_out={folder / DESCRIPTORS}",
            *sorted(str(path.relative_to(PROTO)) for path in PROTO.rglob("*.proto")),
        ],
        cwd=PROTO,
        check=True,
    )
    for directory in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (directory / "__init__.py").touch()
    for stub in package.rglob("*_pb2_grpc.py*"):
        if not stub.name.startswith(f"{stub.parent.parent.name}_service"):
            stub.unlink()


if __name__ == "__main__":
    copy_googleapis()
    generate(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "gen")
