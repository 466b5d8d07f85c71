"""Run a gateway: `python -m svc_gateway`."""

from __future__ import annotations

from chatkit.rpc.app import main
from svc_gateway.app import build
from svc_gateway.settings import Settings

if __name__ == "__main__":
    main("gateway", Settings, build)
