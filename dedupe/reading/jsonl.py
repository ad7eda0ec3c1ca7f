"""Rows of JSON Lines: the text out of a row, and a new text into it.

Owns the bytes of a row. What is read comes from a JSON parser; what is written
changes the one string token that holds the text, spelled the way the row spells
its strings, so that every other byte stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from math import isfinite
from typing import Any, NamedTuple

import orjson

from dedupe import kernels
from dedupe.config import Config
from dedupe.errors import ReadError

BOM = b"\xef\xbb\xbf"

#: Digits of the longest whole numbers that Python reads, unless it is told to.
_MOST_DIGITS = 4300

_MEND = "mend the row, or use --on-error skip"

_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]/]*\]|[^/?#:]+)", re.IGNORECASE)

_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u])")

#: Escapes that not every writer uses.
_UNUSUAL = re.compile(rb"\\[u/]")

#: Characters that only writers of ASCII escape; see :func:`_is_wide`.
_WIDE = re.compile("[^\x00-\x9f\u2028\u2029\ud800-\udfff\ufeff]")

_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNSHORT = {spelled.encode(): char for char, spelled in _SHORT.items()} | {b"\\/": "/"}

#: The C encoders that ``json.dumps`` uses; the private names are all there is.
_encode_ascii = json.encoder.encode_basestring_ascii
_encode_raw = json.encoder.encode_basestring


class Row(NamedTuple):
    """What a row says of its document; ``key`` and ``source`` are None where it does not, ``date`` is then ""."""

    text: str
    key: str | None
    source: str | None
    date: str


def parse_row(row: bytes, place: str, config: Config) -> Row:
    r"""Return the text, the id, the source and the date of a row.

    A source that is a URL counts as its host. An id that is neither a string nor
    a whole number counts as none. Escapes of lone surrogates are read as such.

    >>> parse_row(b'{"text": "Hi", "id": 7, "url": "https://Example.org/x"}', "a:1", Config(source_field="url"))
    Row(text='Hi', key='7', source='example.org', date='')

    Raises:
        ReadError: not JSON, not an object, no such field, not a string; names *place*.
    """
    try:
        fields = orjson.loads(row)
    except orjson.JSONDecodeError:
        fields = _parse_slowly(row, place)
    try:
        text = fields[config.text_field]
    except (KeyError, TypeError, IndexError):
        raise _no_text(fields, place, config) from None
    if type(text) is not str:
        problem = f"the field {config.text_field!r} is {_kind(text)}, not a string"
        raise ReadError(place, problem, "give --text-field, or use --on-error skip")
    key = fields.get(config.id_field)
    if type(key) is not str:
        key = None if key is None else _whole_number(key, row, place, config)
    source = _source(fields.get(config.source_field)) if config.source_field else None
    return Row(text, key, source, written_date(fields.get(config.date_field)) if config.date_field else "")


def is_object(row: bytes) -> bool:
    """Say whether *row* is one JSON object."""
    try:
        return isinstance(orjson.loads(row), dict)
    except orjson.JSONDecodeError:
        pass
    try:
        return isinstance(_parse_slowly(row, ""), dict)
    except ReadError:
        return False


def locate_texts(rows: Sequence[bytes], field: str) -> list[tuple[int, int]]:
    r"""Return the byte spans of the string tokens (quotes included) of a top-level field.

    Where a key stands twice it is the last one, as for parsers. The rows must be such
    that :func:`parse_row` has read.

    >>> row = b'{"meta": {"text": "no"}, "te\\u0078t" : "yes"}'
    >>> ((start, end),) = locate_texts([row], "text")
    >>> row[start:end]
    b'"yes"'

    Raises:
        KeyError: a row has no top-level field of that name, or that holds no string.
    """
    spans = kernels.locate_field(*kernels.joined(rows), field.encode("utf-8", "surrogatepass")).tolist()
    if [-1, -1] in spans:
        raise KeyError(field)
    return list(map(tuple, spans))


def replace_text(row: bytes, field: str, text: str) -> bytes:
    r"""Return *row* with another text in *field*; every byte outside that token stays.

    >>> replace_text(b'{"n":1.50, "text":"caf\\u00E9 bar"}\r\n', "text", "caf\u00e9")
    b'{"n":1.50, "text":"caf\\u00E9"}\r\n'

    Raises:
        KeyError: no top-level field of that name holds a string.
    """
    ((start, end),) = locate_texts([row], field)
    return row[:start] + _respelled(text, row[:start], row[start:end], row[end:]) + row[end:]


def exchange_text(row: bytes, span: tuple[int, int], old: str, new: str) -> tuple[bytes, bytes]:
    r"""Return *row* with the text *new* for *old*, and the token of *old* where it is needed to come back.

    That token stands at *span*, as :func:`locate_texts` says.

    The token is empty where :func:`replace_text` makes the row again of what is returned.

    >>> exchange_text(b'{"text":"caf\\u00E9 \\u0062ar"}', (8, 28), "caf\u00e9 bar", "caf\u00e9")
    (b'{"text":"caf\\u00E9"}', b'"caf\\u00E9 \\u0062ar"')
    """
    start, end = span
    before, token, behind = row[:start], row[start:end], row[end:]
    changed, comes_back = _usually_respelled(old, new, before, token, behind)
    if not changed:
        changed = _respelled(new, before, token, behind)
    if not comes_back:
        comes_back = _respelled(old, before, changed, behind) == token
    return before + changed + behind, b"" if comes_back else token


def _respelled(text: str, before: bytes, token: bytes, behind: bytes) -> bytes:
    """Return the token for *text* in the place of *token*, spelled like it."""
    return encode_token(text, token if _shows_spelling(token, text) else before + token + behind)


def _shows_spelling(token: bytes, text: str) -> bool:
    """Whether *token* shows how its writer spells *text*; if not, the rest of the row may."""
    return text.isascii() or not token.isascii() or b"\\u" in token


def _usually_respelled(old: str, new: str, before: bytes, token: bytes, behind: bytes) -> tuple[bytes, bool]:
    """Return what :func:`_respelled` gives for *new* and whether it gives *token* for *old* in that place again.

    Empty and false where this is not clear from how most writers spell, which takes much less time.
    """
    if token.isascii() and not old.isascii():
        if _WIDE.search(old) and _escaped_token(old) == token:
            return _escaped_token(new), _WIDE.search(new) is not None
    elif _plain_token(old) == token:
        is_shown, shows = _shows_spelling(token, new), old.isascii() or not new.isascii()
        if (is_shown and shows) or not _UNUSUAL.search(before + behind):
            return _plain_token(new), True
        if is_shown:
            return _plain_token(new), False
    return b"", False


def _plain_token(text: str) -> bytes:
    """Return the token for *text* with no escapes but those that JSON demands, the short ones where there are any.

    Empty where there is none, since *text* has lone surrogates.
    """
    try:
        return orjson.dumps(text)
    except TypeError:
        return b""


def _escaped_token(text: str) -> bytes:
    """Return the token for *text* with an escape for everything that is not ASCII."""
    return _encode_ascii(text).encode("ascii")


def encode_token(text: str, like: bytes) -> bytes:
    r"""Return the JSON string token for *text*, spelled as in *like* (a token, or a whole row).

    A character that *like* spells by an escape gets the same escape; others
    follow from what is seen: escapes only means ASCII output, and so on. What a usual
    writer wrote comes back the same: ``encode_token(text, token) == token``. A
    writer that spells one character in two ways cannot be followed. Lone
    surrogates are always escaped.

    >>> encode_token("é</b>", rb'"\u00e9\u003c\/b\u003e"')
    b'"\\u00e9\\u003c\\/b\\u003e"'
    >>> encode_token("né", '"é"'.encode()).decode()
    '"né"'
    """
    escapes = set(_ESCAPE.findall(like)) if b"\\" in like else set()
    ascii_only = like.isascii() and any(_is_wide(escape) for escape in escapes)
    encoder = _encode_ascii if ascii_only else _encode_raw
    learned = {}
    for escape in escapes:
        char = _UNSHORT.get(escape) or json.loads(b'"' + escape + b'"')
        if encoder(char)[1:-1] != escape.decode():
            learned[char] = escape.decode()
    token = f'"{text.translate(_Spelling(learned, ascii_only))}"' if learned else encoder(text)
    try:
        return token.encode()
    except UnicodeEncodeError:
        return b"".join(
            f"\\u{ord(char):04x}".encode() if "\ud800" <= char <= "\udfff" else char.encode() for char in token
        )


class _Spelling(dict[int, str]):
    """How each code point is written: as learned, else by the usual rules; filled on demand."""

    def __init__(self, learned: dict[str, str], ascii_only: bool) -> None:
        super().__init__((ord(char), spelled) for char, spelled in learned.items())
        self._encode = _encode_ascii if ascii_only else _encode_raw
        self._upper = any(re.search(r"\\u.*[A-F]", spelled) for spelled in learned.values())

    def __missing__(self, code: int) -> str:
        spelled = self._encode(chr(code))[1:-1]
        if self._upper and spelled.startswith("\\u"):
            spelled = spelled.upper().replace("\\U", "\\u")
        self[code] = spelled
        return spelled


def _is_wide(escape: bytes) -> bool:
    """Say whether *escape* stands for a character beyond ASCII that only ASCII writers escape.

    U+2028 and U+2029 are escaped by writers of raw UTF-8 too, for the sake of JavaScript.
    """
    if not escape.startswith(b"\\u") or len(escape) > 6:
        return len(escape) > 6
    code = int(escape[2:], 16)
    return code > 0x9F and code not in (0x2028, 0x2029, 0xFEFF) and not 0xD800 <= code <= 0xDFFF


def _parse_slowly(row: bytes, place: str) -> Any:
    """Parse what orjson rejects and Python accepts: a mark, lone surrogates, NaN; else say what is wrong."""
    try:
        text = row.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8 (byte 0x{row[error.start]:02X} at offset {error.start})"
        raise ReadError(place, problem, "convert the file to UTF-8, or use --on-error skip") from None
    try:
        return json.loads(text, parse_int=_number)
    except json.JSONDecodeError as error:
        raise ReadError(place, f"not JSON: {error.msg} at column {error.pos + 1}", _MEND) from None
    except RecursionError:
        raise ReadError(place, "not JSON that can be read: nested too deeply", _MEND) from None


def _number(digits: str) -> int | float:
    """Return a whole number, as a float if it has too many digits: nobody calculates with it here."""
    return int(digits) if len(digits.lstrip("-")) <= _MOST_DIGITS else float(digits)


def _no_text(fields: Any, place: str, config: Config) -> ReadError:
    if not isinstance(fields, dict):
        return ReadError(place, f"the row is {_kind(fields)}, not an object", _MEND)
    names = ", ".join(repr(name) for name in list(fields)[:8]) + (", ..." if len(fields) > 8 else "")
    there = f"there are {names}" if fields else "it has no fields"
    advice = "give --text-field, or use --on-error skip"
    return ReadError(place, f"has no field {config.text_field!r}, {there}", advice)


def _kind(value: object) -> str:
    """Say what JSON calls a value, booleans before the numbers that Python counts them among."""
    kinds = (
        (bool, "a boolean"),
        (str, "a string"),
        (list, "an array"),
        (dict, "an object"),
        ((int, float), "a number"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "null")


def _whole_number(key: Any, row: bytes, place: str, config: Config) -> str | None:
    if type(key) is float:  # orjson reads whole numbers beyond 64 bits as such
        key = _parse_slowly(row, place).get(config.id_field)
    return str(key) if type(key) is int else None


def written_date(value: Any) -> str:
    """Return the value of a date field as a string: as it is, or the digits of a number before its point.

    >>> written_date("2024-05-01"), written_date(1714521600.25), written_date(None)
    ('2024-05-01', '1714521600', '')
    """
    if type(value) is float:
        value = int(value) if isfinite(value) else ""
    return str(value) if type(value) in (int, str) else ""


def _source(value: Any) -> str | None:
    if type(value) is int:
        return str(value)
    if type(value) is not str or not value:
        return None
    match = _HOST.match(value)
    return match.group(1).lower() if match else value
