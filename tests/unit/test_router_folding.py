"""What is under way when a conversation is put back is taken into account, and what can't be read is refused."""

from __future__ import annotations

import pytest

from chatkit.core.admission import Ban, Invite, InviteId
from chatkit.core.conversation import GROUP_MEMBER, GROUP_OWNER, ROLES, Role
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from chatkit.rpc.admission import invite_message
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.conversation_pb2 import ConversationSettings, Member
from elastic_chat.types.v1.conversation_pb2 import Invite as WireInvite
from svc_router.folding import with_unfinished
from svc_router.store import Membership, Place, Restored, Unfinished

ANNA, BOB, CARL, DORA = (UserId(new_id()) for _ in range(4))
CODE = InviteId(new_id())
INVITE = Invite(2000, 3, 0, ANNA, 1000)
MEMBERS = {ANNA: Membership(GROUP_OWNER, 1), BOB: Membership(GROUP_MEMBER, 1), CARL: Membership(GROUP_MEMBER, 1)}
RESTORED = Restored(ConversationId(new_id()), "GROUP", b"", MEMBERS, {}, 9, 5, 1000, 0, settings={"topic": "green"})


def under_way(seq: int, entry: log_pb2.LogEntry | bytes) -> Unfinished:
    draft = entry if isinstance(entry, bytes) else entry.SerializeToString()
    return Unfinished(MessageId(new_id()), Place(seq, 5, 1500), draft)


def test_each_thing_that_is_under_way_counts_in_its_order() -> None:
    change = entry_pb2.MembershipChange
    entries = [
        log_pb2.LogEntry(invite=invite_message(CODE, INVITE)),
        log_pb2.LogEntry(membership=change(added=[Member(user_id=DORA, permissions=7)], invite_id=CODE)),
        log_pb2.LogEntry(membership=change(changed=[Member(user_id=BOB, permissions=int(ROLES[Role.ADMIN]))])),
        log_pb2.LogEntry(sender_id=ANNA, membership=change(removed_user_ids=[CARL], banned_user_ids=[CARL, DORA])),
        log_pb2.LogEntry(membership=change(unbanned_user_ids=[DORA])),
        log_pb2.LogEntry(settings=ConversationSettings(topic="", slow_mode_s=5)),
    ]
    folded = with_unfinished(RESTORED, [under_way(seq, entry) for seq, entry in enumerate(entries, 10)])
    assert folded.members == {
        ANNA: Membership(GROUP_OWNER, 1),
        BOB: Membership(ROLES[Role.ADMIN], 1),
        DORA: Membership(GROUP_MEMBER, 11, 5),
    }
    assert folded.bans == {CARL: Ban(ANNA, 1500)}
    assert folded.invites == {CODE: Invite(2000, 3, 1, ANNA, 1000)}
    assert folded.settings == {"topic": "", "slow_mode_s": "5"}
    withdrawn = log_pb2.LogEntry(invite=WireInvite(invite_id=CODE, withdrawn=True))
    assert with_unfinished(folded, [under_way(20, withdrawn)]).invites == {}


def test_what_history_has_already_does_not_count_twice() -> None:
    gone = log_pb2.LogEntry(membership=entry_pb2.MembershipChange(removed_user_ids=[CARL]))
    assert with_unfinished(RESTORED, [under_way(9, gone)]) == RESTORED


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(ChatError) as refused:
        with_unfinished(RESTORED, [under_way(10, b"\xff\xff")])
    assert refused.value.reason is Reason.INTERNAL
