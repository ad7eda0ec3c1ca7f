"""The documentation is true: it names everything there is, its links lead somewhere, its examples run.

In README.md, CONTRIBUTING.md and docs/, blocks of code are checked by their language:

``console``
    If its first line is a ``$ dedupe ...`` command, every ``$ `` line is run by the shell in a copy of
    the samples, and what it prints (both streams) is compared. A last line ``...`` means "and so on".
``python``
    Is run; as a doctest if it has prompts.
``json`` with a key ``t``
    Has to be a record of a diff log that the page's commands wrote.
``LANGUAGE FILE``
    A block with a file name is written to that file first, for the commands of the page to use; with
    ``noeol`` behind it, without a line end at the end.

All blocks of a page share one folder. After a change that alters what is printed on purpose,
``python tests/test_docs.py`` writes the new output into the pages; read the difference before you commit it.
"""

from __future__ import annotations

import ast
import contextlib
import doctest
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.points import STRENGTH_POINTS
from dedupe.cli.main import cli as command_line
from dedupe.config import Config
from dedupe.text import diagnosis

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(
    [
        *DOCS.glob("*.md"),
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "samples/README.md")),
    ]
)
FENCE = re.compile(r"^```(\w+)(?: +(\S+))?( +noeol)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: Differ from one version to the next without anything to explain.
VOLATILE = ("version", "kernel", "config", "lexicon", "sha256")


def page_text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def relative(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# -- what there is, is documented


def commands() -> dict[str, Any]:
    return dict(command_line.commands)


def parameters(command: Any) -> list[Any]:
    """The parameters of a command, and of the commands in it."""
    return [*command.params, *(p for inner in getattr(command, "commands", {}).values() for p in parameters(inner))]


def options() -> set[str]:
    found = {"--version", "--help", "-h"}
    for command in commands().values():
        for parameter in parameters(command):
            if parameter.param_type_name == "option":
                found |= {*parameter.opts, *parameter.secondary_opts}
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_a_section(name: str) -> None:
    assert f"\n## dedupe {name}\n" in page_text("docs/cli.md")


@pytest.mark.parametrize("option", sorted(options()))
def test_every_option_is_documented(option: str) -> None:
    assert re.search(rf"`{option}[ `]", page_text("docs/cli.md")), f"{option} is not in docs/cli.md"


def test_no_other_options_are_documented() -> None:
    named = set(re.findall(r"`(--?[a-z][a-z-]*)", page_text("docs/cli.md")))
    assert named <= options()


def test_the_options_of_each_command_are_documented_with_it() -> None:
    """Those that are not shared settings have to stand in the section of the command itself."""
    shared = {field.name for field in fields(Config)} | {"config_file"}
    sections = page_text("docs/cli.md").split("\n## ")
    for name, command in commands().items():
        section = next(part for part in sections if part.startswith(f"dedupe {name}\n"))
        for parameter in parameters(command):
            if parameter.param_type_name == "option" and parameter.name not in shared:
                for option in parameter.opts:
                    assert f"`{option}" in section, f"{option} is not in the section of {name}"


@pytest.mark.parametrize("field", fields(Config), ids=lambda field: field.name)
def test_every_setting_is_documented_with_its_default(field: Any) -> None:
    key = field.name.replace("_", "-")
    row = re.search(rf"^\| `{key}` \| `([^|]*)` \|", page_text("docs/cli.md"), re.MULTILINE)
    assert row, f"docs/cli.md has no table row for {key}"
    default = tomllib.loads(f"value = {row[1]}")["value"]
    assert (tuple(default) if isinstance(default, list) else default) == field.default


def test_help_says_what_a_setting_is_without_the_option() -> None:
    written = {"repair": "yes", "boilerplate": "yes", "extensions": ".txt .md", "memory": "no bound"}
    usual = {field.name: field.default for field in fields(Config) if field.default not in ("", ())}
    for name, command in commands().items():
        for parameter in parameters(command):
            if parameter.name in usual:
                shown = written.get(parameter.name, str(usual[parameter.name]))
                assert parameter.help.endswith(f"[{shown}]."), f"{name} {parameter.opts}"


def emitted_rules() -> set[str]:
    """Every rule that the code can write: the literal ones, and those put together of a family and a kind."""
    rules = {f"repair/{kind}" for kind in diagnosis.STEPS}
    lexicon = Lexicon.load([])
    rules |= {f"boilerplate/{entry.kind}" for entry in lexicon.phrases()}
    rules |= {f"{family}/{kind}" for family in ("repeat", "duplicate", "document") for kind in ("exact", "near")}
    for path in (ROOT / "dedupe").rglob("*.py"):
        rules |= {
            node.value
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and re.fullmatch(r"(repair|boilerplate|repeat|duplicate|document)/[a-z]+", node.value)
        }
    return rules - {"boilerplate/none"}  # a line without a finding, never written


@pytest.mark.parametrize("rule", sorted(emitted_rules()))
def test_every_rule_is_documented(rule: str) -> None:
    assert f"`{rule}`" in page_text("docs/decisions.md") + page_text("docs/log-format.md")


NAMING_POINTS = ("Point", "_raise")


def point_names() -> set[str]:
    """The names of points: of lexicon entries, of ``Point()``, and of what is given by ``_raise()``."""
    names = {name for name, _ in STRENGTH_POINTS.values()}
    for path in (ROOT / "dedupe" / "boilerplate").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and len(node.args) >= 2:
                function = node.func
                called = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
                name = node.args[0]
                if called in NAMING_POINTS and isinstance(name, ast.Constant) and isinstance(name.value, str):
                    names.add(name.value)
    return names


def test_every_point_is_documented() -> None:
    names = point_names()
    assert {"widget", "edge", "neighbour", "zone", "run", "tally", "header-pair"} <= names
    page = page_text("docs/decisions.md")
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_every_record_field_is_documented() -> None:
    from dedupe.difflog import records

    page = page_text("docs/log-format.md")
    missing = [
        f"{kind.__name__}.{key}"
        for kind in (
            records.RunRecord, records.DocRecord, records.OpRecord, records.EndRecord,
            records.CanonicalRecord, records.FileRecord, records.Side,
        )
        for key in kind.__annotations__
        if f"`{key}`" not in page
    ]  # fmt: skip
    assert missing == []


def test_every_hook_is_documented() -> None:
    ids = re.findall(r"^- id: (\S+)$", page_text(".pre-commit-hooks.yaml"), re.MULTILINE)
    assert ids
    page = page_text("docs/hooks.md")
    assert [name for name in ids if f"`{name}`" not in page] == []


def test_every_dependency_is_documented() -> None:
    project = tomllib.loads(page_text("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *(one for extra in extras.values() for one in extra)]
    names = {re.match(r"[\w.-]+", requirement)[0] for requirement in requirements} - {project["name"]}  # type: ignore[index]
    page = page_text("docs/dependencies.md")
    assert [name for name in sorted(names | extras.keys()) if f"`{name}`" not in page] == []


def test_every_environment_variable_is_documented() -> None:
    used = set()
    for path in (ROOT / "dedupe").rglob("*.py"):
        used |= set(re.findall(r"environ(?:\.get\(|\[)\"([A-Z_]+)\"", path.read_text(encoding="utf-8")))
    assert "DEDUPE_KERNEL" in used
    page = page_text("docs/cli.md")
    assert [name for name in sorted(used) if f"`{name}`" not in page] == []


# -- links


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_links_resolve(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{relative(page)} links to {target}, which is not there"
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place), f"{relative(page)} links to {target}: no such heading"


def test_every_page_is_in_the_index() -> None:
    index = page_text("docs/README.md")
    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []


# -- examples


@dataclass
class Block:
    """A fenced block: where it stands in the page, and what is in it."""

    start: int
    end: int
    line: int
    language: str
    file: str
    ends_in_line_end: bool
    body: str

    @property
    def is_session(self) -> bool:
        return self.language == "console" and self.body.startswith("$ dedupe ")


def blocks(text: str) -> list[Block]:
    return [
        Block(m.start(4), m.end(4), text.count("\n", 0, m.start()) + 1, m[1], m[2] or "", not m[3], m[4])
        for m in FENCE.finditer(text)
    ]


class Sandbox:
    """A folder with the samples, and a shell in it that knows ``dedupe``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "work"
        shutil.copytree(ROOT / "samples", self.folder / "samples")
        programs = folder / "bin"
        programs.mkdir()
        script = programs / "dedupe"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dedupe "$@"\n', encoding="utf-8")
        script.chmod(0o755)
        self.env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR", "CI", "PRE_COMMIT")}
        self.env["PATH"] = f"{programs}{os.pathsep}{self.env.get('PATH', '')}"
        self.env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
        self.env.update(COLUMNS="100", PYTHONUTF8="1", GIT_CEILING_DIRECTORIES=str(folder))

    def write(self, block: Block) -> None:
        path = self.folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.body if block.ends_in_line_end else block.body[:-1], encoding="utf-8")

    def session(self, block: Block) -> str:
        """Run the commands of a block; return the block as it would look now."""
        shown: list[str] = []
        for command, expected in sessions(block.body):
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=self.folder,
                env=self.env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=60,
                check=False,
            )
            output = done.stdout.decode("utf-8")
            assert "Traceback (most recent call last)" not in output, f"$ {command}\n{output}"
            lines = output.split("\n")
            if lines[-1] == "":
                lines.pop()
            if expected and expected[-1] == "..." and len(lines) >= len(expected) - 1:
                lines = [*lines[: len(expected) - 1], "..."]
            shown += [f"$ {command}", *lines]
        return "".join(f"{line}\n" for line in shown)

    def records(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for path in sorted(self.folder.rglob("*.difflog.jsonl"))
            for line in path.read_text(encoding="utf-8").splitlines()
        ]


def sessions(body: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each command of a console block with the lines that are shown under it."""
    command = ""
    lines: list[str] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, lines
            command, lines = line[2:], []
        else:
            lines.append(line)
    if command:
        yield command, lines


def pretty(record: dict[str, Any]) -> str:
    """A record with one top-level key a line."""
    rows = [f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in record.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def same_record(record: dict[str, Any], shown: dict[str, Any]) -> bool:
    return all(record.get(key) == shown.get(key) for key in ("t", "doc", "n", "path") if key in shown) and (
        shown["t"] != "end" or record.get("documents") == shown["documents"]
    )


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@pytest.mark.skipif(os.name == "nt", reason="the examples are for a POSIX shell")
@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_examples(page: Path, tmp_path: Path) -> None:
    found = blocks(page.read_text(encoding="utf-8"))
    sandbox = Sandbox(tmp_path)
    for block in found:
        if block.file:
            sandbox.write(block)
    names: dict[str, Any] = {"__name__": "example"}
    for block in found:
        place = f"{relative(page)}:{block.line}"
        if block.is_session:
            assert sandbox.session(block) == block.body, place
        elif block.language == "python":
            with working_in(sandbox.folder):
                if ">>> " in block.body:
                    test = doctest.DocTestParser().get_doctest(block.body, names, place, str(page), block.line)
                    assert doctest.DocTestRunner().run(test).failed == 0, place
                else:
                    exec(compile("\n" * block.line + block.body, str(page), "exec"), names)
    written = sandbox.records() if any(block.language == "json" for block in found) else []
    for block in found:
        if block.language == "json" and isinstance(shown := json.loads(block.body), dict) and "t" in shown:
            alike = [record for record in written if same_record(record, shown)]
            assert any(without_volatile(record) == without_volatile(shown) for record in alike), (
                f"{relative(page)}:{block.line} is not what is written:\n{pretty(alike[0]) if alike else shown}"
            )


@pytest.mark.parametrize(
    ("page", "file", "command", "makes", "idle"),
    [
        (ROOT / "README.md", "Makefile", "make", "news-clean", "up to date"),
        (DOCS / "pipelines.md", "Makefile", "make", "news-clean", "up to date"),
        (DOCS / "pipelines.md", "dvc.yaml", "dvc repro", "data/clean", "didn't change"),
        (DOCS / "pipelines.md", "Snakefile", "snakemake --cores 2", "feed-clean", "Nothing to be done"),
    ],
    ids=["make in README", "make", "dvc", "snakemake"],
)
def test_steps_run_once(tmp_path: Path, page: Path, file: str, command: str, makes: str, idle: str) -> None:
    program, *arguments = command.split()
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    (step,) = (block for block in blocks(page.read_text(encoding="utf-8")) if block.file == file)
    sandbox = Sandbox(tmp_path)
    sandbox.write(step)
    for folder in ("news", "data/raw"):
        shutil.copytree(sandbox.folder / "samples" / "pages", sandbox.folder / folder)
    (sandbox.folder / "feed.jsonl.gz").write_bytes(gzip.compress((ROOT / "samples" / "feed.jsonl").read_bytes()))
    (sandbox.folder / "pyproject.toml").write_text("[tool.dedupe]\n", encoding="utf-8")

    def run(*argv: str) -> str:
        env = sandbox.env | {"DVC_NO_ANALYTICS": "1", "HOME": str(tmp_path)}
        done = subprocess.run(argv, cwd=sandbox.folder, env=env, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return (done.stdout + done.stderr).decode()

    if program == "dvc":
        run("dvc", "init", "--no-scm", "--quiet")
    assert idle not in run(program, *arguments)
    written = sorted(path.relative_to(sandbox.folder).as_posix() for path in sandbox.folder.glob(f"{makes}*"))
    assert written[-1].removeprefix(makes) in (".difflog.jsonl", ".jsonl.gz")
    assert len(written) == 2
    assert idle in run(program, *arguments)


def without_volatile(record: dict[str, Any]) -> dict[str, Any]:
    if record["t"] == "run":
        return {key: value for key, value in record.items() if key not in VOLATILE}
    return {key: value for key, value in record.items() if record["t"] != "end" or key != "sha256"}


def update(page: Path) -> bool:
    """Write what the examples of *page* print now into it; tell whether anything changed."""
    text = page.read_text(encoding="utf-8")
    found = blocks(text)
    new = []
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder))
        for block in found:
            if block.file:
                sandbox.write(block)
        for block in found:
            if block.is_session:
                new.append((block, sandbox.session(block)))
        written = sandbox.records()
    for block in found:
        if block.language == "json" and isinstance(shown := json.loads(block.body), dict) and "t" in shown:
            alike = [record for record in written if same_record(record, shown)]
            if alike and not any(without_volatile(record) == without_volatile(shown) for record in alike):
                new.append((block, pretty(alike[0])))
    for block, body in sorted(new, key=lambda pair: -pair[0].start):
        text = text[: block.start] + body + text[block.end :]
    changed = text != page.read_text(encoding="utf-8")
    if changed:
        page.write_text(text, encoding="utf-8")
    return changed


if __name__ == "__main__":
    for one in [Path(name).resolve() for name in sys.argv[1:]] or PAGES:
        if update(one):
            print(f"{relative(one)}: examples written anew")
