"""Paths, encodings, JSON rows and the corpus: what is read is what is there, or an error that says why."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import json
import lzma
import os
import random
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dedupe.config import Config
from dedupe.errors import ConfigError, ReadError, WriteError
from dedupe.reading import files as files_module
from dedupe.reading.corpus import FileCorpus, Record
from dedupe.reading.encoding import codec_name, decode, encode, magic_name
from dedupe.reading.files import Inputs, find_inputs, open_input, shown
from dedupe.reading.jsonl import encode_token, exchange_text, is_object, locate_texts, parse_row, replace_text

zstandard = pytest.importorskip("zstandard")

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lambda data: lzma.compress(data, preset=0),  # a small dictionary, hence little memory
    ".zst": zstandard.ZstdCompressor().compress,
}
PACKED = {name: pack for name, pack in PACK.items() if name}

GERMAN = "Für die Überfahrt über die Elbe müssen Reisende früher größere Mühen auf sich nehmen.\n" * 12
RUSSIAN = "Сегодня хорошая погода, и мы пошли гулять по берегу большой реки.\n" * 12


def write_tree(folder: Path, **files: bytes) -> Path:
    """Write files given as ``name=bytes`` into *folder*; names may be paths."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def inputs_of(
    *paths: Path | str, config: Config | None = None, spool: Path | None = None, stdin: bytes = b""
) -> Inputs:
    return find_inputs([str(path) for path in paths], config or Config(), spool or Path(), io.BytesIO(stdin))


def read(*paths: Path, **settings: Any) -> list[tuple[int, str, Record]]:
    config = Config(**settings)
    corpus = FileCorpus(inputs_of(*paths, config=config), config)
    return [(number, file.path, record) for number, file, record in corpus.records()]


# -- encodings


@pytest.mark.parametrize(
    ("data", "encoding", "bom", "detector", "text"),
    [
        (b"", "utf-8", b"", "utf-8", ""),
        (b"plain", "utf-8", b"", "utf-8", "plain"),
        ("né 😀".encode(), "utf-8", b"", "utf-8", "né 😀"),
        (codecs.BOM_UTF8, "utf-8", codecs.BOM_UTF8, "bom", ""),
        (codecs.BOM_UTF8 * 2 + b"a", "utf-8", codecs.BOM_UTF8, "bom", "\ufeffa"),
        (codecs.BOM_UTF16_LE + "né 😀".encode("utf-16-le"), "utf-16-le", codecs.BOM_UTF16_LE, "bom", "né 😀"),
        (codecs.BOM_UTF16_BE + "日本".encode("utf-16-be"), "utf-16-be", codecs.BOM_UTF16_BE, "bom", "日本"),
        (codecs.BOM_UTF32_LE + "né".encode("utf-32-le"), "utf-32-le", codecs.BOM_UTF32_LE, "bom", "né"),
        (codecs.BOM_UTF32_BE + "né".encode("utf-32-be"), "utf-32-be", codecs.BOM_UTF32_BE, "bom", "né"),
        (codecs.BOM_UTF16_LE + b"\0\0a\0", "utf-16-le", codecs.BOM_UTF16_LE, "bom", "\0a"),
        ("Ein Satz.\n".encode("utf-16-le"), "utf-16-le", b"", "nul-pattern", "Ein Satz.\n"),
        ("Ein Satz.\n".encode("utf-16-be"), "utf-16-be", b"", "nul-pattern", "Ein Satz.\n"),
        ("Ein Satz.\n".encode("utf-32-be"), "utf-32-be", b"", "nul-pattern", "Ein Satz.\n"),
        ("日本語 の文\n".encode("utf-16-le") * 9, "utf-16-le", b"", "nul-pattern", "日本語 の文\n" * 9),
        ("ĀĀ and ĀĀ, a rare letter\n".encode("utf-16-le"), "utf-16-le", b"", "nul-pattern", None),
        (b"form\x0cfeed \x1b[1mbold\x1b[0m\n", "utf-8", b"", "utf-8", None),
        (b"BZh is how it begins", "utf-8", b"", "utf-8", None),
        (b"PAR1 is a word", "utf-8", b"", "utf-8", None),
    ],
)
def test_decode(data: bytes, encoding: str, bom: bytes, detector: str, text: str | None) -> None:
    found = decode(data, "a.txt", Config())
    assert (found.encoding, found.bom, found.detector) == (encoding, bom, detector)
    assert text is None or found.text == text
    assert encode(found.text, found.encoding, found.bom, "a.txt") == data


