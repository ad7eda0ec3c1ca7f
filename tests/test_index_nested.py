"""What stands inside something longer, and damaged copies, are found through an index as with the texts at hand."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Completed, read_log
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import LONG, MEDIUM
from test_contained import LEAD, MORE, OTHER, REST
from test_damaged import MEADOW, STORY, misread, reworded
from test_index import answers, write

import dedupe
from dedupe import Config
from dedupe.index import folder as folder_module
from dedupe.index import windows as windows_module
from dedupe.index.against import add_to_index
from dedupe.index.folder import Index, compact_index
from dedupe.index.keys import Keys, KeyWriter
from dedupe.matching.contained import Texts, kept_hashes
from dedupe.matching.fingerprint import BANDS

Cli = Callable[..., Completed]

UNITS = ("both", "paragraph", "document")


def indexed(folder: Path, texts: Sequence[str], config: Config = Config()) -> Path:  # noqa: B008 - immutable
    write(folder / "corpus", [*texts, ""])
    add_to_index(str(folder / "index"), [str(folder / "corpus")], config)
    return folder / "index"


def said(index: Path, texts: Sequence[str], config: Config = Config()) -> list[tuple[str, str, str]]:  # noqa: B008
    """The rule, canonical document and guard of what is said of texts held against an index."""
    found = answers(index, texts, config)
    return [(one["rule"], one["canonical"]["doc"], one["evidence"].get("guard", "")) for one in found]


# -- the same as with the texts at hand

VOCABULARY = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in ("a", "e", "io", "ou") for c in "dglmnrst"]
FORMULA = (
    "This provision applies accordingly unless otherwise agreed in writing by the parties concerned before the end of "
    "the period"
)


class Scribe:
    """Writes pages, old and new ones, that share what is copied and next to nothing else."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def passage(self, least: int = 16, most: int = 60) -> str:
        return " ".join(self._chance.choices(VOCABULARY, k=self._chance.randint(least, most)))

    def page(self) -> str:
        return "\n\n".join(self.passage() for _ in range(self._chance.randint(1, 4)))

    def old(self) -> list[str]:
        return [self.page() for _ in range(self._chance.randint(2, 6))]

    def new(self, old: Sequence[str]) -> list[str]:
        """Pages that have something of the old ones: passages in and out of others, pages with damage, quotations."""
        kinds = (
            self._teaser, self._around, self._edited, self._split, self._joined, self._misread, self._abridged,
            self._quotation, self._formula, self._lines, self._same, self._stirred,
        )  # fmt: skip
        return [self._chance.choice(kinds)(self._chance.choice(old)) for _ in range(self._chance.randint(1, 5))] + [
            self.page()
        ]

    def _paragraph(self, page: str) -> list[str]:
        return self._chance.choice(page.split("\n\n")).split()

    def _some(self, words: list[str], least: int, most: int) -> list[str]:
        size = min(len(words), self._chance.randint(least, most))
        at = self._chance.randint(0, len(words) - size)
        return words[at : at + size]

    def _teaser(self, page: str) -> str:
        return f"{self.passage()}\n\n{' '.join(self._some(self._paragraph(page), 12, 40))}\n\nRead on"

    def _around(self, page: str) -> str:
        return f"{self.passage()} {' '.join(self._paragraph(page))} {self.passage()}\n\n{self.passage()}"

    def _edited(self, page: str) -> str:
        words = self._some(self._paragraph(page), 14, 60)
        for _ in range(self._chance.randint(1, 4)):
            words[self._chance.randrange(len(words))] = self._chance.choice(VOCABULARY)
        inside = " ".join(words)
        return self._chance.choice((inside, f"{self.passage()} {inside} {self.passage()}"))

    def _split(self, page: str) -> str:
        return "\n\n".join(" ".join(page.split()[at : at + 14]) for at in range(0, len(page.split()), 14))

    def _joined(self, page: str) -> str:
        return f"{self.passage()} {' '.join(page.split())}"

    def _misread(self, page: str) -> str:
        return misread(page, self._chance.choice((0.02, 0.08, 0.12)), self._chance.randrange(1 << 20))

    def _abridged(self, page: str) -> str:
        words = page.split()
        return misread(" ".join(words[: max(1, int(len(words) * self._chance.uniform(0.2, 0.9)))]), 0.05)

    def _quotation(self, page: str) -> str:
        return f"{self.passage()} {' '.join(self._some(self._paragraph(page), 4, 11))} {self.passage()}"

    def _formula(self, page: str) -> str:
        return f"{self.passage()} {FORMULA} {self.passage()}"

    def _lines(self, page: str) -> str:
        return "\n\n".join(" ".join(self._some(self._paragraph(page), 1, 8)) for _ in range(6))

    def _same(self, page: str) -> str:
        return page

    def _stirred(self, page: str) -> str:
        return " ".join(self._chance.sample(page.split(), len(page.split())))


