"""Passages inside longer ones: teasers, digests, paragraphs that were split or joined. All of it is for review."""

from __future__ import annotations

import random
from importlib import import_module
from importlib.util import find_spec
from itertools import groupby
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from equal_kernels import differences
from hypothesis import given, settings
from hypothesis import strategies as st
from rereading import in_order, operations, words
from strategies import odd_texts

import dedupe
from dedupe import Config, Document, _reference, kernels
from dedupe.matching import candidates
from dedupe.matching.contained import LEAST_WORDS, Texts, kept_hashes, winnowed
from dedupe.matching.inside import standing_inside
from dedupe.matching.windows import Windows
from dedupe.workfiles import open_work_folder

KERNELS = [_reference, *([import_module("dedupe._native")] if find_spec("dedupe._native") else [])]
needs_native = pytest.mark.skipif(len(KERNELS) == 1, reason="the native kernel is not built")

LEAD = (
    "The mill by the river opened again in spring, and the whole village came to see the wheel turn for the first "
    "time since the flood."
)
REST = (
    "It had stood still for eleven years. The miller's daughter had kept the stones dry, though nobody had asked "
    "her to, and the first sack of flour went to the school kitchen."
)
OTHER = (
    "A letter about the swans on the pond lay in the wrong pigeonhole until both the writer and the swans had moved."
)
MORE = "The council wants to hear from everybody who remembers how the lock was worked before it had a motor, it says."


def contained(texts: list[str], config: Config | None = None) -> list[tuple[str, str, str, str]]:
    """Document, rule, canonical document and passage of each finding; nothing may be removed for it."""
    result = dedupe.clean([Document(f"d{n}", text) for n, text in enumerate(texts)], config)
    found = [op for op in operations(result.log, applied=None) if op["rule"].endswith("/contained")]
    assert not any(op["applied"] for op in found)
    for op in found:
        assert op["evidence"]["guard"] == "contained"
        source, other = (texts[int(name[1:])].encode() for name in (op["doc"], op["canonical"]["doc"]))
        inside, there = source[slice(*op["src"])].decode(), source_of(other, op)
        share = sum(f" {' '.join(words(part))} " in f" {' '.join(words(there))} " for part in inside.split("\n\n"))
        assert share >= 0.5 * len(inside.split("\n\n"))
    return [(op["doc"], op["rule"], op["canonical"]["doc"], op["text"]) for op in found]


def source_of(other: bytes, op: dict[str, object]) -> str:
    start, end = op["canonical"]["src"]  # type: ignore[index]
    return other[start:end].decode()


def test_a_teaser_stands_inside_its_article() -> None:
    page = f"{OTHER}\n\n{LEAD}\n\n{MORE}"
    assert contained([page, f"{LEAD} {REST}"]) == [("d0", "duplicate/contained", "d1", LEAD)]
    assert contained([f"{LEAD} {REST}", page]) == [("d1", "duplicate/contained", "d0", LEAD)]


def test_an_article_stands_inside_a_digest() -> None:
    digest = f"{OTHER} {LEAD} {REST} {MORE}"
    assert contained([f"{LEAD}\n\n{REST}", digest]) == [
        ("d0", "document/contained", "d1", f"{LEAD}\n\n{REST}"),
    ]
    paragraphs = contained([f"{LEAD}\n\n{REST}", digest], Config(unit="paragraph"))
    assert paragraphs == [("d0", "duplicate/contained", "d1", f"{LEAD}\n\n{REST}")]  # one block
    assert contained([f"{LEAD}\n\n{OTHER}", f"{LEAD} {REST}"], Config(unit="document")) == []


def test_a_paragraph_that_was_split_is_found_from_its_halves() -> None:
    split = f"{OTHER}\n\n{LEAD}\n\n{REST}\n\n{MORE}"
    whole = f"{MORE} {MORE[::-1]}\n\n{LEAD} {REST}"
    found = contained([split, whole], Config(unit="paragraph"))
    assert ("d0", "duplicate/contained", "d1", f"{LEAD}\n\n{REST}") in found


