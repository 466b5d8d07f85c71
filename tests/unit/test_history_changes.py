"""Messages as they are now, wherever their changes are: in the tail, in the database, or in both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from svc_history.core import MAX_MENTIONED, NEIGHBOURS, Mark, Membership, Stored, spans
from svc_history.fold import fold
from svc_history.reader import Ask, Page
from svc_history.store.memory import MemoryConversation
from tests.reading import ANNA, World, reading

BOB = UserId(new_id())

MESSAGE, EDIT, DELETION, PIN = entry_pb2.Entry.MESSAGE, entry_pb2.Entry.EDIT, entry_pb2.Entry.DELETION, entry_pb2.Entry.PIN


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with reading() as made:
        yield made


def conversation(world: World, *changes: tuple[int, entry_pb2.Entry.Kind.ValueType], messages: int = 300) -> ConversationId:
    """Make one of so many messages, the first at 1, and changes of some after them; only the log and the tail have it."""
    made = MemoryConversation(b"c", messages, {ANNA: Membership(3, 1)})
    conversation_id = ConversationId(new_id())
    for seq in range(1, messages + len(changes) + 1):
        target, kind = (0, MESSAGE) if seq <= messages else changes[seq - messages - 1]
        entry = log_pb2.LogEntry(conversation_id=conversation_id, seq=seq, message_id=new_id(), kind=kind, target=target, sender_id=ANNA)
        entry.body = b"" if kind == DELETION else b"words of %d" % seq
        made.entries[seq] = Stored(seq, entry.SerializeToString())
        if target:
            made.changes[seq] = target
    world.log[conversation_id] = world.live.known[conversation_id] = made
    world.live.complete.setdefault(ANNA, {})[conversation_id] = 1
    return conversation_id


def said(page: Page) -> dict[int, bytes]:
    """Return what the entries of a page say now."""
    words = {}
    for one in page.entries:
        entry = log_pb2.LogEntry.FromString(one.entry)
        now = fold(page.changes.to(one.seq), page.head, ANNA) if entry.kind == MESSAGE else None
        words[one.seq] = entry.body if now is None or now.body is None else now.body
    return words


def words(entries: Sequence[Stored]) -> dict[int, bytes]:
    return {one.seq: log_pb2.LogEntry.FromString(one.entry).body for one in entries}


async def test_where_the_tail_has_a_message_it_has_its_changes_and_the_database_is_not_asked(world: World) -> None:
    conversation_id = conversation(world, (299, EDIT), (300, DELETION), (298, EDIT), (298, DELETION))
    page = await world.reader.page(ANNA, conversation_id, 0, 0, 8)
    assert said(page) == {
        297: b"words of 297",
        298: b"",
        299: b"words of 301",
        300: b"",
        301: b"words of 301",
        302: b"",
        303: b"",
        304: b"",
    }
    assert world.database.reads == 0


@pytest.mark.parametrize("trimmed", [0, 100, 298, 301, 304])
async def test_a_page_is_the_same_wherever_the_tail_begins(world: World, trimmed: int) -> None:
    conversation_id = conversation(world, (50, EDIT), (299, EDIT), (51, DELETION), (299, EDIT))
    world.live.trimmed = world.live.written = trimmed
    world.database.known |= world.log
    old = said(await world.reader.page(ANNA, conversation_id, 53, 0, 4))
    assert old == {49: b"words of 49", 50: b"words of 301", 51: b"", 52: b"words of 52"}
    new = said(await world.reader.page(ANNA, conversation_id, 0, 0, 6))
    assert new == {
        299: b"words of 304",
        300: b"words of 300",
        301: b"words of 301",
        302: b"words of 302",
        303: b"",
        304: b"words of 304",
    }


async def test_what_the_live_view_does_not_know_is_read_from_the_database(world: World) -> None:
    conversation_id = conversation(world, (50, EDIT), (51, DELETION))
    world.live.known.clear()
    page = await world.reader.page(ANNA, conversation_id, 0, 49, 3)
    assert said(page) == {50: b"words of 301", 51: b"", 52: b"words of 52"}


async def test_a_block_that_is_kept_in_memory_does_not_show_what_was_deleted_since(world: World) -> None:
    conversation_id = conversation(world, (5, EDIT))
    world.database.known |= world.log
    world.live.trimmed = world.live.written = 301
    assert said(await world.reader.page(ANNA, conversation_id, 6, 0, 1)) == {5: b"words of 301"}
    made = world.log[conversation_id]
    gone = log_pb2.LogEntry(conversation_id=conversation_id, seq=302, kind=DELETION, target=5)
    made.entries[302], made.changes[302] = Stored(302, gone.SerializeToString()), 5
    assert said(await world.reader.page(ANNA, conversation_id, 6, 0, 1)) == {5: b""}
    assert words((await world.sync(ANNA, {conversation_id: 4})).entries)[5] == b""


async def test_sync_gives_entries_as_they_were_accepted_but_for_what_is_deleted(world: World) -> None:
    conversation_id = conversation(world, (298, EDIT), (298, EDIT), (299, EDIT), (299, DELETION))
    synced = await world.sync(ANNA, {conversation_id: 297})
    assert words(synced.entries) == {
        298: b"words of 298",
        299: b"",
        300: b"words of 300",
        301: b"words of 301",
        302: b"words of 302",
        303: b"",
        304: b"",
    }
    assert world.database.reads == 0
    world.database.known |= world.log
    world.live.trimmed = world.live.written = 304
    assert words((await world.sync(ANNA, {conversation_id: 297})).entries) == words(synced.entries)


@pytest.mark.parametrize("trimmed", [0, 299, 302])
async def test_whoever_has_joined_after_a_message_is_not_told_in_other_words_what_it_said(world: World, trimmed: int) -> None:
    conversation_id = conversation(world, (299, EDIT), (300, EDIT))
    world.log[conversation_id].members[BOB] = Membership(3, 300)
    world.database.known |= world.log
    world.live.trimmed = world.live.written = trimmed
    page = await world.reader.page(BOB, conversation_id, 0, 0, 9)
    assert words(page.entries) == {300: b"words of 300", 301: b"", 302: b"words of 302"}
    assert said(page)[300] == b"words of 302"
    assert words((await world.sync(BOB, {conversation_id: 0})).entries) == words(page.entries)
    assert words((await world.sync(ANNA, {conversation_id: 300})).entries) == {301: b"words of 301", 302: b"words of 302"}


@pytest.mark.parametrize("cursor", [297, 300, 301])
@pytest.mark.parametrize("trimmed", [0, 301, 302])
async def test_sync_gives_no_words_of_an_edit_that_came_after_the_deletion(world: World, trimmed: int, cursor: int) -> None:
    conversation_id = conversation(world, (299, DELETION), (299, EDIT))
    world.database.known |= world.log
    world.live.trimmed = world.live.written = trimmed
    assert words((await world.sync(ANNA, {conversation_id: cursor})).entries)[302] == b""


@pytest.mark.parametrize(("trimmed", "written"), [(0, 0), (0, 301), (0, 303), (299, 303), (302, 303), (303, 303)])
async def test_what_a_message_id_has_made_is_found_without_words_that_are_deleted(world: World, trimmed: int, written: int) -> None:
    conversation_id = conversation(world, (299, EDIT), (298, EDIT), (299, DELETION))
    made = world.log[conversation_id]
    made.ids.update((MessageId(log_pb2.LogEntry.FromString(one.entry).message_id), seq) for seq, one in made.entries.items())
    world.live.trimmed, world.live.written = trimmed, written
    world.database.known[conversation_id] = replace(
        made,
        entries={seq: one for seq, one in made.entries.items() if seq <= written},
        changes={seq: target for seq, target in made.changes.items() if seq <= written},
    )
    found: dict[int, bytes] = {}
    for message_id, seq in made.ids.items():
        if seq > 297:
            one = await world.reader.find(conversation_id, message_id)
            assert one is not None
            found |= words([one])
    assert found == {298: b"words of 298", 299: b"", 300: b"words of 300", 301: b"", 302: b"words of 302", 303: b""}


async def test_what_is_put_back_into_the_live_view_has_the_words_of_edits(world: World) -> None:
    conversation_id = conversation(world, (298, EDIT), (299, EDIT), (299, DELETION))
    *_, recent = await world.reader.durable_state(conversation_id)
    assert [words(recent)[seq] for seq in (298, 299, 301, 302, 303)] == [b"words of 298", b"", b"words of 301", b"", b""]


async def test_one_message_is_found_by_its_seq_and_nothing_else_is_taken_for_one(world: World) -> None:
    conversation_id = conversation(world, (5, EDIT))
    assert said(await world.reader.message(ANNA, conversation_id, 5)) == {5: b"words of 301"}
    for seq in (-1, 0, 301, 302):
        with pytest.raises(ChatError) as refused:
            await world.reader.message(ANNA, conversation_id, seq)
        assert refused.value.reason is Reason.NOT_FOUND


async def test_what_a_message_has_said_is_listed_from_its_first_words_on_and_nothing_of_one_that_is_deleted(world: World) -> None:
    conversation_id = conversation(world, (5, EDIT), (6, EDIT), (5, EDIT), (6, DELETION))
    wordings, has_more = await world.reader.wordings(ANNA, conversation_id, 5, 0, 0)
    assert ([(one.seq, one.body) for one in wordings], has_more) == (
        [(5, b"words of 5"), (301, b"words of 301"), (303, b"words of 303")],
        False,
    )
    newest, has_more = await world.reader.wordings(ANNA, conversation_id, 5, 0, 1)
    assert ([one.seq for one in newest], has_more) == ([303], True)
    older, has_more = await world.reader.wordings(ANNA, conversation_id, 5, 303, 2)
    assert ([one.seq for one in older], has_more) == ([5, 301], False)
    assert await world.reader.wordings(ANNA, conversation_id, 6, 0, 0) == ([], False)


async def test_the_changes_of_a_conversation_that_is_lost_meanwhile_are_not_taken_for_none(world: World) -> None:
    conversation_id = conversation(world, (299, EDIT))
    tails = world.live.tails

    async def lost(pages: object) -> object:
        found = await tails(pages)  # type: ignore[arg-type]
        world.live.known.clear()
        return found

    world.live.tails = lost  # type: ignore[method-assign,assignment]
    with pytest.raises(ChatError) as refused:
        await world.reader.page(ANNA, conversation_id, 0, 0, 5)
    assert refused.value.reason is Reason.UNAVAILABLE


def test_changes_are_asked_for_by_bucket_and_by_neighbourhood() -> None:
    assert list(spans([])) == []
    assert list(spans([1, 2, 40, 1023, 1024, 1030, 5000])) == [(0, 1, 40), (0, 1023, 1023), (1, 1024, 1030), (4, 5000, 5000)]
    assert list(spans([1, 1 + NEIGHBOURS])) == [(0, 1, 1 + NEIGHBOURS)]


async def test_changes_that_have_left_the_tail_and_are_not_written_are_waited_for(world: World) -> None:
    """Also if the page is of old messages alone, which were written long ago."""
    conversation_id = conversation(world, (5, EDIT), (6, DELETION))
    log = world.log[conversation_id]
    written = replace(log, changes={}, entries={seq: one for seq, one in log.entries.items() if seq <= 300})
    world.database.known[conversation_id] = written
    world.live.trimmed, world.live.written = 302, 300
    assert said(await world.reader.page(ANNA, conversation_id, 7, 0, 2)) == {5: b"words of 301", 6: b""}
    assert world.asked == 1
    world.database.known[conversation_id] = written
    assert words((await world.sync(ANNA, {conversation_id: 4})).entries)[6] == b""
    world.database.known[conversation_id] = written
    world.stuck = True
    with pytest.raises(ChatError):
        await world.reader.page(ANNA, conversation_id, 7, 0, 2)


@pytest.mark.parametrize("trimmed", [0, 301, 302, 303, 304])
async def test_pinned_messages_are_listed_wherever_their_pins_are(world: World, trimmed: int) -> None:
    conversation_id = conversation(world, (5, PIN), (299, PIN), (6, PIN), (299, DELETION))
    made = world.log[conversation_id]
    off = log_pb2.LogEntry.FromString(made.entries[303].entry)
    off.target, off.pin.unpinned = 5, True
    made.entries[303], made.changes[303] = Stored(303, off.SerializeToString()), 5
    made.entries[305] = Stored(305, log_pb2.LogEntry(seq=305, kind=PIN, target=7, body=b"words of 305").SerializeToString())
    made.changes[305] = 7
    world.live.trimmed = world.live.written = trimmed
    world.database.known |= world.log
    page = await world.reader.pins(ANNA, conversation_id)
    assert {seq: text for seq, text in said(page).items() if text} == {7: b"words of 7"}
    assert fold(page.changes.to(7), page.head, ANNA).state.pinned


async def test_pins_of_what_was_before_a_member_are_not_listed(world: World) -> None:
    conversation_id = conversation(world, (5, PIN), (200, PIN))
    world.log[conversation_id].members[ANNA] = Membership(3, 100)
    assert [one.seq for one in (await world.reader.pins(ANNA, conversation_id)).entries] == [200]
    with pytest.raises(ChatError) as refused:
        await world.reader.pins(UserId(new_id()), conversation_id)
    assert refused.value.reason is Reason.UNKNOWN_CONVERSATION


def in_threads(world: World, conversation_id: ConversationId, replies: dict[int, int]) -> None:
    """Put messages into threads, by the message that started each."""
    made = world.log[conversation_id]
    for seq, root in replies.items():
        entry = log_pb2.LogEntry.FromString(made.entries[seq].entry)
        entry.outline.thread = root
        made.entries[seq], made.changes[seq] = Stored(seq, entry.SerializeToString()), root


@pytest.mark.parametrize("trimmed", [0, 9, 10, 150, 301])
async def test_a_thread_is_paged_through_wherever_its_messages_are(world: World, trimmed: int) -> None:
    conversation_id = conversation(world, (200, EDIT))
    in_threads(world, conversation_id, {20: 10, 100: 10, 200: 10, 201: 11, 299: 10})
    world.live.trimmed = world.live.written = trimmed
    world.database.known |= world.log

    async def thread(before: int, after: int, size: int) -> tuple[list[int], bool]:
        page = await world.reader.thread(ANNA, conversation_id, 10, before, after, size)
        return [one.seq for one in page.entries], page.has_more

    assert await thread(0, 0, 0) == ([20, 100, 200, 299], False)
    assert await thread(0, 0, 2) == ([200, 299], True)
    assert await thread(200, 0, 2) == ([20, 100], False)
    assert await thread(0, 20, 2) == ([100, 200], True)
    assert said(await world.reader.thread(ANNA, conversation_id, 10, 201, 0, 1)) == {200: b"words of 301"}
    page = await world.reader.message(ANNA, conversation_id, 10)
    state = fold(page.changes.to(10), page.head, ANNA).state
    assert (state.reply_count, state.last_reply_seq) == (4, 299)


async def test_a_thread_lacks_nothing_that_leaves_the_tail_while_it_is_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    conversation_id = conversation(world)
    in_threads(world, conversation_id, {20: 10, 100: 10, 299: 10})
    world.database.known |= world.log
    replies = world.live.replies

    async def trimmed_replies(one: ConversationId, root: int) -> tuple[int, Sequence[bytes]]:
        world.live.trimmed = world.live.written = 50
        return await replies(one, root)

    monkeypatch.setattr(world.live, "replies", trimmed_replies)
    assert [one.seq for one in (await world.reader.thread(ANNA, conversation_id, 10, 0, 0, 0)).entries] == [20, 100, 299]


async def test_a_thread_begins_at_a_message_that_can_be_seen_and_shows_no_more(world: World) -> None:
    conversation_id = conversation(world)
    in_threads(world, conversation_id, {20: 10, 200: 10})
    world.log[conversation_id].members[ANNA] = Membership(3, 10)
    assert [one.seq for one in (await world.reader.thread(ANNA, conversation_id, 10, 0, 0, 0)).entries] == [20, 200]
    world.log[conversation_id].members[ANNA] = Membership(3, 100)
    with pytest.raises(ChatError) as refused:
        await world.reader.thread(ANNA, conversation_id, 10, 0, 0, 0)
    assert refused.value.reason is Reason.NOT_FOUND


async def mentions(world: World, conversation_id: ConversationId) -> int:
    (synced,) = await world.reader.sync([Ask(ANNA, {}, list_all=True)])
    return dict(synced.states)[conversation_id].mention_count


@pytest.mark.parametrize("trimmed", [0, 100, 250, 301])
async def test_unread_mentions_are_counted_wherever_they_are(world: World, trimmed: int) -> None:
    conversation_id = conversation(world, (290, DELETION))
    made = world.log[conversation_id]
    made.marks[ANNA] = Mark(200, 200, 200)
    made.mentions |= {100: {ANNA}, 210: {ANNA}, 220: {BOB}, 230: set(), 290: {ANNA}, 300: {ANNA, BOB}}
    world.live.trimmed = world.live.written = trimmed
    world.database.known |= world.log
    await world.live.remember(world.live.epoch, ANNA, {conversation_id: 1})
    assert await mentions(world, conversation_id) == 3
    assert (world.database.reads > 0) is (trimmed > 200)


async def test_nobody_is_asked_for_mentions_of_who_has_read_everything(world: World) -> None:
    conversation_id = conversation(world, (290, EDIT))
    made = world.log[conversation_id]
    made.marks[ANNA] = Mark(300, 300, 300)
    made.mentions[300] = {ANNA}
    world.live.trimmed = world.live.written = 301
    world.database.known |= world.log
    await world.live.remember(world.live.epoch, ANNA, {conversation_id: 1})
    assert await mentions(world, conversation_id) == 0
    assert world.database.reads == 0


async def test_very_many_mentions_are_counted_up_to_a_hundred(world: World) -> None:
    conversation_id = conversation(world)
    world.log[conversation_id].mentions |= {seq: {ANNA} for seq in range(2, 300)}
    world.live.trimmed = world.live.written = 250
    world.database.known |= world.log
    await world.live.remember(world.live.epoch, ANNA, {conversation_id: 1})
    assert await mentions(world, conversation_id) == MAX_MENTIONED