@given(st.integers(0, 1 << 30), st.sampled_from(UNITS))
@settings(max_examples=25)
def test_what_is_found_is_what_is_found_with_the_texts_at_hand(
    tmp_path_factory: pytest.TempPathFactory, seed: int, unit: Any
) -> None:
    base, scribe, config = tmp_path_factory.mktemp("index"), Scribe(seed), Config(unit=unit, boilerplate=False)
    old = scribe.old()
    new = scribe.new([*old, f"{scribe.passage()} {FORMULA} {scribe.passage()}"])
    index = indexed(base, old, config)
    expected = dedupe.check(new, Config(unit=unit, boilerplate=False, against=(str(base / "corpus"),)))
    assert [{**one, "n": 0} for one in answers(index, new, config)] == [{**one, "n": 0} for one in expected]


# -- what is found, and what is not

LONGER = f"{OTHER} {LEAD} {REST} {MORE}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (f"{MEADOW}\n\n{LONGER}", f"{STORY}\n\n{LEAD}", ("duplicate/contained", "contained")),
        (LONGER, f"{STORY}\n\n{LEAD.replace('spring', 'autumn')}", ("duplicate/contained", "contained")),
        (LONGER, f"{LEAD}\n\n{REST}", ("document/contained", "contained")),
        (f"{LEAD}\n\n{MEADOW}", LONGER, ("duplicate/contains", "contains")),
        (f"{MEADOW}\n\n{LEAD.replace('spring', 'autumn')}", LONGER, ("duplicate/contains", "contains")),
        (f"{STORY}\n\n{OTHER}", misread(f"{STORY}\n\n{OTHER}", 0.1), ("document/near", "damaged")),
        (misread(f"{STORY}\n\n{OTHER}", 0.1), f"{STORY} {OTHER}", ("document/near", "damaged")),
        (f"{STORY} {MEADOW} {OTHER}", misread(STORY, 0.08), ("document/contained", "damaged")),
    ],
)
def test_a_document_is_met_that_shares_nothing_else(
    tmp_path: Path, old: str, new: str, expected: tuple[str, str]
) -> None:
    index = indexed(tmp_path, [*LONG, old, *MEDIUM])
    assert said(index, [new]) == [(expected[0], f"k{len(LONG)}", expected[1])]
    assert said(index, [new], Config(near="off")) == []
    assert said(index, [new], Config(scope="document")) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LEAD, f"{STORY} {' '.join(LEAD.split()[:11])}, it said. {MEADOW}"),  # a quotation
        (f"{' '.join(LEAD.split()[3:14])}\n\n{OTHER}", f"{LEAD} {REST}"),  # a short line
        (f"{OTHER}\n\n{LEAD.split(',')[0]}", f"{MEADOW} {LEAD.split(',')[0]}"),
        (f"{STORY} {FORMULA} {OTHER}", f"{MEADOW} {FORMULA} {LEAD}"),  # the house style of two contracts
        (f"{FORMULA}, {MEADOW}", f"{FORMULA}, {STORY}"),
        (LONGER, " ".join(reversed(LEAD.split()))),
        (LONGER, " and ".join(LEAD.split())),
        (LONGER, f"{STORY}\n\n{reworded(LEAD, 2)}"),
        (f"{REST} {MEADOW} {LEAD}", f"{LEAD} {STORY} {REST}"),  # both have both, and neither stands in the other
        (STORY, reworded(STORY, 2)),
        (STORY, reworded(STORY, 3)),
        (STORY, misread(STORY, 0.5)),
        (STORY, " ".join(reversed(misread(STORY, 0.08).split()))),
        (f"{STORY}\n\n{OTHER}\n\n{MEADOW}", misread(STORY, 0.08)[: len(STORY) // 6]),
        (f"{STORY}\n\n{OTHER}", f"{misread(STORY, 0.08)[: len(STORY) // 2]} {reworded(MEADOW, 2)}"),
        ("\n".join(f"Item {n} costs {7 * n}." for n in range(40)), "\n".join(f"Item {n}: {9 * n}" for n in range(40))),
        ("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", " ".join(map(str, range(7, 60)))),
        ("", LEAD), ("Notes\n\nSee above.", f"{LEAD}\n\nNotes\n\nSee above."),
    ],
)  # fmt: skip
def test_what_is_not_inside_is_not_said_to_be(tmp_path: Path, old: str, new: str) -> None:
    assert said(indexed(tmp_path, [old, *MEDIUM]), [new], Config(boilerplate=False)) == []


