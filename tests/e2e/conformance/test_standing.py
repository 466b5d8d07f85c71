"""Where everyone is: what is read, what is missed, who is there. Told by one door, it is the same at all."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1.history_service_pb2 import GetReceiptsResponse
from elastic_chat.types.v1.activity_pb2 import ACTIVITY_UNSPECIFIED, RECORDING_VOICE, Activity
from elastic_chat.types.v1.entry_pb2 import Body
from elastic_chat.types.v1.presence_pb2 import ONLINE
from tests.e2e.conformance.doors import HISTORY, CallDoor, Can, Head, LineDoor, News, doors, next_of, refused, until

MESSAGES = 3
UNKNOWN = new_id()


@pytest.fixture
async def said(all_doors: dict[str, Any], anna: Account, conversation_id: str) -> int:
    """The seq of the last of some messages."""
    for n in range(MESSAGES):
        ack = await all_doors["grpc-calls"].send(anna.token, conversation_id, new_id(), Body(text=str(n)))
    return int(ack.seq)


@doors(Can.HEAR)
async def test_a_watermark_moves_the_unread_count_at_every_door(
    door: LineDoor, all_doors: dict[str, Any], anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    for name, each in all_doors.items():
        assert await each.heads(bob.token) == {conversation_id: Head(said, 0, MESSAGES)}, name
    async with door.connect(anna.token) as sender, door.connect(bob.token) as reader:
        mark = pb.ClientWatermark(conversation_id=conversation_id, delivered_seq=said, read_seq=said - 1)
        await reader.send(pb.ClientFrame(watermark=mark))
        seen = await until(sender, "watermark")
        assert (seen.user_id, seen.delivered_seq, seen.read_seq) == (bob.user_id, said, said - 1)
    for name, each in all_doors.items():
        assert await each.heads(bob.token) == {conversation_id: Head(said, said - 1, 1)}, name


@doors(Can.HEAR)
@pytest.mark.parametrize(
    ("frame", "wanted"),
    [
        (pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=UNKNOWN, read_seq=1)), Reason.UNKNOWN_CONVERSATION),
        (pb.ClientFrame(typing=pb.Typing(conversation_id=UNKNOWN)), Reason.UNKNOWN_CONVERSATION),
        (pb.ClientFrame(typing=pb.Typing()), Reason.UNKNOWN_CONVERSATION),
        (pb.ClientFrame(delta=pb.Delta(conversation_id=UNKNOWN, message_id=new_id(), text="x")), Reason.UNKNOWN_CONVERSATION),
        (pb.ClientFrame(delta=pb.Delta(conversation_id=UNKNOWN, text="x")), Reason.INVALID_MESSAGE_ID),
        (pb.ClientFrame(delta=pb.Delta(conversation_id=UNKNOWN, message_id=new_id())), Reason.INVALID_ARGUMENT),
    ],
    ids=["watermark", "typing", "typing nowhere", "delta", "delta of nothing", "empty delta"],
)
async def test_what_is_told_of_a_conversation_of_others_is_refused(
    door: LineDoor, anna: Account, frame: pb.ClientFrame, wanted: Reason
) -> None:
    async with door.connect(anna.token) as line:
        await line.send(frame)
        reject = (await next_of(line, "reject")).reject
        assert refused(reject).reason is wanted
        assert (reject.message_id, reject.conversation_id) == ("", getattr(frame, frame.WhichOneof("frame") or "").conversation_id)


@doors(Can.HEAR)
async def test_a_watermark_that_makes_no_sense_is_refused(door: LineDoor, anna: Account, conversation_id: str) -> None:
    async with door.connect(anna.token) as line:
        await line.send(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=conversation_id, read_seq=-1)))
        assert refused((await next_of(line, "reject")).reject).reason is Reason.INVALID_ARGUMENT


@doors(Can.CALL)
async def test_who_has_got_and_who_has_read_a_message_is_told(
    door: CallDoor, all_doors: dict[str, Any], anna: Account, bob: Account, conversation_id: str, said: int
) -> None:
    receipts = partial(door.call, HISTORY["GetReceipts"], anna.token, conversation_id=conversation_id)
    assert await receipts(seq=said) == GetReceiptsResponse()
    async with all_doors["grpc-stream"].connect(anna.token) as sender, all_doors["grpc-stream"].connect(bob.token) as reader:
        mark = pb.ClientWatermark(conversation_id=conversation_id, delivered_seq=said, read_seq=said - 1)
        await reader.send(pb.ClientFrame(watermark=mark))
        await until(sender, "watermark")
    assert await receipts(seq=said) == GetReceiptsResponse(delivered_user_ids=[bob.user_id])
    assert await receipts(seq=said - 1) == GetReceiptsResponse(read_user_ids=[bob.user_id])
    with pytest.raises(ChatError) as failure:
        await receipts(seq=-1)
    assert failure.value.reason is Reason.INVALID_ARGUMENT


@pytest.mark.parametrize("activity", [ACTIVITY_UNSPECIFIED, RECORDING_VOICE])
@doors(Can.HEAR)
async def test_typing_is_told(door: LineDoor, anna: Account, bob: Account, conversation_id: str, activity: Activity.ValueType) -> None:
    async with door.connect(anna.token) as one, door.connect(bob.token) as other:
        await one.send(pb.ClientFrame(typing=pb.Typing(conversation_id=conversation_id, activity=activity)))
        notice = pb.TypingNotice(conversation_id=conversation_id, user_id=anna.user_id, activity=activity)
        assert await until(other, "typing") == notice


@doors(Can.HEAR)
async def test_what_is_streamed_is_told_and_kept_when_it_is_sent(door: LineDoor, anna: Account, bob: Account, conversation_id: str) -> None:
    message_id = new_id()
    async with door.connect(anna.token) as one, door.connect(bob.token) as other:
        for offset, text in ((0, "Hello"), (5, ", Bob")):
            await one.send(pb.ClientFrame(delta=pb.Delta(message_id=message_id, conversation_id=conversation_id, offset=offset, text=text)))
            told = await until(other, "delta")
            assert (told.conversation_id, told.user_id, told.message_id) == (conversation_id, anna.user_id, message_id)
            assert (told.offset, told.text) == (offset, text)
        await one.send(pb.ClientFrame(send=pb.Send(message_id=message_id, conversation_id=conversation_id, body=Body(text="Hello, Bob"))))
        assert (await until(other, "entry")).message_id == message_id


@doors(Can.HEAR)
async def test_nobody_is_told_what_is_being_written_by_who_may_not_write(door: LineDoor, api: Api, anna: Account, bob: Account) -> None:
    group = await api.group(anna, "tea", [bob])
    await api.call("PATCH", f"/v1/conversations/{group}", {"memberPermissions": 1}, anna.token)
    carl = await api.register("carl")
    await api.call("POST", f"/v1/conversations/{group}/members", {"userId": carl.user_id}, anna.token)
    async with door.connect(anna.token) as owner, door.connect(bob.token) as reader, door.connect(carl.token) as other:
        for line, text in ((reader, "not this"), (owner, "this")):
            await line.send(pb.ClientFrame(typing=pb.Typing(conversation_id=group)))
            await line.send(pb.ClientFrame(delta=pb.Delta(message_id=new_id(), conversation_id=group, text=text)))
            await line.send(pb.ClientFrame(ping=pb.Ping()))
            await until(line, "pong")
        assert (await until(other, "typing")).user_id == anna.user_id
        assert (await until(other, "delta")).text == "this"


@doors()
async def test_who_comes_back_is_told_what_is_new_and_what_is_gone(door: Any, anna: Account, conversation_id: str, said: int) -> None:
    news = await door.news(anna.token, {conversation_id: said - 1, UNKNOWN: 7})
    assert [entry.seq for entry in news.entries] == [said]
    assert (news.positions, news.more, news.gone) == ({conversation_id: said}, set(), {UNKNOWN})
    assert await door.news(anna.token, {conversation_id: said}) == News(positions={conversation_id: said})


@doors()
async def test_more_cursors_than_may_be_are_refused(door: Any, anna: Account) -> None:
    with pytest.raises(ChatError) as refused:
        await door.news(anna.token, {new_id(): 1 for _ in range(501)})
    assert refused.value.reason is Reason.INVALID_ARGUMENT


@doors(Can.HEAR)
@pytest.mark.usefixtures("conversation_id")
async def test_who_is_there_is_the_same_at_every_door(
    door: LineDoor, all_doors: dict[str, Any], api: Api, anna: Account, bob: Account
) -> None:
    stranger = await api.register("carla")
    asked = [bob.user_id, stranger.user_id, UNKNOWN]
    async with door.connect(anna.token) as line:
        await line.send(pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=asked)))
        assert not (await until(line, "presence")).online
        for name, each in all_doors.items():
            assert await each.online(anna.token, asked) == {bob.user_id: False}, name
        async with door.connect(bob.token), door.connect(stranger.token):
            assert await until(line, "presence") == pb.Presence(user_id=bob.user_id, online=True, availability=ONLINE)
            for name, each in all_doors.items():
                assert await each.online(anna.token, asked) == {bob.user_id: True}, name
        gone = await until(line, "presence")
        assert (gone.user_id, gone.online) == (bob.user_id, False)
        assert gone.last_seen_at.seconds


@doors()
async def test_more_users_than_may_be_asked_for_are_refused(door: Any, anna: Account) -> None:
    with pytest.raises(ChatError) as refused:
        await door.online(anna.token, [new_id() for _ in range(201)])
    assert refused.value.reason is Reason.INVALID_ARGUMENT
