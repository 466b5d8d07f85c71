"""What members are told of each other beside the log, and how often: receipts and typing are worth something only now, and cost as much as
the conversation has readers.
"""

from __future__ import annotations

from collections import defaultdict

import prometheus_client as prometheus

from chatkit.core.conversation import LIVELY_MEMBERS
from chatkit.core.ids import ConversationId, UserId
from chatkit.metrics import counter
from elastic_chat.events.v1 import node_pb2
from svc_router.store import Listening

SECOND_S = 1.0
TYPISTS = 5
"""Users of whose typing the readers of a conversation are told in a second, once each."""

RECEIPTS = counter(
    "chat_router_receipts_total",
    "Watermarks that moved, by who is told: everyone, only the user's own sessions, or nobody yet because a newer one will be.",
    told=("everyone", "own", "merged"),
)
TO_ALL, TO_OWN, MERGED = (RECEIPTS[told] for told in ("everyone", "own", "merged"))
UNTOLD = prometheus.Counter(
    "chat_router_typing_skipped_total",
    "Notices of typing that nobody was given, because there were too many readers or typists, or the same was told just now.",
)

Told = tuple[node_pb2.NodeEvent, frozenset[str]]
"""An event, and the nodes that are told of it."""


class Tellings:
    """What is told now, and what later or never. `second` must be called once in each."""

    def __init__(self) -> None:
        self._recent: dict[tuple[ConversationId, UserId, bool], Told | None] = {}
        self._typing: defaultdict[ConversationId, set[UserId]] = defaultdict(set)

    def receipt(self, conversation_id: ConversationId, user_id: UserId, event: node_pb2.NodeEvent, listening: Listening) -> list[Told]:
        """Return what is told of a watermark now: nothing if one of the same member was told within the second, for then the newest is told
        at its end. In a large conversation nobody else is told.
        """
        if listening.members > LIVELY_MEMBERS:
            event.ephemeral.only_own_sessions = True
        key = (conversation_id, user_id, event.ephemeral.only_own_sessions)
        told = (event, listening.nodes)
        if key in self._recent:
            self._recent[key] = told
            MERGED.inc()
            return []
        self._recent[key] = None
        return [_counted(told)]

    def typing(self, conversation_id: ConversationId, user_id: UserId, event: node_pb2.NodeEvent, listening: Listening) -> list[Told]:
        """Return what is told of typing: nothing if there are too many readers, if too many type, or if it was told of the same user within
        the second, whichever of their devices they type on.
        """
        typists = self._typing[conversation_id]
        if listening.members > LIVELY_MEMBERS or user_id in typists or len(typists) >= TYPISTS:
            UNTOLD.inc()
            return []
        typists.add(user_id)
        return [(event, listening.nodes)]

    def second(self) -> list[Told]:
        """Let a second pass, and return what is told at its end."""
        gathered = {key: told for key, told in self._recent.items() if told is not None}
        self._recent = dict.fromkeys(gathered)
        self._typing.clear()
        return [_counted(told) for told in gathered.values()]


def _counted(told: Told) -> Told:
    (TO_OWN if told[0].ephemeral.only_own_sessions else TO_ALL).inc()
    return told
