"""What members are told of each other beside the log, and how often: receipts and typing are worth something only now, and cost as much as
the conversation has readers; and so do parts of messages that are still being made, which come again with the message.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from chatkit.core.conversation import LIVELY_MEMBERS
from chatkit.core.ids import ConversationId, UserId
from chatkit.metrics import counter
from elastic_chat.events.v1 import node_pb2
from svc_router.store import Listening

SECOND_S = 1.0
NOTICES = {"typing": (5, 1), "delta": (2, 20)}
"""Of how many users the readers of a conversation are told in a second, and how often of each, by kind of what is kept nowhere."""

RECEIPTS = counter(
    "chat_router_receipts_total",
    "Watermarks that moved, by who is told: everyone, only the user's own sessions, or nobody yet because a newer one will be.",
    told=("everyone", "own", "merged"),
)
TO_ALL, TO_OWN, MERGED = (RECEIPTS[told] for told in ("everyone", "own", "merged"))
SKIPPED = counter(
    "chat_router_notices_skipped_total",
    "Notices that nobody was given, because there were too many readers, too many users, too many of one user, or too much else to do.",
    kind=tuple(NOTICES),
)

Told = tuple[node_pb2.NodeEvent, frozenset[str]]
"""An event, and the nodes that are told of it."""


class Tellings:
    """What is told now, and what later or never. `second` must be called once in each."""

    def __init__(self) -> None:
        self._recent: dict[tuple[ConversationId, UserId, bool], Told | None] = {}
        self._notices: defaultdict[tuple[str, ConversationId], Counter[UserId]] = defaultdict(Counter)

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

    def notice(
        self, kind: str, conversation_id: ConversationId, user_id: UserId, event: node_pb2.NodeEvent, listening: Listening
    ) -> list[Told]:
        """Return what is told of typing, or of a part of a message: nothing if there are too many readers, if too many do so, or if enough
        was told of the same user within the second, whichever of their devices it comes from.
        """
        if not listening.nodes:
            return []  # as it is of whoever may not write: they take nobody's room
        (users, each), told = NOTICES[kind], self._notices[kind, conversation_id]
        if listening.members > LIVELY_MEMBERS or told[user_id] >= each or (user_id not in told and len(told) >= users):
            SKIPPED[kind].inc()
            return []
        told[user_id] += 1
        return [(event, listening.nodes)]

    def second(self) -> list[Told]:
        """Let a second pass, and return what is told at its end."""
        gathered = {key: told for key, told in self._recent.items() if told is not None}
        self._recent = dict.fromkeys(gathered)
        self._notices.clear()
        return [_counted(told) for told in gathered.values()]


def _counted(told: Told) -> Told:
    (TO_OWN if told[0].ephemeral.only_own_sessions else TO_ALL).inc()
    return told
