"""Who may call what: from outside, and between services. Edge and sidecars let nobody do more than these tables say."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

import elastic_chat
from launcher.certificates.authority import EDGE

DESCRIPTORS = Path(elastic_chat.__path__[0]) / "descriptors.binpb"
"""The contracts, as the edge needs them to turn JSON into protobuf and back."""

ANYONE: dict[str, tuple[str, ...]] = {
    "gateway": ("Connect",),
    "accounts": (
        *("GetAuthOptions", "Register", "Login", "StartOidcLogin", "FinishOidcLogin"),
        *("Refresh", "ExchangeServiceToken", "GetJwks"),
    ),
}
"""The methods that the edge lets everyone call."""

USERS: dict[str, tuple[str, ...]] = {
    "router": (
        *("SendMessage", "ForwardMessage", "EditMessage", "DeleteMessage", "AddReaction", "RemoveReaction", "PinMessage", "UnpinMessage"),
        *("Vote", "ClosePoll"),
        *("CreateConversation", "UpdateConversation"),
        *("UpdateConversationPreferences", "HideMessage", "StarMessage", "UnstarMessage", "SaveDraft", "DeleteDraft"),
        *("ScheduleMessage", "UpdateScheduledMessage", "CancelScheduledMessage"),
        *("AddMember", "AddMembers", "RemoveMember", "SetRole", "TransferOwnership"),
        *("BanMember", "UnbanMember", "CreateInvite", "WithdrawInvite", "Join", "JoinPublic"),
    ),
    "presence": (
        *("GetPresence", "SetStatus", "GetStatus"),
        *("GetPushKey", "RegisterPushSubscription", "ListPushSubscriptions", "RemovePushSubscription", "GetBadge"),
    ),
    "history": (
        *("ListConversations", "GetConversation", "ListMembers", "Sync"),
        *("ListMessages", "GetMessage", "ListEdits", "ListThread", "ListPins", "GetReceipts"),
        *("Search", "ListStars", "ListDrafts", "ListScheduledMessages"),
        *("ListBans", "ListInvites", "GetInvite", "ListPublicConversations"),
    ),
    "accounts": (
        *(
            "Logout",
            "ListSessions",
            "EndSession",
            "EndOtherSessions",
            "ChangePassword",
            "LinkOidc",
            "UnlinkOidc",
            "DeleteAccount",
            "FindUsers",
            "UpdateProfile",
            "GetPrivacy",
            "UpdatePrivacy",
            "GetQuietHours",
            "SetQuietHours",
            "BlockUser",
            "UnblockUser",
            "ListBlocks",
            "CreateReport",
        ),
        *("GetAccount", "CreateUser", "SetRole", "DisableUser", "EnableUser", "ResetPassword", "DeleteUser"),
        *("SuspendUser", "LiftSuspension", "ListAuditLog"),
        *("ListReports", "TakeReport", "ResolveReport"),
        *("CreateInvite", "ListInvites", "WithdrawInvite"),
        *("CreateBot", "CreateServiceToken", "ListServiceTokens", "WithdrawServiceToken"),
    ),
    "files": ("GetFile", "ListFiles", "DeleteFile", "GetFileUrl", "GetLinkPreview"),
}
"""The methods that the edge lets those call who have an access token. What is in neither table is internal, and refused there."""

READS: dict[str, tuple[str, ...]] = {
    "presence": ("GetPresence", "GetStatus", "GetPreferences", "FindBlocks", "GetPushKey", "ListPushSubscriptions", "GetBadge"),
    "history": (
        *("ListConversations", "GetConversation", "ListMembers", "Sync"),
        *("ListMessages", "GetMessage", "ListEdits", "ListThread", "ListPins", "GetReceipts"),
        *("Search", "ListStars", "ListDrafts"),
        *("ListBans", "ListInvites", "GetInvite", "ListPublicConversations"),
        *("GetConversationState", "FindMessage", "ListMemberships", "SyncUsers", "CountUnread", "ListPreferences"),
    ),
    "writer": ("GetLag", "AwaitWritten"),
    "accounts": (
        "GetAuthOptions",
        "GetJwks",
        "FindUsers",
        "FindInactive",
        "ListSessions",
        "GetPrivacy",
        "GetQuietHours",
        "ListBlocks",
        "GetPreferences",
        "GetAccount",
        "ListAuditLog",
        "ListReports",
        "ListInvites",
        "ListServiceTokens",
    ),
    "files": ("GetFile", "ListFiles", "GetFileUrl", "GetLinkPreview"),
    "search": ("Find", "FindHere"),
}
"""The methods that change nothing, so that a call which failed may be made again, although it may have been carried out."""

TRACED: dict[str, tuple[str, ...]] = {"router": USERS["router"]}
"""The methods that make entries: of their calls the edge has a share traced, as gateways do of the messages on connections."""

STREAMS: dict[str, tuple[str, ...]] = {"gateway": ("Connect",), "router": ("Route",)}
"""The methods that last as long as both sides like."""


INNER: dict[str, dict[str, tuple[str, ...]]] = {
    "gateway": {
        "router": ("Route",),
        "presence": ("GetPresence", "SetStatus", "Attach", "RenewLease", "EndLease"),
        "history": ("ListMemberships", "SyncUsers"),
        "accounts": ("GetJwks",),
        "files": ("AttachFiles",),
    },
    "router": {
        "router": ("Route",),
        "history": (
            *("GetConversation", "ListMessages", "GetMessage", "GetConversationState", "FindMessage"),
            *("ListPins", "ListStars", "ListDrafts", "ListScheduledMessages"),
        ),
        "accounts": ("FindUsers", "FindInactive"),
        "presence": ("FindBlocks", "NoteBlocks"),
        "files": ("AttachFiles",),
    },
    "presence": {"accounts": ("KeepStatus", "GetPreferences"), "history": ("CountUnread", "ListPreferences")},
    "writer": {"router": ("SendScheduledMessage",), "files": ("ReleaseFiles",)},
    "history": {"writer": ("AwaitWritten",), "presence": ("GetPreferences",), "search": ("Find",), "accounts": ("FindUsers",)},
    "search": {"search": ("FindHere",), "writer": ("GetLag",)},
    "accounts": {
        "presence": ("EndSession", "ApplyPreferences"),
        "history": ("GetConversation", "GetMessage", "ListMessages"),
        "router": ("DeleteMessage", "RemoveMember"),
        "files": ("NoteAvatar",),
    },
    "files": {"history": ("ListMemberships", "FindMessage"), "accounts": ("FindUsers",)},
}
"""What services call: the sidecar of the one knows the way, and those of the others let it in, by the name in its certificate."""

EDGE_PATHS: dict[str, tuple[str, ...]] = {
    "gateway": ("/v1/connect", "/readyz"),
    "accounts": ("/jwks.json",),
    "files": ("/v1/files", "/v1/files/*"),
}
"""What the edge asks for over HTTP, beside the methods that it lets through. One that ends in `*` stands for all that begin like it."""


OPS_PATH = "/v1/ops/mesh"
TRACES_PATH = "/v1/ops/traces"
"""What the edge hands to the console, for administrators: no service of the mesh has it. Below the second is a message's id."""


def service_name(service: str) -> str:
    """Return the full gRPC name of a service."""
    return f"elastic_chat.{service}.v1.{service.capitalize()}Service"


@cache
def methods(service: str) -> tuple[str, ...]:
    """Return the names of all methods of a service."""
    files = FileDescriptorSet.FromString(DESCRIPTORS.read_bytes()).file
    (found,) = [each for file in files for each in file.service if f"{file.package}.{each.name}" == service_name(service)]
    return tuple(method.name for method in found.method)


def outside(service: str) -> tuple[str, ...]:
    """Return the methods of a service that the edge lets through."""
    return (*ANYONE.get(service, ()), *USERS.get(service, ()))


def permissions(service: str) -> dict[str, list[str]]:
    """Return who may call a service, and by which paths; the operator may call everything."""
    methods = {EDGE: outside(service), **{caller: callees[service] for caller, callees in INNER.items() if service in callees}}
    paths = {caller: [f"/{service_name(service)}/{method}" for method in some] for caller, some in methods.items()}
    paths[EDGE] += EDGE_PATHS.get(service, ())
    return {caller: some for caller, some in paths.items() if some}
