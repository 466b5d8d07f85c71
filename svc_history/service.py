"""HistoryService: proto/elastic_chat/history/v1 tells what each method promises."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from operator import itemgetter
from typing import Any

from chatkit.core.admission import Code
from chatkit.core.clock import Clock
from chatkit.core.conversation import Permission, role_of
from chatkit.core.conversation_preferences import current
from chatkit.core.conversation_settings import Value, effective
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, is_uuid
from chatkit.rpc.admission import ban_message, invite_message, timestamp
from chatkit.rpc.caller import caller_of
from chatkit.rpc.conversation_preferences import preferences_message
from chatkit.rpc.conversation_settings import message_of
from elastic_chat.events.v1 import log_pb2
from elastic_chat.history.v1 import history_service_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2_grpc as rpc
from elastic_chat.types.v1 import conversation_pb2, entry_pb2
from svc_history.core import (
    MAX_CURSORS,
    MAX_SYNCS,
    MAX_USERS,
    Mark,
    Membership,
    Stored,
    directory_range,
    members_page,
    reached,
    shown_marks,
    stars_range,
    unread,
)
from svc_history.fold import own_emoji
from svc_history.kept import Kept
from svc_history.reader import Ask, Reader, Synced
from svc_history.receipts import Receipts
from svc_history.search.searcher import Searcher
from svc_history.search.wire import result_message
from svc_history.showing import as_it_is, entry_of
from svc_history.store import State

Context = Any
"""gRPC's own class is generic over what no method needs."""


