"""The connection map in Redis: pipelines of single-key commands, so that it works on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from redis.asyncio.client import Pipeline

from chatkit.core.ids import ConnectionId, ConversationId, SessionId, UserId, direct_conversation_id
from chatkit.core.presence import Audience
from chatkit.edges import redis as keys
from chatkit.edges.live_view import Call, LiveView
from chatkit.edges.redis import RedisClient
from svc_presence.core import Connection, has_lapsed
from svc_presence.store import Attached, Block, Noted, Presence

DAY_S = 24 * 3600
LAST_SEEN_S = 90 * DAY_S
MOST_ENDED = 500
"""Users whose status has ended that are taken at once."""
IDLE = "|idle"

_SCRIPTS = {name: (Path(__file__).parent / f"{name}.lua").read_text(encoding="utf-8") for name in ("note", "block")}


class RedisDirectory:
    """The only writer of the keys of presence, as docs/data.md lists them."""

    def __init__(self, client: RedisClient) -> None:
        self._view = LiveView(client, _SCRIPTS)

    async def attach(
        self, node: str, came: Sequence[Connection], went: Sequence[Connection], changed: Sequence[Connection] = ()
    ) -> Attached:
        leases = await self._leases()
        arrived = await self._run(lambda pipeline: _enter(pipeline, node, came, self._view.epoch))
        ended = arrived[5::7]
        conversations = [frozenset(keys.joined_seqs(reply)) for reply in arrived[6::7]]
        heard = frozenset[ConversationId]().union(*conversations)
        await self.listen(node, heard, ())
        stirred = await self._run(lambda pipeline: _change(pipeline, node, changed)) if changed else []
        left = await self._run(lambda pipeline: _leave(pipeline, node, went)) if went else []
        before: dict[UserId, Presence] = {}
        for connection, homes in zip((*came, *changed, *went), (*arrived[::7], *stirred[::5], *left[::3]), strict=True):
            before.setdefault(connection.user_id, _presence(homes, leases))
        leaving = {connection.user_id for connection in went}
        unsure = [user_id for user_id in before if before[user_id].online or user_id in leaving]
        after = dict(zip(unsure, await self.presence(unsure), strict=True)) if unsure else {}
        return Attached(
            conversations,
            frozenset(c.user_id for c in came if not before[c.user_id].online),
            frozenset(user_id for user_id in leaving if not after[user_id].online),
            frozenset(c.session_id for c, has_ended in zip(came, ended, strict=True) if has_ended),
            frozenset(one for one in unsure if before[one].online and after[one].online and before[one].idle != after[one].idle),
        )

    async def seen(self, users: Collection[UserId], now_ms: int) -> None:
        if users:
            await self._run(lambda pipeline: [pipeline.set(keys.last_seen(user_id), now_ms, ex=LAST_SEEN_S) for user_id in users])

    async def homes(self, user_id: UserId) -> frozenset[str]:
        (values,) = await self._run(lambda pipeline: pipeline.hvals(keys.connections(user_id)))
        return frozenset(keys.text(value.partition(b"|")[0]) for value in values)

    async def preferences(self, users: Sequence[UserId]) -> list[bytes | None]:
        replies = await self._run(lambda pipeline: [pipeline.get(keys.preferences(user_id, self._view.epoch)) for user_id in users])
        return [None if reply is None else reply.partition(b":")[2] for reply in replies]

    async def note_preferences(self, preferences: Mapping[UserId, Noted]) -> frozenset[UserId]:
        epoch = self._view.epoch
        calls: list[Call] = [
            ("note", (keys.preferences(user_id, epoch),), (noted.version, noted.value, keys.PREFERENCES_S))
            for user_id, noted in preferences.items()
        ]
        # Read in one memory and put into another, they might be older than what that one knows: then they are asked for again.
        replies = await self._view.call(calls, only_in=epoch)
        news = {user_id: noted for (user_id, noted), is_news in zip(preferences.items(), replies, strict=True) if is_news}

        def schedule(pipeline: Pipeline) -> None:
            for user_id, noted in news.items():
                if noted.ends_ms is None:
                    pipeline.zrem(keys.STATUS_ENDS, user_id)
                else:
                    pipeline.zadd(keys.STATUS_ENDS, {user_id: noted.ends_ms})

        if news:
            await self._run(schedule)
        return frozenset(news)

    async def note_blocks(self, blocks: Sequence[Block]) -> None:
        epoch = self._view.epoch
        calls: list[Call] = [
            (
                "block",
                (keys.blocks(direct_conversation_id(one.user_id, one.other_id), epoch),),
                (one.user_id, one.version, int(one.is_blocked), keys.PREFERENCES_S),
            )
            for one in blocks
        ]
        await self._view.call(calls, only_in=epoch)

    async def ended(self, now_ms: int) -> list[UserId]:
        (found,) = await self._run(lambda pipeline: pipeline.zrangebyscore(keys.STATUS_ENDS, 0, now_ms, 0, MOST_ENDED))
        taken = await self._run(lambda pipeline: [pipeline.zrem(keys.STATUS_ENDS, user_id) for user_id in found]) if found else []
        return [UserId(keys.text(user_id)) for user_id, was_there in zip(found, taken, strict=True) if was_there]

    async def listen(self, node: str, conversations: Collection[ConversationId], no_more: Collection[ConversationId]) -> None:
        def write(pipeline: Pipeline) -> None:
            _hear(pipeline, node, map(keys.nodes, conversations), map(keys.nodes, no_more))
            if conversations:
                pipeline.sadd(keys.node_conversations(node), *conversations)
                pipeline.expire(keys.node_conversations(node), DAY_S)
            if no_more:
                pipeline.srem(keys.node_conversations(node), *no_more)

        await self._run(write)

    async def watch(self, node: str, users: Collection[UserId], no_more: Collection[UserId]) -> None:
        await self._run(lambda pipeline: _hear(pipeline, node, map(keys.watchers, users), map(keys.watchers, no_more)))

    async def watchers(self, users: Sequence[UserId]) -> list[frozenset[str]]:
        replies = await self._run(lambda pipeline: [pipeline.smembers(keys.watchers(user_id)) for user_id in users])
        return [frozenset(keys.text(node) for node in reply) for reply in replies]

    async def presence(self, users: Sequence[UserId]) -> list[Presence]:
        def read(pipeline: Pipeline) -> None:
            pipeline.zrange(keys.NODES, 0, -1, withscores=True)
            for user_id in users:
                pipeline.hvals(keys.connections(user_id))
                pipeline.get(keys.last_seen(user_id))

        if not users:
            return []
        nodes, *replies = await self._run(read)
        leases = _beats(nodes)
        return [_presence(homes, leases, seen) for homes, seen in zip(replies[::2], replies[1::2], strict=True)]

    async def acquaintances(self, user_id: UserId, others: Sequence[UserId]) -> Mapping[UserId, Audience]:
        (reply,) = await self._run(lambda pipeline: pipeline.zrange(keys.conversations(user_id, self._view.epoch), 0, -1, withscores=True))
        mine = keys.joined_seqs(reply)
        near = [other for other in others if other == user_id or direct_conversation_id(user_id, other) in mine]
        known = dict.fromkeys(near, Audience.DIRECT)
        strangers = [other for other in others if other not in known]
        if mine and strangers:
            shared = await self._run(
                lambda pipeline: [pipeline.zmscore(keys.conversations(other, self._view.epoch), list(mine)) for other in strangers]
            )
            far = [other for other, scores in zip(strangers, shared, strict=True) if any(map(keys.is_in, scores))]
            known |= dict.fromkeys(far, Audience.SHARED)
        return known

    async def end_session(self, user_id: UserId, session_id: SessionId, remember_s: int) -> frozenset[str]:
        def write(pipeline: Pipeline) -> None:
            pipeline.set(keys.ended(user_id, session_id), 1, ex=remember_s)
            # After that: see _enter, which does the two in the other order.
            pipeline.hvals(keys.connections(user_id))

        _, values = await self._run(write)
        homes = (keys.text(value).split("|") for value in values)
        return frozenset(home[0] for home in homes if home[1:2] == [session_id])

    async def has_ended(self, user_id: UserId, session_id: SessionId) -> bool:
        (found,) = await self._run(lambda pipeline: pipeline.exists(keys.ended(user_id, session_id)))
        return bool(found)

    async def incarnations(self) -> Mapping[str, int]:
        return {keys.text(node): beats for node, beats in (await self._leases()).items()}

    async def renew(self, node: str, known: int) -> tuple[int, bool]:
        def write(pipeline: Pipeline) -> None:
            pipeline.zincrby(keys.NODES, 1, node)
            pipeline.hget(keys.leases(self._view.epoch), node)
            pipeline.expire(keys.leases(self._view.epoch), DAY_S)

        renewals, entered, _ = await self._run(write)
        if entered is None:
            await self._run(lambda pipeline: pipeline.hset(keys.leases(self._view.epoch), node, int(renewals)))
        return int(renewals), has_lapsed(int(renewals), known, None if entered is None else int(entered))

    async def remove(self, node: str) -> frozenset[UserId]:
        def read(pipeline: Pipeline) -> None:
            pipeline.smembers(keys.node_connections(node))
            pipeline.smembers(keys.node_conversations(node))

        connections, conversations = await self._run(read)
        went = [one for value in connections if (one := _connection(value))]
        await self.listen(node, (), [ConversationId(keys.text(one)) for one in conversations])
        attached = await self.attach(node, (), went)
        await self._run(lambda pipeline: (pipeline.zrem(keys.NODES, node), pipeline.hdel(keys.leases(self._view.epoch), node)))
        return attached.went_offline

    async def _leases(self) -> dict[bytes, int]:
        (pairs,) = await self._run(lambda pipeline: pipeline.zrange(keys.NODES, 0, -1, withscores=True))
        return _beats(pairs)

    async def _run(self, fill: Callable[[Pipeline], object]) -> list[Any]:
        return await self._view.run(fill)


def _beats(pairs: Sequence[tuple[bytes, float]]) -> dict[bytes, int]:
    return {node: int(beats) for node, beats in pairs}


def _enter(pipeline: Pipeline, node: str, came: Sequence[Connection], epoch: str) -> None:
    for connection in came:
        user_id = connection.user_id
        pipeline.hvals(keys.connections(user_id))
        # What can be removed with the node before what would have to be: a copy of the live view may end between the two.
        pipeline.sadd(keys.node_connections(node), _packed(connection))
        pipeline.expire(keys.node_connections(node), DAY_S)
        pipeline.hset(keys.connections(user_id), connection.connection_id, _home(node, connection))
        pipeline.expire(keys.connections(user_id), DAY_S)
        # After the connection is noted: see end_session, and RedisSequencer in the router, which do the two in the other order.
        pipeline.exists(keys.ended(user_id, connection.session_id))
        pipeline.zrange(keys.conversations(user_id, epoch), 0, -1, withscores=True)


def _change(pipeline: Pipeline, node: str, changed: Sequence[Connection]) -> None:
    for connection in changed:
        pipeline.hvals(keys.connections(connection.user_id))
        pipeline.sadd(keys.node_connections(node), _packed(connection))
        pipeline.expire(keys.node_connections(node), DAY_S)
        pipeline.hset(keys.connections(connection.user_id), connection.connection_id, _home(node, connection))
        pipeline.expire(keys.connections(connection.user_id), DAY_S)


def _leave(pipeline: Pipeline, node: str, went: Sequence[Connection]) -> None:
    for connection in went:
        pipeline.hvals(keys.connections(connection.user_id))
        pipeline.hdel(keys.connections(connection.user_id), connection.connection_id)
        pipeline.srem(keys.node_connections(node), _packed(connection))


def _hear(pipeline: Pipeline, node: str, more: Iterable[str], no_more: Iterable[str]) -> None:
    """Enter a node into some sets of those that want to hear, and take it out of others."""
    for key in more:
        pipeline.sadd(key, node)
        pipeline.expire(key, DAY_S)
    for key in no_more:
        pipeline.srem(key, node)


def _packed(connection: Connection) -> str:
    return f"{connection.connection_id}|{connection.user_id}|{connection.session_id}"


def _connection(value: bytes) -> Connection | None:
    """Return a connection of a node, or None for what is none: it must not keep the node in the map for ever."""
    match keys.text(value).split("|"):
        case [connection_id, user_id, session_id]:
            return Connection(ConnectionId(connection_id), UserId(user_id), SessionId(session_id))
        case _:
            return None


def _home(node: str, connection: Connection) -> str:
    return f"{node}|{connection.session_id}{IDLE if connection.is_idle else ''}"


def _presence(homes: Sequence[bytes], leases: Mapping[bytes, int], seen: bytes | None = None) -> Presence:
    alive = [home for home in homes if home.partition(b"|")[0] in leases]
    in_use = [home for home in alive if not home.endswith(IDLE.encode())]
    return Presence(
        online=bool(alive),
        last_seen_ms=int(seen) if seen else None,
        idle=bool(alive) and not in_use,
        in_use=frozenset(SessionId(keys.text(home.partition(b"|")[2])) for home in in_use),
    )
