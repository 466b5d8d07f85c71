"""What an entry makes of a conversation beside its log: for those that are not in the log yet when a conversation is put back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from google.protobuf.message import DecodeError

from chatkit.core.admission import Ban, InviteId
from chatkit.core.conversation import Permission
from chatkit.core.conversation_settings import as_text
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.rpc.admission import invite_of
from chatkit.rpc.conversation_settings import settings_of
from elastic_chat.events.v1 import log_pb2
from svc_router.entries import placed
from svc_router.store import Membership, Restored, Unfinished


def with_unfinished(restored: Restored, unfinished: Iterable[Unfinished]) -> Restored:
    """Return a conversation that is to be put back as it is once everything has happened that is under way, and that it does not have yet.

    Whoever has something for it next will finish that. Raises INTERNAL if something can't be read.
    """
    for one in unfinished:
        if one.place.seq > restored.head:
            try:
                restored = folded(restored, placed(one.draft, one.place))
            except DecodeError as error:
                raise ChatError(Reason.INTERNAL) from error
    return restored


def folded(restored: Restored, entry: log_pb2.LogEntry) -> Restored:
    """Return a conversation as it is once an entry has happened that comes after all that it is made of. Its head stays."""
    change = entry.membership
    members = dict(restored.members)
    for one in change.added:
        members[UserId(one.user_id)] = Membership(Permission(one.permissions), one.joined_seq, one.joined_ordinal)
    for user_id in change.removed_user_ids:
        members.pop(UserId(user_id), None)
    for one in change.changed:
        if there := members.get(UserId(one.user_id)):
            members[UserId(one.user_id)] = replace(there, permissions=Permission(one.permissions))
    bans = dict(restored.bans)
    for user_id in change.banned_user_ids:
        bans[UserId(user_id)] = Ban(UserId(entry.sender_id), entry.accepted_at.ToMilliseconds())
    for user_id in change.unbanned_user_ids:
        bans.pop(UserId(user_id), None)
    invites = dict(restored.invites)
    if entry.invite.withdrawn:
        invites.pop(InviteId(entry.invite.invite_id), None)
    elif entry.HasField("invite"):
        invites[InviteId(entry.invite.invite_id)] = invite_of(entry.invite)
    if used := invites.get(InviteId(change.invite_id)):
        invites[InviteId(change.invite_id)] = replace(used, uses=used.uses + 1)
    settings = dict(restored.settings) | {name: as_text(value) for name, value in settings_of(entry.settings).items()}
    return replace(restored, members=members, bans=bans, invites=invites, settings=settings)
