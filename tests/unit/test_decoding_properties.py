"""Whatever comes from outside the process is read, or refused in the one way that is declared for it: nothing else is raised."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from chatkit.core.clock import ManualClock
from chatkit.core.conversation import MAX_FRAME_BYTES, Permission
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import ConversationId, MessageId, UserId, new_id
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC
from chatkit.rpc.preferences import preferences_of
from elastic_chat.events.v1 import log_pb2, node_pb2
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.types.v1.conversation_pb2 import Conversation
from elastic_chat.types.v1.presence_pb2 import Preferences
from svc_gateway.frames import Codec, Outgoing, decode, decode_bare, events_of
from svc_gateway.hub import Hub, accepted_of
from svc_gateway.notices import Notices
from svc_history.store import redis as history
from svc_presence import preferences as decided
from svc_presence.store import redis as presence
from svc_router.entries import entry_of, placed, readable
from svc_router.store import Answer, Claim, Place, Sight, Unfinished
from svc_router.store import redis as router
from svc_router.store.terms import Leave
from svc_writer.records import writes_of
from svc_writer.unreadable import UnreadableError
from tests.mutations import messages, mutated
from tests.unit.test_gateway_hub import Ear

KINDS = {field.name for field in pb.ClientFrame.DESCRIPTOR.fields}


def as_bytes(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    return strategy.map(lambda message: bytes(message.SerializeToString()))


def as_json(frame: pb.ClientFrame) -> bytes:
    try:
        return json_format.MessageToJson(frame).encode()
    except json_format.SerializeToJsonError:  # JSON can't write a time that is none
        return json.dumps({frame.WhichOneof("frame"): {"expiresAt": "9999-99-99"}}).encode()


# --- what clients send


@given(mutated(messages(pb.ClientFrame).map(as_json)))
def test_a_json_frame_that_is_almost_right_is_one_or_a_bad_frame(data: bytes) -> None:
    only_bad_frames(data.decode(errors="replace"), Codec.JSON)


@given(mutated(as_bytes(messages(pb.ClientFrame))))
def test_a_protobuf_frame_that_is_almost_right_is_one_or_a_bad_frame(data: bytes) -> None:
    only_bad_frames(data, Codec.PROTO)
    assert isinstance(decode_bare(data), pb.ClientFrame)


def only_bad_frames(data: str | bytes, codec: Codec) -> None:
    try:
        _, kind = decode(data, codec)
    except ChatError as error:
        assert error.reason is Reason.BAD_FRAME
    else:
        assert kind in KINDS


# The largest frames of each kind of malice, by how often its part stands there.
WORST: dict[str, tuple[Codec, Callable[[int], str | bytes]]] = {
    "lists in lists": (Codec.JSON, lambda n: "[" * n),
    "lists in lists that end": (Codec.JSON, lambda n: "[" * (n // 2) + "]" * (n // 2)),
    "objects in objects": (Codec.JSON, lambda n: '{"a":' * (n // 5)),
    "a body in a body": (Codec.JSON, lambda n: '{"send":{"body":' * (n // 16)),
    "unknown fields in each other": (Codec.JSON, lambda n: '{"send":{"x":' + "[" * (n // 2 - 10) + "]" * (n // 2 - 10) + "}}"),
    "many small lists": (Codec.JSON, lambda n: '{"send":{"x":[' + "[]," * (n // 3 - 8) + "0]}}"),
    "many keys": (Codec.JSON, lambda n: '{"send":{"x":{' + ",".join(f'"{i}":0' for i in range(n // 9)) + "}}}"),
    "the same key again and again": (Codec.JSON, lambda n: "{" + '"ping":{},' * (n // 10 - 2) + '"ping":{}}'),
    "a long number": (Codec.JSON, lambda n: '{"watermark":{"readSeq":' + "9" * (n - 30) + "}}"),
    "a long fraction": (Codec.JSON, lambda n: '{"watermark":{"readSeq":0.' + "9" * (n - 30) + "}}"),
    "a long number in quotes": (Codec.JSON, lambda n: '{"watermark":{"readSeq":"' + "9" * (n - 30) + '"}}'),
    "many cursors": (Codec.JSON, lambda n: '{"hello":{"resume":[' + "{}," * (n // 3 - 10) + "{}]}}"),
    "many escapes": (Codec.JSON, lambda n: '{"hello":{"accessToken":"' + "\\u0041" * (n // 6 - 6) + '"}}'),
    "quotes without end": (Codec.JSON, lambda n: '"\\' * (n // 2)),
    "groups in groups": (Codec.PROTO, lambda n: b"\x7b" * n),
    "empty cursors": (Codec.PROTO, lambda n: pb.ClientFrame(hello=pb.Hello(resume=[pb.Cursor()] * (n // 2 - 4))).SerializeToString()),
    "the same member again and again": (Codec.PROTO, lambda n: b"\x32\x00" * (n // 2)),
    "unknown fields": (Codec.PROTO, lambda n: b"\x78\x01" * (n // 2)),
    "a length without an end": (Codec.PROTO, lambda n: b"\x0a" + b"\xff" * (n - 1)),
}


@pytest.mark.parametrize("name", WORST)
def test_a_frame_takes_memory_and_work_by_its_size_and_not_by_its_depth(name: str) -> None:
    codec, make = WORST[name]
    small, large = make(MAX_FRAME_BYTES // 4), make(MAX_FRAME_BYTES)
    assert len(large) <= MAX_FRAME_BYTES
    only_bad_frames(large, codec)  # what is made once for all frames is made
    tracemalloc.start()
    try:
        only_bad_frames(large, codec)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100 * MAX_FRAME_BYTES
    assert calls_of(large, codec) <= 5 * calls_of(small, codec) + 1000


def calls_of(data: str | bytes, codec: Codec) -> int:
    """Return how many calls of functions it takes to decode something: how much work it is, on any machine."""
    calls = 0

    def count(_: FrameType, event: str, __: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        only_bad_frames(data, codec)
    finally:
        sys.setprofile(before)
    return calls


# --- what nodes hear from Redis

BATCHES = as_bytes(messages(node_pb2.NodeBatch, within={"frame": pb.ServerFrame}))


@given(mutated(BATCHES) | st.binary(max_size=60))
def test_a_batch_is_given_to_whom_it_concerns_or_is_garbled(batch: bytes) -> None:
    told: list[object] = []
    hub = Hub(3, told.append, lambda entry: told.append(accepted_of(entry)), ManualClock(), Notices(1000))
    anna = Ear(UserId("anna"))
    hub.register(anna)
    try:
        events = events_of(batch)
    except DecodeError:
        return
    for event in events:
        hub.join(anna, {ConversationId(event.entry.conversation_id): 0})
        hub.handle(event)
        for kind in ("entry", "ephemeral", "presence"):
            frame = Outgoing(getattr(event, kind).frame)
            for codec in Codec:
                assert frame.written(codec)


# --- what the writer takes from Kafka


@given(st.sampled_from((LOG_TOPIC, WATERMARK_TOPIC)), st.binary(max_size=60) | mutated(as_bytes(messages(log_pb2.LogEntry))))
def test_a_record_makes_rows_or_a_dead_letter(topic: str, value: bytes) -> None:
    try:
        writes = writes_of(topic, value)
    except UnreadableError as error:
        assert str(error)
        return
    assert writes
    if topic == LOG_TOPIC:
        entry_pb2.Entry.FromString(value)  # as history will


def test_an_entry_whose_body_nobody_could_read_is_a_dead_letter() -> None:
    entry = log_pb2.LogEntry(conversation_id=new_id(), message_id=new_id(), seq=1, kind=entry_pb2.Entry.MESSAGE)
    entry.body = entry_pb2.Body(text="tea?").SerializeToString()
    assert writes_of(LOG_TOPIC, entry.SerializeToString())
    entry.body = b"\xff"
    with pytest.raises(UnreadableError):
        writes_of(LOG_TOPIC, entry.SerializeToString())


# --- what the router reads of the live view

REPLIES = st.recursive(
    st.binary(max_size=8)
    | st.integers(-3, 2**40)
    | st.none()
    | st.sampled_from([b"1:2:3:1:u", b"u:1:2:u:3:", b"new", b"there", b"repeat"]),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=12,
)
STATUSES = ("new", "repeat", "there", "needless", "unknown", "forgotten", "forbidden", "stranger", "slow", "full", "owner")
CLAIM = Claim(ConversationId("c"), UserId("u"), MessageId("m"), b"", Permission(0), 1, 1)
WITH_TERMS = replace(CLAIM, terms=[Leave(UserId("u"))])


@given(
    REPLIES | st.tuples(st.sampled_from(STATUSES).map(str.encode), REPLIES, REPLIES, REPLIES, REPLIES, REPLIES).map(list),
    st.sampled_from([CLAIM, WITH_TERMS]),
)
def test_a_reply_that_nobody_can_read_refuses_this_command_and_no_other(reply: Any, claim: Claim) -> None:
    answer = readable(router._answer_or_refusal(reply, claim))
    assert isinstance(answer, Answer)


@given(st.binary(max_size=20) | mutated(as_bytes(messages(log_pb2.LogEntry))), st.binary(max_size=20))
def test_what_was_left_unfinished_can_be_finished_or_refuses_what_would_come_after_it(draft: bytes, conversation: bytes) -> None:
    place = Place(7, 3, 1, 6, conversation=conversation)
    answer = readable(Answer(place, [Unfinished(MessageId("m"), place, draft)]))
    if isinstance(answer.outcome, ChatError):
        assert (answer.outcome.reason, list(answer.unfinished)) == (Reason.INTERNAL, [])
    else:
        assert [placed(one.draft, one.place).seq for one in answer.unfinished] == [7]
        assert Conversation.FromString(place.conversation).IsInitialized()


FIELDS = st.dictionaries(st.sampled_from([b"e", b"o", b"t", b"k"]), st.binary(max_size=4))
STREAM = st.lists(st.tuples(st.binary(max_size=8), FIELDS), max_size=3)
TEXTS = st.none() | st.binary(max_size=8) | st.sampled_from([b"3:1:0", b"7"])


@given(TEXTS, TEXTS, STREAM, STREAM)
def test_what_the_live_view_has_of_a_message_is_read_or_refused(head: Any, member: Any, entries: Any, changes: Any) -> None:
    try:
        sight = router._sight(5, UserId("anna"), head, member, entries, changes)
        assert sight.entry is None or isinstance(entry_of(sight.entry), log_pb2.LogEntry)
    except (*router.UNREADABLE, ChatError):
        return
    assert isinstance(sight, Sight)


# --- what is read of what users have decided


@given(st.binary(max_size=40) | mutated(as_bytes(messages(Preferences))))
def test_what_a_user_has_decided_is_read_or_not_known(value: bytes) -> None:
    wishes = decided._read(value)
    gives = history._receipts(b"7:" + value)
    assert (wishes is None) == (gives is None)
    assert wishes is None or wishes.receipts == gives
    assert wishes is None or preferences_of(wishes).IsInitialized()


# --- what presence reads of the connection map


@given(st.binary(max_size=40) | st.lists(st.text(max_size=5), max_size=5).map(lambda parts: "|".join(parts).encode()))
def test_a_connection_of_a_node_is_one_or_is_passed_over(value: bytes) -> None:
    connection = presence._connection(value)
    assert (connection is None) == (value.decode(errors="replace").count("|") != 2)
