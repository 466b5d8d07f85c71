"""What a message may say: the check that every door makes before it passes a body on as bytes."""

from __future__ import annotations

from chatkit.core.conversation import MAX_ATTACHMENTS, MAX_MENTIONS, check_text
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import is_uuid
from chatkit.core.text import check_shown
from elastic_chat.types.v1 import entry_pb2

MAX_NAME = 255


def checked(body: entry_pb2.Body) -> bytes:
    """Return a body as bytes, or raise TEXT_EMPTY, TEXT_TOO_LONG or INVALID_ARGUMENT with the field and its rule."""
    if body.HasField("forwarded"):
        raise ChatError(Reason.INVALID_ARGUMENT, "body.forwarded is set by ForwardMessage alone")
    check_text(body.text, has_attachments=bool(body.attachments))
    if body.reply_to < 0 or body.thread < 0:
        raise ChatError(Reason.INVALID_ARGUMENT, "body.reply_to and body.thread are the seq of an entry, or 0")
    if len(body.mentions) > MAX_MENTIONS or not all(is_uuid(user_id) for user_id in body.mentions):
        raise ChatError(Reason.INVALID_ARGUMENT, f"body.mentions holds at most {MAX_MENTIONS} user ids")
    if len(body.attachments) > MAX_ATTACHMENTS:
        raise ChatError(Reason.INVALID_ARGUMENT, f"body.attachments holds at most {MAX_ATTACHMENTS} files")
    for attachment in body.attachments:
        if not is_uuid(attachment.file_id) or len(attachment.name) > MAX_NAME:
            raise ChatError(Reason.INVALID_ARGUMENT, f"an attachment has a file_id, and a name of at most {MAX_NAME} characters or none")
        check_shown(attachment.name, "the name of an attachment", MAX_NAME)
    return body.SerializeToString()