class HistoryServicer(rpc.HistoryServiceServicer):
    """The methods of history."""

    def __init__(self, reader: Reader, kept: Kept, receipts: Receipts, searcher: Searcher, clock: Clock) -> None:
        self._reader = reader
        self._kept = kept
        self._receipts = receipts
        self._searcher = searcher
        self._clock = clock

    async def ListConversations(self, request: pb.ListConversationsRequest, context: Context) -> pb.ListConversationsResponse:  # noqa: ARG002, N802
        caller = caller_of(context)
        found = await self._reader.conversations(caller.user_id)
        return pb.ListConversationsResponse(conversations=[_summary(caller.user_id, state, self._clock.now_ms()) for _, state in found])

    async def GetConversation(self, request: pb.GetConversationRequest, context: Context) -> pb.GetConversationResponse:  # noqa: N802
        caller = caller_of(context)
        conversation_id = _conversation_id(request.conversation_id)
        state = await self._reader.summary(caller.user_id, conversation_id)
        return pb.GetConversationResponse(conversation=_summary(caller.user_id, state, self._clock.now_ms()))

    async def ListMessages(self, request: pb.ListMessagesRequest, context: Context) -> pb.ListMessagesResponse:  # noqa: N802
        caller = caller_of(context)
        conversation_id = _conversation_id(request.conversation_id)
        page = await self._reader.page(
            caller.user_id,
            conversation_id,
            request.before_seq,
            request.after_seq,
            request.page_size,
        )
        entries = [as_it_is(one, page, caller.user_id) for one in page.entries]
        return pb.ListMessagesResponse(entries=entries, head_seq=page.head, has_more=page.has_more)

    async def GetMessage(self, request: pb.GetMessageRequest, context: Context) -> pb.GetMessageResponse:  # noqa: N802
        caller = caller_of(context)
        page = await self._reader.message(
            caller.user_id, _conversation_id(request.conversation_id), request.seq, include_hidden=request.include_hidden
        )
        return pb.GetMessageResponse(
            entry=as_it_is(page.entries[-1], page, caller.user_id),
            mentions_caller=_mentions(page.entries[-1], caller.user_id),
            own_emoji=own_emoji(page.changes.to(request.seq), caller.user_id),
        )

    async def ListEdits(self, request: pb.ListEditsRequest, context: Context) -> pb.ListEditsResponse:  # noqa: N802
        caller = caller_of(context)
        conversation_id = _conversation_id(request.conversation_id)
        said, has_more = await self._reader.wordings(caller.user_id, conversation_id, request.seq, request.before_seq, request.page_size)
        wordings = [pb.Wording(seq=one.seq, body=entry_pb2.Body.FromString(one.body), accepted_at=one.accepted_at) for one in said]
        return pb.ListEditsResponse(wordings=wordings, has_more=has_more)

    async def ListThread(self, request: pb.ListThreadRequest, context: Context) -> pb.ListThreadResponse:  # noqa: N802
        caller = caller_of(context)
        conversation_id = _conversation_id(request.conversation_id)
        window = (request.before_seq, request.after_seq, request.page_size)
        page = await self._reader.thread(caller.user_id, conversation_id, request.seq, *window)
        entries = [as_it_is(one, page, caller.user_id) for one in page.entries]
        return pb.ListThreadResponse(entries=entries, has_more=page.has_more)

    async def ListPins(self, request: pb.ListPinsRequest, context: Context) -> pb.ListPinsResponse:  # noqa: N802
        caller = caller_of(context)
        page = await self._reader.pins(caller.user_id, _conversation_id(request.conversation_id))
        entries = [as_it_is(one, page, caller.user_id) for one in page.entries]
        return pb.ListPinsResponse(entries=[entry for entry in entries if not entry.state.deleted and not entry.state.hidden])

    async def Search(self, request: pb.SearchRequest, context: Context) -> pb.SearchResponse:  # noqa: N802
        asked = (request.query, request.utc_offset_minutes, request.page_size, request.page_token)
        searched = await self._searcher.search(caller_of(context).user_id, *asked)
        return pb.SearchResponse(
            results=map(result_message, searched.results), next_page_token=searched.token, incomplete=searched.incomplete
        )

    async def ListStars(self, request: pb.ListStarsRequest, context: Context) -> pb.ListStarsResponse:  # noqa: N802
        caller = caller_of(context)
        before, size = stars_range(request.page_size, request.page_token)
        found, more, count = await self._kept.stars(caller.user_id, before, size)
        shown = [as_it_is(stored, page, caller.user_id) for one, page in found for stored in page.entries if stored.seq == one.seq]
        entries = [entry for entry in shown if not entry.state.hidden]
        return pb.ListStarsResponse(entries=entries, next_page_token=str(more) if more else "", star_count=count)

    async def ListDrafts(self, request: pb.ListDraftsRequest, context: Context) -> pb.ListDraftsResponse:  # noqa: ARG002, N802
        found = await self._kept.drafts(caller_of(context).user_id)
        return pb.ListDraftsResponse(
            drafts=[
                pb.SavedDraft(
                    conversation_id=one.conversation_id,
                    draft=entry_pb2.Draft.FromString(one.draft),
                    saved_at=timestamp(one.saved_ms),
                    seq=one.saved_seq,
                )
                for one in found
            ]
        )

    async def ListScheduledMessages(  # noqa: N802
        self,
        request: pb.ListScheduledMessagesRequest,  # noqa: ARG002
        context: Context,
    ) -> pb.ListScheduledMessagesResponse:
        found = await self._kept.waiting(caller_of(context).user_id)
        waiting = [
            pb.WaitingMessage(
                conversation_id=one.conversation_id, scheduled=entry_pb2.ScheduledMessage.FromString(one.scheduled), seq=one.seq
            )
            for one in found
        ]
        waiting.sort(key=lambda one: (one.scheduled.deliver_at.ToMilliseconds(), one.scheduled.message_id))
        return pb.ListScheduledMessagesResponse(messages=waiting)

    async def ListMembers(self, request: pb.ListMembersRequest, context: Context) -> pb.ListMembersResponse:  # noqa: N802
        caller = caller_of(context)
        conversation_id = _conversation_id(request.conversation_id)
        roll = await self._reader.roll(caller.user_id, conversation_id)
        page, following = members_page(roll.members, request.page_size, request.page_token)
        marks = {user_id: roll.marks[user_id] for user_id in page if user_id in roll.marks}
        (receipts,) = await self._receipts.shown_to([caller.user_id])
        return pb.ListMembersResponse(
            members=[_member(user_id, roll.members[user_id], roll.settings) for user_id in page],
            watermarks=_watermarks(conversation_id, shown_marks(caller.user_id, marks, receipts=receipts)),
            next_page_token=following,
            member_count=len(roll.members),
        )

    async def ListBans(self, request: pb.ListBansRequest, context: Context) -> pb.ListBansResponse:  # noqa: N802
        caller = caller_of(context)
        admission = await self._reader.admission(caller.user_id, _conversation_id(request.conversation_id), Permission.MODERATE)
        return pb.ListBansResponse(bans=[ban_message(*pair) for pair in sorted(admission.bans.items(), key=itemgetter(0))])

    async def ListInvites(self, request: pb.ListInvitesRequest, context: Context) -> pb.ListInvitesResponse:  # noqa: N802
        caller, now_ms = caller_of(context), self._clock.now_ms()
        admission = await self._reader.admission(caller.user_id, _conversation_id(request.conversation_id), Permission.INVITE)
        good = [pair for pair in admission.invites.items() if pair[1].is_good(now_ms)]
        newest_first = sorted(good, key=lambda pair: pair[1].created_ms, reverse=True)
        return pb.ListInvitesResponse(invites=[invite_message(*pair) for pair in newest_first])

    async def GetInvite(self, request: pb.GetInviteRequest, context: Context) -> pb.GetInviteResponse:  # noqa: N802
        caller, code = caller_of(context), Code.decode(request.code)
        if code is None:
            raise ChatError(Reason.BAD_INVITE)
        state, admission = await self._reader.invited(caller.user_id, code, self._clock.now_ms())
        return pb.GetInviteResponse(
            conversation=_conversation(state),
            member_count=admission.member_count,
            invite=invite_message(code.invite_id, admission.invites[code.invite_id]),
            joined=state.member is not None,
        )

    async def ListPublicConversations(  # noqa: N802
        self,
        request: pb.ListPublicConversationsRequest,
        context: Context,
    ) -> pb.ListPublicConversationsResponse:
        caller_of(context)
        found, has_more = await self._reader.listed(*directory_range(request.title_prefix, request.page_size, request.page_token))
        return pb.ListPublicConversationsResponse(
            conversations=[
                pb.PublicConversation(
                    conversation_id=one.conversation_id,
                    kind=conversation_pb2.Conversation.Kind.ValueType(one.kind),
                    title=one.title,
                    topic=one.topic,
                    avatar_file_id=one.avatar_file_id,
                )
                for one in found
            ],
            next_page_token=f"{found[-1].conversation_id}/{found[-1].title_key}" if has_more else "",
        )

    async def GetReceipts(self, request: pb.GetReceiptsRequest, context: Context) -> pb.GetReceiptsResponse:  # noqa: N802
        caller = caller_of(context)
        roll = await self._reader.roll(caller.user_id, _conversation_id(request.conversation_id))
        if request.seq < 1:
            raise ChatError(Reason.INVALID_ARGUMENT, "seq is that of a message")
        if request.seq < roll.members[caller.user_id].joined_seq:
            raise ChatError(Reason.NOT_FOUND, "the message is from before you joined")
        (receipts,) = await self._receipts.shown_to([caller.user_id])
        marks = shown_marks(caller.user_id, roll.marks, receipts=receipts)
        read, delivered = reached(request.seq, caller.user_id, roll.members, marks)
        return pb.GetReceiptsResponse(read_user_ids=read, delivered_user_ids=delivered)

    async def Sync(self, request: pb.SyncRequest, context: Context) -> pb.SyncResponse:  # noqa: N802
        user_id = caller_of(context).user_id
        (synced,), (receipts,) = await asyncio.gather(self._reader.sync([_ask(user_id, request)]), self._receipts.shown_to([user_id]))
        return _synced(user_id, synced, self._clock.now_ms(), receipts=receipts)

    async def SyncUsers(self, request: pb.SyncUsersRequest, context: Context) -> pb.SyncUsersResponse:  # noqa: ARG002, N802
        if len(request.users) > MAX_SYNCS:
            raise ChatError(Reason.INVALID_ARGUMENT, f"users holds at most {MAX_SYNCS}: ask in several calls")
        asks = [_ask(UserId(one.user_id), one.request) for one in request.users]
        synced, receipts = await asyncio.gather(self._reader.sync(asks), self._receipts.shown_to([ask.user_id for ask in asks]))
        answers, now_ms = zip(asks, synced, receipts, strict=False), self._clock.now_ms()
        return pb.SyncUsersResponse(answers=[_synced(ask.user_id, one, now_ms, receipts=receives) for ask, one, receives in answers])

    async def ListMemberships(self, request: pb.ListMembershipsRequest, context: Context) -> pb.ListMembershipsResponse:  # noqa: ARG002, N802
        found = await self._reader.memberships([UserId(user_id) for user_id in _few(request.user_ids)])
        return pb.ListMembershipsResponse(
            users=[pb.Memberships(conversation_ids=joined.keys(), joined_seqs=joined.values()) for joined in found]
        )

    async def CountUnread(self, request: pb.CountUnreadRequest, context: Context) -> pb.CountUnreadResponse:  # noqa: ARG002, N802
        states = await self._reader.conversations(UserId(request.user_id))
        counted = [
            pb.UnreadConversation(
                conversation_id=conversation_id,
                unread_count=_unread(state),
                mention_count=state.mention_count,
                preferences=preferences_message(state.preferences),
            )
            for conversation_id, state in states
        ]
        return pb.CountUnreadResponse(conversations=[one for one in counted if one.unread_count])

    async def ListPreferences(self, request: pb.ListPreferencesRequest, context: Context) -> pb.ListPreferencesResponse:  # noqa: ARG002, N802
        users = [UserId(user_id) for user_id in _few(request.user_ids)]
        found = await self._reader.preferences(users, _conversation_id(request.conversation_id))
        return pb.ListPreferencesResponse(preferences=map(preferences_message, found))

    async def GetConversationState(  # noqa: N802
        self,
        request: pb.GetConversationStateRequest,
        context: Context,  # noqa: ARG002 - for whom it may concern
    ) -> pb.GetConversationStateResponse:
        conversation_id = _conversation_id(request.conversation_id)
        state, roll, admission, recent = await self._reader.durable_state(conversation_id)
        return pb.GetConversationStateResponse(
            conversation=conversation_pb2.Conversation.FromString(state.conversation),
            members=[_stored(user_id, member) for user_id, member in roll.members.items()],
            head_seq=state.head_seq,
            head_ordinal=entry_of(state.newest).ordinal if state.newest else 0,
            watermarks=[_record(conversation_id, user_id, mark) for user_id, mark in roll.marks.items()],
            recent=[log_pb2.LogEntry.FromString(one.entry) for one in recent],
            settings=message_of(state.settings),
            bans=[ban_message(*pair) for pair in admission.bans.items()],
            invites=[invite_message(*pair) for pair in admission.invites.items()],
        )

    async def FindMessage(self, request: pb.FindMessageRequest, context: Context) -> pb.FindMessageResponse:  # noqa: ARG002, N802
        if not is_uuid(request.message_id):
            raise ChatError(Reason.INVALID_MESSAGE_ID)
        found = await self._reader.find(_conversation_id(request.conversation_id), MessageId(request.message_id))
        return pb.FindMessageResponse(entry=entry_of(found) if found else None)


