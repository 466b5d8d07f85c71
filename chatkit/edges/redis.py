"""Redis: the connection, and the one place where every key is named.

Keys carry a hash tag, the conversation's or the user's id, so that what belongs together lies on one shard of a cluster. docs/data.md
says for each key who writes it, how large it gets and when it goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any, cast

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, RedisError, ResponseError

from chatkit.core.backoff import Backoff
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId
from chatkit.edges.redis_wire import TIMEOUT_S, Command, Wire
from chatkit.edges.wait import wait_for_engine

TRIES, FIRST_PAUSE_S, LAST_PAUSE_S = 3, 0.05, 0.5
"""How often what may be repeated is tried whose connection breaks, and how long between."""
NODES = "nodes"
"""Sorted set of node incarnations by how often they have renewed their lease."""


Fill = Callable[[Pipeline], object]
"""Adds commands to a pipeline."""


class Tries:
    """How often something is tried whose connection breaks: a few times, with a pause between."""

    def __init__(self) -> None:
        self._left = TRIES
        self._backoff = Backoff(FIRST_PAUSE_S, LAST_PAUSE_S)

    async def failed(self, error: Exception) -> None:
        """Wait until it may be tried again. Raises UNAVAILABLE if it has been tried often enough."""
        self._left -= 1
        if not self._left:
            raise unreachable() from error
        await asyncio.sleep(self._backoff.next())


class RedisClient(Redis):
    """The client of redis-py, and `wire` beside it, for what is hot."""

    @cached_property
    def wire(self) -> Wire:
        """A connection of its own to the same server."""
        return Wire(self.connection_pool)

    async def run(self, commands: Sequence[Command], also: Fill | None = None) -> list[Any]:
        """Run commands, and those that `also` adds, in one round trip by the wire. The replies to the former are as Redis gives them, those
        to the latter as redis-py's methods do. Raises the first error among them, or why there is no reply.
        """
        if also is None:
            return await self.wire.run(commands)
        noted = self.pipeline(transaction=False)
        also(noted)
        replies = await self.wire.run([*commands, *(command for command, _ in noted.command_stack)])
        for place, (command, options) in enumerate(noted.command_stack, len(commands)):
            if read := self.response_callbacks.get(command[0]):
                replies[place] = read(replies[place], **{name: value for name, value in options.items() if name != "keys"})
        return replies

    async def repeatable(self, commands: Sequence[Command]) -> list[Any]:
        """Run commands that may run twice, in one round trip, and again while connections break. Raises UNAVAILABLE."""
        tries = Tries()
        while True:
            try:
                return await self.wire.run(commands)
            except ResponseError as error:
                raise unreachable() from error
            except (RedisError, OSError) as error:
                await tries.failed(error)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:  # noqa: FBT001 - as redis-py has it
        self.wire.close()
        await super().aclose(close_connection_pool)


async def connect_redis(url: str) -> RedisClient:
    """Return a client that answers. Raises ConnectionError if Redis does not come up."""
    retry = Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=2)
    pool = ConnectionPool.from_url(
        url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, health_check_interval=15, retry=retry, protocol=2
    )
    client = cast("RedisClient", RedisClient.from_pool(pool))

    async def ping() -> None:
        await client.ping()

    await wait_for_engine("Redis", ping, (RedisError, BusyLoadingError, OSError))
    return client


def unreachable() -> ChatError:
    """Return what is raised if Redis does not answer."""
    return ChatError(Reason.UNAVAILABLE, "the live view can't be reached: try again")


def meta(conversation_id: str) -> str:
    """Hash: the sequencer's state, as docs/data.md lists it."""
    return f"{{c:{conversation_id}}}:meta"


def members(conversation_id: str) -> str:
    """Hash: user id to "<permissions>:<joined_seq>:<joined_ordinal>"."""
    return f"{{c:{conversation_id}}}:members"


def settings(conversation_id: str) -> str:
    """Hash: setting to its value as text, for those that were set."""
    return f"{{c:{conversation_id}}}:settings"


def bans(conversation_id: str) -> str:
    """Hash: user id to chatkit.core.admission.Ban as text."""
    return f"{{c:{conversation_id}}}:bans"


def invites(conversation_id: str) -> str:
    """Hash: invite id to chatkit.core.admission.Invite as text."""
    return f"{{c:{conversation_id}}}:invites"


def tail(conversation_id: str) -> str:
    """Stream: the newest durable entries, id "<seq>-0", field e = serialised events.v1.LogEntry, o = its ordinal."""
    return f"{{c:{conversation_id}}}:tail"


def changes(conversation_id: str) -> str:
    """Stream: which entries of the tail change a message, id "<seq>-0", field t = the message's seq, k = the number of its kind, u = the
    user whose it is.
    """
    return f"{{c:{conversation_id}}}:changes"


def mentions(conversation_id: str) -> str:
    """Stream: which entries of the tail mention somebody, id "<seq>-0", field u = their user ids, joined by commas, or "*"."""
    return f"{{c:{conversation_id}}}:mentions"


REACTION = 6
"""The kind of a reaction, as types.v1.Entry numbers it."""
DELETION = 5
"""The kind of a change after which nothing else of its message counts, as types.v1.Entry numbers it."""
CLOSING = 12
"""The kind of a change after which a poll takes no votes."""


def pending(conversation_id: str) -> str:
    """Hash: seq to "<message id>:<ordinal>:<previous seq>:<sender>:<accepted_ms>:<draft>", entries that have a place and were not shown."""
    return f"{{c:{conversation_id}}}:pending"