def test_a_document_that_stands_in_passages_cut_in_another_way_is_found() -> None:
    cut = f"{LEAD[:60]}\n\n{LEAD[60:]} {OTHER}"
    found = ("d0", "document/contained", "d1", LEAD)
    assert contained([LEAD, cut], Config(unit="document")) == [found]
    assert found in contained([LEAD, cut])
    assert found not in contained([LEAD, cut], Config(unit="paragraph"))


def test_lines_that_were_joined_are_found_inside_one_document() -> None:
    page = f"{LEAD}\n\n{OTHER}\n\n{MORE}\n\n{LEAD} {REST} {OTHER[::-1]}"
    assert contained([page]) == [("d0", "repeat/contained", "d0", LEAD)]
    assert contained([page, OTHER + REST], Config(scope="document")) == [("d0", "repeat/contained", "d0", LEAD)]


def test_rewrapped_text_is_the_same_text() -> None:
    wrapped = LEAD.replace(", ", ",\n").replace("see the", "see\nthe")
    result = dedupe.clean([f"{wrapped}\n\n{OTHER}", f"{LEAD}\n\n{MORE}"])
    assert [op["rule"] for op in operations(result.log)] == ["duplicate/exact"]
    assert contained([f"{wrapped}\n\n{OTHER}", f"{LEAD} {REST}"]) == [("d0", "duplicate/contained", "d1", wrapped)]


@pytest.mark.parametrize(
    "texts",
    [
        [LEAD, LEAD],  # exact
        [f"{LEAD}\n\n{OTHER}", f"{LEAD} Yes.\n\n{MORE}"],  # so much of it that it is near
        [" ".join(LEAD.split()[:LEAST_WORDS - 1]), f"{LEAD} {REST}"],  # short
        [" ".join(reversed(LEAD.split())), f"{LEAD} {REST}"],
        [" and ".join(LEAD.split()), f"{LEAD} {REST}"],  # half of the words, and no five in a row
        [f"{LEAD} {OTHER}", f"{LEAD} {REST} {MORE}"],  # too few of the words
        [f"{REST} {LEAD}", f"{LEAD} {MORE} {MORE} {REST}"],  # not in this order
        [f"{LEAD}\n\n{OTHER}", f"{LEAD[:60]}\n\n{LEAD[60:]} {MORE}"],  # it stands in no passage
        [LEAD, OTHER, MORE, REST],
    ],
)  # fmt: skip
def test_what_is_not_inside_is_not_said_to_be(texts: list[str]) -> None:
    assert [found for found in contained(texts) if found[0] == "d0"] == []


def test_what_is_in_another_document_is_not_looked_for_where_it_does_not_count() -> None:
    texts = [f"{OTHER}\n\n{LEAD}", f"{LEAD} {REST}"]
    assert contained(texts) != []
    assert contained(texts, Config(scope="document")) == []
    assert contained(texts, Config(near="off")) == []


@pytest.mark.parametrize(
    ("inside", "similarity", "differences"),
    [
        (LEAD.replace("spring", "autumn"), 25 / 26, [["autumn", "spring"]]),
        (LEAD.replace(" again", ""), 1.0, [["", "again"]]),
        (LEAD.replace("village", "old village"), 26 / 27, [["old", ""]]),
        (f"News: {LEAD}", 26 / 27, [["news", ""]]),
        (f"{LEAD} It had stood still: read more here", 30 / 33, [["read more here", ""]]),
    ],
)
def test_a_passage_with_small_edits_stands_inside_a_longer_one(
    inside: str, similarity: float, differences: list[list[str]]
) -> None:
    longer = f"{OTHER} {LEAD} {REST} {MORE}"
    texts = [Document("d0", f"{inside}\n\n{MORE[::-1]}"), Document("d1", longer)]
    (found,) = operations(dedupe.clean(texts).log, applied=None)
    assert (found["rule"], found["applied"], found["text"]) == ("duplicate/contained", False, inside)
    assert found["evidence"]["similarity"] == round(similarity, 4)
    assert found["evidence"]["differences"] == differences
    assert operations(dedupe.clean(texts, Config(near_threshold=1.0)).log, applied=None) == []


