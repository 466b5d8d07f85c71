"""The `elastic-chat` command."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from launcher import access, operate, rollout
from launcher import logs as log_files
from launcher import status as process_status
from launcher.certificates import rotation
from launcher.dead_letters import dead_letters
from launcher.display import Display
from launcher.errors import LaunchError
from launcher.settings import Settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")


def tells_faults(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command say in one line what is wrong and what to do, and exit with 1."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:  # noqa: ANN401 - whatever the command takes
        try:
            command(*arguments, **options)
        except LaunchError as error:
            click.echo(f"elastic-chat: {error}", err=True)
            sys.exit(1)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="elastic-chat", message="elastic-chat %(version)s")
def main() -> None:
    """Run a whole Elastic-Chat on this machine.

    ELASTIC_CHAT_HOME is the folder that holds its data, logs and keys (./.elastic-chat unless set), ELASTIC_CHAT_PORT the port of
    its edge (8080), from which all others derive, ELASTIC_CHAT_LOG_LEVEL how much its services tell (info).
    """


@main.command()
@as_json
@tells_faults
def up(*, as_json: bool) -> None:
    """Start everything, and return when it is ready. Harmless if it runs already."""
    stack = operate.up(_settings(), Display())
    topology = stack.topology
    urls = {
        "web": stack.url,
        "webOverTls": f"https://localhost:{topology.edge_tls_port}",
        "webSocket": f"{stack.url.replace('http', 'ws', 1)}/v1/connect",
        "rest": f"{stack.url}/v1",
        "grpc": f"localhost:{topology.edge_port}",
        "edgeAdmin": f"http://127.0.0.1:{topology.edge_admin_port}",
    }
    if as_json:
        click.echo(json.dumps(urls))
        return
    click.echo("Elastic-Chat is up.")
    for what, url in urls.items():
        click.echo(f"  {what:<10} {url}")


@main.command()
@as_json
@tells_faults
def down(*, as_json: bool) -> None:
    """Stop everything that `up` started. What was said is kept."""
    stopped = operate.down(_settings(), Display())
    if as_json:
        click.echo(json.dumps({"stopped": stopped}))
    else:
        click.echo("Elastic-Chat is down." if stopped else "Nothing was running here.")


@main.command()
@as_json
@tells_faults
def status(*, as_json: bool) -> None:
    """Show every process: whether it does its work, its memory, and how often it has crashed. Exits with 1 if anything is wrong."""
    daemon, found = process_status.look(_settings())
    supervisor = daemon.process()
    if as_json:
        pid = supervisor.pid if supervisor else None
        click.echo(json.dumps({"supervisor": {"pid": pid}, "processes": [one.as_json() for one in found]}))
    else:
        _table(found)
    if not all(one.healthy for one in found):
        sys.exit(1)


@main.command()
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is said from now on.")
@click.option("-n", "--lines", default=100, show_default=True, help="How many lines of each log.")
@tells_faults
def logs(name: str | None, *, follow: bool, lines: int) -> None:
    """Show what was said: by everything, by all instances of a service, or by one process."""
    try:
        log_files.show(log_files.files(_settings().home, name), click.echo, last=lines, follow=follow)
    except KeyboardInterrupt:
        return


@main.command()
@click.argument("name")
@tells_faults
def restart(name: str) -> None:
    """Restart a process, every instance of a service in turn, or `all` services; return when it is ready.

    An instance of several gets no calls from the time before it stops until it is ready again. Brings back what was drained.
    """
    restarted = rollout.restart(_settings(), Display(), name)
    click.echo(f"{', '.join(restarted)} {'is' if len(restarted) == 1 else 'are'} ready.")


@main.command()
@click.argument("instance")
@click.option("--force", is_flag=True, help="Also if it is the last healthy one of its service.")
@tells_faults
def drain(instance: str, *, force: bool) -> None:
    """Let an instance finish what it has and get nothing new, and leave it stopped until `restart` or `up`."""
    stop = rollout.drain(_settings(), Display(), instance, force=force)
    back = f"`elastic-chat restart {instance}` brings it back."
    if stop is None:
        click.echo(f"{instance} is drained already. {back}")
    elif stop.clean:
        click.echo(f"{instance} has drained in {stop.took_s:.1f} s. {back}")
    else:
        click.echo(f"{instance} did not drain, and was killed after {stop.took_s:.1f} s. {back}")


@main.command()
@click.argument("service")
@click.argument("count", type=int)
@tells_faults
def scale(service: str, count: int) -> None:
    """Let a service have COUNT instances; return when all of them serve. Those that go are drained first.

    Holds until `down`.
    """
    names = rollout.scale(_settings(), Display(), service, count)
    click.echo(f"{service} is {', '.join(names)}.")


@main.command()
@click.argument("name")
@tells_faults
def grpcurl(name: str) -> None:
    r"""Print the options by which grpcurl reaches an instance, or the first one of a service, as the operator.

    \b
    grpcurl $(elastic-chat grpcurl router-2) list
    grpcurl -d '{}' $(elastic-chat grpcurl writer) elastic_chat.writer.v1.WriterService/GetLag
    """
    settings = _settings()
    found = rollout.find(name, operate.running_topology(settings))
    if not found or name == rollout.ALL:
        raise LaunchError(f"{name} is no instance of a service, and no service", "See `elastic-chat status` for what there is")
    click.echo(" ".join(access.grpcurl(settings.home, found[0])))


@main.command("rotate-certificates")
@click.option("--authority", is_flag=True, help="Also the authority that signs them.")
@tells_faults
def rotate_certificates(*, authority: bool) -> None:
    """Give every Envoy, and you as the operator, a new certificate now. Nothing is dropped.

    That happens by itself every few hours. Do it when a key may have leaked, with --authority if it is the authority's: twice then, for
    what the one before has signed is accepted until the next time.
    """
    count = rotation.rotate(_settings(), Display(), authority=authority)
    click.echo(f"{count} Envoys have a new certificate{', from a new authority' if authority else ''}.")


main.add_command(dead_letters)


def _settings() -> Settings:
    return Settings.from_environment(os.environ)


def _table(found: Sequence[process_status.ProcessStatus]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in process_status.COLUMNS:
        right = column in {"pid", "memory", "crashes"}
        table.add_column(column, justify="right" if right else "left", no_wrap=column in {"process", "memory"})
    for one in found:
        name, state, *rest = one.row
        table.add_row(name, Text(state, style=_style(one)), *map(escape, rest))
    width = None if sys.stdout.isatty() else 160
    Console(highlight=False, width=width).print(table)


def _style(one: process_status.ProcessStatus) -> str:
    if not one.healthy:
        return "red"
    return "green" if one.state == "running" else "yellow"


if __name__ == "__main__":
    main()
