"""Reports: users make them, and those who administer the server look into them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar

import grpc
import structlog
from google.protobuf.message import Message

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import SessionId, UserId, is_uuid, new_id
from chatkit.rpc.caller import OPERATOR, Caller, caller_metadata
from chatkit.rpc.errors import error_of
from elastic_chat.accounts.v1 import accounts_service_pb2 as pb
from elastic_chat.history.v1 import history_service_pb2 as history_pb
from elastic_chat.history.v1 import history_service_pb2_grpc as history_rpc
from elastic_chat.router.v1 import router_service_pb2 as router_pb
from elastic_chat.router.v1 import router_service_pb2_grpc as router_rpc
from elastic_chat.types.v1 import entry_pb2
from svc_accounts.admin import Admin
from svc_accounts.core.reports import AROUND, Kept, State, Subject, check_number, check_words, page_size_of
from svc_accounts.core.users import State as UserState
from svc_accounts.core.users import check_suspension
from svc_accounts.store import ReportStore, UserStore

log = structlog.get_logger()

DEADLINE_S = 5.0
Answer = TypeVar("Answer")


class Conversations(Protocol):
    """What is said, and where: every method raises a ChatError if it can't be done."""

    async def message(self, caller: Caller, conversation_id: str, seq: int) -> Sequence[entry_pb2.Entry]:
        """Return a message that a user can see, and what stands around it, by rising seq. Raises UNKNOWN_CONVERSATION or NOT_FOUND."""
        ...

    async def check_member(self, caller: Caller, conversation_id: str) -> None:
        """Raise UNKNOWN_CONVERSATION if a user is in no such conversation."""
        ...

    async def delete(self, author: UserId, conversation_id: str, seq: int) -> None:
        """Delete a message, in the name of who has sent it."""
        ...

    async def remove(self, user_id: UserId, conversation_id: str) -> None:
        """Let a user leave a conversation."""
        ...


