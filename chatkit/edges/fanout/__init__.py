"""How a node is told things: one channel for each incarnation of a gateway. At most once: what must not be lost is fetched from history."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from enum import Enum, auto
from typing import Protocol

from elastic_chat.events.v1 import node_pb2


class Fanout(Protocol):
    """Publishes to nodes."""

    async def publish(self, batches: Mapping[str, bytes]) -> None:
        """Publish to each incarnation its bytes, a serialised events.v1.NodeBatch, in one round trip. Raises UNAVAILABLE."""
        ...


class Hearing(Enum):
    """Whether a node hears: nothing is missed from WHOLE on, until BROKEN; what is published between BROKEN and WHOLE is."""

    WHOLE = auto()
    BROKEN = auto()


class NodeChannel(Protocol):
    """What a node hears."""

    def listen(self, node: str) -> AsyncIterator[bytes | Hearing]:
        """Yield what is published to the incarnation `node`, for ever. The first item is WHOLE; later ones come in pairs with BROKEN."""
        ...


def batch_of(event: node_pb2.NodeEvent) -> bytes:
    """Return a batch of one event. Batches joined end to end are the batch of all their events: protobuf's own rule for repeated fields."""
    return node_pb2.NodeBatch(events=[event]).SerializeToString()
