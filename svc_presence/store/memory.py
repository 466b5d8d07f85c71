"""The connection map in memory, for tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, direct_conversation_id
from chatkit.core.presence import Audience
from svc_presence.core import Connection, has_lapsed
from svc_presence.store import Attached, Block, Noted, Presence


class MemoryDirectory:
    """Follows the Redis adapter; both pass one suite. `conversations` stands for what the router writes."""

    def __init__(self) -> None:
        self.conversations: dict[UserId, set[ConversationId]] = {}
        self.nodes: dict[ConversationId, set[str]] = {}
        self._connections: dict[ConnectionId, tuple[Connection, str]] = {}
        self._watchers: dict[UserId, set[str]] = {}
        self._leases: dict[str, int] = {}
        self._entered: dict[str, int] = {}
        self._seen: dict[UserId, int] = {}
        self._ended: set[tuple[UserId, SessionId]] = set()
        self._noted: dict[UserId, Noted] = {}
        self._ends: dict[UserId, int] = {}
        self.blocks: dict[tuple[UserId, UserId], Block] = {}

    async def attach(
        self, node: str, came: Sequence[Connection], went: Sequence[Connection], changed: Sequence[Connection] = ()
    ) -> Attached:
        users = {connection.user_id for connection in (*came, *went, *changed)}
        before = {user_id: self._presence(user_id) for user_id in users}
        online = {connection.user_id for connection in came if not before[connection.user_id].online}
        for connection in (*came, *changed):
            self._connections[connection.connection_id] = connection, node
        for connection in came:
            await self.listen(node, self.conversations.get(connection.user_id, set()), ())
        for connection in went:
            self._connections.pop(connection.connection_id, None)
        after = {user_id: self._presence(user_id) for user_id in users}
        offline = {connection.user_id for connection in went if not after[connection.user_id].online}
        stirred = {one for one in users if before[one].online and after[one].online and before[one].idle != after[one].idle}
        conversations = [frozenset(self.conversations.get(connection.user_id, ())) for connection in came]
        ended = frozenset(connection.session_id for connection in came if (connection.user_id, connection.session_id) in self._ended)
        return Attached(conversations, frozenset(online), frozenset(offline), ended, frozenset(stirred))

    async def seen(self, users: Collection[UserId], now_ms: int) -> None:
        self._seen |= dict.fromkeys(users, now_ms)

    async def homes(self, user_id: UserId) -> frozenset[str]:
        return frozenset(node for _, node in self._of(user_id))

    async def preferences(self, users: Sequence[UserId]) -> list[bytes | None]:
        return [self._noted[user_id].value if user_id in self._noted else None for user_id in users]

    async def note_preferences(self, preferences: Mapping[UserId, Noted]) -> frozenset[UserId]:
        news = {one: noted for one, noted in preferences.items() if one not in self._noted or self._noted[one].version < noted.version}
        self._noted |= news
        for user_id, noted in news.items():
            self._ends.pop(user_id, None)
            if noted.ends_ms is not None:
                self._ends[user_id] = noted.ends_ms
        return frozenset(news)

    async def note_blocks(self, blocks: Sequence[Block]) -> None:
        for one in blocks:
            pair = one.user_id, one.other_id
            if pair not in self.blocks or self.blocks[pair].version < one.version:
                self.blocks[pair] = one

    async def ended(self, now_ms: int) -> list[UserId]:
        ended = [user_id for user_id, ends_ms in self._ends.items() if ends_ms <= now_ms]
        for user_id in ended:
            del self._ends[user_id]
        return ended

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
        return list(map(self._presence, users))

    async def acquaintances(self, user_id: UserId, others: Sequence[UserId]) -> Mapping[UserId, Audience]:
        mine = self.conversations.get(user_id, set())
        shared = {other: mine & self.conversations.get(other, set()) for other in others}
        return {
            other: Audience.DIRECT if other == user_id or direct_conversation_id(user_id, other) in both else Audience.SHARED
            for other, both in shared.items()
            if other == user_id or both
        }

    async def end_session(self, user_id: UserId, session_id: SessionId, remember_s: int) -> frozenset[str]:  # noqa: ARG002 - for good
        self._ended.add((user_id, session_id))
        return frozenset(node for connection, node in self._of(user_id) if connection.session_id == session_id)

    async def has_ended(self, user_id: UserId, session_id: SessionId) -> bool:
        return (user_id, session_id) in self._ended

    async def incarnations(self) -> Mapping[str, int]:
        return dict(self._leases)

    async def renew(self, node: str, known: int) -> tuple[int, bool]:
        renewals = self._leases[node] = self._leases.get(node, 0) + 1
        entered = self._entered.get(node)
        self._entered.setdefault(node, renewals)
        return renewals, has_lapsed(renewals, known, entered)

    async def remove(self, node: str) -> frozenset[UserId]:
        went = [connection for connection, home in self._connections.values() if home == node]
        await self.listen(node, (), list(self.nodes))
        attached = await self.attach(node, (), went)
        self._leases.pop(node, None)
        self._entered.pop(node, None)
        return attached.went_offline

    def _of(self, user_id: UserId) -> list[tuple[Connection, str]]:
        return [(connection, node) for connection, node in self._connections.values() if connection.user_id == user_id]

    def _presence(self, user_id: UserId) -> Presence:
        alive = [connection for connection, node in self._of(user_id) if node in self._leases]
        in_use = frozenset(one.session_id for one in alive if not one.is_idle)
        return Presence(bool(alive), self._seen.get(user_id), bool(alive) and not in_use, in_use)
