"""What history has of a conversation, as it is put back into the live view."""

from __future__ import annotations

from chatkit.core.admission import Invite, InviteId
from chatkit.core.ids import ConversationId, UserId, new_id
from chatkit.rpc.admission import invite_message
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.types.v1 import conversation_pb2
from svc_router.archive import restored_of

ANNA = UserId(new_id())
NOW = 1_800_000_000_000


def test_only_invites_that_let_somebody_in_are_put_back() -> None:
    good = Invite(NOW + 1, 2, 1, ANNA, NOW - 1000)
    over, used_up = Invite(NOW, 0, 0, ANNA, NOW - 1000), Invite(NOW + 1, 2, 2, ANNA, NOW - 1000)
    state = pb.GetConversationStateResponse(conversation=conversation_pb2.Conversation(kind=conversation_pb2.Conversation.GROUP))
    ids = [InviteId(new_id()) for _ in range(3)]
    state.invites.extend(map(invite_message, ids, (over, good, used_up)))
    assert restored_of(ConversationId(new_id()), state, NOW).invites == {ids[1]: good}
