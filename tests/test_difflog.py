"""The diff log from inside: places of a text, references instead of text, and what restoring does with them."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedupe
from dedupe.cleaning.evidence import from_json, to_json
from dedupe.difflog.restore import Passages
from dedupe.difflog.write import LogWriter
from dedupe.errors import LogMismatch
from dedupe.model import Document
from dedupe.stored import StoredTexts
from dedupe.workfiles import open_work_folder

texts = st.lists(st.sampled_from(["a", " ", "é", "東", "\U0001f600", "\r", "\n", "\r\n"]), max_size=30).map("".join)

PASSAGE = "The ferry to the island was late again on Monday, the third time this week, and nobody said why."
OTHERS = [
    "A heron stood in the reeds below the weir and did not move for an hour, whoever walked past it.",
    "The baker keeps the old oven going for the smell of it, though the bread comes from the new one.",
    "Whoever finds the key to the boathouse is asked to hang it on the nail where it always hung.",
]


# -- evidence

chars = st.characters(exclude_categories=("Cs",)) | st.just("\ud800")
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.floats(allow_nan=False, allow_infinity=False),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(chars, max_size=3), some, max_size=3),
)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any kind
        from_json(data)


@given(values | st.text(chars, max_size=9), st.text(chars, max_size=9))
def test_what_is_json_already_is_read_like_the_rest(value: Any, text: str) -> None:
    written = to_json({"evidence": to_json(value), "text": text})
    assert (
        from_json(written) == from_json(to_json({"evidence": value, "text": text})) == {"evidence": value, "text": text}
    )
    assert b"\n" not in written


def test_what_the_log_cannot_hold_is_no_evidence() -> None:
    for value in ({1, 2}, object(), {"words": {1}}):
        with pytest.raises(TypeError):
            to_json(value)


# -- places


@given(texts, st.sampled_from(["utf-8", "utf-16-le"]), st.sampled_from([b"", b"\xef\xbb\xbf"]), st.data())
def test_places_are_found_in_what_is_stored(text: str, encoding: str, bom: bytes, data: st.DataObject) -> None:
    document = Document("a", text, encoding=encoding, bom=bom)
    stored = StoredTexts(["é\n", text], [Document("b", "é\n"), document])
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]

    def line(place: int) -> int:
        return sum(start <= place for start in starts)

    spans = [sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2))) for _ in range(4)]
    found = stored.locate(np.array([0, 1, 1, 1, 1]), np.array([[0, 1], *spans]))
    assert [column[0].tolist() for column in found] == [[0, 2], [1, 1], [0, 2]]
    for (start, end), *places in zip(spans, *(column[1:].tolist() for column in found), strict=True):
        src = [len(bom) + len(text[:place].encode(encoding)) for place in (start, end)]
        inside = [place for place in range(start, end) if not text[place].isspace()] or [start]
        packed = [len(text[:place].encode()) for place in (start, end)]
        assert places == [src, [line(inside[0]), line(inside[-1])], packed]
    data_stored = bom + text.encode(encoding)
    assert stored.digest(1) == (hashlib.sha256(data_stored).hexdigest(), len(data_stored))


# -- references


def cleaned(*documents: str) -> tuple[dict[str, bytes], dict[str, bytes], list[Any]]:
    given = [Document(str(number), text) for number, text in enumerate(documents)]
    result = dedupe.clean(given)
    assert [document.text for document in dedupe.restore(result.documents, result.log)] == list(documents)
    sources = {document.id: document.text.encode() for document in given}
    return sources, {document.id: document.text.encode() for document in result.documents}, result.operations


@pytest.mark.parametrize("documents", [
    (f"{OTHERS[0]}\n\n{PASSAGE}\n\n{OTHERS[1]}\n", f"{OTHERS[2]}\n\n{PASSAGE}\n"),
    (f"{OTHERS[0]}\n\n{PASSAGE}\n\n{OTHERS[1]}\n", f"{PASSAGE}\n\n{OTHERS[2]}\n"),
    (f"{OTHERS[0]}\n\n\n{PASSAGE}\n \n{OTHERS[1]}\n", f"{OTHERS[2]}\n\n\n{PASSAGE}\n \n"),
], ids=["before", "behind", "both"])  # fmt: skip
def test_what_stands_in_the_output_is_not_repeated(documents: tuple[str, str]) -> None:
    """The separators that go with a passage are those around the one that stays."""
    sources, outputs, operations = cleaned(*documents)
    [operation] = [operation for operation in operations if operation["applied"]]
    canonical = operation["canonical"]
    removed = sources["1"][slice(*operation["src"])]
    assert operation["ref"]
    assert removed != PASSAGE.encode()
    assert sources["0"][slice(*canonical["src"])] == removed
    assert outputs["0"][slice(*canonical["dst"])] == removed
    assert documents[0][slice(*canonical["chr"])].encode() == removed
    assert hashlib.sha256(removed).hexdigest() == canonical["sha256"]


def test_other_separators_are_text() -> None:
    _, _, operations = cleaned(f"{PASSAGE}\n\n{OTHERS[0]}\n", f"{OTHERS[2]}\n\n{PASSAGE}\n")
    [operation] = [operation for operation in operations if operation["applied"]]
    assert "ref" not in operation
    assert operation["text"].strip() == PASSAGE
    assert operation["canonical"]["chr"] == [0, len(PASSAGE)]


@pytest.mark.parametrize("others", [(), ("another",)])
def test_a_passage_that_was_never_found_is_a_mismatch(others: tuple[str, ...]) -> None:
    def referring(name: str) -> Any:
        return {"applied": True, "ref": True, "canonical": {"doc": name, "dst": [0, 3]}}

    document: Any = {"bom": "", "encoding": "utf-8"}
    with open_work_folder() as folder:
        passages = Passages(folder.store("passages"))
        passages.want([referring("gone"), *map(referring, others)])
        for name in others:
            passages.collect({**document, "doc": name}, lambda: "one two")
            assert passages.text(referring(name)) == "one"
        with pytest.raises(LogMismatch, match="gone: is not in the output"):
            passages.text(referring("gone"))


# -- writing


def test_a_log_that_nobody_keeps_is_counted_alike() -> None:
    records = [{"t": "op", "applied": True, "rule": f"repair/{n % 7}", "text": "x" * n} for n in range(2_000)]
    stream = io.BytesIO()
    kept, counted = LogWriter(stream), LogWriter()
    for record in records:
        kept.write(record)
        counted.write(record)
    assert kept.applied == counted.applied
    assert kept.sha256() == counted.sha256() == hashlib.sha256(stream.getvalue()).hexdigest()
    assert kept.end([]) == counted.end([])
    assert len(stream.getvalue().splitlines()) == len(records) + 1


# -- blocks

BODY = [PASSAGE, *OTHERS, *(f"{text[:-1]}, as the miller's wife said twice." for text in OTHERS)]
NEW = "There is a new sign on the quay, and nobody can read it from the water."


def blocks(*documents: str) -> list[tuple[list[int], list[int], int, str]]:
    """The blocks of the last document: lines here and there, entries, and the sentence."""
    given = [Document(str(number), text) for number, text in enumerate(documents)]
    result = dedupe.clean(given, dedupe.Config(near_threshold=0.9))
    assert dedupe.restore(result.documents, result.log) == given
    document = [record for record in result.log if record["t"] == "doc"][-1]
    entries = [op for op in result.log if op["t"] == "op" and op["doc"] == document["doc"] and "block" in op]
    found = document.get("blocks", [])
    assert sum(block["ops"] for block in found) == len(entries)
    return [(block["lines"], block["canonical"]["lines"], block["ops"], block["why"]) for block in found]


def paragraphs(*texts: str) -> str:
    return "\n\n".join(texts) + "\n"


def test_a_body_in_another_order_is_one_block() -> None:
    assert blocks(paragraphs(*BODY), paragraphs(NEW, *BODY[::-1])) == [
        (
            [3, 15],
            [1, 13],
            7,
            "7 passages of lines 3-15 repeat passages of 0, lines 1-13, in another order: 7 word for word",
        )
    ]


def test_a_body_with_lines_between_is_one_block_and_they_stay() -> None:
    inserted = [f"{NEW} {word}." for word in ("Lock", "Weir", "Reed")]
    text = paragraphs(*BODY[:2], inserted[0], inserted[1], BODY[2], inserted[2], *BODY[3:])
    assert blocks(paragraphs(*BODY), text) == [
        ([1, 19], [1, 13], 3, "7 passages of lines 1-19 repeat passages of 0, lines 1-13: 7 word for word")
    ]
    assert cleaned(paragraphs(*BODY), text)[1]["1"].decode() == paragraphs(*inserted)


def test_a_body_with_small_edits_is_one_block() -> None:
    edited = [text.replace("nobody", "no heron").replace("oven", "stove") for text in BODY]
    changed = sum(here != there for here, there in zip(BODY, edited, strict=True))
    ((lines, there, _, why),) = blocks(paragraphs(*BODY, NEW, *edited))
    assert (lines, there) == ([17, 29], [1, 13])
    counts = f"{7 - changed} word for word, {changed} nearly; {changed} are kept"
    assert why == f"7 passages of lines 17-29 repeat passages of lines 1-13: {counts}"


@pytest.mark.parametrize(
    "documents",
    [
        [paragraphs(*BODY[:2]), paragraphs(BODY[1], BODY[0])],  # two entries
        [
            paragraphs(BODY[0]),
            paragraphs(BODY[1]),
            paragraphs(BODY[2]),
            paragraphs(NEW, *BODY[:3]),
        ],  # of three documents
        [paragraphs(*BODY), paragraphs(*BODY)],
        [paragraphs(*BODY), paragraphs(NEW, *BODY)],  # one entry
        [
            paragraphs(*BODY),
            paragraphs(*(x for n in range(4) for x in (BODY[2 * n % 7], *(f"{NEW} {n} {k}" for k in "abcdef")))),
        ],
    ],
)
def test_what_is_no_block(documents: list[str]) -> None:
    assert blocks(*documents) == []


@given(st.lists(st.sampled_from([*BODY, NEW]), max_size=12), st.lists(st.sampled_from([*BODY, NEW]), max_size=12))
def test_entries_of_a_block_name_one_document(ours: list[str], theirs: list[str]) -> None:
    for found in (blocks(paragraphs(*ours), paragraphs(*theirs)), blocks(paragraphs(*ours, *theirs))):
        for (first, last), (low, high), entries, _ in found:
            assert first <= last
            assert low <= high
            assert entries >= 3


# -- outputs that somebody changed


def test_every_changed_byte_of_an_output_is_noticed(tmp_path: Path) -> None:
    """Also one that stands for the same, as the case of an escape: the rows come back all the same."""
    source, out, back = (tmp_path / name for name in ("in.jsonl", "out.jsonl", "back.jsonl"))
    log = f"{out}.difflog.jsonl"
    # written in two ways, so that the log has to keep how
    row = f'{{"id": "%d", "text": "{PASSAGE}\\n\\nPrint Friendly, PDF & Email\\n\\nn\\u00ba %d, nº %d"}}\n'
    source.write_text("".join(row % (number, number, number) for number in (1, 2)), encoding="utf-8")
    dedupe.clean_files([str(source)], str(out))
    assert not dedupe.verify_files(str(out), log).mismatches
    data = out.read_bytes()
    for place in range(len(data)):
        out.write_bytes(data[:place] + bytes([data[place] ^ 0x20]) + data[place + 1 :])
        assert dedupe.verify_files(str(out), log).mismatches, place
    out.write_bytes(data.replace(b"\\u00ba", b"\\u00BA"))
    assert out.read_bytes() != data
    assert dedupe.verify_files(str(out), log).mismatches
    dedupe.restore_files(str(out), log, str(back))
    assert back.read_bytes() == source.read_bytes()
