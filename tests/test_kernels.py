"""The native kernel against the reference, which defines the result: equal to the bit."""

from __future__ import annotations

import json
import lzma
import os
import re
import subprocess
import sys
import unicodedata
from itertools import islice, pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from equal_kernels import INSTRUCTIONS, assert_equal, call, same, scan
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import CODE, DAMAGED, LONG, ODD, PIECES, SHORT, TABLE, VERSE, corpora, odd_texts, texts

from dedupe import _reference, kernels
from dedupe.matching.fingerprint import BANDS, ROWS, Signer, permutations
from dedupe.text.damage import CATEGORIES, needs_repair
from dedupe.text.layout import Shape
from dedupe.text.masks import line_keys
from dedupe.text.normalize import token_form
from dedupe.text.segment import split_lines, split_segments

native = pytest.importorskip("dedupe._native", reason="the native kernel was not built")


# -- which kernel runs


def kernel_in(demanded: str, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"{before}\nfrom dedupe import kernels; print(kernels.name())"
    env = {**os.environ, "DEDUPE_KERNEL": demanded}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=False)


def test_the_native_kernel_runs_unless_another_is_demanded() -> None:
    assert kernel_in("").stdout == "native\n"
    assert kernel_in("native").stdout == "native\n"
    assert kernel_in("reference").stdout == "reference\n"
    assert "there is no kernel 'fast'; use native or reference" in kernel_in("fast").stderr


MISSING = "import sys; sys.modules['dedupe._native'] = None"


def test_the_reference_steps_in_where_the_native_kernel_is_missing() -> None:
    assert kernel_in("", MISSING).stdout == "reference\n"
    assert "DEDUPE_KERNEL: the native kernel is not there" in kernel_in("native", MISSING).stderr


# -- band keys


@given(st.integers(0, 5), st.integers(1, 6), st.integers(1, 6), st.integers(0, 3), st.integers(0, 1 << 32))
def test_band_keys(count: int, bands: int, rows: int, spare: int, seed: int) -> None:
    signatures = np.random.default_rng(seed).integers(0, 1 << 32, (count, bands * rows + spare), dtype=np.uint32)
    ours = native.band_keys(signatures, bands, rows)
    assert ours.dtype == np.uint32
    assert np.array_equal(ours, _reference.band_keys(signatures, bands, rows))


def test_band_keys_refuse_what_they_cannot_read() -> None:
    signatures = np.zeros((3, 128), dtype=np.uint32)
    with pytest.raises(ValueError, match="more bands"):
        native.band_keys(signatures, 26, 5)
    for wrong in (signatures.astype(np.int64), signatures[:, ::2], signatures[0], [[1]], None):
        with pytest.raises(TypeError):
            native.band_keys(wrong, 1, 1)
    with pytest.raises(TypeError):
        native.band_keys(signatures, -1, 1)


# -- values that are there more than once


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9) | st.integers(0, 9).map(lambda n: n << 60)))
def test_values_are_told_that_are_there_more_than_once(values: list[int]) -> None:
    some = np.array(values, dtype=np.uint64)
    expected = [values.count(value) > 1 for value in values]
    for kernel in (native, _reference):
        found = kernel.repeated(some)
        assert found.dtype == bool
        assert found.tolist() == expected
        assert kernel.distinct(some).dtype == np.uint64
        assert kernel.distinct(some).tolist() == sorted(set(values))


@pytest.mark.parametrize("distinct", [1, 1000, 90_000, 1 << 40])
def test_of_many_values_the_same_are_told(distinct: int) -> None:
    values = np.random.default_rng(distinct).integers(0, distinct, 100_000, dtype=np.uint64)
    assert np.array_equal(native.repeated(values), _reference.repeated(values))
    assert same(native.distinct(values), _reference.distinct(values))


@pytest.mark.parametrize("kernel", [native, _reference])
def test_values_of_another_kind_are_refused(kernel: ModuleType) -> None:
    for values in (np.zeros(3, dtype=np.int64), np.zeros((3, 1), dtype=np.uint64)):
        with pytest.raises(TypeError):
            kernel.repeated(values)
        with pytest.raises(TypeError):
            kernel.distinct(values)


# -- codes that share their key


@given(
    st.lists(st.tuples(st.integers(0, 2**32 - 1) | st.integers(0, 9), st.integers(0, 2**32 - 1) | st.integers(0, 3)))
)
def test_codes_are_found_that_share_their_key(pairs: list[tuple[int, int]]) -> None:
    codes = [key << 32 | row for key, row in pairs]
    keys = [key for key, _ in pairs]
    expected = sorted(code for code in codes if keys.count(code >> 32) > 1)
    for kernel in (native, _reference):
        found = kernel.shared_keys(np.array(codes, dtype=np.uint64))
        assert found.dtype == np.uint64
        assert found.tolist() == expected


