"""Run search: `python -m svc_search`."""

from __future__ import annotations

from chatkit.rpc.app import main
from svc_search.app import build
from svc_search.settings import Settings

if __name__ == "__main__":
    main("search", Settings, build)
