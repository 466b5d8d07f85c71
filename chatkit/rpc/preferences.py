"""What users have decided about how they are seen, between the contracts and the rules."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.core.presence import Audience, Availability, Wishes
from chatkit.core.quiet_hours import QuietHours
from elastic_chat.types.v1 import presence_pb2 as pb


def wishes_of(preferences: pb.Preferences) -> Wishes:
    """Return what a user has decided. What this program does not know is read as what tells least."""
    status, privacy = preferences.status, preferences.privacy
    return Wishes(
        _availability(status.availability),
        status.text,
        status.emoji,
        _milliseconds(status.expires_at) if status.HasField("expires_at") else None,
        _audience(privacy.presence),
        privacy.receipts,
        preferences.version,
        _quiet_hours(preferences.quiet_hours) if preferences.HasField("quiet_hours") else None,
        {UserId(block.user_id): _milliseconds(block.blocked_at) for block in preferences.blocks},
    )


def preferences_of(wishes: Wishes) -> pb.Preferences:
    """Return what a user has decided as the contracts have it."""
    privacy = pb.Privacy(presence=pb.Privacy.Audience.ValueType(wishes.audience), receipts=wishes.receipts)
    quiet_hours = None if wishes.quiet_hours is None else quiet_hours_message(wishes.quiet_hours)
    preferences = pb.Preferences(status=status_of(wishes), privacy=privacy, version=wishes.version, quiet_hours=quiet_hours)
    for user_id, blocked_ms in wishes.blocks.items():
        preferences.blocks.add(user_id=user_id).blocked_at.FromMilliseconds(blocked_ms)
    return preferences


def status_of(wishes: Wishes) -> pb.Status:
    """Return the status alone."""
    status = pb.Status(availability=pb.Availability.ValueType(wishes.availability), text=wishes.text, emoji=wishes.emoji)
    if wishes.expires_ms is not None:
        status.expires_at.FromMilliseconds(wishes.expires_ms)
    return status


def quiet_hours_of(message: pb.QuietHours) -> QuietHours:
    """Return when a user wants to hear of nothing, or raise INVALID_ARGUMENT."""
    return QuietHours(message.begins_minute, message.ends_minute, message.time_zone)


def quiet_hours_message(quiet_hours: QuietHours) -> pb.QuietHours:
    """Return it as the contracts have it."""
    return pb.QuietHours(begins_minute=quiet_hours.begins, ends_minute=quiet_hours.ends, time_zone=quiet_hours.zone)


def audience_of(value: int) -> Audience:
    """Return whom a user lets know, or raise INVALID_ARGUMENT."""
    try:
        return Audience(value)
    except ValueError as error:
        raise ChatError(Reason.INVALID_ARGUMENT, "presence must be NOBODY, DIRECT or SHARED") from error


def circle_of(value: int) -> Audience:
    """Return whom an event may reach. What says nothing of it comes from a service that does not know of such a choice."""
    return _audience(value) or Audience.SHARED


def _milliseconds(moment: Timestamp) -> int:
    """Return Unix milliseconds; 0, which has passed, for what is no time."""
    try:
        return moment.ToMilliseconds()
    except ValueError:
        return 0


def _quiet_hours(message: pb.QuietHours) -> QuietHours | None:
    """Return when a user wants to hear of nothing; never, if this machine does not know their time zone any more."""
    try:
        return quiet_hours_of(message)
    except ChatError:
        return None


def _availability(value: int) -> Availability:
    try:
        return Availability(value)
    except ValueError:
        return Availability.INVISIBLE


def _audience(value: int) -> Audience:
    try:
        return Audience(value)
    except ValueError:
        return Audience.NOBODY
