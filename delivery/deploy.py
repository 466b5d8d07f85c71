"""`python delivery/deploy.py --name chat --cluster chat --version 1.2.3` brings a released version to an ECS cluster.

One service after the other gets a new task definition, which is the one that it has with the images of the version, and is waited for: who
is called before who calls, as a restart of everything goes on one machine. The edge comes last, by CodeDeploy. What fails stops it there;
ECS and CodeDeploy go back by themselves, and the same command with the version before brings the others back. It needs AWS's own `aws`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ORDER = ("writer", "search", "history", "presence", "files", "accounts", "router", "gateway")
"""As launcher/rollout.py restarts everything, which can't be imported where nothing is installed."""
EDGE = "edge"
IMAGES = ("elastic-chat", "elastic-chat-mesh")
APPSPEC = Path(__file__).with_name("appspec.yaml")

REGISTERED = (
    *("family", "taskRoleArn", "executionRoleArn", "networkMode", "containerDefinitions", "volumes", "placementConstraints"),
    *("requiresCompatibilities", "cpu", "memory", "runtimePlatform", "ephemeralStorage", "pidMode", "ipcMode", "proxyConfiguration"),
)
"""Of what ECS tells of a definition, what it takes for a new one."""


class NotOurs(Exception):  # noqa: N818 - what a task is
    """Why a task can't be given a version."""


def with_version(definition: Mapping[str, Any], version: str) -> dict[str, Any]:
    """Return a task definition to register: one that is there, with our images of another version.

    Raises:
        NotOurs: it has none of our images.

    """
    new = {key: definition[key] for key in REGISTERED if key in definition}
    containers = [dict(container) for container in new["containerDefinitions"]]
    found = [container for container in containers if _repository(container["image"]).rpartition("/")[2] in IMAGES]
    if not found:
        raise NotOurs(f"{definition['family']} runs none of {', '.join(IMAGES)}")
    for container in found:
        container["image"] = f"{_repository(container['image'])}:{version}"
    return {**new, "containerDefinitions": containers}


def _repository(image: str) -> str:
    """Return an image's name without what says which one: a registry may have a port, too."""
    name = image.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    return head + slash + tail.partition(":")[0]


def appspec(task_definition: str) -> str:
    """Return what CodeDeploy is told."""
    return APPSPEC.read_text(encoding="utf-8").replace("<TASK_DEFINITION>", task_definition)


def deploy(name: str, cluster: str, version: str) -> None:
    """Bring a version to every service, and then to the edge.

    Raises:
        subprocess.CalledProcessError: AWS refused something, or something did not get ready.
        NotOurs: a task has none of our images.

    """
    for service in ORDER:
        task = _register(f"{name}-{service}", version)
        print(f"{service}: {task}", flush=True)
        _aws("ecs", "update-service", "--cluster", cluster, "--service", service, "--task-definition", task)
        _aws("ecs", "wait", "services-stable", "--cluster", cluster, "--services", service)
        if (runs := _runs(cluster, service)) != task:
            sys.exit(f"{service} went back to {runs}: the version does not get healthy there, and goes no further")
    task = _register(f"{name}-{EDGE}", version)
    print(f"{EDGE}: {task}", flush=True)
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": appspec(task)}}
    where = ("--application-name", f"{name}-{EDGE}", "--deployment-group-name", EDGE)
    begun = _aws("deploy", "create-deployment", *where, "--revision", json.dumps(revision))
    _aws("deploy", "wait", "deployment-successful", "--deployment-id", begun["deploymentId"])


def _register(family: str, version: str) -> str:
    current = _aws("ecs", "describe-task-definition", "--task-definition", family)["taskDefinition"]
    new = with_version(current, version)
    return str(_aws("ecs", "register-task-definition", "--cli-input-json", json.dumps(new))["taskDefinition"]["taskDefinitionArn"])


def _runs(cluster: str, service: str) -> str:
    (found,) = _aws("ecs", "describe-services", "--cluster", cluster, "--services", service)["services"]
    return str(found["taskDefinition"])


def _aws(*arguments: str) -> Any:  # noqa: ANN401 - JSON
    done = subprocess.run(["aws", *arguments, "--output", "json"], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout) if done.stdout.strip() else None


def main() -> None:
    """Read the command line, and deploy."""
    told = argparse.ArgumentParser(description="Bring a released version to an ECS cluster.")
    told.add_argument("--name", required=True, help="the name of the stack in terraform/, which begins its task definitions")
    told.add_argument("--cluster", required=True, help="the ECS cluster")
    told.add_argument("--version", required=True, help="the release, such as 1.2.3")
    chosen = told.parse_args()
    deploy(chosen.name, chosen.cluster, chosen.version)


if __name__ == "__main__":
    main()