@pytest.mark.parametrize(
    ("data", "settings", "encoding"),
    [
        (b"n\xe9", {"encoding": "latin1"}, "iso-8859-1"),
        (b"n\xe9", {"encoding": "CP1252"}, "windows-1252"),
        (b"n\xc3\xa9", {"encoding": "CP1252"}, "windows-1252"),
        (codecs.BOM_UTF8 + b"a", {"encoding": "utf-8-sig"}, "utf-8"),
        (b"a\0b", {"encoding": "utf-8"}, "utf-8"),
        ("Mark".encode("utf-16"), {"encoding": "utf-16"}, "utf-16-" + ("le" if sys.byteorder == "little" else "be")),
        ("日本".encode("utf-16-be"), {"encoding": "utf-16-be"}, "utf-16-be"),
        ("日本".encode("utf-16-le"), {"encoding": "utf-16"}, "utf-16-le"),
        ("abc".encode("utf-16-be"), {"encoding": "utf-16"}, "utf-16-be"),
        ("\ufeff日本".encode("gb18030"), {"encoding": "gb18030"}, "gb18030"),
        (b"n\xe9", {"fallback_encoding": "cp1252"}, "windows-1252"),
        (b"n\xc3\xa9", {"fallback_encoding": "cp1252"}, "utf-8"),
        (codecs.BOM_UTF8 + b"a", {"fallback_encoding": "cp1252"}, "utf-8"),
    ],
)
def test_decode_with_settings(data: bytes, settings: dict[str, str], encoding: str) -> None:
    found = decode(data, "a.txt", Config(**settings))  # type: ignore[arg-type]
    assert found.encoding == encoding
    assert not found.text.startswith("\ufeff")
    assert encode(found.text, found.encoding, found.bom, "a.txt") == data


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (b"caf\xe9 au lait", {}, "a.txt: not UTF-8 (byte 0xE9 at offset 3); give --encoding, or install corpus-dedupe"),
        (codecs.BOM_UTF8 + b"caf\xe9", {}, "begins with the byte order mark of utf-8, but is not utf-8 (byte 0xE9 at"),
        (
            codecs.BOM_UTF16_LE + b"a\0b",
            {},
            "byte order mark of utf-16-le, but is not utf-16-le (byte 0x62 at offset 4",
        ),
        (codecs.BOM_UTF16_LE + b"\0\xd8a\0", {}, "is not utf-16-le (byte 0x00 at offset 2)"),
        (PNG, {}, "a.txt: looks like a binary file (PNG); leave it out"),
        (PNG, {"encoding": "latin1"}, "looks like a binary file (PNG)"),
        (b"%PDF-1.4\nabc", {}, "looks like a binary file (PDF)"),
        (gzip.compress(b"a", mtime=0), {}, "looks like a binary file (gzip); unpack it, or name it as gzip data"),
        (bz2.compress(b"a"), {}, "looks like a binary file (bzip2)"),
        (bz2.compress(b""), {}, "looks like a binary file (bzip2)"),
        (b"PAR1\x15\x04 data PAR1", {}, "looks like a binary file (Parquet)"),
        (
            b"text\0text",
            {},
            "looks like a binary file (NUL at offset 4); leave it out, or give --encoding if it is text",
        ),
        (bytes(range(256)) * 8, {}, "looks like a binary file (NUL at offset 0)"),
        (b"\x01\0\x02\0\x03\0\x04\0", {}, "looks like a binary file"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x0e\x0f\x10 few words", {}, "looks like a binary file (10 control characters"),
        (b"\xe9", {"encoding": "utf-8"}, "not utf-8 (byte 0xE9 at offset 0)"),
        (b"\xe9", {"encoding": "ascii"}, "not ascii (byte 0xE9 at offset 0); give the right --encoding"),
        (
            codecs.BOM_UTF8 + b"a",
            {"encoding": "cp1252"},
            "begins with the byte order mark of utf-8, but the encoding was",
        ),
        (
            b"\x81\xe9",
            {"fallback_encoding": "cp1252"},
            "neither UTF-8 (byte 0x81 at offset 0) nor windows-1252 (byte 0x81",
        ),
        (b"~{\x56\x50~}~~", {"encoding": "hz"}, None),
        (b"\x1b$B0l\x1b(B\x1b(B", {"encoding": "iso2022_jp"}, "does not come back the same from iso2022_jp"),
        (b"+AGE-", {"encoding": "utf-7"}, "does not come back the same from utf-7"),
    ],
)
def test_decode_refuses(monkeypatch: pytest.MonkeyPatch, data: bytes, settings: dict[str, str], message: str) -> None:
    monkeypatch.setitem(sys.modules, "chardet", None)
    monkeypatch.setitem(sys.modules, "charset_normalizer", None)
    if message is None:  # whatever comes out, it comes back
        found = decode(data, "a.txt", Config(**settings))  # type: ignore[arg-type]
        assert encode(found.text, found.encoding, found.bom, "") == data
        return
    with pytest.raises(ReadError) as caught:
        decode(data, "a.txt", Config(**settings))  # type: ignore[arg-type]
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["klingon", "hex", "rot13", "", "utf-8\0"])
def test_unknown_encodings(name: str) -> None:
    with pytest.raises(ConfigError, match="encoding: unknown encoding"):
        codec_name(name)


@pytest.mark.parametrize(
    ("text", "encoding"), [(GERMAN, "windows-1252"), (RUSSIAN, "koi8-r"), (RUSSIAN, "windows-1251")]
)
def test_chardet(text: str, encoding: str) -> None:
    pytest.importorskip("chardet", minversion="7")
    data = text.encode(encoding)
    found = decode(data, "a.txt", Config())
    assert (found.text, found.detector) == (text, "chardet")
    assert found.confidence is not None
    assert 0 <= found.confidence <= 1
    assert encode(found.text, found.encoding, b"", "a.txt") == data


def fake_chardet(answer: str | None, version: str = "7.1.0") -> SimpleNamespace:
    return SimpleNamespace(__version__=version, detect=lambda data, **_: {"encoding": answer, "confidence": 0.123456})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (None, "not UTF-8 (byte 0xE9 at offset 1), and chardet does not know it; give --encoding"),
        ("klingon", "and chardet does not know it"),
        ("ascii", "and chardet does not know it"),
        ("shift_jis", "nor, as chardet says, shift_jis (byte 0xE9 at offset 1); give the right --encoding"),
        ("utf-7", "nor, as chardet says, utf-7"),
    ],
)
def test_wrong_answers_of_a_detector(monkeypatch: pytest.MonkeyPatch, answer: str | None, message: str) -> None:
    monkeypatch.setitem(sys.modules, "chardet", fake_chardet(answer))
    with pytest.raises(ReadError) as caught:
        decode(b"n\xe9", "a.txt", Config())
    assert message in str(caught.value)


def test_an_old_chardet_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    best = SimpleNamespace(encoding="cp1252", chaos=0.25)
    normalizer = SimpleNamespace(from_bytes=lambda data: SimpleNamespace(best=lambda: best))
    monkeypatch.setitem(sys.modules, "chardet", fake_chardet("koi8-r", "5.2.0"))
    monkeypatch.setitem(sys.modules, "charset_normalizer", normalizer)
    found = decode(b"n\xe9", "a.txt", Config())
    assert (found.text, found.encoding, found.detector, found.confidence) == (
        "né",
        "windows-1252",
        "charset-normalizer",
        0.75,
    )


def test_encode_refuses_a_character_the_encoding_lacks() -> None:
    with pytest.raises(WriteError) as caught:
        encode("wait…→", "windows-1252", b"", "a.txt")
    assert str(caught.value).startswith("a.txt: U+2192 RIGHTWARDS ARROW cannot be written in windows-1252; convert")


