"""What the contracts promise to each other and to the code that was generated from them."""

from __future__ import annotations

import filecmp
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor

from chatkit.core.errors import TABLE, Reason
from elastic_chat.errors.v1 import reason_pb2
from elastic_chat.events.v1 import log_pb2
from elastic_chat.gateway.v1 import frames_pb2
from elastic_chat.types.v1 import entry_pb2

ROOT = Path(__file__).parents[2]


def test_generated_code_is_current(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "proto/generate.py", str(tmp_path)], cwd=ROOT, check=True)
    compared = filecmp.dircmp(tmp_path / "elastic_chat", ROOT / "gen" / "elastic_chat", ignore=["__pycache__"])
    assert differences(compared) == [], "run `make proto`"


def differences(compared: filecmp.dircmp[str]) -> list[str]:
    _, mismatch, errors = filecmp.cmpfiles(compared.left, compared.right, compared.common_files, shallow=False)
    found = [*compared.left_only, *compared.right_only, *mismatch, *errors]
    for inner in compared.subdirs.values():
        found += differences(inner)
    return found


def test_every_reason_is_in_the_contract_the_table_and_the_protocol_document() -> None:
    contract = set(reason_pb2.Reason.keys()) - {"REASON_UNSPECIFIED"}
    assert contract == {str(reason) for reason in Reason} == {str(reason) for reason in TABLE}


@pytest.mark.parametrize("script", ["generate.py", "openapi.py"])
def test_the_documents_say_what_the_code_says(script: str) -> None:
    done = subprocess.run([sys.executable, f"docs/{script}", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run `make docs`"


@pytest.mark.parametrize("reason", list(Reason))
def test_a_close_code_tells_whether_to_reconnect(reason: Reason) -> None:
    row = TABLE[reason]
    if row.close_code is not None and row.close_code >= 4000:
        assert row.retryable == (row.close_code < 4500)


def fields(message: Descriptor) -> dict[int, tuple[str, str]]:
    return {field.number: (field.name, str(field.type)) for field in message.fields}


def test_the_stored_entry_is_the_public_entry_with_its_body_left_as_bytes() -> None:
    stored, public = fields(log_pb2.LogEntry.DESCRIPTOR), fields(entry_pb2.Entry.DESCRIPTOR)
    assert stored.pop(6)[0] == public.pop(6)[0] == "body"
    assert public.pop(30)[0] == "state"
    kept = descriptor_pb2.DescriptorProto()
    entry_pb2.Entry.DESCRIPTOR.CopyToProto(kept)
    assert {stored.pop(number)[0] for number in stored.keys() - public.keys()} == set(kept.reserved_name)
    assert stored == public


def test_the_stored_frame_is_the_public_frame() -> None:
    stored, public = log_pb2.EntryFrame.DESCRIPTOR.fields_by_name["entry"], frames_pb2.ServerFrame.DESCRIPTOR.fields_by_name["entry"]
    assert (stored.number, stored.type) == (public.number, public.type)
