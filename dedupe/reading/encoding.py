"""Bytes of a text file into text, and back into the same bytes.

Owns the question which encoding a file has; never guesses silently and never
replaces a character it cannot read. The order is: byte order mark, NUL bytes
(UTF-16 and UTF-32 without a mark, else a binary file), strict UTF-8, the
fallback encoding of the settings, an optional detector. Whatever wins must give
the same bytes back when it is encoded again, so that nothing is lost whether
the guess was right or not.

Approximate where it has to be: UTF-16 without a mark is told from binary data by
where the NUL bytes stand and by what the characters are. ISO-2022 files are plain
ASCII with escapes, hence valid UTF-8; they need ``--encoding``.
"""

from __future__ import annotations

import codecs
import importlib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from dedupe.config import Config, codec_of
from dedupe.errors import ConfigError, ReadError, WriteError

#: Longest mark first: that of UTF-32-LE begins with that of UTF-16-LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

#: How data begins that is no text whatever its bytes decode to.
_MAGIC = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"PK\x03\x04", "zip"),
    (b"%PDF-1.", "PDF"),
    (b"%PDF-2.", "PDF"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x7fELF", "ELF"),
    (b"SQLite format 3\x00", "SQLite"),
)
_MAGIC_STARTS = tuple(magic for magic, _ in _MAGIC)

_PACKED = ("gzip", "Zstandard", "xz", "bzip2", "Parquet")

#: C0 controls that do not stand in text: not BS, TAB, LF, VT, FF, CR and ESC.
_CONTROLS = bytes(set(range(1, 32)) - set(b"\b\t\n\v\f\r\x1b"))

_SAMPLE = 65536
"""Bytes or characters looked at where looking at all of a file would say no more."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a file, without its byte order mark, and what gives its bytes back.

    ``encoding`` names the byte order and never a mark ("utf-8", "utf-16-le",
    "windows-1252"); ``bom`` holds the bytes of the mark. ``detector`` says who
    named the encoding: ``bom``, ``utf-8``, ``nul-pattern``, ``option``,
    ``fallback``, ``chardet`` or ``charset-normalizer``; the last two have a
    ``confidence``.
    """

    text: str
    encoding: str
    bom: bytes = b""
    detector: str = "utf-8"
    confidence: float | None = None


class _Guess(NamedTuple):
    encoding: str
    detector: str
    confidence: float | None


def decode(data: bytes, place: str, config: Config) -> Decoded:
    r"""Return the text of a file; ``encode`` of what is returned gives *data* again.

    An empty file is an empty text in UTF-8. With ``config.encoding`` nothing else
    is tried, and NUL bytes are taken for characters; a file that carries the mark
    of another encoding is an error all the same.

    >>> decode("née".encode("utf-16"), "a.txt", Config()).encoding
    'utf-16-le'
    >>> decode(b"n\xe9e", "a.txt", Config(fallback_encoding="cp1252"))
    Decoded(text='née', encoding='windows-1252', bom=b'', detector='fallback', confidence=None)

    Raises:
        ReadError: no encoding fits, or the data is not text.
        ConfigError: an encoding of the settings is unknown.
    """
    packed = magic_name(data)
    if packed:
        advice = f"unpack it, or name it as {packed} data" if packed in _PACKED else "leave it out"
        raise ReadError(place, f"looks like a binary file ({packed})", advice)
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if config.encoding:
        return _decode_as_told(data, place, config.encoding, marked)
    if marked:
        return _decode_marked(data, place)
    if 0 in data:
        wide = _wide_encoding(data)
        if not wide:
            raise _binary(place, f"NUL at offset {data.index(0)}")
        return Decoded(data.decode(wide), wide, detector="nul-pattern")
    sample = data[:_SAMPLE]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    if controls >= 8 and controls > len(sample) / 10:
        raise _binary(place, f"{controls} control characters in the first {len(sample)} bytes")
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        return _decode_legacy(data, place, config, _where(error))