@given(st.binary(max_size=200))
def test_whatever_decodes_comes_back(data: bytes) -> None:
    for config in (Config(), Config(fallback_encoding="cp1252"), Config(encoding="utf-16"), Config(encoding="gb18030")):
        try:
            found = decode(data, "a", config)
        except ReadError:
            continue
        assert encode(found.text, found.encoding, found.bom, "a") == data


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
)
def test_marked_texts_are_read_as_they_are(text: str, encoding: str) -> None:
    data = ("\ufeff" + text).encode(encoding)
    found = decode(data, "a", Config())
    # UTF-16-LE that begins with NUL, NUL cannot be told from UTF-32-LE; it comes back all the same
    assert found.text == text or data.startswith(codecs.BOM_UTF32_LE)
    assert encode(found.text, found.encoding, found.bom, "a") == data


# -- JSON rows


@pytest.mark.parametrize(
    ("row", "settings", "expected"),
    [
        (b'{"text":"a"}', {}, ("a", None, None)),
        (b'{"text":""}\r\n', {}, ("", None, None)),
        (b' \t{ "id" : "x" , "text" : "a" } \n', {}, ("a", "x", None)),
        (b'\xef\xbb\xbf{"text":"a","id":0}', {}, ("a", "0", None)),
        (b'{"text":"a","id":-12}', {}, ("a", "-12", None)),
        (b'{"text":"a","id":123456789012345678901234567890}', {}, ("a", "123456789012345678901234567890", None)),
        (b'{"text":"a","id":1.5}', {}, ("a", None, None)),
        (b'{"text":"a","id":1.0}', {}, ("a", None, None)),
        (b'{"text":"a","id":1e30}', {}, ("a", None, None)),
        (b'{"text":"a","id":true}', {}, ("a", None, None)),
        (b'{"text":"a","id":null}', {}, ("a", None, None)),
        (b'{"text":"a","id":["x"]}', {}, ("a", None, None)),
        (b'{"text":"a","id":""}', {}, ("a", "", None)),
        (b'{"text":"a","text":"b"}', {}, ("b", None, None)),
        (b'{"t\\u0065xt":"a"}', {}, ("a", None, None)),
        (b'{"text":"\\ud800"}', {}, ("\ud800", None, None)),
        (b'{"text":"\\ud83d\\ude00\\ude00"}', {}, ("😀\ude00", None, None)),
        (b'{"text":"a","x":NaN,"y":-Infinity}', {}, ("a", None, None)),
        (b'{"text":"a","x":1e999}', {}, ("a", None, None)),
        (b'{"body":"a","key":"k","text":1}', {"text_field": "body", "id_field": "key"}, ("a", "k", None)),
        (
            b'{"text":"a","url":"https://user:pw@News.Example.ORG:8080/a?b#c"}',
            {"source_field": "url"},
            "news.example.org",
        ),
        (b'{"text":"a","url":"http://[2001:DB8::1]:80/"}', {"source_field": "url"}, "[2001:db8::1]"),
        (b'{"text":"a","url":"https://example.org"}', {"source_field": "url"}, "example.org"),
        (b'{"text":"a","url":"https:///nothing"}', {"source_field": "url"}, "https:///nothing"),
        (b'{"text":"a","url":"BBC News"}', {"source_field": "url"}, "BBC News"),
        (b'{"text":"a","url":7}', {"source_field": "url"}, "7"),
        (b'{"text":"a","url":""}', {"source_field": "url"}, None),
        (b'{"text":"a","url":{"a":1}}', {"source_field": "url"}, None),
        (b'{"text":"a"}', {"source_field": "url"}, None),
    ],
)
def test_parse_row(row: bytes, settings: dict[str, str], expected: Any) -> None:
    found = parse_row(row, "a:1", Config(**settings))  # type: ignore[arg-type]
    assert found[:3] == expected if isinstance(expected, tuple) else found[:3] == ("a", None, expected)
    assert found.date == ""


@pytest.mark.parametrize(
    ("value", "date"),
    [('"2024-05-01"', "2024-05-01"), ("1714521600", "1714521600"), ("2024.0", "2024"), ("1714521600.5", "1714521600"),
     ("1e400", ""), ("NaN", ""), ("true", ""), ("null", ""), ("[2024]", ""), ('""', "")],
)  # fmt: skip
def test_dates_of_rows(value: str, date: str) -> None:
    row = b'{"text":"a","date":' + value.encode() + b"}"
    assert parse_row(row, "a:1", Config(date_field="date")).date == date
    assert parse_row(row, "a:1", Config(date_field="other")).date == ""


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            b'{"text": "a"',
            "a.jsonl:7: not JSON: Expecting ',' delimiter at column 13; mend the row, or use --on-error skip",
        ),
        (b"plain words", "a.jsonl:7: not JSON: Expecting value at column 1"),
        (b'{"text": "a"} {}', "a.jsonl:7: not JSON: Extra data at column 15"),
        (b'{"text": "a\tb"}', "a.jsonl:7: not JSON: Invalid control character at at column 12"),
        (b"{'text': 'a'}", "a.jsonl:7: not JSON: Expecting property name enclosed in double quotes"),
        (b'{"text": "\\x41"}', "a.jsonl:7: not JSON: Invalid \\escape"),
        (b'{"text": "caf\xe9"}', "a.jsonl:7: not UTF-8 (byte 0xE9 at offset 13); convert the file to UTF-8"),
        (b'{"text": "\xed\xa0\x80"}', "a.jsonl:7: not UTF-8 (byte 0xED at offset 10)"),
        (
            b'{"text": "a", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
            "not JSON that can be read: nested too deeply",
        ),
        (b'["text"]', "a.jsonl:7: the row is an array, not an object; mend the row"),
        (b'"text"', "a.jsonl:7: the row is a string, not an object"),
        (b"12", "a.jsonl:7: the row is a number, not an object"),
        (b"null", "a.jsonl:7: the row is null, not an object"),
        (b"true", "a.jsonl:7: the row is a boolean, not an object"),
        (b"{}", "a.jsonl:7: has no field 'text', it has no fields; give --text-field, or use --on-error skip"),
        (b'{"body":"a","id":1}', "a.jsonl:7: has no field 'text', there are 'body', 'id'; give --text-field"),
        (b'{"meta":{"text":"a"}}', "a.jsonl:7: has no field 'text', there are 'meta'"),
        (b'{"text":null}', "a.jsonl:7: the field 'text' is null, not a string; give --text-field"),
        (b'{"text":["a"]}', "a.jsonl:7: the field 'text' is an array, not a string"),
        (b'{"text":{"a":1}}', "a.jsonl:7: the field 'text' is an object, not a string"),
        (b'{"text":1.5}', "a.jsonl:7: the field 'text' is a number, not a string"),
        (b'{"text":"a","text":false}', "a.jsonl:7: the field 'text' is a boolean, not a string"),
    ],
)
def test_parse_row_refuses(row: bytes, message: str) -> None:
    with pytest.raises(ReadError) as caught:
        parse_row(row, "a.jsonl:7", Config())
    assert message in str(caught.value)


