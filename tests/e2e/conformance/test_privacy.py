"""How users are seen, and what they let others know: decided at one door, it holds at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.history.v1.history_service_pb2 import GetReceiptsResponse
from elastic_chat.presence.v1.presence_service_pb2 import UserPresence
from elastic_chat.types.v1.entry_pb2 import Body
from elastic_chat.types.v1.presence_pb2 import BUSY, INVISIBLE, OFFLINE, ONLINE, Privacy, QuietHours, Status
from tests.e2e.conformance.doors import ACCOUNTS, HISTORY, PRESENCE, CallDoor, Can, LineDoor, doors, next_of, refused, until
from tests.e2e.conformance.frames import Line
from tests.e2e.conformance.test_conversations import reason_of


@pytest.fixture
async def bobs(all_doors: dict[str, Any], bob: Account, conversation_id: str) -> AsyncIterator[Line]:
    """A connection of Bob's, who shares a conversation with Anna."""
    del conversation_id
    async with all_doors["grpc-stream"].connect(bob.token) as line:
        yield line


async def presence(calls: CallDoor, caller: Account, user: Account) -> UserPresence:
    (found,) = (await calls.call(PRESENCE["GetPresence"], caller.token, user_ids=[user.user_id])).users
    return found


@doors(Can.CALL)
@pytest.mark.usefixtures("bobs")
async def test_a_status_that_is_chosen_at_one_door_is_seen_at_all(
    door: CallDoor, all_doors: dict[str, Any], calls: CallDoor, anna: Account, bob: Account
) -> None:
    chosen = Status(availability=BUSY, text="in a meeting", emoji="📅")
    assert (await door.call(PRESENCE["SetStatus"], bob.token, status=chosen)).status == chosen
    assert (await door.call(PRESENCE["GetStatus"], bob.token)).status == chosen
    seen = await presence(calls, anna, bob)
    assert (seen.online, seen.availability, seen.status_text, seen.status_emoji) == (True, BUSY, "in a meeting", "📅")
    for name, each in all_doors.items():
        assert await each.online(anna.token, [bob.user_id]) == {bob.user_id: True}, name
    await door.call(PRESENCE["SetStatus"], bob.token, status=Status(availability=INVISIBLE))
    for name, each in all_doors.items():
        assert await each.online(anna.token, [bob.user_id]) == {bob.user_id: False}, name
    with pytest.raises(ChatError) as failure:
        await door.call(PRESENCE["SetStatus"], bob.token, status=Status(text="x" * 81))
    assert failure.value.reason is Reason.INVALID_ARGUMENT


@doors(Can.HEAR)
async def test_a_status_that_is_chosen_on_one_device_is_told_to_all_of_them_and_to_those_who_watch(
    door: LineDoor, anna: Account, bob: Account, bobs: Line
) -> None:
    async with door.connect(anna.token) as watcher, door.connect(bob.token) as line:
        await watcher.send(pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=[bob.user_id])))
        assert (await until(watcher, "presence")).availability == ONLINE
        await line.send(pb.ClientFrame(set_status=pb.SetStatus(status=Status(availability=BUSY, text="at sea"))))
        for each in (line, bobs):
            assert (await until(each, "preferences")).status == Status(availability=BUSY, text="at sea")
        while (seen := await until(watcher, "presence")).availability != BUSY:
            assert seen.availability == ONLINE, "the news that he has connected may come late"
        assert seen.status_text == "at sea"
        await line.send(pb.ClientFrame(set_status=pb.SetStatus(status=Status(availability=OFFLINE))))
        assert refused((await next_of(line, "reject")).reject).reason in {Reason.INVALID_ARGUMENT, Reason.OVERLOADED}
    async with door.open() as line:
        await line.send(pb.ClientFrame(hello=pb.Hello(access_token=bob.token)))
        assert (await until(line, "welcome")).preferences.status.text == "at sea"


@doors(Can.CALL)
@pytest.mark.usefixtures("bobs")
async def test_whom_a_user_lets_know_is_decided_at_every_door_and_holds_for_both_sides(
    door: CallDoor, calls: CallDoor, api: Api, anna: Account, bob: Account
) -> None:
    carl = await api.register("carl")
    await api.group(bob, "tea", [carl])

    async def seen() -> tuple[bool, bool, bool]:
        sides = ((anna, bob), (carl, bob), (bob, anna))
        return tuple([(await presence(calls, *side)).availability != 0 for side in sides])  # type: ignore[return-value]

    assert await seen() == (True, True, True)
    for audience, expected in ((Privacy.DIRECT, (True, False, True)), (Privacy.NOBODY, (False, False, False))):
        answer = await door.call(ACCOUNTS["UpdatePrivacy"], bob.token, presence=audience)
        assert answer.privacy == Privacy(presence=audience, receipts=True)
        assert (await door.call(ACCOUNTS["GetPrivacy"], bob.token)).privacy == answer.privacy
        assert await seen() == expected


