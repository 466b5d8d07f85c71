"""What a page of the documents tells its reader to type, and what it says will come of it."""

from __future__ import annotations

import doctest
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from launcher.topology import DEFAULT_PORT
from tests.e2e.stack import ROOT, Stack

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ADDRESS = re.compile(r"localhost:(8\d{3})\b")
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
TIMEOUT_S = 240

SHELL = "sh"
PROGRAMS = {"python": ".venv/bin/python", "ts": "node"}
"""What runs a block of another language than the shell's."""

TYPESCRIPT = ROOT / "clients" / "typescript"
BESIDE = ("gen", "node_modules", "package.json")
"""What a program in TypeScript has beside it."""


@dataclass(frozen=True, slots=True)
class Example:
    """A block, and what the page says that it prints; None if it says nothing."""

    language: str
    code: str
    output: str | None

    def shows(self, printed: str) -> bool:
        """Tell whether what was printed is what the page says, in which `...` stands for anything."""
        return self.output is None or doctest.OutputChecker().check_output(self.output, printed, FLAGS)


def examples(page: Path) -> Iterator[Example]:
    """Yield what a page gives its reader to run. A block without a language is not meant to be."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    for (language, code), (following, output) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if language != "text":
            yield Example(language, code, output if following == "text" else None)


def run(page: Path, stack: Stack, folder: Path, environ: Mapping[str, str]) -> list[tuple[Example, str]]:
    """Run all examples of a page in one shell, and return what each printed. `folder` holds their programs."""
    for name in BESIDE:
        (folder / name).symlink_to(TYPESCRIPT / name)
    told = list(examples(page))
    outputs = [folder / f"{n}.txt" for n in range(len(told))]
    steps = (f"{{\n{_step(each, folder, n, stack)}\n}} > {outputs[n]}\n" for n, each in enumerate(told))
    script = "set -eu -o allexport\n" + "".join(steps)
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, env=environ, stderr=subprocess.PIPE, text=True, check=False, timeout=TIMEOUT_S)
    printed = [output.read_text(encoding="utf-8") if output.exists() else "" for output in outputs]
    assert done.returncode == 0, f"{page.name}: {done.stderr}\nafter {''.join(printed)}"
    return list(zip(told, printed, strict=True))


def _step(example: Example, folder: Path, number: int, stack: Stack) -> str:
    code = ADDRESS.sub(lambda found: f"127.0.0.1:{stack.topology.port + int(found[1]) - DEFAULT_PORT}", example.code)
    if example.language == SHELL:
        return code
    program = folder / f"{number}.{example.language}"
    program.write_text(code, encoding="utf-8")
    return f"{PROGRAMS[example.language]} {program}"
