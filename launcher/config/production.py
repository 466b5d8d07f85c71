"""What a production start demands of a stack, besides what services demand of their settings (`chatkit.production`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from launcher.plan import Stack

OF_OTHERS = 0o077
"""The bits of a file's mode that let others than its owner do something with it."""

DEMANDS = {
    "the signing key": "made before, by you, and for nobody else to read: a start makes none, for a new one logs everyone out",
    "the key of pushes": "made before, by you, and for nobody else to read: a start makes none, for a new one reaches no device",
    "the edge's certificate": "one that you put there: clients elsewhere know no authority of the stack's own",
    "`ELASTIC_CHAT_ORIGINS`": "not empty: pages on localhost are strangers",
}
"""What must be, as docs/settings.md tells it."""


def faults(stack: Stack) -> Iterator[str]:
    """Yield what is not there, with its cure."""
    home = stack.home
    if not home.signing_key.exists():
        make = f"`(umask 077; openssl genpkey -algorithm ed25519 -out {home.signing_key})`"
        yield f"There is no key to sign access tokens with at {home.signing_key}. Make one, and keep a copy of it: {make}."
    if not home.push_key.exists():
        make = f"`(umask 077; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {home.push_key})`"
        yield f"There is no key for push services at {home.push_key}. Make one, and keep a copy of it: {make}."
    for certificate in (home.web_certificate, home.web_key):
        if not certificate.exists():
            yield f"There is no {certificate.name} in {home.keys}. Put the edge's certificate there, its chain and its key (docs/mesh.md)."
    for key in (home.signing_key, home.push_key, home.web_key):
        if _is_open(key):
            yield f"Others can read {key}. Let only its owner: `chmod 600 {key}`."
    if not stack.origins:
        yield "ELASTIC_CHAT_ORIGINS is empty. Set it to the origins of the pages that may use the stack, such as https://chat.example."


def _is_open(key: Path) -> bool:
    return key.exists() and bool(key.stat().st_mode & OF_OTHERS)
