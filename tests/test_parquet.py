"""Parquet files: tables in, tables out, every value back; and what is no such table."""

from __future__ import annotations

import datetime
import decimal
import gzip
import io
import json
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import SAMPLES, Completed, read_log, tree
from hypothesis import given
from hypothesis import strategies as st
from rereading import operations

from dedupe.errors import ReadError
from dedupe.reading.parquet import ParquetPacker, parquet_rows

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

Cli = Callable[..., Completed]

BODY = "The mill by the river opened again in spring, after years of work by people who had never seen it turn."
OTHER = "Nothing of this concerns the miller, who had gone home by then and slept until the bells rang for noon."

#: A column of each kind that JSON has, or has no word for.
COLUMNS: dict[str, tuple[Any, list[Any]]] = {
    "null": (pa.null(), [None, None, None]),
    "bool": (pa.bool_(), [True, None, False]),
    "u64": (pa.uint64(), [2**64 - 1, None, 0]),
    "i8": (pa.int8(), [-128, None, 127]),
    "f16": (pa.float16(), [np.float16(0.5), None, np.float16(-0.0)]),
    "f32": (pa.float32(), [0.1, None, 1e-40]),
    "f64": (pa.float64(), [5e-324, math.inf, -math.inf]),
    "large": (pa.large_string(), ["x", None, "\x00\u2028é"]),
    "bytes": (pa.binary(), [b"\xff\n", None, b""]),
    "large bytes": (pa.large_binary(), [b"\xff", None, b""]),
    "two bytes": (pa.binary(2), [b"\xff\x00", None, b"ab"]),
    "decimal": (pa.decimal128(10, 2), [decimal.Decimal("1.50"), None, decimal.Decimal("-99999999.99")]),
    "decimals": (pa.list_(pa.decimal256(50, 2)), [[decimal.Decimal("1.50"), None], None, []]),
    "date": (pa.date32(), [datetime.date(1, 1, 1), None, datetime.date(9999, 12, 31)]),
    "time": (pa.time64("us"), [datetime.time(1, 2, 3, 4), None, datetime.time(0)]),
    "short time": (pa.time32("ms"), [1, None, 2]),
    "instant": (pa.timestamp("ns", "Europe/Paris"), [-1, None, 2**62]),
    "lapse": (pa.duration("ms"), [-1, None, 2**40]),
    "instants": (pa.list_(pa.timestamp("us")), [[1, None], None, []]),
    "pair": (pa.list_(pa.int32(), 2), [[1, 2], [3, None], [5, 6]]),
    "large list": (pa.large_list(pa.binary()), [[b"\x01", None], None, []]),
    "struct": (
        pa.struct([("day", pa.date32()), ("score", pa.float64()), ("tags", pa.list_(pa.string()))]),
        [
            {"day": datetime.date(2020, 1, 1), "score": math.inf, "tags": ["a"]},
            None,
            {"day": None, "score": None, "tags": None},
        ],
    ),
    "map": (pa.map_(pa.string(), pa.binary()), [[("k", b"\xff"), ("l", None)], None, []]),
    "word": (pa.dictionary(pa.int8(), pa.string()), ["a", None, "a"]),
}


def table(texts: list[str], **columns: Any) -> Any:
    arrays = {"id": pa.array([f"r{number}" for number in range(len(texts))]), "text": pa.array(texts)}
    return pa.table(arrays | columns)


def all_kinds() -> Any:
    found = table([f"{BODY}\n\nRead more »\n", BODY, OTHER])
    for name, (kind, values) in COLUMNS.items():
        found = found.append_column(name, pa.array(values, kind))
    return found.replace_schema_metadata({"who": "a test"})


def written(path: Path, what: Any, **options: Any) -> Path:
    pq.write_table(what, path, **options)
    return path


def unpacked(path: Path) -> bytes:
    with path.open("rb") as stream:
        return b"".join(parquet_rows(stream, "place"))


def packed(rows: bytes, like: Path, path: Path) -> Path:
    with path.open("wb") as raw, io.BufferedWriter(ParquetPacker(raw, like, "place")) as stream:
        stream.write(rows)
    return path