def test_nothing_goes_for_what_is_found(cli: Cli, tmp_path: Path) -> None:
    index = indexed(tmp_path, [LONGER, f"{STORY} {MEADOW} {OTHER}"])
    new = [f"{OTHER[::-1]}\n\n{LEAD}\n", f"{misread(STORY, 0.08)}\n"]
    for number, text in enumerate(new):
        (tmp_path / f"{number}.txt").write_text(text, "utf-8")
    places = [tmp_path / f"{number}.txt" for number in range(2)]
    log = tmp_path / "log.difflog.jsonl"
    assert cli("clean", *places, "-o", tmp_path / "out", "--log", log, "--index", index).code == 0
    assert [path.read_text("utf-8") for path in sorted((tmp_path / "out").rglob("*.txt"))] == new
    found = [record for record in read_log(log) if record["t"] == "op"]
    assert [(op["rule"], op["applied"], op["canonical"]["lines"]) for op in found] == [
        ("duplicate/contained", False, [1, 1]),
        ("document/contained", False, [1, 3]),
    ]
    assert cli("verify", tmp_path / "out", "--log", log).code == 0


# -- however it came about, and however much there is


@given(st.integers(0, 1 << 30), st.integers(1, 3), st.sampled_from(UNITS))
@settings(max_examples=15)
def test_it_does_not_matter_in_which_parts_they_lie(
    tmp_path_factory: pytest.TempPathFactory, seed: int, met: int, unit: Any
) -> None:
    """Also where more share a hash than are looked at, and files were something else before."""
    base, scribe, config = tmp_path_factory.mktemp("index"), Scribe(seed), Config(unit=unit, jobs=1 + seed % 2)
    old = scribe.old()
    new = scribe.new(old)
    old += [f"{text.split(maxsplit=1)[-1]} {scribe.passage()}" for text in old for _ in range(3)]
    once, often, files = indexed(base, old), base / "often", write(base / "corpus", [*old, ""])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(windows_module, "_MET", met)
        patch.setattr(folder_module, "_to_be_merged", lambda parts: [])
        contents = {file: file.read_bytes() for file in files}
        for file in files[::2]:
            file.write_bytes(contents[files[-1]])
            add_to_index(str(often), [str(file)], Config())
        for file in reversed(files):
            file.write_bytes(contents[file])
            add_to_index(str(often), [str(file)], Config())
        assert Index(str(often)).info().parts > len(files)
        expected = answers(once, new, config)
        assert answers(often, new, config) == expected
        compact_index(str(often))
        assert answers(often, new, config) == expected


