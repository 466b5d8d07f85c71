"""`elastic-chat dead-letters`: what the writer could not apply, and sending it into the log again."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
from rich.table import Table

from launcher.commands.frame import Answer, Group, command
from launcher.dead_letters import Letter, Writer
from launcher.errors import LaunchError
from launcher.recording import running_topology
from launcher.settings import Settings

COLUMNS = ("letter", "when", "topic", "partition", "offset", "bytes", "redriven", "reason")
NUMBERS = {"letter", "partition", "offset", "bytes"}


@command(
    "list",
    examples={
        "elastic-chat dead-letters list": "those that wait",
        "elastic-chat dead-letters list --all --json": "every one, for a script",
    },
    facts={"letters": "an object for each letter: what `show` has"},
)
@click.option("--all", "everything", is_flag=True, help="Also those that were redriven.")
def list_letters(*, everything: bool) -> Answer:
    """List the letters, oldest first."""
    found = [letter for letter in _writer().letters() if everything or not letter.redriven]
    nothing = "There are no dead letters." if everything else "There are no dead letters that were not redriven."
    return Answer({"letters": [letter.as_json() for letter in found]}, _table(found) if found else nothing)


@command(
    examples={"elastic-chat dead-letters show 12": "which entry letter 12 is"},
    facts={
        "offset": "the number of the letter",
        "source": "topic, partition and offset of the record",
        "key": "the key of the record",
        "reason": "why it can't be applied",
        "failedAt": "when that was found",
        "size": "bytes of the record",
        "redriven": "whether it was sent into the log again",
        "entry": "conversationId, seq, messageId and kind; null if it is no entry",
    },
)
@click.argument("offset", type=click.IntRange(0), help="The number of the letter, as `list` has it.")
def show(offset: int) -> Answer:
    """Show one letter.

    Where it came from, why it is here, and which entry it is.
    """
    letter = _writer().letter(offset)
    return Answer(letter.as_json(), letter.as_text())


@command(
    examples={
        "elastic-chat dead-letters redrive 12 13": "send two letters",
        'elastic-chat dead-letters redrive --all-of-reason "does not know"': "send all that a newer writer may know",
    },
    exits={0: "All of them are in the log again.", 1: "One can't be sent. It is told which ones were."},
    facts={"redriven": "the numbers of the letters"},
)
@click.argument("offsets", type=click.IntRange(0), nargs=-1, metavar="[OFFSET]...", help="The numbers of letters.")
@click.option("--all-of-reason", "reason", metavar="TEXT", help="All whose reason has this text and that were not redriven.")
@click.option("--force", is_flag=True, help="Even those that were redriven before.")
def redrive(offsets: tuple[int, ...], reason: str | None, *, force: bool) -> Answer:
    """Send letters into the log again.

    Once what was wrong is put right: a newer writer, most often.

    What can't be applied even then comes back as a new letter. Twice does no harm.
    """
    if bool(offsets) == (reason is not None):
        raise click.UsageError("Give either offsets or --all-of-reason TEXT.")
    writer = _writer()
    if reason is not None:
        # All are found before the first is sent, or those that come back would be sent for ever.
        offsets = tuple(letter.offset for letter in writer.letters() if reason in letter.reason and not letter.redriven)
        if not offsets:
            raise LaunchError(
                f"No dead letter waits whose reason has {reason!r}", "See with `elastic-chat dead-letters list` what there is"
            )
    for number, offset in enumerate(offsets):
        try:
            writer.redrive(offset, force=force)
        except LaunchError as error:
            sent = ", ".join(map(str, offsets[:number]))
            raise LaunchError(error.cause, error.cure, f"In the log again: {sent or 'none'}.") from error
    return Answer({"redriven": list(offsets)}, "\n".join(f"{offset} is in the log again." for offset in offsets))


@click.group("dead-letters", cls=Group, commands=[list_letters, show, redrive])
def dead_letters() -> None:
    """See, and send again, what the writer could not apply.

    A record that can't be applied holds up nothing: it is set aside with its reason, and kept for 30 days. What people wrote is never
    shown.
    """


def _writer() -> Writer:
    settings = Settings.from_environment(os.environ)
    return Writer.of(settings.home, running_topology(settings))


def _table(found: Sequence[Letter]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in NUMBERS else "left", no_wrap=column != "reason")
    for one in found:
        table.add_row(
            *(str(one.offset), one.failed_at[:19].replace("T", " "), one.topic, str(one.partition), str(one.source_offset)),
            *(str(one.size), "yes" if one.redriven else "no", one.reason),
        )
    return table
