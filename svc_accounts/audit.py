"""Notes every call of a method for administrators: before it is carried out, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog
from google.api import annotations_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from chatkit.core.clock import Clock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import is_uuid, new_id
from chatkit.metrics import OK
from chatkit.rpc.caller import OPERATOR, USER_ID, current_request_id
from svc_accounts.core.audit import AuditEntry, Place, Span, Wanted, page_size_of
from svc_accounts.store import AuditStore

log = structlog.get_logger()

ADMIN_PATH = "/v1/admin/"
"""What the paths of methods for administrators begin with, and no others do."""
STEP = 200
"""Calls that are read at once."""

SUBJECTS = ("user_id", "report_id", "username", "invite_id")
"""The fields of requests by which a call says whom or what it is about, the first that it has."""
SECRETS = frozenset({"password"})
"""The fields of requests of which nothing is noted."""
MAX_DETAILS = 4000

Method = Callable[[Any, Any], Awaitable[Message]]


def is_for_administrators(method: MethodDescriptor) -> bool:
    """Tell whether a method of a contract is for administrators."""
    extensions: Any = method.GetOptions().Extensions
    rule = extensions[annotations_pb2.http]
    return str(getattr(rule, rule.WhichOneof("pattern") or "get")).startswith(ADMIN_PATH)


def about(request: Message) -> tuple[str, str]:
    """Return whom or what a request is about, and what else it asks for, as JSON, without secrets."""
    try:
        fields = json_format.MessageToDict(request, preserving_proto_field_name=True)
    except json_format.SerializeToJsonError:  # a time that is none: the method refuses it, and that is noted too
        fields = {field.name: str(value) for field, value in request.ListFields()}
    said = {name: value for name, value in fields.items() if name not in SECRETS}
    name = next((name for name in SUBJECTS if said.get(name)), "")
    subject = str(said.pop(name)) if name else ""
    return subject, json.dumps(said, ensure_ascii=False, sort_keys=True)[:MAX_DETAILS] if said else ""


class AuditLog:
    """The audit log. It is only ever added to."""

    def __init__(self, store: AuditStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def watch(self, servicer: object, service: ServiceDescriptor) -> None:
        """Have every call noted of the methods of a service that are for administrators."""
        for method in service.methods:
            if is_for_administrators(method):
                setattr(servicer, method.name, self._noted(method.name, getattr(servicer, method.name)))

    def _noted(self, name: str, method: Method) -> Method:
        async def call(request: Any, context: Any) -> Message:  # noqa: ANN401 - any method's
            metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
            subject, details = about(request)
            entry = AuditEntry(
                *(new_id(), self._clock.now_ms(), metadata.get(USER_ID, OPERATOR), name),
                *(subject, details, _address(metadata), current_request_id()),
            )
            # What can't be noted is not carried out.
            await self._store.add_call(entry)
            outcome: str = Reason.INTERNAL
            try:
                answer = await method(request, context)
                outcome = OK
            except ChatError as error:
                outcome = error.reason
                raise
            finally:
                await self._settle(replace(entry, outcome=outcome))
            return answer

        return call

    async def _settle(self, entry: AuditEntry) -> None:
        """Note what came of a call. If that can't be noted, it stays open in the log; it has happened all the same."""
        try:
            await self._store.add_call(entry)
        except ChatError as error:
            log.warning("outcome_not_noted", method=entry.method, outcome=entry.outcome, reason=error.reason)

    async def page(self, wanted: Wanted, span: Span, page_size: int, page_token: str) -> tuple[list[AuditEntry], str]:
        """Return calls, the newest first, and what asks for the next page. Raises INVALID_ARGUMENT."""
        size, found = page_size_of(page_size), list[AuditEntry]()
        place = Place.decode(page_token) if page_token else Place(span.before_ms, "")
        if page_token and not is_uuid(place.entry_id):
            raise ChatError(Reason.INVALID_ARGUMENT, "page_token must be the next_page_token of the page before")
        for day in Span(span.since_ms, min(span.before_ms, place.called_ms + 1)).days:
            while some := await self._store.calls(day, place, STEP):
                for entry in some:
                    if entry.called_ms < span.since_ms:
                        return found, ""
                    if wanted.has(entry):
                        found.append(entry)
                    if len(found) == size:
                        return found, Place(entry.called_ms, entry.entry_id).encode()
                place = Place(some[-1].called_ms, some[-1].entry_id)
        return found, ""


def _address(metadata: dict[str, str]) -> str:
    """Return where a call came from, as the edge saw it."""
    return metadata.get("x-envoy-external-address") or metadata.get("x-forwarded-for", "").rpartition(",")[2].strip()