def test_every_kind_of_column_comes_back(tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", all_kinds())
    rows = unpacked(source)
    assert [json.loads(row)["id"] for row in rows.splitlines()] == ["r0", "r1", "r2"]
    again = pq.read_table(packed(rows, source, tmp_path / "out.parquet"))
    before = pq.read_table(source)
    assert again.schema.equals(before.schema, check_metadata=True)
    assert [name for name in before.column_names if not again[name].equals(before[name])] == []


def test_what_is_no_number_comes_back(tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", table(["a", "b"], score=pa.array([math.nan, -0.0])))
    rows = unpacked(source)
    assert [json.loads(row)["score"] for row in rows.splitlines()] == ["nan", -0.0]
    nan, zero = pq.read_table(packed(rows, source, tmp_path / "out.parquet"))["score"].to_pylist()
    assert math.isnan(nan)
    assert math.copysign(1, zero) == -1


VALUES = st.fixed_dictionaries(
    {
        "text": st.text(st.characters(exclude_categories=["Cs"])),
        "number": st.none() | st.integers(-(2**63), 2**63 - 1),
        "share": st.none() | st.floats(allow_nan=False),
        "data": st.none() | st.binary(),
        "names": st.none() | st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)),
        "at": st.none() | st.integers(-(2**40), 2**40),
    }
)
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.int64()),
        ("share", pa.float64()),
        ("data", pa.binary()),
        ("names", pa.list_(pa.string())),
        ("at", pa.timestamp("s")),
    ]
)


@given(st.lists(VALUES, max_size=8))
def test_rows_come_back(tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, Any]]) -> None:
    folder = tmp_path_factory.mktemp("rows")
    source = written(folder / "in.parquet", pa.Table.from_pylist(values, SCHEMA))
    rows = unpacked(source)
    assert rows.count(b"\n") == len(values)
    assert pq.read_table(packed(rows, source, folder / "out.parquet")).equals(pq.read_table(source))
    shutil.rmtree(folder)


def test_large_rows_and_many(tmp_path: Path) -> None:
    """More than are converted at once, by number and by size, in groups of rows that stand anywhere."""
    many = written(tmp_path / "many.parquet", table([f"Row {number}" for number in range(3000)]), row_group_size=700)
    large = written(tmp_path / "large.parquet", table(["x" * 3_000_000 + str(number) for number in range(20)]))
    for source in (many, large):
        again = packed(unpacked(source), source, tmp_path / "out.parquet")
        assert pq.read_table(again).equals(pq.read_table(source))
    assert pq.ParquetFile(again).metadata.num_row_groups == 2  # of 32 MB and what is left


def test_clean_verify_and_restore(cli: Cli, tmp_path: Path) -> None:
    source, out, back = (tmp_path / f"{name}.parquet" for name in ("in", "out", "back"))
    written(source, all_kinds(), compression="zstd")
    done = cli("clean", source, "-o", out)
    assert done.code == 0, done.err
    log = tmp_path / "out.parquet.difflog.jsonl"
    assert [operation["rule"] for operation in operations(read_log(log))] == ["boilerplate/readmore", "document/exact"]
    assert cli("verify", out, "--log", log).code == 0
    assert cli("restore", out, "--log", log, "-o", back).code == 0
    before, cleaned, after = (pq.read_table(path) for path in (source, out, back))
    assert cleaned["text"].to_pylist() == [f"{BODY}\n", OTHER]
    assert cleaned.drop_columns("text").equals(before.take([0, 2]).drop_columns("text"))
    assert after.equals(before)
    for path in (out, back):
        assert pq.read_schema(path).equals(pq.read_schema(source), check_metadata=True)
        assert pq.ParquetFile(path).metadata.row_group(0).column(0).compression == "ZSTD"
    again = tmp_path / "again.parquet"
    assert cli("clean", out, "-o", again).code == 0
    assert again.read_bytes() == out.read_bytes()


