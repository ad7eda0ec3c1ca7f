"""Texts whose outcome was settled by hand.

``cases/negative`` holds texts of which nothing may be removed: neither of one alone nor of all together.
``cases/positive`` holds an input, a line ``# output``, and what must become of it. Adding a case is adding a file.

The form of a positive case: lines that begin with ``#:`` are comments; ``#: no final newline`` and
``#: expect near finding`` are also read by the test. ``# document`` begins a further document, and
``# removed`` stands in the output for a document that goes as a whole.
"""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import CASES, Completed, read_log, tree
from rereading import check_explanations, check_replay, check_survivors, operations, raw

import dedupe
from dedupe import Config, Document

Cli = Callable[..., Completed]

NEGATIVE = sorted((CASES / "negative").iterdir())
POSITIVE = sorted((CASES / "positive").iterdir())


class Case(NamedTuple):
    given: list[str]
    expected: list[str | None]
    flags: list[str]


def read_case(path: Path) -> Case:
    lines = path.read_text("utf-8").splitlines(keepends=True)
    flags = [line[2:].strip() for line in lines if line.startswith("#:")]
    lines = [line for line in lines if not line.startswith("#:")]
    at = lines.index("# output\n")
    sides: list[list[str | None]] = []
    for side in (lines[:at], lines[at + 1 :]):
        documents: list[str | None] = []
        if "# document\n" not in side:
            side = ["# document\n", *side]
        for line in side:
            if line == "# document\n":
                documents.append("")
            elif line == "# removed\n":
                documents.append(None)
            else:
                documents[-1] = (documents[-1] or "") + line
        if "no final newline" in flags:
            documents = [d and d.removesuffix("\n") for d in documents]
        sides.append(documents)
    return Case([d or "" for d in sides[0]], sides[1], flags)


def clean_and_check(documents: list[Document], config: Config | None = None) -> dedupe.Result:
    """Clean, restore, clean again, and re-read the log."""
    result = dedupe.clean(documents, config or Config())
    sources = {d.id: raw(d.text) for d in documents}
    outputs = {d.id: raw(d.text) for d in result.documents}
    restored = dedupe.restore(result.documents, result.log)
    assert [(d.id, d.text) for d in restored] == [(d.id, d.text) for d in documents]
    check_replay(result.log, sources, outputs)
    check_survivors(result.log, sources, outputs)
    check_explanations(result.log)
    again = dedupe.clean(result.documents, config or Config())
    assert again.documents == result.documents
    assert operations(again.log) == []
    return result


# -- positive


