"""Which dead letters a page has, and what redriving one appends, on a topic in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.edges.message_log import DEAD_LETTER_TOPIC, LOG_TOPIC, Record
from chatkit.edges.message_log.memory import MemoryMessageLog
from elastic_chat.events.v1 import log_pb2
from svc_writer.dead_letters import DEFAULT_PAGE, MAX_BYTES, MAX_PAGE, DeadLetters, Kept


class Shelf:
    """The letters of a log in memory: what is appended is there at once."""

    def __init__(self) -> None:
        self.log = MemoryMessageLog()

    def put(self, value: bytes = b"poison", reason: str = "unreadable") -> None:
        letter = log_pb2.DeadLetter(topic=LOG_TOPIC, partition=3, offset=70, key=b"key", value=value, reason=reason)
        self.log.records.append(Record(DEAD_LETTER_TOPIC, b"key", letter.SerializeToString(), "request"))

    async def read(self, from_offset: int) -> AsyncGenerator[Kept, None]:
        held = [record for record in self.log.records if record.topic == DEAD_LETTER_TOPIC]
        for offset, record in enumerate(held):
            if offset >= from_offset:
                yield Kept(offset, log_pb2.DeadLetter.FromString(record.value), record.request_id)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def letters(shelf: Shelf) -> DeadLetters:
    return DeadLetters(shelf, shelf.log)


async def walk(letters: DeadLetters, page_size: int) -> list[list[tuple[int, bool]]]:
    pages, at = [], 0
    while True:
        page = await letters.page(at, page_size)
        pages.append([(kept.offset, redriven) for kept, redriven in page.letters])
        if not (at := page.next_offset):
            return pages


async def refusal(letters: DeadLetters, offset: int) -> Reason:
    with pytest.raises(ChatError) as refused:
        await letters.redrive(offset, force=False)
    return refused.value.reason


async def test_pages_join_without_gap_or_repeat_and_leave_notes_out(shelf: Shelf, letters: DeadLetters) -> None:
    for _ in range(3):
        shelf.put()
    await letters.redrive(1, force=False)  # its note is at 3
    shelf.put()
    assert await walk(letters, 2) == [[(0, False), (1, True)], [(2, False), (4, False)]]
    assert await walk(letters, 0) == [[(0, False), (1, True), (2, False), (4, False)]]


async def test_an_empty_topic_is_one_empty_page(letters: DeadLetters) -> None:
    assert await walk(letters, 0) == [[]]


async def test_thousands_are_all_listed(shelf: Shelf, letters: DeadLetters) -> None:
    for _ in range(3001):
        shelf.put()
    pages = await walk(letters, 0)
    assert [len(page) for page in pages] == [DEFAULT_PAGE] * 30 + [1]
    assert [offset for page in pages for offset, _ in page] == list(range(3001))


async def test_large_letters_come_fewer_at_a_time_and_one_that_is_too_large_alone(shelf: Shelf, letters: DeadLetters) -> None:
    for size in (1, MAX_BYTES + 1, MAX_BYTES // 2, MAX_BYTES // 2, 1):
        shelf.put(b"x" * size)
    assert [[offset for offset, _ in page] for page in await walk(letters, 0)] == [[0], [1], [2, 3], [4]]


@pytest.mark.parametrize("page_size", [-1, MAX_PAGE + 1])
async def test_a_page_has_its_limits(letters: DeadLetters, page_size: int) -> None:
    with pytest.raises(ChatError) as refused:
        await letters.page(0, page_size)
    assert refused.value.reason is Reason.INVALID_ARGUMENT


async def test_redriving_appends_the_record_as_it_was_and_then_the_note(shelf: Shelf, letters: DeadLetters) -> None:
    shelf.put(b"\xff\x00 as it came")
    await letters.redrive(0, force=False)
    again, note = shelf.log.records[1:]
    assert again == Record(LOG_TOPIC, b"key", b"\xff\x00 as it came", "request")
    assert log_pb2.DeadLetter.FromString(note.value) == log_pb2.DeadLetter(redriven_offset=0)


async def test_a_letter_is_redriven_once_unless_forced_and_by_whichever_writer(shelf: Shelf, letters: DeadLetters) -> None:
    shelf.put()
    other = DeadLetters(shelf, shelf.log)
    assert await walk(other, 0) == [[(0, False)]]
    await letters.redrive(0, force=False)
    assert await refusal(letters, 0) is await refusal(other, 0) is Reason.INVALID_ARGUMENT
    assert await walk(other, 0) == [[(0, True)]]
    await other.redrive(0, force=True)
    assert [record.topic for record in shelf.log.records].count(LOG_TOPIC) == 2


@pytest.mark.parametrize("offset", [-1, 1, 99])
async def test_what_is_no_letter_is_not_found(shelf: Shelf, letters: DeadLetters, offset: int) -> None:
    shelf.put()
    await letters.redrive(0, force=False)  # its note is at 1
    assert await refusal(letters, offset) is Reason.NOT_FOUND


async def test_a_letter_that_could_not_be_appended_does_not_count_as_redriven(shelf: Shelf, letters: DeadLetters) -> None:
    shelf.put()
    shelf.log.available = False
    assert await refusal(letters, 0) is Reason.UNAVAILABLE
    shelf.log.available = True
    assert await walk(letters, 0) == [[(0, False)]]
    await letters.redrive(0, force=False)
