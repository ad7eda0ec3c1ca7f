"""What is known of a finding, as the diff log has it: JSON once it is found, and read only by who asks for it."""

from __future__ import annotations

import json
from typing import Any

import orjson


def to_json(value: Any) -> bytes:
    """Return *value* as JSON; bytes in it are JSON already, and lone surrogates are written as escapes.

    >>> to_json({"text": "\\ud800 é"})
    b'{"text":"\\\\ud800 \\\\u00e9"}'
    >>> to_json({"text": "é", "evidence": b'{"words":12}'}).decode()
    '{"text":"é","evidence":{"words":12}}'
    """
    try:
        # What orjson returns keeps the kilobytes it was written into; a copy has its own size.
        return bytes(memoryview(orjson.dumps(value, default=orjson.Fragment)))
    except TypeError:
        return json.dumps(value, separators=(",", ":"), default=json.loads).encode("ascii")


def to_utf8(value: Any) -> bytes:
    """Return *value* as JSON in UTF-8, in which lone surrogates pass; bytes in it are JSON already."""
    try:
        return orjson.dumps(value, default=orjson.Fragment)
    except TypeError:
        found = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=json.loads)
        return found.encode("utf-8", "surrogatepass")


def from_json(data: bytes) -> Any:
    """Return what :func:`to_json` wrote; what was JSON already is read as well.

    Raises:
        ValueError: *data* is not JSON, or it is nested too deeply.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(data.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
