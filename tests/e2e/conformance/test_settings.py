"""What is set of a conversation: changed by who may, shown to everyone, and held to, alike by every kind of call."""

from __future__ import annotations

from typing import Any

import pytest

from bench.client import Account, Api
from chatkit.core.errors import Reason
from chatkit.core.ids import new_id
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.conversation_pb2 import ConversationSettings
from tests.e2e.conformance.doors import HISTORY, ROUTER, CallDoor, Can, doors
from tests.e2e.conformance.test_conversations import reason_of
from tests.e2e.pictures import photo
from tests.e2e.uploads import Files

HELLO = entry_pb2.Body(text="hello")


def change(door: CallDoor, by: Account, conversation_id: str, **settings: Any) -> Any:
    return door.call(ROUTER["UpdateConversation"], by.token, conversation_id=conversation_id, settings=ConversationSettings(**settings))


@doors(Can.CALL)
async def test_what_is_set_is_shown_with_what_was_set_before(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    group = await api.group(anna, "Tea", [bob])
    avatar = await Files(api, anna).upload(photo(64, 48))
    await change(door, anna, group, title="Coffee", topic="black", avatar_file_id=avatar)
    await change(door, anna, group, topic="")
    await change(door, anna, group, topic="")
    await change(door, anna, group, slow_mode_s=0, member_permissions=1 + 2 + 256)
    found = await door.call(HISTORY["GetConversation"], bob.token, conversation_id=group)
    shown = found.conversation.conversation
    assert (shown.title, shown.topic, shown.avatar_file_id, shown.slow_mode_s) == ("Coffee", "", avatar, 0)
    assert (shown.member_permissions, found.conversation.membership.permissions) == (259, 259)
    (listed,) = (await door.call(HISTORY["ListConversations"], bob.token)).conversations
    assert listed.conversation == shown
    entries = await api.messages(anna, group)
    assert [entry["settings"] for entry in entries if entry["kind"] == "SETTINGS"] == [
        {"title": "Coffee", "topic": "black", "avatarFileId": avatar},
        {"topic": ""},
        {"slowModeS": 0, "memberPermissions": 259},
    ]


@doors(Can.CALL)
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"title": " "},
        {"title": "x" * 129},
        {"topic": "x" * 1025},
        {"avatar_file_id": "x"},
        {"slow_mode_s": -1},
        {"slow_mode_s": 21_601},
        {"member_permissions": 0},
        {"member_permissions": 2},
        {"member_permissions": 1 + 512},
    ],
)
async def test_a_setting_that_breaks_a_rule_is_refused(door: CallDoor, api: Api, anna: Account, settings: dict[str, Any]) -> None:
    group = await api.group(anna, "Tea", [])
    assert await reason_of(change(door, anna, group, **settings)) is Reason.INVALID_ARGUMENT


@doors(Can.CALL)
async def test_a_picture_is_an_image_that_whoever_sets_it_may_have(door: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    group = await api.group(anna, "Tea", [bob])
    his = await Files(api, bob).upload(photo(64, 48))
    for file_id, reason in ((new_id(), Reason.UNKNOWN_FILE), (his, Reason.UNKNOWN_FILE)):
        assert await reason_of(change(door, anna, group, avatar_file_id=file_id)) is reason
    text = await Files(api, anna).upload(b"words")
    assert await reason_of(change(door, anna, group, avatar_file_id=text)) is Reason.INVALID_ARGUMENT


@doors(Can.CALL)
async def test_only_who_administers_sets_anything(door: CallDoor, api: Api, anna: Account, bob: Account, conversation_id: str) -> None:
    group = await api.group(anna, "Tea", [bob])
    assert await reason_of(change(door, bob, group, topic="mine")) is Reason.PERMISSION_DENIED
    assert await reason_of(change(door, anna, conversation_id, topic="ours")) is Reason.PERMISSION_DENIED


@doors()
async def test_in_slow_mode_a_second_message_waits(door: Any, calls: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    group = await api.group(anna, "Tea", [bob])
    await change(calls, anna, group, slow_mode_s=60)
    first = new_id()
    await door.send(bob.token, group, first, HELLO)
    assert await reason_of(door.send(bob.token, group, new_id(), HELLO)) is Reason.SLOW_MODE
    assert (await door.send(bob.token, group, first, HELLO)).seq == 3
    for _ in range(2):
        await door.send(anna.token, group, new_id(), HELLO)


@doors()
async def test_what_members_may_holds_for_all_of_them(door: Any, calls: CallDoor, api: Api, anna: Account, bob: Account) -> None:
    group = await api.group(anna, "News", [bob])
    await change(calls, anna, group, member_permissions=1)
    assert await reason_of(door.send(bob.token, group, new_id(), HELLO)) is Reason.PERMISSION_DENIED
    await door.send(anna.token, group, new_id(), HELLO)
    await change(calls, anna, group, member_permissions=3)
    await door.send(bob.token, group, new_id(), HELLO)
