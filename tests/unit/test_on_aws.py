"""Where delivery/, the containers and terraform/ meet: what one calls a thing, the others do, too."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery import deploy
from launcher.certificates import delivery
from launcher.certificates.authority import EDGE
from launcher.containers import certifier, layout
from launcher.containers.layout import HOME, TOPOLOGY, WORKLOADS
from launcher.home import Home
from launcher.topology import SERVICES

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "terraform" / "modules"
WORKFLOWS = ROOT / ".github" / "workflows"
STACK = "chat"


def hcl(*path: str) -> str:
    return MODULES.joinpath(*path).read_text(encoding="utf-8")


def resource(kind: str, name: str, *path: str) -> str:
    """Return what stands between the braces of a resource."""
    found = re.search(rf'^resource "{kind}" "{name}" {{\n(.*?)^}}', hcl(*path), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def called(attribute: str, body: str, each: str = "") -> str:
    """Return what an attribute is in our stack, for one of those that a resource is there for."""
    found = re.search(rf"^ +{attribute} += (.+)$", body, re.MULTILINE)
    assert found is not None
    return {"each.key": each}.get(found[1], found[1].strip('"').replace("${var.name}", STACK).replace("${each.key}", each))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Return what a deployment asks of AWS."""
    commands: list[tuple[str, ...]] = []

    def aws(*arguments: str) -> Any:
        commands.append(arguments)
        definition = {"containerDefinitions": [{"name": "any", "image": "registry/elastic-chat:1.0.0"}], "taskDefinitionArn": "arn"}
        match arguments[:2]:
            case "ecs", "describe-task-definition":
                return {"taskDefinition": definition | {"family": arguments[3]}}
            case "ecs", "register-task-definition":
                return {"taskDefinition": {"taskDefinitionArn": "arn"}}
            case "ecs", "describe-services":
                return {"services": [{"taskDefinition": "arn"}]}
            case "deploy", "create-deployment":
                return {"deploymentId": "d-1"}
            case _:
                return None

    monkeypatch.setattr(deploy, "_aws", aws)
    deploy.deploy(STACK, STACK, "1.2.3")
    return commands


def told(commands: list[tuple[str, ...]], verb: str, option: str) -> list[str]:
    return [one[one.index(option) + 1] for one in commands if one[1] == verb]


def test_a_deployment_names_what_terraform_makes(asked: list[tuple[str, ...]]) -> None:
    task = resource("aws_ecs_task_definition", "this", "mesh", "tasks.tf")
    service = resource("aws_ecs_service", "this", "mesh", "main.tf")
    edge = resource("aws_codedeploy_app", "edge", "deploy", "main.tf")
    group = resource("aws_codedeploy_deployment_group", "edge", "deploy", "main.tf")

    assert told(asked, "describe-task-definition", "--task-definition") == [called("family", task, one) for one in (*deploy.ORDER, EDGE)]
    assert told(asked, "update-service", "--service") == [called("name", service, one) for one in deploy.ORDER]
    assert told(asked, "create-deployment", "--application-name") == [called("name", edge)]
    assert told(asked, "create-deployment", "--deployment-group-name") == [called("deployment_group_name", group)]
    assert called("name", resource("aws_ecs_service", "edge", "mesh", "main.tf")) == EDGE
    assert called("name", resource("aws_ecs_cluster", "this", "mesh", "main.tf")) == "var.name"


def test_codedeploy_gives_the_load_balancer_the_container_that_there_is() -> None:
    (target,) = yaml.safe_load(deploy.appspec("arn"))["Resources"]
    where = target["TargetService"]["Properties"]["LoadBalancerInfo"]
    service = resource("aws_ecs_service", "edge", "mesh", "main.tf")

    assert where == {"ContainerName": called("container_name", service), "ContainerPort": TOPOLOGY.edge_tls_port}
    assert f'name == "{EDGE}" ? "{where["ContainerName"]}" : "sidecar"' in hcl("mesh", "tasks.tf")
    assert called("container_port", service) == 'var.edge_ports["tls"]'


def test_there_is_a_repository_for_each_image_that_is_deployed() -> None:
    found = re.search(r"for_each = toset\(\[(.*?)\]\)", resource("aws_ecr_repository", "this", "deploy", "main.tf"))
    assert found is not None

    assert json.loads(f"[{found[1]}]") == list(deploy.IMAGES)


def test_a_task_has_its_folders_where_the_container_looks() -> None:
    mounts = dict(re.findall(r'(\w+) += \{ sourceVolume = "\1", containerPath = "([^"]+)"', hcl("mesh", "tasks.tf")))

    assert mounts == {
        "identity": str(layout.SECRETS),
        "run": str(HOME.run),
        "data": str(HOME.data),
        "scratch": str(layout.PLACES.scratch),
    }


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_task_has_the_files_of_its_identity_by_the_names_that_its_envoy_reads(workload: str, tmp_path: Path) -> None:
    certifier.deliver(Home(tmp_path / "home"), tmp_path / "identities")
    in_a_container = {path.name for path in (tmp_path / "identities" / workload / delivery.SDS).iterdir()}
    script = hcl("mesh", "scripts", "identity.sh")
    (edge, other) = re.findall(r'name = "ENVOY", value = name == "edge" \? "([^"]+)" : "([^"]+)"', hcl("mesh", "tasks.tf"))[0]
    envoy = edge if workload == EDGE else other.replace("${name}", workload)
    names = {name.strip('"').replace("$ENVOY", envoy) for name in re.findall(r"^ +replace (\S+\.json\S*) ", script, re.MULTILINE)}

    assert in_a_container == (names if workload == EDGE else names - {"outside.json"})
    assert "root=${ROOT:-" + str(HOME.root) + "}" in script


def test_the_workflow_asks_for_as_long_as_its_role_is_given() -> None:
    (asked_s,) = re.findall(r"role-duration-seconds: (\d+)", (WORKFLOWS / "deploy.yml").read_text(encoding="utf-8"))

    assert asked_s == called("max_session_duration", resource("aws_iam_role", "deploy", "deploy", "main.tf"))


def test_the_variables_of_workflows_are_documented() -> None:
    used = {name for path in WORKFLOWS.glob("*.yml") for name in re.findall(r"vars\.(\w+)", path.read_text(encoding="utf-8"))}
    table = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert used == {name for row in table for name in re.findall(r"`(\w+)`", row)}


def test_a_service_is_found_in_dns_by_the_name_that_is_asked_for() -> None:
    namespace = called("name", resource("aws_service_discovery_private_dns_namespace", "mesh", "mesh", "main.tf"))
    record = resource("aws_service_discovery_service", "this", "mesh", "main.tf")

    assert [f"{called('name', record, service)}.{namespace}" for service in SERVICES] == [layout.mesh_name(service) for service in SERVICES]
