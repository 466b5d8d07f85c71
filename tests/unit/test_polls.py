"""What can be asked in a poll and answered, and what of it every door passes on."""

from __future__ import annotations

import pytest

from chatkit.core.clock import ManualClock
from chatkit.core.errors import ChatError, Reason
from chatkit.core.ids import MessageId, message_id_ms
from chatkit.core.polls import MAX_OPTION, MAX_OPTIONS, check_poll, check_vote
from chatkit.rpc.change import change_command
from chatkit.rpc.sending import put_message
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1 import entry_pb2
from tests.routing import fresh_id

NOW_MS = ManualClock().now_ms()


@pytest.mark.parametrize("options", [["yes", "no"], [str(n) for n in range(MAX_OPTIONS)], ["x" * MAX_OPTION, "y"]])
def test_a_poll_asks_and_has_options_that_differ(options: list[str]) -> None:
    check_poll("Tea?", options, None, 1)
    check_poll("Tea?", options, 2, 1)


@pytest.mark.parametrize(
    ("question", "options", "closes_ms", "reason"),
    [
        (" ", ["yes", "no"], None, Reason.TEXT_EMPTY),
        ("Tea?", [], None, Reason.INVALID_ARGUMENT),
        ("Tea?", ["yes"], None, Reason.INVALID_ARGUMENT),
        ("Tea?", ["yes", "yes"], None, Reason.INVALID_ARGUMENT),
        ("Tea?", ["yes", " "], None, Reason.INVALID_ARGUMENT),
        ("Tea?", ["yes", "x" * (MAX_OPTION + 1)], None, Reason.INVALID_ARGUMENT),
        ("Tea?", [str(n) for n in range(MAX_OPTIONS + 1)], None, Reason.INVALID_ARGUMENT),
        ("Tea?", ["yes", "no"], 1, Reason.INVALID_ARGUMENT),
    ],
)
def test_a_poll_that_cannot_be_answered_is_refused(question: str, options: list[str], closes_ms: int | None, reason: Reason) -> None:
    with pytest.raises(ChatError) as refused:
        check_poll(question, options, closes_ms, 1)
    assert refused.value.reason is reason


@pytest.mark.parametrize("options", [[-1], [MAX_OPTIONS], [0, 0]])
def test_a_vote_that_no_poll_can_take_is_refused(options: list[int]) -> None:
    check_vote([])
    check_vote(range(MAX_OPTIONS))
    with pytest.raises(ChatError) as refused:
        check_vote(options)
    assert refused.value.reason is Reason.INVALID_ARGUMENT


def poll(closes_ms: int) -> entry_pb2.Body:
    body = entry_pb2.Body(text="Tea?", poll=entry_pb2.Poll(options=["yes", "no"], multiple=True))
    body.poll.closes_at.FromMilliseconds(closes_ms)
    return body


def test_beside_a_poll_stands_which_votes_can_be_cast_and_not_what_for() -> None:
    command, message_id = pb.SendCommand(), MessageId(fresh_id())
    body = poll(message_id_ms(message_id) + 1)
    put_message(command, message_id, body, NOW_MS)
    assert command.outline == log_pb2.Outline(ballot=log_pb2.Ballot(option_count=2, multiple=True, closes_at=body.poll.closes_at))
    with pytest.raises(ChatError):
        put_message(command, message_id, poll(message_id_ms(message_id)), NOW_MS)


def test_a_poll_that_is_sent_again_after_it_was_to_close_is_not_refused_for_that() -> None:
    message_id = MessageId(fresh_id(60_000))
    put_message(pb.SendCommand(), message_id, poll(message_id_ms(message_id) + 1), NOW_MS)


def test_a_vote_for_nothing_is_one_and_the_options_of_one_have_an_order() -> None:
    for options, wanted in (([], []), ([2, 0], [0, 2])):
        command = change_command(fresh_id(), 5, entry_pb2.Vote(options=options), NOW_MS)
        assert (command.WhichOneof("change"), list(command.vote.options)) == ("vote", wanted)


def test_an_edit_leaves_a_poll_as_it_is() -> None:
    with pytest.raises(ChatError) as refused:
        change_command(fresh_id(), 5, poll(1), NOW_MS)
    assert refused.value.reason is Reason.INVALID_ARGUMENT