def encode(text: str, encoding: str, bom: bytes, place: str) -> bytes:
    """Return the bytes of *text* in the encoding and with the mark its file had.

    Raises:
        WriteError: a character, come in by a repair, does not exist in that encoding.
    """
    try:
        return bom + text.encode(encoding)
    except UnicodeEncodeError as error:
        character = text[error.start]
        name = unicodedata.name(character, "")
        raise WriteError(
            place,
            f"U+{ord(character):04X}{' ' + name if name else ''} cannot be written in {encoding}",
            "convert the file to UTF-8 first, or switch repair off",
        ) from None


def reads_back(text: str, encoding: str, config: Config) -> bool:
    r"""Say whether a file without a mark, with *text* in *encoding*, is read as that text.

    >>> reads_back("née\n", "windows-1252", Config(fallback_encoding="cp1252"))
    True
    >>> reads_back("nÃ©e\n", "windows-1252", Config(fallback_encoding="cp1252"))  # in UTF-8 these bytes are "née"
    False
    """
    try:
        return decode(encode(text, encoding, b"", encoding), encoding, config).text == text
    except ReadError:
        return False


def codec_name(encoding: str, place: str = "encoding") -> str:
    """Return the one name used for an encoding, however it was spelled.

    >>> codec_name("CP1252"), codec_name("latin1"), codec_name("UTF8"), codec_name("utf-8-sig")
    ('windows-1252', 'iso-8859-1', 'utf-8', 'utf-8')

    Raises:
        ConfigError: there is no such encoding of text.
    """
    codec = codec_of(encoding, place)
    name = codec.replace("_", "-") if codec.startswith("utf") else codec
    if name == "utf-8-sig":
        return "utf-8"
    if name.startswith("iso8859-"):
        return "iso-" + name[3:]
    if name.startswith("cp125"):
        return "windows-" + name[2:]
    return name


