"""Run presence: `python -m svc_presence`."""

from __future__ import annotations

from chatkit.rpc.app import main
from svc_presence.app import build
from svc_presence.settings import Settings

if __name__ == "__main__":
    main("presence", Settings, build)
