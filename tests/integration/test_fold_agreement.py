"""The router, history and the web client come to the same end with the same entries, whichever of them history has folded already."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.core.ids import UserId, new_id
from chatkit.rpc.change import change_command
from chatkit.rpc.sending import put_message
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.events.v1 import log_pb2
from elastic_chat.router.v1 import router_service_pb2 as pb
from elastic_chat.types.v1.entry_pb2 import Body, Closing, Deletion, Entry, MessageState, Pin, Poll, Reaction, Vote
from launcher.display import Display
from launcher.engines import node
from launcher.settings import Settings
from svc_history.changes import Known, mended
from svc_history.core import Stored
from svc_history.reader import Page
from svc_history.showing import as_it_is
from svc_router.entries import for_readers
from tests.routing import Bench, fresh_id

WEB = Path(__file__).parents[2] / "web"
PEOPLE = [UserId(new_id()) for _ in range(3)]
ASKER, READER = PEOPLE[:2]
CROWD = [UserId(f"user {n}") for n in range(6)]
QUESTION = Body(text="Drinks?", poll=Poll(options=["Tea", "Coffee", "Water"], multiple=True))

Shows = Callable[[UserId, Sequence[Entry]], Any]


@dataclass(frozen=True)
class Step:
    """Somebody changes the poll, or says something in its thread."""

    user_id: UserId
    what: Message


def steps(users: Sequence[UserId], *kinds: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[list[Step]]:
    return st.lists(st.builds(Step, st.sampled_from(users), st.one_of(*kinds)), max_size=most)


edits = st.builds(Body, text=st.sampled_from(["Drinks now?", "Thirsty?"]))
reactions = st.builds(Reaction, emoji=st.sampled_from(["👍", "❤️"]), removed=st.booleans())
votes = st.builds(lambda options: Vote(options=sorted(options)), st.sets(st.integers(0, 2)))
pins = st.builds(Pin, unpinned=st.booleans())
closings, deletions = st.just(Closing()), st.just(Deletion())
replies = st.just(Body(text="in its thread", thread=1))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shows]:
    """What the web client shows a user of a message, by entries as they came to it."""
    assert (WEB / "node_modules").is_dir(), f"run `npm ci` in {WEB}, as `make test` does"
    environ = node.environment(Settings.from_environment(os.environ).cache, Display())
    script = tmp_path_factory.mktemp("client") / "shown.mjs"
    bundle = ["node", "node_modules/rolldown/bin/cli.mjs", "tests/shown.ts", "--platform", "node", "--format", "esm", "--file", str(script)]
    subprocess.run(bundle, cwd=WEB, env=environ, check=True, capture_output=True)
    with subprocess.Popen(["node", str(script)], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        asks, answers = process.stdin, process.stdout

        def shows(me: UserId, entries: Sequence[Entry]) -> Any:
            asks.write(json.dumps({"me": me, "entries": [MessageToDict(one) for one in entries]}) + "\n")
            asks.flush()
            return json.loads(answers.readline())

        yield shows
        asks.close()


def live(entry: log_pb2.LogEntry) -> Entry:
    """An entry as it is delivered."""
    return Entry.FromString(for_readers(entry).SerializeToString())


def listed(entries: Sequence[log_pb2.LogEntry], seq: int, reader: UserId) -> list[Entry]:
    """A page of history: entries from the one at `seq` on, if there are no others yet."""
    stored = [Stored(one.seq, for_readers(one).SerializeToString()) for one in entries if one.seq >= seq]
    known = Known.of(0, [one.SerializeToString() for one in entries if one.target or one.outline.thread])
    page = Page(entries[-1].seq, mended(stored, known), has_more=False, changes=known)
    return [as_it_is(one, page, reader) for one in page.entries]


def numbers(state: MessageState) -> Any:
    """What a state counts, as the client has it."""
    reactions = {one.emoji: [one.count, one.mine] for one in state.reactions}
    voted = {one.option: [one.count, one.mine] for one in state.votes}
    return state.deleted, state.edit_count > 0, state.pinned, state.closed, state.reply_count, state.voter_count, reactions, voted


def names(state: MessageState) -> Any:
    return {one.emoji: set(one.user_ids) for one in state.reactions}, {one.option: set(one.user_ids) for one in state.votes}


def shown_numbers(shown: Any) -> Any:
    reactions = {one["emoji"]: [one["count"], one["isMine"]] for one in shown["reactions"]}
    voted = {one["option"]: [one["count"], one["isMine"]] for one in shown["votes"]}
    fixed = [shown[name] for name in ("isDeleted", "isEdited", "isPinned", "isClosed", "replyCount", "voterCount")]
    return *fixed, reactions, voted


def shown_names(shown: Any) -> Any:
    return {one["emoji"]: set(one["userIds"]) for one in shown["reactions"]}, {one["option"]: set(one["userIds"]) for one in shown["votes"]}


def command_of(step: Step, conversation_id: str, asked: int, now_ms: int) -> pb.Command:
    command = pb.Command(correlation=1, user_id=step.user_id, conversation_id=conversation_id)
    match step.what:
        case Body(thread=thread) if thread:
            put_message(command.send, fresh_id(), Body(text=step.what.text, thread=asked), now_ms)
        case _:
            command.change.CopyFrom(change_command(fresh_id(), asked, step.what, now_ms))
    return command


def answers(step: Step, before: MessageState) -> set[str]:
    """What a router may answer, by what history says has become of the message: one of the refusals that hold, or nothing."""
    is_reply = isinstance(step.what, Body) and step.what.thread > 0
    is_others = step.user_id != ASKER and isinstance(step.what, Closing | Deletion | Pin | Body)
    holding = {
        "PERMISSION_DENIED": is_others and not is_reply,
        "NOT_FOUND": before.deleted and not is_reply and not isinstance(step.what, Deletion),
        "POLL_CLOSED": before.closed and isinstance(step.what, Vote),
    }
    return {reason for reason, holds in holding.items() if holds} or {""}


async def played(some: Sequence[Step]) -> tuple[list[log_pb2.LogEntry], int]:
    """Let a router carry out steps, which refuses what history says can't be; return the log, and where the poll is."""
    bench = Bench()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(bench.pipeline.run())
        conversation_id = await bench.group(*PEOPLE)
        asking = pb.Command(correlation=1, user_id=ASKER, conversation_id=conversation_id)
        put_message(asking.send, fresh_id(), QUESTION, bench.clock.now_ms())
        asked = (await bench.accepted(asking)).seq
        for step in some:
            before = listed(bench.entries, asked, READER)[0].state
            result = await bench.submit(command_of(step, conversation_id, asked, bench.clock.now_ms()))
            assert refusal_of(result) in answers(step, before), (step, before)
        running.cancel()
    return bench.entries, asked


