"""JSON as it is written: strings and lines of a log, and where the string of a field is in a row.

A log is UTF-8, and ASCII where that could not be read.
"""

from __future__ import annotations

import json
import re

_SURROGATES = re.compile("[\ud800-\udfff]")
_MARKS = re.compile(rb'["{}\[\]]')
_COLON = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*")
_BEYOND_ASCII = re.compile("[^\x00-~]")  # or not printable
#: The C encoders that ``json.dumps`` uses; the private names are all there is.
quoted = json.encoder.encode_basestring
_quoted_ascii = json.encoder.encode_basestring_ascii


def encoded(line: str) -> bytes:
    r"""Return a line of JSON as it is written: a lone surrogate, which is no UTF-8, as an escape, then all else too.

    >>> encoded(chr(0xE9)).decode(), encoded(chr(0xE9) + chr(0xD800))
    ('é', b'\\u00e9\\ud800')
    """
    if _SURROGATES.search(line):
        line = _BEYOND_ASCII.sub(lambda match: _quoted_ascii(match[0])[1:-1], line)
    return line.encode("utf-8", "surrogatepass")


def locate_field(row: bytes, name: bytes) -> tuple[int, int]:
    r"""Return where the string is, quotes included, that a row has under *name* at its top, (-1, -1) if it has none.

    Where a name stands twice it is the last one.

    >>> locate_field(b'{"meta": {"text": "no"}, "te\\u0078t" : "yes"}', b"text")
    (39, 44)

    Raises:
        ValueError: a string does not end, or its escapes are wrong.
    """
    depth = 0
    position = 0
    span = (-1, -1)
    while (mark := _MARKS.search(row, position)) is not None:
        start, position = mark.span()
        byte = row[start]
        if byte == 0x22:
            position = _string_end(row, start)
            if depth != 1 or (colon := _COLON.match(row, position)) is None:
                continue
            key = row[start:position]
            position = end = colon.end()
            is_string = row[end : end + 1] == b'"'
            if is_string:
                position = _string_end(row, end)
            if (_said(key) if b"\\" in key else key[1:-1]) == name:
                span = (end, position) if is_string else (-1, -1)
        else:
            depth += 1 if byte in b"{[" else -1
    return span


def _said(token: bytes) -> bytes:
    said: str = json.loads(token)
    return said.encode("utf-8", "surrogatepass")


def _string_end(row: bytes, start: int) -> int:
    """Return the end of the string token that begins at *start*."""
    position = start + 1
    while True:
        quote = row.index(b'"', position)
        back = quote
        while row[back - 1] == 0x5C:
            back -= 1
        position = quote + 1
        if (quote - back) % 2 == 0:
            return position
