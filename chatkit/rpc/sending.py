"""A message as routers take it: the same from every door."""

from __future__ import annotations

from chatkit.core.ids import check_message_id
from chatkit.rpc.body import checked
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2


def put_message(command: pb.SendCommand, message_id: str, body: entry_pb2.Body, now_ms: int) -> None:
    """Put a message into a command: its body as bytes, and beside it what routers must check.

    Raises INVALID_MESSAGE_ID, or what `checked` raises.
    """
    command.message_id = check_message_id(message_id, now_ms)
    command.body = checked(body)
    if body.reply_to or body.thread or body.mentions or body.mention_all or body.attachments:
        command.outline.reply_to = body.reply_to
        command.outline.thread = body.thread
        command.outline.mentions.extend(sorted(set(body.mentions)))
        command.outline.mention_all = body.mention_all
        command.outline.files = bool(body.attachments)