def test_an_edited_copy_cut_short_is_a_document_inside_another_one() -> None:
    cut = f"{LEAD.replace('spring', 'autumn')} {REST.replace('eleven', 'nine')}"
    texts = [Document("d0", cut), Document("d1", f"{LEAD} {REST} {MORE} {OTHER} {OTHER[::-1]}")]
    (found,) = operations(dedupe.clean(texts).log, applied=None)
    assert (found["rule"], found["applied"]) == ("document/contained", False)
    count = len(words(cut))
    assert found["evidence"]["similarity"] == round((count - 2) / count, 4)
    assert found["evidence"]["differences"] == [["autumn", "spring"], ["nine", "eleven"]]


MENU = "News\n\nSport\n\nThe weather today\n\nWrite to us"
ALONE = Config(unit="document", boilerplate=False)
ARTICLE = [LEAD, REST, OTHER, MORE]


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ([LEAD, REST], [*ARTICLE]),  # abridged
        ([LEAD, OTHER], [*ARTICLE, *(text[::-1] for text in ARTICLE)]),  # with paragraphs left out
        ([LEAD, REST], [LEAD, REST, LEAD, REST, LEAD, REST]),  # a body pasted three times
        ([MORE, LEAD], [LEAD, *ARTICLE[::-1], MORE[::-1]]),  # in another order
        ([LEAD.replace("wheel", "old water wheel"), REST], [*ARTICLE]),  # with more words in its passages
        ([LEAD, REST, MENU], [*ARTICLE, MENU.upper()[::-1]]),  # between short lines of its own
        ([LEAD, REST, MENU], [OTHER, f"{LEAD} {REST}", MORE]),  # in a paragraph that was joined
    ],
)
def test_a_document_stands_inside_a_longer_one(shorter: list[str], longer: list[str]) -> None:
    one, other = "\n\n".join(shorter), "\n\n".join(longer)
    for texts in ([one, other], [other, one]):
        found = operations(dedupe.clean([Document(f"d{n}", text) for n, text in enumerate(texts)], ALONE).log, None)
        assert [(op["rule"], op["doc"], op["applied"]) for op in found] == [
            ("document/contained", f"d{texts.index(one)}", False)
        ]


@pytest.mark.parametrize(
    "texts",
    [
        [[LEAD, OTHER[::-1]], ARTICLE],  # half of it
        [[LEAD, MENU, MENU.upper()[::-1], MENU.swapcase(), MENU[::-1]], ARTICLE],  # next to nothing but short lines
        [[LEAD, REST], [LEAD, OTHER, MORE], [REST, OTHER, MORE]],  # each half of it in another one
        [[LEAD[:40]], ARTICLE],  # short
        [[LEAD, OTHER], [REST, MORE]],
    ],
)
def test_a_document_does_not_stand_inside_one_for_a_part_of_it(texts: list[list[str]]) -> None:
    documents = [Document(f"d{n}", "\n\n".join(parts)) for n, parts in enumerate(texts)]
    assert operations(dedupe.clean(documents, ALONE).log, None) == []


@given(st.permutations(range(6)), st.permutations(range(6)))
@settings(max_examples=20)
def test_of_documents_with_the_same_passages_one_is_inside_the_other(one: list[int], other: list[int]) -> None:
    parts = [*ARTICLE, LEAD[::-1], REST[::-1]]
    texts = ["\n\n".join(parts[n] for n in order) for order in (one, other)]
    found = operations(dedupe.clean([Document(f"d{n}", text) for n, text in enumerate(texts)], ALONE).log, None)
    assert [op["doc"] for op in found] == ["d1"]
    assert {op["rule"] for op in found} <= {"document/exact", "document/near", "document/contained"}


ALPHABET = [*"abcdefghij"]


@given(
    st.lists(st.sampled_from(ALPHABET), min_size=1, max_size=30),
    st.lists(st.sampled_from(ALPHABET), max_size=40),
    st.sampled_from([0.5, 0.7, 0.9, 1.0]),
)
def test_no_more_stands_inside_than_the_words_in_order(ours: list[str], theirs: list[str], threshold: float) -> None:
    found = standing_inside(" ".join(ours).encode(), " ".join(theirs).encode(), threshold)
    in_a_row = f" {' '.join(ours)} " in f" {' '.join(theirs)} "
    if found is None:
        assert not in_a_row
    else:
        assert threshold <= found.similarity <= round(in_order(ours, theirs) / len(ours), 4)
        assert in_a_row == (found.differences == ())


