"""Signatures and candidate pairs against datasketch and a slow truth."""

from __future__ import annotations

import random
from itertools import count
from typing import Any

import datasketch
import numpy as np
import pytest
from datasketch.lsh import _optimal_param
from hypothesis import given, settings
from hypothesis import strategies as st

import dedupe
from dedupe import Config
from dedupe.matching import candidates, walk
from dedupe.matching.candidates import ENOUGH_PAIRS, REACH, SMALL_BUCKET, candidate_pairs
from dedupe.matching.canonical import families_as_they_are
from dedupe.matching.fingerprint import BANDS, NUM_PERM, ROWS, SEED, SHINGLE_SIZE, Signer, permutations
from dedupe.matching.pool import POOLED, PoolRows
from dedupe.matching.sets import are_first, are_in, distinct
from dedupe.matching.verified import FOUND, Verifier, pair_keys
from dedupe.text.normalize import normal_form, token_form, word_weight
from dedupe.text.signature import shingle_hashes
from dedupe.workfiles import open_work_folder

TEXTS = [
    "The ferry to the island was late again on Monday, the third time this week.",
    "a",
    "two words",
    "河边的老磨坊在去年冬天重新开放了。",
    "\ud800 lone \udfff surrogates",
    "naïve café ﬁne ÅNGSTRÖM",
    "word " * 40_000,
]


def test_permutations_and_bands_are_those_of_datasketch() -> None:
    theirs = datasketch.MinHash(num_perm=NUM_PERM, seed=SEED, scheme="affine32").permutations
    assert np.array_equal(permutations(), theirs)
    assert _optimal_param(0.4, NUM_PERM, 0.5, 0.5) == (BANDS, ROWS)


@pytest.mark.parametrize("text", TEXTS)
def test_signatures_are_those_of_datasketch(text: str) -> None:
    theirs = datasketch.MinHash(num_perm=NUM_PERM, seed=SEED, scheme="affine32", hashfunc=int)
    for value in shingle_hashes(normal_form(text), SHINGLE_SIZE):
        theirs.update(value)
    ours = Signer.create().sign([text]).prints.signatures[0]
    assert np.array_equal(ours, theirs.hashvalues)
    assert np.array_equal(dedupe.minhash(text).hashvalues, ours)


def test_the_signature_is_frozen() -> None:
    """Changing it makes stored signatures useless; then SIGNATURE_VERSION has to rise."""
    prints = Signer.create().sign([TEXTS[0]]).prints
    assert prints.signatures[0, :4].tolist() == GOLDEN_SIGNATURE
    assert prints.content[0].tolist() == GOLDEN_CONTENT


GOLDEN_SIGNATURE = [60820872, 130987508, 152729, 34103351]
GOLDEN_CONTENT = [1172707590682406196, 16828724386348328233]


NUMBERS = st.lists(st.integers(0, 9), max_size=30).map(lambda values: np.array(values, dtype=np.uint64))


@given(NUMBERS, NUMBERS)
def test_arrays_as_sets_are_those_of_python(values: np.ndarray, others: np.ndarray) -> None:
    known = distinct(others)
    assert known.dtype == others.dtype
    assert known.tolist() == sorted(set(others.tolist()))
    assert are_in(values, known).tolist() == [value in others.tolist() for value in values.tolist()]
    rows = sorted(zip(values.tolist(), others.tolist(), strict=False))
    columns = np.array(rows, dtype=np.uint64).reshape(-1, 2).T
    assert are_first(*columns).tolist() == [n == 0 or rows[n - 1] != row for n, row in enumerate(rows)]


def test_short_and_blank_texts_do_not_meet() -> None:
    bands = Signer.create().sign(["", "cat", "dog", "cat dog", "cat dog bird"]).bands
    for first in range(1, len(bands)):
        for second in range(first + 1, len(bands)):
            assert not (bands[first] == bands[second]).all()


@given(st.text())
def test_normal_form_is_stable(text: str) -> None:
    normal = normal_form(text)
    assert normal == " ".join(normal.split())
    assert token_form(text).casefold() == normal
    assert 0 <= word_weight(normal) <= len(normal.split())


