"""What the environment says about a stack: where it lives and where it listens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chatkit.production import Environment
from chatkit.settings import PREFIX as SERVICES_PREFIX
from chatkit.settings import Variable, cure
from launcher.errors import LaunchError
from launcher.home import Home
from launcher.topology import DEFAULT_PORT, DEFAULT_ZONE, HOST, Topology
from launcher.tracing import Tracing

LOWEST_PORT = 1024
HIGHEST_PORT = 64_000
"""Above this a stack's own ports would not all exist."""

_ZONE = re.compile(r"[a-z0-9-]{1,32}")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]+)?")
_SHARE = re.compile(r"[0-9]*\.?[0-9]+")
_COLLECTOR = re.compile(r"http://(?P<host>[A-Za-z0-9.-]+):(?P<port>[0-9]{1,5})/?")
LOG_LEVELS = ("debug", "info", "warning", "error")


PREFIX = "ELASTIC_CHAT_"

VARIABLES = (
    Variable(
        "home",
        f"{PREFIX}HOME",
        Path,
        ".elastic-chat",
        "The folder of the stack: its data, logs and keys. Another folder is another stack.",
    ),
    Variable(
        "environment",
        f"{PREFIX}ENVIRONMENT",
        Environment,
        Environment.DEVELOPMENT,
        "What the stack is for: development or production, which starts with nothing that only suits development.",
    ),
    Variable("port", f"{PREFIX}PORT", int, DEFAULT_PORT, "The port of the edge, from which all others derive: up to 799 more are used."),
    Variable("log_level", f"{PREFIX}LOG_LEVEL", str, "info", f"How much services tell: {', '.join(LOG_LEVELS)}."),
    Variable(
        "origins",
        f"{PREFIX}ORIGINS",
        tuple,
        (),
        "The origins, such as https://chat.example, whose pages may use the stack, beside its own.",
    ),
    Variable(
        "zones",
        f"{PREFIX}ZONES",
        tuple,
        (DEFAULT_ZONE,),
        "The zones, with commas between, that the instances of each service are in, in turn: who calls prefers those of its own.",
    ),
    Variable(
        "trace_share",
        f"{PREFIX}TRACE_SHARE",
        float,
        0.0,
        "Which share of messages is traced, from 0 to 1: 0.01 traces one in a hundred. `elastic-chat trace` shows them.",
    ),
    Variable(
        "trace_collector",
        f"{PREFIX}TRACE_COLLECTOR",
        str,
        "",
        "Where a collector takes what is traced by OTLP over gRPC, such as http://localhost:4317; without it the stack has one of its own.",
    ),
    Variable("cache", "XDG_CACHE_HOME", Path, "~/.cache", "Where the engines are kept, in `elastic-chat`, for all stacks of this user."),
)
"""What the launcher itself is told by the environment."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one stack."""

    home: Home
    port: int
    cache: Path
    """What all stacks of this user share: the engines."""

    log_level: str
    origins: tuple[str, ...]
    """Whose pages may use the stack, beside its own."""

    zones: tuple[str, ...]
    """Where instances are, in turn."""

    environment: Environment
    tracing: Tracing | None
    """What is traced; None if nothing is."""

    of_services: Mapping[str, str]
    """What the environment says to services: `CHAT_*`, as it stands there."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read `VARIABLES`.

        Raises:
            LaunchError: one of them makes no sense, or is misspelt, so that another stack would be meant.

        """
        known = [variable.name for variable in VARIABLES]
        for name in sorted(environment):
            if name.startswith(PREFIX) and name not in known:
                raise LaunchError(f"{name} means nothing to elastic-chat", cure(name, known))
        port = _port(environment.get("ELASTIC_CHAT_PORT") or str(DEFAULT_PORT))
        cache = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        return cls(
            home=Home(Path(environment.get("ELASTIC_CHAT_HOME") or ".elastic-chat").absolute()),
            port=port,
            cache=cache / "elastic-chat",
            log_level=_log_level(environment.get("ELASTIC_CHAT_LOG_LEVEL") or "info"),
            origins=tuple(_origin(text) for text in environment.get("ELASTIC_CHAT_ORIGINS", "").split(",") if text),
            zones=tuple(_zone(text) for text in (environment.get(f"{PREFIX}ZONES") or DEFAULT_ZONE).split(",")),
            environment=_environment(environment.get(f"{PREFIX}ENVIRONMENT") or Environment.DEVELOPMENT),
            tracing=_tracing(environment, Topology(port)),
            of_services={name: value for name, value in environment.items() if name.startswith(SERVICES_PREFIX)},
        )


def _port(text: str) -> int:
    if not text.isdecimal() or not LOWEST_PORT <= int(text) <= HIGHEST_PORT:
        raise LaunchError(f"ELASTIC_CHAT_PORT is {text!r}", f"Set it to a number from {LOWEST_PORT} to {HIGHEST_PORT}")
    return int(text)


def _environment(text: str) -> Environment:
    if text not in set(Environment):
        raise LaunchError(f"ELASTIC_CHAT_ENVIRONMENT is {text!r}", f"Set it to one of {', '.join(Environment)}")
    return Environment(text)


def _log_level(text: str) -> str:
    if text not in LOG_LEVELS:
        raise LaunchError(f"ELASTIC_CHAT_LOG_LEVEL is {text!r}", f"Set it to one of {', '.join(LOG_LEVELS)}")
    return text


def _origin(text: str) -> str:
    if not _ORIGIN.fullmatch(text):
        raise LaunchError(
            f"ELASTIC_CHAT_ORIGINS has {text!r}, which is no origin",
            "Write each as browsers do, such as https://chat.example, with commas between",
        )
    return text


def _tracing(environment: Mapping[str, str], topology: Topology) -> Tracing | None:
    share = environment.get(f"{PREFIX}TRACE_SHARE") or "0"
    if not _SHARE.fullmatch(share) or float(share) > 1:
        raise LaunchError(
            f"ELASTIC_CHAT_TRACE_SHARE is {share!r}", "Set it to a number from 0 to 1, such as 0.01 for one message in a hundred"
        )
    collector = environment.get(f"{PREFIX}TRACE_COLLECTOR") or f"http://{HOST}:{topology.collector_port}"
    address = _COLLECTOR.fullmatch(collector)
    if address is None:
        raise LaunchError(f"ELASTIC_CHAT_TRACE_COLLECTOR is {collector!r}", "Write it as http://HOST:PORT, such as http://localhost:4317")
    return Tracing(float(share), address["host"], int(address["port"])) if float(share) else None


def _zone(text: str) -> str:
    if not _ZONE.fullmatch(text):
        raise LaunchError(
            f"ELASTIC_CHAT_ZONES has {text!r}, which is no name of a zone", "Write each in a-z, 0-9 and -, with commas between"
        )
    return text
