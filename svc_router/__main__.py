"""Run a router: `python -m svc_router`."""

from __future__ import annotations

from chatkit.rpc.app import main
from svc_router.app import build
from svc_router.settings import Settings

if __name__ == "__main__":
    main("router", Settings, build)
