"""A table that fits: into a small terminal, by leaving out what matters least, and into a file or a pipe, one line a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

GAP = 2
"""Columns between two cells."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `spare` says how early it is left out where there is no room for all, 0 that it never is.

    One that `wraps` takes what room is left, but wants at least `at_least` of it.
    """

    name: str
    spare: int = 0
    right: bool = False
    wraps: bool = False
    at_least: int = 24


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its cells, a style for the second of them, which says how a thing is, and whether it is to be seen before all others."""

    cells: tuple[str, ...]
    style: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """A table below a line or two of text."""

    head: str
    columns: Sequence[Column]
    rows: Sequence[Row]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        on_screen = options.height is not None  # which can't be scrolled: a row has one line there
        rows = self.rows
        if options.height is not None:
            rows = most_urgent(rows, max(1, options.height - len(self.head.splitlines()) - 2))
        if self.head:
            yield Text(self.head, no_wrap=on_screen, overflow="ellipsis")
        yield self._table(rows, options.max_width, wraps=not on_screen)
        if len(rows) < len(self.rows):
            yield Text(f"and {len(self.rows) - len(rows)} more")

    def _table(self, rows: Sequence[Row], width: int, *, wraps: bool) -> Table:
        shown = list(columns_that_fit(self.columns, [row.cells for row in self.rows], width))
        table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
        for index in shown:
            column = self.columns[index]
            # Who can't wrap keeps its width; otherwise a long text beside it would take it away.
            least = None if column.wraps else max(cell_len(text) for text in (column.name, *(row.cells[index] for row in rows)))
            justify: Literal["left", "right"] = "right" if column.right else "left"
            table.add_column(column.name, justify=justify, no_wrap=not (column.wraps and wraps), min_width=least, overflow="ellipsis")
        for row in rows:
            table.add_row(*(Text(row.cells[index], style=row.style if index == 1 else "") for index in shown))
        return table


def most_urgent(rows: Sequence[Row], room: int) -> Sequence[Row]:
    """Return as many rows as there is room for, in their order: all that are urgent before any that is not."""
    if len(rows) <= room:
        return rows
    order = sorted(range(len(rows)), key=lambda index: (not rows[index].urgent, index))
    return [rows[index] for index in sorted(order[:room])]


def columns_that_fit(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Iterator[int]:
    """Yield the numbers of the columns that there is room for; those go first of which `spare` is highest."""

    def wanted(index: int) -> int:
        longest = max([cell_len(columns[index].name), *(cell_len(row[index]) for row in rows)])
        return GAP + (min(longest, columns[index].at_least) if columns[index].wraps else longest)

    shown = set(range(len(columns)))
    while sum(map(wanted, shown)) - GAP > width and (spare := [index for index in shown if columns[index].spare]):
        shown.remove(max(spare, key=lambda index: (columns[index].spare, index)))
    yield from sorted(shown)