def test_few_of_a_large_family_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = Scribe(5)
    index = indexed(tmp_path, [f"{chance.passage(200, 300)} {LEAD} {chance.passage(200, 300)}" for _ in range(200)])
    arrived = []
    put = dedupe.matching.table.Table.put  # type: ignore[attr-defined]
    monkeypatch.setattr(
        "dedupe.matching.table.Table.put",
        lambda self, numbers, scan: arrived.extend(numbers) or put(self, numbers, scan),
    )
    found = said(index, [f"{STORY}\n\n{LEAD}", MEADOW])
    assert [(rule, guard) for rule, _, guard in found] == [("duplicate/contained", "contained")]
    assert len(arrived) <= 2 + 4 + 2 * 3


# -- what is found by hashes


@settings(max_examples=60)
@given(st.integers(0, 999), st.integers(1, 400), st.sampled_from([2, 30, 1 << 20]), st.sampled_from([None, 1, 24, 100]))
def test_a_hash_gives_the_longest_that_have_it(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int, crowded: int, most: int | None
) -> None:
    folder, chance = tmp_path_factory.mktemp("keys"), np.random.default_rng(seed)
    row_count = 2 * count
    content = np.sort(chance.choice(1 << 20, count, replace=False)).astype(np.uint64)[np.arange(row_count) // 2]
    sizes = np.repeat(chance.integers(12, 40, (count, 2)), 2, axis=0).astype(np.int32)
    kept = np.zeros(3 * row_count, dtype=[("hash", "<u8"), ("segment", "<i8")])
    kept["segment"] = np.repeat(np.arange(row_count), 3)
    hashes = np.repeat(chance.integers(0, crowded, (count, 3)), 2, axis=0).ravel()  # equal rows have equal hashes
    kept["hash"] = hashes.astype(np.uint64) << np.uint64(32)
    writer = KeyWriter(folder, "segment")
    writer.add(content, np.arange(row_count), np.zeros((row_count, BANDS), dtype=np.uint32))
    writer.add_windows(kept)
    writer.add_sizes(sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.index.keys._AT_ONCE", 100)
        writer.finish(lambda rows: rows)
    keys = Keys(folder, "segment")
    asked = np.unique(np.append(chance.choice(hashes, 5), crowded)).astype(np.uint32)
    owners, numbers = keys.sharing(asked, most)
    expected = []
    for place, key in enumerate(asked.tolist()):
        having = np.unique(np.repeat(np.arange(row_count), 3)[hashes == key] // 2)
        longest = sorted(having.tolist(), key=lambda number: (-sizes[2 * number, 0], number))
        expected += [(place, number) for number in longest[:most]]
    assert list(zip(owners.tolist(), numbers.tolist(), strict=True)) == expected
    assert keys.sizes(np.arange(count)).tolist() == sizes[::2].tolist()


def test_an_index_holds_all_that_winnowing_keeps(tmp_path: Path) -> None:
    text = f"{LEAD} {REST}\n\n{OTHER}\n\nA short line\n\n{MORE}"
    reference = Index(str(indexed(tmp_path, [text, MEADOW, text]))).reference()
    part = reference.parts[0].part
    scan = part.scan(np.arange(2))
    for keys, data in ((part.segments, scan.tokens), (part.wholes, scan.tokens.replace(b"\n", b" "))):
        kept = kept_hashes(Texts(np.array([0, 1]) << 32, data, scan.doc_at))
        hashes = np.unique(kept["hash"] >> np.uint64(32)).astype(np.uint32)
        owners, numbers = keys.sharing(hashes)
        assert len(np.unique(owners)) == len(hashes)
        assert sorted(keys.sizes(np.unique(numbers))[:, 1].tolist()) == sorted(
            np.unique(kept["segment"], return_counts=True)[1].tolist()
        )


def test_an_index_of_before_is_refused_in_words(cli: Cli, tmp_path: Path) -> None:
    index = indexed(tmp_path, [LEAD, REST])
    manifest = json.loads((index / "manifest.json").read_bytes())
    manifest["format"] -= 1
    (index / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    (tmp_path / "page.txt").write_text(LEAD, "utf-8")
    done = cli("check", tmp_path / "page.txt", "--index", index)
    assert done.code == 2
    assert "make the index anew from its texts with `dedupe index add`" in done.err
