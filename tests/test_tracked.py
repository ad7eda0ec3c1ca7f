"""What a commit adds, held against everything tracked: git as it really is, and a cache that may go at any time."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Completed, environment
from gitting import BREAD, FERRY, FERRY_TOO, LAMP, MILL, commit, corpus, git, new_repository, page, stage, write
from hypothesis import given
from hypothesis import strategies as st
from test_damaged import OTHER, STORY, misread, reworded

from dedupe.config import Config
from dedupe.model import Document
from dedupe.tracked.git import Repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

Cli = Callable[..., Completed]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("GIT_", "PRE_COMMIT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    folder = corpus(tmp_path / "corpus")
    monkeypatch.chdir(folder)
    return folder


def found(cli: Cli, *argv: str) -> list[str]:
    """The findings of a check of what is staged, each as ``place rule canonical``."""
    done = cli("check", "--staged", "--format", "json", "-q", *argv)
    assert done.code in (0, 1), done.err
    findings = json.loads(done.out)["findings"]
    assert done.code == bool(findings)
    return [f"{f['path']}:{f['line']} {f['rule']} {f['canonical']['path']}:{f['canonical']['line']}" for f in findings]


# -- what is new, and what is not


def test_nothing_staged_is_nothing_found(cli: Cli, repository: Path) -> None:
    write(repository, "copy.txt", page(FERRY))  # in the work tree only
    assert found(cli) == []


@pytest.mark.parametrize(("text", "rule"), [(FERRY, "duplicate/exact"), (FERRY_TOO, "duplicate/near")])
def test_a_staged_copy_names_the_tracked_one(cli: Cli, repository: Path, text: str, rule: str) -> None:
    stage(repository, {"copy.txt": page("Copy\n", BREAD, text)})
    assert found(cli) == [f"copy.txt:5 {rule} news/ferry.txt:3"]


@pytest.mark.parametrize(("near", "rule"), [("safe", ["duplicate/near"]), ("off", []), ("all", ["duplicate/exact"])])
def test_a_copy_that_is_written_in_another_way_is_no_exact_one(
    cli: Cli, repository: Path, near: str, rule: list[str]
) -> None:
    milliwatts, megawatts = (f"{FERRY.strip()} The lamp takes 5 {unit}.\n" for unit in ("mW", "MW"))
    commit(repository, {"a.txt": page(milliwatts)})
    write(repository, "pyproject.toml", f'[tool.dedupe]\nnear = "{near}"\nmin-words = 5\n'.encode())
    stage(repository, {"copy.txt": page("Copy\n", BREAD, megawatts)})
    assert [line.split()[1] for line in found(cli)] == rule
    assert all(line.endswith(" a.txt:1") for line in found(cli))
    commit(repository, {})
    stage(repository, {"zoo.txt": page("Zoo\n", megawatts)})
    assert found(cli) == [f"zoo.txt:3 duplicate/exact {'a.txt:1' if near == 'all' else 'copy.txt:5'}"]


def test_the_line_says_it_all(cli: Cli, repository: Path) -> None:
    stage(repository, {"copy.txt": page("Copy\n", BREAD, FERRY_TOO)})
    done = cli("check", "--staged", "-q")
    assert done.err == ""
    assert done.out == (
        "copy.txt:5: duplicate/near (review): line 5 repeats news/ferry.txt, line 3, 95% of the words in order; "
        'differs: "fourth" / "third" (canonical news/ferry.txt:3, similarity 0.9474)\n'
    )


def test_only_new_text_is_blamed(cli: Cli, repository: Path) -> None:
    commit(repository, {"old.txt": page("Old\n", FERRY, LAMP)})
    stage(repository, {"old.txt": page("Old\n", BREAD, FERRY, LAMP)})
    assert found(cli) == []
    stage(repository, {"old.txt": page("Old\n", BREAD, MILL, FERRY, LAMP)})
    assert found(cli) == ["old.txt:5 duplicate/exact mill.txt:3"]


def test_a_text_that_was_changed_is_new(cli: Cli, repository: Path) -> None:
    stage(repository, {"mill.txt": page("Mill\n", FERRY_TOO)})
    assert found(cli) == ["mill.txt:3 duplicate/near news/ferry.txt:3"]


@pytest.mark.parametrize("first", ["a.txt", "z.txt"])
def test_the_text_that_was_there_is_canonical_whatever_the_names(cli: Cli, repository: Path, first: str) -> None:
    """Also where both files are staged, and the old text moved."""
    stage(repository, {"mill.txt": page("Mill\n", BREAD, MILL), first: page("Copy\n", MILL)})
    assert found(cli) == [f"{first}:3 duplicate/exact mill.txt:5"]


def test_of_two_new_copies_one_is_blamed(cli: Cli, repository: Path) -> None:
    stage(repository, {"a.txt": page("A\n", BREAD), "b.txt": page("B\n", BREAD), "c.txt": page("C\n", BREAD)})
    assert found(cli) == ["b.txt:3 duplicate/exact a.txt:3", "c.txt:3 duplicate/exact a.txt:3"]


def test_text_that_moves_to_another_file_is_no_copy(cli: Cli, repository: Path) -> None:
    stage(repository, {"news/ferry.txt": page("Harbour\n", LAMP), "moved.txt": page("Moved\n", FERRY)})
    assert found(cli) == []


def test_repeats_inside_one_file_are_left_to_its_own_check(cli: Cli, repository: Path) -> None:
    stage(repository, {"mill.txt": page("Mill\n", MILL, BREAD, MILL)})
    assert found(cli) == []


def test_a_run_of_paragraphs_is_one_finding(cli: Cli, repository: Path) -> None:
    long = [MILL, "Harbour\n", FERRY, BREAD, "A heading\n", LAMP.replace("north", "south")]
    commit(repository, {"long.txt": page(*long)})
    stage(repository, {"copy.txt": page("Copy\n", *long, "An end\n")})
    assert len(found(cli)) == 1
    assert found(cli)[0].startswith("copy.txt:3 duplicate/")


def test_a_file_of_short_lines_is_known_as_a_whole(cli: Cli, repository: Path) -> None:
    poem = "\n".join(f"{word} by the sea" for word in "stones birds ships waves lights storms bells".split()) + "\n"
    commit(repository, {"poem.txt": poem.encode()})
    stage(repository, {"again.txt": poem.encode(), "other.txt": poem.replace("bells", "gulls").encode()})
    assert found(cli) == ["again.txt:1 document/exact poem.txt:1", "other.txt:1 document/near poem.txt:1"]


ARTICLE = page(
    "Prices\n",
    f"At the market of the baker and the smith everybody talks of one thing. {BREAD.strip()} Nobody in the town "
    "remembers when it was as dear, and the council wants to ask the mills about their fields.\n",
)


def test_a_teaser_stands_inside_its_article(cli: Cli, repository: Path) -> None:
    commit(repository, {"article.txt": ARTICLE})
    stage(repository, {"index.txt": page("Today\n", BREAD.upper(), "Read on.\n")})
    assert found(cli) == ["index.txt:3 duplicate/contained article.txt:3"]
    said = cli("check", "--staged", "-q").out
    assert (
        "line 3 stands inside article.txt, line 3; kept, since it is only a part there (canonical article.txt:3" in said
    )
    assert found(cli, "--near", "off") == []
    commit(repository, {"article.txt": ARTICLE.replace(b"fields", b"meadows")}, "another article")
    stage(repository, {"index.txt": page("Today\n", BREAD)})
    assert found(cli) == [], "what the article was before is not tracked"


def test_a_teaser_with_small_edits_stands_inside_its_article(cli: Cli, repository: Path) -> None:
    commit(repository, {"article.txt": ARTICLE, "other.txt": ARTICLE.replace(b"baker", b"smith")})
    stage(repository, {"index.txt": page("Today\n", BREAD.replace("dearer", "much dearer"), "Read on.\n")})
    said = cli("check", "--staged", "-q").out
    assert (
        'of line 3, 95% of the words in order stand inside article.txt, line 3; differs: "much" / nothing; kept' in said
    )
    assert found(cli, "--near-threshold", "1") == []


def test_a_passage_around_one_that_was_there_is_named(cli: Cli, repository: Path) -> None:
    text = page("Article\n", f"{BREAD.strip()} {FERRY.strip()} {BREAD.swapcase()}", "So much.\n")
    stage(repository, {"article.txt": text})
    assert found(cli) == ["article.txt:3 duplicate/contains news/ferry.txt:3"]
    said = cli("check", "--staged", "-q").out
    assert "inside line 3 stands news/ferry.txt, line 3; kept, since only a part of it stands there" in said
    assert found(cli, "--near", "off") == []
    commit(repository, {"article.txt": text})
    stage(repository, {"article.txt": text.replace(b"Article", b"News").replace(b"BREAD", b"ROLLS")})
    assert found(cli) == [], "it stood there before"


@pytest.mark.parametrize(
    "text",
    [
        f"{BREAD.strip()} {' '.join(FERRY.split()[:11])}. {BREAD}",  # a quotation
        f"{BREAD.strip()} {' '.join(reversed(FERRY.split()))} {BREAD}",
        f"{BREAD.strip()} {' and '.join(FERRY.split())}",
    ],
)
def test_a_passage_around_a_few_words_is_not_named(cli: Cli, repository: Path, text: str) -> None:
    stage(repository, {"article.txt": page("Article\n", text.replace("\n", " ") + "\n")})
    assert found(cli) == []


def test_a_passage_that_moved_into_another_one_is_no_copy(cli: Cli, repository: Path) -> None:
    joined = page("Article\n", f"{BREAD.strip()} {FERRY.strip()} {BREAD.swapcase()}")
    stage(repository, {"article.txt": joined, "news/ferry.txt": page("Gone\n")})
    assert found(cli) == []
    git(repository, "reset", "-q", "--hard")
    stage(repository, {"news/ferry.txt": joined})
    assert found(cli) == []


def test_what_ten_articles_have_inside_is_the_house_s_own(cli: Cli, repository: Path) -> None:
    for count, expected in ((9, 1), (10, 0)):
        texts = {
            f"{n}.txt": page(f"Day {n}\n", f"{n} {BREAD.strip()} {'Nothing else. ' * (10 + 9 * n)}\n")
            for n in range(count)
        }
        commit(repository, {**texts, "notice.txt": page(BREAD)}, str(count))
        stage(
            repository, {"new.txt": page("New\n", f"Today we say: {BREAD.strip()} That is all that there is to say.\n")}
        )
        assert [line.split()[1] for line in found(cli)] == ["duplicate/contains"] * expected


def test_a_text_that_was_misread_is_a_copy(cli: Cli, repository: Path) -> None:
    commit(repository, {"story.txt": STORY.encode(), "other.txt": OTHER.encode()})
    stage(repository, {"scan.txt": misread(STORY, 0.1).encode(), "new.txt": reworded(STORY, 3).encode()})
    assert found(cli) == ["scan.txt:1 document/near story.txt:1"]
    assert "kept, since words of it have other letters there" in cli("check", "--staged", "-q").out
    assert found(cli, "--near", "off") == found(cli, "--unit", "paragraph") == []
    for text in (misread(STORY, 0.5), " ".join(reversed(misread(STORY, 0.08).split())), reworded(STORY, 2)):
        git(repository, "reset", "-q", "--hard")
        stage(repository, {"scan.txt": text.encode()})
        assert found(cli) == []


def test_a_teaser_beside_its_article_is_left_to_the_check_of_the_file(cli: Cli, repository: Path) -> None:
    stage(repository, {"article.txt": ARTICLE + b"\n" + BREAD.encode()})
    assert found(cli) == []


def test_of_a_new_teaser_and_its_new_article_the_teaser_is_blamed(cli: Cli, repository: Path) -> None:
    stage(repository, {"a.txt": page("A\n", BREAD), "b.txt": ARTICLE})
    assert found(cli) == ["a.txt:3 duplicate/contained b.txt:3"]
    git(repository, "reset", "-q")
    stage(repository, {"a.txt": ARTICLE, "b.txt": page("B\n", BREAD)})
    assert found(cli) == ["b.txt:3 duplicate/contained a.txt:3"]


def test_what_stands_inside_of_ten_articles_is_the_house_s_own(cli: Cli, repository: Path) -> None:
    for count, expected in ((9, 1), (10, 0)):
        texts = {
            f"{n}.txt": page(f"Day {n}\n", f"{n} {BREAD.strip()} {'Nothing else. ' * (10 + 9 * n)}\n")
            for n in range(count)
        }
        commit(repository, texts)
        stage(repository, {"new.txt": page("New\n", BREAD)})
        assert len(found(cli)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Harbour\n", "A short line.\n", FERRY.replace("Monday", "Friday").replace("ferry", "bus").upper()[:40] + "\n",
        "The harbour office says nothing about the ferry, nor the island, nor what happened there last Monday.\n",
        "1 2 3 4 5 6 7 8 9\n", BREAD,
    ],
)  # fmt: skip
def test_what_is_not_alike_is_not_reported(cli: Cli, repository: Path, text: str) -> None:
    stage(repository, {"new.txt": page("New\n", text)})
    assert found(cli) == []


@pytest.mark.parametrize(
    "name", ["copy.py", "copy", ".hidden.txt", ".folder/copy.txt", "log.difflog.jsonl", "copy.txt.gz", "copy.pdf"]
)
def test_files_that_are_no_texts_take_no_part(cli: Cli, repository: Path, name: str) -> None:
    stage(repository, {name: page(FERRY)})
    assert found(cli) == []


def test_endings_are_those_of_the_settings(cli: Cli, repository: Path) -> None:
    stage(repository, {"copy.rst": page("Copy\n", FERRY)})
    assert found(cli) == []
    assert found(cli, "--ext", ".txt", "--ext", "rst") == ["copy.rst:3 duplicate/exact news/ferry.txt:3"]


def test_paths_leave_out_all_else(cli: Cli, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage(repository, {"news/copy.txt": page("Copy\n", FERRY), "other/copy.txt": page("Copy\n", MILL)})
    assert len(found(cli)) == 2
    assert found(cli, "news") == ["news/copy.txt:3 duplicate/exact news/ferry.txt:3"]
    assert found(cli, "other") == []
    monkeypatch.chdir(repository / "news")
    assert found(cli, ".") == ["copy.txt:3 duplicate/exact ferry.txt:3"]
    assert len(found(cli)) == 2


@pytest.mark.parametrize("setting", ["near", "unit"])
def test_settings_hold_here_too(cli: Cli, repository: Path, setting: str) -> None:
    value = {"near": "off", "unit": "document"}[setting]
    write(repository, "pyproject.toml", f'[tool.dedupe]\n{setting} = "{value}"\n'.encode())
    stage(repository, {"copy.txt": page("Copy\n", BREAD, FERRY_TOO)})
    assert found(cli) == []


def test_what_stands_under_every_page_is_no_copy(cli: Cli, repository: Path) -> None:
    """It is not what a commit copies; a check of the whole corpus has an eye on it."""
    footer = "This page belongs to the archive of the harbour office, which keeps it for whoever asks.\n"
    pages = {f"{n}.txt": page(f"Page {n}\n", f"On day {n} there were {n * n} birds.\n", footer) for n in range(9)}
    commit(repository, pages)
    stage(repository, {"a.txt": page("New\n", footer), "b.txt": page("New\n", footer.replace("keeps", "kept"))})
    assert found(cli) == ["a.txt:3 duplicate/exact 0.txt:5", "b.txt:3 duplicate/near 0.txt:5"]
    commit(repository, {})
    later = {"c.txt": page("New\n", footer, MILL), "d.txt": page("New\n", BREAD, footer.replace("keeps", "had"))}
    stage(repository, {"b.txt": page("Nothing\n"), **later})
    assert found(cli) == ["c.txt:5 duplicate/exact mill.txt:3"]


def test_rows_are_documents(cli: Cli, repository: Path) -> None:
    rows = [{"id": 1, "text": MILL}, {"id": 2, "text": BREAD}]
    feed = "".join(json.dumps(row) + "\n" for row in rows).encode()
    stage(repository, {"feed.jsonl": feed})
    assert found(cli) == ["feed.jsonl:1 duplicate/exact mill.txt:3"]
    commit(repository, {})
    stage(repository, {"feed.jsonl": feed + json.dumps({"id": 3, "text": "More\n\n" + BREAD}).encode() + b"\n"})
    assert found(cli) == ["feed.jsonl:3 duplicate/exact feed.jsonl:2"]


def test_text_that_cannot_be_read_is_passed_over(cli: Cli, repository: Path) -> None:
    stage(repository, {"bad.txt": b"\xff\x00\x81" * 9, "bad.jsonl": b"{broken\n", "empty.txt": b"", "e.jsonl": b""})
    assert found(cli) == []


def test_pointers_of_large_files_are_no_texts(cli: Cli, repository: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n"
    stage(repository, {f"{digit}.txt": pointer.format(digit * 64).encode() for digit in "abc"})
    assert found(cli) == []


# -- git as it is


def test_an_empty_repository(cli: Cli, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = new_repository(tmp_path / "empty")
    monkeypatch.chdir(empty)
    assert found(cli) == []
    stage(empty, {"a.txt": page("A\n", FERRY), "b.txt": page("B\n", FERRY_TOO)})
    assert found(cli) == ["b.txt:3 duplicate/near a.txt:3"]


def test_partial_staging(cli: Cli, repository: Path) -> None:
    stage(repository, {"new.txt": page("New\n", BREAD)})
    write(repository, "new.txt", page("New\n", BREAD, FERRY))
    assert found(cli) == [], "unstaged text was judged"
    git(repository, "add", "new.txt")
    write(repository, "new.txt", page("New\n", BREAD))
    assert found(cli) == ["new.txt:5 duplicate/exact news/ferry.txt:3"], "staged text was not judged"
    (repository / "new.txt").unlink()
    assert found(cli) == ["new.txt:5 duplicate/exact news/ferry.txt:3"]


def test_text_that_is_only_gone_from_the_work_tree_is_still_tracked(cli: Cli, repository: Path) -> None:
    shutil.rmtree(repository / "news")
    stage(repository, {"copy.txt": page("Copy\n", FERRY)})
    assert found(cli) == ["copy.txt:3 duplicate/exact news/ferry.txt:3"]


@pytest.mark.parametrize("edit", [False, True])
def test_a_rename_is_no_copy(cli: Cli, repository: Path, edit: bool) -> None:
    commit(repository, {"twin.txt": page("Twin\n", FERRY, LAMP, BREAD)})
    git(repository, "mv", "twin.txt", "renamed.txt")
    git(repository, "mv", "mill.txt", "old mill.txt")
    if edit:
        stage(repository, {"renamed.txt": page("Twin\n", FERRY, LAMP, BREAD, "One short line more.\n")})
    assert found(cli) == []


def test_a_copied_file_is_a_copy(cli: Cli, repository: Path) -> None:
    stage(repository, {"copy.txt": (repository / "mill.txt").read_bytes()})
    assert found(cli) == ["copy.txt:1 document/exact mill.txt:1"]


def test_a_deleted_file_has_no_copies(cli: Cli, repository: Path) -> None:
    git(repository, "rm", "-q", "news/ferry.txt")
    stage(repository, {"new.txt": page("New\n", FERRY)})
    assert found(cli) == []


@pytest.mark.parametrize(
    "name", ["two words.txt", 'say "hi".txt', "it's.txt", "tab\there.txt", "ü/é.txt", "-q.txt", ":(x).txt"]
)
def test_file_names(cli: Cli, repository: Path, name: str) -> None:
    commit(repository, {name: page("Name\n", BREAD)})
    stage(repository, {"copy of " + name.replace("/", "_"): page("Copy\n", BREAD)})
    (finding,) = found(cli)
    assert finding == f"copy of {name.replace('/', '_')}:3 duplicate/exact {name}:3"


def test_a_name_with_a_line_end_and_one_that_is_not_utf8(cli: Cli, repository: Path) -> None:
    commit(repository, {"a\nb.txt": page("Name\n", BREAD), os.fsdecode(b"\xe9.txt"): page("Other\n", BREAD[::-1])})
    stage(repository, {"copy.txt": page("Copy\n", BREAD, "Short\n", BREAD[::-1])})
    done = cli("check", "--staged", "-q")
    assert "(canonical a\\x0ab.txt:3, " in done.out
    assert len(done.out.splitlines()) == 2


def test_line_ends_do_not_matter(cli: Cli, repository: Path) -> None:
    stage(repository, {"copy.txt": page("Copy\n", BREAD, FERRY).replace(b"\n", b"\r\n")})
    assert found(cli) == ["copy.txt:5 duplicate/exact news/ferry.txt:3"]
    commit(repository, {})
    stage(repository, {"copy.txt": page("Copy\n", BREAD, FERRY)})
    assert found(cli) == [], "another line end is no new text"


def branches(repository: Path) -> None:
    """Two branches that each add a file, with one paragraph in common."""
    git(repository, "checkout", "-q", "-b", "side")
    commit(repository, {"side.txt": page("Side\n", BREAD, "And one more line of the side.\n")})
    git(repository, "checkout", "-q", "main")
    commit(repository, {"main.txt": page("Main\n", BREAD)})


def test_a_merge_is_not_blamed_for_what_its_sides_brought(cli: Cli, repository: Path) -> None:
    branches(repository)
    git(repository, "merge", "-q", "--no-commit", "--no-ff", "side")
    assert found(cli) == []


def test_what_is_written_while_merging_is_new(cli: Cli, repository: Path) -> None:
    branches(repository)
    git(repository, "merge", "-q", "--no-commit", "--no-ff", "side")
    stage(repository, {"side.txt": page("Side\n", BREAD, MILL)})
    assert found(cli) == ["side.txt:5 duplicate/exact mill.txt:3"]


def test_a_shallow_clone(cli: Cli, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, {"more.txt": page("More\n", BREAD)})
    git(tmp_path, "clone", "-q", "--depth", "1", repository.as_uri(), "shallow")
    monkeypatch.chdir(tmp_path / "shallow")
    stage(tmp_path / "shallow", {"copy.txt": page("Copy\n", FERRY)})
    assert found(cli) == ["copy.txt:3 duplicate/exact news/ferry.txt:3"]


def test_a_submodule(cli: Cli, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its texts are its own; inside of it, its repository is the one that counts."""
    outer = new_repository(tmp_path / "outer")
    commit(outer, {"own.txt": page("Own\n", BREAD)})
    git(outer, "submodule", "--quiet", "add", str(repository), "inner")
    stage(outer, {"copy.txt": page("Copy\n", FERRY)})
    monkeypatch.chdir(outer)
    assert found(cli) == []
    monkeypatch.chdir(outer / "inner")
    stage(outer / "inner", {"copy.txt": page("Copy\n", BREAD, FERRY)})
    assert found(cli) == ["copy.txt:5 duplicate/exact news/ferry.txt:3"]
    assert (outer / ".git" / "modules" / "inner" / "dedupe").is_dir()