SIGNS = [
    ("1.5 mg", "1-5 mg"),
    ("1.5 mg", "1,5 mg"),
    ("1.5 mg", "1/5 mg"),
    ("12:30", "12.30"),
    (".5 mg", "5 mg"),
    ("5!", "5"),
    ("Nf3!", "Nf3?"),
    ("Nf3!!", "Nf3!"),
    ("a != b", "a = b"),
    ("!ready", "ready"),
    ("2*x", "2/x"),
    ("a&&b", "a||b"),
    ("and/or", "and or"),
    ("10⁶", "106"),
    ("3½", "31⁄2"),
    ("–5", "5"),
]
NO_SIGNS = [
    ("1914–1918", "1914-1918"),
    ("–5", "-5"),
    ("so - he said", "so, he said"),
    ("so—he", "so he"),
    ("well-known", "well known"),
    ("They left!", "They left."),
    ("What?!", "What"),
    ("in 1998, 12 boats", "in 1998 12 boats"),
    ("* one", "- one"),
    ("**bold**", "bold"),
    ("/* why */", "why"),
    ("// why", "why"),
    ("the end...", "the end"),
    ("m²", "m2"),
    ("“a”", "'a'"),
    ("1.\n5", "1 5"),
    ("in 2019.", "in 2019"),
    ("12, 13", "12 13"),
]


@pytest.mark.parametrize(("one", "other"), SIGNS)
def test_punctuation_that_is_a_sign_is_compared(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)
    assert normal_form(one) in normal_form(f"({one})")


@pytest.mark.parametrize(("one", "other"), NO_SIGNS)
def test_other_punctuation_is_not(one: str, other: str) -> None:
    assert normal_form(one) == normal_form(other)


HEADINGS = [
    *("ข้อกำหนดและเงื่อนไขการใช้งาน", "ເງື່ອນໄຂການນຳໃຊ້", "របៀបដំឡើងកម្មវិធី", "အသုံးပြုမှုဆိုင်ရာ စည်းကမ်းချက်များ"),
    *("གཞི་བཙུགས་འབད་ཐངས་ཀྱི་ལམ་སྟོན་དང་པ།", "ꦥꦶꦠꦸꦢꦸꦃꦥꦩꦱꦁꦔꦤ꧀", "ᬧᬶᬢᬸᬤᬸᬄᬧᬫᬲᬂᬗᬦ᭄", "လွင်ႈပိူင်တႃႇၸႂ်ႉတိုဝ်း", "ᩁᩬᨿᩢ᩠ᨦᩉᩖᩮᩬᩈᩢ᩠ᨦ"),
]


@pytest.mark.parametrize("heading", HEADINGS)
def test_headings_recur_in_scripts_without_spaces(heading: str) -> None:
    assert 3 <= word_weight(normal_form(heading)) < 8
    texts = [f"{heading}\n\nA text of its own that {name} wrote about the lock.\n" for name in ("Ann", "Bob", "Cid")]
    assert dedupe.clean(texts).counts == {}
    passage = heading * 4
    assert dedupe.clean([f"{passage}\n", f"{passage}\n"]).counts == {"document/exact": 1}


@pytest.mark.parametrize("first", [0x0E81, 0x0E01, 0x1000, 0x1780, 0x1980, 0x1A20, 0x1B05, 0xA984, 0xAA80])
def test_passages_in_scripts_without_spaces_are_near_with_a_letter_changed(first: int) -> None:
    rng, letters = random.Random(first), [chr(at) for at in range(first, first + 40) if chr(at).isalpha()]
    one, another = ("".join(rng.choices(letters, k=300)) for _ in range(2))
    edited = one[:150] + letters[letters.index(one[150]) - 1] + one[151:]
    found = dedupe.check([f"{one}\n", f"{edited}\n", f"{another}\n"])
    assert [finding["rule"] for finding in found] == ["document/near"]


@given(st.lists(st.integers(0, 3), max_size=SMALL_BUCKET))
def test_small_buckets_give_every_pair(keys: list[int]) -> None:
    pairs = {tuple(pair) for pair in candidate_pairs([np.array(keys, dtype=np.uint32)]).tolist()}
    assert pairs == {(a, b) for b in range(len(keys)) for a in range(b) if keys[a] == keys[b]}


