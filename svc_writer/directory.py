"""The directory of public conversations: kept by how conversations are, not by what an entry says.

An entry says what was set, and not what else is: that the title of a public conversation changes does not tell where it stood before. So
whoever has written such an entry looks at the conversation as it is then, and puts it where it belongs. The log gives the entries of a
conversation to one writer; what is repeated, or comes late, finds the conversation as it is and comes to the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chatkit.core.conversation_settings import LISTED
from elastic_chat.types.v1 import conversation_pb2
from svc_writer.core import PART, Table, Write, grouped
from svc_writer.store import Listing, Timeline


def touched(writes: Iterable[Write]) -> list[str]:
    """Return the conversations of which something was written that the directory shows."""
    found = (one.row["conversation_id"] for one in writes if one.table is Table.CONVERSATIONS and one.changes and one.column in LISTED)
    return list(dict.fromkeys(found))


async def relist(timeline: Timeline, conversation_id: str) -> None:
    """Put a conversation where it belongs in the directory, or take it out. Raises UNAVAILABLE; repeatable."""
    listing = await timeline.listing(conversation_id)
    if listing is None:
        return
    entered, noted = entries(conversation_id, listing)
    # First the directory, then under which title it stands there: whoever is interrupted between the two finds the old title again.
    await timeline.put(grouped(entered))
    await timeline.put(grouped(noted))


def entries(conversation_id: str, listing: Listing) -> tuple[Sequence[Write], Sequence[Write]]:
    """Return what is to be written into the directory, and what is to be noted of the conversation after that."""
    created = conversation_pb2.Conversation.FromString(listing.conversation)
    title = str(listing.settings.get("title", created.title))
    key = title.casefold() if listing.settings.get("public") else ""
    row = {"part": PART, "conversation_id": conversation_id}
    entered = []
    if key:
        shown = {"kind": created.kind, "title": title}
        shown |= {name: listing.settings.get(name, "") for name in ("topic", "avatar_file_id")}
        entered.append(Write(Table.PUBLIC, {**row, "title_key": key, **shown}, listing.changed_seq))
    if listing.listed_as and listing.listed_as != key:
        entered.append(Write(Table.PUBLIC, {**row, "title_key": listing.listed_as}, listing.changed_seq, deletes=True))
    if listing.listed_as == key:
        return entered, []
    noted = {"conversation_id": conversation_id, "listed_as": key}
    return entered, [Write(Table.CONVERSATIONS, noted, listing.changed_seq, changes=True)]