def refusal_of(result: pb.Result) -> str:
    return "" if result.WhichOneof("result") == "accepted" else reason_pb2.Reason.Name(result.refused.reason)


@settings(max_examples=60, deadline=None)
@given(some=steps(PEOPLE, edits, reactions, votes, pins, closings, deletions, replies, most=14), cut=st.integers(0, 14))
def test_router_history_and_client_agree_on_what_has_become_of_a_message(client: Shows, some: list[Step], cut: int) -> None:
    entries, asked = asyncio.run(played(some))
    now = listed(entries, asked, READER)[0]
    first = next(index for index, one in enumerate(entries) if one.seq == asked)
    known = entries[: first + 1 + cut]
    for page in ([live(one) for one in entries[first:]], listed(known, asked, READER) + [live(one) for one in entries[len(known) :]]):
        shown = client(READER, page)
        assert shown_numbers(shown) == numbers(now.state)
        assert shown_names(shown) == names(now.state)
        assert (shown["text"], shown.get("poll", {}).get("options", [])) == (now.body.text, list(now.body.poll.options))
        assert not shown["isVague"]


@settings(max_examples=60, deadline=None)
@given(some=steps(CROWD, reactions, votes, most=30), cut=st.integers(0, 30))
def test_of_many_who_change_their_minds_the_client_has_the_numbers_of_history_or_knows_that_it_must_ask(
    client: Shows, some: list[Step], cut: int
) -> None:
    poll = log_pb2.LogEntry(seq=1, kind=Entry.MESSAGE, sender_id=ASKER, body=QUESTION.SerializeToString())
    entries = [poll, *(change_of(seq, step) for seq, step in enumerate(some, 2))]
    known = entries[: 1 + cut]
    with pytest.MonkeyPatch.context() as few:
        few.setattr("svc_history.fold.MAX_NAMED", 2)
        (now, *_), before = listed(entries, 1, CROWD[0]), listed(known, 1, CROWD[0])
    shown = client(CROWD[0], before + [live(one) for one in entries[len(known) :]])
    assert shown["isVague"] or shown_numbers(shown) == numbers(now.state)
    again = client(CROWD[0], [now])
    assert (again["isVague"], shown_numbers(again)) == (False, numbers(now.state)), "and once it has asked, it knows"


def change_of(seq: int, step: Step) -> log_pb2.LogEntry:
    entry = log_pb2.LogEntry(seq=seq, target=1, sender_id=step.user_id)
    match step.what:
        case Vote():
            entry.kind = Entry.VOTE
            entry.vote.CopyFrom(step.what)
        case Reaction():
            entry.kind = Entry.REACTION
            entry.reaction.CopyFrom(step.what)
    return entry