@pytest.mark.parametrize("number", [b"9" * 5000, b'NaN, "y": ' + b"9" * 5000])
def test_a_number_beyond_all_bounds(number: bytes) -> None:
    """JSON sets none, and nobody has asked for this field."""
    assert parse_row(b'{"text": "a", "x": ' + number + b"}", "a.jsonl:7", Config()) == ("a", None, None, "")


def test_the_fields_named_in_an_error_are_few() -> None:
    row = json.dumps({f"field{n}": n for n in range(100)}).encode()
    with pytest.raises(ReadError, match=r"'field7', \.\.\.;"):
        parse_row(row, "a", Config())


@pytest.mark.parametrize(
    ("row", "is_one"),
    [(b'{"a":1}\n', True), (b'{"a":NaN}', True), (b"[1]", False), (b"{", False), (b"# Title", False), (b"\xff", False)],
)
def test_is_object(row: bytes, is_one: bool) -> None:
    assert is_object(row) is is_one


@pytest.mark.parametrize(
    ("row", "token"),
    [
        (b'{"text":"a"}', b'"a"'),
        (b'{ "text"\t:\r\n "a" , "b":1}', b'"a"'),
        (b'\xef\xbb\xbf{"text":"a"}', b'"a"'),
        (b'{"text":"first","text":"last"}', b'"last"'),
        (b'{"text":"first","te\\u0078t":"last"}', b'"last"'),
        (b'{"text":1,"text":"last"}', b'"last"'),
        (b'{"meta":{"text":"no","x":[{"text":"no"}]},"text":"yes","more":{"text":"no"}}', b'"yes"'),
        (b'{"a":"text","text":"yes","b":["text","x"]}', b'"yes"'),
        (b'{"a":"\\"text\\":\\"no\\"","text":"yes"}', b'"yes"'),
        (b'{"a":"}{][","text":"yes"}', b'"yes"'),
        (b'{"a":"\\\\","text":"x\\\\\\"y\\\\"}', b'"x\\\\\\"y\\\\"'),
        (b'{"text ":"no","Text":"no","text":""}', b'""'),
        ('{"textes":"é","text":"né"}'.encode(), '"né"'.encode()),
    ],
)
def test_the_text_is_found_in_its_row(row: bytes, token: bytes) -> None:
    ((start, end),) = locate_texts([row], "text")
    assert row[start:end] == token


@pytest.mark.parametrize("field", ["a b", 'quo"te', "back\\slash", "né", "\n", "😀", "a/b"])
@pytest.mark.parametrize("ensure_ascii", [True, False])
def test_the_text_is_found_under_odd_keys(field: str, ensure_ascii: bool) -> None:
    row = json.dumps({"x": {field: "no"}, field: "yes"}, ensure_ascii=ensure_ascii).encode()
    ((start, end),) = locate_texts([row], field)
    assert row[start:end] == b'"yes"'


@pytest.mark.parametrize("row", [b"{}", b'{"a":{"text":"x"}}', b'{"text":"a","text":1}', b'{"text":["a"]}'])
def test_no_text_is_found(row: bytes) -> None:
    with pytest.raises(KeyError):
        locate_texts([b'{"text":"x"}', row], "text")


def as_php(text: str) -> str:
    return json.dumps(text).replace("/", "\\/")


def as_go(text: str) -> str:
    token = json.dumps(text, ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        token = token.replace(char, f"\\u{ord(char):04x}")
    return token


def as_upper_hex(text: str) -> str:
    """As .NET writes: everything beyond ASCII and what HTML could trip over, in capitals."""
    body = ""
    for unit in text:
        spelled = json.dumps(unit)[1:-1]
        if spelled.startswith("\\u"):
            spelled = spelled.upper().replace("\\U", "\\u")
        elif unit in "\"<>&'+`":
            spelled = f"\\u{ord(unit):04X}"
        body += spelled
    return f'"{body}"'


def as_long_escapes(text: str) -> str:
    return "".join(
        f"\\u{ord(c):04x}" if c in "\b\f\n\r\t" else json.dumps(c, ensure_ascii=False)[1:-1] for c in text
    ).join('""')


def as_raw(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


WRITERS = [json.dumps, as_raw, as_php, as_go, as_upper_hex, as_long_escapes]

texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from("\"\\/<>&'\b\f\n\r\t\0\x1f\x7f\x80\xa0é\u2028\ufeff😀"),
    )
)


@given(texts, st.sampled_from(WRITERS))
def test_a_token_is_spelled_as_it_was(text: str, writer: Callable[[str], str]) -> None:
    token = writer(text).encode()
    assert json.loads(token) == text
    assert encode_token(text, like=token) == token


@given(texts)
def test_a_token_of_orjson_is_spelled_as_it_was(text: str) -> None:
    assert encode_token(text, like=orjson.dumps(text)) == orjson.dumps(text)


@given(texts, st.integers(0, 20), st.integers(0, 20), st.sampled_from(WRITERS))
def test_a_deletion_is_written_as_its_writer_would(
    text: str, start: int, size: int, writer: Callable[[str], str]
) -> None:
    shorter = text[:start] + text[start + size :]
    assert encode_token(shorter, like=writer(text).encode()) == writer(shorter).encode()


@given(st.text(), texts, st.sampled_from(WRITERS))
def test_any_text_fits_into_any_style(new: str, old: str, writer: Callable[[str], str]) -> None:
    token = encode_token(new, like=writer(old).encode())
    # a high and a low surrogate side by side mean the character they make
    assert json.loads(token) == new.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


