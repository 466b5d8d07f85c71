"""What can be set: the declarations that services read their settings by."""

from __future__ import annotations

import importlib
from functools import cache

from chatkit.settings import ServiceSettings, Variable, variables


def settings_of(service: str) -> type[ServiceSettings]:
    """Return the class of a service's settings."""
    found: type[ServiceSettings] = importlib.import_module(f"svc_{service}.settings").Settings
    return found


@cache
def of(service: str) -> tuple[Variable, ...]:
    """Return what a service can be told, the settings that others have, too, first."""
    return tuple(variables(settings_of(service), service))
