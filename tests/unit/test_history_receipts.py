"""Who is shown how far others have got."""

from __future__ import annotations

from collections.abc import Sequence

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from svc_history.receipts import Receipts
from svc_history.store.memory import MemoryLiveLog

ANNA, BOB, CARL = map(UserId, ("anna", "bob", "carl"))


class Privacy:
    """Presence, as history knows it."""

    def __init__(self, known: dict[UserId, bool]) -> None:
        self.known = known
        self.asked: list[UserId] = []

    async def gives_receipts(self, users: Sequence[UserId]) -> list[bool]:
        self.asked += users
        if not self.known:
            raise ChatError(Reason.UNAVAILABLE)
        return [self.known[user_id] for user_id in users]


async def test_presence_is_asked_only_for_those_whom_the_live_view_does_not_know() -> None:
    live, privacy = MemoryLiveLog(), Privacy({CARL: True})
    live.receipts = {ANNA: True, BOB: False, CARL: None}
    assert await Receipts(live, privacy).shown_to([ANNA, BOB, CARL]) == [True, False, True]
    assert privacy.asked == [CARL]
    assert await Receipts(live, privacy).shown_to([ANNA]) == [True]
    assert privacy.asked == [CARL]


async def test_who_can_not_be_found_out_is_shown_nothing_and_waits_for_nobody() -> None:
    live = MemoryLiveLog()
    live.receipts = {ANNA: True, BOB: None}
    assert await Receipts(live, Privacy({})).shown_to([BOB, ANNA]) == [False, True]
    assert await Receipts(live, Privacy({})).shown_to([]) == []
