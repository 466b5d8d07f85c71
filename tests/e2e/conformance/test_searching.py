"""Search, through every kind of call: what is found, and what is not, whoever asks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.types.v1.entry_pb2 import Body, Poll
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors
from tests.e2e.conformance.test_keeping import about, say

FOUND_S = 20.0


def word() -> str:
    """Return a word that nobody has said."""
    return f"w{new_id()[-12:]}"


async def search(door: CallDoor, by: Account, query: str, **fields: Any) -> pb.SearchResponse:
    answer: pb.SearchResponse = await door.call(HISTORY["Search"], by.token, query=query, **fields)
    return answer


async def found(door: CallDoor, by: Account, query: str) -> list[int]:
    return [one.entry.seq for one in (await search(door, by, query)).results]


async def until_found(door: CallDoor, by: Account, query: str, seqs: list[int]) -> None:
    """Wait until the index has what was said; what is found is told by whoever waits in vain."""
    last: list[int] = []
    try:
        async with asyncio.timeout(FOUND_S):
            while (last := await found(door, by, query)) != seqs:
                await asyncio.sleep(0.1)
    except TimeoutError:
        assert last == seqs


@doors(Can.CALL)
async def test_words_phrases_and_filters_find_what_was_said(door: CallDoor, anna: Account, bob: Account, conversation_id: str) -> None:
    mark = word()
    one, two = await say(door, anna, conversation_id, f"{mark} Tea at noon", f"{mark} no coffee: https://example.org")
    (three,) = await say(door, bob, conversation_id, f"noon {mark}, at tea")
    poll = Body(text=f"{mark}?", poll=Poll(options=["Green tea", "None"]))
    four = (await door.send(bob.token, conversation_id, new_id(), poll)).seq
    await until_found(door, anna, mark, [four, three, two, one])
    for query, seqs in (
        (f"{mark} tea", [four, three, one]),
        (f"{mark} TEA noon", [three, one]),
        (f'{mark} "tea at noon"', [one]),
        (f'"{mark} tea"', [one]),
        (f"{mark[:7]}* coff*", [two]),
        (f"{mark} -tea", [two]),
        (f"{mark} from:@{anna.username.upper()}", [two, one]),
        (f"{mark} from:me", [two, one]),
        (f"{mark} -from:{bob.username}", [two, one]),
        (f"{mark} in:@{bob.username} tea noon", [three, one]),
        (f"{mark} -in:{conversation_id}", []),
        (f"{mark} has:link", [two]),
        (f"{mark} has:poll", [four]),
        (f"{mark} -has:poll tea", [three, one]),
        (f"{mark} after:2026-01-01 before:2100-01-01 noon", [three, one]),
        (f"{mark} before:2026-01-01", []),
        (f"{mark} after:2100-01-01", []),
    ):
        assert await found(door, anna, query) == seqs, query


@doors(Can.CALL)
async def test_what_is_found_is_told_with_where_it_stands(door: CallDoor, anna: Account, conversation_id: str) -> None:
    mark = word()
    long = "many words " * 40 + f"😀 {mark} " + "and more " * 40
    (one,) = await say(door, anna, conversation_id, long.strip())
    await until_found(door, anna, mark, [one])
    (result,) = (await search(door, anna, mark)).results
    units = result.entry.body.text.encode("utf-16-le")
    (highlight,) = result.highlights
    assert highlight.field == pb.Highlight.TEXT
    assert units[2 * highlight.range.start : 2 * highlight.range.end].decode("utf-16-le") == mark
    assert result.snippet.start <= highlight.range.start < highlight.range.end <= result.snippet.end
    assert result.snippet.end - result.snippet.start <= 202


@doors(Can.CALL)
async def test_every_script_is_found(door: CallDoor, anna: Account, conversation_id: str) -> None:
    mark = word()
    texts = ("今日は東京都に行く", "ไปกินข้าวกัน", "السَّلامُ عليكم", "학교에서 만나요", "Großes Fußballspiel", "see you 👍🏽")
    said = await say(door, anna, conversation_id, *(f"{text} {mark}" for text in texts))
    await until_found(door, anna, mark, said[::-1])
    for asked, seq in zip(("京都", "กินข้าว", "السلام", "학교", "FUSSBALLSPIEL", "👍"), said, strict=True):
        assert await found(door, anna, f"{mark} {asked}") == [seq], asked


@doors(Can.CALL)
async def test_edits_and_deletions_are_followed_at_once(door: CallDoor, anna: Account, bob: Account, conversation_id: str) -> None:
    old, new, gone = word(), word(), word()
    edited, deleted, hidden = await say(door, anna, conversation_id, old, gone, f"{gone} hidden")
    await until_found(door, bob, old, [edited])
    await until_found(door, bob, gone, [hidden, deleted])
    await door.change(anna.token, conversation_id, new_id(), edited, Body(text=new))
    assert await found(door, bob, old) == []
    await until_found(door, bob, new, [edited])
    await about(door, "DeleteMessage", anna, conversation_id, deleted, new_id())
    assert await found(door, bob, gone) == [hidden]
    await about(door, "HideMessage", bob, conversation_id, hidden)
    assert await found(door, bob, gone) == []
    assert await found(door, anna, gone) == [hidden]


@doors(Can.CALL)
async def test_nobody_finds_what_they_can_t_read(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    carol, eve = await api.register("carol"), await api.register("eve")
    mark, group = word(), await api.group(anna, "Late", [bob])
    (before,) = await say(door, anna, group, f"{mark} before")
    await door.call(ROUTER["AddMember"], anna.token, conversation_id=group, user_id=carol.user_id)
    (since,) = await say(door, anna, group, f"{mark} since")
    await until_found(door, bob, mark, [since, before])
    assert await found(door, carol, mark) == [since]
    assert await found(door, eve, mark) == []
    assert await found(door, eve, f"{mark} in:{group}") == []
    await door.call(ROUTER["RemoveMember"], anna.token, conversation_id=group, user_id=bob.user_id)
    assert await found(door, bob, mark) == []
    assert await found(door, carol, mark) == [since]


@doors(Can.CALL)
async def test_pages_have_everything_once_the_newest_first(door: CallDoor, anna: Account, bob: Account, api: Api) -> None:
    mark, rooms = word(), [await api.group(anna, f"Room {n}", [bob]) for n in range(3)]
    said = [(room, (await say(door, anna, room, f"{mark} {n}"))[0]) for n in range(4) for room in rooms]
    async with asyncio.timeout(FOUND_S):
        while len((await search(door, bob, mark)).results) < len(said):
            await asyncio.sleep(0.1)
    token, pages = "", []
    while True:
        page = await search(door, bob, mark, page_size=5, page_token=token)
        pages += [(one.entry.conversation_id, one.entry.seq) for one in page.results]
        token = page.next_page_token
        if not token:
            break
    assert pages == said[::-1]


@doors(Can.CALL)
@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"query": ""}, "no word"),
        ({"query": "-bye"}, "only says what not to find"),
        ({"query": 'say "hello'}, "the quotation mark at 5 is not closed"),
        ({"query": "x has:video"}, "has:video at 3 is none of"),
        ({"query": "x before:today"}, "is no day"),
        ({"query": "x from:@nobody-is-called-so"}, "names no user"),
        ({"query": "x in:Nowhere"}, "names no conversation of yours"),
        ({"query": "x", "page_size": 51}, "page_size is 1 to 50"),
        ({"query": "x", "page_token": "x"}, "page_token is next_page_token"),
        ({"query": "x", "utc_offset_minutes": 900}, "utc_offset_minutes"),
    ],
)
async def test_what_can_t_be_understood_is_refused_and_said(door: CallDoor, anna: Account, fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ChatError) as refused:
        await door.call(HISTORY["Search"], anna.token, **fields)
    assert refused.value.reason is Reason.INVALID_ARGUMENT
    assert says in refused.value.message
