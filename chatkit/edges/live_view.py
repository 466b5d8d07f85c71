"""The live view in Redis, and how one knows that it is still the same memory.

A Redis that was restarted, restored from a copy or failed over to a replica may have forgotten the newest of what it was told, and
nothing in its data says so. Two things about a server change whenever that can have happened: its run id, and its replication id. With a
random name that is kept in it, and lost when it is flushed, they are the epoch. Scripts carry the epoch in their text, and so in the digest
that they are called by; a server forgets its scripts when it starts, and a replica never had them; and each begins by looking whether the
name is still there. So a call that was meant for another memory fails before it has changed anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from redis.exceptions import NoScriptError, RedisError, ResponseError

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from chatkit.edges.redis import Fill, RedisClient, Tries, unreachable

log = structlog.get_logger()

KEY = "epoch"
LOST = "LIVEVIEWLOST"
HEAD = """local EPOCH = '{epoch}'
if redis.call('GET', '{key}') ~= EPOCH then
  return redis.error_reply('{lost} the live view is another one')
end
"""
"""What every script begins with."""
FENCE = "return 1"
"""The script that commands without scripts of their own begin with."""
NAME = """local name = redis.call('GET', KEYS[1])
if name and string.sub(name, 1, #ARGV[1]) == ARGV[1] then
  return name
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2])
return ARGV[1] .. ARGV[2]
"""
"""Gives a memory its name, unless it has one that this server gave it."""

Call = tuple[str, Sequence[str], Sequence[Any]]
"""A script, its keys, its arguments."""


class LiveView:
    """Runs scripts and pipelines against one epoch at a time. `epoch` is that of the last run; scripts know it as EPOCH."""

    def __init__(self, client: RedisClient, scripts: Mapping[str, str] | None = None) -> None:
        self._client = client
        self._texts = {"fence": FENCE, **(scripts or {})}
        self._digests: dict[str, str] = {}
        self.epoch = ""

    async def run(self, fill: Fill) -> list[Any]:
        """Run commands in one round trip and return their replies, all from one memory, whose epoch is `epoch`. Raises UNAVAILABLE."""
        return (await self.call([("fence", (), ())], fill))[1:]

    async def call(self, calls: Sequence[Call], also: Fill | None = None, only_in: str = "") -> list[Any]:
        """Run scripts, then what `also` adds, in one round trip; in two more if the memory is another than before. Raises UNAVAILABLE.

        So it does, and has done nothing, if the memory is another than `only_in`, for what was read in one and may be put into no other.
        What has no reply because a connection broke is run again: so it must be repeatable.
        """
        return await self.call_anew(lambda: calls, also, only_in)

    async def call_anew(self, make: Callable[[], Sequence[Call]], also: Fill | None = None, only_in: str = "") -> list[Any]:
        """Do as `call`, with scripts that are made anew for each time that they are run."""
        tries, is_known = Tries(), True
        while True:
            try:
                return await self._attempt(make(), also, only_in)
            except ResponseError as error:
                if not is_known or not (isinstance(error, NoScriptError) or LOST in str(error)):
                    raise unreachable() from error
                is_known, self._digests = False, {}
            except (RedisError, OSError) as error:
                await tries.failed(error)

    async def _attempt(self, calls: Sequence[Call], also: Fill | None, only_in: str) -> list[Any]:
        if not self._digests:
            await self._load()
        if only_in and only_in != self.epoch:
            raise ChatError(Reason.UNAVAILABLE, "the live view is another one meanwhile: try again")
        commands = [("EVALSHA", self._digests[name], len(keys), *keys, *arguments) for name, keys, arguments in calls]
        return await self._client.run(commands, also)

    async def _load(self) -> None:
        """Learn the epoch, and give the scripts to the server that has it."""
        server, replication = await self._client.info("server"), await self._client.info("replication")
        life = f"{server['run_id'][:12]}{replication['master_replid'][:12]}"
        epoch = _text(await self._client.eval(NAME, 1, KEY, life, new_id()[-8:]))
        head = HEAD.format(epoch=epoch, key=KEY, lost=LOST)
        pipeline = self._client.pipeline(transaction=False)
        for text in self._texts.values():
            pipeline.script_load(head + text)
        # One connection for both, so that they are about one server.
        pipeline.info("server")
        *digests, again = await pipeline.execute()
        if again["run_id"] != server["run_id"]:
            raise RedisError("the server has changed while it was asked who it is")
        if self.epoch and epoch != self.epoch:
            log.warning("live_view_changed", epoch=epoch)
        self.epoch = epoch
        self._digests = dict(zip(self._texts, map(_text, digests), strict=True))


def _text(digest: bytes | str) -> str:
    return digest.decode() if isinstance(digest, bytes) else digest