def test_a_second_work_tree_shares_the_cache(
    cli: Cli, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "second"), "-b", "second")
    monkeypatch.chdir(tmp_path / "second")
    stage(tmp_path / "second", {"copy.txt": page("Copy\n", FERRY)})
    assert found(cli) == ["copy.txt:3 duplicate/exact news/ferry.txt:3"]
    assert parts(repository)


@pytest.mark.parametrize("given", [{"GIT_DIR": "../.git", "GIT_WORK_TREE": ".."}, {"GIT_WORK_TREE": ".."}])
def test_what_git_was_told_of_its_places_holds_in_a_folder_below(
    cli: Cli, repository: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    stage(repository, {"copy.txt": page("Copy\n", FERRY)})
    monkeypatch.chdir(repository / "news")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert found(cli) == [f"{repository}/copy.txt:3 duplicate/exact ferry.txt:3"]


def test_links_and_entries_without_text(cli: Cli, repository: Path) -> None:
    (repository / "link.txt").symlink_to("mill.txt")
    git(repository, "add", "link.txt")
    write(repository, "later.txt", page("Later\n", FERRY))
    git(repository, "add", "--intent-to-add", "later.txt")
    assert found(cli) == []


def test_what_commits_added(cli: Cli, repository: Path) -> None:
    """As in a hook before a push: between two revisions, whatever is staged."""
    git(repository, "tag", "before")
    branches(repository)
    stage(repository, {"staged.txt": page("Staged\n", FERRY)})
    assert found(cli, "--from-ref", "before", "--to-ref", "main") == []
    git(repository, "reset", "-q", "--hard")
    commit(repository, {"copy.txt": page("Copy\n", FERRY)})
    assert found(cli, "--from-ref", "before", "--to-ref", "main") == ["copy.txt:3 duplicate/exact news/ferry.txt:3"]
    assert found(cli, "--from-ref", "side", "--to-ref", "main") == ["copy.txt:3 duplicate/exact news/ferry.txt:3"]
    done = cli("check", "--staged", "--from-ref", "nowhere", "--to-ref", "main")
    assert done.code == 2
    assert "git" in done.err


def test_a_revision_is_no_option_of_git(cli: Cli, repository: Path, tmp_path: Path) -> None:
    stolen = tmp_path / "stolen"
    for argv in (["--from-ref", f"--output={stolen}", "--to-ref", "HEAD"], ["--from-ref", "HEAD", "--to-ref", "--all"]):
        done = cli("check", "--staged", *argv)
        assert done.code == 2
        assert "no such revision" in done.err
    assert not stolen.exists()


def test_what_commits_added_since_nothing(cli: Cli, repository: Path) -> None:
    commit(repository, {"copy.txt": page("Copy\n", FERRY)})
    empty = git(repository, "hash-object", "-t", "tree", os.devnull).strip()
    assert found(cli, "--from-ref", empty, "--to-ref", "main") == ["news/ferry.txt:3 duplicate/exact copy.txt:3"]


def test_a_path_without_texts_is_named(cli: Cli, repository: Path) -> None:
    stage(repository, {"code/a.py": b"x = 1\n"})
    done = cli("check", "--staged", "news", "nwes", "code")
    assert done.code == 0
    assert [line for line in done.err.splitlines() if "tracks no text" in line] == [
        "nwes: git tracks no text there", "code: git tracks no text there",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "argv",
    [
        ["check"],
        ["check", "--staged", "--fail-on", "sometimes"],
        ["check", "--staged", "--from-ref", "HEAD"],
        ["check", "--staged", "--to-ref", "HEAD"],
        ["check", "mill.txt", "--from-ref", "HEAD", "--to-ref", "HEAD"],
    ],
)
def test_usage(cli: Cli, repository: Path, argv: list[str]) -> None:
    assert cli(*argv).code == 2


def test_outside_of_a_repository(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    for argv in (["check", "--staged"], ["verify"]):
        done = cli(*argv)
        assert done.code == 2
        assert "work tree" in done.err


def test_what_git_says_against_a_repository_is_passed_on(
    cli: Cli, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git trusts no repository of somebody else's, as in containers."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for argv in (["check", "--staged"], ["verify"], ["clean", "--in-place", "mill.txt"]):
        done = cli(*argv)
        assert done.code == 2
        assert "dubious ownership" in done.err
        assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("name", ["two\nlines", "line\u2028separator", "caf\udce9"])
def test_the_name_of_a_work_tree(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for variable in [each for each in os.environ if each.startswith("GIT_")]:
        monkeypatch.delenv(variable)
    try:
        folder = corpus(tmp_path / name)
    except OSError:
        pytest.skip("this file system takes names in UTF-8 only")
    monkeypatch.chdir(folder)
    stage(folder, {"copy.txt": page("Copy\n", FERRY)})
    assert found(cli) == ["copy.txt:3 duplicate/exact news/ferry.txt:3"]
    write(folder, "twice.txt", page(BREAD, MILL, BREAD))
    assert cli("clean", "--in-place", "twice.txt").code == 1
    assert len(list((folder / ".git" / "dedupe").glob("*.difflog.jsonl"))) == 1


def test_no_room_for_logs_in_the_git_directory(cli: Cli, repository: Path) -> None:
    (repository / ".git" / "dedupe").write_bytes(b"in the way")
    for argv in (["check", "--staged"], ["clean", "--in-place", "mill.txt"]):
        done = cli(*argv)
        assert done.code == 2
        assert "Traceback" not in done.err
        assert f"{os.sep}dedupe" in done.err


@pytest.mark.parametrize("damage", ["gone", "header", "cut"])
def test_a_damaged_repository(cli: Cli, repository: Path, damage: str) -> None:
    noise = random.Random(1).randbytes(400_000).hex().encode()
    stage(repository, {"noise.txt": noise, "copy.txt": page("Copy\n", FERRY)})
    blob = git(repository, "rev-parse", ":noise.txt").strip()
    place = repository / ".git" / "objects" / blob[:2] / blob[2:]
    data = place.read_bytes()
    place.unlink()
    if damage != "gone":
        place.write_bytes(data[:1000] if damage == "cut" else b"y" + data[1:])
    done = cli("check", "--staged")
    assert done.code == 2
    assert f"dedupe: {blob}: is " in done.err


# -- the baseline


def test_a_baseline_holds_as_it_is_staged(cli: Cli, repository: Path) -> None:
    write(repository, "pyproject.toml", b'[tool.dedupe]\nbaseline = "accepted.jsonl"\n')
    stage(repository, {"copy.txt": page("Copy\n", BREAD, FERRY_TOO)})
    done = cli("check", "--staged")
    assert done.code == 2
    assert "the baseline is not staged" in done.err
    assert cli("baseline", "update").code == 0
    assert cli("check", "--staged").code == 2
    git(repository, "add", "accepted.jsonl")
    assert found(cli) == []
    accepted = (repository / "accepted.jsonl").read_bytes()
    write(repository, "accepted.jsonl", accepted.splitlines(keepends=True)[0])
    assert found(cli) == [], "the baseline of the work tree was used"
    stage(repository, {"more.txt": page("More\n", FERRY)})
    assert found(cli) == ["more.txt:3 duplicate/exact news/ferry.txt:3"]


@pytest.mark.parametrize("texts", [[FERRY], [FERRY_TOO], [FERRY, LAMP], [MILL, FERRY_TOO, LAMP], [BREAD, FERRY]])
@pytest.mark.parametrize("name", ["0.txt", "zz.txt"])
def test_what_a_check_accepts_is_accepted_here(cli: Cli, repository: Path, texts: list[str], name: str) -> None:
    """Whichever copy the check of the whole corpus takes for canonical."""
    stage(repository, {name: page("New\n", *texts)})
    assert found(cli)
    assert cli("baseline", "update", "--baseline", "accepted.jsonl").code == 0
    git(repository, "add", "accepted.jsonl")
    assert found(cli, "--baseline", "accepted.jsonl") == []


# -- cleaned texts that are kept in git


def cleaned(cli: Cli, repository: Path) -> None:
    """Two outputs with their logs: one of a folder, one of a file."""
    write(repository, "raw/a.txt", page(MILL, BREAD, MILL, "Facebooktwittermail\n"))
    write(repository, "raw/b.txt", page(BREAD, LAMP))
    assert cli("clean", "raw", "-o", "texts", "-q").code == 0
    assert cli("clean", "raw/a.txt", "-o", "out/a.txt", "-q").code == 0
    git(repository, "add", "texts", "texts.difflog.jsonl", "out")


def test_all_tracked_logs_are_verified(cli: Cli, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "out").mkdir()
    cleaned(cli, repository)
    done = cli("verify")
    assert (done.code, done.out, done.err) == (0, "", "3 documents rebuilt, every sha256 as recorded\n")
    monkeypatch.chdir(repository / "raw")
    assert cli("verify").err == done.err


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("texts/b.txt", "texts.difflog.jsonl: b.txt: the output was changed"),
        ("out/a.txt", "out/a.txt.difflog.jsonl: a.txt: the output was changed"),
        ("texts.difflog.jsonl", "texts.difflog.jsonl: "),
        ("texts/new.txt", "texts.difflog.jsonl: new.txt: is in the output, but the log does not know it"),
    ],
)
def test_what_does_not_fit_is_named_with_its_log(cli: Cli, repository: Path, damage: str, said: str) -> None:
    (repository / "out").mkdir()
    cleaned(cli, repository)
    with (repository / damage).open("ab") as stream:
        stream.write(b"More.\n")
    done = cli("verify", "-q")
    assert done.code == 1
    assert done.out.startswith(said)
    assert len(lines := done.out.splitlines()) == 1, lines


def test_a_log_without_its_output_fits_nothing(cli: Cli, repository: Path) -> None:
    (repository / "out").mkdir()
    cleaned(cli, repository)
    shutil.rmtree(repository / "texts")
    done = cli("verify")
    assert done.code == 1
    assert "texts.difflog.jsonl: texts: is not there" in done.out


def test_logs_that_are_not_tracked_are_nobodys_business(cli: Cli, repository: Path) -> None:
    write(repository, "broken.difflog.jsonl", b"nonsense\n")
    assert cli("verify").code == 0
    git(repository, "add", "broken.difflog.jsonl")
    assert cli("verify").code == 1


def test_a_log_of_files_rewritten_in_place_is_held_against_the_work_tree(cli: Cli, repository: Path) -> None:
    write(repository, "mill.txt", page(MILL, BREAD, MILL))
    assert cli("clean", "mill.txt", "--in-place", "--log", "fixed.difflog.jsonl", "-q").code == 1
    git(repository, "add", "-A")
    assert cli("verify").code == 0
    write(repository, "mill.txt", page(MILL))
    assert cli("verify").code == 1


def test_the_log_beside_an_output_is_its_log(cli: Cli, repository: Path) -> None:
    (repository / "out").mkdir()
    cleaned(cli, repository)
    assert cli("verify", "texts").code == 0
    assert cli("verify", "texts/").code == 0
    assert cli("verify", "--log", "texts.difflog.jsonl").code == 2


# -- the cache


def parts(repository: Path) -> list[Path]:
    return sorted((repository / ".git" / "dedupe").glob("tracked-*/part-*"))


def test_a_warm_cache_is_not_written(cli: Cli, repository: Path) -> None:
    stage(repository, {"copy.txt": page("Copy\n", FERRY)})
    first = found(cli)
    before = [(path, path.stat().st_mtime_ns) for path in parts(repository)]
    assert before
    assert found(cli) == first
    assert [(path, path.stat().st_mtime_ns) for path in parts(repository)] == before
    git(repository, "status")
    assert git(repository, "status", "--porcelain").split() == ["A", "copy.txt"]


def test_the_cache_reads_nothing_again(cli: Cli, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of files that keep their content are not read, whatever they are called."""
    from dedupe.tracked import cache

    stage(repository, {"copy.txt": page("Copy\n", FERRY)})
    found(cli)
    git(repository, "mv", "mill.txt", "wheel.txt")
    stage(repository, {"new.txt": page("New\n", BREAD)})
    read: list[str] = []
    original = cache.read_documents

    def noted(at: Repository, keys: list[str], config: Config) -> Iterator[Document]:
        read.extend(keys)
        return original(at, keys, config)

    monkeypatch.setattr(cache, "read_documents", noted)
    assert found(cli) == ["copy.txt:3 duplicate/exact news/ferry.txt:3"]
    assert len(read) == 1


@pytest.mark.parametrize("damage", ["remove all", "remove file", "empty file", "cut file", "no sizes", "stray"])
def test_a_damaged_cache_is_made_again(cli: Cli, repository: Path, damage: str) -> None:
    stage(repository, {"copy.txt": page("Copy\n", FERRY_TOO)})
    expected = found(cli)
    (part,) = parts(repository)
    largest = max(part.iterdir(), key=lambda path: path.stat().st_size)
    if damage == "remove all":
        shutil.rmtree(repository / ".git" / "dedupe")
    elif damage == "remove file":
        largest.unlink()
    elif damage == "empty file":
        largest.write_bytes(b"")
    elif damage == "cut file":
        largest.write_bytes(largest.read_bytes()[:-7])
    elif damage == "no sizes":
        (part / "sizes").write_bytes(b"")
    else:
        (part.parent / "stray").write_bytes(b"x")
        (part.parent / "new-abandoned").mkdir()
    assert found(cli) == expected
    assert found(cli) == expected
    assert len(parts(repository)) == 1


def test_many_commits_leave_few_parts(cli: Cli, repository: Path) -> None:
    for number in range(25):
        text = f"On day {number} the keeper wrote {number * 7} words about the birds and the {number} ships he saw.\n"
        stage(repository, {f"{number}.txt": page(f"Day {number}\n", text)})
        found(cli, "--near", "review")
        commit(repository, {})
    assert len(parts(repository)) <= 10
    stage(repository, {"copy.txt": page("Copy\n", FERRY)})
    assert found(cli, "--near", "review") == ["copy.txt:3 duplicate/exact news/ferry.txt:3"]


def test_other_settings_have_a_cache_of_their_own(cli: Cli, repository: Path) -> None:
    short = "Six words stand in here only.\n"
    commit(repository, {"short.txt": page("Short\n", short)})
    stage(repository, {"copy.txt": page("Copy\n", BREAD, short)})
    assert found(cli) == []
    assert found(cli, "--min-words", "5") == ["copy.txt:5 duplicate/exact short.txt:3"]
    assert found(cli) == []


def test_hooks_that_run_at_once(repository: Path) -> None:
    """None of them fails, and all say the same, while the cache is made, and made again."""
    for number in range(12):
        stage(repository, {f"{number}.txt": page(f"Page {number}\n", f"{number} {FERRY}")})
    for _ in range(3):
        shutil.rmtree(repository / ".git" / "dedupe", ignore_errors=True)
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "dedupe", "check", "--staged", "-q"],
                env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for _ in range(4)
        ]  # fmt: skip
        said = [(*child.communicate(), child.returncode) for child in running]
        assert len({out for out, _, _ in said}) == 1
        assert {(err, code) for _, err, code in said} == {("", 1)}
        assert not list((repository / ".git" / "dedupe").glob("tracked-*/new-*"))


def test_a_part_that_another_run_finishes_meanwhile(
    cli: Cli, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is listed while its name still is that of an unfinished one."""
    stage(repository, {"copy.txt": page("Copy\n", BREAD, FERRY)})
    expected = found(cli)
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter([*listed(folder), folder / "new-finished"]))
    assert found(cli) == expected == ["copy.txt:5 duplicate/exact news/ferry.txt:3"]


# -- a law: what is found does not depend on the cache

paragraphs = st.sampled_from([FERRY, FERRY_TOO, LAMP, MILL, BREAD, "Heading\n"])
states = st.dictionaries(st.sampled_from(["a.txt", "b.txt", "c.txt", "d.txt"]), st.lists(paragraphs, max_size=4))


@given(history=st.lists(states, min_size=2, max_size=4))
def test_a_cache_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, cli: Cli, history: list[dict[str, list[str]]]
) -> None:
    folder = new_repository(tmp_path_factory.mktemp("law") / "corpus")
    before = Path.cwd()
    os.chdir(folder)
    try:
        for texts in history:
            git(folder, "rm", "-q", "-r", "--ignore-unmatch", ".")
            stage(folder, {name: page(name + "\n", *text) for name, text in texts.items()})
            warm = found(cli)
            shutil.rmtree(folder / ".git" / "dedupe", ignore_errors=True)
            assert found(cli) == warm
            named = {line.split()[0].partition(":")[0] for line in warm}
            assert named <= texts.keys()
            commit(folder, {})
            assert found(cli) == [], "what is committed is not new"
    finally:
        os.chdir(before)