@pytest.mark.parametrize("distinct", [1, 500, 60_000, 1 << 32])
@pytest.mark.parametrize("are_in_order", [True, False])
def test_of_many_codes_those_are_found_that_share_their_key(distinct: int, are_in_order: bool) -> None:
    random = np.random.default_rng(distinct)
    # The keys differ in their highest bits, so that every digit of them counts.
    keys = random.integers(0, distinct, 100_000, dtype=np.uint64) * np.uint64((1 << 32) // distinct)
    rows = random.integers(0, 1 << 32, 100_000, dtype=np.uint64)
    codes = keys << np.uint64(32) | (np.sort(rows) if are_in_order else rows)
    assert same(native.shared_keys(codes), _reference.shared_keys(codes))


@pytest.mark.parametrize("kernel", [native, _reference])
def test_codes_of_another_kind_are_refused(kernel: ModuleType) -> None:
    for codes in (np.zeros(3, dtype=np.int64), np.zeros((3, 1), dtype=np.uint64)):
        with pytest.raises(TypeError):
            kernel.shared_keys(codes)


# -- rows dealt out


@given(st.integers(0, 40), st.integers(1, 6), st.sampled_from([1, 4, 8, 20, 29]), st.integers(0, 1 << 32))
def test_rows_are_dealt_out(rows: int, count: int, size: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    numbers = random.integers(0, count, rows, dtype=np.uint32)
    data = random.integers(0, 256, (rows, size), dtype=np.uint8)
    ours, theirs = (kernel.deal(numbers, data, count) for kernel in (native, _reference))
    assert all(map(same, ours, theirs))
    dealt, ends = ours
    for number in range(count):
        assert np.array_equal(dealt[ends[number] : ends[number + 1]], data[numbers == number])


@pytest.mark.parametrize("kernel", [native, _reference])
def test_rows_without_a_place_are_refused(kernel: ModuleType) -> None:
    numbers, rows = np.array([0, 3], dtype=np.uint32), np.zeros((2, 8), dtype=np.uint8)
    with pytest.raises(ValueError, match="too high"):
        kernel.deal(numbers, rows, 3)
    with pytest.raises(ValueError, match="one number for each row"):
        kernel.deal(numbers, rows[:1], 4)
    for wrong, others in ((numbers.astype(np.int64), rows), (numbers, rows[0]), (numbers, rows.astype(np.int8))):
        with pytest.raises(TypeError):
            kernel.deal(wrong, others, 4)


@given(
    st.integers(0, 40), st.sampled_from([[], [0], [2, 0], [1, 2, 3]]), st.integers(0, 16), st.integers(0, 9),
    st.integers(0, 1 << 32),
)  # fmt: skip
def test_keys_are_dealt_out(count: int, columns: list[int], bits: int, place: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    words = random.choice([0, 1, 1 << 16, 0xFFFF_FFFF, int(random.integers(1 << 32))], (count, 4)).astype(np.uint32)
    rows = np.flatnonzero(random.integers(0, 2, count))
    ours, theirs = (kernel.deal_keys(words, columns, rows, place, bits) for kernel in (native, _reference))
    assert all(map(same, ours, theirs))
    codes, ends = ours
    for at, column in enumerate(columns):
        first, last = ends[at << bits], ends[(at + 1) << bits]
        keys = words[rows, column].tolist()
        assert sorted(codes[first:last].tolist()) == sorted(
            key << 32 | row + place for key, row in zip(keys, rows.tolist(), strict=True)
        )


@pytest.mark.parametrize("kernel", [native, _reference])
def test_keys_without_a_place_are_refused(kernel: ModuleType) -> None:
    words, rows = np.zeros((2, 3), dtype=np.uint32), np.array([1])
    for columns, chosen, place, bits, problem in (
        ([3], rows, 0, 0, "a column"), ([0], np.array([2]), 0, 0, "a row"), ([0], np.array([-1]), 0, 0, "a row"),
        ([0], rows, 0, 17, "more bits"), ([0], rows, 0, -1, "more bits"), ([0], rows, 0xFFFFFFFF, 0, "more rows"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=problem):
            kernel.deal_keys(words, columns, chosen, place, bits)
    for wrong, others in ((words.astype(np.int32), rows), (words[0], rows), (words, rows.astype(np.int32))):
        with pytest.raises(TypeError):
            kernel.deal_keys(wrong, [0], others, 0, 0)


# -- places of spans


@given(st.lists(texts() | odd_texts(), min_size=1, max_size=4), st.integers(0, 1 << 32))
def test_spans_are_located(batch: list[str], seed: int) -> None:
    random = np.random.default_rng(seed)
    owners = random.integers(0, len(batch), 20)
    spans = np.array([np.sort(random.integers(0, len(batch[owner]) + 1, 2)) for owner in owners.tolist()])
    packed = _reference.pack(batch)
    ours, theirs = (kernel.locate(*packed, owners, spans) for kernel in (native, _reference))
    assert same(ours, theirs)
    for owner, (start, end), (first, last, line, _) in zip(owners, spans.tolist(), ours.tolist(), strict=True):
        text = batch[owner]
        data = text.encode("utf-8", "surrogatepass")
        assert data[first:last].decode("utf-8", "surrogatepass") == text[start:end]
        at = end - len(text[start:end].lstrip()) if text[start:end].strip() else start
        assert line == 1 + sum(match.start() < at for match in re.finditer(r"\n|\r(?!\n)", text))


def test_spans_far_into_a_text_are_located() -> None:
    """Where a walk takes large steps, forward and back."""
    text = "é\U0001f600a\r\n世" * 5000
    places = np.array([0, 1, 255, 256, 257, 9999, 10_000, 20_001, len(text)])
    spans = np.array([(start, end) for start in places for end in places if start <= end])[::-1].copy()
    owners = np.ones(len(spans), dtype=np.int64)
    packed = _reference.pack(["", text])
    assert same(native.locate(*packed, owners, spans), _reference.locate(*packed, owners, spans))


@pytest.mark.parametrize("kernel", [native, _reference])
def test_spans_that_are_in_no_text_are_refused(kernel: ModuleType) -> None:
    packed = _reference.pack(["aé", "b"])
    for owner, start, end in (
        (2, 0, 1),
        (-1, 0, 1),
        (0, 0, 3),
        (0, 2, 1),
        (0, -1, 1),
        (1, 0, 2),
        (0, 4, 4),
        (0, 0, 1 << 40),
    ):
        with pytest.raises(ValueError, match=r"span|number"):
            kernel.locate(*packed, np.array([owner]), np.array([[start, end]]))
    with pytest.raises(ValueError, match="for each owner"):
        kernel.locate(*packed, np.array([0, 1]), np.array([[0, 1]]))
    for owners, spans in (
        ([0], [[0, 1]]),
        (np.array([0], dtype=np.int32), np.array([[0, 1]])),
        (np.array([0]), np.array([0, 1])),
    ):
        with pytest.raises((TypeError, AttributeError)):
            kernel.locate(*packed, owners, spans)


# -- lines of a log


def _log_rows(
    texts: list[str], pieces: list[str], seed: int, count: int = 12
) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Return rows for :func:`_reference.log_lines`, and what of its text each one writes, in code points."""
    random = np.random.default_rng(seed)
    rows = random.integers(0, 1 << 40, (count, 15))
    rows[:, 0] = random.integers(0, len(texts), count)
    rows[:, [1, 3, 11, 14]] = random.integers(0, len(pieces), (count, 4))
    spans = [tuple(sorted(random.integers(0, len(texts[owner]) + 1, 2).tolist())) for owner in rows[:, 0]]
    sizes = [[len(texts[owner][:at].encode("utf-8", "surrogatepass")) for at in span]
             for owner, span in zip(rows[:, 0], spans, strict=True)]  # fmt: skip
    rows[:, 12:14] = sizes
    rows[random.integers(0, 4, count) == 0, 12:14] = -1
    return rows, spans


@given(st.lists(texts() | odd_texts(), min_size=1, max_size=4), st.integers(0, 1 << 32))
def test_lines_of_a_log_are_json(batch: list[str], seed: int) -> None:
    pieces = [
        '{"doc":"é","n":',
        '{"n":',
        ',"op":"delete"',
        ',"rule":"a/b","why":"\\u007f \x7f"',
        "}",
        *map(json.dumps, batch),
    ]
    rows, spans = _log_rows(batch, pieces, seed)
    packed, parts = _reference.pack(batch), _reference.pack(pieces)
    (ours, ends), (theirs, there) = (kernel.log_lines(*packed, *parts, rows) for kernel in (native, _reference))
    assert ours == theirs
    assert same(ends, there)
    rows[:, [1, 3, 11, 14]] = [1, 2, 3, 4]
    lines = native.log_lines(*packed, *parts, rows)[0].split(b"\n")
    for line, row, (start, end) in zip(lines, rows.tolist(), spans, strict=False):
        record = json.loads(line.decode("utf-8"))
        assert [record["n"], *record["src"], *record["chr"], record["dst"], *record["lines"]] == [row[2], *row[4:11]]
        assert record["op"] == "delete"
        assert record["why"] == "\x7f \x7f"
        assert ("text" in record) == (row[12] >= 0)
        if row[12] >= 0:
            written = batch[row[0]][start:end]
            # A high and a low surrogate that stand together are read as the character that they mean.
            assert record["text"].encode("utf-16", "surrogatepass") == written.encode("utf-16", "surrogatepass")


@pytest.mark.parametrize("kernel", [native, _reference])
def test_a_line_with_a_lone_surrogate_is_written_in_ascii(kernel: ModuleType) -> None:
    packed = _reference.pack(["é\ud800~\x7f\U00010000\U0001f600", "é~\x7f\U00010000\U0001f600"])
    pieces = _reference.pack(['{"doc":"é","n":', '{"doc":"\ude00","n":', ""])
    row = [0, 0, 1, 2, 0, 0, 0, 0, 0, 1, 1, 2, 0, 15, 2]
    plain = '"é~\x7f\U00010000\U0001f600"\n'.encode()
    raw = b'"\\u00e9\\ud800~\\u007f\\ud800\\udc00\\ud83d\\ude00"\n'
    ascii_only = b'"\\u00e9~\\u007f\\ud800\\udc00\\ud83d\\ude00"\n'
    other, named = [1, *row[1:13], 12, 2], [1, 1, *row[2:13], 12, 2]
    data, ends = kernel.log_lines(*packed, *pieces, np.array([row, other, named]))
    lines = [data[start:end] for start, end in pairwise(ends.tolist())]
    assert [line.startswith('{"doc":"é","n":1,"src":[0,0],'.encode()) for line in lines] == [False, True, False]
    assert lines[2].startswith(b'{"doc":"\\ude00","n":1,')
    assert [line.endswith(end) for line, end in zip(lines, (raw, plain, ascii_only), strict=True)] == [True] * 3


@pytest.mark.parametrize("kernel", [native, _reference])
def test_rows_that_name_what_is_not_there_are_refused(kernel: ModuleType) -> None:
    packed, pieces = _reference.pack(["aé"]), _reference.pack(["{}"])
    row = [0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 1, 3, 0]
    assert kernel.log_lines(*packed, *pieces, np.array([row]))[0].endswith(',"text":"é"{}\n'.encode())
    for at, number in ((0, 1), (0, -1), (1, 1), (3, 1), (11, -1), (14, 1 << 40), (12, 2), (13, 0), (13, 2), (13, 4)):
        with pytest.raises(ValueError, match=r"span|number"):
            kernel.log_lines(*packed, *pieces, np.array([[*row[:at], number, *row[at + 1 :]]]))
    with pytest.raises(ValueError, match="columns"):
        kernel.log_lines(*packed, *pieces, np.array([row[1:]]))
    for rows in (np.array(row), np.array([row], dtype=np.int32)):
        with pytest.raises(TypeError):
            kernel.log_lines(*packed, *pieces, rows)


# -- fields of rows of JSON


values = st.recursive(
    st.none() | st.integers() | st.floats() | texts(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", 'q"', "né"]), inner, max_size=3)
    ),
    max_leaves=6,
)
names = st.sampled_from(["text", 'q"', "né", "a\\", "\n", "\U0001f600", "\ud83d", "\x7f"])
members = st.lists(st.tuples(names, values, st.booleans(), st.sampled_from(["", " ", "\r\n\t"])), max_size=5)


@given(st.lists(members, min_size=1, max_size=4), names)
def test_fields_are_found_as_parsers_find_them(batch: list[list[tuple[str, Any, bool, str]]], name: str) -> None:
    rows = []
    for row in batch:
        pairs = [
            f"{space}{json.dumps(key, ensure_ascii=is_ascii)}{space}:{space}{json.dumps(value, ensure_ascii=is_ascii)}"
            for key, value, is_ascii, space in row
        ]
        rows.append("{" + ",".join(pairs) + "}")
    packed, field = _reference.pack(rows), name.encode("utf-8", "surrogatepass")
    ours, theirs = (kernel.locate_field(*packed, field) for kernel in (native, _reference))
    assert same(ours, theirs)
    for row, (start, end) in zip(rows, ours.tolist(), strict=True):
        found = json.loads(row).get(name)
        token = row.encode("utf-8", "surrogatepass")[start:end]
        assert json.loads(token) == found if isinstance(found, str) else (start, end) == (-1, -1)


@pytest.mark.parametrize("kernel", [native, _reference])
@pytest.mark.parametrize(
    ("row", "name", "token"),
    [
        ('{"b":{"a":"no"}}', "a", None),
        ('{"a":"yes","b":{"a":"no"},"c":[{"a":"no"}]}', "a", '"yes"'),
        ('[{"a":"no"}]', "a", None),
        (r'{"\ud83d\ude00":"yes"}', "\U0001f600", '"yes"'),
        (r'{"\ud83d\u0041":"yes"}', "\ud83dA", '"yes"'),
        (r'{"\ude00\ud83d":"yes"}', "\ude00\ud83d", '"yes"'),
        (r'{"\uD7ff\uDBff\uDfFF":"yes"}', "\ud7ff\U0010ffff", '"yes"'),
    ],
)
def test_a_field_stands_at_the_top_of_a_row_however_it_is_spelled(
    kernel: ModuleType, row: str, name: str, token: str | None
) -> None:
    ((start, end),) = kernel.locate_field(*_reference.pack([row]), name.encode("utf-8", "surrogatepass")).tolist()
    assert (row[start:end] if start >= 0 else None) == token


@pytest.mark.parametrize("kernel", [native, _reference])
def test_rows_that_are_no_json_are_refused_or_have_no_such_field(kernel: ModuleType) -> None:
    for row in ('{"a', '{"a\\"', '{"\\x":"b"}', '{"\\u12":"b"}', '{"a":"', '{"a":"\\'):
        with pytest.raises(ValueError, match=r"end|found|escape"):
            kernel.locate_field(*_reference.pack([row]), b"a")
    rows = ["", "{", '"a":"b"', "[[[", '}{"a":"b"', '{"a":', '{"a"', '{"b":"a"}']
    assert kernel.locate_field(*_reference.pack(rows), b"a").tolist() == [[-1, -1]] * len(rows)
    with pytest.raises(ValueError, match=r"(?i)utf-8"):
        kernel.locate_field(b'{"a":"\xff"}', np.array([0, 9]), b"a")


# -- rows that share a key


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 4), st.sampled_from([3, 1 << 8, 1 << 32]), st.data())
def test_rows_that_share_a_key_pass(known: int, rows: int, width: int, keys: int, data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.integers(0, width - 1), max_size=4))
    random = np.random.default_rng(data.draw(st.integers(0, 1 << 32)))
    there, here = (random.integers(0, keys, (count, width), dtype=np.uint32) for count in (known, rows))
    here[: rows // 2] ^= np.uint32(1 << 31)
    both = np.concatenate([here, there[:5]])
    ours, theirs = (kernel.Sieve(there, columns).passes(both) for kernel in (native, _reference))
    assert same(ours, theirs)
    expected = [any(key in there[:, column] for column, key in enumerate(row) if column in columns) for row in both]
    assert ours.tolist() == expected


def test_many_rows_with_one_key_are_one() -> None:
    """A line that stands everywhere has the same keys everywhere."""
    random = np.random.default_rng(1)
    known = random.integers(0, 1 << 32, (70_000, 2), dtype=np.uint32)
    known[:60_000, 0] = 7
    rows = np.concatenate([known[59_000:], random.integers(0, 1 << 32, (3000, 2), dtype=np.uint32)])
    ours, theirs = (kernel.Sieve(known, [0]).passes(rows) for kernel in (native, _reference))
    assert same(ours, theirs)
    assert 11_000 <= ours.sum() < 11_010


@pytest.mark.parametrize("kernel", [native, _reference])
def test_rows_that_cannot_be_held_against_others_are_refused(kernel: ModuleType) -> None:
    known = np.zeros((2, 3), dtype=np.uint32)
    with pytest.raises(ValueError, match="not there"):
        kernel.Sieve(known, [0, 3])
    with pytest.raises(ValueError, match="another width"):
        kernel.Sieve(known, [0]).passes(known[:, :2].copy())
    for wrong in (known.astype(np.int64), known[0]):
        with pytest.raises(TypeError):
            kernel.Sieve(wrong, [0])
        with pytest.raises(TypeError):
            kernel.Sieve(known, [0]).passes(wrong)


# -- scan


def texts_of(result: kernels.Scan, i: int) -> list[str]:
    rows = range(result.segment_offsets[i], result.segment_offsets[i + 1])
    places = [(result.text_at[row], result.text_at[row] + result.text_length[row]) for row in rows]
    return [result.tokens[start:end].decode() for start, end in places]


@given(corpora())
def test_a_scan_is_what_its_parts_say(texts: list[str]) -> None:
    texts = ["", *texts]
    result = scan(texts)
    for i, text in enumerate(texts):
        lines = split_lines(text)
        parts = split_segments(text, lines)
        first, last = result.segment_offsets[i : i + 2]
        assert result.spans[first:last].tolist() == [[part.start, part.end, part.stop] for part in parts]
        pieces = [text[part.start : part.end] for part in parts]
        assert texts_of(result, i) == [token_form(piece) for piece in pieces]
        assert result.tokens[result.doc_at[i] : result.doc_at[i + 1]].decode() == "\n".join(texts_of(result, i))
        signed = Signer.create().sign(pieces)
        assert np.array_equal(result.content[first:last], signed.prints.content)
        assert np.array_equal(result.words[first:last], signed.prints.words)
        assert result.doc_words[i] == signed.prints.words.sum()
        signature = signed.prints.signatures.min(axis=0, initial=0xFFFFFFFF, keepdims=True)
        assert np.array_equal(result.doc_bands[i : i + 1], kernels.band_keys(signature, BANDS, ROWS))
        keys = result.line_keys[result.line_offsets[i] : result.line_offsets[i + 1]]
        assert np.array_equal(keys, line_keys(text, lines))
        # All the words of a document, whatever its paragraphs.
        together = Signer.create().sign([" ".join(pieces)]).prints
        assert np.array_equal(result.doc_content[i : i + 1], together.content)
    long = [row for row in range(len(result.words)) if result.comparable[row]]
    assert len(result.bands) == len(long)
    assert all(result.words[row] >= 8 for row in long)


def test_a_scan_without_line_keys_has_none() -> None:
    result = scan([LONG[0], LONG[1]], line_keys=False)
    assert len(result.line_keys) == 0
    assert result.line_offsets.tolist() == [0, 0, 0]


LETTERS = "Läuft " * 60


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("a" * 240, True),
        ("a" * 241, False),
        (LETTERS, False),
        ("ж" * 241, False),
        ("5" + "st" * 121, False),
        ("1st 2nd " * 20 + "a" * 230, False),
        (" page" * 60, False),
        ("page" + " " * 300, True),
        ("Page " + "7" * 400 + " of nine", True),
        ("Page " + "\u0664" * 400 + " of nine", True),
        ("word " * 3 + "3rd " * 100, True),
        (f"see www.{'a' * 300} here", True),
        (f"WWW.{'a' * 300} here", True),
        (f"see http://{'a' * 300} here", True),
        (f"mail {'a' * 300}@example.org today", True),
        (f"mail {'a' * 300} @ example.org today", False),
    ],
)
def test_a_long_line_counts_when_what_is_masked_makes_it_short(line: str, counts: bool) -> None:
    assert scan([line]).line_keys.tolist() == scan([line], native).line_keys.tolist()
    assert (scan([line]).line_keys > 0).tolist() == [counts]


# -- native against reference


def line_of(words: int, size: int) -> str:
    """Return a line of so many words and characters."""
    return "a " * (words - 1) + "x" * (size - 2 * (words - 1))


def wrapped(width: int, lines: int, free: int = 0) -> str:
    """Return lines of *width* that break where the next word is too long, the last *free* of them sooner."""
    full, short = line_of(4, width), line_of(4, width - 20)
    return "\n".join(full if n < lines - 1 - free else short for n in range(lines))


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        # one sentence a line: seven blanks, seven lines of ten
        *(("\n".join([line_of(words, 40) + "."] * 2), segments) for words, segments in ((8, 2), (7, 2))),
        *(("Head\n\n" + "\n".join([line_of(words, 40) + "."] * 2), n) for words, n in ((8, 3), (7, 2))),
        *(
            ("Head\n\n" + "\n".join([line_of(9, 40) + "."] * ended + [line_of(9, 40)] * (10 - ended)), segments)
            for ended, segments in ((6, 2), (7, 11))
        ),
        # longer than what was wrapped by hand
        *(("Head\n\n" + line_of(9, width) + "\nend", segments) for width, segments in ((160, 2), (161, 3))),
        # wrapped, without a blank line: four lines, from 40 to 120 characters wide, seven breaks of ten
        *((wrapped(60, lines), segments) for lines, segments in ((3, 3), (4, 1))),
        *((wrapped(width, 6), segments) for width, segments in ((39, 6), (40, 1), (120, 1), (121, 6))),
        *((wrapped(60, 11, free), segments) for free, segments in ((3, 4), (4, 11))),
    ],
)
def test_paragraphs_are_told_by_layout(text: str, segments: int) -> None:
    for kernel in (native, _reference):
        assert len(scan([text], kernel).spans) == segments


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((f"{fence}\nan owl\n{fence}", len(fence) > 2) for fence in ("``", "```", "   ```", "~~~~")),
        ("```\nan owl\n``\nanother\n````", True),  # as long as what opened it, or longer
        *((f"An owl\n\n{' ' * indent}~~~\nan owl\nanother\n~~~", indent < 4) for indent in (3, 4)),
        # indented by four more than a quarter of the lines, and no sentence of twelve words
        *((f"An owl\n\n{' ' * indent}two owls", indent >= 4) for indent in (3, 4)),
        *((f"An owl\n\n    {line_of(words, 60)}.", words < 12) for words in (11, 12)),
        *(("An owl\n" * left + "\n" + "    an owl\n" * (12 - left), left > 3) for left in (3, 4)),
    ],
)
def test_blocks_of_code_are_told_by_fences_and_indents(text: str, code: bool) -> None:
    for kernel in (native, _reference):
        shapes = call(kernel, "line_shapes", *_reference.pack([text])).shapes
        assert bool((shapes & Shape.CODE).any()) == code


@pytest.mark.parametrize(
    ("text", "min_words", "is_passage"),
    [
        *((line_of(19, 99) + "\n" + line_of(19, size - 100), 20, size >= 200) for size in (199, 200, 209)),
        ("\n".join([line_of(19, 60)] * 3), 20, True),  # not two lines
        (line_of(38, 190), 20, True),
        *((line_of(7, size) + "\nend", 8, size >= 80) for size in (79, 80, 87)),  # ten characters stand for a word
        (line_of(8, 40) + "\nend", 8, True),
    ],
)
def test_two_lines_neither_of_which_is_long_enough_are_no_passage(text: str, min_words: int, is_passage: bool) -> None:
    for kernel in (native, _reference):
        assert scan([text], kernel, layout="blank", min_words=min_words).comparable.tolist() == [is_passage]


@given(st.lists(odd_texts(), max_size=4), st.sampled_from(("auto", "line", "blank")), st.integers(0, 9), st.booleans())
def test_kernels_agree_on_odd_texts(texts: list[str], layout: str, min_words: int, line_keys: bool) -> None:
    assert_equal("scan", texts, layout=layout, min_words=min_words, line_keys=line_keys)
    assert_equal("fingerprint", texts)


@given(corpora())
def test_kernels_agree_on_corpora(texts: list[str]) -> None:
    assert_equal("scan", [*texts, "\n\n".join(texts) * 20])


@pytest.mark.parametrize("instructions", INSTRUCTIONS)
def test_kernels_agree_on_every_processor(instructions: str) -> None:
    texts = [*LONG, *SHORT, *TABLE, *VERSE, *CODE, *ODD, *DAMAGED, "".join(PIECES), "word " * 5000]
    native.limit_instructions(instructions)
    try:
        assert_equal("scan", texts, min_words=1)
    finally:
        native.limit_instructions(INSTRUCTIONS[-1])


def test_kernels_agree_on_every_character() -> None:
    """Each alone, between letters and after a number, one a line; of unassigned and private ones a sample."""
    sample = 1 if settings.default is settings.get_profile("thorough") else 61
    codes = [
        code for code in range(0x110000) if code % sample == 0 or unicodedata.category(chr(code)) not in ("Cn", "Co")
    ]
    for start in range(0, len(codes), 8192):
        lines = [f"{char}\na{char}b 1{char}2\n" for char in map(chr, codes[start : start + 8192])]
        texts = ["".join(lines[i : i + 64]) for i in range(0, len(lines), 64)]
        assert_equal("scan", texts, layout="line", min_words=1)


def test_kernels_agree_on_real_data(data: Path) -> None:
    for path in sorted(data.glob("*.jsonl.xz")):
        texts = []
        with lzma.open(path, "rt", encoding="utf-8") as rows:
            for row in map(json.loads, islice(rows, 400)):
                text = row.get("text") or "\n".join(row.get("lines", ()))
                texts.append(text[:50_000])
        assert_equal("scan", texts)


# -- which texts may need repair


@given(st.lists(odd_texts() | texts(), max_size=6))
def test_kernels_agree_on_what_is_suspicious(texts: list[str]) -> None:
    assert_equal("suspicious", texts)
    found = native.suspicious(*kernels.pack(texts))
    assert all(flag for text, flag in zip(texts, found, strict=True) if needs_repair(text))


def test_pairs_that_look_damaged_are_suspicious() -> None:
    """Every two characters of the tables, after a letter, a space or nothing, before a letter or nothing."""
    chars = sorted(set("".join(CATEGORIES.values())) | {"Ð", "Ђ", "√", "≈", "β", "ā", "в"})
    pairs = [first + second for first in chars for second in chars]
    for before, after in (("", ""), ("a", "б"), (" ", "a"), ("Ø", "Ø²")):
        texts = [f"{before}{pair}{after}" for pair in pairs]
        found = native.suspicious(*kernels.pack(texts))
        assert [text for text, flag in zip(texts, found, strict=True) if needs_repair(text) and not flag] == []


@given(st.lists(odd_texts() | texts(), max_size=6), st.lists(st.sampled_from(["the", "la", "и", "notes", ""])))
def test_kernels_agree_on_terms(texts: list[str], terms: list[str]) -> None:
    assert_equal("term_counts", texts, terms=" ".join(terms))


@pytest.mark.parametrize("kernel", [native, _reference], ids=["native", "reference"])
def test_words_are_told_from_what_parts_them(kernel: ModuleType) -> None:
    text = "Tort,\u00a0TORT.\u2003torts;\x1ctort\u2028Hereby\u3000a tort-feasor (tort) ſtort "
    counts = kernel.term_counts(*kernels.pack([text, "", " . "]), "hereby tort")
    assert counts.tolist() == [[9, 4, 2], [0, 0, 0], [0, 0, 0]]


# -- what cannot be read

both = pytest.mark.parametrize("kernel", [native, _reference], ids=["native", "reference"])
of_texts = pytest.mark.parametrize("function", ["scan", "fingerprint", "suspicious", "term_counts"])


@both
@of_texts
@pytest.mark.parametrize("offsets", [[], [0, 4], [2, 1], [0, 3, 2, 3], [0, 1 << 40, 3], [-1, 3], [1 << 62, 3]])
def test_wrong_offsets_are_refused(kernel: ModuleType, function: str, offsets: list[int]) -> None:
    with pytest.raises(ValueError, match="offsets"):
        call(kernel, function, b"abc", np.array(offsets, dtype=np.int64))


@both
@of_texts
def test_wrong_arrays_are_refused(kernel: ModuleType, function: str) -> None:
    for wrong in (np.array([0, 3], dtype=np.int32), np.array([[0, 3]]), np.array([0.0, 3.0])):
        with pytest.raises(TypeError):
            call(kernel, function, b"abc", wrong)


INVALID = (
    *(b"\x80", b"\xc3", b"\xc1\x81", b"\xe0\x9f\x80", b"\xe4\xb8", b"\xff"),
    *(b"\xf0\x8f\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80"),
)


@both
@of_texts
@pytest.mark.parametrize("text", INVALID)
def test_invalid_utf8_is_refused(kernel: ModuleType, function: str, text: bytes) -> None:
    for buffer in (text, b"abc " + text, text + b" and a tail that is long enough for a word of eight bytes"):
        with pytest.raises(ValueError, match=r"UTF-8|utf-8"):
            call(kernel, function, buffer, np.array([0, len(buffer)], dtype=np.int64))


@both
@of_texts
@pytest.mark.parametrize("end", [2, 4, 5, 7, 8, 9])
def test_a_character_ends_in_its_text(kernel: ModuleType, function: str, end: int) -> None:
    buffer = "aé中🙂".encode()
    with pytest.raises(ValueError, match=r"UTF-8|utf-8"):
        call(kernel, function, buffer, np.array([0, end, len(buffer)], dtype=np.int64))


@given(
    before=st.integers(0, 130).map(lambda size: b"a" * size) | st.text(max_size=40).map(str.encode),
    text=st.binary(max_size=24) | st.sampled_from([*INVALID, *map(str.encode, "é中🙂")]),
    after=st.sampled_from([b"", b"\x80", b"b" * 70]),
)
def test_kernels_agree_on_what_is_utf8(before: bytes, text: bytes, after: bytes) -> None:
    buffer = before + text + after
    offsets = np.array([0, len(buffer)], dtype=np.int64)
    try:
        buffer.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match="UTF-8"):
            call(native, "fingerprint", buffer, offsets)
    else:
        assert len(call(native, "fingerprint", buffer, offsets).words) == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [("layout", "column"), ("bands", 33), ("shingle_size", 0), ("permutations", permutations()[:1])],
)
def test_wrong_options_are_refused(option: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"layout|bands|shingles|permutations"):
        scan(["a"], native, **{option: value})
