"""Logging: one JSON object a line, with the request id that follows a command through every service."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(*, node_id: str, level: str, fmt: str) -> None:
    """Send the logs of this process, and of the libraries in it, to standard output. Called once, by the process's entry point.

    Message texts, passwords and tokens are never given to a logger; that is a rule for callers, and a test reads a whole run's logs for
    them.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Any]
    if fmt == "console":
        renderer = [structlog.dev.ConsoleRenderer()]
        factory: Any = structlog.PrintLoggerFactory()
    else:
        renderer = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps)]
        factory = structlog.BytesLoggerFactory(sys.stdout.buffer)
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=factory,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(node=node_id)
    logging.basicConfig(handlers=[_Forward()], level=max(LEVELS[level], logging.WARNING), force=True)


def _dumps(event: Any, **_: Any) -> bytes:  # noqa: ANN401 - structlog's own signature
    return orjson.dumps(event, default=str)


class _Forward(logging.Handler):
    """Hand what libraries log to structlog, so that a process speaks one format."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger()
        logger.log(record.levelno, "library", logger=record.name, message=record.getMessage(), exc_info=record.exc_info)