def test_a_family_with_other_buckets_in_every_band_stays_linear() -> None:
    rng = np.random.default_rng(5)
    columns = [rng.integers(0, 100, 30_000, dtype=np.uint32) for _ in range(25)]
    pairs = candidate_pairs(columns)
    assert (pairs[:, 0] < pairs[:, 1]).all()
    per_row = np.bincount(pairs[:, 1], minlength=30_000)
    # They are counted again when they have doubled, and one band gives a row no more than two reaches.
    assert len(pairs) <= 2 * (ENOUGH_PAIRS + 2 * REACH) * len(per_row)
    assert (per_row[100:] > 0).all()
    one, other = pairs[::997].T
    assert all(any(keys[a] == keys[b] for keys in columns) for a, b in zip(one, other, strict=True))


def test_a_hot_bucket_stays_linear_and_meets_its_best_members() -> None:
    count = 5_000
    pairs = candidate_pairs([np.zeros(count, dtype=np.uint32)] * 3)
    assert len(pairs) <= 2 * REACH * count
    assert {tuple(pair) for pair in pairs.tolist()} >= {
        (0, count - 1),
        (count - 2, count - 1),
    }  # the best of all, and the neighbour


def texts_of_families(seed: int) -> list[str]:
    """Return documents of paragraphs that are alike by chance: exact, nearly and not quite."""
    rng = random.Random(seed)
    vocabulary = [
        f"{start}{end}" for start in ("mill", "ferry", "stone", "letter") for end in ("", "s", "ed", "er", "y")
    ]
    originals = [[rng.choice(vocabulary) for _ in range(30)] for _ in range(6)]

    def paragraph() -> str:
        words = list(rng.choice(originals))
        for _ in range(rng.choice((0, 0, 1, 2, 6))):
            words[rng.randrange(len(words))] = rng.choice(vocabulary)
        return " ".join(words)

    return ["\n\n".join(paragraph() for _ in range(rng.randrange(1, 5))) for _ in range(12)]


