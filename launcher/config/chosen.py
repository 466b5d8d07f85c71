"""What an operator has set for services: checked before anything is started, and given to those whose it is.

`CHAT_*` variables in the environment of `elastic-chat up` are such settings, except those that the launcher gives itself: where things are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from chatkit.production import Environment
from chatkit.settings import SettingsError, cure, load
from launcher.config import declared, production
from launcher.engines import Engines
from launcher.errors import LaunchError
from launcher.home import Home, write_atomically
from launcher.plan import Stack, given_environment, service_environment
from launcher.settings import PREFIX, Settings
from launcher.topology import HOST, SERVICES, Topology
from launcher.tracing import Tracing


@dataclass(frozen=True, slots=True)
class Chosen:
    """What somebody chose for a stack before it was started."""

    log_level: str
    origins: tuple[str, ...]
    tracing: Tracing | None
    services: Mapping[str, Mapping[str, str]]
    """Service to variables and their values."""

    environment: Environment = Environment.DEVELOPMENT


ANYWHERE = Engines(Path(), Path(), Path(), Path(), (), ())
"""No setting depends on where the engines are, so that they need not have been fetched."""

INSTEAD = {
    "log_level": "ELASTIC_CHAT_LOG_LEVEL",
    "environment": "ELASTIC_CHAT_ENVIRONMENT",
    "allowed_origins": "ELASTIC_CHAT_ORIGINS",
    "trace_share": "ELASTIC_CHAT_TRACE_SHARE",
    "trace_collector": "ELASTIC_CHAT_TRACE_COLLECTOR",
}
"""What one sets instead of what the launcher gives to services itself."""

UNSAFE = frozenset('"\\\r\n\0')
"""What the configuration of a supervisor can't hold."""


def choose(settings: Settings) -> Chosen:
    """Return what the environment says.

    Raises:
        LaunchError: some of them can't be used; all are told.

    """
    environment = settings.of_services
    faults = list(find_faults(environment))
    if faults:
        what = "variable is" if len(faults) == 1 else "variables are"
        raise LaunchError(f"{len(faults)} {what} wrong in this environment", "Correct or remove them", "\n".join(faults))
    chosen: dict[str, dict[str, str]] = {}
    for service in SERVICES:
        for variable in declared.of(service):
            for name in (variable.name, variable.file):
                if name in environment:
                    value = environment[name]
                    # A service runs in another folder than whoever starts it.
                    chosen.setdefault(service, {})[name] = str(Path(value).absolute()) if name == variable.file else value
    return Chosen(settings.log_level, settings.origins, settings.tracing, chosen, settings.environment)


def find_faults(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield what is wrong with each of the `CHAT_*` variables of an environment."""
    known = {name: variable for service in SERVICES for variable in declared.of(service) for name in (variable.name, variable.file)}
    owned = names_given()
    for name in sorted(environment):
        variable = known.get(name)
        if variable is None:
            yield f"{name} means nothing to any service. {cure(name, known)}."
        elif {variable.name, variable.file} & owned:
            ours = INSTEAD.get(variable.field)
            yield f"{name} is given to services by elastic-chat itself. {f'Set {ours} instead' if ours else 'Remove it'}."
        elif variable.secret and name != variable.file:
            yield f"{name} is a secret, which others could see in an environment. Write it to a file, and set {variable.file} to its path."
        elif UNSAFE & set(environment[name]):
            yield f"{name} has quotes, backslashes or line breaks. Write it to a file, and set {variable.file} to its path."


def names_given() -> set[str]:
    """Return the variables that the launcher gives to services itself."""
    stack = Stack(Home(Path()), Topology(), ANYWHERE, tracing=Tracing(1.0, HOST, 1))
    return {name for instance in stack.topology.instances() for name in given_environment(instance, stack)}


def record(home: Home, chosen: Chosen) -> None:
    """Write down what was chosen, for later commands."""
    write_atomically(home.chosen, json.dumps(asdict(chosen)))


def recorded(home: Home) -> Chosen:
    """Return what was chosen for the stack that runs: nothing, if it was started by code that wrote nothing down."""
    try:
        kept = json.loads(home.chosen.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Chosen("info", (), None, {})
    tracing = kept.get("tracing")  # code that traced nothing wrote nothing of it
    return Chosen(
        kept["log_level"],
        tuple(kept["origins"]),
        Tracing(**tracing) if tracing else None,
        kept["services"],
        Environment(kept.get("environment", Environment.DEVELOPMENT)),
    )


def stack_of(home: Home, topology: Topology, provided: Engines, chosen: Chosen) -> Stack:
    """Return the stack that was chosen."""
    return Stack(
        home,
        topology,
        provided,
        chosen.log_level,
        chosen.origins,
        chosen.tracing,
        chosen=chosen.services,
        environment=chosen.environment,
    )


def pending(settings: Settings, topology: Topology) -> list[str]:
    """Return the variables that say something else in this environment than in the one in which the stack that runs was started.

    Raises:
        LaunchError: the environment can't be used.

    """
    has, wanted = recorded(settings.home), choose(settings)
    launcher = {
        f"{PREFIX}LOG_LEVEL": (has.log_level, wanted.log_level),
        f"{PREFIX}ORIGINS": (has.origins, wanted.origins),
        f"{PREFIX}ENVIRONMENT": (has.environment, wanted.environment),
        f"{PREFIX}ZONES": (topology.zones, list(settings.zones)),
        f"{PREFIX}TRACE_SHARE": (has.tracing and has.tracing.share, wanted.tracing and wanted.tracing.share),
        f"{PREFIX}TRACE_COLLECTOR": (_outside(has, topology), _outside(wanted, Topology(settings.port))),
    }
    services = {name for one in SERVICES for name, _ in has.services.get(one, {}).items() ^ wanted.services.get(one, {}).items()}
    return [*(name for name, (was, now) in launcher.items() if was != now), *sorted(services)]


def _outside(chosen: Chosen, topology: Topology) -> str:
    return chosen.tracing.url if chosen.tracing and not chosen.tracing.is_own(topology) else ""


def check(stack: Stack) -> None:
    """Read the settings of every service as it will read them itself, and look at what a production start demands besides.

    Raises:
        LaunchError: a service could not start with its settings, or a stack should not; all that is wrong is told at once.

    """
    faults: dict[str, list[str]] = {}
    for service in SERVICES:
        instance = next(stack.topology.instances(service))
        try:
            load(declared.settings_of(service), service, service_environment(instance, stack))
        except SettingsError as error:
            for fault in str(error).splitlines():
                faults.setdefault(fault, []).append(service)
    told = [f"{', '.join(services)}: {fault}" for fault, services in faults.items()]
    if stack.is_production:
        told = [*production.faults(stack), *told]
    if told:
        who = ", ".join(dict.fromkeys(service for services in faults.values() for service in services)) or "The stack"
        raise LaunchError(f"{who} can't start with these settings", "Correct them in this environment", "\n".join(told))
