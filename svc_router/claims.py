"""What each command asks of the sequencer beside a place: what its user must be permitted, and what it changes in its conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatkit.core.admission import Ban, InviteId
from chatkit.core.conversation import ROLES, Permission, Role
from chatkit.core.conversation_settings import RULES, SHARED, Value, as_text
from chatkit.core.ids import UserId, notes_conversation_id
from chatkit.rpc.admission import invite_of
from chatkit.rpc.conversation_settings import message_of, settings_of
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2
from elastic_chat.types.v1.entry_pb2 import MembershipChange as Change
from svc_router.changes import needed
from svc_router.core import Limits, permission_to_give, permission_to_remove
from svc_router.entries import membership_part, role_of_wire, with_role
from svc_router.store import NEVER
from svc_router.store.terms import Administers, Drop, Grant, HandOver, IsPublic, Join, Kept, Leave, Put, Room, Set, Term, UseInvite


@dataclass(frozen=True, slots=True)
class Demand:
    """What the user must be permitted (None if they need not even be a member), and the terms, in their order."""

    needs: Permission | None
    terms: Sequence[Term] = ()


MESSAGE, TO_ALL = Demand(Permission.WRITE), Demand(Permission.WRITE | Permission.MENTION_ALL)


def demand_of(command: pb.Command, limits: Limits, now_ms: int, target: log_pb2.LogEntry | None = None) -> Demand:
    """Return what a command asks for that makes an entry of a conversation that is there; a change comes with its message."""
    match command.WhichOneof("command"):
        case "send":
            return TO_ALL if command.send.HasField("outline") and command.send.outline.mention_all else MESSAGE
        case "change" if target is not None:
            return Demand(needed(command.change, UserId(command.user_id), target))
        case "add_member" | "add_members":
            return Demand(Permission.ADD, [*_added(command), Room(Kept.MEMBERS, limits.members)])
        case "remove_member":
            removed = UserId(command.remove_member.user_id)
            needs = permission_to_remove(UserId(command.user_id), removed)
            return Demand(needs, [Leave(removed, membership_part(Change(removed_user_ids=[removed])))])
        case "ban":
            return _ban(command, limits, now_ms)
        case "invite":
            return _invite(command.invite.invite, limits)
        case "join":
            way = UseInvite(InviteId(command.join.invite_id)) if command.join.invite_id else IsPublic()
            return Demand(None, [way, _join(UserId(command.user_id)), Room(Kept.MEMBERS, limits.members)])
        case "personal":
            is_theirs = command.conversation_id == notes_conversation_id(UserId(command.user_id))
            return Demand(Permission.WRITE if is_theirs else NEVER)
        case "settings":
            return _settings(settings_of(command.settings.settings))
        case _:
            return _role(UserId(command.user_id), UserId(command.role.user_id), role_of_wire(command.role.role))


def _added(command: pb.Command) -> list[Join]:
    added = command.add_member.member
    if command.HasField("add_member"):
        return [_join(UserId(added.user_id), Permission(added.permissions))]
    return [_join(UserId(user_id)) for user_id in command.add_members.user_ids]


def _join(user_id: UserId, permissions: Permission = ROLES[Role.MEMBER]) -> Join:
    as_member, as_reader = (
        membership_part(Change(added=[with_role(conversation_pb2.Member(user_id=user_id, permissions=int(bits)))]))
        for bits in (permissions, ROLES[Role.READER])
    )
    return Join(user_id, permissions, as_member, as_reader)


def _ban(command: pb.Command, limits: Limits, now_ms: int) -> Demand:
    user_id = UserId(command.ban.user_id)
    if command.ban.lifted:
        return Demand(Permission.MODERATE, [Drop(Kept.BANS, user_id, membership_part(Change(unbanned_user_ids=[user_id])))])
    ban = Ban(UserId(command.user_id), now_ms).text
    return Demand(
        Permission.MODERATE,
        [
            Leave(user_id, membership_part(Change(removed_user_ids=[user_id]))),
            Put(Kept.BANS, user_id, ban, membership_part(Change(banned_user_ids=[user_id]))),
            Room(Kept.BANS, limits.bans),
        ],
    )


def _invite(invite: conversation_pb2.Invite, limits: Limits) -> Demand:
    if invite.withdrawn:
        return Demand(Permission.INVITE, [Drop(Kept.INVITES, invite.invite_id)])
    kept = invite_of(invite)
    return Demand(Permission.INVITE, [Put(Kept.INVITES, invite.invite_id, kept.text), Room(Kept.INVITES, limits.invites)])


def _settings(settings: Mapping[str, Value]) -> Demand:
    changes = [_set(name, value) for name, value in settings.items()]
    return Demand(Permission.READ, [Administers(), *changes]) if settings.keys() <= SHARED else Demand(Permission.ADMINISTER, changes)


def _set(name: str, value: Value) -> Set:
    part = log_pb2.LogEntry(settings=message_of({name: value}))
    return Set(name, as_text(value), part.SerializeToString(), is_rule=name in RULES)


def _role(caller: UserId, user_id: UserId, role: Role) -> Demand:
    changed = [_as(user_id, role)]
    if role is not Role.OWNER:
        return Demand(permission_to_give(role), [Grant(user_id, ROLES[role], membership_part(Change(changed=changed)))])
    return Demand(Permission.OWN, [HandOver(user_id, membership_part(Change(changed=[*changed, _as(caller, Role.ADMIN)])))])


def _as(user_id: UserId, role: Role) -> conversation_pb2.Member:
    return with_role(conversation_pb2.Member(user_id=user_id, permissions=int(ROLES[role])))
