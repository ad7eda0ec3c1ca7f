"""Reference texts: what stands in them goes, they stay as they are, and the log says where they stand."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Completed, nothing_left_behind, read_log, run_cli, tree
from hypothesis import given, settings
from hypothesis import strategies as st
from rereading import check_explanations, check_replay, check_survivors, operations, raw
from strategies import LONG, MEDIUM, corpora, near_copies

import dedupe
from dedupe import Config, Document
from dedupe.errors import ConfigError
from dedupe.index import references as references_module

Cli = Callable[..., Completed]

CONFIGS = st.sampled_from(
    (
        Config(),
        Config(unit="paragraph"),
        Config(unit="document"),
        Config(near="all"),
        Config(near="off"),
        Config(keep="first"),
        Config(segment="line"),
        Config(repair=False),
        Config(boilerplate=False),
        Config(min_words=1, min_block_chars=0),
    )
)


#: What tells texts of one normal form apart.
SIGNS = (
    ("5 mW of power", "5 MW of power"),
    ("You can go. Now,", "You can go? Now,"),
    ("in [0, 1) only", "in (0, 1] only"),
)


def named(texts: Sequence[str], letter: str) -> list[Document]:
    return [Document(f"{letter}{number}", text) for number, text in enumerate(texts)]


def check_all(texts: Sequence[str], against: Sequence[str], config: Config) -> dedupe.Result:
    """Clean, and hold the result to promises 1, 2, 4 and 6."""
    documents, references = named(texts, "d"), named(against, "r")
    result = dedupe.clean(documents, config, against=references)
    sources = {d.id: raw(d.text) for d in documents}
    outputs = {d.id: raw(d.text) for d in result.documents}
    assert [(d.id, d.text) for d in dedupe.restore(result.documents, result.log)] == [(d.id, d.text) for d in documents]
    check_replay(result.log, sources, outputs)
    check_survivors(result.log, sources, outputs, config.min_words, {r.id: raw(r.text) for r in references})
    check_explanations(result.log)
    again = dedupe.clean(result.documents, config, against=references)
    assert operations(again.log) == []
    assert again.documents == result.documents
    return result


@given(corpora(), corpora(), CONFIGS)
@settings(max_examples=100)
def test_random_corpora_keep_the_promises(texts: list[str], against: list[str], config: Config) -> None:
    check_all(texts, against, config)


@given(
    st.lists(st.sampled_from(LONG).flatmap(near_copies), min_size=1, max_size=6),
    st.lists(st.sampled_from(LONG).flatmap(near_copies), min_size=1, max_size=6),
    st.sampled_from(("all", "safe", "review")),
)
@settings(max_examples=60)
def test_clouds_of_near_copies_keep_the_promises(texts: list[str], against: list[str], near: str) -> None:
    check_all(texts, against, Config(near=near))
    check_all(["\n\n".join(texts)], ["\n\n".join(against)], Config(near=near))


@given(corpora(), corpora())
@settings(max_examples=30)
def test_no_passage_that_stands_in_a_reference_stays_while_its_copy_goes(texts: list[str], against: list[str]) -> None:
    """A reference is never told that it repeats something, however much it does."""
    result = dedupe.clean(named(texts, "d"), against=named(against * 2, "r"))
    assert {record["doc"] for record in result.log if record["t"] == "doc"} == {f"d{n}" for n in range(len(texts))}
    assert all(document.id.startswith("d") for document in result.documents)


def test_a_passage_of_a_reference_goes_and_everything_else_stays() -> None:
    result = check_all([f"{LONG[0]}\n\n{LONG[1]}\n", LONG[2]], [f"Heading\n\n{LONG[1]}\n"], Config())
    assert [d.text for d in result.documents] == [f"{LONG[0]}\n", LONG[2]]
    (entry,) = result.operations
    assert entry["rule"] == "duplicate/exact"
    assert entry["canonical"] == {
        "doc": "r0", "path": "", "row": None, "src": [9, 9 + len(LONG[1])], "chr": [9, 9 + len(LONG[1])],
        "lines": [3, 3], "document_sha256": hashlib.sha256(raw(f"Heading\n\n{LONG[1]}\n")).hexdigest(),
    }  # fmt: skip
    assert entry["text"].strip() == LONG[1]


@pytest.mark.parametrize("pair", [*SIGNS, *(pair[::-1] for pair in SIGNS)])
@pytest.mark.parametrize("unit", ["paragraph", "document"])
def test_what_is_written_in_another_way_in_a_reference_is_reported(pair: tuple[str, str], unit: str) -> None:
    ours, theirs = (f"{LONG[0]} {words} {LONG[1]}" for words in pair)
    (left,) = operations(check_all([ours], [LONG[2], theirs], Config(unit=unit)).log, applied=None)
    assert (left["applied"], left["canonical"]["doc"], left["evidence"]["guard"]) == (False, "r1", "differs")
    assert left["evidence"]["differences"]
    twice = check_all([ours, ours], [theirs], Config(unit=unit)).log
    assert [op["canonical"]["doc"] for op in operations(twice)] == ["d0"]
    (gone,) = operations(check_all([ours], [ours], Config(unit=unit)).log)
    assert gone["canonical"]["doc"] == "r0"
    assert len(operations(check_all([ours], [theirs], Config(unit=unit, near="all")).log)) == 1


@pytest.mark.parametrize("again", [LONG[0].upper(), LONG[0].replace(" ", "\n"), f"“{LONG[0]}”", LONG[0].rstrip(".")])
def test_what_is_only_set_in_another_way_in_a_reference_goes(again: str) -> None:
    (gone,) = operations(check_all([LONG[0]], [again], Config()).log)
    assert gone["canonical"]["doc"] == "r0"


def test_a_passage_inside_a_longer_one_of_a_reference_is_reported() -> None:
    """It shares neither content nor a band with the reference, in which much more stands on both sides of it."""
    inside = " ".join(LONG[1].split()[8:24])
    longer = f"{LONG[0]} {LONG[1]} {LONG[2]} {LONG[3]}"
    references = [LONG[4], f"{LONG[5]}\n\n{longer}"]
    result = check_all([f"{inside}\n\n{LONG[6]}"], references, Config())
    assert [(op["rule"], op["applied"], op["canonical"]["doc"]) for op in operations(result.log, applied=None)] == [
        ("duplicate/contained", False, "r1")
    ]
    assert operations(check_all([inside], references, Config(near="off")).log, applied=None) == []
    (edited,) = operations(check_all([inside.replace(" ", " x ", 1)], references, Config()).log, applied=None)
    assert (edited["rule"], edited["applied"]) == ("document/contained", False)
    assert edited["evidence"]["similarity"] == round(16 / 17, 4)
    assert operations(check_all([" x ".join(inside.split())], references, Config()).log, applied=None) == []


def pages_with(passage: str, count: int) -> list[str]:
    """Pages that have nothing in common but *passage*, in the middle of a longer one."""
    sides = [" ".join(f"{side}{page}o{word}" for word in range(20)) for page in range(count) for side in "lr"]
    return [
        f"{page}\n\n{left} {passage} {right}" for page, (left, right) in enumerate(zip(*[iter(sides)] * 2, strict=True))
    ]


def test_a_passage_that_has_one_of_a_reference_inside_is_reported() -> None:
    """A question of a test set inside a longer paragraph, on more pages than a bucket is looked through for."""
    question = " ".join(LONG[1].split()[8:24])
    result = check_all(pages_with(question, 40), [f"{LONG[5]}\n\n{question}", LONG[4]], Config())
    found = operations(result.log, applied=None)
    assert {(op["rule"], op["applied"], op["canonical"]["doc"]) for op in found} == {
        ("duplicate/contains", False, "r0")
    }
    assert [(op["doc"], op["lines"], op["canonical"]["lines"]) for op in found] == [
        (f"d{page}", [3, 3], [3, 3]) for page in range(40)
    ]
    assert found[0]["why"] == "inside line 3 stands r0, line 3; kept, since only a part of it stands there"
    assert found[0]["evidence"] == {
        "similarity": round(16 / 56, 4), "words": 16, "segments": 1, "canonical_by": "reference", "guard": "contains",
    }  # fmt: skip


def test_a_passage_that_has_one_of_a_reference_inside_with_an_edit_is_reported() -> None:
    question = " ".join(LONG[1].split()[8:24])
    words = question.split()
    pages = pages_with(" ".join([*words[:12], "x", *words[13:]]), 2)
    found = operations(check_all(pages, [question], Config()).log, applied=None)
    assert {(op["rule"], op["applied"]) for op in found} == {("duplicate/contains", False)}
    assert [op["evidence"]["similarity"] for op in found] == [round(15 / 56, 4)] * 2
    assert found[0]["evidence"]["differences"] == [[words[12].casefold(), "x"]]


def test_of_several_passages_of_references_inside_one_a_page_names_one() -> None:
    questions = [" ".join(LONG[n].split()[:20]) for n in range(3)]
    found = operations(check_all(pages_with(" ".join(questions), 2), questions, Config()).log, applied=None)
    assert [(op["doc"], op["rule"]) for op in found] == [("d0", "duplicate/contains"), ("d1", "duplicate/contains")]


@pytest.mark.parametrize(
    ("change", "config"),
    [
        (lambda passage: passage.replace(" ", " x ", 1), Config(near_threshold=1.0)),  # not word for word
        (lambda passage: " ".join(passage.split()[1:]), Config(near_threshold=1.0)),  # not all of it
        (lambda passage: " ".join(passage.split()[:11]), Config()),  # too little of it
        (lambda passage: " ".join(passage.split()[8:] + passage.split()[:8]), Config()),  # not in a row
        (lambda passage: passage.replace(" ", "\n\n", 8), Config()),  # not in one passage
        (str, Config(near="off")),
        (str, Config(unit="document")),
    ],
)
def test_what_does_not_stand_inside_is_not_reported(change: Callable[[str], str], config: Config) -> None:
    question = " ".join(LONG[1].split()[8:24])
    found = operations(check_all(pages_with(change(question), 2), [question], config).log, applied=None)
    assert "duplicate/contains" not in {op["rule"] for op in found}


def test_a_second_copy_in_the_references_of_what_is_nearly_repeated_is_not_told_as_inside() -> None:
    """The passage is longer than what it nearly repeats, which the references have twice."""
    words = LONG[1].split()
    page = " ".join([*words[:6], "quite", *words[6:]]) + f"\n\n{LONG[4]}"
    found = operations(check_all([page], [LONG[1], LONG[1]], Config()).log, applied=None)
    assert [(op["rule"], op["canonical"]["doc"]) for op in found] == [("duplicate/near", "r0")]


def test_the_reference_stays_canonical_even_where_it_is_the_worse_copy() -> None:
    """It is shorter, so it would go if it were one of the corpus."""
    config = Config(near="all", keep="longest")
    worse, better = LONG[0], f"{LONG[0]} So it was."
    assert [o["canonical"]["doc"] for o in dedupe.check([worse, better], config)] == ["2"]
    result = check_all([better], [worse], config)
    assert [operation["canonical"]["doc"] for operation in result.operations] == ["r0"]


def test_near_copies_that_differ_in_a_number_are_only_reported() -> None:
    text = LONG[2].replace("12 pear", "13 pear")
    result = check_all([text], [LONG[2]], Config())
    assert [d.text for d in result.documents] == [text]
    assert [(o["rule"], o["applied"]) for o in result.operations] == [("document/near", False)]


def test_what_only_references_share_is_no_finding() -> None:
    assert dedupe.check([LONG[0], MEDIUM[0]], against=[LONG[1], LONG[1], LONG[1]]) == []


def test_furniture_is_not_counted_in_references() -> None:
    """A line in forty reference texts is not furniture of a corpus in which it stands once."""
    foot = "Sign up for the letter of the valley"
    pages = [f"{LONG[n % 4]} Page {n}.\n\n{foot}\n" for n in range(40)]
    assert [o for o in dedupe.check([f"{LONG[5]}\n\n{foot}\n"], against=pages) if o["rule"].startswith("boil")] == []


def test_texts_that_come_to_match_in_a_later_round_are_looked_up_again() -> None:
    """Only without its furniture is this text as good as the reference."""
    share = "Print Friendly, PDF & Email"
    result = check_all([f"{LONG[0]} {LONG[1]}\n{share}\n{LONG[3]}\n"], [f"{LONG[0]} {LONG[1]}\n{LONG[3]}\n"], Config())
    assert result.documents == []


@pytest.mark.parametrize("limit", [1, 7])
def test_how_much_is_looked_up_together_never_shows(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{LONG[n]}\n\n{LONG[(n + 1) % 6]}" for n in range(6)]
    expected = dedupe.clean(texts, against=LONG)
    monkeypatch.setattr(references_module, "_AT_ONCE", limit)
    monkeypatch.setattr(references_module, "_READ_AT_ONCE", limit)
    assert dedupe.clean(texts, against=LONG).log == expected.log
    assert dedupe.clean(texts, Config(jobs=3), against=LONG).log == expected.log


def test_with_scope_document_there_is_nothing_to_hold_against() -> None:
    with pytest.raises(ConfigError, match=r"^against: with scope='document' .*; leave one of the two out"):
        dedupe.clean(["a"], Config(scope="document"), against=["b"])


# -- files


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


@pytest.fixture
def last_month(tmp_path: Path) -> Path:
    folder = tmp_path / "last month"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "note.txt").write_bytes(f"Notes\r\n\r\n{LONG[0]}\r\n".encode())
    write_rows(folder / "feed.jsonl.gz", [{"id": "n1", "text": "x"}, {"id": "n2", "text": f"{LONG[5]}\n\n{LONG[1]}"}])
    return folder


def test_files_of_all_forms_are_held_against_a_tree(cli: Cli, tmp_path: Path, last_month: Path) -> None:
    before = tree(last_month)
    new = tmp_path / "new"
    new.mkdir()
    (new / "a.txt").write_text(f"{LONG[0]}\n\n{LONG[2]}\n", "utf-8")
    write_rows(new / "b.jsonl", [{"id": "k", "text": LONG[1]}, {"id": "m", "text": LONG[3]}])
    out = tmp_path / "out"
    assert cli("clean", new, "-o", out, "--against", last_month).code == 0
    assert (out / "a.txt").read_text("utf-8") == f"{LONG[2]}\n"
    assert [json.loads(line)["id"] for line in (out / "b.jsonl").read_text("utf-8").splitlines()] == ["m"]
    log = read_log(f"{out}.difflog.jsonl")
    found = {op["doc"]: op["canonical"] for op in operations(log)}
    note, feed = (last_month / "deep" / "note.txt").as_posix(), (last_month / "feed.jsonl.gz").as_posix()
    assert (found["a.txt"]["path"], found["a.txt"]["lines"]) == (note, [3, 3])
    assert found["a.txt"]["src"] == [9, 9 + len(raw(LONG[0]))]
    assert (found["k"]["doc"], found["k"]["path"], found["k"]["row"], found["k"]["lines"]) == ("n2", feed, 2, [3, 3])
    assert found["k"]["document_sha256"] == hashlib.sha256(raw(f"{LONG[5]}\n\n{LONG[1]}")).hexdigest()
    assert [(r["name"], r["files"], r["documents"]) for r in log[0]["references"]] == [(str(last_month), 2, 3)]
    assert tree(last_month) == before
    # 1 and 4
    assert cli("verify", out, "--log", f"{out}.difflog.jsonl").code == 0
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", tmp_path / "back").code == 0
    assert tree(tmp_path / "back") == tree(new)
    assert cli("clean", out, "-o", tmp_path / "again", "--against", last_month).code == 0
    assert tree(tmp_path / "again") == tree(out)
    assert "last month" in cli("diff", f"{out}.difflog.jsonl").out


@pytest.mark.parametrize("name", ["page.txt", "page.txt.gz"])
@pytest.mark.parametrize("option", ["--against", "--index"])
def test_a_text_of_which_nothing_stays_leaves_an_empty_file(cli: Cli, tmp_path: Path, name: str, option: str) -> None:
    known, page = tmp_path / "known.txt", tmp_path / name
    out, back = tmp_path / f"out-{name}", tmp_path / f"back-{name}"
    known.write_text(LONG[0], "utf-8")
    page.write_bytes(gzip.compress(LONG[0].encode()) if name.endswith(".gz") else LONG[0].encode())
    reference = known if option == "--against" else tmp_path / "index"
    if option == "--index":
        assert cli("index", "add", reference, known).code == 0
    done = cli("clean", page, "-o", out, option, reference)
    assert done.code == 0, done.err
    assert (gzip.decompress(out.read_bytes()) if name.endswith(".gz") else out.read_bytes()) == b""
    assert cli("verify", out, "--log", f"{out}.difflog.jsonl").code == 0
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", back).code == 0
    assert (gzip.decompress(back.read_bytes()) if name.endswith(".gz") else back.read_bytes()) == LONG[0].encode()
    assert cli("clean", out, "-o", tmp_path / f"again-{name}", option, reference).code == 0
    assert (tmp_path / f"again-{name}").read_bytes() == out.read_bytes()


def test_output_and_log_are_restored_when_the_reference_is_gone(cli: Cli, tmp_path: Path) -> None:
    reference, page, out = tmp_path / "reference.txt", tmp_path / "page.txt", tmp_path / "out.txt"
    reference.write_text(LONG[0], "utf-8")
    page.write_text(f"{LONG[1]}\n\n{LONG[0]}\n", "utf-8")
    assert cli("clean", page, "-o", out, "--against", reference).code == 0
    reference.unlink()
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", tmp_path / "back.txt").code == 0
    assert (tmp_path / "back.txt").read_bytes() == page.read_bytes()


def test_check_names_the_file_and_the_line(
    cli: Cli, tmp_path: Path, last_month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.txt").write_text(f"{LONG[2]}\n\n{LONG[0]}\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    with nothing_left_behind(tmp_path):
        done = cli("check", "page.txt", "--against", "last month")
    assert done.code == 1
    assert done.out.startswith("page.txt:3: duplicate/exact: line 3 repeats last month/deep/note.txt, line 3, word")
    sarif = json.loads(cli("check", "page.txt", "--against", "last month", "--format", "sarif").out)
    (place,) = sarif["runs"][0]["results"][0]["relatedLocations"]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "last%20month/deep/note.txt"
    assert place["physicalLocation"]["region"]["startLine"] == 3


def test_standard_input_in_place_and_explain(
    cli: Cli, tmp_path: Path, last_month: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(json.dumps({"text": text}) + "\n" for text in (LONG[2], LONG[1])).encode()
    done = cli("clean", "-", "-o", "-", "--log", "log.difflog.jsonl", "--against", last_month, input=rows)
    assert [json.loads(line)["text"] for line in done.stdout.splitlines()] == [LONG[2]]
    page = tmp_path / "page.txt"
    page.write_text(f"{LONG[2]}\n\n{LONG[0]}\n", "utf-8")
    explained = cli("explain", "page.txt:3", "--against", last_month)
    assert "note.txt, line 3, word for word" in explained.out
    assert cli("clean", "--in-place", "page.txt", "--log", "in.difflog.jsonl", "--against", last_month).code == 1
    assert page.read_text("utf-8") == f"{LONG[2]}\n"


def test_an_input_is_no_reference_to_itself(cli: Cli, tmp_path: Path) -> None:
    """A file out of the reference corpus is held against the rest of it, under whatever name it comes."""
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / "a.txt").write_text(LONG[0], "utf-8")
    (folder / "b.txt").write_text(LONG[1], "utf-8")
    (tmp_path / "link.txt").symlink_to(folder / "a.txt")
    os.link(folder / "a.txt", tmp_path / "hard.txt")
    for name in (folder / "a.txt", tmp_path / "link.txt", tmp_path / "hard.txt", folder):
        assert cli("check", name, "--against", folder).code == 0
    for rest in ([], ["-o", "-", "--log", tmp_path / "log.difflog.jsonl"]):
        with (folder / "a.txt").open("rb") as stream:
            done = run_cli("clean" if rest else "check", "-", *rest, "--against", folder, stdin=stream)
        assert done.code == 0, done.err
    assert done.out == LONG[0]
    (folder / "c.txt").write_text(LONG[0], "utf-8")
    for name in (folder / "a.txt", tmp_path / "hard.txt"):
        assert cli("check", name, "--against", folder).code == 1


def test_what_was_cleaned_is_held_against_all_of_a_corpus_that_it_came_from(cli: Cli, tmp_path: Path) -> None:
    """In place a second run changes nothing; an output is another file than what it was made of, and a copy of it."""
    folder = tmp_path / "all"
    (folder / "sub").mkdir(parents=True)
    (folder / "old.txt").write_text(LONG[0], "utf-8")
    page = folder / "sub" / "page.txt"
    page.write_text(f"{LONG[0]}\n\n{LONG[1]}\n", "utf-8")
    out = tmp_path / "out"
    assert cli("clean", folder / "sub", "-o", out, "--against", folder).code == 0
    assert (out / "page.txt").read_text("utf-8") == f"{LONG[1]}\n"
    for code in (1, 0):
        log = tmp_path / f"{code}.difflog.jsonl"
        assert cli("clean", "--in-place", folder / "sub", "--log", log, "--against", folder).code == code
    assert page.read_text("utf-8") == f"{LONG[1]}\n"
    assert cli("check", out, "--against", folder / "old.txt").code == 0
    assert cli("check", out, "--against", folder).code == 1


def test_several_references_and_settings_files(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one.txt").write_text(LONG[0], "utf-8")
    (tmp_path / "two.txt").write_text(LONG[1], "utf-8")
    (tmp_path / "pyproject.toml").write_text('[tool.dedupe]\nagainst = ["one.txt"]\n', "utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "page.txt").write_text(f"{LONG[0]}\n\n{LONG[2]}\n\n{LONG[1]}\n", "utf-8")
    monkeypatch.chdir(tmp_path / "in")
    assert len(cli("check", "page.txt").out.splitlines()) == 1
    assert len(cli("check", "page.txt", "--against", "../two.txt").out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--against", "nowhere"], "dedupe: nowhere: no such file or folder; "),
        (["--against", "-"], "dedupe: --against -: standard input cannot be a reference; "),
        (["--against", "bad.jsonl"], "dedupe: bad.jsonl:1: "),
        (["--against", "page.txt", "--scope", "document"], "dedupe: --against: with --scope document "),
    ],
)
def test_references_that_cannot_be_used(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page.txt").write_text(LONG[0], "utf-8")
    Path("bad.jsonl").write_text("{no", "utf-8")
    with nothing_left_behind(tmp_path):
        done = cli("clean", "page.txt", "-o", "out.txt", *arguments)
    assert done.code == 2
    assert done.err.startswith(problem)


@pytest.mark.parametrize("option", ["--against", "--index"])
def test_what_is_staged_is_held_against_git_alone(cli: Cli, tmp_path: Path, option: str) -> None:
    done = cli("check", "--staged", option, tmp_path)
    assert done.code == 2
    assert "--staged holds against what git tracks; leave out" in done.err


def test_a_broken_row_of_a_reference_is_passed_over_and_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text(LONG[0], "utf-8")
    (tmp_path / "r.jsonl").write_text("{no\n" + json.dumps({"text": LONG[0]}) + "\n", "utf-8")
    done = cli("check", tmp_path / "page.txt", "--against", tmp_path / "r.jsonl", "--on-error", "skip")
    assert done.code == 1
    assert "r.jsonl:1: passed over: " in done.err


def test_the_output_must_not_replace_a_reference(cli: Cli, tmp_path: Path, last_month: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.txt").write_text(LONG[0], "utf-8")
    with nothing_left_behind(tmp_path):
        done = cli("clean", tmp_path / "new", "-o", last_month, "--force", "--against", last_month)
    assert done.code == 2


def test_both_kernels_write_the_same_log(run: Callable[..., Completed], tmp_path: Path, last_month: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(f"{LONG[0]} Once more.\n\n{LONG[1]}\n\n{LONG[5]}\n", "utf-8")
    for name in ("native", "reference"):
        out = tmp_path / f"{name}.txt"
        done = run("clean", page, "-o", out, "--against", last_month, env={"DEDUPE_KERNEL": name})
        if name == "native" and done.code == 2:
            pytest.skip("there is no native kernel here")
    logs = [read_log(tmp_path / f"{name}.txt.difflog.jsonl") for name in ("native", "reference")]
    assert logs[0][1:-1] == logs[1][1:-1]
