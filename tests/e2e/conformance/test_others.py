"""What is somebody else's: every method that strangers can reach, tried by Eve on everything of Anna's.

The methods come from the contracts and from what the edge lets through, so that none can be forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from bench.client import PASSWORD, Account, Api, ApiError, Socket
from chatkit.core.admission import Code
from chatkit.core.clock import SystemClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, new_id
from elastic_chat.accounts.v1 import accounts_service_pb2 as accounts_pb
from elastic_chat.history.v1 import history_service_pb2 as history_pb
from elastic_chat.types.v1.conversation_pb2 import Conversation, ConversationPreferences, ConversationSettings, Member
from elastic_chat.types.v1.entry_pb2 import Body, Draft
from elastic_chat.types.v1.presence_pb2 import Privacy, Status
from launcher.mesh.calls import ANYONE, STREAMS, USERS
from tests.e2e.conformance.doors import ACCOUNTS, FILES, HISTORY, PRESENCE, ROUTER, CallDoor, Can, doors
from tests.e2e.uploads import Files

TEXT = "what only Anna and Bob should read"
CONTRACTS = {"accounts": ACCOUNTS, "router": ROUTER, "history": HISTORY, "presence": PRESENCE, "files": FILES}


@dataclass(frozen=True, slots=True)
class World:
    """Anna with a friend, a conversation, and a session; and Eve, who knows all of its ids."""

    anna: Account
    bob: Account
    eve: Account
    conversation_id: str
    group_message_id: str
    session_id: str
    file_id: str
    scheduled_id: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """What Eve asks for, and how it must end: with one of the reasons, or, if there are none, with an answer that `is_harmless`."""

    fields: Callable[[World], Mapping[str, Any]]
    reasons: tuple[Reason, ...] = ()
    is_harmless: Callable[[Any, World], bool] = lambda _, __: False


def refused(*reasons: Reason, **fields: str) -> Attempt:
    """Return an attempt that must be refused. Fields are named by what the world has, or are texts."""
    return Attempt(lambda world: {name: getattr(world, value, value) for name, value in fields.items()}, reasons)


def for_administrators(**fields: Any) -> Attempt:
    """Return an attempt at what only administrators may do."""
    return Attempt(
        lambda world: {name: value(world) if callable(value) else value for name, value in fields.items()}, (Reason.PERMISSION_DENIED,)
    )


def names_nobody(answer: Any, world: World) -> bool:
    """Whether nothing of Anna's is in an answer."""
    shown = answer.SerializeToString()
    return not any(secret.encode() in shown for secret in (TEXT, world.conversation_id, world.session_id, world.file_id))


def anna(world: World) -> str:
    return world.anna.user_id


HERS = {"conversation_id": "conversation_id"}
NOT_THERE = (Reason.UNKNOWN_CONVERSATION,)

