"""The arrows between the parts of the package point one way; only the command line prints, exits or knows click."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "dedupe"

GROUND = {"errors", "model", "config", "progress", "interrupts", "_version"}
#: What each part may import, besides itself. docs/design.md says the same in words.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "_version": set(),
    "parallel": {"interrupts"},
    "progress": set(),
    "interrupts": set(),
    "config": {"errors"},
    "text": GROUND,
    "_reference": {"_reference_rows", "text"},
    "_reference_rows": set(),
    "native": {"text", "boilerplate"},
    "choice": {"errors"},
    "kernels": GROUND | {"_reference", "choice"},
    "stored": GROUND | {"kernels", "text"},
    "workfiles": GROUND,
    "shards": {"kernels", "workfiles"},
    "matching": GROUND | {"text", "kernels", "workfiles", "shards", "parallel"},
    "boilerplate": GROUND | {"kernels", "text", "cleaning", "shards", "workfiles", "parallel"},
    "reading": GROUND | {"kernels"},
    "cleaning": GROUND | {"text", "kernels", "matching", "reading", "workfiles"},
    "scanning": GROUND | {"kernels", "text", "matching", "cleaning"},
    "trimming": GROUND | {"kernels", "workfiles", "matching", "boilerplate", "cleaning", "scanning"},
    "deciding": GROUND | {"kernels", "workfiles", "matching", "cleaning", "scanning"},
    "index": GROUND
    | {"kernels", "text", "stored", "workfiles", "matching", "cleaning", "parallel", "reading", "scanning"},
    "plan": GROUND | {"workfiles", "matching", "boilerplate", "cleaning", "index"},
    "planning": GROUND
    | {"kernels", "workfiles", "matching", "boilerplate", "cleaning", "parallel", "scanning", "trimming", "deciding"}
    | {"index", "reading"},
    "pipeline": GROUND | {"workfiles", "matching", "boilerplate", "scanning", "index", "plan", "planning"},
    "difflog": GROUND
    | {"kernels", "text", "stored", "workfiles", "matching", "reading", "cleaning", "scanning", "index", "plan"},
    "tracked": GROUND | {"kernels", "matching", "reading", "scanning", "index", "difflog", "baseline"},
    "report": GROUND,
    "baseline": GROUND | {"difflog", "reading", "text"},
    "writing": GROUND | {"parallel", "reading", "cleaning", "scanning", "plan", "difflog"},
    "opening": GROUND | {"workfiles", "reading", "plan"},
    "checking": GROUND
    | {"workfiles", "reading", "cleaning", "scanning", "index", "pipeline", "difflog", "baseline", "opening"},
    "files": GROUND | {"reading", "cleaning", "index", "plan", "pipeline", "difflog", "writing", "opening"},
    "learning": GROUND
    | {"workfiles", "boilerplate", "reading", "cleaning", "parallel", "scanning", "pipeline", "opening"},
    "api": GROUND | {"workfiles", "reading", "matching", "scanning", "index", "pipeline", "difflog", "learning"},
    "explain": GROUND | {"text", "matching", "boilerplate", "scanning", "index", "pipeline", "difflog", "opening"},
    "cli": GROUND
    | {"choice", "matching", "difflog", "report", "checking", "files", "explain", "learning", "tracked", "index"},
    "__main__": {"cli"},
}
HEAVY = ("numpy", "datasketch", "ftfy", "orjson", "zstandard", "chardet")
UNUSED = (
    "numpy.ma",
    "socket",
    "datasketch",
    "scipy",
    "pyarrow",
    "ftfy",
    "zstandard",
    "chardet",
    "concurrent.futures",
    "multiprocessing",
)

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8"), str(path)) for name, path in MODULES.items()}


def imported(name: str) -> set[str]:
    """The modules of the package that module *name* imports, anywhere in it."""
    found = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            module = node.module or ""
            inside = {f"{module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= inside or {module}
    return {module for module in found if module.split(".")[0] == "dedupe"}


def part(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("name", [name for name in MODULES if name != "dedupe"])
def test_imports_point_down(name: str) -> None:
    own = part(name)
    assert own in ALLOWED, f"{own} has no place among the layers; give it one here and in docs/design.md"
    wrong = {module for module in imported(name) if part(module) not in ALLOWED[own] | {own}}
    assert not wrong, f"{name} imports {', '.join(sorted(wrong))}"


def test_the_layers_have_no_circle() -> None:
    TopologicalSorter(ALLOWED).prepare()


def test_the_modules_have_no_circle() -> None:
    TopologicalSorter({name: imported(name) - {name} for name in MODULES if name != "dedupe"}).prepare()


def test_stages_do_not_know_what_comes_after_them() -> None:
    for low in ("text", "matching", "boilerplate"):
        assert ALLOWED[low].isdisjoint({"reading", "difflog", "cli", "report", "pipeline", "files", "checking", "api"})
    assert [name for name, parts in ALLOWED.items() if "cli" in parts] == ["__main__"]


def test_the_package_itself_imports_lazily() -> None:
    """``import dedupe`` loads nothing; what is under TYPE_CHECKING does not count."""
    top = [node for node in TREES["dedupe"].body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert {getattr(node, "module", None) or node.names[0].name for node in top} == {
        "__future__", "importlib", "typing",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name in MODULES if part(name) not in ("cli", "__main__")])
def test_only_the_command_line_prints_or_exits(name: str) -> None:
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.Import):
            assert all(alias.name.split(".")[0] != "click" for alias in node.names), f"{name} imports click"
        elif isinstance(node, ast.ImportFrom):
            assert (node.module or "").split(".")[0] != "click", f"{name} imports click"
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "exit", "quit", "sys.exit", "os._exit"), f"{name}:{node.lineno}: {called}"
            assert called not in ("sys.stdout.write", "sys.stderr.write"), f"{name}:{node.lineno}: {called}"


def loaded_by(argv: list[str], modules: tuple[str, ...]) -> list[str]:
    """The *modules* that a command has imported when it ends."""
    code = f"""
import sys
from dedupe.cli.main import main
assert main({argv!r}) == 0
print(*[name for name in {modules!r} if name in sys.modules], file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stderr.split()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_the_command_line_starts_light(option: str) -> None:
    assert loaded_by([option], HEAVY) == []


def test_a_check_of_a_clean_file_loads_only_what_it_uses(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("The mill by the river opened again in spring, and nobody was there to see it.\n", encoding="utf-8")
    assert loaded_by(["check", "-q", str(page)], UNUSED) == []