@given(st.integers(0, 1 << 30), st.integers(20, 80), st.integers(0, 60), st.integers(0, 60), st.integers(0, 3))
def test_what_was_edited_a_little_is_found_wherever_it_stands(
    seed: int, size: int, before: int, behind: int, edits: int
) -> None:
    """All words are different ones: a few of a passage are replaced, and all others stand there in order."""
    rng = random.Random(seed)
    ours = [f"w{n}" for n in range(size)]
    theirs = list(ours)
    for at in rng.sample(range(size), edits):
        theirs[at] = f"x{at}"
    page = [f"b{n}" for n in range(before)] + theirs + [f"c{n}" for n in range(behind)]
    found = standing_inside(" ".join(ours).encode(), " ".join(page).encode(), 0.7)
    assert found is not None
    assert found.similarity == round(1 - edits / size, 4)


@given(st.integers(20, 60), st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.5, 0.7, 0.9]))
def test_the_longer_the_other_the_more_must_stand_there(size: int, edits: int, more: int, threshold: float) -> None:
    """The last words of a passage are other ones. What is near needs no more, and half of what may differ is enough."""
    edits = min(edits, size - 5)
    ours = [f"w{n}" for n in range(size)]
    theirs = [*ours[: size - edits], *(f"x{n}" for n in range(edits + more))]
    found = standing_inside(" ".join(ours).encode(), " ".join(theirs).encode(), threshold)
    share = 1 - edits / size
    near = (size - edits) / (size + more)
    if abs(near - threshold) > 1e-9 and abs(share - (1 + threshold) / 2) > 1e-9:
        assert (found is not None) == (near >= threshold or share >= (1 + threshold) / 2)


def test_a_clause_like_one_in_a_longer_passage_is_not_said_to_stand_there() -> None:
    clause = "Whoever reports the loss of a library card later than a week after it was noticed pays for a new one."
    longer = (
        "Whoever reports the loss of a swimming pass or of a season ticket later than a day after it was noticed pays "
        "for a new one, and so does whoever lends it to somebody else or leaves it with the lifeguard on purpose."
    )
    texts = [Document("d0", f"{clause}\n\n{MORE}"), Document("d1", f"{longer}\n\n{OTHER}")]
    assert operations(dedupe.clean(texts).log, None) == []
    (found,) = operations(dedupe.clean(texts, Config(near_threshold=0.5)).log, None)
    assert (found["rule"], found["text"]) == ("duplicate/contained", clause)


def test_a_removed_document_holds_nothing() -> None:
    long = f"{LEAD} {REST}"
    assert {canonical for _, _, canonical, _ in contained([f"{OTHER}\n\n{LEAD}", long, long])} == {"d1"}


@given(st.integers(0, 1 << 30), st.integers(LEAST_WORDS, 60), st.integers(1, 40), st.integers(0, 40), st.booleans())
@settings(max_examples=60)
def test_twelve_words_in_a_row_share_a_hash(seed: int, size: int, before: int, behind: int, long_words: bool) -> None:
    rng = random.Random(seed)
    vocabulary = ["a", "ß", "東", "Ωμέγα", "river", "x" * (100 if long_words else 9), "y" * 63, "y" * 64]

    def text(count: int) -> str:
        return " ".join(rng.choice(vocabulary) for _ in range(count))

    inside = text(size)
    longer = f"{text(before)} {inside.upper() if inside.isascii() else inside} {text(behind)}".strip()
    pages = kernels.joined([f"{text(20)}\n{inside}".encode(), f"{longer}\n{text(30)}".encode()])
    kept = kept_hashes(Texts(np.array([0, 9 << 32]), *pages))
    short, long = (kept[kept["segment"] == code] for code in (1, 9 << 32))
    assert len(short) > 0
    assert set(short["hash"].tolist()) <= set(long["hash"].tolist())
    assert set(short["size"].tolist()) == {size}
    assert set(long["size"].tolist()) == {len(longer.split())}
    assert len(short) >= (size - LEAST_WORDS) // 8


