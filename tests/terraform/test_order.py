"""Nothing is started in the network before it gets out of there: what OpenTofu itself would wait for, also with -target."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Mapping

import pytest

from tests.terraform.tofu import TERRAFORM, Tofu

Graph = Mapping[str, set[str]]

WAYS = ("aws_route.by_nat", "aws_route_table_association.private", "aws_vpc_endpoint.s3")
RULES = "aws_vpc_security_group_egress_rule"

pytestmark = pytest.mark.timeout(300)

_EDGE = re.compile(r'"\[root\] ([^"]+)" -> "\[root\] ([^"]+)"')
_RESOURCE = " (expand)"


@pytest.fixture(scope="module")
def graph(tofu: Tofu, tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Return what waits for what in the small example, which has its state in a file here."""
    copy = tmp_path_factory.mktemp("order") / "terraform"
    shutil.copytree(TERRAFORM, copy)
    folder = copy / "examples" / "small"
    (folder / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n', encoding="utf-8")
    for arguments in (("init", "-input=false", "-no-color"), ("graph", "-type=plan")):
        done = tofu.run(folder, *arguments)
        assert done.returncode == 0, done.stderr
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in _EDGE.findall(done.stdout):
        found[one].add(other)
    return found


def waits_for(graph: Graph, one: str) -> set[str]:
    """Return all that is made before `one` is, by its name in its module."""
    seen, look = set[str](), [f"module.chat.module.{one}{_RESOURCE}"]
    while look:
        for other in graph.get(look.pop(), ()):
            if other not in seen:
                seen.add(other)
                look.append(other)
    return {name.removeprefix("module.chat.module.").removesuffix(_RESOURCE) for name in seen}


@pytest.mark.parametrize(
    ("one", "rules"),
    [
        ("data.aws_instance.cassandra", ("https", "ring")),
        ("mesh.aws_scheduler_schedule.certifier", ("https",)),
        ("mesh.aws_ecs_service.this", ("https", "call", "use")),
        ("mesh.aws_ecs_service.edge", ("https", "call")),
    ],
)
def test_what_runs_is_started_when_it_gets_out(graph: Graph, one: str, rules: tuple[str, ...]) -> None:
    needs = {f"network.{way}" for way in (*WAYS, *(f"{RULES}.{rule}" for rule in rules))}

    assert needs - waits_for(graph, one) == set()


def test_the_load_balancer_is_let_in_and_gets_on(graph: Graph) -> None:
    needs = {"aws_route.out", "aws_vpc_security_group_ingress_rule.cloudfront", f"{RULES}.load_balancer"}

    assert {f"network.{one}" for one in needs} - waits_for(graph, "edge.aws_lb.this") == set()
