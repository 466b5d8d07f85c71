"""The one kind of failure that the launcher tells a person about."""

from __future__ import annotations


class LaunchError(Exception):
    """Something that a person can put right: what is wrong, and what to do about it, each one sentence without its full stop.

    `detail` comes on lines of its own below.
    """

    def __init__(self, cause: str, cure: str, detail: str = "") -> None:
        self.cause = cause
        self.cure = cure
        self.detail = detail
        super().__init__(f"{cause}. {cure}." + (f"\n{detail}" if detail else ""))