WORDS = ["a", "A", "ß", "SS", "東", "Ωμέγας", "ΐ", "river"]


@needs_native
@given(
    st.lists(st.lists(st.sampled_from([*WORDS, "\n", "\n\n", ""]), max_size=40).map(" ".join), max_size=6),
    st.integers(1, 5),
    st.integers(1, 9),
    st.none() | st.integers(0, 63),
)
def test_kernels_agree_on_what_is_kept(texts: list[str], shingle_size: int, window: int, wholes: int | None) -> None:
    flags = None if wholes is None else np.array([bool(wholes >> at & 1) for at in range(len(texts))], dtype=bool)
    options = {"shingle_size": shingle_size, "window": window, "wholes": flags}
    assert differences("winnow", *kernels.pack(texts), **options) == []


@given(st.lists(st.lists(st.sampled_from([*WORDS, "\n"]), max_size=40).map(" ".join), min_size=1, max_size=4))
def test_what_is_kept_of_whole_texts_is_what_they_keep_as_one_line(texts: list[str]) -> None:
    wholes = np.arange(len(texts)) % 2 == 0
    plain = kernels.winnow(*kernels.pack(texts), 2, 3)
    both = kernels.winnow(*kernels.pack(texts), 2, 3, wholes)
    count = len(plain.hashes)
    assert all(np.array_equal(one, other[:count]) for one, other in zip(plain, both, strict=True))
    joined = kernels.winnow(*kernels.pack([text.replace("\n", " ") for text in texts[::2]]), 2, 3)
    assert both.hashes[count:].tolist() == joined.hashes.tolist()
    assert both.texts[count:].tolist() == (2 * joined.texts).tolist()
    assert both.words[count:].tolist() == joined.words.tolist()
    assert set(both.lines[count:].tolist()) <= {-1}


@pytest.mark.parametrize("kernel", KERNELS)
def test_other_flags_than_one_for_each_text_are_refused(kernel: ModuleType) -> None:
    with pytest.raises(ValueError, match="one flag"):
        kernel.winnow(*kernels.pack(["a", "b"]), 5, 8, np.ones(1, dtype=bool))
    with pytest.raises(TypeError):
        kernel.winnow(*kernels.pack(["a"]), 5, 8, np.ones(1, dtype=np.int64))


def test_a_text_in_parts_keeps_what_it_keeps_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "\n".join(f"{LEAD} {REST} {number}" for number in range(9)).encode()
    texts = Texts(np.array([0, 7 << 32]), *kernels.joined([lines, lines]))
    at_once = kept_hashes(texts)
    monkeypatch.setattr("dedupe.matching.contained._BATCH_BYTES", 400)
    monkeypatch.setattr("dedupe.matching.contained._LONGEST_LINE", 500)
    parts = list(winnowed([texts]))
    assert len(parts) > 2
    assert np.array_equal(np.concatenate(parts), at_once)


@needs_native
@given(st.lists(odd_texts(), max_size=6))
def test_kernels_agree_on_odd_texts(texts: list[str]) -> None:
    assert differences("winnow", *kernels.pack(texts), shingle_size=1, window=3) == []


@given(st.lists(st.sampled_from(WORDS), max_size=30), st.integers(1, 3), st.integers(1, 6))
def test_of_every_window_the_least_hash_is_kept(words: list[str], shingle_size: int, window: int) -> None:
    """A shingle alone is its own window, and tells its hash."""

    def kept(part: list[str], window: int) -> list[int]:
        return kernels.winnow(*kernels.pack([" ".join(part)]), shingle_size, window).hashes.tolist()

    count = len(words) - shingle_size + 1
    hashes = [kept(words[at : at + shingle_size], 1)[0] for at in range(count)]
    least = [min(hashes[at : at + window]) for at in range(count - window + 1)]
    assert kept(words, window) == [value for value, _ in groupby(least)]


