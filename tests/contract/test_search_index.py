"""The suite of the indexes: the one in memory, which looks through everything by the rule itself, and SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatkit.core.finding import Has, Term
from chatkit.core.ids import ConversationId, new_id
from svc_search.core.criteria import FIRST, Criteria, Hit, Question
from svc_search.core.documents import Change, Erasure
from svc_search.index import BrokenIndexError, Index, Shelf
from svc_search.index import sqlite as sqlite_index
from svc_search.index.memory import MemoryIndex, MemoryShelf
from svc_search.index.sqlite import SqliteIndex, SqliteShelf
from tests.indexing import ANNA, BOB, HALL, KITCHEN, NOON_MS, asked, find, reworded, said, seqs


@pytest.fixture(params=["memory", "sqlite"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    return MemoryShelf() if request.param == "memory" else SqliteShelf(tmp_path / "search")


@pytest.fixture
def index(shelf: Shelf) -> Iterator[Index]:
    opened = shelf.open(3)
    yield opened
    opened.close()


def test_words_are_found_the_newest_first(index: Index) -> None:
    index.apply([said(1, "Tea at noon"), said(2, "no coffee"), said(3, "TEA, please")], 7)
    assert find(index, "tea") == [3, 1]
    assert find(index, "tea", "noon") == [1]
    assert find(index, "milk") == []
    assert find(index) == [3, 2, 1]
    assert (index.next_offset, index.count()) == (7, 3)


@pytest.mark.parametrize(
    ("text", "word", "other"),
    [
        ("今日は東京都に行く", "東京都", "東都"),
        ("猫がいる", "猫", "犬"),
        ("黒猫", "猫", "犬"),
        ("ไปกินข้าวกัน", "กินข้าว", "กินน้ำ"),
        ("السَّلامُ عليكم", "السلام", "سلام"),
        ("학교에서 만나", "학교", "교실"),
        ("party 🎉 tonight 👍🏽", "👍", "👎"),
        ("Großes Fußballspiel", "fussballspiel", "fuss"),
        ("Здравствуйте, Пётр", "петр", "павел"),
        ("नमस्ते दुनिया", "दुनिया", "दुनि"),
        ("it's O'Brien's \"quote\" * NOT (a OR b) {x}:y", "o'brien's \"quote\" not a or b x y", "near"),
    ],
)
def test_every_script_is_found(index: Index, text: str, word: str, other: str) -> None:
    index.apply([said(1, text)], 1)
    assert find(index, word) == [1]
    assert find(index, other) == []


def test_phrases_beginnings_and_what_is_not_meant(index: Index) -> None:
    index.apply([said(1, "good morning all"), said(2, "morning, good people"), said(3, "goodness gracious")], 1)
    assert find(index, "good morning") == [1]
    assert find(index, "good*") == [3, 2, 1]
    assert find(index, "good mor*") == [1]
    assert find(index, "go*", without=(Term(("people",)),)) == [3, 1]
    assert find(index, "good", without=(Term(("morning", "good")), Term(("all",)))) == []


def test_names_of_files_are_found_each_by_itself(index: Index) -> None:
    index.apply([said(1, "here", files=("budget.xlsx", "plan b.pdf")), said(2, "plan b")], 1)
    assert find(index, "plan b") == [2, 1]
    assert find(index, "budget plan") == []
    assert find(index, "xlsx plan") == []
    assert find(index, "here budget") == []


def test_who_said_it_what_it_has_and_when(index: Index) -> None:
    index.apply(
        [
            said(1, "one", files=("a.png",)),
            said(2, "two https://example.org", by=BOB),
            said(3, "three", KITCHEN, by=BOB, files=("b.txt",)),
        ],
        1,
    )
    assert find(index, senders=frozenset({BOB})) == [3, 2]
    assert find(index, other_senders=frozenset({BOB})) == [1]
    assert find(index, senders=frozenset({new_id()})) == []
    assert find(index, other_senders=frozenset({new_id()})) == [3, 2, 1]
    assert find(index, has=frozenset({Has.FILE})) == [3, 1]
    assert find(index, has=frozenset({Has.FILE, Has.IMAGE})) == [1]
    assert find(index, has=frozenset({Has.LINK})) == [2]
    assert find(index, has_not=frozenset({Has.IMAGE})) == [3, 2]
    assert find(index, from_ms=NOON_MS + 2000) == [3, 2]
    assert find(index, until_ms=NOON_MS + 2000) == [1]
    assert find(index, "three", from_ms=NOON_MS + 2000, until_ms=NOON_MS + 4000) == [3]


def test_only_the_conversations_that_are_named_count_and_from_where_on(index: Index) -> None:
    index.apply([said(1, "tea"), said(2, "tea"), said(1, "tea", KITCHEN)], 1)
    tea = asked("tea")
    assert seqs(index.find(replace(tea, places={HALL: 2}))) == [2]
    assert seqs(index.find(replace(tea, places={ConversationId(new_id()): 1}))) == []
    assert seqs(index.find(replace(tea, places={}))) == []


def test_edits_replace_what_was_said_and_the_newest_counts(index: Index) -> None:
    index.apply([said(1, "tea http://example.org", files=("list.txt",)), reworded(1, "coffee", 5), reworded(1, "milk", 4)], 1)
    assert find(index, "tea") == find(index, "milk") == []
    assert find(index, "coffee") == find(index, "list") == [1]
    assert find(index, has=frozenset({Has.LINK})) == []
    index.apply([reworded(1, "see https://example.org", 6)], 2)
    assert find(index, has=frozenset({Has.LINK, Has.FILE})) == [1]


def test_what_is_deleted_or_has_expired_is_gone_and_comes_back_by_nothing(index: Index) -> None:
    index.apply([said(1, "tea"), said(2, "tea", expires_s=100), said(3, "tea", expires_s=200), Erasure(HALL, 1)], 1)
    assert find(index, "tea") == [3, 2]
    assert index.let_go(99) == 0
    assert index.let_go(100) == 1
    assert find(index, "tea") == [3]
    index.apply([said(1, "tea"), reworded(1, "tea", 9)], 2)
    assert find(index, "tea") == [3]


def test_the_same_again_changes_nothing(index: Index) -> None:
    changes: list[Change] = [said(1, "tea"), said(2, "tea"), reworded(1, "milk", 5), Erasure(HALL, 2)]
    for _ in range(3):
        index.apply(changes, 4)
        assert (find(index, "tea"), find(index, "milk"), index.count()) == ([], [1], 1)


def test_a_message_that_comes_after_what_changed_it_is_as_that_says(index: Index) -> None:
    index.apply([reworded(1, "milk", 5), reworded(1, "cream", 4), Erasure(HALL, 2), reworded(2, "milk", 9)], 1)
    index.apply([said(1, "tea"), said(2, "tea")], 2)
    assert (find(index, "tea"), find(index, "milk"), find(index, "cream")) == ([], [1], [])


@pytest.mark.parametrize("few", [0, 8])
def test_pages_have_everything_once(index: Index, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_index, "FEW", few)
    monkeypatch.setattr(sqlite_index, "SCANNED", 10)
    index.apply([replace(said(n, "tea", KITCHEN if n % 3 else HALL), accepted_ms=NOON_MS + n // 4) for n in range(1, 41)], 1)
    for places, expected in (({HALL: 1, KITCHEN: 1}, 40), ({HALL: 1}, 13)):
        found: list[Hit] = []
        question = replace(asked("tea", count=7), places=places)
        while True:
            page = index.find(question)
            found += page.hits
            assert len(page.hits) <= 7
            if not page.has_more:
                break
            question = replace(question, after=page.hits[-1].position)
        assert len({hit.seq for hit in found}) == len(found) == expected
        assert found == sorted(found, reverse=True)


def test_an_index_stays_when_it_is_closed(shelf: Shelf) -> None:
    index = shelf.open(3)
    index.apply([said(1, "tea")], 5)
    index.close()
    again = shelf.open(3)
    assert (find(again, "tea"), again.next_offset) == ([1], 5)
    again.apply([said(2, "tea", by=BOB)], 6)
    assert find(again, "tea", senders=frozenset({BOB})) == [2]
    again.close()
    empty = shelf.anew(3)
    assert (find(empty, "tea"), empty.next_offset) == ([], None)
    empty.close()


def test_what_is_not_held_any_more_is_deleted(shelf: Shelf) -> None:
    for number in (1, 2):
        index = shelf.open(number)
        index.apply([said(1, "tea")], 5)
        index.close()
    shelf.keep_only(frozenset({2}))
    for number, there in ((1, []), (2, [1])):
        index = shelf.open(number)
        assert find(index, "tea") == there
        index.close()


def test_nothing_of_a_deleted_message_is_left_on_the_disk(tmp_path: Path) -> None:
    index = SqliteShelf(tmp_path).open(0)
    others = [said(n, f"words of all kinds {n} xyzzy{n}plugh") for n in range(2, 300)]
    index.apply([said(1, "the secretpassphrase is swordfish"), *others, said(400, "tea", expires_s=5), said(500, "firstwording")], 1)
    index.compact()
    index.settle()
    secrets = (b"secretpassphrase", b"swordfish", b"xyzzy7plugh", b"firstwording")
    assert on_disk(tmp_path, *secrets) == list(secrets)
    index.apply([Erasure(HALL, 1), Erasure(HALL, 7), reworded(500, "second", 501)], 2)
    index.settle()
    assert on_disk(tmp_path, *secrets) == []
    assert find(index, "xyzzy8plugh") == [8]
    index.close()


@pytest.mark.parametrize("comes", [False, True])
def test_what_an_edit_says_goes_with_its_message_also_if_that_came_behind_it_or_never(tmp_path: Path, *, comes: bool) -> None:
    index = SqliteShelf(tmp_path).open(0)
    index.apply([reworded(1, "secretpassphrase", 2, expires_s=10), reworded(3, "swordfish", 4, expires_s=20)], 1)
    if comes:
        index.apply([said(1, "tea", expires_s=10), said(3, "tea", expires_s=20)], 2)
        assert find(index, "swordfish") == [3]
    assert index.let_go(10) == int(comes)
    index.settle()
    assert on_disk(tmp_path, b"secretpassphrase", b"swordfish") == [b"swordfish"]
    index.close()


def on_disk(folder: Path, *secrets: bytes) -> list[bytes]:
    """Return what of some secrets is in the files of a folder: whole, or without the letters that it has in common with its neighbours."""
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    return [one for one in secrets if one in content or one[2:] in content]


def test_a_file_that_is_broken_or_of_another_version_is_begun_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = SqliteShelf(tmp_path)
    index = shelf.open(0)
    index.apply([said(1, "tea")], 5)
    index.close()
    monkeypatch.setattr(sqlite_index, "VERSION", sqlite_index.VERSION + 1)
    index = shelf.open(0)
    assert (index.next_offset, index.count()) == (None, 0)
    index.close()
    (tmp_path / "0.sqlite").write_bytes(b"no database at all" * 1000)
    index = shelf.open(0)
    assert (index.next_offset, find(index, "tea")) == (None, [])
    index.close()


def test_a_file_that_breaks_while_it_is_open_says_so(tmp_path: Path) -> None:
    index = SqliteShelf(tmp_path).open(0)
    index.apply([said(n, f"tea {n}") for n in range(1, 400)], 400)
    index.settle()
    path = tmp_path / "0.sqlite"
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xa5" * (path.stat().st_size - 8192))
    with pytest.raises(BrokenIndexError):
        find(index, "tea")
    with pytest.raises(BrokenIndexError):
        index.apply([said(n, f"more {n}") for n in range(400, 2_000)], 2_000)
    index.close()


def test_changes_that_fail_are_not_taken_up_by_half(tmp_path: Path) -> None:
    index = SqliteShelf(tmp_path).open(0)
    index.apply([said(1, "tea")], 5)
    broken = replace(said(2, "tea", KITCHEN, by=BOB), worded="never")  # type: ignore[arg-type]
    with pytest.raises(apsw.Error):
        index.apply([said(3, "tea", KITCHEN, by=BOB), broken], 6)
    assert (find(index, "tea"), index.next_offset) == ([1], 5)
    index.apply([said(4, "tea", KITCHEN, by=BOB)], 7)
    assert find(index, "tea", senders=frozenset({BOB})) == [4]
    index.close()


async def test_it_is_looked_through_while_it_is_changed(tmp_path: Path) -> None:
    index = SqliteShelf(tmp_path).open(0)
    index.apply([said(1, "tea")], 1)

    def look() -> None:
        for _ in range(200):
            found = find(index, "tea", count=100)
            assert found == sorted(found, reverse=True)
            assert found[-1] == 1

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(asyncio.to_thread(look))
        for n in range(2, 60):
            await asyncio.to_thread(index.apply, [said(n, "tea")], n)
    assert len(find(index, "tea", count=100)) == 59
    index.close()


WORDS = st.sampled_from(["tea", "teapot", "te", "milk", "東京", "東京都", "京", "ข้าว", "شاي", "👍", "x-y", "Tea"])
TEXT = st.lists(WORDS, max_size=5).map(" ".join)
PLACES = st.sampled_from([HALL, KITCHEN])
SEQ = st.integers(1, 12)
CHANGE = st.one_of(
    st.builds(
        lambda seq, text, place, by, files, expires: said(seq, text, place, by=by, files=tuple(files), expires_s=expires),
        SEQ,
        TEXT,
        PLACES,
        st.sampled_from([ANNA, BOB]),
        st.lists(st.sampled_from(["tea.png", "milk tea.txt"]), max_size=2),
        st.sampled_from([0, 0, 10]),
    ),
    st.builds(reworded, SEQ, TEXT, st.integers(13, 30), PLACES, expires_s=st.sampled_from([0, 10])),
    st.builds(Erasure, PLACES, SEQ),
)
TERM = st.builds(
    lambda words, prefix: Term(tuple(words), prefix),
    st.lists(st.sampled_from(["tea", "te", "milk", "東京", "京都", "京", "x", "y", "👍"]), min_size=1, max_size=2),
    st.booleans(),
)
QUESTION = st.builds(
    lambda terms, without, senders, has, since, count, few: (
        Question({HALL: since, KITCHEN: 1}, Criteria(tuple(terms), tuple(without), frozenset(senders), has=frozenset(has)), count, FIRST),
        few,
    ),
    st.lists(TERM, max_size=2),
    st.lists(TERM, max_size=1),
    st.lists(st.sampled_from([ANNA, BOB]), max_size=1),
    st.lists(st.sampled_from(list(Has)), max_size=1),
    SEQ,
    st.integers(1, 6),
    st.sampled_from([0, 8]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(CHANGE | st.just(None), max_size=25), st.lists(QUESTION, min_size=1, max_size=4))
def test_both_find_the_same_whatever_was_said(changes: list[Change | None], questions: list[tuple[Question, int]]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        model, index = MemoryIndex(), SqliteIndex(Path(folder) / "0.sqlite", 0)
        for change in changes:
            for one in (model, index):
                one.let_go(10) if change is None else one.apply([change], 1)
        for question, few in questions:
            patched.setattr(sqlite_index, "FEW", few)
            patched.setattr(sqlite_index, "SCANNED", 3)
            assert index.find(question) == model.find(question)
        assert index.count() == model.count()
        index.close()
