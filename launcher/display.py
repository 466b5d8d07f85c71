"""What a person sees while a command works: moving bars in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

REFRESH_S = 0.2
MEGABYTE = 1_000_000


class Tally(Protocol):
    """A count that a person watches."""

    def __call__(self, done: int, waiting_for: str) -> None:
        """Show how many are done, and what is still waited for."""


class Display:
    """Says on standard error what a command is doing; standard output is for results."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True, highlight=False)

    def note(self, text: str) -> None:
        """Say one line."""
        self.console.print(text, soft_wrap=True, markup=False)

    def note_wait(self) -> None:
        """Say that another command holds the stack."""
        self.note("Waiting for another elastic-chat command to end")

    @contextmanager
    def tally(self, what: str, total: int) -> Iterator[Tally]:
        """Show a bar that fills while the block runs; without a terminal, one line before and one after."""
        if not self.console.is_terminal:
            self.note(f"{what} ({total})" if total > 1 else what)
            yield lambda done, waiting_for: None  # noqa: ARG005 - nothing moves on paper
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(24), TextColumn("{task.completed}/{task.total}"))
        with Progress(*columns, TimeElapsedColumn(), TextColumn("{task.fields[rest]}"), console=self.console) as progress:
            task = progress.add_task(what, total=total, rest="")
            yield lambda done, waiting_for: progress.update(task, completed=done, rest=waiting_for)

    def follow_downloads(self, running: Mapping[str, Future[None]], arrived: Mapping[str, Callable[[], int]]) -> None:
        """Return when all downloads have ended, showing meanwhile how many bytes of each have arrived.

        Raises:
            LaunchError: whatever the first that failed raised.

        """
        if self.console.is_terminal:
            columns = (SpinnerColumn(), TextColumn("{task.description:<10}"), BarColumn(24), TextColumn("{task.fields[size]}"))
            with Progress(*columns, console=self.console) as progress:
                tasks = {name: progress.add_task(name, total=None, size="") for name in running}
                while wait_for(running.values(), timeout=REFRESH_S).not_done:
                    for name, task in tasks.items():
                        if running[name].done():
                            progress.update(task, total=1, completed=1)
                        else:
                            progress.update(task, size=f"{arrived[name]() / MEGABYTE:.0f} MB")
        else:
            self.note(f"Fetching {', '.join(running)}: once, for all stacks of this user")
        for download in running.values():
            download.result()
