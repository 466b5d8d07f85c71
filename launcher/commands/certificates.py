"""`elastic-chat rotate`: new certificates for everyone in the mesh."""

from __future__ import annotations

import os

import click

from launcher.certificates import rotation
from launcher.commands.frame import Answer, command
from launcher.display import Display
from launcher.settings import Settings


@command(
    examples={
        "elastic-chat rotate": "new ones from the same authority",
        "elastic-chat rotate --authority": "new ones from a new authority",
    },
    exits={0: "Every Envoy shows its new certificate.", 1: "One does not; what it had is good as long as it was."},
    facts={"envoys": "how many Envoys have a new one", "isAuthorityNew": "whether the authority is a new one"},
)
@click.option("--authority", is_flag=True, help="Replace the authority that signs them, too.")
def rotate(*, authority: bool) -> Answer:
    """Give everyone in the mesh a new certificate.

    Nothing is dropped. That happens by itself every few hours. Do it when a key may have leaked; with --authority, and twice, if it is the
    authority's: what the one before has signed is accepted until the next time.
    """
    count = rotation.rotate(Settings.from_environment(os.environ), Display(), authority=authority)
    text = f"{count} Envoys have a new certificate{', from a new authority' if authority else ''}."
    return Answer({"envoys": count, "isAuthorityNew": authority}, text)
