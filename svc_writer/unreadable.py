"""What is said of a record that the writer can't read."""

from __future__ import annotations


class UnreadableError(Exception):
    """The record can't be applied, now or ever."""
