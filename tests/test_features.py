"""The features of lines: the native ones are those that are defined, and no line that says anything is missed."""

from __future__ import annotations

import json
import lzma
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_boilerplate import FURNITURE, KEPT_ANYWHERE, KEPT_TEXTS, STORY

from dedupe import kernels
from dedupe.boilerplate.entries import normal_form, normal_forms
from dedupe.boilerplate.features import (
    ENDS_CODE,
    GOOD,
    RUNS_ON,
    SUSPECT,
    TALLIED,
    Features,
    _defined,
    line_features,
    phrase_forms,
)
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.points import read_line
from dedupe.text import offsets

needs_native = pytest.mark.skipif(kernels.line_features is None, reason="the reference kernel runs")

LEXICON = Lexicon.load([])
MINE = Lexicon.parse(
    "strong feet en = ask for the spring list\nkeep = day 1\nweak nav de > über uns\nservice = straßenfunk\n"
    "counter x en = <NUM> ﬁelds of corn\nbyline x en = geschrieben <ANY:1-3> von\nstrong x en = <ANY:1-2> ende\n"
)
#: White space, what stands around words, what NFKC and case folding change, and what they make longer.
ODD = (
    " \t\x0b\x1c\x85\xa0\u2003\u2028\u3000\r\n…»«[]().!?:;,-–—|·→\"'”“´¨ŉßİſﬁＡ①ⅷ½²ÅA\u030a\u0301\u0345\u0fb3"
    "ǅ가\u1100\u1161ẛ̣µ東京ไทยдаΣς\u200b\ufeff\ufe0f\ud800\U0001f600\U0001d400\x00"
)
WORDS = [word for line in (*FURNITURE, *STORY) for word in line.split()]
lines = st.one_of(
    st.sampled_from([*FURNITURE, *STORY, *(line for _, line in KEPT_ANYWHERE)]),
    st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join),
    st.lists(st.sampled_from([*WORDS, "ǅ", "ß", "1984"]), min_size=6, max_size=20).map(" ".join).map(str.upper),
    st.text(st.sampled_from(ODD + "aeno TH120"), max_size=40),
    st.tuples(st.sampled_from([*FURNITURE, "1984", "www.example.org", "a@b.cd"]), st.sampled_from(ODD)).map("".join),
    st.lists(
        st.sampled_from(["12", "８", "๑", "-", ":", "_", "(", "年", "๏", "条评论", "件のコメント", "min", " "]),
        max_size=9,
    ).map("".join),
    st.lists(st.sampled_from(["Tags", " ", "é", "(", ")", "1", "99", "2015", ",", ".", "٣", "\x7f"]), max_size=9).map(
        "".join
    ),
    st.text(max_size=300),
)
texts = st.lists(lines, max_size=12).flatmap(
    lambda parts: st.sampled_from(["\n", "\n\n", "\r\n", "\r", "\n \n"]).map(lambda joint: joint.join(parts))
)


def assert_same(ours: Features, theirs: Features) -> None:
    for name, one, other in zip(Features._fields, ours, theirs, strict=True):
        assert one.dtype == other.dtype, name
        assert one.tolist() == other.tolist(), name


@needs_native
@settings(max_examples=400, deadline=None)
@given(st.lists(texts, max_size=4), st.sampled_from([LEXICON, MINE]), st.booleans())
def test_native_features_are_those_defined(batch: list[str], lexicon: Lexicon, keys: bool) -> None:
    assert_same(line_features(*kernels.pack(batch), lexicon, keys=keys), _defined(batch, lexicon, keys))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("A day at sea", 4),
        ("使い方を表示して終了する", 6),
        ("dpkg では使えません", 4),
        ("東京 に 行く", 3),
        ("서울에서 만나요", 2),
    ],
)
def test_two_characters_of_a_script_without_spaces_are_a_word(line: str, words: int) -> None:
    assert line_features(*kernels.pack([line]), LEXICON).words.tolist() == [words]
    assert read_line(line, LEXICON).words == words


@pytest.mark.parametrize(
    ("line", "tallied"),
    [
        ("Ropes and sails (12)", True),
        ("March 2015 (1,204)", True),
        ("März 2015 (1.204)", True),
        ("渡し船(7)", True),
        ("The Tide (1904)", False),  # a year
        ("The Tide (12, 14)", False),
        ("read(2)", False),
        ("(12)", False),
        ("Ropes (12) ", True),
        ("Ropes (12),", False),
        ("Ropes ()", False),
        ("Ropes (1,2)", False),
        ("Ropes (x12)", False),
        ("Ropes (٣)", False),
    ],
)
def test_a_number_in_brackets_says_how_many_there_are(line: str, tallied: bool) -> None:
    assert (line_features(*kernels.pack([line]), LEXICON).flags & TALLIED).tolist() == [TALLIED * tallied]


@pytest.mark.parametrize(
    ("line", "ends_code"),
    [
        ("my $tide;", True),
        ("while (old) {\t ", True),
        ("  }", True),
        ("x" * 300 + ";", True),
        ("The tide; it was late", False),
        ("{ropes}.", False),
        ("渡し船；", False),
    ],
)
def test_lines_of_programs_end_in_semicolons_and_braces(line: str, ends_code: bool) -> None:
    for line_end in ("", "\n", "\r\n"):
        flags = line_features(*kernels.pack([line + line_end]), LEXICON).flags
        assert (flags & ENDS_CODE).tolist() == [ENDS_CODE * ends_code]