@pytest.mark.parametrize("path", POSITIVE, ids=lambda p: p.stem)
@pytest.mark.parametrize("eol", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_positive(path: Path, eol: str) -> None:
    case = read_case(path)
    documents = [Document(id=f"{path.stem}-{n}", text=text.replace("\n", eol)) for n, text in enumerate(case.given)]
    result = clean_and_check(documents)
    if "expect near finding" in case.flags:
        found = [op for op in operations(result.log, applied=None) if op["rule"].endswith("/near")]
        assert len(found) == 1
        assert "teh" in found[0]["why"]
        return
    kept = {d.id: d.text for d in result.documents}
    for document, expected in zip(documents, case.expected, strict=True):
        assert kept.get(document.id) == (expected if expected is None else expected.replace("\n", eol))


@pytest.mark.parametrize(
    "path", [p for p in POSITIVE if "# document" not in p.read_text("utf-8")], ids=lambda p: p.stem
)
def test_positive_through_the_command_line(cli: Cli, tmp_path: Path, path: Path) -> None:
    case = read_case(path)
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_bytes(case.given[0].encode())
    checked = cli("check", source)
    assert checked.code == 1, checked.err
    assert cli("clean", source, "-o", out).code == 0
    if "expect near finding" not in case.flags:
        assert out.read_bytes() == (case.expected[0] or "").encode()
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", tmp_path / "back.txt").code == 0
    assert (tmp_path / "back.txt").read_bytes() == source.read_bytes()
    assert cli("clean", out, "-o", tmp_path / "again.txt").code == 0
    assert (tmp_path / "again.txt").read_bytes() == out.read_bytes()


def test_all_positives_together() -> None:
    """Cases do not disturb each other: as one corpus they come out as they do alone."""
    documents, expected = [], []
    for path in POSITIVE:
        case = read_case(path)
        if "expect near finding" in case.flags:
            continue
        for number, (text, wanted) in enumerate(zip(case.given, case.expected, strict=True)):
            documents.append(Document(id=f"{path.stem}-{number}", text=text, source=path.stem))
            if wanted is not None:
                expected.append((f"{path.stem}-{number}", wanted))
    result = clean_and_check(documents)
    assert [(d.id, d.text) for d in result.documents] == expected


# -- negative


def read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("path", NEGATIVE, ids=lambda p: p.stem)
@pytest.mark.parametrize("eol", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_negative_alone(path: Path, eol: str) -> None:
    text = read(path).replace("\n", eol)
    result = clean_and_check([Document(id=path.stem, text=text)])
    assert operations(result.log) == []
    assert [d.text for d in result.documents] == [text]


@pytest.mark.parametrize("source", ["", "one site", "each its own"])
def test_negatives_together(source: str) -> None:
    documents = [
        Document(id=path.stem, text=read(path), source=path.stem if source == "each its own" else source)
        for path in NEGATIVE
    ]
    result = clean_and_check(documents)
    assert operations(result.log) == []
    assert result.documents == documents


def test_negatives_in_one_document() -> None:
    """All of them pasted into one long page, in two orders."""
    texts = [read(path) for path in NEGATIVE]
    shuffled = random.Random(1).sample(texts, len(texts))
    for order in (texts, shuffled):
        result = clean_and_check([Document(id="page", text="\n\n".join(order))])
        assert operations(result.log) == []


def test_negatives_beside_what_is_removed() -> None:
    """Company does not change the outcome: the negatives stay while copies and furniture around them go."""
    documents = [Document(id=path.stem, text=read(path), source="negative") for path in NEGATIVE]
    for path in POSITIVE:
        for number, text in enumerate(read_case(path).given):
            documents.append(Document(id=f"{path.stem}-{number}", text=text, source="positive"))
    result = clean_and_check(documents)
    kept = {d.id: d.text for d in result.documents}
    for path in NEGATIVE:
        assert kept[path.stem] == read(path)
    assert operations(result.log)


def test_negatives_through_the_command_line(cli: Cli, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = cli("clean", CASES / "negative", "-o", out)
    assert done.code == 0, done.err
    assert tree(out) == tree(CASES / "negative")
    assert operations(read_log(tmp_path / "out.difflog.jsonl")) == []
    source = tmp_path / "rows.jsonl"
    source.write_text("".join(json.dumps({"id": p.stem, "text": read(p)}) + "\n" for p in NEGATIVE), "utf-8")
    assert cli("clean", source, "-o", tmp_path / "rows-out.jsonl").code == 0
    assert (tmp_path / "rows-out.jsonl").read_bytes() == source.read_bytes()


def test_there_are_more_negatives_than_positives() -> None:
    assert len(NEGATIVE) >= 24
    assert len(NEGATIVE) > len(POSITIVE)


def test_a_licence_and_its_or_later_form_both_stay() -> None:
    """The shorter text is wholly contained in the longer one, and means something else."""
    only = (
        "This program is free to use. You may pass it on and change it under the terms of the Harbour Licence as "
        "published by the Harbour Foundation, version 2 of the licence."
    )
    later = only.replace(
        "version 2 of the licence.", "version 2 of the licence, or (at your option) any later version."
    )
    for texts in ([only, later], [later, only]):
        assert [d.text for d in dedupe.clean(texts).documents] == texts
        together = "\n\n".join(texts)
        assert [d.text for d in dedupe.clean([together]).documents] == [together]


# -- furniture by document frequency

COMMON = (
    "the of and to in that it was for on with as his they at be this from had by not are but what all "
    "were when we there can an your which their said if do will each about how up out them then she many "
    "some so these would other into has more her two like him see time could no make than first been its "
    "who now people my made over did down only way find use may water long little very after words called "
    "just where most know "
).split()
UNCOMMON = (
    "harbour lantern orchard gravel ledger copper meadow kettle saddle barley willow anchor chimney "
    "parcel turnip feather cellar ribbon thunder basket candle pigeon quarry timber velvet walnut hammer "
    "mirror pebble sparrow furnace bucket cobbler hedgehog lighthouse miller needle oxen piano raven "
    "shepherd tunnel umbrella vineyard weaver yeast bramble "
).split()


def pages(count: int) -> list[str]:
    """Pages that have nothing in common but the way they are made."""
    rng = random.Random(30)
    made = []
    for _ in range(count):
        paragraphs = []
        for _ in range(4):
            sentences = []
            for _ in range(4):
                words = [rng.choice(UNCOMMON if i % 3 == 2 else COMMON) for i in range(rng.randint(10, 18))]
                sentences.append(" ".join(words).capitalize() + ".")
            paragraphs.append(" ".join(sentences))
        made.append("\n\n".join(paragraphs))
    return made


FURNITURE = "Walks of the Upper Valley\nBack to the map of the parishes"


@pytest.mark.parametrize("separator", ["\n", "\n\n"])
def test_thirty_documents_lose_their_common_tail(cli: Cli, tmp_path: Path, separator: str) -> None:
    texts = pages(30)
    (tmp_path / "in").mkdir()
    for number, text in enumerate(texts):
        (tmp_path / "in" / f"{number:02}.txt").write_text(text + separator + FURNITURE + "\n", "utf-8")
    done = cli("clean", tmp_path / "in", "-o", tmp_path / "out")
    assert done.code == 0, done.err
    kept = {name: data.decode() for name, data in tree(tmp_path / "out").items()}
    assert kept == {f"{number:02}.txt": text + "\n" for number, text in enumerate(texts)}
    removed = operations(read_log(tmp_path / "out.difflog.jsonl"))
    assert {op["rule"].split("/")[0] for op in removed} == {"boilerplate"}
    assert any(re.search(r"\b30\b", op["why"] + json.dumps(op["evidence"])) for op in removed)
    through_the_api = clean_and_check(
        [Document(id=str(n), text=t + separator + FURNITURE + "\n") for n, t in enumerate(texts)]
    )
    assert [d.text for d in through_the_api.documents] == [text + "\n" for text in texts]


def test_two_documents_keep_their_common_tail() -> None:
    texts = [text + "\n" + FURNITURE + "\n" for text in pages(2)]
    assert [
        d.text for d in clean_and_check([Document(id=str(n), text=t) for n, t in enumerate(texts)]).documents
    ] == texts


def test_a_heading_of_every_document_stays() -> None:
    """What follows a heading differs from document to document; that is how it is told from furniture."""
    texts = []
    for text in pages(30):
        first, *rest = text.split("\n\n")
        texts.append("\n\n".join(["SUMMARY", first, "DETAILS", *rest]) + "\n")
    result = clean_and_check([Document(id=str(n), text=t, source="site") for n, t in enumerate(texts)])
    assert [d.text for d in result.documents] == texts


def test_a_story_printed_three_times_does_not_become_furniture() -> None:
    """Frequencies count distinct documents: reposts are copies, and one of them stays whole."""
    story, *others = pages(6)
    texts = [story, others[0], story, others[1], story]
    result = clean_and_check([Document(id=str(n), text=t + "\n", source="site") for n, t in enumerate(texts)])
    assert [d.text for d in result.documents] == [story + "\n", others[0] + "\n", others[1] + "\n"]


def test_a_user_lexicon_adds_and_keeps(cli: Cli, tmp_path: Path) -> None:
    page = pages(1)[0]
    source, lexicon = tmp_path / "in.txt", tmp_path / "own.txt"
    source.write_text(page + "\n\nMore from the lamp room\nPrint Friendly, PDF & Email\n", "utf-8")
    lexicon.write_text("# ours\nstrong nav en = more from the lamp room\nkeep = print friendly, pdf & email\n", "utf-8")
    assert cli("clean", source, "-o", tmp_path / "plain.txt").code == 0
    assert (tmp_path / "plain.txt").read_text("utf-8") == page + "\n\nMore from the lamp room\n"
    done = cli("clean", source, "-o", tmp_path / "own-out.txt", "--lexicon", lexicon)
    assert done.code == 0, done.err
    assert (tmp_path / "own-out.txt").read_text("utf-8") == page + "\n\nPrint Friendly, PDF & Email\n"


# -- the two real pages


def test_real_blog_post(cli: Cli, tmp_path: Path, real_pages: Path) -> None:
    source, out = real_pages / "blog-post.txt", tmp_path / "out.txt"
    assert cli("clean", source, "-o", out).code == 0
    text = read(source)
    tail, widgets = " [Continue reading…]", "\n\nPrint Friendly, PDF & Email\nFacebooktwittermail"
    assert text.count(tail) == 1
    assert text.endswith(widgets)
    assert out.read_bytes().decode("utf-8") == text.removesuffix(widgets).replace(tail, "")
    assert cli("verify", out, "--log", f"{out}.difflog.jsonl").code == 0


def test_real_forum_post(cli: Cli, tmp_path: Path, real_pages: Path) -> None:
    source, out = real_pages / "forum-post.txt", tmp_path / "out.txt"
    assert cli("clean", source, "-o", out).code == 0
    lines = read(source).split("\n")
    assert out.read_bytes().decode("utf-8") == "\n".join(lines[2:16])
    log = read_log(f"{out}.difflog.jsonl")
    (block,) = (op for op in operations(log) if op["rule"].startswith("repeat/") and op["lines"][0] == 17)
    assert block["lines"] == [17, 30]
    start = len("\n".join(lines[:2]).encode()) + 1
    end = len("\n".join(lines[:16]).encode())
    assert block["canonical"]["src"][0] == start
    assert block["canonical"]["src"][1] in (end, end + 1)
    rules = {op["lines"][0]: op["rule"].split("/")[0] for op in operations(log)}
    assert rules[1] == rules[2] == "boilerplate"
    assert set(rules.values()) == {"boilerplate", "repeat"}
    assert cli("verify", out, "--log", f"{out}.difflog.jsonl").code == 0


def test_both_real_pages_together(cli: Cli, tmp_path: Path, real_pages: Path) -> None:
    assert cli("clean", real_pages, "-o", tmp_path / "both").code == 0
    for page in ("blog-post.txt", "forum-post.txt"):
        assert cli("clean", real_pages / page, "-o", tmp_path / page).code == 0
        assert (tmp_path / "both" / page).read_bytes() == (tmp_path / page).read_bytes()


# -- other people's text: the promises hold on it as well


def rows(path: Path, count: int, step: int = 1) -> list[dict[str, object]]:
    found = []
    with lzma.open(path, "rt", encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            if number % step == 0:
                found.append(json.loads(line))
            if len(found) == count:
                break
    return found


def as_document(row: dict[str, object], name: str) -> Document:
    lines = row.get("lines")
    text = "\n".join(map(str, lines)) if isinstance(lines, list) else str(row.get("text", row.get("original", "")))
    return Document(id=name, text=text, source=str(row.get("site", "")))


@pytest.mark.parametrize(
    ("name", "count", "step"),
    [
        ("planted", 120, 1),
        ("licences", 250, 7),
        ("web-pages", 60, 5),
        ("laws", 12, 1),
        ("verses", 600, 1),
        ("mojibake", 100, 1),
    ],
)
def test_promises_on_other_peoples_text(data: Path, name: str, count: int, step: int) -> None:
    found = rows(data / f"{name}.jsonl.xz", count, step)
    clean_and_check([as_document(row, f"{name}-{n}") for n, row in enumerate(found)])


def test_bodies_pasted_twice_are_found(data: Path) -> None:
    """Planted truth: documents whose own body stands in them again."""
    planted = {str(row["id"]): row for row in rows(data / "planted.jsonl.xz", 600)}
    truths = [t for t in rows(data / "planted.truth.jsonl.xz", 40_000) if t["kind"] == "body"]
    names = [str(t["id"]).split("#")[0] for t in truths]
    chosen = [name for name in dict.fromkeys(names) if name in planted]
    if len(chosen) < 5:
        pytest.skip("too few documents with a planted body among the first rows")
    halved = 0
    for name in chosen[:40]:
        (before,) = (Document(id=name, text=str(planted[name]["text"])),)
        result = dedupe.clean([before], Config(scope="document"))
        halved += len(result.documents[0].text) < 0.7 * len(before.text)
    assert halved >= 0.9 * len(chosen[:40])
