"""Parquet files as JSON Lines, and JSON Lines as Parquet files.

A Parquet file counts as packed JSON Lines: a row of the table is a row there, with the columns in their order, and
everything behind the reader works on those. What JSON has no word for is spelled so that it comes back as it was:
dates, times and durations as the whole numbers that they are stored as, decimals as strings, bytes in base 64, maps as
lists of pairs, numbers that are not finite as ``"nan"``, ``"inf"`` and ``"-inf"``.

A table that is written has the schema (with its metadata) and the codec of the file that it is made from. Values come
back as they were; how a writer laid out and packed its pages does not.
"""

from __future__ import annotations

import importlib
import io
import math
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import orjson

from dedupe.errors import ReadError, WriteError
from dedupe.reading.packed import BUFFER_SIZE

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

#: Rows that are converted at once, unless they come to more than so many bytes.
_BATCH_ROWS = 512
_BATCH_BYTES = 1 << 22

#: A group of rows is written when its columns have so many bytes, or there are so many rows in it.
_GROUP_BYTES = 1 << 25
_GROUP_ROWS = 1 << 20

#: Names of codecs that a writer does not go by.
_CODECS = {"UNCOMPRESSED": "NONE"}

#: Types of which Arrow makes strings and bytes in one step, by their names: older versions of Arrow have not got them.
_VIEWS = {"string_view": "string", "binary_view": "binary"}

_Convert = Callable[[Any], Any]


def parquet_rows(stream: BinaryIO, place: str, text_field: str = "") -> Iterator[bytes]:
    """Yield the rows of a Parquet file as bytes of JSON Lines, many at a time.

    Raises:
        ReadError: it is damaged, or has columns that JSON cannot hold, or bytes for the column *text_field*, or there
            is no library for it; names *place*.
    """
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        advice = "install corpus-dedupe[parquet], or write it as JSON Lines"
        raise ReadError(place, "is Parquet data, and no library for it is installed", advice) from None
    try:
        # with a buffer a column is read piece by piece, else as large as its group of rows
        file = parquet.ParquetFile(stream, buffer_size=BUFFER_SIZE, pre_buffer=False)
        columns = _Columns(file.schema_arrow, place)
        if columns.are_bytes(text_field):
            problem = f"the column {text_field!r} holds bytes, not strings"
            raise ReadError(place, problem, "cast it to strings, as whoever wrote the table may have meant")
        for batch in file.iter_batches(batch_size=_batch_size(file.metadata), use_threads=False):
            if batch.num_rows:
                yield columns.to_rows(batch)
    except arrow.ArrowMemoryError:  # an Arrow exception too, and none about the data
        raise
    except _refusal(arrow) as error:  # of an encoding or a codec
        problem = f"cannot be read by this version of Arrow ({_first_line(error)})"
        raise ReadError(place, problem, "install a newer pyarrow, or write it as JSON Lines") from error
    except (arrow.ArrowException, UnicodeDecodeError) as error:  # the second is of a string, which Arrow does not check
        raise _damaged(place, error) from error
    except OSError as error:
        if error.errno is not None:  # what the system says is not about the data
            raise
        raise _damaged(place, error) from error  # Arrow says so of pages and footers that it cannot decode


def _refusal(arrow: Any) -> type[Exception]:
    """Return the exception of Arrow's that says that Arrow has no code for an encoding, a codec or a conversion.

    The data is sound then, and no other copy of it would help, but another version of Arrow may. Users are told so in
    the words of this module: nothing of it is left out here.
    """
    # The name is Arrow's, and the only way that Arrow has to say so: whether it can decode a page is not to be asked.
    kind: type[Exception] = arrow.ArrowNotImplementedError
    return kind


