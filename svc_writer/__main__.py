"""Run a writer: `python -m svc_writer`."""

from __future__ import annotations

from chatkit.rpc.app import main
from svc_writer.app import build
from svc_writer.settings import Settings

if __name__ == "__main__":
    main("writer", Settings, build)
