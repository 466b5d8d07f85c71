"""Run history: `python -m svc_history`."""

from __future__ import annotations

from chatkit.rpc.app import main
from svc_history.app import build
from svc_history.settings import Settings

if __name__ == "__main__":
    main("history", Settings, build)