class ParquetPacker(io.RawIOBase):
    """Packs rows of JSON Lines that :func:`parquet_rows` gave into a Parquet file.

    The rows may have other strings now, and some may be missing; *like* is the file that they are from.
    """

    def __init__(self, raw: BinaryIO, like: Path | None, place: str) -> None:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
        try:
            with parquet.ParquetFile(like) as file:
                schema = file.schema_arrow
                groups = file.metadata.num_row_groups and file.metadata.num_columns
                codec = _codecs(file.metadata.row_group(0)) if groups else "SNAPPY"
        except (OSError, ValueError) as error:
            problem = f"no schema for a Parquet file can be taken from it ({_first_line(error)})"
            raise WriteError(place, problem, "end the name of the output in .jsonl") from error
        self._arrow = arrow
        self._place = place
        self._columns = _Columns(schema, place)
        self._writer = parquet.ParquetWriter(raw, schema, compression=codec)
        self._rows: list[bytes] = []
        self._size = 0
        self._begun = b""
        self._batches: list[Any] = []

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        written = bytes(data)
        *rows, self._begun = (self._begun + written).split(b"\n")
        for row in rows:
            self._rows.append(row)
            self._size += len(row)
            if len(self._rows) == _BATCH_ROWS or self._size > _BATCH_BYTES:
                self._pack()
        return len(written)

    def close(self) -> None:
        if self.closed:
            return
        try:
            self._rows += [self._begun] if self._begun else []
            self._pack()
            self._write_group()
            self._writer.close()
        finally:
            super().close()

    def _pack(self) -> None:
        if self._rows:
            self._batches.append(self._columns.from_rows([orjson.loads(row) for row in self._rows]))
            self._rows, self._size = [], 0
        size, count = (sum(getattr(batch, name) for batch in self._batches) for name in ("nbytes", "num_rows"))
        if size >= _GROUP_BYTES or count >= _GROUP_ROWS:
            self._write_group()

    def _write_group(self) -> None:
        if self._batches:
            table = self._arrow.Table.from_batches(self._batches)
            self._batches = []
            try:
                self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
            # Arrow before 24 cannot write nulls in lists of a fixed size; types do not tell, so it shows only here.
            except _refusal(self._arrow) as error:
                problem = f"cannot be written as Parquet by this version of Arrow ({_first_line(error)})"
                raise WriteError(self._place, problem, "install a newer pyarrow") from error


class _Columns:
    """How the values of a table's columns are spelled in JSON.

    Raises:
        ReadError: a column has a type for which there is no spelling, or a name that another one has.
    """

    def __init__(self, schema: Any, place: str) -> None:
        self._arrow = importlib.import_module("pyarrow")
        self._schema = schema
        self._plain = []
        self._converts: list[tuple[_Convert | None, _Convert | None]] = []
        for at, field in enumerate(schema):
            name = field.name
            if schema.names.index(name) != at:
                raise ReadError(place, f"has two columns {name!r}", "rename one of them")
            plain = _plain_type(field.type, self._arrow)
            if plain is None or not self._goes_and_comes(field.type, plain):
                problem = f"the column {name!r} is of the type {field.type}, which cannot be put into JSON and back"
                raise ReadError(place, problem, "write the table without that column")
            self._plain.append(plain)
            self._converts.append((_to_json(plain, self._arrow.types), _from_json(plain, self._arrow.types)))

    def _goes_and_comes(self, kind: Any, plain: Any) -> bool:
        """Whether this version of Arrow can convert between two types: better known before the work than after.

        There is no way to ask; but whether it can depends on the types alone, so that an attempt on nothing tells.
        """
        try:
            self._arrow.array([], kind).cast(plain).cast(kind)
        except _refusal(self._arrow):  # the answer: there is no conversion between the two
            return False
        return True

    def are_bytes(self, name: str) -> bool:
        """Whether the values of a column are bytes, which are base 64 in JSON: no text to read."""
        at = self._schema.get_field_index(name)
        return at >= 0 and _is_bytes(self._plain[at], self._arrow.types)

    def to_rows(self, batch: Any) -> bytes:
        """Return the rows of a record batch as JSON Lines."""
        columns = []
        for column, plain, (convert, _) in zip(batch.columns, self._plain, self._converts, strict=True):
            values = (column if column.type.equals(plain) else column.cast(plain)).to_pylist()
            columns.append(map(convert, values) if convert else values)
        names = self._schema.names
        rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
        return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)

    def from_rows(self, rows: list[dict[str, Any]]) -> Any:
        """Return parsed rows as a record batch."""
        arrays = []
        for field, plain, (_, convert) in zip(self._schema, self._plain, self._converts, strict=True):
            name = field.name
            values = [convert(row[name]) for row in rows] if convert else [row[name] for row in rows]
            array = self._arrow.array(values, plain)
            arrays.append(array if plain.equals(field.type) else array.cast(field.type))
        return self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema)


def _codecs(group: Any) -> str | dict[str, str]:
    """Return how a group of rows is compressed, or each of its columns, as a writer wants to be told."""
    columns = [group.column(at) for at in range(group.num_columns)]
    codecs = {column.path_in_schema: _CODECS.get(column.compression, column.compression) for column in columns}
    return codecs if len(set(codecs.values())) > 1 else codecs[columns[0].path_in_schema]


