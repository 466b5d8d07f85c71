"""What is almost right: messages of the contracts, and what a few changes make of their bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import strategies as st

DEPTH = 4
"""How deep messages lie in each other."""

SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
    FieldDescriptor.CPPTYPE_STRING: st.text(max_size=12) | st.uuids().map(str),
    FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_ENUM: st.integers(0, 12) | st.integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: st.integers(0, 100) | st.integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
}

Within = Mapping[str, type[Message]]
"""Names of fields of bytes that hold a message, and of which kind."""


def messages(kind: type[Message], within: Within | None = None) -> st.SearchStrategy[Any]:
    """Return a strategy for messages of a kind, of which any field may be there or not, and hold whatever its type allows."""

    @st.composite
    def message(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Message:
        made = kind()
        _fill(draw, made, within or {}, DEPTH)
        return made

    return message()


def _fill(draw: Callable[[st.SearchStrategy[Any]], Any], message: Message, within: Within, depth: int) -> None:
    fields: list[Any] = list(message.DESCRIPTOR.fields)
    for field in draw(st.lists(st.sampled_from(fields), max_size=len(fields), unique_by=lambda one: one.number)) if fields else ():
        if field.message_type is not None:
            there = getattr(message, field.name)
            for part in [there.add() for _ in range(draw(st.integers(0, 2)))] if field.is_repeated else [there]:
                part.SetInParent()
                if depth:
                    _fill(draw, part, within, depth - 1)
        elif field.is_repeated:
            getattr(message, field.name).extend(draw(st.lists(SCALARS[field.cpp_type], max_size=2)))
        else:
            setattr(message, field.name, draw(_scalar(field, within)))


def _scalar(field: FieldDescriptor, within: Within) -> st.SearchStrategy[Any]:
    if field.type != FieldDescriptor.TYPE_BYTES:
        return SCALARS[field.cpp_type]
    if field.name not in within:
        return st.binary(max_size=12)
    return messages(within[field.name]).map(lambda message: bytes(message.SerializeToString()))


def mutated(data: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy for bytes after some changes: now and then after none."""
    return st.builds(mutate, data, st.randoms(use_true_random=False), st.integers(0, 4))


def mutate(data: bytes, chance: random.Random, times: int) -> bytes:
    """Return bytes after so many changes, as chance has it."""
    changed = bytearray(data)
    for _ in range(times):
        at = chance.randrange(len(changed) + 1)
        length = chance.choice((1, 2, 8, 64))
        match chance.randrange(6):
            case 0 if changed:
                changed[at % len(changed)] ^= 1 << chance.randrange(8)
            case 1:
                del changed[at : at + length]
            case 2:
                changed[at:at] = chance.randbytes(length)
            case 3:
                changed[at:at] = changed[at : at + length] * 3
            case 4:
                del changed[at:]
            case _:
                changed[at:at] = chance.choice((b"\xff", b"\x00", b"[", b"{", b'"', b"\\u0000", b"-", b"1e999", b"null", b"\x7b" * length))
    return bytes(changed)
