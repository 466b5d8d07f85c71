"""The schema of a type of the provider, read from its bindings.

A module has a class for the type itself and one for each of its blocks. Beside every attribute stands what the schema says of it, and its
getter says which type it has:

    // visibility_timeout_seconds - computed: false, optional: true, required: false
    get visibilityTimeoutSeconds() { return this.getNumberAttribute('visibility_timeout_seconds'); }
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TypeAlias

Type: TypeAlias = str | list["Type"] | dict[str, "Type"]
"""A type as Terraform writes it in JSON: "string", ["list", "string"], ["object", {"name": "string"}]."""

_CLASS = re.compile(r"^class (\w+) extends cdktn\.\w+ \{$", re.MULTILINE)
_MEMBER = re.compile(r"^ +// (\w+) - computed: (true|false), optional: (true|false), required: (true|false)$", re.MULTILINE)
_GETTER = re.compile(r"\bget \w+\(\) \{(.*?)\}", re.DOTALL)
_NESTED = re.compile(r"new (\w+?)(OutputReference|List|Map)\(this, \"\w+\"(?:, (true|false))?\)")
_SCALARS: tuple[tuple[str, Type], ...] = (
    ("Fn.tolist(this.getListAttribute(", ["set", "string"]),
    ("Fn.tolist(this.getNumberListAttribute(", ["set", "number"]),
    ("getStringAttribute(", "string"),
    ("getNumberAttribute(", "number"),
    ("getBooleanAttribute(", "bool"),
    ("getNumberListAttribute(", ["list", "number"]),
    ("getListAttribute(", ["list", "string"]),
    ("getStringMapAttribute(", ["map", "string"]),
    ("getNumberMapAttribute(", ["map", "number"]),
    ("getBooleanMapAttribute(", ["map", "bool"]),
    ("interpolationForAttribute(", "dynamic"),
    ("new cdktn.StringMapList(", ["list", ["map", "string"]]),
    ("new cdktn.StringMap(", ["map", "string"]),
    ("new cdktn.NumberMap(", ["map", "number"]),
    ("new cdktn.BooleanMap(", ["map", "bool"]),
)
"""How a member gets its value, the longer first, and the type that this is of."""

LIST, SET, MAP, ONE = "list", "set", "map", "one"
"""How a block is nested; `one` is a list of at most one, as this provider writes what there is once."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: its type, and who may or must say what it is."""

    type: Type
    required: bool
    optional: bool
    computed: bool


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between two braces: attributes, and blocks by how many of them there may be."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: dict[str, tuple[str, Block, bool]] = field(default_factory=dict)
    """The nesting of each block, its content, and whether there must be one."""


def module_of(type_name: str, *, data: bool = False) -> str:
    """Return in which module of the bindings a type is, such as `sqs-queue` for `aws_sqs_queue`."""
    name = type_name.replace("_", "-")
    return f"data-{name}" if data else name.removeprefix("aws-")


def read(source: str) -> Block:
    """Return the schema of the type whose module this is."""
    classes = dict(_classes(source))
    # The last class of a module is that of the type itself: the others are what it needs.
    main = list(classes)[-1]
    return _block(classes, main)


def _classes(source: str) -> Iterator[tuple[str, str]]:
    found = list(_CLASS.finditer(source))
    for one, following in zip_longest(found, found[1:]):
        yield one[1], source[one.end() : following.start() if following else len(source)]


def _block(classes: dict[str, str], name: str) -> Block:
    block = Block()
    body = classes[name]
    found = list(_MEMBER.finditer(body))
    for one, following in zip_longest(found, found[1:]):
        attribute, (computed, optional, required) = one[1], (each == "true" for each in one.groups()[1:])
        text = body[one.end() : following.start() if following else len(body)]
        getter = _GETTER.search(text)
        nested = _NESTED.search(text[: getter.start()] if getter else text)
        if nested is None:
            block.attributes[attribute] = Attribute(_scalar(text, f"{name}.{attribute}"), required, optional, computed)
            continue
        inner, shape, is_set = nested.groups()
        nesting = ONE if shape == "OutputReference" else MAP if shape == "Map" else SET if is_set == "true" else LIST
        content = _block(classes, f"{inner}OutputReference")
        # What the provider can fill in is no block, though it is written like one: an attribute whose values are objects.
        if computed:
            block.attributes[attribute] = Attribute(_collection(nesting, _object(content)), required, optional, computed)
        else:
            block.blocks[attribute] = (nesting, content, required)
    return block


def _scalar(text: str, where: str) -> Type:
    getter = _GETTER.search(text)
    told = text[: getter.end()] if getter else text
    for call, type_ in _SCALARS:
        if call in told:
            return type_
    raise ValueError(f"the type of {where} is not known: {told.strip()}")


def _object(block: Block) -> Type:
    members = {name: attribute.type for name, attribute in block.attributes.items()}
    nested = {name: _collection(nesting, _object(content)) for name, (nesting, content, _) in block.blocks.items()}
    return ["object", members | nested]


def _collection(nesting: str, element: Type) -> Type:
    return [LIST if nesting == ONE else nesting, element]
