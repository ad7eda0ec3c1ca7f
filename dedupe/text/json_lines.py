"""Strings and lines of JSON as a log has them: UTF-8, and ASCII where that could not be read."""

from __future__ import annotations

import json
import re

_SURROGATES = re.compile("[\ud800-\udfff]")
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
