"""Invites and bans, between the wire and the rules."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.ids import UserId
from elastic_chat.types.v1 import conversation_pb2


def timestamp(ms: int) -> Timestamp:
    """Return Unix milliseconds as the wire has them."""
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def invite_of(message: conversation_pb2.Invite) -> Invite:
    """Return an invite of the wire."""
    created_ms, expires_ms = message.created_at.ToMilliseconds(), message.expires_at.ToMilliseconds()
    return Invite(expires_ms, message.max_uses, message.uses, UserId(message.created_by), created_ms)


def invite_message(invite_id: InviteId, invite: Invite) -> conversation_pb2.Invite:
    """Return an invite as the wire has it."""
    return conversation_pb2.Invite(
        invite_id=invite_id,
        created_by=invite.created_by,
        created_at=timestamp(invite.created_ms),
        expires_at=timestamp(invite.expires_ms),
        max_uses=invite.max_uses,
        uses=invite.uses,
    )


def ban_of(message: conversation_pb2.Ban) -> Ban:
    """Return a ban of the wire."""
    return Ban(UserId(message.banned_by), message.banned_at.ToMilliseconds())


def ban_message(user_id: UserId, ban: Ban) -> conversation_pb2.Ban:
    """Return a ban as the wire has it."""
    return conversation_pb2.Ban(user_id=user_id, banned_by=ban.banned_by, banned_at=timestamp(ban.banned_ms))