@pytest.mark.parametrize(
    ("text", "like", "token"),
    [
        ("né\ud800", '"né\\uD800"'.encode(), '"né\\uD800"'.encode()),
        ("né\ud800", '"né"'.encode(), '"né\\ud800"'.encode()),
        ("\ud800", b'""', b'"\\ud800"'),
        ("é", b'"\\u2028"', '"é"'.encode()),
        ("éè", b'"\\u00C8"', b'"\\u00E9\\u00E8"'),
        ("😀", b'"\\u00e9"', b'"\\ud83d\\ude00"'),
        ("a/b", b'"http:\\/\\/"', b'"a\\/b"'),
        ("\\u00e9", b'"\\\\u00e9"', b'"\\\\u00e9"'),
    ],
)
def test_encode_token(text: str, like: bytes, token: bytes) -> None:
    assert encode_token(text, like) == token


def test_a_plain_text_takes_its_spelling_from_the_rest_of_the_row() -> None:
    assert replace_text(b'{"by":"Zo\\u00eb","text":"&eacute;"}', "text", "é") == b'{"by":"Zo\\u00eb","text":"\\u00e9"}'
    assert replace_text('{"by":"Zoë","text":"&eacute;"}'.encode(), "text", "é") == '{"by":"Zoë","text":"é"}'.encode()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "a", 'q"']) | texts, inner, max_size=3)
    ),
    max_leaves=8,
)
pairs = st.lists(st.tuples(st.sampled_from(["text", "id", "te/xt", "né"]) | texts, values), max_size=5)
spaces = st.sampled_from(["", " ", "\t", " \r "])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(pairs, pairs, texts, texts, st.booleans(), spaces, spaces, st.sampled_from(["", "\n", "\r\n"]), st.booleans())
def test_replacing_the_text_changes_that_token_alone(
    before: list[tuple[str, Any]],
    after: list[tuple[str, Any]],
    old: str,
    new: str,
    ensure_ascii: bool,
    space: str,
    gap: str,
    end: str,
    escaped_key: bool,
) -> None:
    def dump(value: Any) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, separators=("," + space, gap + ":" + space))

    def fields(pairs: list[tuple[str, Any]]) -> list[str]:
        return [f"{dump(key)}{gap}:{space}{dump(value)}" for key, value in pairs]

    after = [(key, value) for key, value in after if key != "text"]
    key = '"t\\u0065xt"' if escaped_key else '"text"'

    def row_with(text: str) -> bytes:
        members = [*fields(before), f"{key}{gap}:{space}{dump(text)}", *fields(after)]
        return (space + "{" + gap + ("," + gap).join(members) + space + "}" + end).encode()

    row = row_with(old)
    assert parse_row(row, "", Config())[0] == old
    ((start, stop),) = locate_texts([row], "text")
    assert row[start:stop] == dump(old).encode()
    changed = replace_text(row, "text", new)
    assert parse_row(changed, "", Config())[0] == new
    assert (changed[:start], changed[len(changed) - len(row) + stop :]) == (row[:start], row[stop:])
    assert replace_text(row, "text", old) == row
    token = row[start:stop] if replace_text(changed, "text", old) != row else b""
    assert exchange_text(row, (start, stop), old, new) == (changed, token)


# -- files


def test_a_tree(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        **{
            "b.txt": b"b",
            "a/z.MD": b"z",
            "a/rows.jsonl.gz": gzip.compress(b""),
            "rows.ndjson": b"",
            "page.html": b"",
            "x/y.csv.gz": b"",
            "README": b"",
            ".git/config.txt": b"",
            ".hidden.txt": b"",
            "a.difflog.jsonl": b"",
            "b.difflog.jsonl.gz": b"",
            "plan.json": b"{}",
        },
    )
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "loop.txt").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "link.txt").symlink_to(tmp_path / "b.txt")
    found = inputs_of(tmp_path)
    assert found.shape == "tree"
    assert [(file.path, file.kind, file.compression) for file in found.files] == [
        ("a/rows.jsonl.gz", "jsonl", "gz"),
        ("a/z.MD", "text", ""),
        ("b.txt", "text", ""),
        ("link.txt", "text", ""),
        ("rows.ndjson", "jsonl", ""),
    ]
    assert found.ignored == {"": 1, ".csv.gz": 1, ".difflog.jsonl": 2, ".html": 1, ".json": 1}
    assert found.roots == (tmp_path,)
    assert inputs_of(tmp_path, config=Config(extensions=("html", ".JSON"))).ignored[".md"] == 1


def test_an_empty_tree(tmp_path: Path) -> None:
    assert inputs_of(tmp_path) == Inputs((), "tree", {}, (tmp_path,))


def test_files_by_name(tmp_path: Path) -> None:
    write_tree(tmp_path, **{"page.html": b"x", ".hidden": b"x", "a.jsonl.zst": b"", "log.difflog.jsonl": b""})
    found = inputs_of(*(tmp_path / name for name in ("page.html", ".hidden", "a.jsonl.zst", "log.difflog.jsonl")))
    assert [(file.path, file.kind, file.compression) for file in found.files] == [
        (".hidden", "text", ""),
        ("a.jsonl.zst", "jsonl", "zst"),
        ("log.difflog.jsonl", "jsonl", ""),
        ("page.html", "text", ""),
    ]
    assert found.shape == "tree"
    one = inputs_of(tmp_path / "page.html")
    assert (one.shape, one.files[0].path) == ("file", "page.html")


@pytest.mark.parametrize(
    ("data", "kind"), [(b'\n{"text":"a"}\n', "jsonl"), (b'"a"', "text"), (b"plain words", "text"), (b"", "text")]
)
def test_json_by_its_first_line(tmp_path: Path, data: bytes, kind: str) -> None:
    write_tree(tmp_path, **{"a.json.gz": gzip.compress(data)})
    assert inputs_of(tmp_path / "a.json.gz").files[0].kind == kind
    assert inputs_of(tmp_path, config=Config(extensions=(".json",))).files[0].kind == kind


@pytest.mark.parametrize("data", [b'\n [{"text": "a"},\n{"text": "b"}]', b"[1, 2]", b'{\n"a": 1\n}', b'{"text": "a'])
def test_other_json_is_no_text(tmp_path: Path, data: bytes) -> None:
    """A line less and it is none any more."""
    write_tree(tmp_path, **{"a.json": data})
    with pytest.raises(ReadError, match=r"a\.json: is one piece of JSON, not one object a line; .*--input-format"):
        inputs_of(tmp_path / "a.json")
    assert inputs_of(tmp_path / "a.json", config=Config(input_format="text")).files[0].kind == "text"
    assert inputs_of(tmp_path).files == ()