def message(conversation_id: str, message_id: str) -> str:
    """String: "<seq>:<ordinal>:<accepted_ms>:<1 if durable>:<sender>", what a message_id has made here."""
    return f"{{c:{conversation_id}}}:m:{message_id}"


def nodes(conversation_id: str) -> str:
    """Set: incarnations of the nodes that listen to the conversation."""
    return f"{{c:{conversation_id}}}:nodes"


def marks(conversation_id: str) -> str:
    """Hash: user id to "<delivered_seq>:<read_seq>:<read_ordinal>", and the first two as others see them, if that is less."""
    return f"{{c:{conversation_id}}}:marks"


def read_seq(mark: bytes | None) -> int:
    """Return up to which seq a member has read, from their mark."""
    parts = (mark or b"").split(b":")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0


CONVERSATIONS_S = 30 * 24 * 3600
"""How long a user's conversations are remembered after the last change; whoever asks later has them read from Cassandra."""
ALL_KNOWN = "@all"
"""The member of a user's conversations that says: these are all of them."""


def conversations(user_id: str, epoch: str) -> str:
    """Sorted set: conversation id to the newest `came_at` or `went_at` of the user, and ALL_KNOWN; nothing that an older memory believed.

    Written with ZADD GT: so it does not matter who is late, or comes twice.
    """
    return f"{{u:{user_id}}}:conversations:{epoch[-8:]}"


def came_at(seq: int) -> int:
    """Return the score of a conversation that the user is in since the entry at `seq`."""
    return 2 * seq + 1


def went_at(seq: int) -> int:
    """Return the score of a conversation that the user is not in since the entry at `seq`."""
    return 2 * seq


def text(value: bytes) -> str:
    """Return text that names something of ours. What is no text names nothing, and does no harm."""
    return value.decode(errors="replace")


def is_in(score: float | None) -> bool:
    """Tell whether a score is that of a conversation that the user is in."""
    return score is not None and score % 2 == 1


def joined_seqs(scores: Iterable[tuple[bytes, float]]) -> dict[ConversationId, int]:
    """Return the conversations that a user is in, and the seq at which they came into each, from a reply with scores."""
    return {ConversationId(text(name)): int(score) // 2 for name, score in scores if is_in(score) and name != ALL_KNOWN.encode()}


def connections(user_id: str) -> str:
    """Hash: connection id to "<incarnation>|<session id>", or "<incarnation>|<session id>|idle"."""
    return f"{{u:{user_id}}}:connections"


def ended(user_id: str, session_id: str) -> str:
    """String: there if the login session has ended, for as long as a token of it may be good."""
    return f"{{u:{user_id}}}:ended:{session_id}"


def watchers(user_id: str) -> str:
    """Set: incarnations of the nodes that want to hear of the user's coming and going."""
    return f"{{u:{user_id}}}:watchers"


def last_seen(user_id: str) -> str:
    """String: Unix milliseconds at which others saw the user for the last time."""
    return f"{{u:{user_id}}}:last_seen"


def preview(link_hash: str) -> str:
    """String: a serialised files.v1.LinkPreview, of the link of which this is the SHA-256; empty if there is nothing to show."""
    return f"preview:{link_hash}"


def search_holder(partition: int) -> str:
    """String: the instance of search that holds a part of the log, and answers for it."""
    return f"{{search}}:holder:{partition}"


def looked_up(user_id: str) -> str:
    """String: how many links the user has had looked up in a minute."""
    return f"{{u:{user_id}}}:looked_up"


def told(user_id: str) -> str:
    """Sorted set: conversation id to the seq of the newest message of it that the user's devices were told of by push."""
    return f"{{u:{user_id}}}:told"


PREFERENCES_S = 30 * 24 * 3600
"""How long what a user has decided is remembered after the last change; whoever asks later has it read from accounts."""
STATUS_ENDS = "status_ends"
"""Sorted set of the users whose status ends by itself, by the Unix millisecond at which it does."""


def preferences(user_id: str, epoch: str) -> str:
    """String: "<version>:<serialised types.v1.Preferences>"; nothing that an older memory believed."""
    return f"{{u:{user_id}}}:preferences:{epoch[-8:]}"


def blocks(conversation_id: str, epoch: str) -> str:
    """Hash, of a direct conversation: each of the two to "<version of their preferences>:<1 if they have blocked the other>"; nothing that
    an older memory believed. Presence writes it; what the router finds incomplete, it has noted before it goes on.
    """
    return f"{{c:{conversation_id}}}:blocks:{epoch[-8:]}"


def leases(epoch: str) -> str:
    """Hash: incarnation to the renewal at which it was entered into the map, as of an epoch of the live view."""
    return f"leases@{epoch}"


def node_connections(node: str) -> str:
    """Set: "<connection id>|<user id>|<session id>" of the connections on an incarnation."""
    return f"{{n:{node}}}:connections"


def node_conversations(node: str) -> str:
    """Set: the ids of the conversations that an incarnation listens to."""
    return f"{{n:{node}}}:conversations"


def incarnation(node_id: str, epoch: int) -> str:
    """Return the name of one life of a node: a restarted gateway is another one."""
    return f"{node_id}@{epoch}"


def channel(node: str) -> str:
    """Return the Pub/Sub channel of a node's incarnation."""
    return f"node:{node}"
