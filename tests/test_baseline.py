"""Accepted findings: what was there is not reported, whatever moves; what is new is; nobody but ``update`` writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Completed, tree
from hypothesis import example, given
from hypothesis import strategies as st

from dedupe.checking import check_files, update_baseline
from dedupe.config import Config

FERRY = "The ferry to the island was late again on Monday, the third time this week, said the harbour office."
FERRY_TOO = FERRY.replace("third", "fourth")
LAMP = "A lamp went out in the north tower, and it was lit again within the hour by the watch of the night."
MILL = "The mill by the river opened again in spring, and the whole village came to see the old wheel turn."
BASELINE = ".dedupe-baseline.jsonl"

Cli = Callable[..., Completed]


def page(*paragraphs: str) -> str:
    return "".join(f"{paragraph}\n\n" for paragraph in paragraphs)


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Path:
    """Two pages with findings within and between them, all accepted."""
    folder = tmp_path / "corpus"
    (folder / "pages").mkdir(parents=True)
    monkeypatch.chdir(folder)
    (folder / "pages" / "a.txt").write_text(page(FERRY, LAMP, "Facebooktwittermail"), encoding="utf-8")
    (folder / "pages" / "b.txt").write_text(page(MILL, FERRY_TOO, MILL), encoding="utf-8")
    (folder / "pyproject.toml").write_text(f'[tool.dedupe]\nbaseline = "{BASELINE}"\n', encoding="utf-8")
    assert cli("baseline", "update").code == 0
    return folder


def lines(done: Completed) -> list[str]:
    return done.out.splitlines()


# -- what was accepted stays accepted


def test_accepted_findings_are_counted_and_not_reported(cli: Cli, corpus: Path) -> None:
    bare = cli("check", ".", "--baseline", "")
    assert bare.code == 1
    assert len(lines(bare)) == 3
    done = cli("check", ".")
    assert (done.code, done.out) == (0, "")
    assert f"3 findings accepted by {corpus / BASELINE}" in done.err
    assert "stale entr" not in done.err
    (corpus / BASELINE).write_bytes(b"\xef\xbb\xbf" + (corpus / BASELINE).read_bytes())  # as some editors save it
    assert cli("check", ".").code == 0


@pytest.mark.parametrize(
    "argv", [("--scope", "document"), ("--scope", "document", "--profile", "safe"), ("--near", "all")]
)
@pytest.mark.parametrize("paths", [["pages"], ["pages/a.txt"], ["pages/b.txt"], ["pages/b.txt", "pages/a.txt"]])
def test_a_check_of_any_share_of_the_files_passes(
    cli: Cli, corpus: Path, argv: tuple[str, ...], paths: list[str]
) -> None:
    done = cli("check", *paths, *argv)
    assert (done.code, done.out) == (0, "")


def test_moving_text_changes_nothing(cli: Cli, corpus: Path) -> None:
    before = (corpus / BASELINE).read_bytes()
    new = "Nobody had written this before, and so it stands here for the first time in the life of this page."
    (corpus / "pages" / "b.txt").write_text(page(new, FERRY_TOO, new[::-1], MILL, MILL), encoding="utf-8")
    assert cli("check", ".", "-q").code == 0
    cli("baseline", "update")
    assert (corpus / BASELINE).read_bytes() == before


def test_other_line_ends_and_indents_change_nothing(cli: Cli, corpus: Path) -> None:
    for path in (corpus / "pages").iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n").replace(b"A lamp", b"  A lamp"))
    assert cli("check", ".").code == 0


@pytest.mark.parametrize("name", ["pages/c.txt", "0.txt", "z/deep/b.txt"])
def test_a_renamed_file_takes_its_entries_along(cli: Cli, corpus: Path, name: str) -> None:
    target = corpus / name
    target.parent.mkdir(parents=True, exist_ok=True)
    (corpus / "pages" / "b.txt").rename(target)
    assert cli("check", ".").code == 0
    assert cli("check", name, "--scope", "document").code == 0


def test_a_paragraph_that_went_to_another_file_is_no_new_one(cli: Cli, corpus: Path) -> None:
    (corpus / "pages" / "b.txt").write_text(page(MILL, MILL), encoding="utf-8")
    (corpus / "pages" / "c.txt").write_text(page("Moved here", FERRY_TOO), encoding="utf-8")
    assert cli("check", ".").code == 0


# -- what is new is reported


def test_a_third_copy_in_the_file_is_new(cli: Cli, corpus: Path) -> None:
    with (corpus / "pages" / "b.txt").open("a", encoding="utf-8") as stream:
        stream.write(page(LAMP[::-1], FERRY[::-1], MILL))
    done = cli("check", ".")
    assert done.code == 1
    assert [line.split(": ")[:2] for line in lines(done)] == [["pages/b.txt:11", "repeat/exact"]]


@pytest.mark.parametrize("name", ["0.txt", "pages/c.txt"])
@pytest.mark.parametrize("text", [FERRY, FERRY_TOO, MILL, "Facebooktwittermail"])
def test_a_copy_in_another_file_is_new(cli: Cli, corpus: Path, name: str, text: str) -> None:
    (corpus / name).write_text(page("A new page", text), encoding="utf-8")
    done = cli("check", ".")
    assert done.code == 1
    assert any(name in line for line in lines(done))


def test_what_was_accepted_as_one_thing_is_not_accepted_as_another(cli: Cli, corpus: Path) -> None:
    """The widget was accepted as boilerplate; MILL twice as a repeat. Their damage is another matter."""
    (corpus / "pages" / "a.txt").write_text(
        page(FERRY, LAMP.replace("it", "â€œitâ€\x9d"), "Facebooktwittermail"), "utf-8"
    )
    done = cli("check", ".")
    assert done.code == 1
    assert {line.split(": ")[1] for line in lines(done)} == {"repair/mojibake"}


def test_a_changed_text_is_new(cli: Cli, corpus: Path) -> None:
    (corpus / "pages" / "b.txt").write_text(page(MILL, FERRY_TOO.replace("island", "islands"), MILL), encoding="utf-8")
    done = cli("check", ".", "-q")
    assert [line.split(": ")[1] for line in lines(done)] == ["duplicate/near (review)"]


# -- stale entries


def test_stale_entries_are_reported_and_stay_until_update(cli: Cli, corpus: Path) -> None:
    before = (corpus / BASELINE).read_bytes()
    (corpus / "pages" / "b.txt").write_text(page(MILL, FERRY_TOO), encoding="utf-8")
    done = cli("check", ".")
    assert done.code == 0
    assert "2 stale entries" in done.err
    assert MILL[:40] in done.err
    assert any("2 stale entries" in note for note in json.loads(cli("check", ".", "--json").out)["notes"])
    assert (corpus / BASELINE).read_bytes() == before
    said = cli("baseline", "update").err
    assert "0 new lines accepted, 2 taken out" in said
    assert "stale entr" not in cli("check", ".").err


def test_a_deleted_file_leaves_stale_entries(cli: Cli, corpus: Path) -> None:
    (corpus / "pages" / "a.txt").unlink()
    assert "3 stale entries" in cli("check", ".").err  # of both sides of the pair, and the widget


@pytest.mark.parametrize(
    "argv", [["pages/a.txt"], ["pages/a.txt", "pages/b.txt", "--scope", "document"], ["pages/b.txt"]]
)
def test_a_check_of_a_part_calls_nothing_stale_that_the_rest_may_need(cli: Cli, corpus: Path, argv: list[str]) -> None:
    assert "stale entr" not in cli("check", *argv).err


# -- the file


def test_the_file_is_sorted_and_has_no_line_numbers(corpus: Path) -> None:
    head, *entries = [json.loads(line) for line in (corpus / BASELINE).read_text("utf-8").splitlines()]
    assert head == {"dedupe_baseline": 1}
    assert all(entry.keys() == {"path", "kind", "line", "count"} for entry in entries)
    keys = [(entry["path"], entry["kind"], entry["line"]) for entry in entries]
    assert keys == sorted(set(keys))
    assert [entry["count"] for entry in entries if MILL[:20] in entry["line"]] == [2]


def test_an_update_of_a_part_keeps_the_rest(cli: Cli, corpus: Path) -> None:
    (corpus / "other.txt").write_text(page(LAMP[::-1], "Print Friendly, PDF & Email"), encoding="utf-8")
    before = (corpus / BASELINE).read_text("utf-8").splitlines()
    assert "1 new line accepted, 0 taken out" in cli("baseline", "update", "other.txt").err
    after = (corpus / BASELINE).read_text("utf-8").splitlines()
    assert set(after) - set(before) == {line for line in after if "other.txt" in line}
    assert set(before) < set(after)


def test_an_update_with_nothing_to_do_does_not_touch_the_file(cli: Cli, corpus: Path) -> None:
    stamp = (corpus / BASELINE).stat()
    cli("baseline", "update")
    again = (corpus / BASELINE).stat()
    assert (again.st_mtime_ns, again.st_ino) == (stamp.st_mtime_ns, stamp.st_ino)


def test_only_update_writes(cli: Cli, corpus: Path) -> None:
    before = tree(corpus)
    (corpus / "pages" / "c.txt").write_text(page(FERRY), encoding="utf-8")
    for argv in (["check", "."], ["check", ".", "--json"], ["clean", "pages", "-o", "-", "--dry-run"]):
        cli(*argv)
    (corpus / "pages" / "c.txt").unlink()
    assert tree(corpus) == before


def test_paths_are_those_seen_from_the_baseline(cli: Cli, corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(corpus / "pages")
    assert cli("check", "a.txt", "b.txt").code == 0
    monkeypatch.chdir(corpus.parent)
    assert cli("check", "corpus").code == 0
    assert '"path":"pages/a.txt"' in (corpus / BASELINE).read_text("utf-8")


def test_without_a_setting_the_file_is_in_this_folder(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(page(LAMP, MILL, LAMP), encoding="utf-8")
    assert cli("baseline", "update", "a.txt").code == 0
    assert cli("check", "a.txt").code == 1
    assert cli("check", "a.txt", "--baseline", BASELINE).code == 0


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_rows_of_json_lines_are_accepted_too(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{"id": n, "text": text} for n, text in enumerate([FERRY, page(LAMP, FERRY_TOO), MILL, MILL])]
    (tmp_path / "feed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert cli("baseline", "update", "feed.jsonl", "--jobs", jobs).code == 0
    assert cli("check", "feed.jsonl", "--baseline", BASELINE).code == 0
    rows = [*rows[::-1], {"id": 9, "text": MILL}]
    (tmp_path / "feed.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = cli("check", "feed.jsonl", "--baseline", BASELINE, "-q")
    assert done.code == 1
    assert len(lines(done)) == 1


# -- a baseline that is none


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n", b"not json\n", b'{"dedupe_baseline":2}\n', b"[]\n", b"\xff\xfe",
        b'{"path":"a","kind":"duplicate","line":"x","count":1}\n',
        b'{"dedupe_baseline":1}\n{"path":"a"}\n', b'{"dedupe_baseline":1}\n7\n',
        *(b'{"dedupe_baseline":1}\n{"path":"a","kind":"duplicate","line":"123456789abc x","count":%s}\n' % count
          for count in (b'"many"', b"-1", b"1e999", b"1" + b"0" * 30, b"null")),
        b'{"dedupe_baseline":1}\n{"path":"a","kind":"duplicate","line":"x","count":1}\n',
        b'{"dedupe_baseline":1}\n{"path":3,"kind":"duplicate","line":"123456789abc x","count":1}\n',
        b'{"dedupe_baseline":1}\n<<<<<<< HEAD\n',
    ],
)  # fmt: skip
def test_a_broken_baseline_is_an_error_with_advice(cli: Cli, corpus: Path, content: bytes) -> None:
    (corpus / BASELINE).write_bytes(content)
    for argv in (["check", "."], ["baseline", "update"]):
        done = cli(*argv)
        assert done.code == 2
        assert BASELINE in done.err
        assert "baseline update" in done.err
    assert (corpus / BASELINE).read_bytes() == content


def test_an_entry_that_accepts_more_lines_than_there_can_be(cli: Cli, corpus: Path) -> None:
    lines = (corpus / BASELINE).read_text("utf-8").splitlines()
    (corpus / BASELINE).write_text(
        "\n".join([lines[0], lines[1].replace('"count":1', '"count":1000000000000000')]) + "\n", "utf-8"
    )
    done = cli("check", ".")
    assert done.code == 1
    assert "stale entries" in done.err


def test_a_missing_baseline_is_an_error_with_advice(cli: Cli, corpus: Path) -> None:
    (corpus / BASELINE).unlink()
    done = cli("check", ".")
    assert done.code == 2
    assert "`dedupe baseline update` writes one" in done.err
    assert cli("baseline", "update").code == 0
    assert cli("check", ".").code == 0


def test_hostile_text_is_harmless_in_the_file_and_in_notes(cli: Cli, corpus: Path) -> None:
    nasty = (
        "\x1b[31mred \u202e text that is long enough to be a paragraph of its own, \x07 said the old harbour office."
    )
    (corpus / "pages" / "a.txt").write_text(page(nasty, MILL[::-1], nasty), encoding="utf-8")
    cli("baseline", "update", "--no-repair")
    assert "\x1b" not in (corpus / BASELINE).read_text("utf-8")
    assert "\u202e" not in (corpus / BASELINE).read_text("utf-8")
    (corpus / "pages" / "a.txt").write_text("Gone.\n", encoding="utf-8")
    assert "\x1b" not in cli("check", ".", "--no-repair").err


# -- laws

paragraphs = st.sampled_from([FERRY, FERRY_TOO, LAMP, MILL, "Heading", "Facebooktwittermail", "It cost 5 â‚¬ today."])
corpora = st.lists(st.lists(paragraphs, max_size=6), min_size=1, max_size=4)


def written(folder: Path, pages: list[list[str]]) -> None:
    for number in range(4):
        path = folder / f"{number}.txt"
        path.unlink(missing_ok=True)
        if number < len(pages):
            path.write_text(page(*pages[number]), encoding="utf-8")


@given(pages=corpora, scope=st.sampled_from(["corpus", "document"]), profile=st.sampled_from(["safe", "default"]))
@example(pages=[[FERRY, "Heading"], ["Heading"] * 2, ["Heading"] * 2], scope="corpus", profile="safe")
def test_what_was_accepted_is_never_reported(
    tmp_path_factory: pytest.TempPathFactory, pages: list[list[str]], scope: str, profile: str
) -> None:
    folder = tmp_path_factory.mktemp("law")
    written(folder, pages)
    config = Config(baseline=str(folder / BASELINE))
    update_baseline([str(folder)], config)
    findings, _ = check_files([str(folder)], Config(baseline=config.baseline, scope=scope, profile=profile))
    assert [finding.record["why"] for finding in findings] == []
    assert update_baseline([str(folder)], config) == (0, 0)


@given(pages=corpora, extra=st.sampled_from([FERRY, MILL]), at=st.integers(0, 3))
def test_one_copy_more_is_always_reported(
    tmp_path_factory: pytest.TempPathFactory, pages: list[list[str]], extra: str, at: int
) -> None:
    folder = tmp_path_factory.mktemp("law")
    pages[0] = [*pages[0], extra]
    written(folder, pages)
    config = Config(baseline=str(folder / BASELINE))
    update_baseline([str(folder)], config)
    pages += [[] for _ in range(at + 1 - len(pages))]
    pages[at] = [
        *pages[at],
        "Another thing altogether stands here, so that what follows it is no part of a block.",
        extra,
    ]
    written(folder, pages)
    findings, _ = check_files([str(folder)], config)
    assert findings
