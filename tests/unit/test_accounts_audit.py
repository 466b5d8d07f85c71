"""What is noted of each call of a method for administrators, and that none goes without."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message_factory import GetMessageClass
from google.protobuf.timestamp_pb2 import Timestamp

from chatkit.core.errors import ChatError, Reason
from chatkit.rpc.caller import OPERATOR
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from launcher.mesh.calls import USERS
from svc_accounts.audit import SECRETS, is_for_administrators
from svc_accounts.core.audit import DAY_MS
from tests.accounts import PASSWORD, Accounts
from tests.e2e.conformance.doors import ACCOUNTS, FILES, HISTORY, PRESENCE, ROUTER

ADMIN = [method for method in ACCOUNTS.values() if is_for_administrators(method)]


async def entries(accounts: Accounts, token: str = OPERATOR, **wanted: Any) -> list[pb.AuditEntry]:
    found = await accounts.call("ListAuditLog", pb.ListAuditLogRequest(**wanted), token)
    return [one for one in found.entries if one.method != "ListAuditLog"]


@pytest.mark.parametrize("method", ADMIN, ids=lambda method: method.name)
async def test_no_call_for_administrators_goes_without_a_note_whatever_comes_of_it(method: Any) -> None:
    accounts, outcome = Accounts(), "OK"
    try:
        await accounts.call(method.name, GetMessageClass(method.input_type)(), OPERATOR)
    except ChatError as error:
        outcome = error.reason
    (noted,) = accounts.stores.audit.entries.values()
    assert (noted.caller_id, noted.method, noted.outcome) == (OPERATOR, method.name, outcome)


def test_only_accounts_has_methods_for_administrators_and_all_that_the_edge_lets_through_are_known_by_their_path() -> None:
    others = [method for service in (FILES, HISTORY, PRESENCE, ROUTER) for method in service.values()]
    assert not [method.name for method in others if is_for_administrators(method)]
    assert {method.name for method in ADMIN} <= set(USERS["accounts"])


def test_what_is_secret_in_a_request_for_administrators_is_known_by_its_name() -> None:
    fields = {field.name for method in ADMIN for field in method.input_type.fields}
    assert {name for name in fields if any(word in name for word in ("password", "secret", "code", "key"))} <= SECRETS


async def test_it_says_who_what_whom_from_where_and_no_password() -> None:
    accounts = Accounts()
    admin, bob = await accounts.register("root"), await accounts.register("bob")
    await accounts.call("SetRole", pb.SetRoleRequest(user_id=admin.user_id, role=pb.ROLE_ADMIN), OPERATOR)
    token = (await accounts.login("root")).access_token
    accounts.clock.advance(1)
    await accounts.call("ResetPassword", pb.ResetPasswordRequest(user_id=bob.user_id, password="a new secret word"), token)
    accounts.clock.advance(1)
    assert await accounts.reason("DisableUser", pb.DisableUserRequest(user_id=admin.user_id), token) is Reason.PERMISSION_DENIED
    accounts.clock.advance(1)
    newest, reset, role = await entries(accounts)
    assert (newest.caller_id, newest.method, newest.subject) == (admin.user_id, "DisableUser", admin.user_id)
    assert newest.outcome == Reason.PERMISSION_DENIED
    assert (reset.method, reset.subject, reset.details, reset.outcome) == ("ResetPassword", bob.user_id, "", "OK")
    assert (role.caller_id, role.subject, role.details) == (OPERATOR, admin.user_id, '{"role": "ROLE_ADMIN"}')
    noted = repr(accounts.stores.audit.entries)
    assert "secret word" not in noted
    assert PASSWORD not in noted


async def test_one_looks_by_who_whom_what_and_when_page_by_page() -> None:
    accounts = Accounts()
    bob, carl = await accounts.register("bob"), await accounts.register("carl")
    for _ in range(3):
        for user in (bob, carl):
            await accounts.call("DisableUser", pb.DisableUserRequest(user_id=user.user_id), OPERATOR)
        await accounts.call("EnableUser", pb.EnableUserRequest(user_id=bob.user_id), OPERATOR)
        accounts.clock.advance(DAY_MS / 1000 * 2)
    assert len(await entries(accounts)) == 9
    assert len(await entries(accounts, subject=bob.user_id)) == 6
    assert len(await entries(accounts, subject=bob.user_id, method="DisableUser", caller_id=OPERATOR)) == 3
    assert await entries(accounts, caller_id=bob.user_id) == []
    last = pb.ListAuditLogRequest(method="DisableUser")
    last.since.FromMilliseconds(accounts.clock.now_ms() - 3 * DAY_MS)
    assert len((await accounts.call("ListAuditLog", last, OPERATOR)).entries) == 2
    last.since.FromMilliseconds(accounts.clock.now_ms() - 367 * DAY_MS)
    assert await accounts.reason("ListAuditLog", last, OPERATOR) is Reason.INVALID_ARGUMENT
    asked, seen = pb.ListAuditLogRequest(method="DisableUser", page_size=4), list[str]()
    while True:
        page = await accounts.call("ListAuditLog", asked, OPERATOR)
        seen += [one.entry_id for one in page.entries]
        if not page.next_page_token:
            break
        asked.page_token = page.next_page_token
    assert (len(seen), len(set(seen))) == (6, 6)
    for wrong in ("x", "1:x", "99999999999999999999:1"):
        request = pb.ListAuditLogRequest(page_token=wrong)
        assert await accounts.reason("ListAuditLog", request, OPERATOR) is Reason.INVALID_ARGUMENT
    assert await accounts.reason("ListAuditLog", pb.ListAuditLogRequest(page_size=201), OPERATOR) is Reason.INVALID_ARGUMENT


async def test_a_call_with_a_time_that_is_none_is_refused_and_noted() -> None:
    accounts = Accounts()
    bob = await accounts.register("bob")
    never = Timestamp(seconds=10**15)
    assert await accounts.reason("ListAuditLog", pb.ListAuditLogRequest(since=never), OPERATOR) is Reason.INVALID_ARGUMENT
    suspending = pb.SuspendUserRequest(user_id=bob.user_id, ends_at=never, reason="No day.")
    assert await accounts.reason("SuspendUser", suspending, OPERATOR) is Reason.INVALID_ARGUMENT
    (noted,) = await entries(accounts)
    assert (noted.method, noted.subject, noted.outcome) == ("SuspendUser", bob.user_id, Reason.INVALID_ARGUMENT)
    assert "No day." in noted.details


async def test_what_cant_be_noted_is_not_carried_out(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = Accounts()
    bob = await accounts.register("bob")

    async def away(_: object) -> None:
        raise ChatError(Reason.UNAVAILABLE)

    monkeypatch.setattr(accounts.stores.audit, "add_call", away)
    assert await accounts.reason("DeleteUser", pb.DeleteUserRequest(user_id=bob.user_id), OPERATOR) is Reason.UNAVAILABLE
    await accounts.login("bob")