@pytest.mark.parametrize("sizes", [(0, 8), (5, 0)])
def test_windows_of_nothing_are_refused(sizes: tuple[int, int]) -> None:
    for kernel in KERNELS:
        with pytest.raises(ValueError, match="no words"):
            kernel.winnow(*kernels.pack(["a"]), *sizes)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8))
def test_short_lines_keep_nothing(lengths: list[int]) -> None:
    text = "\n".join(" ".join(["word"] * length) for length in lengths)
    kept = kept_hashes(Texts(np.array([0]), *kernels.joined([text.encode()])))
    assert kept["segment"].tolist() == [n for n, length in enumerate(lengths) if length >= LEAST_WORDS]
    assert kept["size"].tolist() == [length for length in lengths if length >= LEAST_WORDS]


def test_a_teaser_of_a_large_family_is_found() -> None:
    stories = [f"{LEAD} {number} {REST}" for number in range(100)]
    found = contained([*stories, LEAD], Config(unit="paragraph", near_threshold=1.0))
    assert [doc for doc, *_ in found] == ["d100"]


def test_few_are_paired_in_a_family_in_which_nothing_stands_inside_another(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = []

    def counted(*parts: Any) -> Any:
        pairs.append(candidates.candidate_pairs(*parts))
        return pairs[-1]

    monkeypatch.setattr("dedupe.matching.contained.candidate_pairs", counted)
    form = " ".join(f"{LEAD} {{0}} {REST} {{0}} and" for _ in range(6))
    stories = [form.format(number) + " yes" * (number % 9) for number in range(300)]
    assert contained(stories, Config(unit="paragraph", near_threshold=1.0)) == []
    assert pairs
    assert sum(map(len, pairs)) < 10 * len(stories)
    pairs.clear()
    assert contained([*stories, LEAD], Config(unit="paragraph", near_threshold=1.0)) != []
    assert sum(map(len, pairs)) > 0


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)), max_size=60), st.integers(0, 1 << 27), st.integers(1, 9)
)
def test_of_kept_hashes_those_come_back_that_are_there_twice(
    kept: list[tuple[int, int]], byte_count: int, at_once: int
) -> None:
    """However many shards there are: with the rows that have them, and how many hashes each row has in all."""
    # Low and high bits, of which those at the end tell nothing apart.
    hashes = np.array([(one % 7 << 61) + (one << 35) for one, _ in kept], dtype=np.uint64)
    rows = np.array([row for _, row in kept], dtype=np.int64)
    with open_work_folder() as folder:
        windows = Windows(folder, "windows", byte_count, 9, jobs=2)
        for first in range(0, len(kept), at_once):
            some = slice(first, first + at_once)
            windows.put(hashes[some], rows[some], 10 * rows[some])
        twice = [list(windows.each(lambda shared: shared)) for _ in range(2)]
        assert len(windows) == len(twice[0])
    met = [list(zip(shared.hashes.tolist(), shared.rows.tolist(), strict=True)) for shared in twice[0]]
    assert met == [list(zip(one.hashes.tolist(), one.rows.tolist(), strict=True)) for one in twice[1]]
    assert all(shard == sorted(shard) for shard in met)
    groups = [[row for _, row in group] for shard in met for _, group in groupby(shard, key=lambda one: one[0])]
    wanted = [sorted(rows[hashes == one].tolist()) for one in np.unique(hashes) if np.count_nonzero(hashes == one) > 1]
    assert sorted(groups) == sorted(wanted)
    assert windows.counts.tolist() == np.bincount(rows, minlength=9).tolist()
    assert all(windows.sizes[row] == 10 * row for row in set(rows.tolist()))


def test_found_whatever_the_order_and_the_number_of_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{OTHER}\n\n{LEAD}", f"{LEAD} {REST}", f"{MORE}\n\n{REST}", f"{OTHER} {MORE} {LEAD[::-1]}"]
    one = contained(texts)
    assert len(one) == 4
    monkeypatch.setattr("dedupe.matching.windows._SHARD_BYTES", 40)
    monkeypatch.setattr("dedupe.matching.contained._BATCH_BYTES", 64)
    assert contained(texts) == one
    assert np.unique([doc for doc, *_ in one]).tolist() == ["d0", "d2"]
