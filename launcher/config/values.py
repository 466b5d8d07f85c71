"""What every process has: each setting with its value, and where that comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chatkit.settings import Variable
from launcher.config import declared
from launcher.plan import Stack, service_environment
from launcher.settings import VARIABLES
from launcher.topology import Instance

HIDDEN = "(hidden)"
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]+(?=@)")


class Source(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    ENVIRONMENT = "environment"
    FILE = "file"
    """A file that the environment names; the value shown is its path."""

    LAUNCHER = "launcher"
    """`elastic-chat` gives it, because it knows where everything is. Of a secret, the value shown is the path of its file."""


@dataclass(frozen=True, slots=True)
class Value:
    """A setting of a process, or of the launcher. `value` is None if it is not set and has no default."""

    of: str
    name: str
    value: str | None
    source: Source
    default: str | None
    doc: str

    def as_json(self) -> dict[str, Any]:
        """Return it as `config --json` shows it."""
        return {
            "of": self.of,
            "name": self.name,
            "value": self.value,
            "source": str(self.source),
            "default": self.default,
            "doc": self.doc,
        }


def of_launcher(environment: Mapping[str, str], name: str) -> Iterator[Value]:
    """Yield the settings of the launcher, which is called `name`."""
    for variable in VARIABLES:
        text = environment.get(variable.name) or None
        source = Source.ENVIRONMENT if text else Source.DEFAULT
        yield Value(name, variable.name, text or variable.default_text, source, variable.default_text, variable.doc)


def of_instance(instance: Instance, stack: Stack) -> Iterator[Value]:
    """Yield the settings with which an instance is started."""
    environment = service_environment(instance, stack)
    chosen = stack.chosen.get(instance.service, {})
    for variable in declared.of(instance.service):
        yield _value(instance.name, variable, environment, chosen)


def _value(of: str, variable: Variable, environment: Mapping[str, str], chosen: Mapping[str, str]) -> Value:
    name, source = variable.name, Source.DEFAULT
    text = variable.default_text
    if variable.file in environment:
        name, text = variable.file, environment[variable.file]
        source = Source.FILE if variable.file in chosen else Source.LAUNCHER
    elif variable.name in environment:
        text = HIDDEN if variable.secret else masked(environment[variable.name])
        source = Source.ENVIRONMENT if variable.name in chosen else Source.LAUNCHER
    return Value(of, name, text, source, variable.default_text, variable.doc)


def masked(text: str) -> str:
    """Return a value with the passwords of its addresses hidden."""
    return _PASSWORD.sub(rf"\1:{HIDDEN}", text)
