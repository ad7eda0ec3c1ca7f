"""Every setting of the tool, its default and the reason for it, in one frozen object.

Three spellings give one truth: keyword arguments of :class:`Config`, command
line options, and keys of ``[tool.dedupe]`` in ``pyproject.toml`` (the option
without its dashes, or the name of the setting). :func:`load_settings` finds and reads the last one.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from dedupe.errors import ConfigError, system_reason

CHOICES: dict[str, tuple[str, ...]] = {
    "segment": ("auto", "line", "blank"),
    "scope": ("corpus", "document"),
    "unit": ("both", "paragraph", "document"),
    "keep": ("best", "first", "longest", "newest", "source", "cleanest"),
    "near": ("safe", "all", "review", "off"),
    "profile": ("safe", "default", "aggressive"),
    "on_error": ("stop", "skip"),
    "input_format": ("auto", "text", "jsonl"),
}

#: Options that may be given several times have a plural as their setting.
_OPTION_NAMES = {"ext": "extensions", "lexicon": "lexicons", "source-rank": "source_ranks"}

REPAIR_EXTRAS = ("entities", "quotes", "widths", "ligatures")

#: Settings that say how to run or where to look, not what to decide: two runs
#: that differ only in these give the same output, so they stay out of the hash.
_NOT_DECIDING = frozenset({"jobs", "memory", "baseline", "against", "index"})

#: Settings that name files; in a settings file they are relative to it.
_PATHS = frozenset({"lexicons", "against", "index", "baseline"})

#: Between which whole numbers settings are. The kernel counts words in 32 bits; a process for each of more jobs than
#: any machine has cores for would bring it to its knees.
_BOUNDS = (
    ("min_words", 1, (1 << 31) - 1),
    ("min_block_chars", 0, (1 << 31) - 1),
    ("jobs", 1, 1024),
    ("memory", 0, 1 << 62),
)


#: What some values of other settings need, which may still be given where a file does not.
_SUFFICIENT: Mapping[str, Any] = {"date_field": "date", "source_ranks": ("source",)}


@dataclass(frozen=True, slots=True)
class Config:
    """All knobs of a run; immutable, so that a run can be named by its hash.

    >>> Config(near_threshold=2)
    Traceback (most recent call last):
    ...
    dedupe.errors.ConfigError: near-threshold: must be a number from 0 to 1, not 2; leave it out, or write it like 0.7
    """

    # -- reading
    input_format: str = "auto"
    """``text``, ``jsonl``, or by file name (``auto``)."""
    extensions: tuple[str, ...] = (".txt", ".md")
    """Which files of a tree are text documents; JSON Lines names are always read."""
    encoding: str = ""
    """Encoding of text files; "" means a byte order mark, else strict UTF-8."""
    fallback_encoding: str = ""
    """Tried when a file is not UTF-8; no default, because a wrong guess is silent damage."""
    text_field: str = "text"
    id_field: str = "id"
    source_field: str = ""
    """JSON Lines field that names the source; "" means the folder of the file."""
    date_field: str = ""
    """JSON Lines field with the date of a document, which ``keep = newest`` needs."""
    on_error: str = "stop"
    """``skip`` passes a broken row or file through unchanged and logs it."""

    # -- repair
    repair: bool = True
    """Repair of damage (mojibake, control characters, surrogates)."""
    repair_also: tuple[str, ...] = ()
    """Matters of taste that ftfy can change too: any of ``entities``, ``quotes``, ``widths``, ``ligatures``."""

    # -- segmenting and matching
    segment: str = "auto"
    scope: str = "corpus"
    """``document`` judges every document alone, as the per-file hooks do."""
    unit: str = "both"
    min_words: int = 8
    """A shorter line is never a duplicate by itself: headings recur."""
    min_block_chars: int = 200
    """A lone repeat shorter than this is removed only where it stands in plain prose."""
    near: str = "safe"
    """Which near duplicates are removed: those that lose nothing (``safe``), ``all``, none
    (``review``); with ``off`` none are looked for."""
    near_threshold: float = 0.7
    """Share of words equal in order from which two texts are reported as near duplicates, or one as inside another."""
    remove_threshold: float = 0.9
    """Share of words equal in order below which a near duplicate is never removed as ``safe``."""
    keep: str = "best"
    """Which copy is canonical: ``best`` is least damaged, then first; all are in ``matching/policy``."""
    source_ranks: tuple[str, ...] = ()
    """Sources, the most trusted first, which ``keep = source`` goes by."""

    against: tuple[str, ...] = ()
    """Reference corpora: what stands in them is a duplicate here, and they are not changed. The log names what they
    hold, so their paths stay out of the hash."""
    index: str = ""
    """An index to hold everything against; ``clean`` adds what it wrote."""

    # -- boilerplate
    boilerplate: bool = True
    profile: str = "default"
    """Points that remove: ``safe`` 4.5 (lines that the lexicon knows; near duplicates are reviewed), ``default`` 3,
    ``aggressive`` 2."""
    lexicons: tuple[str, ...] = ()
    """User lexicon files; they extend the shipped one, their ``keep`` entries win."""
    brake_chars_ratio: float = 0.25
    brake_lines_ratio: float = 0.40
    """Boilerplate may take at most these shares of the text of a document, else all of it goes to review."""

    # -- reporting
    baseline: str = ""
    """File of accepted findings, which `check` does not report; "" accepts none."""

    # -- running
    jobs: int = 1
    memory: int = 0
    """Bytes that a run may take: buffers get smaller, and it stops where even that is not enough; 0 sets no bound."""

    def __post_init__(self) -> None:
        self._check_kinds()
        self._check_ranges()
        self._check_words()
        for policy, needed in (("newest", "date_field"), ("source", "source_ranks")):
            if self.keep == policy and not getattr(self, needed):
                raise ConfigError(
                    f"keep {policy}", "does not know what to go by", f"give {_option(needed.rstrip('s'))}"
                )

    def _check_kinds(self) -> None:
        """Raise if a setting is not of the kind of its default; make tuples of other iterables."""
        for each in fields(self):
            value, kind = getattr(self, each.name), type(each.default)
            if kind in (str, bool) and type(value) is not kind:
                raise ConfigError(_option(each.name), f"must be {_kind_name(kind)}, not {value!r}", _usual(each.name))
            if kind is tuple:
                value = _strings(each.name, value)
                object.__setattr__(self, each.name, value)  # what was given may be a list, or read only once
            texts = (value,) if kind is str else value if kind is tuple else ()
            if any("\0" in text for text in texts):
                raise ConfigError(_option(each.name), "must not hold a NUL character", "leave it out")

    def _check_ranges(self) -> None:
        """Raise if a setting that is a number is none, or out of its range."""
        for name in ("near_threshold", "remove_threshold", "brake_chars_ratio", "brake_lines_ratio"):
            value = getattr(self, name)
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= 1:
                raise ConfigError(_option(name), f"must be a number from 0 to 1, not {value!r}", _usual(name))
        for name, least, most in _BOUNDS:
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                bound = f"at most {most:,}" if isinstance(value, int) and value > most else f"at least {least}"
                problem = f"must be a whole number of {bound}, not {value!r}"
                raise ConfigError(_option(name), problem, _usual(name))

    def _check_words(self) -> None:
        """Raise if a setting that is a word, or several, has one that says nothing."""
        words = [(name, getattr(self, name), allowed) for name, allowed in CHOICES.items()]
        words += [("repair_also", extra, REPAIR_EXTRAS) for extra in self.repair_also]
        for name, value, allowed in words:
            if value not in allowed:
                raise ConfigError(_option(name), f"unknown value {value!r}", _suggest(str(value), allowed))
        for ending in self.extensions:
            if not ending.strip(".") or not set(ending).isdisjoint("*?,/ "):
                raise ConfigError(
                    "ext", f"{ending!r} is no file name ending", "write it like .txt; --ext may be repeated"
                )
        for name in ("against", "lexicons"):
            if "" in getattr(self, name):  # as a path it would be the folder that is worked in
                raise ConfigError(name, "must not hold an empty path", "leave it out")
        for name in ("encoding", "fallback_encoding"):
            if getattr(self, name):
                codec_of(getattr(self, name), _option(name))
        if not self.text_field:
            raise ConfigError("text-field", "must not be empty", "name the field that holds the text")

    def fingerprint(self) -> str:
        """Return a hash (16 hexadecimal digits) of every setting that can change the output.

        Where lexicons lie does not, and what they hold has a hash of its own.
        """
        decided = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _NOT_DECIDING}
        decided["lexicons"] = ()
        return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()[:16]


def codec_of(encoding: str, place: str) -> str:
    """Return what Python calls the encoding of that name.

    >>> codec_of("Latin1", "encoding")
    'iso8859-1'

    Raises:
        ConfigError: there is no such encoding of text.
    """
    try:
        name = codecs.lookup(encoding).name
        "".encode(name)  # refuses what is a codec but none of text, such as "hex"
    except (LookupError, ValueError):
        advice = "try windows-1252, iso-8859-1 or shift_jis"
        raise ConfigError(place, f"unknown encoding {encoding!r}", advice) from None
    return name


def settings_or_usual(config: Config | None) -> Config:
    """Return the settings that somebody gave, or those of a run without any.

    >>> settings_or_usual({"near": "off"})
    Traceback (most recent call last):
    ...
    dedupe.errors.ConfigError: config: is of the type dict; give a dedupe.Config, like dedupe.Config(near="off")

    Raises:
        ConfigError: they are something else.
    """
    if config is None:
        return Config()
    if not isinstance(config, Config):
        problem = "is a class" if isinstance(config, type) else f"is of the type {type(config).__name__}"
        raise ConfigError("config", problem, 'give a dedupe.Config, like dedupe.Config(near="off")')
    return config


def find_settings(start: Path) -> Path | None:
    """Return the nearest ``pyproject.toml`` with a ``[tool.dedupe]`` table, from *start* upward."""
    here = start.absolute()
    for folder in (here, *here.parents):
        candidate = folder / "pyproject.toml"
        # in a folder that may not be entered there is none, as far as one can tell
        if os.path.isfile(candidate) and _table(_parsed(candidate), candidate) is not None:
            return candidate
    return None


def load_settings(path: Path) -> dict[str, Any]:
    """Return the settings in a TOML file, ready to be given to :class:`Config`.

    The file is a ``pyproject.toml`` with a ``[tool.dedupe]`` table, or a file of
    its own whose top level holds the keys. Paths are taken relative to the file.

    Raises:
        ConfigError: the file cannot be read, is not TOML, or has an unknown key
            or a value that cannot be used.
    """
    content = _parsed(path)  # once: it may be a pipe
    table = _table(content, path)
    if table is None and path.name == "pyproject.toml":
        raise ConfigError(str(path), "has no [tool.dedupe] table", "add one, or leave --config out")
    settings = _checked(content if table is None else table, str(path))
    for name in _PATHS & settings.keys():
        value = settings[name]
        if isinstance(value, tuple):
            settings[name] = tuple(str(path.parent / each) if each else each for each in value)
        elif value and "://" not in value:
            settings[name] = str(path.parent / value)
    return settings


def _checked(table: Mapping[str, Any], place: str) -> dict[str, Any]:
    kinds: dict[str, type] = {f.name: type(f.default) for f in fields(Config)}
    names = [_option(name) for name in kinds]
    settings: dict[str, Any] = {}
    for key, value in table.items():
        name = _OPTION_NAMES.get(key, key.replace("-", "_"))
        if name not in kinds:
            raise ConfigError(place, f"unknown key {key!r}", _suggest(key, names))
        if name in settings:
            raise ConfigError(place, f"{key} is given twice", "leave one of the two out")
        kind = kinds[name]
        if kind is tuple:
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                raise ConfigError(place, f"{key} must be a list of strings, not {value!r}", _usual(name))
            value = tuple(value)
        elif kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        elif name == "memory" and isinstance(value, str):
            value = parse_size(value, f"{place}: {key}")
        if type(value) is not kind:
            raise ConfigError(place, f"{key} must be {_kind_name(kind)}, not {value!r}", _usual(name))
        try:
            Config(**{**_SUFFICIENT, name: value})
        except ConfigError as error:
            raise ConfigError(f"{place}: {key}", error.problem, error.advice) from None
        settings[name] = value
    return settings


def parse_size(text: str, place: str = "memory") -> int:
    """Return the bytes that ``2G``, ``300M``, ``64K`` or a plain number stand for.

    >>> parse_size("300M")
    314572800
    """
    unit = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    digits = text.strip().upper().removesuffix("B").removesuffix("I")
    factor = 1
    if digits and digits[-1] in unit:
        factor = unit[digits[-1]]
        digits = digits[:-1]
    try:
        return int(float(digits) * factor)
    except (ValueError, OverflowError):
        raise ConfigError(place, f"{text!r} is not a size", "write it like 300M or 2G") from None


def _parsed(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:  # the standard library has it from 3.11
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # some editors begin with a mark
    except OSError as error:
        raise ConfigError(str(path), system_reason(error), "check the path of the settings") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(str(path), f"not TOML: {error}", "mend that line, or leave --config out") from error


def _table(content: Mapping[str, Any], path: Path) -> dict[str, Any] | None:
    tool = content.get("tool")
    table = tool.get("dedupe") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(str(path), "tool.dedupe must be a table", "write [tool.dedupe]")
    return table


def _option(name: str) -> str:
    return name.replace("_", "-")


def _usual(name: str) -> str:
    """Return what to try instead of a value that cannot be used: how the default is written in a settings file."""
    default = next(each.default for each in fields(Config) if each.name == name)
    written = json.dumps(list(default) if isinstance(default, tuple) else default)
    return f"leave it out, or write it like {written}"


def _strings(name: str, value: Any) -> tuple[str, ...]:
    """Return any iterable of strings as a tuple, a set in an order of its own."""
    if isinstance(value, Iterable) and not isinstance(value, (str, Mapping)):
        strings = tuple(value)
        if all(isinstance(item, str) for item in strings):
            return tuple(sorted(strings)) if isinstance(value, Set) else strings
        value = strings
    raise ConfigError(_option(name), f"must be a sequence of strings, not {value!r}", _usual(name))


def _kind_name(kind: type) -> str:
    return {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}[kind]


def _suggest(word: str, known: tuple[str, ...] | list[str]) -> str:
    import difflib  # few runs have anything to suggest

    close = difflib.get_close_matches(word.replace("_", "-"), known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}"
