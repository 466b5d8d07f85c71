"""How a user is seen: what they change of it, and that nothing of it is left when they are deleted."""

from __future__ import annotations

from typing import Any

import pytest

from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import new_id
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from tests.accounts import PASSWORD, Accounts

PICTURE = new_id()


@pytest.fixture
async def accounts() -> Accounts:
    return Accounts()


@pytest.fixture
async def anna(accounts: Accounts) -> pb.RegisterResponse:
    request = pb.RegisterRequest(username="anna", password=PASSWORD, display_name="Anna")
    made: pb.RegisterResponse = await accounts.call("Register", request)
    return made


async def change(accounts: Accounts, who: pb.RegisterResponse, **profile: Any) -> pb.User:
    changed: pb.UpdateProfileResponse = await accounts.call("UpdateProfile", pb.UpdateProfileRequest(**profile), who.access_token)
    assert await seen(accounts, who) == changed.user
    return changed.user


async def seen(accounts: Accounts, who: pb.RegisterResponse) -> pb.User:
    (found,) = (await accounts.call("FindUsers", pb.FindUsersRequest(user_ids=[who.user_id]), who.access_token)).users
    return pb.User.FromString(found.SerializeToString())


async def test_only_what_is_given_changes(accounts: Accounts, anna: pb.RegisterResponse) -> None:
    before = await change(accounts, anna)
    assert (before.username, before.display_name, before.avatar_file_id) == ("anna", "Anna", "")
    named = await change(accounts, anna, display_name="  Anna of the sea ")
    assert (named.display_name, named.avatar_file_id, named.created_at) == ("Anna of the sea", "", before.created_at)
    assert accounts.avatars.noted == []
    shown = await change(accounts, anna, avatar_file_id=PICTURE)
    assert (shown.display_name, shown.avatar_file_id) == ("Anna of the sea", PICTURE)
    both = await change(accounts, anna, display_name="Anna", avatar_file_id="")
    assert both == before
    assert accounts.avatars.noted == [(anna.user_id, PICTURE), (anna.user_id, "")]


async def test_a_name_is_what_it_may_be_at_a_registration(accounts: Accounts, anna: pb.RegisterResponse) -> None:
    assert (await change(accounts, anna, display_name=" ")).display_name == "anna"
    for name in ("x" * 65, "a\nb", "a\u202eb"):
        request = pb.UpdateProfileRequest(display_name=name, avatar_file_id=PICTURE)
        assert await accounts.reason("UpdateProfile", request, anna.access_token) is Reason.INVALID_ARGUMENT
    assert (await seen(accounts, anna)).avatar_file_id == ""
    assert accounts.avatars.noted == []


async def test_a_picture_that_files_does_not_know_of_is_none(accounts: Accounts, anna: pb.RegisterResponse) -> None:
    request = pb.UpdateProfileRequest(display_name="Someone", avatar_file_id=PICTURE)
    for reason in (Reason.UNKNOWN_FILE, Reason.INVALID_ARGUMENT, Reason.UNAVAILABLE):
        accounts.avatars.refusal = ChatError(reason)
        assert await accounts.reason("UpdateProfile", request, anna.access_token) is reason
    assert (await seen(accounts, anna)).display_name == "Anna"


async def test_a_picture_is_noted_before_it_is_one(accounts: Accounts, anna: pb.RegisterResponse, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> bool:
        raise ChatError(Reason.UNAVAILABLE)

    monkeypatch.setattr(accounts.stores.users, "set_profile", fail)
    request = pb.UpdateProfileRequest(avatar_file_id=PICTURE)
    assert await accounts.reason("UpdateProfile", request, anna.access_token) is Reason.UNAVAILABLE
    assert accounts.avatars.noted == [(anna.user_id, PICTURE)]


async def test_who_is_deleted_has_no_picture_and_changes_nothing(accounts: Accounts, anna: pb.RegisterResponse) -> None:
    await change(accounts, anna, avatar_file_id=PICTURE)
    await accounts.call("DeleteAccount", pb.DeleteAccountRequest(password=PASSWORD), anna.access_token)
    assert accounts.avatars.noted[-1] == (anna.user_id, "")
    assert await seen(accounts, anna) == pb.User(user_id=anna.user_id, deleted=True)
    request = pb.UpdateProfileRequest(display_name="Again")
    assert await accounts.reason("UpdateProfile", request, anna.access_token) is Reason.UNAUTHENTICATED


async def test_a_change_that_comes_while_a_user_is_deleted_leaves_nothing(
    accounts: Accounts, anna: pb.RegisterResponse, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = accounts.avatars.note

    async def deleted_meanwhile(*arguments: Any) -> None:
        monkeypatch.undo()
        await accounts.call("DeleteAccount", pb.DeleteAccountRequest(password=PASSWORD), anna.access_token)
        await note(*arguments)

    monkeypatch.setattr(accounts.avatars, "note", deleted_meanwhile)
    request = pb.UpdateProfileRequest(avatar_file_id=PICTURE)
    assert await accounts.reason("UpdateProfile", request, anna.access_token) is Reason.UNAUTHENTICATED
    assert await seen(accounts, anna) == pb.User(user_id=anna.user_id, deleted=True)


async def test_a_deletion_waits_until_the_picture_can_be_let_go_of(accounts: Accounts, anna: pb.RegisterResponse) -> None:
    await change(accounts, anna, avatar_file_id=PICTURE)
    accounts.avatars.refusal = ChatError(Reason.UNAVAILABLE)
    deletion = pb.DeleteAccountRequest(password=PASSWORD)
    assert await accounts.reason("DeleteAccount", deletion, anna.access_token) is Reason.UNAVAILABLE
    assert (await seen(accounts, anna)).avatar_file_id == PICTURE
    accounts.restart()
    with pytest.raises(ChatError):
        await accounts.has.erasure.go_on()
    accounts.avatars.refusal = None
    await accounts.has.erasure.go_on()
    assert accounts.avatars.noted[-1] == (anna.user_id, "")
    assert await seen(accounts, anna) == pb.User(user_id=anna.user_id, deleted=True)
