"""Run files: `python -m svc_files`."""

from __future__ import annotations

from chatkit.rpc.app import main
from svc_files.app import build
from svc_files.settings import Settings

if __name__ == "__main__":
    main("files", Settings, build)
