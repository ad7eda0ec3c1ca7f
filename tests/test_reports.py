"""Reports of findings: the same findings in every format, and nothing of a corpus that acts on what reads them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from conftest import Completed, environment
from hypothesis import given
from hypothesis import strategies as st

import dedupe
from dedupe.checking import checking
from dedupe.cli.output import print_json
from dedupe.model import Finding, Location
from dedupe.report.github import annotation
from dedupe.report.sarif import sarif_log
from dedupe.report.terminal import finding_line

STORY = "The ferry to the island was late again on Monday, the third time this week, said the harbour office.\n"
NEAR = STORY.replace("third", "fourth")


def is_harmless(text: str) -> bool:
    """Whether no character acts on a terminal: no control, no other line end, nothing that reorders text."""
    return not any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp") for char in text)


def plain(text: str, **_: Any) -> str:
    return text


def found(path: str = "a.txt", why: str = "a sentence", canonical: str | None = None, applied: bool = True) -> Finding:
    record = {"rule": "duplicate/near", "why": why, "applied": applied, "evidence": {"similarity": 0.9545}}
    return Finding(Location(path, 3, 5), record, Location(canonical, 7, 9) if canonical else None)


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pages that share a paragraph, word for word and nearly, and a feed with the same again."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "one.txt").write_text(f"Harbour\n\n{STORY}\nA lamp went out in the north tower.\n", encoding="utf-8")
    (tmp_path / "two, 'b'.txt").write_text(
        f"Island\n\n{NEAR}\nNobody saw it.\n\nFacebooktwittermail\n", encoding="utf-8"
    )
    rows = [{"id": "x", "text": "Nothing here repeats."}, {"id": "y", "text": STORY + "\nAnd a line more."}]
    (tmp_path / "feed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


# -- a diff


def test_a_diff_shows_a_block_once(
    cli: Callable[..., Completed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    body = [
        STORY,
        "The clock of the town hall stood still for a week, and nobody in the square was in a hurry any more.\n",
        "A letter for the keeper of the lock lay under the stone until spring, and then he did not read it.\n",
        "Seven herons were counted at the weir in March, two more than in the year when the mill burned down.\n",
    ]
    again = [body[2], body[0], body[3].replace("Seven", "Eight"), body[1]]
    Path("a.txt").write_text("\n".join([*body, *again]), encoding="utf-8")
    assert cli("clean", "a.txt", "-o", "b.txt", "-q").code == 0
    shown = cli("diff", "b.txt.difflog.jsonl").out.splitlines()
    assert shown[1:3] == [
        "  lines 9-15  block  4 passages of lines 9-15 repeat passages of lines 1-7, in another order: "
        "3 word for word, 1 nearly; 1 is kept",
        "    - line 9, line 11, line 15",
    ]
    assert [line.split("  ")[1:3] for line in shown[3:4]] == [["line 13", "repeat/near kept for review"]]
    assert not any("repeat/exact" in line and line.startswith("  line") for line in shown)


# -- one line


def test_a_line_names_the_canonical_place_and_the_similarity(cli: Callable[..., Completed], pages: Path) -> None:
    done = cli("check", "one.txt", "two, 'b'.txt", "feed.jsonl", "-q")
    assert done.code == 1
    lines = done.out.splitlines()
    assert any(
        re.fullmatch(r"one\.txt:3: duplicate/exact: .*\(canonical feed\.jsonl:2, similarity 1\)", x) for x in lines
    )
    near = next(line for line in lines if line.startswith("two, 'b'.txt:3: duplicate/near (review): "))
    assert re.search(r" \(canonical feed\.jsonl:2, similarity 0\.9\d+\)$", near)
    share = next(line for line in lines if "boilerplate/share" in line)
    assert "canonical" not in share


def test_a_near_copy_never_looks_like_an_exact_one() -> None:
    almost = Finding(Location("a", 1, 1), {**found().record, "evidence": {"similarity": 0.9999}}, Location("b", 1, 1))
    assert finding_line(almost, plain).endswith("(canonical b:1, similarity 0.9999)")


# -- the formats say the same


def test_every_format_has_every_finding(cli: Callable[..., Completed], pages: Path) -> None:
    names = ("one.txt", "two, 'b'.txt", "feed.jsonl")
    text = cli("check", *names, "-q").out.splitlines()
    report = json.loads(cli("check", *names, "-q", "--format", "json").out)
    sarif = json.loads(cli("check", *names, "-q", "--format", "sarif").out)
    github = cli("check", *names, "-q", "--format", "github").out.splitlines()
    results = sarif["runs"][0]["results"]
    assert len(text) == len(report["findings"]) == len(results) == len(github) > 2
    for line, finding, result, command in zip(text, report["findings"], results, github, strict=True):
        assert line.startswith(f"{finding['path']}:{finding['line']}: {finding['rule']}")
        assert result["ruleId"] == finding["rule"]
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == finding["line"]
        assert result["level"] == ("error" if finding["applied"] else "warning")
        assert command.startswith(f"::{result['level']} file=")
        assert f",line={finding['line']},endLine=" in command
        if "canonical" in finding:
            place = f"{finding['canonical']['path']}:{finding['canonical']['line']}"
            assert f"(canonical {place}, similarity " in line
            there = result["relatedLocations"][0]["physicalLocation"]
            assert there["region"]["startLine"] == finding["canonical"]["line"]


def test_json_is_short_for_the_format(cli: Callable[..., Completed], pages: Path) -> None:
    assert cli("check", "one.txt", "--json").stdout == cli("check", "one.txt", "--format", "json").stdout


def test_findings_are_read_when_they_are_asked_for(pages: Path) -> None:
    """A corpus can have more of them than fit into memory."""
    expected, counted = dedupe.check_files([str(pages)])
    with checking([str(pages)]) as (findings, summary):
        assert (len(findings), summary) == (len(expected), counted)
        for _ in range(2):
            assert list(findings) == expected
        one, again = next(iter(findings)), next(iter(findings))
        assert one == again
        assert one is not again
        assert one in findings
        assert found() not in findings


@given(st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=4) | st.integers() | st.lists(st.none()))))
def test_a_report_with_iterators_is_that_with_lists(items: list[dict[str, Any]]) -> None:
    report = {"before": {"a": [1, {}]}, "items": items, "after": []}
    told = []
    for value in (items, iter(items)):
        stream = StringIO()
        with redirect_stdout(stream):
            print_json({**report, "items": value})
        told.append(stream.getvalue())
    assert told[0] == told[1] == json.dumps({"schema_version": 1, **report}, indent=2) + "\n"


@pytest.mark.parametrize("kind", ["text", "json", "sarif", "github"])
def test_a_reader_that_goes_leaves_nothing_behind(pages: Path, tmp_path: Path, kind: str) -> None:
    (tmp_path / "tmp").mkdir()
    command = f"{sys.executable} -m dedupe check {pages} --format {kind} | head -c 10"
    done = subprocess.run(
        ["bash", "-c", command],
        env={**environment(), "TMPDIR": str(tmp_path / "tmp")},
        capture_output=True,
        check=False,
    )
    assert len(done.stdout) == 10
    assert b"Traceback" not in done.stderr
    assert not list((tmp_path / "tmp").iterdir())


@pytest.mark.parametrize("report_format", ["text", "json", "sarif", "github"])
def test_the_exit_status_does_not_depend_on_the_format(
    cli: Callable[..., Completed], pages: Path, report_format: str
) -> None:
    assert cli("check", "two, 'b'.txt", "--format", report_format).code == 1
    assert cli("check", "one.txt", "--format", report_format).code == 0
    assert cli("check", "two, 'b'.txt", "--format", report_format, "--fail-on", "never").code == 0


# -- SARIF

#: Of each kind of object the properties that we write: the kind of the value, "!" where the schema requires it.
SCHEMA: dict[str, dict[str, str]] = {
    "sarifLog": {"$schema": "uri", "version": "version!", "runs": "[run]!"},
    "run": {"tool": "tool!", "columnKind": "columnKind", "results": "[result]"},
    "tool": {"driver": "toolComponent!"},
    "toolComponent": {"name": "string!", "version": "string", "rules": "[reportingDescriptor]"},
    "reportingDescriptor": {"id": "string!", "shortDescription": "multiformatMessageString"},
    "multiformatMessageString": {"text": "string!"},
    "result": {
        "ruleId": "string", "ruleIndex": "index", "level": "level", "message": "message!",
        "locations": "[location]", "relatedLocations": "[location]", "properties": "propertyBag",
        "partialFingerprints": "propertyBag",
    },
    "message": {"text": "string"},
    "location": {"id": "index", "physicalLocation": "physicalLocation", "message": "message"},
    "physicalLocation": {"artifactLocation": "artifactLocation!", "region": "region"},
    "artifactLocation": {"uri": "uri"},
    "region": {"startLine": "line", "endLine": "line"},
}  # fmt: skip
VALUES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str) and is_harmless(value),
    "version": lambda value: value == "2.1.0",
    "columnKind": lambda value: value in ("utf16CodeUnits", "unicodeCodePoints"),
    "level": lambda value: value in ("none", "note", "warning", "error"),
    "index": lambda value: type(value) is int and value >= 0,
    "line": lambda value: type(value) is int and value >= 1,
    "propertyBag": lambda value: isinstance(value, dict),
    # RFC 3986: a reference with a scheme, or a relative path of which the first part has no colon
    "uri": lambda value: bool(
        re.fullmatch(r"(https?:|file:)//[\w.~!$&'()*+,;=:@/%-]*|(?!/)[\w.~!$&'()*+,;=@/%-]*", value, re.ASCII)
        and not re.search(r"%(?![0-9A-F]{2})", value)
    ),
}


def assert_valid(value: Any, kind: str, place: str = "$") -> None:
    """Hold *value* to what the SARIF 2.1.0 schema says about an object of this kind."""
    if kind.startswith("["):
        assert isinstance(value, list), place
        for number, item in enumerate(value):
            assert_valid(item, kind[1:-1], f"{place}[{number}]")
    elif kind in VALUES:
        assert VALUES[kind](value), f"{place} is no {kind}: {value!r}"
    else:
        properties = SCHEMA[kind]
        assert value.keys() <= properties.keys(), f"{place} has {sorted(value.keys() - properties.keys())}"
        required = {name for name, of in properties.items() if of.endswith("!")}
        assert required <= value.keys(), f"{place} lacks {sorted(required - value.keys())}"
        for name, item in value.items():
            assert_valid(item, properties[name].rstrip("!"), f"{place}.{name}")


def assert_sound(log: dict[str, Any]) -> None:
    """Hold a log to the schema, and to what the standard says in words."""
    assert_valid(log, "sarifLog")
    for run in log["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert len(set(rules)) == len(rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]] == result["ruleId"]
            for location in (*result["locations"], *result.get("relatedLocations", ())):
                region = location["physicalLocation"]["region"]
                assert region["startLine"] <= region["endLine"]


def test_sarif_of_a_corpus_is_valid(cli: Callable[..., Completed], samples: Path) -> None:
    log = json.loads(cli("check", samples, "--format", "sarif").out)
    assert_sound(log)
    assert {result["ruleId"].split("/")[0] for result in log["runs"][0]["results"]} >= {"boilerplate", "repeat"}


def test_sarif_knows_a_passage_again_that_moved(cli: Callable[..., Completed], pages: Path) -> None:
    def passage() -> tuple[int, str]:
        (run,) = json.loads(cli("check", "two, 'b'.txt", "feed.jsonl", "--format", "sarif").out)["runs"]
        assert len({result["partialFingerprints"]["textLines/v1"] for result in run["results"]}) == len(run["results"])
        (result,) = (result for result in run["results"] if result["ruleId"] == "duplicate/near")
        region = result["locations"][0]["physicalLocation"]["region"]
        return region["startLine"], result["partialFingerprints"]["textLines/v1"]

    line, known_by = passage()
    page = pages / "two, 'b'.txt"
    page.write_text("One line more.\n\n" + page.read_text("utf-8"), encoding="utf-8")
    assert passage() == (line + 2, known_by)
    page.write_text(page.read_text("utf-8").replace("harbour", "port"), encoding="utf-8")
    assert passage()[1] != known_by


def listed(findings: list[Finding]) -> dict[str, Any]:
    """The log, with its results as a list."""
    log = sarif_log(findings, "1.0")
    log["runs"][0]["results"] = list(log["runs"][0]["results"])
    return log


def test_sarif_without_findings_is_valid() -> None:
    log = listed([])
    assert_sound(log)
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize("broken", ["ruleIndex", "level", "message", "uri", "startLine", "version"])
def test_the_check_of_sarif_can_fail(broken: str) -> None:
    log = listed([found(canonical="b.txt")])
    assert_sound(log)
    result = log["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    if broken == "uri":
        place["artifactLocation"]["uri"] = "a b.txt"
    elif broken == "startLine":
        place["region"]["startLine"] = 0
    elif broken == "version":
        log["version"] = "2.0.0"
    else:
        result[broken] = 7
    with pytest.raises((AssertionError, IndexError, AttributeError)):
        assert_sound(log)


hostile = st.text(st.characters() | st.sampled_from("\x1b\n\r\u2028\u202e\udcff%:,[](){}<>\"' "), max_size=40)


@given(hostile.filter(lambda path: "\0" not in path), hostile, hostile.filter(lambda path: "\0" not in path))
def test_no_text_makes_sarif_unsound(path: str, why: str, canonical: str) -> None:
    path, canonical = (name.encode("utf-8", "replace").decode() for name in (path, canonical))
    log = json.loads(json.dumps(listed([found("p" + path, why, "c" + canonical)])))
    assert_sound(log)
    text = log["runs"][0]["results"][0]["message"]["text"]
    assert "](" not in text
    assert not re.search(r"(?<!\{)\{(\{\{)*(?!\{)", text), "a lone brace begins a placeholder"


# -- GitHub


@given(hostile, hostile, st.none() | hostile)
def test_no_text_leaves_its_annotation(path: str, why: str, canonical: str | None) -> None:
    """Undone as the runner does, the command is one line with the properties that were put in."""
    command = annotation(found("p" + path, why, canonical and "c" + canonical))
    assert is_harmless(command)
    matched = re.fullmatch(r"::(error|warning) ([^:]*)::(.*)", command)
    assert matched
    properties = dict(pair.split("=", 1) for pair in matched[2].split(","))
    assert list(properties) == ["file", "line", "endLine", "title"]
    assert properties["title"] == "duplicate/near"
    assert not re.search("%(?!25)", matched[3])


# -- colours


@pytest.mark.parametrize(
    ("argv", "env", "coloured"),
    [
        ([], {}, False),
        (["--color"], {}, True),
        (["--no-color"], {"PRE_COMMIT_COLOR": "always"}, False),
        ([], {"PRE_COMMIT_COLOR": "always"}, True),
        ([], {"PRE_COMMIT_COLOR": "never"}, False),
        ([], {"PRE_COMMIT_COLOR": "auto"}, False),
        ([], {"PRE_COMMIT_COLOR": "always", "NO_COLOR": "1"}, False),
        (["--color"], {"NO_COLOR": "1"}, True),
    ],
)
def test_colours_are_as_they_were_asked_for(
    cli: Callable[..., Completed], pages: Path, monkeypatch: pytest.MonkeyPatch,
    argv: list[str], env: dict[str, str], coloured: bool,
) -> None:  # fmt: skip
    for name in ("NO_COLOR", "PRE_COMMIT_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in cli("check", "two, 'b'.txt", "-q", *argv).out) is coloured
    assert "\x1b" not in cli("check", "two, 'b'.txt", "-q", "--format", "github", *argv).out


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
@pytest.mark.parametrize(("color", "coloured"), [("always", True), ("auto", True), ("never", False)])
def test_on_a_terminal_colours_are_as_pre_commit_sets_them(pages: Path, color: str, coloured: bool) -> None:
    """pre-commit gives a hook a pseudo-terminal: colours, but no progress line."""
    import subprocess

    ours, theirs = os.openpty()
    env = environment({"PRE_COMMIT": "1", "PRE_COMMIT_COLOR": color, "TERM": "xterm"})
    with subprocess.Popen(
        [sys.executable, "-m", "dedupe", "check", "two, 'b'.txt"], stdout=theirs, stderr=theirs, env=env
    ) as child:
        os.close(theirs)
        said = b""
        try:
            while part := os.read(ours, 4096):
                said += part
        except OSError:  # how the end looks on a terminal
            pass
    os.close(ours)
    assert child.returncode == 1
    assert (b"\x1b[" in said) is coloured
    assert b"\x1b[K" not in said, "a progress line was drawn"
