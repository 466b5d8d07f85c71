"""`python -m launcher.console`, for the stack of ELASTIC_CHAT_HOME."""

from __future__ import annotations

import os
import time
from functools import partial

from aiohttp import web

from launcher.console.app import build
from launcher.console.look import look
from launcher.console.trace import TraceReader
from launcher.console.watch import Watch
from launcher.mesh.rendering import console_socket
from launcher.settings import Settings

OWNER_ALONE = 0o177
"""What is taken from the rights on the socket: nobody but the owner of the stack, whose edge is, can connect."""


def main() -> None:
    """Answer until told to stop."""
    settings = Settings.from_environment(os.environ)
    os.umask(OWNER_ALONE)
    app = build(Watch(partial(look, settings), time.monotonic), TraceReader(settings.home))
    web.run_app(app, path=str(console_socket(settings.home.envoy)), access_log=None, print=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
