"""What users decide about how they are seen, as accounts keeps it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import UserId
from chatkit.core.presence import Audience, Availability, Wishes
from chatkit.core.quiet_hours import QuietHours as Hours
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.types.v1.presence_pb2 import BUSY, Preferences, Privacy, QuietHours, Status
from tests.accounts import PASSWORD, Accounts


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


async def anna(accounts: Accounts) -> Any:
    return await accounts.call("Register", pb.RegisterRequest(username="anna", password=PASSWORD))


async def test_who_has_decided_nothing_lets_those_know_who_share_a_conversation_and_gives_receipts(accounts: Accounts) -> None:
    token = (await anna(accounts)).access_token
    privacy = (await accounts.call("GetPrivacy", pb.GetPrivacyRequest(), token)).privacy
    assert privacy == Privacy(presence=Privacy.SHARED, receipts=True)


async def test_a_change_leaves_what_it_does_not_name_and_presence_is_told_of_all(accounts: Accounts) -> None:
    user = await anna(accounts)
    for request, told in (
        (pb.UpdatePrivacyRequest(presence=Privacy.NOBODY), Wishes(audience=Audience.NOBODY, version=1)),
        (pb.UpdatePrivacyRequest(receipts=False), Wishes(audience=Audience.NOBODY, receipts=False, version=2)),
        (pb.UpdatePrivacyRequest(presence=Privacy.DIRECT), Wishes(audience=Audience.DIRECT, receipts=False, version=3)),
        (pb.UpdatePrivacyRequest(receipts=True), Wishes(audience=Audience.DIRECT, version=4)),
    ):
        answer = await accounts.call("UpdatePrivacy", request, user.access_token)
        assert accounts.teller.told[-1] == (user.user_id, told)
        accounts.restart()
        assert answer.privacy == (await accounts.call("GetPrivacy", pb.GetPrivacyRequest(), user.access_token)).privacy


async def test_a_status_is_kept_beside_the_privacy_and_whoever_has_it_kept_is_told_of_all(accounts: Accounts) -> None:
    user = await anna(accounts)
    await accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(receipts=False), user.access_token)
    status = Status(availability=BUSY, text="at sea")
    kept = (await accounts.call("KeepStatus", pb.KeepStatusRequest(status=status), user.access_token)).preferences
    assert kept == Preferences(status=status, privacy=Privacy(presence=Privacy.SHARED, receipts=False), version=2)
    found = await accounts.call("GetPreferences", pb.GetPreferencesRequest(user_ids=["nobody", user.user_id]))
    assert [one.version for one in found.preferences] == [0, 2]
    assert len(accounts.teller.told) == 1, "presence has asked for the status, and knows"


async def test_quiet_hours_stay_beside_all_else_and_presence_is_told_of_all(accounts: Accounts) -> None:
    user = await anna(accounts)
    night = QuietHours(begins_minute=1320, ends_minute=420, time_zone="Europe/Berlin")
    assert (await accounts.call("SetQuietHours", pb.SetQuietHoursRequest(quiet_hours=night), user.access_token)).quiet_hours == night
    assert accounts.teller.told[-1] == (user.user_id, Wishes(quiet_hours=Hours(1320, 420, "Europe/Berlin"), version=1))
    await accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(receipts=False), user.access_token)
    await accounts.call("KeepStatus", pb.KeepStatusRequest(status=Status(text="x")), user.access_token)
    accounts.restart()
    assert (await accounts.call("GetQuietHours", pb.GetQuietHoursRequest(), user.access_token)).quiet_hours == night
    wrong = pb.SetQuietHoursRequest(quiet_hours=QuietHours(begins_minute=1, time_zone="Europe/Nowhere"))
    assert (await accounts.refusal("SetQuietHours", wrong, user.access_token)).reason is Reason.INVALID_ARGUMENT
    await accounts.call("SetQuietHours", pb.SetQuietHoursRequest(), user.access_token)
    assert not (await accounts.call("GetQuietHours", pb.GetQuietHoursRequest(), user.access_token)).HasField("quiet_hours")


async def test_an_audience_that_is_none_is_refused(accounts: Accounts) -> None:
    token = (await anna(accounts)).access_token
    request = pb.UpdatePrivacyRequest()
    request.MergeFromString(b"\x08\x63")  # presence: 99, as only a newer client could mean it
    assert (await accounts.refusal("UpdatePrivacy", request, token)).reason is Reason.INVALID_ARGUMENT


async def test_of_many_changes_at_the_same_time_none_is_lost(accounts: Accounts) -> None:
    user = await anna(accounts)
    await asyncio.gather(
        accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(presence=Privacy.NOBODY), user.access_token),
        accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(receipts=False), user.access_token),
        accounts.call("KeepStatus", pb.KeepStatusRequest(status=Status(text="x")), user.access_token),
    )
    (wishes,) = await accounts.has.preferences.of([UserId(user.user_id)])
    assert wishes == Wishes(text="x", audience=Audience.NOBODY, receipts=False, version=3)


async def test_presence_is_told_later_if_it_could_not_be_reached(accounts: Accounts) -> None:
    user = await anna(accounts)
    accounts.teller.away = True
    await accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(receipts=False), user.access_token)
    await accounts.has.preferences.try_again()
    assert accounts.teller.told == []
    accounts.teller.away = False
    accounts.restart()
    for _ in range(2):
        await accounts.has.preferences.try_again()
    assert accounts.teller.told == [(user.user_id, Wishes(receipts=False, version=1))]


async def test_what_is_decided_while_presence_is_told_of_the_decision_before_is_told_too(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await anna(accounts)
    accounts.teller.away = True
    await accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(receipts=False), user.access_token)
    tell = accounts.teller.tell

    async def told_slowly(user_id: UserId, wishes: Wishes, other_id: UserId | None = None) -> bool:
        monkeypatch.setattr(accounts.teller, "tell", tell)
        await accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(presence=Privacy.NOBODY), user.access_token)
        accounts.teller.away = False
        return await tell(user_id, wishes, other_id)

    monkeypatch.setattr(accounts.teller, "tell", told_slowly)
    for _ in range(2):
        await accounts.has.preferences.try_again()
    assert accounts.teller.told[-1] == (user.user_id, Wishes(receipts=False, audience=Audience.NOBODY, version=2))
    assert await accounts.stores.preferences.untold() == []


async def test_what_one_has_decided_is_told_although_the_process_died_that_kept_it(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await anna(accounts)

    async def die(*_: object) -> bool:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(accounts.teller, "tell", die)
        with pytest.raises(RuntimeError):
            await accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(receipts=False), user.access_token)
    accounts.restart()
    await accounts.has.preferences.try_again()
    assert accounts.teller.told == [(user.user_id, Wishes(receipts=False, version=1))]


async def test_nothing_is_left_of_what_one_had_decided_who_was_deleted(accounts: Accounts) -> None:
    user = await anna(accounts)
    await accounts.call("KeepStatus", pb.KeepStatusRequest(status=Status(text="at sea")), user.access_token)
    await accounts.call("DeleteAccount", pb.DeleteAccountRequest(password=PASSWORD), user.access_token)
    (_, told) = accounts.teller.told[-1]
    assert (told.text, told.availability, told.audience, told.receipts) == ("", Availability.UNSPECIFIED, Audience.NOBODY, False)
    assert await accounts.has.preferences.of([UserId(user.user_id)]) == [told]


async def test_one_who_is_nobody_has_no_privacy_to_change(accounts: Accounts) -> None:
    with pytest.raises(ChatError):
        await accounts.call("GetPrivacy", pb.GetPrivacyRequest())


async def test_whom_a_user_blocks_is_kept_beside_all_else_and_presence_is_told_of_each(accounts: Accounts) -> None:
    user, bob, carl = await anna(accounts), await accounts.register("bob"), await accounts.register("carl")
    await accounts.call("UpdatePrivacy", pb.UpdatePrivacyRequest(receipts=False), user.access_token)
    for other in (bob, carl, bob):
        await accounts.call("BlockUser", pb.BlockUserRequest(user_id=other.user_id), user.access_token)
        accounts.clock.advance(1)
    await accounts.call("KeepStatus", pb.KeepStatusRequest(status=Status(text="x")), user.access_token)
    accounts.restart()
    blocks = (await accounts.call("ListBlocks", pb.ListBlocksRequest(), user.access_token)).blocks
    assert [one.user_id for one in blocks] == [carl.user_id, bob.user_id]
    assert blocks[0].blocked_at.ToMilliseconds() - blocks[1].blocked_at.ToMilliseconds() == 1000
    await accounts.call("UnblockUser", pb.UnblockUserRequest(user_id=bob.user_id), user.access_token)
    await accounts.call("UnblockUser", pb.UnblockUserRequest(user_id=bob.user_id), user.access_token)
    assert accounts.teller.blocks == [
        (user.user_id, bob.user_id, True),
        (user.user_id, carl.user_id, True),
        (user.user_id, bob.user_id, False),
    ]
    (wishes,) = await accounts.has.preferences.of([UserId(user.user_id)])
    assert (wishes.text, wishes.receipts, list(wishes.blocks)) == ("x", False, [carl.user_id])
    assert (await accounts.call("ListBlocks", pb.ListBlocksRequest(), bob.access_token)).blocks == []


async def test_one_blocks_somebody_else_who_is_there_and_not_too_many(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    user, bob, carl = await anna(accounts), await accounts.register("bob"), await accounts.register("carl")
    for user_id, reason in (("nobody", Reason.UNKNOWN_USER), ("", Reason.UNKNOWN_USER), (user.user_id, Reason.INVALID_ARGUMENT)):
        assert await accounts.reason("BlockUser", pb.BlockUserRequest(user_id=user_id), user.access_token) is reason
    monkeypatch.setattr("svc_accounts.core.blocks.MAX_BLOCKS", 1)
    await accounts.call("BlockUser", pb.BlockUserRequest(user_id=bob.user_id), user.access_token)
    assert await accounts.reason("BlockUser", pb.BlockUserRequest(user_id=carl.user_id), user.access_token) is Reason.LIMIT_REACHED
    await accounts.call("UnblockUser", pb.UnblockUserRequest(user_id=bob.user_id), user.access_token)
    await accounts.call("BlockUser", pb.BlockUserRequest(user_id=carl.user_id), user.access_token)


async def test_presence_is_told_later_of_a_block_that_was_taken_back_meanwhile(accounts: Accounts) -> None:
    user, bob = await anna(accounts), await accounts.register("bob")
    accounts.teller.away = True
    await accounts.call("BlockUser", pb.BlockUserRequest(user_id=bob.user_id), user.access_token)
    await accounts.call("UnblockUser", pb.UnblockUserRequest(user_id=bob.user_id), user.access_token)
    accounts.teller.away = False
    accounts.restart()
    for _ in range(2):
        await accounts.has.preferences.try_again()
    assert accounts.teller.blocks == [(user.user_id, bob.user_id, False)] * 2, "both changes were noted, and both say what holds now"
