"""Modules and examples are formatted, are what the provider's schema lets them be, and keep the promises in their tests/*.tftest.hcl."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.terraform.stand_in import bindings
from tests.terraform.tofu import TERRAFORM, WORK, Tofu

CONFIGURATIONS = sorted(path.parent for path in TERRAFORM.glob("*/*/main.tf"))
TESTED = [folder for folder in CONFIGURATIONS if (folder / "tests").exists()]
ALONE = ("catalogue", "settings")
"""Modules that have no resource: what they make of what they are given is tried by the services' own code (test_settings.py)."""

GIVEN_PROVIDERS = ("edge", "stack")
"""Modules to which whoever uses them gives two providers: they are looked at where they are used, which the examples do."""

pytestmark = pytest.mark.timeout(300)


def name(folder: Path) -> str:
    return str(folder.relative_to(TERRAFORM))


def checked(tofu: Tofu, folder: Path, *arguments: str) -> str:
    done = tofu.run(folder, *arguments)
    assert done.returncode == 0, f"{name(folder)}: tofu {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


def initialised(tofu: Tofu, folder: Path) -> None:
    checked(tofu, folder, "init", "-backend=false", "-input=false", "-no-color")


def test_all_is_formatted(tofu: Tofu) -> None:
    checked(tofu, TERRAFORM, "fmt", "-check", "-recursive", "-diff")


@pytest.mark.parametrize("folder", [each for each in CONFIGURATIONS if each.name not in GIVEN_PROVIDERS], ids=name)
def test_it_is_valid(tofu: Tofu, folder: Path) -> None:
    initialised(tofu, folder)
    checked(tofu, folder, "validate", "-no-color")


def test_the_schema_is_that_of_the_version_that_is_named() -> None:
    assert f"providerVersion: '{bindings.PROVIDER_VERSION}'" in bindings.provide(WORK).module("vpc")


@pytest.mark.parametrize("folder", [each for each in CONFIGURATIONS if "aws" in (each / "versions.tf").read_text()], ids=name)
def test_a_configuration_takes_the_provider_that_it_is_held_against(folder: Path) -> None:
    found = re.search(r'"hashicorp/aws"\n +version = ">= (\S+), < (\S+)"', (folder / "versions.tf").read_text(encoding="utf-8"))
    assert found is not None
    least, below = (tuple(map(int, version.split("."))) for version in found.groups())

    assert least <= tuple(map(int, bindings.PROVIDER_VERSION.split("."))) < below


@pytest.mark.parametrize("folder", TESTED, ids=name)
def test_it_keeps_its_promises(tofu: Tofu, folder: Path) -> None:
    initialised(tofu, folder)
    said = checked(tofu, folder, "test", "-no-color")
    assert re.search(r"Success! [1-9][0-9]* passed, 0 failed", said), said


def test_every_module_promises_something() -> None:
    assert {folder.name for folder in CONFIGURATIONS} - {folder.name for folder in TESTED} == {*ALONE, "stack"}


def test_what_the_schema_does_not_know_is_refused(tofu: Tofu, tmp_path: Path) -> None:
    """The stand-in is worth something: it knows what is required, what there is, and of which type it is."""
    (tmp_path / "main.tf").write_text(
        """
        terraform {
          required_providers {
            aws = { source = "hashicorp/aws" }
          }
        }
        resource "aws_lb_target_group" "wrong" {
          colour = "blue"
          port   = "eight"
        }
        resource "aws_ecs_service" "wrong" {
          deployment_circuit_breaker {
            enable = true
          }
        }
        """,
        encoding="utf-8",
    )
    initialised(tofu, tmp_path)
    said = tofu.run(tmp_path, "validate", "-no-color").stderr
    for fault in (
        '"colour" is not expected here',
        'Inappropriate value for attribute "port"',
        'The argument "rollback" is required',
        '"name" is required',
    ):
        assert fault in said, said


@pytest.mark.parametrize("folder", CONFIGURATIONS, ids=name)
def test_every_variable_and_output_is_described(folder: Path) -> None:
    for path in folder.glob("*.tf"):
        text = path.read_text(encoding="utf-8")
        for kind, called, body in re.findall(r'^(variable|output) "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL):
            assert re.search(r'^  description = ".{10,}"$', body, re.MULTILINE), f"{name(path)}: {kind} {called}"
            assert kind == "output" or re.search(r"^  type +=", body, re.MULTILINE), f"{name(path)}: {called} has no type"