def _ask(user_id: UserId, request: pb.SyncRequest) -> Ask:
    if len(request.cursors) > MAX_CURSORS:
        raise ChatError(Reason.INVALID_ARGUMENT, f"cursors holds at most {MAX_CURSORS}: ask in several calls")
    cursors = {ConversationId(one.conversation_id): one.seq for one in request.cursors if is_uuid(one.conversation_id)}
    return Ask(user_id, cursors, request.list_conversations)


def _synced(user_id: UserId, synced: Synced, now_ms: int, *, receipts: bool) -> pb.SyncResponse:
    return pb.SyncResponse(
        entries=map(entry_of, synced.entries),
        more_conversation_ids=synced.more,
        positions=[pb.SyncCursor(conversation_id=one, seq=seq) for one, seq in synced.positions],
        gone_conversation_ids=synced.gone,
        watermarks=[
            mark for one, marks in synced.marks.items() for mark in _watermarks(one, shown_marks(user_id, marks, receipts=receipts))
        ],
        conversations=[_summary(user_id, state, now_ms) for _, state in synced.states],
    )


def _summary(user_id: UserId, state: State, now_ms: int) -> pb.ConversationSummary:
    assert state.member is not None  # noqa: S101 - the reader gives states of members only
    last = state.last(now_ms)
    read_seq = state.mark.read_seq if state.mark else 0
    preferences = current(state.preferences, read_seq)
    return pb.ConversationSummary(
        conversation=_conversation(state),
        membership=_member(user_id, state.member, state.settings),
        head_seq=state.head_seq,
        read_seq=read_seq,
        unread_count=_unread(state),
        last_entry=_last_entry(last) if last else None,
        mention_count=state.mention_count,
        preferences=preferences_message(preferences) if preferences else None,
    )


