"""What an answer begins with, beside the message: headers that a method gives, which the edge hands on to who called over HTTP."""

from __future__ import annotations

from contextvars import ContextVar

Headers = tuple[tuple[str, str], ...]

_given: ContextVar[Headers] = ContextVar("answer_headers", default=())


def give_header(name: str, value: str) -> None:
    """Let the answer of the call that this task works for begin with a header; also if the call fails after that."""
    _given.set((*_given.get(), (name, value)))


def take_headers() -> Headers:
    """Return what was given, and forget it."""
    headers = _given.get()
    _given.set(())
    return headers
