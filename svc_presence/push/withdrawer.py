"""From watermarks to devices: what a user has read on one of them is not to be shown on the others any more."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from google.protobuf.message import DecodeError

from chatkit.core.errors import ChatError
from chatkit.core.ids import ConversationId, UserId
from elastic_chat.events.v1 import log_pb2
from svc_presence.push.faults import FAULTS
from svc_presence.push.news import ConversationRead
from svc_presence.push.outbox import Outbox
from svc_presence.push.store import SubscriptionStore
from svc_presence.push.told import Reading, Told
from svc_presence.store import Directory

log = structlog.get_logger()


class Withdrawer:
    """Finds whose devices are to take back what they show. What fails is passed over: it is shown until somebody looks at it."""

    def __init__(self, told: Told, directory: Directory, store: SubscriptionStore, outbox: Outbox) -> None:
        self._told = told
        self._directory = directory
        self._store = store
        self._outbox = outbox

    async def withdraw(self, values: Iterable[bytes]) -> None:
        """Have devices take back what they were told of, by the records of watermarks."""
        newest: dict[tuple[str, str], Reading] = {}
        for value in values:
            try:
                mark = log_pb2.WatermarkRecord.FromString(value).watermark
            except DecodeError:
                continue  # the writer sets it aside, and says so
            if mark.read_seq:
                newest[mark.user_id, mark.conversation_id] = Reading(
                    UserId(mark.user_id), ConversationId(mark.conversation_id), mark.read_seq
                )
        try:
            await self._withdraw(list(newest.values()))
        except ChatError as error:
            log.warning("nothing_withdrawn", reason=error.reason)
        except Exception:
            FAULTS["reading"].inc()
            log.exception("nothing_withdrawn")

    async def _withdraw(self, readings: list[Reading]) -> None:
        taken = [one for one, was_told in zip(readings, await self._told.take(readings), strict=True) if was_told]
        if not taken:
            return
        users = list(dict.fromkeys(one.user_id for one in taken))
        devices = dict(zip(users, await self._store.of_each(users), strict=True))
        presences = dict(zip(users, await self._directory.presence(users), strict=True))
        for one in taken:
            for device in devices[one.user_id]:
                # One that is in use is told over its connection how far its user has read.
                if device.session_id not in presences[one.user_id].in_use:
                    self._outbox.put(device, ConversationRead(one.conversation_id, one.seq))