def _last_entry(stored: Stored) -> entry_pb2.Entry:
    """Return the newest entry as lists show it: what it edits may be deleted, or from before the member."""
    entry = entry_of(stored)
    if entry.kind == entry_pb2.Entry.EDIT:
        entry.ClearField("body")
    return entry


def _unread(state: State) -> int:
    assert state.member is not None  # noqa: S101 - the reader gives states of members only
    head_ordinal = state.head_ordinal or (entry_of(state.newest).ordinal if state.newest else 0)
    return max(0, unread(head_ordinal, state.mark, state.member) - state.hidden_count)


def _few(user_ids: Collection[str]) -> Collection[str]:
    """Return the users of a call that other services make, or refuse too many of them."""
    if len(user_ids) > MAX_USERS:
        raise ChatError(Reason.INVALID_ARGUMENT, f"user_ids holds at most {MAX_USERS}: ask in several calls")
    return user_ids


def _conversation_id(text: str) -> ConversationId:
    if not is_uuid(text):
        raise ChatError(Reason.UNKNOWN_CONVERSATION)
    return ConversationId(text)


def _conversation(state: State) -> conversation_pb2.Conversation:
    """Return a conversation as it is now: as it was created, and what was set since."""
    conversation = conversation_pb2.Conversation.FromString(state.conversation)
    for name, value in state.settings.items():
        setattr(conversation, name, value)
    return conversation


