"""The connection map in memory, for tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chatkit.core.ids import ConversationId, SessionId, UserId
from svc_presence.core import Connection, has_lapsed
from svc_presence.store import Attached, Presence


class MemoryDirectory:
    """Follows the Redis adapter; both pass one suite. `conversations` stands for what the router writes."""

    def __init__(self) -> None:
        self.conversations: dict[UserId, set[ConversationId]] = {}
        self.nodes: dict[ConversationId, set[str]] = {}
        self._connections: dict[Connection, str] = {}
        self._watchers: dict[UserId, set[str]] = {}
        self._leases: dict[str, int] = {}
        self._entered: dict[str, int] = {}
        self._seen: dict[UserId, int] = {}
        self._ended: set[tuple[UserId, SessionId]] = set()

    async def attach(self, node: str, came: Sequence[Connection], went: Sequence[Connection], now_ms: int) -> Attached:
        online = {connection.user_id for connection in came if not self._online(connection.user_id)}
        for connection in came:
            self._connections[connection] = node
            await self.listen(node, self.conversations.get(connection.user_id, set()), ())
        for connection in went:
            self._connections.pop(connection, None)
        offline = {connection.user_id for connection in went if not self._online(connection.user_id)}
        self._seen |= dict.fromkeys(offline, now_ms)
        conversations = [frozenset(self.conversations.get(connection.user_id, ())) for connection in came]
        ended = frozenset(connection.session_id for connection in came if (connection.user_id, connection.session_id) in self._ended)
        return Attached(conversations, frozenset(online), frozenset(offline), ended)

    async def listen(self, node: str, conversations: Collection[ConversationId], no_more: Collection[ConversationId]) -> None:
        for conversation_id in conversations:
            self.nodes.setdefault(conversation_id, set()).add(node)
        for conversation_id in no_more:
            self.nodes.setdefault(conversation_id, set()).discard(node)

    async def watch(self, node: str, users: Collection[UserId], no_more: Collection[UserId]) -> None:
        for user_id in users:
            self._watchers.setdefault(user_id, set()).add(node)
        for user_id in no_more:
            self._watchers.setdefault(user_id, set()).discard(node)

    async def watchers(self, users: Sequence[UserId]) -> list[frozenset[str]]:
        return [frozenset(self._watchers.get(user_id, ())) for user_id in users]

    async def presence(self, users: Sequence[UserId]) -> list[Presence]:
        return [Presence(True) if self._online(user_id) else Presence(False, self._seen.get(user_id)) for user_id in users]

    async def acquaintances(self, user_id: UserId, others: Sequence[UserId]) -> frozenset[UserId]:
        mine = self.conversations.get(user_id, set())
        return frozenset(other for other in others if other == user_id or mine & self.conversations.get(other, set()))

    async def end_session(self, user_id: UserId, session_id: SessionId, remember_s: int) -> frozenset[str]:  # noqa: ARG002 - for good
        self._ended.add((user_id, session_id))
        return frozenset(
            node for connection, node in self._connections.items() if (connection.user_id, connection.session_id) == (user_id, session_id)
        )

    async def incarnations(self) -> Mapping[str, int]:
        return dict(self._leases)

    async def renew(self, node: str, known: int) -> tuple[int, bool]:
        renewals = self._leases[node] = self._leases.get(node, 0) + 1
        entered = self._entered.get(node)
        self._entered.setdefault(node, renewals)
        return renewals, has_lapsed(renewals, known, entered)

    async def remove(self, node: str, now_ms: int) -> frozenset[UserId]:
        went = [connection for connection, home in self._connections.items() if home == node]
        await self.listen(node, (), list(self.nodes))
        attached = await self.attach(node, (), went, now_ms)
        self._leases.pop(node, None)
        self._entered.pop(node, None)
        return attached.went_offline

    def _online(self, user_id: UserId) -> bool:
        return any(connection.user_id == user_id and node in self._leases for connection, node in self._connections.items())
