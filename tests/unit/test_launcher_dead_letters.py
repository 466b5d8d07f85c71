"""What `elastic-chat dead-letters` prints and refuses, of letters that a writer in memory has."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from chatkit.core.ids import new_id
from chatkit.edges.message_log import LOG_TOPIC, WATERMARK_TOPIC
from elastic_chat.events.v1 import log_pb2
from elastic_chat.types.v1 import entry_pb2
from elastic_chat.writer.v1 import writer_service_pb2 as pb
from launcher.cli import main
from launcher.commands import dead_letters
from launcher.dead_letters import Letter, printable
from launcher.errors import LaunchError

SECRET = "a secret of Anna and Bob"
ENTRY = log_pb2.LogEntry(conversation_id=new_id(), seq=7, message_id=new_id(), kind=entry_pb2.Entry.MESSAGE)
ENTRY.body = entry_pb2.Body(text=SECRET).SerializeToString()


def kept(offset: int, value: bytes, reason: str, *, redriven: bool = False, topic: str = LOG_TOPIC) -> pb.KeptLetter:
    letter = log_pb2.DeadLetter(topic=topic, partition=3, offset=70, key=b"k\x1b[31m\xff", value=value, reason=reason)
    letter.failed_at.FromSeconds(1_800_000_000)
    return pb.KeptLetter(offset=offset, letter=letter, redriven=redriven)


class WriterInMemory:
    """Has three letters, of which one was redriven."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, bool]] = []
        self.kept = [
            kept(0, ENTRY.SerializeToString(), "the entry is of kind 9 [bold]"),
            kept(1, b"\xff", "the value is no protobuf", redriven=True),
            kept(4, b"\xff\xfe", "the value is no protobuf"),
        ]

    def letters(self) -> list[Letter]:
        return list(map(Letter.of, self.kept))

    def letter(self, offset: int) -> Letter:
        return next(letter for letter in self.letters() if letter.offset == offset)

    def redrive(self, offset: int, *, force: bool) -> None:
        if offset == 1 and not force:
            raise LaunchError("It was", "Use --force")
        self.sent.append((offset, force))


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> WriterInMemory:
    writer = WriterInMemory()
    monkeypatch.setattr(dead_letters, "_writer", lambda: writer)
    return writer


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["dead-letters", *arguments])


def test_a_long_reason_keeps_its_line(writer: WriterInMemory) -> None:
    writer.kept.append(kept(9, b"", "why " * 100))
    assert len(run("list").output.splitlines()) == 4


@pytest.mark.usefixtures("writer")
def test_list_has_a_line_for_each_that_waits_and_with_all_for_every_one() -> None:
    heading, *lines = run("list").output.splitlines()
    assert heading.split() == ["letter", "when", "topic", "partition", "offset", "bytes", "redriven", "reason"]
    assert [line.split()[0] for line in lines] == ["0", "4"]
    assert lines[0].rstrip().endswith("the entry is of kind 9 [bold]")
    assert [line.split()[0] for line in run("list", "--all").output.splitlines()[1:]] == ["0", "1", "4"]
    assert [one["offset"] for one in json.loads(run("list", "--json").output)["letters"]] == [0, 4]


def test_list_says_that_there_is_nothing(writer: WriterInMemory) -> None:
    del writer.kept[2], writer.kept[0]
    assert run("list").output == "There are no dead letters that were not redriven.\n"
    writer.kept.clear()
    assert run("list", "--all").output == "There are no dead letters.\n"
    assert json.loads(run("list", "--json").output) == {"ok": True, "letters": []}


@pytest.mark.usefixtures("writer")
def test_show_tells_which_entry_it_is_and_never_what_people_wrote() -> None:
    shown = json.loads(run("show", "0", "--json").output)
    assert shown == {
        "ok": True,
        "offset": 0,
        "source": {"topic": LOG_TOPIC, "partition": 3, "offset": 70},
        "key": "k\\x1b[31m\\xff",
        "reason": "the entry is of kind 9 [bold]",
        "failedAt": "2027-01-15T08:00:00Z",
        "size": len(ENTRY.SerializeToString()),
        "redriven": False,
        "entry": {"conversationId": ENTRY.conversation_id, "seq": 7, "messageId": ENTRY.message_id, "kind": "MESSAGE"},
    }
    text = run("show", "0").output
    assert all(part in text for part in (ENTRY.conversation_id, ENTRY.message_id, "MESSAGE", f"{LOG_TOPIC}, partition 3, offset 70"))
    everything = "".join(run(*arguments).output for arguments in (("list",), ("list", "--json"), ("show", "0"), ("show", "0", "--json")))
    assert SECRET not in everything


@pytest.mark.parametrize("value", [b"\xff", b"", b"\x7a\x00"])
def test_what_is_no_entry_is_shown_as_none(value: bytes) -> None:
    assert Letter.of(kept(0, value, "")).entry is None
    assert Letter.of(kept(0, ENTRY.SerializeToString(), "", topic=WATERMARK_TOPIC)).entry is None


def test_a_kind_that_is_not_known_is_shown_as_its_number() -> None:
    found = Letter.of(kept(0, b"\x10\x01\x28\x4d", "")).entry  # seq 1, kind 77
    assert found is not None
    assert found.kind == "77"


def test_nothing_in_a_letter_can_steer_a_terminal() -> None:
    assert printable("Grüße \x1b]0;title\x07\u202e\r\n") == "Grüße \\x1b]0;title\\x07\\u202e\\r\\n"


def test_redrive_sends_what_is_named(writer: WriterInMemory) -> None:
    done = run("redrive", "4", "0")
    assert done.output.splitlines() == ["4 is in the log again.", "0 is in the log again."]
    refused = run("redrive", "1")
    assert (refused.exit_code, refused.output) == (1, "elastic-chat: It was. Use --force.\nIn the log again: none.\n")
    run("redrive", "--force", "1")
    assert writer.sent == [(4, False), (0, False), (1, True)]


def test_redrive_of_a_reason_sends_what_waits_for_it(writer: WriterInMemory) -> None:
    assert run("redrive", "--all-of-reason", "no protobuf").output == "4 is in the log again.\n"
    assert writer.sent == [(4, False)]
    none = run("redrive", "--all-of-reason", "moonlight")
    assert none.exit_code == 1
    assert "moonlight" in none.output


@pytest.mark.parametrize("arguments", [(), ("1", "--all-of-reason", "x"), ("-1",)])
def test_redrive_takes_either_offsets_or_a_reason(writer: WriterInMemory, arguments: tuple[str, ...]) -> None:
    assert run("redrive", *arguments).exit_code == 2
    assert not writer.sent