def _mentions(stored: Stored, reader: UserId) -> bool:
    """Tell whether a message is counted as one that mentions a reader."""
    outline = log_pb2.LogEntry.FromString(stored.entry).outline
    return outline.mention_all or reader in outline.mentions


def _member(user_id: UserId, member: Membership, settings: Mapping[str, Value]) -> conversation_pb2.Member:
    """Return a member with what they may do, as the conversation is set."""
    stored = Permission(member.permissions)
    shown = _stored(user_id, member)
    shown.permissions = int(effective(stored, settings))
    shown.role = conversation_pb2.Member.Role.Value(role_of(stored))
    return shown


def _stored(user_id: UserId, member: Membership) -> conversation_pb2.Member:
    return conversation_pb2.Member(
        user_id=user_id,
        permissions=member.permissions,
        joined_seq=member.joined_seq,
        joined_ordinal=member.joined_ordinal,
    )


def _watermarks(conversation_id: ConversationId, marks: Mapping[UserId, tuple[int, int]]) -> list[conversation_pb2.Watermark]:
    return [
        conversation_pb2.Watermark(conversation_id=conversation_id, user_id=user_id, delivered_seq=delivered_seq, read_seq=read_seq)
        for user_id, (delivered_seq, read_seq) in marks.items()
    ]


def _record(conversation_id: ConversationId, user_id: UserId, mark: Mark) -> log_pb2.WatermarkRecord:
    """Return a watermark as the log had it."""
    record = log_pb2.WatermarkRecord(read_ordinal=mark.read_ordinal)
    (watermark,) = _watermarks(conversation_id, {user_id: (mark.delivered_seq, mark.read_seq)})
    record.watermark.CopyFrom(watermark)
    if mark.shown is not None:
        record.shown.delivered_seq, record.shown.read_seq = mark.shown
    return record
