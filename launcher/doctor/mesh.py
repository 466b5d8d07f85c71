"""The mesh: whether every Envoy knows every instance, and whether their certificates will be good for a while."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from launcher.doctor.finding import Finding, skipped, well, wrong
from launcher.envoys.certificates import Certificate
from launcher.envoys.links import Link, Links
from launcher.topology import Topology

LEFT = 0.1
"""The part of a certificate's life that is left when it should long have been renewed."""


def agreement(seen: Links, topology: Topology, drained: Collection[str]) -> Iterator[Finding]:
    """Look whether every Envoy sends calls to every instance, but for those that were drained."""
    faults = list(_faults(seen, topology, drained))
    yield from faults
    if not faults:
        yield well("mesh", f"all {len(seen.links)} ways from Envoys to services lead to every instance")


def _faults(seen: Links, topology: Topology, drained: Collection[str]) -> Iterator[Finding]:
    for name in seen.silent:
        yield wrong("mesh", f"{name} does not answer at its admin interface", f"Run `elastic-chat restart {name}`")
    for link in seen.links:
        for fault in link.faults:
            yield wrong("mesh", f"{link.envoy} on the way to {link.cluster}: {fault}", _cure(link))
        wanted = {instance.name for instance in topology.instances(link.service)} - set(drained)
        if missing := wanted - {host.instance for host in link.hosts}:
            yield wrong("mesh", f"{link.envoy} does not know {', '.join(sorted(missing))}", f"Run `elastic-chat restart {link.envoy}`")
        if strange := {host.instance for host in link.hosts} - wanted:
            yield wrong("mesh", f"{link.envoy} still knows {', '.join(sorted(strange))}", f"Run `elastic-chat restart {link.envoy}`")


def _cure(link: Link) -> str:
    if link.open_breakers:
        return f"See with `elastic-chat mesh methods {link.service}` what is called so much, and `elastic-chat scale {link.service}` up"
    return f"See `elastic-chat status` and `elastic-chat logs {link.service}` for what its instances lack"


def certificates(found: Sequence[Certificate], now: datetime | None = None) -> Iterator[Finding]:
    """Look when certificates end."""
    if not found:
        yield skipped("certificates", "the Envoys use none")
        return
    now = now or datetime.now(UTC)
    soon = [one for one in found if one.left(now) < LEFT]
    for one in soon:
        told = "has ended" if one.ends <= now else f"ends at {one.ends:%F %R} UTC"
        cure = "Run `elastic-chat rotate`, and see with `elastic-chat logs certifier` why that did not happen by itself"
        yield wrong("certificates", f"the certificate {one.serial} of {one.envoy} ({one.kind}) {told}, and was not renewed", cure)
    if not soon:
        yield well("certificates", f"the first of {len(found)} ends at {min(one.ends for one in found):%F %R} UTC")
