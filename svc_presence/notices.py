"""Who has come, gone, or is seen in another way, and how those hear of it who watch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta

from prometheus_client import Counter

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError
from chatkit.core.ids import UserId
from chatkit.core.presence import SECRET, Wishes
from chatkit.edges.fanout import Fanout, batch_of
from chatkit.metrics import counter
from chatkit.rpc.preferences import preferences_of
from elastic_chat.events.v1 import node_pb2
from elastic_chat.types.v1 import presence_pb2
from svc_presence.core import Farewells, News, within_budget
from svc_presence.preferences import Preferences
from svc_presence.shown import frame_of, shown
from svc_presence.store import Attached, Directory

AT_ONCE = 500
"""Users who are looked up in one round trip."""

NOTICES = counter("chat_presence_notices_total", "Notices that a user came or went, by which.", what=("online", "offline"))
MERGED = Counter("chat_presence_merged_total", "Changes of users of whom a notice was to be given already.")
SKIPPED = Counter("chat_presence_skipped_total", "Notices that a gateway was not given because it had been given enough for a second.")


class Notices:
    """Gathers what is new of users, and tells each node of it once a second, at most `per_second` notices.

    Nothing is new of one who is invisible, whatever their devices do: a notice would tell that they are there.
    """

    def __init__(
        self, directory: Directory, preferences: Preferences, fanout: Fanout, clock: Clock, grace: timedelta, per_second: int
    ) -> None:
        self._directory = directory
        self._preferences = preferences
        self._fanout = fanout
        self._clock = clock
        self._per_second = per_second
        self._farewells = Farewells(grace.total_seconds())
        self._news = News()
        self._other_audience: set[UserId] = set()

    async def moved(self, attached: Attached, wishes: Mapping[UserId, Wishes | None]) -> None:
        """Devices have come, gone, or are used in another way. Whoever has not stayed away for long has not gone."""
        now_ms = self._clock.now_ms()
        visible = {user_id for user_id, one in wishes.items() if one is not None and not one.is_invisible(now_ms)}
        self._note(user_id for user_id in attached.came_online & visible if not self._farewells.came_back(user_id))
        self._note(attached.stirred & visible)
        await self._say_goodbye(attached.went_offline & visible)

    async def gone(self, users: Collection[UserId]) -> None:
        """The last devices of users have gone, with their node."""
        wishes = dict(zip(users, await self._preferences.of(list(users)), strict=True))
        await self.moved(Attached((), frozenset(), frozenset(users)), wishes)

    async def hides(self, user_id: UserId, before: Wishes, after: Wishes) -> bool:
        """Tell whether a user who is there is about to be invisible, and note then that they were seen for the last time.

        This comes before it holds what they have decided: whoever tries again what failed half-way must not note another time.
        """
        now_ms = self._clock.now_ms()
        if before.is_invisible(now_ms) or not after.is_invisible(now_ms):
            return False
        (presence,) = await self._directory.presence([user_id])
        if presence.online:
            await self._directory.seen([user_id], now_ms)
        return presence.online

    async def decided(self, user_id: UserId, before: Wishes, after: Wishes, *, hides: bool = False) -> None:
        """A user has decided something: tell the nodes that they are on, and those who watch. Of one who hides after the same time as of
        one who goes.
        """
        homes = await self._directory.homes(user_id)
        change = node_pb2.PreferencesChange(user_id=user_id, preferences=preferences_of(after))
        await self._fanout.publish(dict.fromkeys(homes, batch_of(node_pb2.NodeEvent(preferences=change))))
        if before.audience is not after.audience or before.blocks.keys() != after.blocks.keys():
            self._other_audience.add(user_id)
        if hides:
            self._farewells.left(user_id, self._clock.monotonic())
        else:
            self._appear([user_id])

    def _appear(self, users: Iterable[UserId]) -> None:
        """Users are seen in another way, at once."""
        for user_id in users:
            self._farewells.came_back(user_id)
            self._note([user_id])

    async def _say_goodbye(self, users: Collection[UserId]) -> None:
        await self._directory.seen(users, self._clock.now_ms())
        for user_id in users:
            self._farewells.left(user_id, self._clock.monotonic())

    def _note(self, users: Iterable[UserId]) -> None:
        MERGED.inc(self._news.add(users))

    async def look_round(self) -> None:
        """Find who has gone for good, and whose status has ended by itself."""
        self._note(self._farewells.due(self._clock.monotonic()))
        self._appear(await self._directory.ended(self._clock.now_ms()))

    async def tell(self) -> None:
        """Tell the nodes that watch those of whom something is new how things are now."""
        users, notices = self._news.take(), dict[str, list[bytes]]()
        other_audience, self._other_audience = self._other_audience, set()
        try:
            for start in range(0, len(users), AT_ONCE):
                await self._collect(users[start : start + AT_ONCE], other_audience, notices)
            await self._fanout.publish({node: self._batch(events) for node, events in notices.items()})
        except ChatError:
            self._note(users)
            self._other_audience |= other_audience
            raise

    async def _collect(self, users: Sequence[UserId], other_audience: Collection[UserId], notices: dict[str, list[bytes]]) -> None:
        """Add what is to be told of `users` to the notices of each node. Whom nobody watches, nobody looks up."""
        watchers = {user_id: nodes for user_id, nodes in zip(users, await self._directory.watchers(users), strict=True) if nodes}
        if not watchers:
            return
        found = await self._directory.presence(list(watchers))
        wishes = await self._preferences.of(list(watchers))
        now_ms = self._clock.now_ms()
        for (user_id, nodes), presence, known in zip(watchers.items(), found, wishes, strict=True):
            wished = known or SECRET
            user = shown(user_id, presence, wished, now_ms)
            NOTICES["online" if user.online else "offline"].inc()
            change = node_pb2.PresenceChange(
                user_id=user_id,
                frame=frame_of(user),
                audience=presence_pb2.Privacy.Audience.ValueType(wished.audience),
                audience_changed=user_id in other_audience,
                blocked_user_ids=wished.blocks,
            )
            event = batch_of(node_pb2.NodeEvent(presence=change))
            for node in nodes:
                notices.setdefault(node, []).append(event)

    def _batch(self, notices: Sequence[bytes]) -> bytes:
        given, skipped = within_budget(notices, self._per_second)
        if not skipped:
            return b"".join(given)
        SKIPPED.inc(skipped)
        return b"".join((*given, batch_of(node_pb2.NodeEvent(presence_skipped=node_pb2.PresenceSkipped()))))
