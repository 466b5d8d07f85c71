"""`python -m svc_accounts`: accounts as a process."""

from __future__ import annotations

from chatkit.rpc.app import main
from svc_accounts.app import build
from svc_accounts.settings import Settings

if __name__ == "__main__":
    main("accounts", Settings, build)
