"""What may become of a message: the check that every door makes before it passes a change on."""

from __future__ import annotations

from google.protobuf.message import Message

from chatkit.core.emoji import check_emoji
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import check_message_id
from chatkit.core.polls import check_vote
from chatkit.rpc.body import checked
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2


def change_command(message_id: str, target: int, change: Message | None, now_ms: int) -> pb.ChangeCommand:
    """Return a change of the message at `target` as routers take it.

    Raises INVALID_MESSAGE_ID, INVALID_ARGUMENT with the field and its rule, BAD_FRAME if it is no change, or what `checked` says of a body.
    """
    command = pb.ChangeCommand(message_id=check_message_id(message_id, now_ms), target=target)
    if target < 1:
        raise ChatError(Reason.INVALID_ARGUMENT, "target is the seq of a message")
    match change:
        case entry_pb2.Body():
            if change.reply_to or change.thread or change.mention_all or change.attachments or change.HasField("poll"):
                raise ChatError(Reason.INVALID_ARGUMENT, "an edit leaves reply_to, thread, mention_all, attachments and poll as they are")
            command.edit = checked(change)
        case entry_pb2.Deletion():
            command.deletion.SetInParent()
        case entry_pb2.Reaction():
            check_emoji(change.emoji)
            command.reaction.CopyFrom(change)
        case entry_pb2.Pin():
            command.pin.CopyFrom(change)
        case entry_pb2.Vote():
            check_vote(change.options)
            command.vote.options.extend(sorted(change.options))
            command.vote.SetInParent()
        case entry_pb2.Closing():
            command.closing.SetInParent()
        case _:
            raise ChatError(Reason.BAD_FRAME, "the change has none of the members that a Change can have")
    return command
