"""What the terms of a command come to in the live view in memory: follows terms.lua."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.conversation import ROLES, Permission, Role, settled
from chatkit.core.ids import UserId
from svc_router.store import Claim, Membership
from svc_router.store.redis import REFUSALS
from svc_router.store.terms import Administers, Drop, Grant, HandOver, IsPublic, Join, Kept, Leave, Put, Room, Set, Term, UseInvite

UNADMINISTERED = {"DIRECT", "SELF"}
"""Kinds of conversations that have their members by their nature."""


@dataclass
class Weighed:
    """A conversation with the terms of a claim carried out: who joins has no place yet. `parts` are what was changed."""

    claim: Claim
    held: Permission
    kind: str
    members: dict[UserId, Membership]
    settings: dict[str, str]
    bans: dict[UserId, Ban]
    invites: dict[InviteId, Invite]
    parts: list[bytes] = field(default_factory=list)
    there: Membership | None = None

    def weigh(self, term: Term) -> None:  # noqa: C901 - one case for each kind of term
        """Carry out a term, or raise why the command is refused."""
        match term:
            case Join():
                self._join(term)
            case Leave(user_id, part):
                self._leave(user_id, part)
            case Grant(user_id, permissions, part):
                self._grant(user_id, permissions, part)
            case HandOver(user_id, part):
                self._hand_over(user_id, part)
            case Set(name, value, part):
                if self.settings.get(name) != value:
                    self.settings[name] = value
                    self.parts.append(part)
            case UseInvite(invite_id):
                self._use(invite_id)
            case IsPublic():
                is_open = self.settings.get("public") == "1" and bool(self.members)
                self._refuse_if("stranger", not is_open and self.claim.user_id not in self.members)
            case Room(kept, limit):
                self._check_room(kept, limit)
            case Administers():
                self._refuse_if("forbidden", Permission.ADMINISTER not in self.held and self.kind not in UNADMINISTERED)
            case _:
                self._keep(term)

    def _join(self, term: Join) -> None:
        self.there = self.members.get(term.user_id, self.there)
        if term.user_id in self.members:
            return
        self._refuse_if("banned", term.user_id in self.bans)
        reads = self.kind == "CHANNEL" and bool(term.reading_part)
        self.members[term.user_id] = Membership(ROLES[Role.READER] if reads else term.permissions, 0)
        self.parts.append(term.reading_part if reads else term.part)

    def _leave(self, user_id: UserId, part: bytes) -> None:
        self._refuse_if("forbidden", self.kind in UNADMINISTERED)
        if user_id not in self.members:
            return
        self._check_rank(user_id)
        self._refuse_if("owner", self._owns(user_id) and len(self.members) > 1)
        del self.members[user_id]
        self.parts.append(part)

    def _grant(self, user_id: UserId, permissions: Permission, part: bytes) -> None:
        self._refuse_if("nobody", user_id not in self.members)
        self._check_rank(user_id)
        self._refuse_if("owner", self._owns(user_id))
        if settled(self.members[user_id].permissions) != permissions:
            self.members[user_id] = replace(self.members[user_id], permissions=permissions)
            self.parts.append(part)

    def _hand_over(self, user_id: UserId, part: bytes) -> None:
        self._refuse_if("nobody", user_id not in self.members)
        caller = self.claim.user_id
        if user_id != caller:
            self.members[user_id] = replace(self.members[user_id], permissions=ROLES[Role.OWNER])
            self.members[caller] = replace(self.members[caller], permissions=ROLES[Role.ADMIN])
            self.parts.append(part)

    def _use(self, invite_id: InviteId) -> None:
        caller = self.claim.user_id
        if caller in self.members:
            return
        invite = self.invites.get(invite_id)
        if invite is None or not invite.is_good(self.claim.now_ms) or not self.members or caller in self.bans:
            raise REFUSALS[b"invite"]
        self.invites[invite_id] = replace(invite, uses=invite.uses + 1)
        self.parts.append(b"")

    def _keep(self, term: Put | Drop) -> None:
        match term:
            case Put(Kept.BANS, name, value, part) if name not in self.bans:
                self.bans[UserId(name)] = Ban.read(value)
            case Put(Kept.INVITES, name, value, part) if name not in self.invites:
                self.invites[InviteId(name)] = Invite.read(value)
            case Drop(Kept.BANS, name, part) if name in self.bans:
                del self.bans[UserId(name)]
            case Drop(Kept.INVITES, name, part) if name in self.invites:
                del self.invites[InviteId(name)]
            case _:
                return
        self.parts.append(part)

    def _check_room(self, kept: Kept, limit: int) -> None:
        if kept is Kept.INVITES:
            self.invites = {one: invite for one, invite in self.invites.items() if invite.is_good(self.claim.now_ms)}
        count = {Kept.MEMBERS: len(self.members), Kept.BANS: len(self.bans), Kept.INVITES: len(self.invites)}[kept]
        self._refuse_if("full", bool(self.parts) and count > limit)

    def _owns(self, user_id: UserId) -> bool:
        return Permission.OWN in settled(self.members[user_id].permissions)

    def _check_rank(self, user_id: UserId) -> None:
        is_above = user_id == self.claim.user_id or Permission.OWN in self.held
        self._refuse_if("forbidden", not is_above and Permission.ADMINISTER in self.members[user_id].permissions)

    def _refuse_if(self, why: str, refused: bool) -> None:  # noqa: FBT001 - reads as a sentence
        if refused:
            raise REFUSALS[why.encode()]
