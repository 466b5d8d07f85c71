"""`elastic-chat restart`, `drain` and `scale`: instances that go and come while the others serve."""

from __future__ import annotations

import os

import click

from launcher import rollout
from launcher.commands.complete import complete_instances, complete_restartable, complete_services
from launcher.commands.frame import Answer, command
from launcher.display import Display
from launcher.settings import Settings


@command(
    examples={
        "elastic-chat restart router-1": "one instance",
        "elastic-chat restart router": "every router, one after the other",
        "elastic-chat restart all": "all services, as after an upgrade of the code",
        "elastic-chat restart edge": "a process that is no service",
    },
    exits={0: "What was restarted is ready, and gets calls.", 1: "One did not get ready; those that come after it are as they were."},
    facts={"restarted": "the names of the processes, in the order in which they were restarted"},
)
@click.argument("name", shell_complete=complete_restartable, help="An instance, a service, a process, or `all`.")
def restart(name: str) -> Answer:
    """Restart a process, a service, or all services.

    Of a service, one instance after the other. Returns when what was restarted is ready.

    An instance of several gets no calls from the time before it stops until it is ready again. Brings back what was drained.
    """
    restarted = rollout.restart(Settings.from_environment(os.environ), Display(), name)
    return Answer({"restarted": restarted}, f"{', '.join(restarted)} {'is' if len(restarted) == 1 else 'are'} ready.")


@command(
    examples={
        "elastic-chat drain gateway-2": "send its clients to the others, and stop it",
        "elastic-chat restart gateway-2": "bring it back",
    },
    exits={0: "It is stopped, and nobody calls it."},
    facts={
        "instance": "its name",
        "wasDrained": "whether it was drained already",
        "clean": "whether it was done in its time, and did not have to be killed",
        "tookSeconds": "how long it took to stop; null if it was drained already",
    },
)
@click.argument("instance", shell_complete=complete_instances, help="The instance, such as gateway-2.")
@click.option("--force", is_flag=True, help="Also if it is the last healthy one of its service.")
def drain(instance: str, *, force: bool) -> Answer:
    """Take an instance out of service, without losing anything.

    It gets nothing new, finishes what it has, and stays stopped until `restart` or `up`.

    A gateway tells its clients when to come back, and serves each until it goes: up to 75 seconds.
    """
    stop = rollout.drain(Settings.from_environment(os.environ), Display(), instance, force=force)
    back = f"`elastic-chat restart {instance}` brings it back."
    if stop is None:
        text = f"{instance} is drained already. {back}"
    elif stop.clean:
        text = f"{instance} has drained in {stop.took_s:.1f} s. {back}"
    else:
        text = f"{instance} did not drain, and was killed after {stop.took_s:.1f} s. {back}"
    facts = {"instance": instance, "wasDrained": stop is None, "clean": stop is None or stop.clean}
    return Answer(facts | {"tookSeconds": stop and round(stop.took_s, 3)}, text)


@command(
    examples={
        "elastic-chat scale router 4": "have four routers",
        "elastic-chat scale gateway 1": "drain all but the first",
    },
    exits={0: "The service has so many instances, and all of them serve."},
    facts={"service": "its name", "instances": "the names of all instances that it has now"},
)
@click.argument("service", shell_complete=complete_services, help="The service.")
@click.argument("count", type=int, help="How many instances it is to have: 1 to 10.")
def scale(service: str, count: int) -> Answer:
    """Let a service have more or fewer instances.

    Returns when all of them serve. Those that go are drained first. Holds until `down`.
    """
    names = rollout.scale(Settings.from_environment(os.environ), Display(), service, count)
    return Answer({"service": service, "instances": names}, f"{service} is {', '.join(names)}.")