class MeshConversations:
    """History and the router."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._history: Any = history_rpc.HistoryServiceStub(channel)
        self._router: Any = router_rpc.RouterServiceStub(channel)

    async def message(self, caller: Caller, conversation_id: str, seq: int) -> Sequence[entry_pb2.Entry]:
        asked = history_pb.GetMessageRequest(conversation_id=conversation_id, seq=seq, include_hidden=True)
        found: history_pb.GetMessageResponse = await _ask(self._history.GetMessage, asked, caller)
        around = history_pb.ListMessagesRequest(conversation_id=conversation_id, before_seq=seq + AROUND + 1, page_size=2 * AROUND + 1)
        page: history_pb.ListMessagesResponse = await _ask(self._history.ListMessages, around, caller)
        others = [entry for entry in page.entries if entry.seq != seq]
        return sorted((found.entry, *others), key=lambda entry: entry.seq)

    async def check_member(self, caller: Caller, conversation_id: str) -> None:
        await _ask(self._history.GetConversation, history_pb.GetConversationRequest(conversation_id=conversation_id), caller)

    async def delete(self, author: UserId, conversation_id: str, seq: int) -> None:
        request = router_pb.DeleteMessageRequest(conversation_id=conversation_id, target=seq)
        await _ask(self._router.DeleteMessage, request, _as(author))

    async def remove(self, user_id: UserId, conversation_id: str) -> None:
        request = router_pb.RemoveMemberRequest(conversation_id=conversation_id, user_id=user_id)
        await _ask(self._router.RemoveMember, request, _as(user_id))


class Reports:
    """All reports."""

    def __init__(self, store: ReportStore, users: UserStore, conversations: Conversations, admin: Admin, clock: Clock) -> None:
        self._store = store
        self._users = users
        self._conversations = conversations
        self._admin = admin
        self._clock = clock

    async def create(self, caller: Caller, request: pb.CreateReportRequest) -> str:
        """Keep what a user reports, and return its id; that of the same report if they have made it within a day."""
        subject = Subject.checked(request.conversation_id, request.seq, request.user_id, caller.user_id)
        words = check_words(request.words, "words")
        if request.category not in pb.Report.Category.values()[1:]:
            raise ChatError(Reason.INVALID_ARGUMENT, "category says why, by one of its names")
        if request.category == pb.Report.OTHER and not words:
            raise ChatError(Reason.INVALID_ARGUMENT, "words say why, if none of the other categories does")
        reported = await self._store.reported(caller.user_id)
        before = next((one for one in reported if one.subject == subject.text), None)
        if before is not None:
            return before.report_id
        check_number(reported, self._clock.now_ms())
        report = await self._copied(caller, subject)
        report.report_id, report.reporter_id = new_id(), caller.user_id
        report.category, report.words, report.state = request.category, words, pb.Report.OPEN
        report.created_at.FromMilliseconds(self._clock.now_ms())
        await self._store.add_report(Kept(report.report_id, 1, State.OPEN, report.SerializeToString()), caller.user_id, subject.text)
        log.info("reported", report_id=report.report_id, category=pb.Report.Category.Name(report.category))
        return report.report_id

    async def _copied(self, caller: Caller, subject: Subject) -> pb.Report:
        """Return a report that says what it is about."""
        report = pb.Report(conversation_id=subject.conversation_id, seq=subject.seq, user_id=subject.user_id)
        if subject.user_id:
            user = await self._users.user(UserId(subject.user_id))
            if user is None or user.state is UserState.DELETED:
                raise ChatError(Reason.UNKNOWN_USER)
        elif subject.seq:
            report.entries.extend(await self._conversations.message(caller, subject.conversation_id, subject.seq))
            (report.user_id,) = [entry.sender_id for entry in report.entries if entry.seq == subject.seq]
        else:
            await self._conversations.check_member(caller, subject.conversation_id)
        return report

    async def page(self, state: State, page_size: int, page_token: str) -> tuple[list[pb.Report], str]:
        """Return reports that are in a state, the newest first, and what asks for the next page. Raises INVALID_ARGUMENT."""
        size = page_size_of(page_size)
        if page_token and not is_uuid(page_token):
            raise ChatError(Reason.INVALID_ARGUMENT, "page_token must be the next_page_token of the page before")
        found = await self._store.reports(state, page_token, size)
        return [pb.Report.FromString(one.value) for one in found], found[-1].report_id if len(found) == size else ""

    async def take(self, caller: Caller | None, report_id: str) -> pb.Report:
        """Note who looks into a report. Raises NOT_FOUND or REPORT_RESOLVED."""
        kept, report = await self._unresolved(report_id)
        return await self._handled(caller, kept, report, State.TAKEN)

    async def resolve(self, caller: Caller | None, request: pb.ResolveReportRequest) -> pb.Report:
        """Do what is to be done about a report, and note that. Raises NOT_FOUND, REPORT_RESOLVED, INVALID_ARGUMENT, and why not."""
        note = check_words(request.note, "note")
        kept, report = await self._unresolved(request.report_id)
        await self._act(caller, request, report)
        report.action, report.note = request.action, note
        return await self._handled(caller, kept, report, State.RESOLVED)

    async def _act(self, caller: Caller | None, request: pb.ResolveReportRequest, report: pb.Report) -> None:
        user_id = UserId(report.user_id)
        match request.action:
            case pb.Report.DISMISS:
                return
            case pb.Report.DELETE_MESSAGE if report.seq:
                await self._conversations.delete(user_id, report.conversation_id, report.seq)
            case pb.Report.REMOVE_FROM_CONVERSATION if report.seq:
                await self._conversations.remove(user_id, report.conversation_id)
            case pb.Report.SUSPEND_USER if user_id:
                given = request.suspension
                try:
                    ends_ms = given.ends_at.ToMilliseconds()
                except ValueError:
                    ends_ms = 0
                await self._admin.suspend(caller, user_id, check_suspension(ends_ms, given.reason, self._clock.now_ms()))
            case _:
                raise ChatError(Reason.INVALID_ARGUMENT, "action is one that can be taken about such a report")

    async def _unresolved(self, report_id: str) -> tuple[Kept, pb.Report]:
        kept = await self._store.report(report_id)
        if kept is None:
            raise ChatError(Reason.NOT_FOUND, "there is no such report")
        if kept.state is State.RESOLVED:
            raise ChatError(Reason.REPORT_RESOLVED)
        return kept, pb.Report.FromString(kept.value)

    async def _handled(self, caller: Caller | None, kept: Kept, report: pb.Report, state: State) -> pb.Report:
        report.handled_by, report.state = caller.user_id if caller else OPERATOR, pb.Report.State.Value(state)
        report.handled_at.FromMilliseconds(self._clock.now_ms())
        if not await self._store.replace_report(Kept(kept.report_id, kept.version + 1, state, report.SerializeToString()), kept.state):
            raise ChatError(Reason.UNAVAILABLE, "somebody else has changed the report a moment ago: try again")
        return report


def _as(user_id: UserId) -> Caller:
    """Return a user in whose name something is done that an administrator has decided."""
    return Caller(user_id, SessionId(""))


async def _ask(method: Callable[..., Awaitable[Answer]], request: Message, caller: Caller) -> Answer:
    try:
        return await method(request, metadata=caller_metadata(caller), timeout=DEADLINE_S)
    except grpc.aio.AioRpcError as failure:
        raise error_of(failure) from failure
