"""The files that a stack's processes are configured by, rendered from `templates/` into the stack's `run` folder."""

from __future__ import annotations

import grp
import json
import os
import pwd
import resource
import shlex
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from launcher.home import Home
from launcher.mesh.rendering import render_edge, render_endpoints, render_sidecar
from launcher.places import ONE_MACHINE
from launcher.plan import REPOSITORY, Process, Stack
from launcher.topology import HOST, SERVICES

TEMPLATES = Path(__file__).with_name("templates")
RULES = REPOSITORY / "monitoring" / "alerts.yml"

STEADY_S = 10
"""A process that lives this long has started; one that ends sooner is started again after a pause, a second longer each time."""

RETRIES = 1_000_000
"""How often that is tried in a row: for ever, since what a process lacks may come back at any time.

The pause that has been reached after T seconds is about the square root of 2T: 35 s after ten minutes, 85 s after an hour, four minutes
after a night. So nothing is tried hectically for long, and nothing stays down for long after its reason has gone.
"""

OPEN_FILES = 65_536
"""What every process may have open, as far as the system lets us: one for each connection, twice in an Envoy."""


def configuration(stack: Stack) -> dict[Path, str]:
    """Return the text of every file that the processes of a stack are configured by."""
    return {
        **engine_configuration(stack),
        stack.home.prometheus: _engine(stack, "prometheus.yml.j2"),
        **mesh_configuration(stack),
    }


def engine_configuration(stack: Stack) -> dict[Path, str]:
    """Return the configuration of the engines and of nginx."""
    run = stack.home.run
    return {
        run / "valkey" / "valkey.conf": _engine(stack, "valkey.conf.j2"),
        run / "kafka" / "server.properties": _engine(stack, "kafka.properties.j2"),
        run / "kafka" / "java.args": _engine(stack, "kafka.args.j2"),
        run / "cassandra" / "cassandra.yaml": _engine(stack, "cassandra.yaml.j2"),
        run / "cassandra" / "java.args": _engine(stack, "cassandra.args.j2"),
        run / "cassandra" / "logback.xml": (TEMPLATES / "logback.xml").read_text(encoding="utf-8"),
        run / "nginx" / "nginx.conf": _engine(stack, "nginx.conf.j2"),
    }


def mesh_configuration(stack: Stack) -> dict[Path, str]:
    """Return the configuration of every Envoy, and the endpoints of every service, which the Envoys watch."""
    envoy, topology = stack.home.envoy, stack.topology
    return {
        envoy / "edge.yaml": render_edge(topology, envoy, stack.all_origins, stack.tracing, stack.places),
        **{
            envoy / f"{each.name}-sidecar.yaml": render_sidecar(each, topology, envoy, stack.tracing, stack.places)
            for each in topology.instances()
        },
        **{envoy / "eds" / f"{service}.yaml": render_endpoints(service, topology) for service in SERVICES},
    }


def supervisor_configuration(home: Home, processes: Iterable[Process]) -> str:
    """Return the configuration of the supervisord that runs `processes`, which come in the order of their waves."""
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    return (
        _templates()
        .get_template("supervisord.conf.j2")
        .render(
            home=home,
            waves=[(wave, list(members)) for wave, members in groupby(processes, key=lambda process: process.wave)],
            files=OPEN_FILES if most_files == resource.RLIM_INFINITY else min(OPEN_FILES, most_files),
            steady_s=STEADY_S,
            retries=RETRIES,
        )
    )


def _engine(stack: Stack, template: str) -> str:
    return (
        _templates()
        .get_template(template)
        .render(
            home=stack.home,
            topology=stack.topology,
            engines=stack.engines,
            web=stack.web,
            rules=RULES,
            host=HOST,
            places=stack.places,
            superuser=_superuser() if stack.places == ONE_MACHINE else "",
        )
    )


def _superuser() -> str:
    """Return user and group of a superuser, who must tell nginx to stay one: `nobody` can't read what lies in a private folder."""
    if os.geteuid() != 0:
        return ""
    return f"{pwd.getpwuid(0).pw_name} {grp.getgrgid(0).gr_name}"


def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - none of this is HTML
        keep_trailing_newline=True,
    )
    functions: dict[str, Any] = {"quoted": _quoted, "ini": _ini, "command": _command}
    templates.globals.update(functions)
    return templates


def _quoted(value: object) -> str:
    """Quote a path: JSON's quotes are also those of YAML, Valkey, nginx and Java's argument files."""
    return json.dumps(str(value))


def _command(argv: Iterable[str]) -> str:
    """Write a command as supervisord reads it."""
    return _ini(shlex.join(argv))


def _ini(value: object) -> str:
    """Escape what supervisord would take for a variable."""
    return str(value).replace("%", "%%")