def test_the_same_rows_as_json_lines(cli: Cli, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (SAMPLES / "feed.jsonl").read_text("utf-8").splitlines()]
    written(tmp_path / "feed.parquet", pa.Table.from_pylist(rows))
    (tmp_path / "feed.jsonl").write_bytes(unpacked(tmp_path / "feed.parquet"))
    found = []
    for suffix in ("jsonl", "parquet"):
        out = tmp_path / f"out.{suffix}"
        assert cli("clean", tmp_path / f"feed.{suffix}", "-o", out, "--jobs", 2 if suffix == "parquet" else 1).code == 0
        data = out.read_bytes() if suffix == "jsonl" else unpacked(out)
        found.append((data, operations(read_log(tmp_path / f"out.{suffix}.difflog.jsonl"))))
    assert found[0] == found[1]
    assert found[0][1]


def test_packed_files_in_which_nothing_changes_keep_their_bytes(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    written(folder / "same.parquet", table([OTHER]), row_group_size=1, compression="gzip")
    written(folder / "other.parquet", table([f"{BODY}\n\nRead more »\n"]))
    row = json.dumps({"text": "A row that stands in a packed file, and in no other one of these."}).encode()
    (folder / "same.jsonl.gz").write_bytes(gzip.compress(row + b"\n", compresslevel=1))
    (folder / "page.txt").write_text("Short.\n")
    before = tree(folder)
    out, log = tmp_path / "out", tmp_path / "out.difflog.jsonl"
    assert cli("clean", folder, "-o", out).code == 0
    changed = {name for name, data in tree(out).items() if data != before[name]}
    assert changed == {"other.parquet"}
    assert cli("restore", out, "--log", log, "-o", tmp_path / "back").code == 0
    back = tree(tmp_path / "back")
    assert back.keys() == before.keys()
    assert {name for name, data in back.items() if data != before[name]} <= changed
    assert cli("verify", out, "--log", log).code == 0


def test_in_place(cli: Cli, tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", all_kinds())
    before = pq.read_table(source)
    assert cli("clean", "--in-place", source, "--log", tmp_path / "log.jsonl").code == 1
    assert pq.read_table(source)["text"].to_pylist() == [f"{BODY}\n", OTHER]
    assert pq.read_schema(source).equals(before.schema, check_metadata=True)


def test_as_a_reference(cli: Cli, tmp_path: Path) -> None:
    old = written(tmp_path / "old.parquet", table([BODY]))
    new = written(tmp_path / "new.parquet", table([OTHER, BODY]))
    out = tmp_path / "out.parquet"
    assert cli("clean", new, "-o", out, "--against", old).code == 0
    assert pq.read_table(out)["text"].to_pylist() == [OTHER]


@pytest.mark.parametrize("damage", ["cut", "middle", "not packed", "empty", "no magic"])
def test_damaged(cli: Cli, tmp_path: Path, damage: str) -> None:
    source = tmp_path / "in.parquet"
    data = bytearray(written(source, table([BODY, OTHER] * 50)).read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "middle":
        data[20:80] = bytes(60)
    else:
        data = bytearray({"not packed": b'{"text": "a"}\n', "empty": b"", "no magic": b"PAR1"}[damage])
    source.write_bytes(data)
    done = cli("clean", source, "-o", tmp_path / "out.parquet")
    assert done.code == 2
    assert done.err.startswith(f"dedupe: {source}: is")
    assert "; " in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet"]


def test_a_string_that_is_not_utf8(tmp_path: Path) -> None:
    strings = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")]
    )
    source = written(tmp_path / "in.parquet", pa.table({"text": strings}))
    with pytest.raises(ReadError, match=r"is damaged Parquet data \('utf-?8' codec"):
        unpacked(source)


def test_a_mistake_of_ours_is_not_called_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(*_: object, **__: object) -> bytes:
        raise TypeError("a mistake")

    source = written(tmp_path / "in.parquet", table([BODY]))
    monkeypatch.setattr("dedupe.reading.parquet.orjson.dumps", mistaken)
    with pytest.raises(TypeError, match="a mistake"):
        unpacked(source)


def test_what_the_system_says_of_a_file_is_not_called_damage(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        list(parquet_rows(Failing(written(tmp_path / "in.parquet", table([BODY])).read_bytes()), "place"))


def test_rows_without_a_text(cli: Cli, tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", pa.table({"text": ["one", None, "two"]}))
    out = tmp_path / "out.parquet"
    done = cli("clean", source, "-o", out)
    assert done.code == 2
    assert f"{source}:2: the field 'text' is null, not a string" in done.err
    assert cli("clean", source, "-o", out, "--on-error", "skip").code == 0
    assert pq.read_table(out)["text"].to_pylist() == ["one", None, "two"]
    done = cli("clean", written(tmp_path / "in.parquet", pa.table({"body": ["one"]})), "-o", out, "--force")
    assert "has no field 'text', there are 'body'; give --text-field" in done.err


@pytest.mark.parametrize("codec", ["NONE", "snappy", "gzip", {"id": "NONE", "text": "zstd"}])
def test_codecs_stay(cli: Cli, tmp_path: Path, codec: Any) -> None:
    source = written(tmp_path / "in.parquet", table([BODY, OTHER, BODY]), compression=codec)
    out = tmp_path / "out.parquet"
    done = cli("clean", source, "-o", out)
    assert done.code == 0, done.err
    groups = [pq.ParquetFile(path).metadata.row_group(0) for path in (source, out)]
    before, after = ([group.column(at).compression for at in range(group.num_columns)] for group in groups)
    assert before == after
    assert pq.read_table(out)["text"].to_pylist() == [BODY, OTHER]
    assert cli("verify", out).code == 0


@pytest.mark.skipif(not hasattr(pa, "string_view"), reason="this version of Arrow has no views")
def test_views_of_strings_and_bytes(cli: Cli, tmp_path: Path) -> None:
    texts, data = pa.array([BODY, OTHER, BODY], pa.string_view()), pa.array([b"\xff", None, b""], pa.binary_view())
    tags = pa.array([["a"], None, []], pa.list_(pa.string_view()))
    source = written(tmp_path / "in.parquet", pa.table({"text": texts, "data": data, "tags": tags}))
    out, back = tmp_path / "out.parquet", tmp_path / "back.parquet"
    done = cli("clean", source, "-o", out)
    assert done.code == 0, done.err
    assert pq.read_table(out)["text"].to_pylist() == [BODY, OTHER]
    assert cli("restore", out, "--log", f"{out}.difflog.jsonl", "-o", back).code == 0
    assert pq.read_table(back).equals(pq.read_table(source))


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.dictionary(pa.int8(), pa.binary())])
def test_bytes_are_no_text(cli: Cli, tmp_path: Path, kind: Any) -> None:
    """In JSON they would be base 64."""
    values = pa.array([BODY.encode(), OTHER.encode()], pa.binary()).cast(kind)
    source = written(tmp_path / "in.parquet", pa.table({"text": values, "body": [BODY, OTHER]}))
    done = cli("clean", source, "-o", tmp_path / "out.parquet")
    assert done.code == 2
    assert "in.parquet: the column 'text' holds bytes, not strings; " in done.err
    assert cli("clean", source, "-o", tmp_path / "out.parquet", "--text-field", "body").code == 0


def test_an_empty_table(cli: Cli, tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", table([]))
    assert cli("clean", source, "-o", tmp_path / "out.parquet").code == 0
    assert pq.read_schema(tmp_path / "out.parquet").equals(pq.read_schema(source))


def test_targets_are_of_the_same_kind(cli: Cli, tmp_path: Path) -> None:
    source = written(tmp_path / "in.parquet", table([BODY]))
    rows = tmp_path / "in.jsonl"
    rows.write_text('{"text": "a"}\n')
    for given_, out, said in (
        (source, tmp_path / "out.jsonl", "would be no Parquet file, and the input is one; end its name in .parquet"),
        (rows, tmp_path / "out.parquet", "would be a Parquet file, and the input is none; choose another extension"),
        (source, "-", "a Parquet file cannot be written to standard output; give a file with -o"),
    ):
        done = cli("clean", given_, "-o", out, "--log", tmp_path / "log.jsonl")
        assert done.code == 2
        assert said in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "in.parquet"]


def test_columns_that_json_cannot_hold(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="has two columns 'text'; rename one of them"):
        unpacked(written(tmp_path / "a.parquet", pa.table([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])))


def test_parquet_needs_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = written(tmp_path / "in.parquet", table([BODY]))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ReadError) as caught:
        unpacked(source)
    assert str(caught.value) == (
        "place: is Parquet data, and no library for it is installed; "
        "install corpus-dedupe[parquet], or write it as JSON Lines"
    )