def _batch_size(metadata: Any) -> int:
    """Return how many rows are read at once: fewer where rows are large."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    largest = max((group.total_byte_size // group.num_rows for group in groups if group.num_rows), default=0)
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(largest, 1)))


def _plain_type(kind: Any, arrow: Any) -> Any:
    """Return the type whose values say the same and are made of what JSON has, or bytes; None if there is none."""
    types = arrow.types
    if str(kind) in _VIEWS:
        return getattr(arrow, _VIEWS[str(kind)])()
    if types.is_dictionary(kind):
        return _plain_type(kind.value_type, arrow)
    if isinstance(kind, arrow.BaseExtensionType):
        return _plain_type(kind.storage_type, arrow)
    if types.is_date32(kind) or types.is_time32(kind):
        return arrow.int32()
    if types.is_temporal(kind):
        return None if types.is_interval(kind) else arrow.int64()
    if types.is_decimal(kind):
        return arrow.string()
    if types.is_nested(kind):
        return _plain_nested(kind, arrow)
    is_number = types.is_null(kind) or types.is_boolean(kind) or types.is_integer(kind) or types.is_floating(kind)
    is_string = types.is_string(kind) or types.is_large_string(kind)
    return kind if is_number or is_string or _is_bytes(kind, types) else None


def _is_bytes(kind: Any, types: Any) -> bool:
    return bool(types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind))


def _plain_nested(kind: Any, arrow: Any) -> Any:
    types = arrow.types
    if types.is_map(kind):
        key, item = _plain_type(kind.key_type, arrow), _plain_type(kind.item_type, arrow)
        return None if key is None or item is None else arrow.map_(key, item)
    inside = [kind.field(at) for at in range(kind.num_fields)]
    plain = [_plain_type(field.type, arrow) for field in inside]
    if any(one is None for one in plain):
        return None
    fields = [arrow.field(field.name, one, field.nullable) for field, one in zip(inside, plain, strict=True)]
    if types.is_struct(kind):
        return arrow.struct(fields) if len({field.name for field in fields}) == len(fields) else None
    if types.is_fixed_size_list(kind):
        return arrow.list_(fields[0], kind.list_size)
    if types.is_large_list(kind):
        return arrow.large_list(fields[0])
    return arrow.list_(fields[0]) if types.is_list(kind) else None


def _to_json(kind: Any, types: Any) -> _Convert | None:
    """Return what makes of a value that Arrow gives one that JSON has; None if they are the same."""
    if types.is_floating(kind):
        return _unless_null(lambda value: float(value) if math.isfinite(value) else str(float(value)))
    if _is_bytes(kind, types):
        return _unless_null(lambda value: b64encode(value).decode("ascii"))
    return _inside(kind, types, _to_json)


def _from_json(kind: Any, types: Any) -> _Convert | None:
    """Return what makes of a value in JSON one that Arrow takes; None if they are the same."""
    if types.is_floating(kind):
        return _unless_null(np.float16 if types.is_float16(kind) else float)
    if _is_bytes(kind, types):
        return _unless_null(b64decode)
    if types.is_map(kind):
        convert = _inside(kind, types, _from_json) or _same
        return _unless_null(lambda value: [tuple(pair) for pair in convert(value)])
    return _inside(kind, types, _from_json)


def _inside(kind: Any, types: Any, conversion: Callable[[Any, Any], _Convert | None]) -> _Convert | None:
    """Return what converts the values inside a nested value; None if none of them has to be converted."""
    if types.is_map(kind):
        key, item = (conversion(one, types) or _same for one in (kind.key_type, kind.item_type))
        if key is _same and item is _same:
            return None
        return _unless_null(lambda value: [(key(one), item(other)) for one, other in value])
    if types.is_struct(kind):
        converts = {field.name: conversion(field.type, types) or _same for field in kind}
        if all(convert is _same for convert in converts.values()):
            return None
        return _unless_null(lambda value: {name: converts[name](one) for name, one in value.items()})
    if types.is_nested(kind):
        convert = conversion(kind.value_type, types)
        return convert and _unless_null(lambda value: [convert(one) for one in value])
    return None


def _unless_null(convert: _Convert) -> _Convert:
    return lambda value: None if value is None else convert(value)


def _same(value: Any) -> Any:
    return value


def _damaged(place: str, error: Exception) -> ReadError:
    return ReadError(place, f"is damaged Parquet data ({_first_line(error)})", "fetch the file again")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