@pytest.mark.parametrize(("rows", "turns", "most"), [(1 << 15, 8, 200), (20, 100, 20), (20, 8, 25)])
def test_pairs_are_made_for_so_many_rows_at_a_time(
    monkeypatch: pytest.MonkeyPatch, rows: int, turns: int, most: int
) -> None:
    """Of a family of any size memory holds the pairs of so many rows, and it is not gone through too often."""
    made = []

    def counted(columns: Any, wanted: np.ndarray) -> np.ndarray:
        pairs = candidate_pairs(columns, wanted)
        made.append(len(set(pairs[:, 1].tolist())))
        return pairs

    monkeypatch.setattr(candidates, "candidate_pairs", counted)
    monkeypatch.setattr(candidates, "_PAIRED_ROWS", rows)
    monkeypatch.setattr(candidates, "_MOST_TURNS", turns)
    story = "The keeper of the light wrote every evening how many boats had gone out and how many had come home again"
    texts = [f"{story} {number}." for number in range(200)]
    dedupe.clean(texts, Config(unit="paragraph", boilerplate=False))
    assert sum(made) == 199
    assert max(made) <= most
    assert len(made) <= max(turns, 200 // rows)


@given(st.integers(0, 1 << 30), st.integers(1, 8))
@settings(max_examples=25)
def test_matching_in_small_parts_finds_the_same(seed: int, part_rows: int) -> None:
    texts = texts_of_families(seed)
    at_once = dedupe.clean(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.matching.pool._PART_ROWS", part_rows)
        patch.setattr("dedupe.planning.duplicates._DOCUMENTS_AT_ONCE", part_rows)
        patch.setattr(candidates, "_PAIRED_ROWS", part_rows)
        patch.setattr(candidates, "_MOST_TURNS", 1000)
        in_parts = dedupe.clean(texts)
    assert in_parts.log == at_once.log
    assert [document.text for document in in_parts.documents] == [document.text for document in at_once.documents]


@given(st.integers(0, 1 << 30))
@settings(max_examples=25)
def test_short_lines_go_with_the_block_around_them(seed: int) -> None:
    """However few of them are looked at together; and where one differs, it stays, and so do those before it."""
    rng = random.Random(seed)
    told = "The keeper of the light wrote every evening who had gone out and come home again and why"
    lines = [
        [f"{told}, {n} times in all", *(f"Part {n}{letter}" for letter in "abc"[: rng.randrange(1, 4)])]
        for n in range(6)
    ]
    other = [list(part) for part in lines]
    changed = rng.randrange(1, 4)
    place = rng.randrange(1, len(other[changed]))
    other[changed][place] = "Another part"
    texts = [
        "\n".join([name, *(line for part in parts for line in part), name])
        for name, parts in (("One", lines), ("Other", other))
    ]
    config = Config(unit="paragraph", boilerplate=False, segment="line")
    found = dedupe.clean(texts, config)
    left = found.documents[1].text.split("\n")
    assert [line for line in other[changed] if line in left][:place] == other[changed][1 : place + 1]
    assert not {line for n, part in enumerate(other[:5]) if n != changed for line in part} & set(left)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.matching.blocks._LINES_AT_ONCE", 1)
        one_by_one = dedupe.clean(texts, config)
    assert one_by_one.log == found.log


@given(st.integers(0, 1 << 30), st.sampled_from([1, 7]), st.sampled_from(["safe", "all"]))
@settings(max_examples=25)
def test_what_is_compared_ahead_of_the_walk_does_not_show(seed: int, ahead: int, near: str) -> None:
    texts = texts_of_families(seed)
    far_ahead = dedupe.clean(texts, Config(near=near))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk, "_AHEAD", ahead)
        step_by_step = dedupe.clean(texts, Config(near=near))
    assert step_by_step.log == far_ahead.log


@given(st.lists(st.dictionaries(st.integers(0, 40), st.sampled_from([0.0, 0.7, 1.0]), max_size=9), max_size=5))
def test_comparisons_are_remembered(rounds: list[dict[int, float]]) -> None:
    """Those that are alike with what was found, the others as unlike, and of no pair more than that."""
    contents = np.random.default_rng(7).integers(0, 1 << 63, (41, 2)).astype(np.uint64)
    keys = pair_keys(contents, contents[::-1])
    truth: dict[int, float] = {}
    with open_work_folder() as folder:
        verifier = Verifier(folder.store("differences"), 0.7, 0.9)
        for told in rounds:
            new = {pair: similarity for pair, similarity in told.items() if pair not in truth}
            truth |= new
            alike = [pair for pair in new if new[pair]]
            found = np.zeros(len(alike), dtype=FOUND)
            found["similarity"] = [new[pair] for pair in alike]
            unlike = np.array([pair for pair in new if not new[pair]], dtype=np.int64)
            verifier.remember([keys[unlike, 0]], [keys[np.array(alike, dtype=np.int64)]], [found])
            recalled, known = verifier.recall(keys)
            assert np.flatnonzero(verifier.are_unlike(keys)).tolist() == sorted(at for at in truth if not truth[at])
            assert np.flatnonzero(known).tolist() == sorted(at for at in truth if truth[at])
            assert {at: similarity for at, similarity in enumerate(recalled["similarity"].tolist()) if known[at]} == {
                at: similarity for at, similarity in truth.items() if similarity
            }


def test_of_a_large_family_a_row_is_compared_with_the_first_few(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def counting(verifier: Verifier, pairs: np.ndarray, *texts: Any) -> np.ndarray:
        compared.append(len(pairs))
        return compare(verifier, pairs, *texts)

    compare = Verifier.compare
    monkeypatch.setattr(Verifier, "compare", counting)
    story = "The keeper of the light wrote every evening how many boats had gone out and how many had come home again"
    texts = [f"{story} {number}." for number in range(200)]
    found = dedupe.clean(texts, Config(unit="paragraph", boilerplate=False))
    assert {operation["rule"] for operation in found.operations if not operation["applied"]} == {"duplicate/near"}
    assert 3 * 200 < sum(compared) <= 4 * 200


@given(st.lists(st.integers(1, 8)))
def test_pairs_are_walked_in_parts_of_whole_rows(counts: list[int]) -> None:
    later = np.repeat(np.arange(len(counts)), counts)
    pairs = np.stack([np.arange(len(later)), later], axis=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "_PAIRS", 8)
        parts = [part.tolist() for part in candidates._parts(pairs)]
    assert [pair for part in parts for pair in part] == pairs.tolist()
    assert all(0 < len(part) <= 8 for part in parts)
    rows = [row for part in parts for row in {row for _, row in part}]
    assert len(rows) == len(set(rows)) == len(counts)


@given(st.integers(0, 1 << 30))
@settings(max_examples=25)
def test_families_that_keep_their_proposals_have_those_that_matching_anew_finds(seed: int) -> None:
    texts = texts_of_families(seed)
    kept = dedupe.clean(texts)
    times = count(1)

    def never_the_same(pool: PoolRows, hurt: np.ndarray) -> np.ndarray:
        return families_as_they_are(pool, hurt) + np.uint64(next(times))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.matching.canonical.families_as_they_are", never_the_same)
        anew = dedupe.clean(texts)
    assert anew.log == kept.log


def test_only_families_that_changed_are_matched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    matched = []

    def counted(pool: PoolRows, hurt: np.ndarray) -> np.ndarray:
        families = families_as_they_are(pool, hurt)
        matched.append(set(families.tolist()))
        return families

    monkeypatch.setattr("dedupe.matching.canonical.families_as_they_are", counted)
    story = "The keeper of the light wrote every evening how many boats had gone out and how many had come home again"
    other = "Nobody in the valley could say who had built the long wall above the river or what it had kept away"
    texts = [f"{story} {word}." for word in ("safely", "late")] + [f"{other}.", f"Again.\n\n{other}."]
    found = dedupe.clean(texts, Config(unit="paragraph", boilerplate=False))
    assert found.counts == {"duplicate/exact": 1}
    assert len(matched) > 1
    # The two stories are for review in every round; of the other family one is left, which is another one.
    assert len(matched[0] & matched[1]) == 1
    assert matched[0] - matched[1]


def test_what_a_family_is_like_depends_on_its_rows_alone() -> None:
    def told(rows: list[tuple[int, int, int, int]]) -> dict[int, int]:
        """By family: rows of content, document, repairs, family."""
        prints = np.zeros(len(rows), dtype=POOLED)
        content, document, hurt, family = np.array(rows, dtype=np.int64).T
        prints["content"][:, 0], prints["document"], prints["family"] = content, document, family
        pool = PoolRows(document, prints, np.arange(len(rows)), None)  # type: ignore[arg-type]
        states = families_as_they_are(pool, hurt).tolist()
        by_family: dict[int, set[int]] = {}
        for number, state in zip(family.tolist(), states, strict=True):
            by_family.setdefault(number, set()).add(state)
        assert all(len(found) == 1 for found in by_family.values())
        return {number: found.pop() for number, found in by_family.items()}

    one, other = [(7, 1, 0, 3), (8, 2, 0, 3)], [(9, 1, 0, 5)]
    alone = told(one)[3]
    assert told([one[0], *other, one[1]])[3] == alone
    for changed in ([(7, 1, 1, 3), one[1]], [(6, 1, 0, 3), one[1]], [(7, 3, 0, 3), one[1]], one[:1]):
        assert told(changed)[3] != alone


@pytest.mark.parametrize("unit", ["both", "paragraph", "document"])
@pytest.mark.parametrize("paragraphs", [1, 2])
def test_with_near_all_every_near_copy_goes(unit: str, paragraphs: int) -> None:
    text = "\n\n".join(
        [
            "A lamp went out in the north tower, and was lit again within the hour by the watch, who had been asleep.",
            "The council of the town will hear in the spring what the engineers have found under the old bridge.",
        ][:paragraphs]
    )
    copy = text.replace("tower", "castle").replace("bridge", "mill")
    result = dedupe.clean([text, copy, "Something else."], Config(near="all", unit=unit))
    assert [document.id for document in result.documents] == ["1", "3"]
    assert {entry["applied"] for entry in result.operations} == {True}
    again = dedupe.clean(result.documents, Config(near="all", unit=unit))
    assert again.documents == result.documents