@pytest.mark.parametrize("kind", ["text", "jsonl"])
def test_the_format_can_be_told(tmp_path: Path, kind: str) -> None:
    write_tree(tmp_path, **{"a.txt": b"", "b.jsonl": b""})
    config = Config(input_format=kind)
    assert {file.kind for file in inputs_of(tmp_path, config=config).files} == {kind}
    assert inputs_of("-", config=config, spool=tmp_path).files[0].kind == kind


def test_the_order_given_does_not_matter(tmp_path: Path) -> None:
    write_tree(tmp_path, **{"x/a.txt": b"", "y/a.txt": b"", "z.txt": b"", "x/sub/b.md": b""})
    names = [tmp_path / "x", tmp_path / "y", tmp_path / "z.txt"]
    expected = ["x/a.txt", "x/sub/b.md", "y/a.txt", "z.txt"]
    for _ in range(5):
        random.shuffle(names)
        assert [file.path for file in inputs_of(*names).files] == expected


def test_a_pattern(tmp_path: Path) -> None:
    write_tree(tmp_path, **{"a/x.txt": b"", "a/b/y.txt": b"", "a/z.md": b"", "odd[1].txt": b""})
    assert [file.path for file in inputs_of(tmp_path / "a/**/*.txt").files] == ["x.txt", "y.txt"]
    assert [file.path for file in inputs_of(tmp_path / "odd[1].txt").files] == ["odd[1].txt"]
    with pytest.raises(ReadError, match="no file matches this pattern"):
        inputs_of(tmp_path / "*.xml")


@pytest.mark.parametrize(
    ("paths", "error", "message"),
    [
        (["missing.txt"], ReadError, "missing.txt: no such file or folder; look at the path"),
        (["one.txt/x"], ReadError, "one.txt/x: not a directory"),
        (["broken.txt"], ReadError, "broken.txt: is a link that leads nowhere; mend or remove it"),
        (["nul\0"], ReadError, "nul\\x00: is no path, a NUL stands in it"),
        (["tree"], ReadError, "tree/dangling.txt: is a link that leads nowhere"),
        (["/dev/null"], ReadError, "/dev/null: is neither a file nor a folder"),
        (["one.txt", "one.txt"], ConfigError, "one.txt: is given twice"),
        (["d", "d/sub"], ConfigError, "d/sub/a.txt: is given twice"),
        (
            ["d/sub/a.txt", "e/a.txt"],
            ConfigError,
            "a.txt: would be the output of both d/sub/a.txt and e/a.txt; give the",
        ),
        (["f/x.txt", "g/x.txt"], ConfigError, "x.txt: would be both a file and a folder in the output"),
        (["-", "one.txt"], ConfigError, "-: standard input cannot be combined with other paths"),
        ([], ConfigError, "PATH: no input was given"),
        (["tree/*.csv"], ReadError, "tree/*.csv: no file matches this pattern"),
    ],
)
def test_paths_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: list[str], error: type[Exception], message: str
) -> None:
    write_tree(tmp_path, **{"one.txt": b"", "d/sub/a.txt": b"", "e/a.txt": b"", "f/x.txt": b"", "g/x.txt/y.txt": b""})
    (tmp_path / "broken.txt").symlink_to("nowhere")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/dangling.txt").symlink_to("nowhere")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error) as caught:
        inputs_of(*paths)
    assert message in str(caught.value)


def test_an_unreadable_folder_is_an_error(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads every folder")
    write_tree(tmp_path, **{"a/b.txt": b""})
    (tmp_path / "a").chmod(0)
    try:
        with pytest.raises(ReadError, match="a: the folder cannot be read: permission denied"):
            inputs_of(tmp_path)
    finally:
        (tmp_path / "a").chmod(0o700)


def test_a_folder_that_fails_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: str) -> Any:
        raise PermissionError(13, "Permission denied", folder)

    monkeypatch.setattr(files_module.os, "scandir", refuse)
    with pytest.raises(ReadError, match="the folder cannot be read: permission denied; look at its permissions"):
        inputs_of(tmp_path)


def test_pipes_in_a_tree_are_counted_and_named_ones_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert inputs_of(tmp_path).ignored == {"(not a regular file)": 1}
    writer = threading.Thread(target=lambda: (tmp_path / "pipe.txt").write_bytes(b'{"text":"a"}\n'))
    writer.start()
    (tmp_path / "spool").mkdir()
    found = inputs_of(tmp_path / "pipe.txt", spool=tmp_path / "spool")
    writer.join()
    assert [(file.path, file.kind) for file in found.files] == [("pipe.txt", "jsonl")]
    assert found.files[0].location.read_bytes() == b'{"text":"a"}\n'


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "text"),
        (b"\n\n", "text"),
        (b'\n  \n{"text": "a"}\nnot json', "jsonl"),
        (b'\xef\xbb\xbf{"text": "a"}', "jsonl"),
        (b'{"text": "\\ud800"}', "jsonl"),
        (b'{\n "text": "a"}', "text"),
        (b'["text"]', "text"),
        (b"A paragraph.\n", "text"),
        (b"n\xe9", "text"),
    ],
)
def test_standard_input(tmp_path: Path, data: bytes, kind: str) -> None:
    found = inputs_of("-", spool=tmp_path, stdin=data)
    assert found.shape == "stdin"
    assert [(file.path, file.kind) for file in found.files] == [("-", kind)]
    assert found.files[0].location.read_bytes() == data