def magic_name(data: bytes) -> str:
    """Return the format that *data* begins as ("gzip", "PDF", ...), "" when none is known."""
    if data.startswith(_MAGIC_STARTS):
        return next(name for magic, name in _MAGIC if data.startswith(magic))
    # "BZh" alone could begin a text; the digits of pi that follow it could not
    if data.startswith(b"BZh") and data[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return "bzip2"
    if data.startswith(b"PAR1") and data.endswith(b"PAR1"):  # one word alone could begin a text
        return "Parquet"
    return ""


def _decode_as_told(data: bytes, place: str, wanted: str, marked: str) -> Decoded:
    encoding = codec_name(wanted)
    if encoding in ("utf-16", "utf-32"):  # the mark, else the data, else the usual custom says the byte order
        fits = [name for name in (marked, _wide_encoding(data)) if name.startswith(encoding)]
        encoding = fits[0] if fits else encoding + "-le"
    if marked and marked != encoding:
        raise ReadError(
            place,
            f"begins with the byte order mark of {marked}, but the encoding was given as {encoding}",
            f"use --fallback-encoding {encoding}, which lets marked files speak for themselves",
        )
    bom = b""
    if encoding.startswith("utf-") or encoding == "gb18030":
        mark = "\ufeff".encode(encoding)
        bom = mark if data.startswith(mark) else b""
    return _round_trip(data, bom, place, f"not {encoding}", _Guess(encoding, "option", None))


def _decode_marked(data: bytes, place: str) -> Decoded:
    problem = ""
    for mark, encoding in _MARKS:
        if not data.startswith(mark):
            continue
        try:
            return Decoded(data[len(mark) :].decode(encoding), encoding, mark, "bom")
        except UnicodeDecodeError as error:
            # UTF-16-LE that begins with a NUL looks like UTF-32-LE: the next mark gets its chance
            problem = f"begins with the byte order mark of {encoding}, but is not {encoding} {_where(error, len(mark))}"
    raise ReadError(place, problem, "mend the file, or leave it out")


def _decode_legacy(data: bytes, place: str, config: Config, where: str) -> Decoded:
    if config.fallback_encoding:
        fallback = codec_name(config.fallback_encoding, "fallback-encoding")
        guess = _Guess(fallback, "fallback", None)
        return _round_trip(data, b"", place, f"neither UTF-8 {where} nor {fallback}", guess)
    found = _detect(data)
    if found is None:
        raise ReadError(place, f"not UTF-8 {where}", "give --encoding, or install corpus-dedupe[encodings]")
    if not found.encoding:
        raise ReadError(place, f"not UTF-8 {where}, and {found.detector} does not know it", "give --encoding")
    return _round_trip(data, b"", place, f"not UTF-8 {where} nor, as {found.detector} says, {found.encoding}", found)


def _round_trip(data: bytes, bom: bytes, place: str, problem: str, guess: _Guess) -> Decoded:
    try:
        text = data[len(bom) :].decode(guess.encoding)
    except UnicodeDecodeError as error:
        raise ReadError(place, f"{problem} {_where(error, len(bom))}", "give the right --encoding") from None
    except (UnicodeError, LookupError):  # a few codecs raise their bare base class
        raise ReadError(place, problem, "give the right --encoding") from None
    try:
        again = bom + text.encode(guess.encoding)
    except UnicodeError:
        again = b""
    if again != data:
        # some codecs read several byte sequences as one character: writing could not give the file back
        raise ReadError(place, f"does not come back the same from {guess.encoding}", "convert the file to UTF-8 first")
    return Decoded(text, guess.encoding, bom, guess.detector, guess.confidence)


def _detect(data: bytes) -> _Guess | None:
    """Ask an installed detector; None without one, an empty encoding when it has no answer."""
    chardet = _module("chardet")
    if chardet is not None and int(str(chardet.__version__).split(".")[0]) >= 7:
        try:
            # supersets, because only the first part of a long file is looked at
            found = chardet.detect(data, prefer_superset=True, no_match_encoding="ascii")
        except TypeError:  # an early 7.x without these arguments
            found = chardet.detect(data)
        return _guess(found["encoding"], "chardet", found["confidence"])
    normalizer = _module("charset_normalizer")
    if normalizer is not None:
        best = normalizer.from_bytes(data).best()
        return _guess(best and best.encoding, "charset-normalizer", best and 1.0 - best.chaos)
    return None


def _guess(encoding: str | None, detector: str, confidence: float | None) -> _Guess:
    try:
        name = codec_name(encoding or "ascii")
    except ConfigError:  # an encoding that Python has no codec for
        name = "ascii"
    if name == "ascii":  # which the data is not: nothing fits
        name = ""
    return _Guess(name, detector, None if confidence is None else round(float(confidence), 4))


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def _wide_encoding(data: bytes) -> str:
    """Return the UTF-16 or UTF-32 byte order that explains the NUL bytes of *data*, or ""."""
    candidates = ["utf-32-le", "utf-32-be"] if len(data) % 4 == 0 else []
    if len(data) % 2 == 0:
        even, odd = data[0::2].count(0), data[1::2].count(0)
        # white space and Latin letters have their NUL on one side; a rare character has it on the other
        if odd > 4 * even:
            candidates.append("utf-16-le")
        elif even > 4 * odd:
            candidates.append("utf-16-be")
    for encoding in candidates:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _plausible(text):
            return encoding
    return ""


def _plausible(text: str) -> bool:
    r"""Say whether a decoded text consists of characters that people write.

    >>> _plausible("Straße\n"), _plausible("\x01\x02"), _plausible("\ue001\uffff")
    (True, False, False)
    """
    if "\0" in text:
        return False
    counts = Counter(text[:_SAMPLE])
    odd = sum(
        count
        for character, count in counts.items()
        if unicodedata.category(character) in ("Cc", "Cn", "Co") and character not in "\t\n\v\f\r\x85"
    )
    return odd * 100 <= counts.total()


def _where(error: UnicodeDecodeError, skipped: int = 0) -> str:
    return f"(byte 0x{error.object[error.start]:02X} at offset {error.start + skipped})"


def _binary(place: str, sign: str) -> ReadError:
    return ReadError(place, f"looks like a binary file ({sign})", "leave it out, or give --encoding if it is text")