@pytest.mark.parametrize(
    ("line", "below", "runs_on"),
    [
        ("The ferry was late, and the rain that had been falling", "on the town was over.", True),
        ("The ferry was late, and the rain that had been falling", "On the town it was over.", False),
        ("The ferry was late, and the rain that fell was over.", "on the town", False),
        ("The ferry was late", "and the rain was over.", False),
        ("THE FERRYMEN ARE NOT LIABLE FOR ANY CLAIM OR DAMAGES", "OR OTHER LIABILITY.", True),
        ("THE FERRYMEN ARE NOT LIABLE FOR ANY CLAIM OR DAMAGES", "LIABILITY", False),
        ("The FERRYMEN ARE NOT LIABLE FOR ANY CLAIM OR DAMAGES", "OR OTHER LIABILITY.", False),
        ("THE FERRYMEN ARE NOT LIABLE FOR ANY ǅ OR OTHER DAMAGES", "OR OTHER LIABILITY.", False),
        ("The ferry was late, and the rain that had been falling", "\non the town was over.", False),
    ],
)
def test_sentences_that_run_on(line: str, below: str, runs_on: bool) -> None:
    features = line_features(*kernels.pack([f"  {line} \n\t{below}"]), LEXICON)
    assert (features.flags & RUNS_ON).tolist() == [RUNS_ON * runs_on, 0]
    assert features.indents.tolist() == [2, 1 - below.startswith("\n")]


@pytest.mark.parametrize("word", ["the\x00", "\x00the"])
def test_a_small_word_with_a_zero_byte_is_none(word: str) -> None:
    for small, good in (("the", GOOD), (word, 0)):
        packed = kernels.pack([" ".join(["Ham", "Eggs", small] * 30)])
        assert (line_features(*packed, LEXICON).flags & GOOD).tolist() == [good]


@needs_native
def test_every_character_is_known() -> None:
    codes = [chr(code) for code in range(0x110000) if chr(code) not in "\r\n"]
    rows = ["".join(codes[start : start + 64]) for start in range(0, len(codes), 64)]
    assert_same(line_features(*kernels.pack(rows), LEXICON), _defined(rows, LEXICON, False))
    ends = [
        "A day at sea" + "".join(["\n" + char + "x" + char for char in codes[start : start + 4096]])
        for start in range(0, len(codes), 16384)
    ]
    assert_same(line_features(*kernels.pack(ends), LEXICON, keys=True), _defined(ends, LEXICON, True))


@needs_native
def test_real_lines_have_the_features_defined() -> None:
    folder = os.environ.get("DEDUPE_TEST_DATA")
    if not folder:
        pytest.skip("set DEDUPE_TEST_DATA to a folder with web-pages.jsonl.xz")
    with lzma.open(Path(folder) / "web-pages.jsonl.xz", "rt", encoding="utf-8") as stream:
        batch = ["\n".join(json.loads(row)["lines"]) for row in stream]
    assert_same(line_features(*kernels.pack(batch), LEXICON, keys=True), _defined(batch, LEXICON, True))


@settings(max_examples=300, deadline=None)
@given(lines, st.sampled_from([LEXICON, MINE]))
def test_no_line_that_says_anything_is_missed(line: str, lexicon: Lexicon) -> None:
    content = line.strip()
    reading = read_line(content, lexicon)
    assert lexicon.may_know(content) or not (reading.is_suspect or reading.kept)


@pytest.mark.parametrize("line", FURNITURE)
def test_furniture_is_suspect(line: str) -> None:
    features = line_features(*kernels.pack([f"{STORY[0]}\n{line}"]), LEXICON)
    assert (features.flags & SUSPECT).tolist() == [0, SUSPECT]


def test_few_other_lines_are_suspect() -> None:
    batch = [*STORY, *(text for name, text in KEPT_TEXTS if name in ("verse", "dialogue", "steps", "recipe"))]
    flags = line_features(*kernels.pack(batch), LEXICON).flags
    assert np.count_nonzero(flags & SUSPECT) <= 6


@needs_native
@settings(max_examples=400, deadline=None)
@given(st.lists(lines.map(lambda line: "".join(line.splitlines())), max_size=8))
def test_native_phrase_forms_are_those_defined(batch: list[str]) -> None:
    assert phrase_forms(batch) == normal_forms(batch) == list(map(normal_form, batch))


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("(8-minute read)", "8 minute read"),
        ("8-_read_", "8 read"),
        ("8-_+", "8"),
        ("12๏ 阅读:12", "12 ๏ 阅读 12"),
        ("+ Google+ ＋", "google+"),
        ("» … •", ""),
    ],
)
def test_phrase_forms_part_numbers_and_drop_what_stands_around_words(line: str, form: str) -> None:
    assert phrase_forms([line, "", line]) == [form, "", form]
    assert normal_form(line) == form


@needs_native
def test_bad_input_is_refused() -> None:
    vocabulary = kernels.Vocabulary(*kernels.pack(["a"]), np.ones(1, np.uint32))
    with pytest.raises(ValueError, match="offsets"):
        kernels.line_features(b"abc", np.array([0, 4], np.int64), vocabulary, False)
    with pytest.raises(ValueError, match="UTF-8"):
        kernels.line_features(b"\xff", np.array([0, 1], np.int64), vocabulary, False)
    with pytest.raises(ValueError, match="role"):
        kernels.Vocabulary(*kernels.pack(["a"]), np.ones(2, np.uint32))
    with pytest.raises(ValueError, match="UTF-8"):
        kernels.phrase_forms(b"\xff", np.array([0, 1], np.int64))


@given(st.sampled_from([b"](", b" --> "]), st.text("] (->", max_size=20), st.integers(1, 9))
def test_bytes_are_found_where_they_stand(part: bytes, text: str, searched: int) -> None:
    data = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offsets, "_SEARCHED", searched)  # bytes at a time
        found = [place for places in offsets.places_of(part, data) for place in places.tolist()]
    assert found == [found.start() for found in re.finditer(re.escape(part), data)]