HOSTILE = [
    "new\nline.txt",
    'quo"te.txt',
    "tab\t.txt",
    "esc\x1b[31m.txt",
    os.fsdecode(b"caf\xe9.txt"),
    "%s {0}.txt",
    " .txt",
    "-.txt",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(tmp_path: Path, name: str) -> None:
    try:
        (tmp_path / name).write_bytes(b"caf\xe9")
    except OSError:
        pytest.skip("this file system does not take that name")
    found = inputs_of(tmp_path)
    assert [file.path for file in found.files] == [name]
    config = Config(encoding="latin1")
    assert [record.document.id for _, _, record in FileCorpus(found, config).records() if record.document] == [name]
    with pytest.raises(ReadError) as caught:
        list(FileCorpus(found, Config(encoding="ascii")).records())
    assert str(caught.value).isprintable()


def test_shown() -> None:
    assert shown("a\u202eb/\udce9\n é") == "a\\u202eb/\\udce9\\x0a é"


@pytest.mark.parametrize("suffix", PACK)
def test_unpacking(tmp_path: Path, suffix: str) -> None:
    data = random.Random(5).randbytes(300_000) + b"end" * 100_000
    for packed in (PACK[suffix](data), PACK[suffix](data[:1000]) + PACK[suffix](b"") + PACK[suffix](data[1000:])):
        (tmp_path / f"a.txt{suffix}").write_bytes(packed)
        stream, _ = open_input(inputs_of(tmp_path).files[0])
        with stream:
            assert stream.read() == data


@pytest.mark.parametrize("suffix", PACKED)
def test_nothing_packed(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a.txt{suffix}").write_bytes(PACK[suffix](b""))
    assert [record.raw for _, _, record in read(tmp_path)] == [b""]


@pytest.mark.parametrize("suffix", PACKED)
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_packed_data_that_is_cut_off(tmp_path: Path, suffix: str, name: str) -> None:
    row = json.dumps({"text": random.Random(7).randbytes(2000).hex()}).encode() + b"\n"
    packed = PACK[suffix](row * 50 + random.Random(8).randbytes(0))
    path = tmp_path / (name + suffix)
    for size in [0, 4, 12, len(packed) // 2, len(packed) - 1]:
        path.write_bytes(packed[:size])
        for on_error in ("stop", "skip"):  # the rest is not there to be passed through
            with pytest.raises(ReadError, match=f"^{tmp_path}/{name}{suffix}: is (truncated|damaged|not)") as caught:
                read(path, on_error=on_error)
        if size > 4:
            assert "truncated" in str(caught.value)
            assert "fetch the file again" in str(caught.value)


@pytest.mark.parametrize("suffix", PACKED)
def test_packed_data_with_something_after_it(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    good = PACK[suffix](b"text")
    path.write_bytes(good + b"rubbish after the end of it")
    with pytest.raises(ReadError, match=r"is (damaged|truncated)"):
        read(path)
    path.write_bytes(good + PACK[suffix](b"more")[:-3])
    with pytest.raises(ReadError, match=r"is (damaged|truncated)"):
        read(path)
    path.write_bytes(good + bytes(40_000))
    if suffix in (".gz", ".xz"):  # padding, as tape archives have it
        assert [record.raw for _, _, record in read(path)] == [b"text"]
    else:
        with pytest.raises(ReadError, match=r"is (damaged|truncated)"):
            read(path)


@pytest.mark.parametrize("suffix", PACKED)
def test_packed_data_with_a_wrong_byte(tmp_path: Path, suffix: str) -> None:
    params = {"write_checksum": True}
    pack = zstandard.ZstdCompressor(**params).compress if suffix == ".zst" else PACK[suffix]
    packed = bytearray(pack(random.Random(3).randbytes(5000)))
    packed[len(packed) // 2] ^= 0x55
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(packed)
    with pytest.raises(ReadError, match=r"is damaged \w+ data \(.+\); fetch the file again"):
        read(path)


@pytest.mark.parametrize("suffix", PACKED)
def test_data_that_is_not_what_its_name_says(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(b"plain text, and some more of it")
    with pytest.raises(ReadError, match=rf"a\.txt\{suffix}: is (not \w+ data; mend its extension|damaged Zstandard)"):
        read(path)
    (tmp_path / "b.jsonl").write_bytes(PACK[suffix](b'{"text":"a"}'))
    with pytest.raises(ReadError, match=r"b\.jsonl: looks like a binary file \(\w+\); name it as what it is"):
        read(tmp_path / "b.jsonl")


def test_a_skippable_frame(tmp_path: Path) -> None:
    skip = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    (tmp_path / "a.txt.zst").write_bytes(skip + PACK[".zst"](b"text") + skip)
    assert [record.raw for _, _, record in read(tmp_path)] == [b"text"]


def test_zstandard_needs_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt.zst").write_bytes(PACK[".zst"](b"text"))
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with pytest.raises(ReadError) as caught:
        read(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path / 'a.txt.zst'}: is Zstandard data, and no library for it is installed; "
        "install corpus-dedupe[zstd], or unpack it"
    )


# -- the corpus

ROWS = [
    b'{"id":"x","text":"one","feed":"http://e.org/1"}\n',
    b"\n",
    b'{"text":"two"}\r\n',
    b" \t\n",
    b'{"text":"three"}',
]


@pytest.mark.parametrize("suffix", PACK)
def test_records(tmp_path: Path, suffix: str) -> None:
    data = b"\xef\xbb\xbf" + b"".join(ROWS)
    write_tree(tmp_path, **{"top.txt": b"t\xc3\xa9xt", f"news/a.jsonl{suffix}": PACK[suffix](data)})
    found = read(tmp_path, source_field="feed")
    assert b"".join(record.raw for _, path, record in found if path != "top.txt") == data
    assert [(number, record.number, record.blank) for number, _, record in found] == [
        (0, 1, False),
        (-1, 2, True),
        (1, 3, False),
        (-1, 4, True),
        (2, 5, False),
        (3, 0, False),
    ]
    path = f"news/a.jsonl{suffix}"
    documents = [record.document for _, _, record in found if record.document]
    assert [(one.id, one.text, one.source, one.path, one.row, one.place) for one in documents] == [
        ("x", "one", "e.org", path, 1, path + ":1"),
        (path + "#3", "two", "news", path, 3, path + ":3"),
        (path + "#5", "three", "news", path, 5, path + ":5"),
        ("top.txt", "téxt", "", "top.txt", None, "top.txt"),
    ]
    assert found[-1][2].decoded == decode(b"t\xc3\xa9xt", "", Config())


def test_a_document_knows_how_it_is_stored(tmp_path: Path) -> None:
    write_tree(tmp_path, **{"a.txt": "né".encode("utf-16")})
    document = read(tmp_path)[0][2].document
    assert document is not None
    assert (document.text, document.encoding, document.bom) == ("né", "utf-16-le", codecs.BOM_UTF16_LE)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"\n", [-1]),
        (codecs.BOM_UTF8, [-1]),
        (codecs.BOM_UTF8 + b"\n" + b'{"text":""}', [-1, 0]),
        (b"\r\n \n\x0c\n", [-1, -1, -1]),
    ],
)
def test_blank_rows(tmp_path: Path, data: bytes, expected: list[int]) -> None:
    write_tree(tmp_path, **{"a.jsonl": data})
    found = read(tmp_path)
    assert [number for number, _, _ in found] == expected
    assert b"".join(record.raw for _, _, record in found) == data


def test_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(
        tmp_path, **{"a.jsonl": b"".join(ROWS), "b.txt": b"b", "c.txt": b"c", "d.jsonl": b"not json\n" + ROWS[2]}
    )
    config = Config(on_error="skip")
    corpus = FileCorpus(inputs_of(tmp_path, config=config), config)

    def seen(**options: Any) -> list[tuple[int, str, bool]]:
        found = corpus.records(**options)
        return [(number, record.raw.decode().strip()[:7], record.document is not None) for number, _, record in found]

    whole = seen()
    assert [number for number, _, _ in whole] == [0, -1, 1, -1, 2, 3, 4, 5, 6]
    for wanted in (set(), {1}, {2, 4}, {3, 5, 6}, {0, 99}, range(7)):
        assert seen(wanted=wanted) == [(number, raw, known and number in wanted) for number, raw, known in whole]
        assert seen(wanted=wanted, skip_unwanted=True) == [row for row in whole if row[0] in wanted]
    fresh = FileCorpus(corpus_inputs := inputs_of(tmp_path, config=config), config)
    assert [number for number, _, _ in fresh.records({5}, skip_unwanted=True)] == [5]
    # what is not needed is not opened
    (tmp_path / "b.txt").unlink()
    (tmp_path / "a.jsonl").unlink()
    assert [raw for _, raw, _ in seen(wanted={4}, skip_unwanted=True)] == ["c"]
    assert corpus_inputs.files == corpus.files


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("a.jsonl", b'{"text":"a"\n', "not JSON: Expecting ',' delimiter at column 13"),
        ("a.jsonl", b'{"body":"a"}', "has no field 'text', there are 'body'"),
        ("a.jsonl", b'{"text":"\xe9"}', "not UTF-8 (byte 0xE9 at offset 9)"),
        ("a.txt", b"a\0b", "looks like a binary file (NUL at offset 1)"),
        ("a.txt", codecs.BOM_UTF8 + b"\xe9", "begins with the byte order mark of utf-8, but is not utf-8"),
    ],
)
def test_broken_records(tmp_path: Path, name: str, data: bytes, error: str) -> None:
    good = b'{"text":"good"}\n'
    write_tree(tmp_path, **{name: good + data if name == "a.jsonl" else data, "b.jsonl": good})
    with pytest.raises(ReadError) as caught:
        read(tmp_path)
    place = "a.jsonl:2: " if name == "a.jsonl" else "a.txt: "
    assert str(caught.value).startswith(f"{tmp_path}/{place}{error}")
    found = read(tmp_path, on_error="skip")
    broken = [record for _, _, record in found if record.error]
    assert [(record.raw, record.document, record.decoded) for record in broken] == [(data, None, None)]
    assert broken[0].error.startswith(error)
    assert [number for number, _, _ in found] == list(range(len(found)))
    assert b"".join(record.raw for _, path, record in found if path == name) == (tmp_path / name).read_bytes()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_rows_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    write_tree(tmp_path, **{"a.jsonl": '\ufeff{"text":"a"}\n'.encode(encoding)})
    with pytest.raises(ReadError, match=r"a\.jsonl: is UTF-16, and JSON Lines must be UTF-8; convert it first"):
        read(tmp_path, on_error="skip")


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.jsonl.gz"])
def test_a_file_that_changes(tmp_path: Path, name: str) -> None:
    row = b'{"text":"a"}\n'
    data = gzip.compress(row) if name.endswith("gz") else row
    path = tmp_path / name
    path.write_bytes(data)
    corpus = FileCorpus(inputs_of(path), Config())
    assert len(list(corpus.records())) == 1
    assert len(list(corpus.records())) == 1
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    with pytest.raises(ReadError, match="changed while it was read; run again when nothing writes to it"):
        list(corpus.records())
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    records = corpus.records()
    next(records)
    path.write_bytes(data * 2)
    with pytest.raises(ReadError, match="changed while it was read"):
        list(records)
    path.unlink()
    with pytest.raises(ReadError, match=f"{name}: no such file"):
        list(corpus.records())


