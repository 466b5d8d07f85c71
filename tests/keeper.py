"""What accounts keeps of how users are seen, without accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.core.presence import Wishes
from chatkit.rpc.caller import Caller
from chatkit.rpc.preferences import preferences_of, wishes_of
from elastic_chat.types.v1 import presence_pb2


class MemoryKeeper:
    """A Keeper, which may be `away`."""

    def __init__(self) -> None:
        self.kept: dict[UserId, Wishes] = {}
        self.away = False

    async def preferences(self, users: Sequence[UserId]) -> Sequence[presence_pb2.Preferences]:
        self._check()
        assert len(set(users)) == len(users) <= 500
        return [preferences_of(self.kept.get(user_id, Wishes())) for user_id in users]

    async def keep(self, caller: Caller, status: presence_pb2.Status) -> presence_pb2.Preferences:
        self._check()
        before = self.kept.get(caller.user_id, Wishes())
        chosen = wishes_of(presence_pb2.Preferences(status=status))
        return self.decide(caller.user_id, replace(chosen, audience=before.audience, receipts=before.receipts))

    def decide(self, user_id: UserId, wishes: Wishes) -> presence_pb2.Preferences:
        self.kept[user_id] = replace(wishes, version=self.kept.get(user_id, Wishes()).version + 1)
        return preferences_of(self.kept[user_id])

    def _check(self) -> None:
        if self.away:
            raise ChatError(Reason.UNAVAILABLE)
