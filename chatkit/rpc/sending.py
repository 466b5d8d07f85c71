"""A message as routers take it: the same from every door."""

from __future__ import annotations

from chatkit.core.ids import check_message_id, message_id_ms
from chatkit.core.polls import check_poll
from chatkit.rpc.body import checked
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2


def put_message(command: pb.SendCommand, message_id: str, body: entry_pb2.Body, now_ms: int) -> None:
    """Put a message into a command: its body as bytes, and beside it what routers must check.

    Raises INVALID_MESSAGE_ID, or what `checked` and `check_poll` raise. A poll is as old as its message_id: a retry is not refused for
    coming after it was to close.
    """
    command.message_id = check_message_id(message_id, now_ms)
    command.body = checked(body)
    if body.reply_to or body.thread or body.mentions or body.mention_all or body.attachments:
        command.outline.reply_to = body.reply_to
        command.outline.thread = body.thread
        command.outline.mentions.extend(sorted(set(body.mentions)))
        command.outline.mention_all = body.mention_all
        command.outline.files = bool(body.attachments)
    if body.HasField("poll"):
        poll = body.poll
        closes_ms = poll.closes_at.ToMilliseconds() if poll.HasField("closes_at") else None
        check_poll(body.text, poll.options, closes_ms, message_id_ms(command.message_id))
        command.outline.ballot.CopyFrom(ballot_of(poll))


def ballot_of(poll: entry_pb2.Poll) -> log_pb2.Ballot:
    """Return which votes can be cast in a poll."""
    closes_at = poll.closes_at if poll.HasField("closes_at") else None
    return log_pb2.Ballot(option_count=len(poll.options), multiple=poll.multiple, closes_at=closes_at)