json_rows = st.one_of(
    st.just(b"\n"),
    st.just(b"broken\r\n"),
    texts.map(lambda text: json.dumps({"text": text}).encode() + b"\n"),
    st.binary(max_size=8).map(lambda data: data.replace(b"\n", b"") + b"\n"),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(json_rows, max_size=8), st.booleans(), st.binary(max_size=4))
def test_the_bytes_of_the_records_are_those_of_the_file(
    tmp_path: Path, rows: list[bytes], marked: bool, tail: bytes
) -> None:
    data = (codecs.BOM_UTF8 if marked else b"") + b"".join(rows) + tail
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or magic_name(data[:16]):
        return  # refused as a whole
    found = read(path, on_error="skip")
    assert b"".join(record.raw for _, _, record in found) == data
    numbers = [number for number, _, _ in found if number >= 0]
    assert numbers == list(range(len(numbers)))
    for number, _, record in found:
        assert (number == -1) == record.blank
        assert record.blank or (record.document is None) == bool(record.error)


@pytest.mark.parametrize("suffix", PACK)
def test_memory_holds_a_row_at_a_time(tmp_path: Path, suffix: str) -> None:
    source = random.Random(9)
    rows = b"".join(json.dumps({"text": source.randbytes(4000).hex()}).encode() + b"\n" for _ in range(400))
    (tmp_path / f"a.jsonl{suffix}").write_bytes(PACK[suffix](rows))
    corpus = FileCorpus(inputs_of(tmp_path), Config())
    tracemalloc.start()
    count = sum(1 for _ in corpus.records())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 400
    assert peak < len(rows) / 2