@doors(Can.HEAR)
async def test_who_gives_no_receipts_gets_none_and_their_own_devices_agree(
    door: LineDoor, calls: CallDoor, anna: Account, bob: Account, bobs: Line, conversation_id: str
) -> None:
    seqs = [(await door.send(anna.token, conversation_id, new_id(), Body(text=text))).seq for text in "abc"]

    async def marks(account: Account) -> dict[str, int]:
        answer = await calls.call(HISTORY["ListMembers"], account.token, conversation_id=conversation_id)
        return {mark.user_id: mark.read_seq for mark in answer.watermarks}

    async with door.connect(anna.token) as sender, door.connect(bob.token) as reader:

        async def read(line: Line, seq: int) -> None:
            await line.send(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=conversation_id, read_seq=seq)))

        await read(reader, seqs[0])
        assert (await until(sender, "watermark")).read_seq == seqs[0]
        await calls.call(ACCOUNTS["UpdatePrivacy"], bob.token, receipts=False)
        await until(reader, "preferences")
        await read(reader, seqs[1])
        while (await until(bobs, "watermark")).read_seq != seqs[1]:
            pass
        await read(sender, seqs[2])
        while (await until(sender, "watermark")).user_id != anna.user_id:
            pass
        assert await marks(anna) == {anna.user_id: seqs[2], bob.user_id: seqs[0]}
        assert await marks(bob) == {bob.user_id: seqs[1]}
        receipts = {"conversation_id": conversation_id, "seq": seqs[1]}
        assert await calls.call(HISTORY["GetReceipts"], anna.token, **receipts) == GetReceiptsResponse()
        assert await calls.call(HISTORY["GetReceipts"], bob.token, **receipts) == GetReceiptsResponse()
        await calls.call(ACCOUNTS["UpdatePrivacy"], bob.token, receipts=True)
        await until(reader, "preferences")
        await read(reader, seqs[1])
        while (told := await until(sender, "watermark")).user_id != bob.user_id:
            pass
        assert told.read_seq == seqs[1]
        assert await marks(bob) == {anna.user_id: seqs[2], bob.user_id: seqs[1]}


@doors(Can.HEAR)
async def test_nothing_tells_that_one_is_there_who_is_invisible(
    door: LineDoor, calls: CallDoor, anna: Account, bob: Account, bobs: Line, conversation_id: str
) -> None:
    seq = (await door.send(anna.token, conversation_id, new_id(), Body(text="are you there?"))).seq
    await bobs.send(pb.ClientFrame(set_status=pb.SetStatus(status=Status(availability=INVISIBLE))))
    await until(bobs, "preferences")
    async with door.connect(anna.token) as watcher, door.connect(bob.token) as line:
        await watcher.send(pb.ClientFrame(subscribe_presence=pb.SubscribePresence(user_ids=[bob.user_id])))
        before = await until(watcher, "presence")
        assert (before.online, before.availability) == (False, OFFLINE)
        await line.send(pb.ClientFrame(typing=pb.Typing(conversation_id=conversation_id)))
        await line.send(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=conversation_id, read_seq=seq)))
        await line.send(pb.ClientFrame(ping=pb.Ping(idle=True)))
        await until(bobs, "watermark")
        await watcher.send(pb.ClientFrame(watermark=pb.ClientWatermark(conversation_id=conversation_id, read_seq=seq)))
        while (frame := await watcher.next()).WhichOneof("frame") != "watermark":
            assert frame.WhichOneof("frame") == "presence", frame
            assert frame.presence == before
        assert frame.watermark.user_id == anna.user_id
    after = await presence(calls, anna, bob)
    assert pb.Presence.FromString(after.SerializeToString()) == before


@doors(Can.CALL)
async def test_quiet_hours_are_kept_until_they_are_set_otherwise(door: CallDoor, bob: Account) -> None:
    assert not (await door.call(ACCOUNTS["GetQuietHours"], bob.token)).HasField("quiet_hours")
    night = QuietHours(begins_minute=1320, ends_minute=420, time_zone="Europe/Berlin")
    assert (await door.call(ACCOUNTS["SetQuietHours"], bob.token, quiet_hours=night)).quiet_hours == night
    await door.call(PRESENCE["SetStatus"], bob.token, status=Status(availability=BUSY))
    await door.call(ACCOUNTS["UpdatePrivacy"], bob.token, receipts=False)
    assert (await door.call(ACCOUNTS["GetQuietHours"], bob.token)).quiet_hours == night
    for wrong in (QuietHours(begins_minute=1440, time_zone="UTC"), QuietHours(begins_minute=1, time_zone="Europe/Nowhere")):
        assert await reason_of(door.call(ACCOUNTS["SetQuietHours"], bob.token, quiet_hours=wrong)) is Reason.INVALID_ARGUMENT
    assert not (await door.call(ACCOUNTS["SetQuietHours"], bob.token)).HasField("quiet_hours")
    assert not (await door.call(ACCOUNTS["GetQuietHours"], bob.token)).HasField("quiet_hours")
