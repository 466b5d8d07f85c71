"""How a user is seen, as the contracts have it."""

from __future__ import annotations

from chatkit.core.ids import UserId
from chatkit.core.presence import Availability, Wishes
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.presence.v1 import presence_service_pb2 as pb
from elastic_chat.types.v1 import presence_pb2
from svc_presence.core import seen
from svc_presence.store import Presence

OFFLINE = {Availability.OFFLINE, Availability.UNSPECIFIED}


def shown(user_id: UserId, presence: Presence, wishes: Wishes, now_ms: int) -> pb.UserPresence:
    """Return what somebody is told of a user, if they may know."""
    found = seen(wishes, now_ms, online=presence.online, idle=presence.idle, last_seen_ms=presence.last_seen_ms)
    user = pb.UserPresence(
        user_id=user_id,
        online=found.availability not in OFFLINE,
        availability=presence_pb2.Availability.ValueType(found.availability),
        status_text=found.text,
        status_emoji=found.emoji,
    )
    if found.last_seen_ms is not None:
        user.last_seen_at.FromMilliseconds(found.last_seen_ms)
    if found.expires_ms is not None:
        user.status_expires_at.FromMilliseconds(found.expires_ms)
    return user


def frame_of(user: pb.UserPresence) -> bytes:
    """Return the frame that tells the same: the fields have the same numbers."""
    return frames_pb2.ServerFrame(presence=frames_pb2.Presence.FromString(user.SerializeToString())).SerializeToString()