ATTEMPTS: dict[str, Attempt] = {
    "router.SendMessage": Attempt(
        lambda world: {"conversation_id": world.conversation_id, "message_id": new_id(), "body": Body(text="hello")}, NOT_THERE
    ),
    "router.ForwardMessage": Attempt(
        lambda world: {
            "conversation_id": world.conversation_id,
            "from_conversation_id": world.conversation_id,
            "seq": 2,
            "message_id": new_id(),
        },
        NOT_THERE,
    ),
    "router.EditMessage": Attempt(
        lambda world: {"conversation_id": world.conversation_id, "target": 2, "message_id": new_id(), "body": Body(text="hello")}, NOT_THERE
    ),
    **{
        f"router.{method}": Attempt(lambda world: {"conversation_id": world.conversation_id, "target": 2}, NOT_THERE)
        for method in ("DeleteMessage", "PinMessage", "UnpinMessage", "Vote", "ClosePoll")
    },
    **{
        f"router.{method}": Attempt(lambda world: {"conversation_id": world.conversation_id, "target": 2, "emoji": "👍"}, NOT_THERE)
        for method in ("AddReaction", "RemoveReaction")
    },
    "router.AddMember": Attempt(lambda world: {"conversation_id": world.conversation_id, "user_id": world.eve.user_id}, NOT_THERE),
    "router.AddMembers": Attempt(lambda world: {"conversation_id": world.conversation_id, "user_ids": [world.eve.user_id]}, NOT_THERE),
    "router.RemoveMember": Attempt(lambda world: {"conversation_id": world.conversation_id, "user_id": anna(world)}, NOT_THERE),
    "router.UpdateConversation": Attempt(
        lambda world: {"conversation_id": world.conversation_id, "settings": ConversationSettings(title="mine")}, NOT_THERE
    ),
    "router.UpdateConversationPreferences": Attempt(
        lambda world: {"conversation_id": world.conversation_id, "preferences": ConversationPreferences(archived=True)}, NOT_THERE
    ),
    **{
        f"router.{method}": Attempt(lambda world: {"conversation_id": world.conversation_id, "target": 2}, NOT_THERE)
        for method in ("HideMessage", "StarMessage")
    },
    "router.UnstarMessage": Attempt(lambda world: {"conversation_id": world.conversation_id, "target": 2}, is_harmless=names_nobody),
    "router.SaveDraft": Attempt(lambda world: {"conversation_id": world.conversation_id, "draft": Draft(text="mine")}, NOT_THERE),
    "router.DeleteDraft": refused(*NOT_THERE, **HERS),
    "router.ScheduleMessage": Attempt(
        lambda world: {
            "conversation_id": world.conversation_id,
            "message_id": new_id(),
            "body": Body(text="mine"),
            "deliver_at": Timestamp(seconds=SystemClock().now_ms() // 1000 + 3600),
        },
        NOT_THERE,
    ),
    "router.UpdateScheduledMessage": Attempt(
        lambda world: {"scheduled_id": world.scheduled_id, "body": Body(text="mine")}, (Reason.NOT_FOUND,)
    ),
    "router.CancelScheduledMessage": refused(Reason.NOT_FOUND, scheduled_id="scheduled_id"),
    "router.BanMember": Attempt(lambda world: {"conversation_id": world.conversation_id, "user_id": anna(world)}, NOT_THERE),
    "router.UnbanMember": Attempt(lambda world: {"conversation_id": world.conversation_id, "user_id": anna(world)}, NOT_THERE),
    "router.CreateInvite": refused(*NOT_THERE, **HERS),
    "router.WithdrawInvite": Attempt(lambda world: {"conversation_id": world.conversation_id, "invite_id": new_id()}, NOT_THERE),
    "router.Join": Attempt(lambda world: {"code": Code.new(ConversationId(world.conversation_id)).encode()}, (Reason.BAD_INVITE,)),
    "router.JoinPublic": refused(*NOT_THERE, **HERS),
    "history.ListPublicConversations": Attempt(lambda _: {"title_prefix": TEXT}, is_harmless=names_nobody),
    "history.GetInvite": Attempt(lambda world: {"code": Code.new(ConversationId(world.conversation_id)).encode()}, (Reason.BAD_INVITE,)),
    "history.ListBans": refused(*NOT_THERE, **HERS),
    "history.ListInvites": refused(*NOT_THERE, **HERS),
    "router.SetRole": Attempt(
        lambda world: {"conversation_id": world.conversation_id, "user_id": anna(world), "role": Member.READER}, NOT_THERE
    ),
    "router.TransferOwnership": Attempt(lambda world: {"conversation_id": world.conversation_id, "user_id": world.eve.user_id}, NOT_THERE),
    "router.CreateConversation": Attempt(
        lambda world: {"kind": Conversation.GROUP, "title": "mine", "message_id": world.group_message_id},
        is_harmless=lambda answer, world: names_nobody(answer, world) and answer.conversation.title == "mine",
    ),
    "presence.SetStatus": Attempt(lambda _: {"status": Status(text="mine")}, is_harmless=names_nobody),
    "presence.GetStatus": Attempt(lambda _: {}, is_harmless=names_nobody),
    "presence.GetPushKey": Attempt(lambda _: {}, is_harmless=names_nobody),
    "presence.RegisterPushSubscription": refused(Reason.INVALID_ARGUMENT, endpoint="https://10.0.0.1/push"),
    "presence.ListPushSubscriptions": Attempt(lambda _: {}, is_harmless=lambda answer, _: not answer.subscriptions),
    "presence.RemovePushSubscription": Attempt(lambda _: {"subscription_id": new_id()}, is_harmless=names_nobody),
    "presence.GetBadge": Attempt(lambda _: {}, is_harmless=lambda answer, _: answer.count == 0),
    "presence.GetPresence": Attempt(lambda world: {"user_ids": [anna(world)]}, is_harmless=lambda answer, _: not answer.users),
    "history.ListConversations": Attempt(lambda _: {}, is_harmless=names_nobody),
    "history.GetConversation": refused(*NOT_THERE, **HERS),
    "history.ListMessages": refused(*NOT_THERE, **HERS),
    "history.GetMessage": Attempt(lambda world: {"conversation_id": world.conversation_id, "seq": 2}, NOT_THERE),
    "history.ListEdits": Attempt(lambda world: {"conversation_id": world.conversation_id, "seq": 2}, NOT_THERE),
    "history.ListThread": Attempt(lambda world: {"conversation_id": world.conversation_id, "seq": 2}, NOT_THERE),
    "history.ListPins": refused(*NOT_THERE, **HERS),
    "history.ListStars": Attempt(lambda _: {}, is_harmless=names_nobody),
    "history.Search": Attempt(lambda _: {"query": f'"{TEXT}"'}, is_harmless=names_nobody),
    "history.ListScheduledMessages": Attempt(lambda _: {}, is_harmless=names_nobody),
    "history.ListDrafts": Attempt(lambda _: {}, is_harmless=names_nobody),
    "history.ListMembers": refused(*NOT_THERE, **HERS),
    "history.GetReceipts": Attempt(lambda world: {"conversation_id": world.conversation_id, "seq": 1}, NOT_THERE),
    "history.Sync": Attempt(
        lambda world: {"cursors": [history_pb.SyncCursor(conversation_id=world.conversation_id, seq=0)]},
        is_harmless=lambda answer, world: list(answer.gone_conversation_ids) == [world.conversation_id] and not answer.entries,
    ),
    "accounts.GetAuthOptions": Attempt(lambda _: {}, is_harmless=names_nobody),
    "accounts.Register": Attempt(lambda world: {"username": world.anna.username, "password": PASSWORD}, (Reason.USERNAME_TAKEN,)),
    "accounts.Login": Attempt(lambda world: {"username": world.anna.username, "password": "a guess of Eve's"}, (Reason.BAD_CREDENTIALS,)),
    "accounts.StartOidcLogin": refused(Reason.NOT_FOUND, redirect_uri="https://evil.example/"),
    "accounts.FinishOidcLogin": refused(Reason.NOT_FOUND, state="x", code="x", secret="x"),
    "accounts.Refresh": refused(Reason.UNAUTHENTICATED, refresh_token="x"),
    "accounts.ExchangeServiceToken": refused(Reason.UNAUTHENTICATED, service_token="x"),
    "accounts.GetJwks": Attempt(lambda _: {}, is_harmless=names_nobody),
    "accounts.Logout": Attempt(lambda _: {}, is_harmless=names_nobody),
    "accounts.ListSessions": Attempt(
        lambda _: {}, is_harmless=lambda answer, world: names_nobody(answer, world) and len(answer.sessions) == 1
    ),
    "accounts.EndSession": Attempt(lambda world: {"session_id": world.session_id}, is_harmless=names_nobody),
    "accounts.EndOtherSessions": Attempt(lambda _: {}, is_harmless=names_nobody),
    "accounts.ChangePassword": refused(Reason.BAD_CREDENTIALS, old_password="no idea at all", new_password=PASSWORD),
    "accounts.LinkOidc": refused(Reason.NOT_FOUND, Reason.BAD_CREDENTIALS, state="x", code="x", secret="x", password="no idea"),
    "accounts.UnlinkOidc": refused(Reason.NOT_FOUND, Reason.BAD_CREDENTIALS, password="no idea"),
    "accounts.DeleteAccount": refused(Reason.BAD_CREDENTIALS, password="no idea at all"),
    # Whoever knows a name may know who has it: one could not begin to talk otherwise.
    "accounts.FindUsers": Attempt(
        lambda world: {"user_ids": [anna(world)]},
        is_harmless=lambda answer, world: names_nobody(answer, world) and [user.user_id for user in answer.users] == [anna(world)],
    ),
    "accounts.GetPrivacy": Attempt(lambda _: {}, is_harmless=lambda answer, _: answer.privacy.presence != Privacy.DIRECT),
    "accounts.UpdatePrivacy": Attempt(lambda _: {"receipts": False}, is_harmless=lambda answer, _: not answer.privacy.receipts),
    "accounts.GetQuietHours": Attempt(lambda _: {}, is_harmless=lambda answer, _: not answer.HasField("quiet_hours")),
    "accounts.SetQuietHours": Attempt(lambda _: {}, is_harmless=lambda answer, _: not answer.HasField("quiet_hours")),
    "accounts.BlockUser": Attempt(lambda world: {"user_id": anna(world)}, is_harmless=names_nobody),
    "accounts.UnblockUser": Attempt(lambda world: {"user_id": anna(world)}, is_harmless=names_nobody),
    "accounts.ListBlocks": Attempt(lambda _: {}, is_harmless=names_nobody),
    "accounts.CreateReport": Attempt(
        lambda world: {"conversation_id": world.conversation_id, "seq": 2, "category": accounts_pb.Report.SPAM}, NOT_THERE
    ),
    "accounts.UpdateProfile": refused(Reason.UNKNOWN_FILE, avatar_file_id="file_id"),
    "accounts.SuspendUser": for_administrators(user_id=anna, reason="because"),
    "accounts.LiftSuspension": for_administrators(user_id=anna),
    "accounts.ListReports": for_administrators(),
    "accounts.TakeReport": for_administrators(report_id=lambda _: new_id()),
    "accounts.ResolveReport": for_administrators(report_id=lambda _: new_id(), action=accounts_pb.Report.DISMISS),
    "accounts.ListAuditLog": for_administrators(),
    "accounts.GetAccount": for_administrators(user_id=anna),
    "accounts.CreateUser": for_administrators(username="evil", password=PASSWORD),
    "accounts.SetRole": for_administrators(user_id=lambda world: world.eve.user_id, role=accounts_pb.ROLE_ADMIN),
    "accounts.DisableUser": for_administrators(user_id=anna),
    "accounts.EnableUser": for_administrators(user_id=anna),
    "accounts.ResetPassword": for_administrators(user_id=anna, password=PASSWORD),
    "accounts.DeleteUser": for_administrators(user_id=anna),
    "accounts.CreateInvite": for_administrators(),
    "accounts.ListInvites": for_administrators(),
    "accounts.WithdrawInvite": for_administrators(invite_id=lambda _: new_id()),
    "accounts.CreateBot": for_administrators(username="evil-bot"),
    "accounts.CreateServiceToken": for_administrators(user_id=anna, name="evil"),
    "accounts.ListServiceTokens": for_administrators(user_id=anna),
    "files.GetFile": refused(Reason.UNKNOWN_FILE, file_id="file_id"),
    "files.GetFileUrl": refused(Reason.UNKNOWN_FILE, file_id="file_id"),
    "files.GetLinkPreview": refused(Reason.PREVIEWS_OFF, url="http://127.0.0.1/"),
    "files.DeleteFile": refused(Reason.UNKNOWN_FILE, file_id="file_id"),
    "files.ListFiles": Attempt(lambda _: {}, is_harmless=names_nobody),
    "accounts.WithdrawServiceToken": for_administrators(user_id=anna, token_id=lambda _: new_id()),
}


def test_no_method_that_strangers_can_reach_is_forgotten() -> None:
    reachable = {
        f"{service}.{method}"
        for table in (ANYONE, USERS)
        for service, methods in table.items()
        for method in methods
        if method not in STREAMS.get(service, ())
    }
    assert set(ATTEMPTS) == reachable
    for name in reachable:
        service, method = name.split(".")
        assert method in CONTRACTS[service]


async def new_world(api: Api) -> World:
    anna, bob, eve = await asyncio.gather(*map(api.register, ("anna", "bob", "eve")))
    conversation_id = await api.direct(anna, bob)
    file_id = await Files(api, anna).upload(TEXT.encode(), f"{TEXT}.txt")
    await Files(api, anna).post(conversation_id, file_id, text=TEXT)
    group_message_id = new_id()
    body = {"kind": "GROUP", "title": TEXT, "memberIds": [bob.user_id], "messageId": group_message_id}
    await api.call("POST", "/v1/conversations", body, anna.token)
    await api.call("PUT", "/v1/presence/status", {"status": {"text": TEXT}}, anna.token)
    await api.call("PATCH", "/v1/account/privacy", {"presence": "DIRECT"}, anna.token)
    noted = f"/v1/conversations/{conversation_id}"
    await api.call("PUT", f"{noted}/messages/2/star", token=anna.token)
    await api.call("PUT", f"{noted}/draft", {"text": TEXT}, anna.token)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    scheduled = {"messageId": new_id(), "body": {"text": TEXT}, "deliverAt": tomorrow}
    await api.call("POST", f"{noted}/scheduled-messages", scheduled, anna.token)
    (session,) = (await api.call("GET", "/v1/sessions", token=anna.token))["sessions"]
    return World(anna, bob, eve, conversation_id, group_message_id, session["sessionId"], file_id, str(scheduled["messageId"]))


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    """What a case has left as it was, for the next. Whoever finds nothing here makes a new one."""
    return []


async def hers(api: Api, world: World) -> Any:
    """Return what Anna has: the conversation from both ends, its members, her sessions, her files, and how she is seen."""
    conversation = f"/v1/conversations/{world.conversation_id}"
    paths = f"{conversation}/messages?afterSeq=0", f"{conversation}/messages", f"{conversation}/members", "/v1/sessions", "/v1/files"
    decided = "/v1/presence/status", "/v1/account/privacy", "/v1/stars", "/v1/drafts", "/v1/scheduled-messages"
    return await asyncio.gather(*(api.call("GET", path, token=world.anna.token) for path in (*paths, *decided)))


async def is_as_she_was(api: Api, eve: Account) -> bool:
    """Tell whether Eve still has her one session, and has noted nothing for herself."""
    try:
        has_one = len((await api.call("GET", "/v1/sessions", token=eve.token))["sessions"]) == 1
        conversations = (await api.call("GET", "/v1/conversations", token=eve.token)).get("conversations", [])
        return has_one and all(one["conversation"]["kind"] != "SELF" for one in conversations)
    except ApiError:
        return False


@doors(Can.CALL)
@pytest.mark.parametrize("name", ATTEMPTS)
async def test_nobody_gets_or_changes_what_is_anothers(api: Api, worlds: list[World], door: CallDoor, name: str) -> None:
    attempt = ATTEMPTS[name]
    service, method = name.split(".")
    is_open = method in ANYONE.get(service, ())
    world = worlds.pop() if worlds else await new_world(api)
    socket = await Socket.open(api, world.anna)
    before, guessed = await hers(api, world), False
    try:
        answer = await door.call(CONTRACTS[service][method], "" if is_open else world.eve.token, **attempt.fields(world))
    except ChatError as error:
        assert error.reason in attempt.reasons, error
        assert TEXT not in error.message
        guessed = error.reason is Reason.BAD_CREDENTIALS
    else:
        assert not attempt.reasons, f"{name} was not refused: {answer}"
        assert attempt.is_harmless(answer, world), answer
    # All is as it was: her session, her connection, her conversation.
    assert await hers(api, world) == before
    assert (await Files(api, world.bob).get(world.file_id)).body == TEXT.encode()
    await socket.say(world.conversation_id, "still here")
    assert (await socket.until("ack")).seq
    await socket.close()
    # Guesses are counted, of Anna's password and of Eve's own: whoever is to guess next begins with none.
    if not guessed:
        worlds.append(world if await is_as_she_was(api, world.eve) else replace(world, eve=await api.register("eve")))
