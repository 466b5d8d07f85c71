"""A message is taken alike at every door, is the same for whoever reads it, and is refused with the same words."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.types.v1.entry_pb2 import Attachment, Body, Deletion, Entry, Forwarded, MessageState, Poll
from tests.e2e.conformance.doors import ACCOUNTS, HISTORY, CallDoor, Can, LineDoor, doors, next_of, refused, until
from tests.e2e.uploads import Files

TEXT = Body(text="Grüße aus Köln 🚲\n\t\x00 <b>&amp;</b> \u2028")
NOBODY = new_id()
AHEAD_OF_EVERY_CLOCK = f"7fffffff-ffff{NOBODY[13:]}"
"""The id of the year 6429: what is a little ahead when this file is read may be of the past when its test begins."""


async def full_body(api: Api, sender: Account, mentioned: str, answered: int) -> Body:
    """Return a body with everything that one may have."""
    file_id = await Files(api, sender).upload(b"Gr\xc3\xbc\xc3\x9fe")
    file = Attachment(file_id=file_id, name="Büro.txt", media_type="text/plain", size=7)
    return Body(text=TEXT.text, reply_to=answered, thread=answered, mentions=[mentioned], attachments=[file])


@doors()
async def test_the_same_message_id_has_one_place(door: Any, anna: Account, conversation_id: str) -> None:
    message_id = new_id()
    first = await door.send(anna.token, conversation_id, message_id, TEXT)
    again = await door.send(anna.token, conversation_id, message_id, Body(text="something else"))
    assert (first.message_id, first.conversation_id, first.seq) == (message_id, conversation_id, 2)
    assert again == first


async def test_the_same_message_id_has_one_place_at_all_doors(all_doors: dict[str, Any], anna: Account, conversation_id: str) -> None:
    message_id = new_id()
    (first, *others) = [await door.send(anna.token, conversation_id, message_id, TEXT) for door in all_doors.values()]
    assert others == [first] * len(others)


async def test_what_any_door_takes_every_door_gives(
    api: Api, all_doors: dict[str, Any], anna: Account, bob: Account, conversation_id: str
) -> None:
    first = await all_doors["rest"].send(anna.token, conversation_id, new_id(), TEXT)
    body = await full_body(api, anna, bob.user_id, first.seq)
    acks = [await door.send(anna.token, conversation_id, new_id(), body) for door in all_doors.values()]
    wanted = [
        Entry(
            conversation_id=conversation_id,
            seq=3 + n,
            message_id=ack.message_id,
            sender_id=anna.user_id,
            kind=Entry.MESSAGE,
            body=body,
            accepted_at=ack.accepted_at,
            ordinal=2 + n,
        )
        for n, ack in enumerate(acks)
    ]
    for name, door in all_doors.items():
        news = await door.news(bob.token, {conversation_id: first.seq})
        assert news.entries == wanted, name
        assert news.positions == {conversation_id: first.seq + len(wanted)}, name
        if isinstance(door, CallDoor):
            page = await door.call(HISTORY["ListMessages"], bob.token, conversation_id=conversation_id, after_seq=first.seq)
            for one in page.entries:
                assert one.state == MessageState(as_of_seq=first.seq + len(wanted))
                one.ClearField("state")
            assert list(page.entries) == wanted, name


@doors()
async def test_who_is_mentioned_is_told_how_often(door: Any, all_doors: dict[str, Any], api: Api, anna: Account, bob: Account) -> None:
    group = await api.group(anna, "tea", [bob])
    for body in (
        Body(text="Bob?", mentions=[bob.user_id]),
        Body(text="everyone!", mention_all=True),
        Body(text="hm", mentions=[NOBODY]),
        TEXT,
    ):
        await door.send(anna.token, group, new_id(), body)
    for name, each in all_doors.items():
        head = (await each.heads(bob.token))[group]
        assert (head.unread_count, head.mention_count) == (4, 2), name
    await all_doors["rest"].change(anna.token, group, new_id(), 2, Deletion())
    assert (await door.heads(bob.token))[group].mention_count == 1
    with pytest.raises(ChatError) as refused:
        await door.send(bob.token, group, new_id(), Body(text="everyone!", mention_all=True))
    assert refused.value.reason is Reason.PERMISSION_DENIED


@doors()
async def test_who_is_mentioned_and_no_member_is_told_of_nothing_not_even_when_they_come_back(
    door: Any, all_doors: dict[str, Any], api: Api, anna: Account, bob: Account
) -> None:
    group = await api.group(anna, "tea", [bob])
    await door.send(anna.token, group, new_id(), Body(text="Bob?", mentions=[bob.user_id]))
    await api.call("DELETE", f"/v1/conversations/{group}/members/{bob.user_id}", token=anna.token)
    await door.send(anna.token, group, new_id(), Body(text="where is Bob?", mentions=[bob.user_id]))
    await api.call("POST", f"/v1/conversations/{group}/members", {"userId": bob.user_id}, anna.token)
    for name, each in all_doors.items():
        head = (await each.heads(bob.token))[group]
        assert (head.unread_count, head.mention_count) == (0, 0), name
    await door.send(anna.token, group, new_id(), Body(text="Bob!", mentions=[bob.user_id]))
    head = (await door.heads(bob.token))[group]
    assert (head.unread_count, head.mention_count) == (1, 1)


@doors(Can.HEAR)
async def test_who_is_connected_hears_what_comes_through_any_door(
    door: LineDoor, all_doors: dict[str, Any], anna: Account, bob: Account, conversation_id: str
) -> None:
    async with door.connect(bob.token) as line:
        for each in all_doors.values():
            ack = await each.send(anna.token, conversation_id, new_id(), TEXT)
            entry = await until(line, "entry")
            assert (entry.seq, entry.message_id, entry.body, entry.accepted_at) == (ack.seq, ack.message_id, TEXT, ack.accepted_at)


@pytest.mark.parametrize(
    ("command", "wanted"),
    [
        ({"conversation_id": NOBODY}, Reason.UNKNOWN_CONVERSATION),
        ({"conversation_id": "no-uuid"}, Reason.UNKNOWN_CONVERSATION),
        ({"conversation_id": NOBODY.upper()}, Reason.UNKNOWN_CONVERSATION),
        ({"message_id": ""}, Reason.INVALID_MESSAGE_ID),
        ({"message_id": "no-uuid"}, Reason.INVALID_MESSAGE_ID),
        ({"message_id": str(uuid.uuid4())}, Reason.INVALID_MESSAGE_ID),
        ({"message_id": NOBODY.upper()}, Reason.INVALID_MESSAGE_ID),
        ({"message_id": AHEAD_OF_EVERY_CLOCK}, Reason.INVALID_MESSAGE_ID),
        ({"body": Body()}, Reason.TEXT_EMPTY),
        ({"body": Body(text="x" * 16_385)}, Reason.TEXT_TOO_LONG),
        ({"body": Body(text="ü" * 8_193)}, Reason.TEXT_TOO_LONG),
        ({"body": Body(text="x", reply_to=-1)}, Reason.INVALID_ARGUMENT),
        ({"body": Body(text="x", thread=-1)}, Reason.INVALID_ARGUMENT),
        ({"body": Body(text="x", reply_to=1)}, Reason.NOT_FOUND),
        ({"body": Body(text="x", thread=1000)}, Reason.NOT_FOUND),
        ({"body": Body(text="x", mentions=["bob"])}, Reason.INVALID_ARGUMENT),
        ({"body": Body(text="x", mentions=[NOBODY] * 101)}, Reason.INVALID_ARGUMENT),
        ({"body": Body(poll=Poll(options=["a", "b"]))}, Reason.TEXT_EMPTY),
        ({"body": Body(text="x", poll=Poll(options=["a"]))}, Reason.INVALID_ARGUMENT),
        ({"body": Body(text="x", forwarded=Forwarded(sender_id=NOBODY))}, Reason.INVALID_ARGUMENT),
        ({"body": Body(text="x", attachments=[Attachment(file_id="no-uuid")])}, Reason.INVALID_ARGUMENT),
        ({"body": Body(text="x", attachments=[Attachment(file_id=NOBODY, name="x" * 256)])}, Reason.INVALID_ARGUMENT),
        ({"body": Body(text="x", attachments=[Attachment(file_id=NOBODY, name="gnp.\u202eexe")])}, Reason.INVALID_ARGUMENT),
        ({"body": Body(attachments=[Attachment(file_id=NOBODY)])}, Reason.UNKNOWN_FILE),
        ({"body": Body(text="x", attachments=[Attachment(file_id=NOBODY, name="x")] * 21)}, Reason.INVALID_ARGUMENT),
        # of several faults, the same one is told everywhere
        ({"message_id": "", "body": Body(), "conversation_id": "no-uuid"}, Reason.INVALID_MESSAGE_ID),
        ({"body": Body(), "conversation_id": "no-uuid"}, Reason.TEXT_EMPTY),
        ({"body": Body(), "conversation_id": NOBODY}, Reason.TEXT_EMPTY),
    ],
    ids=lambda value: value if isinstance(value, Reason) else "+".join(value),
)
async def test_a_command_that_breaks_a_rule_is_refused_with_the_same_words(
    all_doors: dict[str, Any], anna: Account, conversation_id: str, command: dict[str, Any], wanted: Reason
) -> None:
    rightly = {"conversation_id": conversation_id, "message_id": new_id(), "body": TEXT}
    said = {name: await refusal(door, anna.token, rightly | command) for name, door in all_doors.items()}
    assert {name: reason for name, (reason, _) in said.items()} == dict.fromkeys(all_doors, wanted)
    assert len({message for _, message in said.values()}) == 1, said


async def refusal(door: Any, token: str, command: dict[str, Any]) -> tuple[Reason, str]:
    with pytest.raises(ChatError) as refused:
        await door.send(token, **command)
    return refused.value.reason, refused.value.message


async def test_a_conversation_of_others_looks_like_none_at_every_door(all_doors: dict[str, Any], api: Api, conversation_id: str) -> None:
    carla = await api.register("carla")
    said = {
        await refusal(door, carla.token, {"conversation_id": one, "message_id": new_id(), "body": TEXT})
        for door in all_doors.values()
        for one in (conversation_id, NOBODY)
    }
    assert [reason for reason, _ in said] == [Reason.UNKNOWN_CONVERSATION]


async def test_a_message_id_belongs_to_who_used_it_first(
    all_doors: dict[str, Any], anna: Account, bob: Account, conversation_id: str
) -> None:
    command = {"conversation_id": conversation_id, "message_id": new_id(), "body": TEXT}
    await all_doors["grpc-calls"].send(anna.token, **command)
    said = {name: (await refusal(door, bob.token, command))[0] for name, door in all_doors.items()}
    assert said == dict.fromkeys(all_doors, Reason.MESSAGE_ID_REUSED)


@doors()
async def test_what_is_too_large_for_a_door_is_told_so(door: Any, anna: Account, conversation_id: str) -> None:
    command = {"conversation_id": conversation_id, "message_id": new_id(), "body": Body(text="x" * door.most_bytes)}
    reason, _ = await refusal(door, anna.token, command)
    assert reason is Reason.FRAME_TOO_LARGE


@doors(Can.CALL)
async def test_what_is_no_request_is_refused(door: CallDoor) -> None:
    with pytest.raises(ChatError) as refused:
        await door.mumble(ACCOUNTS["Login"])
    assert refused.value.reason is Reason.BAD_FRAME


@doors(Can.HEAR)
@pytest.mark.parametrize("frame", [None, pb.ClientFrame()], ids=["nonsense", "empty"])
async def test_what_is_no_frame_is_refused_twice_and_then_the_connection_ends(
    door: LineDoor, anna: Account, frame: pb.ClientFrame | None
) -> None:
    async with door.connect(anna.token) as line:
        for _ in range(2):
            await line.send(frame)
            assert refused((await next_of(line, "reject")).reject).reason is Reason.BAD_FRAME
        await line.send(frame)
        with pytest.raises(ChatError) as over:
            await line.next()
        assert over.value.reason is Reason.BAD_FRAME
