"""Entries as clients read them."""

from __future__ import annotations

from chatkit.core.ids import UserId
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import Stored
from svc_history.fold import fold
from svc_history.reader import Page


def entry_of(stored: Stored) -> entry_pb2.Entry:
    """Return a stored entry as clients read it: the same bytes, with the body understood, and without what is in the stored form only."""
    entry = entry_pb2.Entry.FromString(stored.entry)
    entry.DiscardUnknownFields()
    return entry


def as_it_is(stored: Stored, page: Page, reader: UserId) -> entry_pb2.Entry:
    """Return an entry of a page: a message as it is now."""
    entry = entry_of(stored)
    if entry.kind == entry_pb2.Entry.MESSAGE and not entry.state.hidden:
        now = fold(page.changes.to(entry.seq), page.head, reader)
        entry.state.CopyFrom(now.state)
        if now.body is not None:
            said = entry.body
            kept = entry_pb2.Body(reply_to=said.reply_to, thread=said.thread, mention_all=said.mention_all, attachments=said.attachments)
            if said.HasField("poll"):
                kept.poll.CopyFrom(said.poll)
            entry.ClearField("body")
            if now.body:
                entry.body.MergeFromString(now.body)
                entry.body.MergeFrom(kept)
    return entry
