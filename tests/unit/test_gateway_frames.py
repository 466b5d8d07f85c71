"""Frames on the wire."""

from __future__ import annotations

import json

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from chatkit.core.errors import ChatError, Reason
from elastic_chat.gateway.v1 import frames_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from svc_gateway.frames import BINARY, TEXT, Codec, Outgoing, bare_frames, decode, websocket_frame


def json_values() -> st.SearchStrategy[object]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    keys = st.sampled_from(["hello", "send", "ping", "body", "text", "messageId", "resume", "seq", "mentions"]) | st.text()
    return st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3), max_leaves=8)


@given(st.one_of(st.text(), json_values().map(json.dumps), st.just("[" * 100_000)))
def test_whatever_text_comes_is_a_frame_or_a_bad_frame(text: str) -> None:
    try:
        _, kind = decode(text, Codec.JSON)
    except ChatError as error:
        assert error.reason is Reason.BAD_FRAME
    else:
        assert kind in {field.name for field in pb.ClientFrame.DESCRIPTOR.fields}


@given(st.binary(max_size=200))
def test_whatever_bytes_come_are_a_frame_or_a_bad_frame(data: bytes) -> None:
    try:
        _, kind = decode(data, Codec.PROTO)
    except ChatError as error:
        assert error.reason is Reason.BAD_FRAME
    else:
        assert kind in {field.name for field in pb.ClientFrame.DESCRIPTOR.fields}


@pytest.mark.parametrize(
    ("data", "codec"), [("{}", Codec.PROTO), (b"", Codec.JSON), ('{"ping": {}}', Codec.PROTO), (b"\x32\x00", Codec.JSON)]
)
def test_each_subprotocol_takes_its_own_kind_of_message(data: str | bytes, codec: Codec) -> None:
    with pytest.raises(ChatError) as failure:
        decode(data, codec)
    assert failure.value.reason is Reason.BAD_FRAME


def test_what_a_newer_client_adds_is_passed_over_in_both_subprotocols() -> None:
    newer = '{"typing": {"conversationId": "there", "mood": "good"}}'
    frame, kind = decode(newer, Codec.JSON)
    assert (kind, frame.typing.conversation_id) == ("typing", "there")
    with pytest.raises(ChatError) as failure:
        decode('{"wave": {}}', Codec.JSON)
    assert failure.value.reason is Reason.BAD_FRAME


def test_both_subprotocols_say_the_same() -> None:
    frame = pb.ClientFrame(send=pb.Send(message_id="m", conversation_id="c", body=entry_pb2.Body(text="ü")))
    assert decode(frame.SerializeToString(), Codec.PROTO) == decode(json_format.MessageToJson(frame), Codec.JSON) == (frame, "send")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_websocket_frame_is_read_back_by_another_implementation(size: int) -> None:
    reader = StreamReader()
    reader.feed_data(websocket_frame(BINARY, b"x" * size))
    parsing = Frame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as parsed:
        next(parsing)
    frame = parsed.value.value
    assert (frame.opcode, frame.fin, frame.data) == (Opcode.BINARY, True, b"x" * size)


@given(st.lists(st.binary(max_size=50)))
def test_bare_frames_that_were_joined_are_told_apart(payloads: list[bytes]) -> None:
    joined = b"".join(Outgoing(payload).written(Codec.BARE) for payload in payloads)
    assert list(bare_frames(joined)) == payloads


def test_json_shows_what_is_false_and_zero_and_each_codec_is_written_once() -> None:
    outgoing = Outgoing.of(pb.ServerFrame(presence=pb.Presence(user_id="u")))
    written = outgoing.written(Codec.JSON)
    nothing = {"availability": "AVAILABILITY_UNSPECIFIED", "statusText": "", "statusEmoji": ""}
    assert json.loads(written[4:]) == {"presence": {"userId": "u", "online": False, **nothing}}
    assert outgoing.written(Codec.JSON) is written


def test_what_json_cannot_say_is_an_empty_frame_and_no_failure_of_its_delivery() -> None:
    impossible = pb.ServerFrame(presence=pb.Presence(user_id="u"))
    impossible.presence.last_seen_at.nanos = -1
    outgoing = Outgoing.of(impossible)
    assert outgoing.written(Codec.JSON) == websocket_frame(TEXT, b"{}")
    assert outgoing.written(Codec.PROTO) == websocket_frame(BINARY, impossible.SerializeToString())
