"""The file that learning writes: a lexicon whose entries carry their counts, with some of their places above each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from dedupe.boilerplate.entries import Entries, read_entry, read_lexicon
from dedupe.boilerplate.learn import PLACES, Learned

LANGUAGE = "und"
"""ISO 639 for a language that nobody has determined."""

_PLACE = "#   "
_HEAD = """\
# Lines that come back in a corpus, most valuable first: a lexicon for --lexicon. Read it before you use it, and delete
# the entries that your readers want; what is to stay whatever is learned gets a line "keep = ITS WORDS".
# "learned" takes a line at the edges of a text and reports it elsewhere, "weak" takes it only among others that go,
# "strong" takes it nearly anywhere.
"""


class LearnedFile(NamedTuple):
    """What a learned lexicon holds: entries with counts, and what people added to them, as it was written."""

    entries: list[Learned]
    added: list[str]

    @classmethod
    def read(cls, name: str) -> LearnedFile:
        """Return what :meth:`parse` does, for a file.

        Raises:
            ConfigError: the file cannot be read, or a line of it is not an entry.
        """
        return cls.parse(read_lexicon(name), name)

    @classmethod
    def parse(cls, text: str, name: str) -> LearnedFile:
        """Return the entries in the text of a file, with the places above each, and the lines without counts.

        Raises:
            ConfigError: a line of it is not an entry.
        """
        known = Entries()
        known.add(text, name, override=True)
        counted = {row: read_entry(row) for row in (*known.phrases.values(), *known.templates.values())}
        entries, added = [], []
        above: list[str] = []
        for line in map(str.strip, text.splitlines()):
            entry = counted.get(line)
            if line.startswith(_PLACE):
                above.append(line.removeprefix(_PLACE))
            elif entry is not None and entry.sightings is not None:
                places = tuple(above[:PLACES])
                entries.append(Learned(entry.strength, entry.kind, entry.phrase, entry.sightings, places))
            elif line and not line.startswith("#"):
                added.append(line)
            if not line.startswith("#"):
                above = []
        return cls(entries, added)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the file."""
        yield from _HEAD.splitlines()
        for entry in self.entries:
            seen = entry.sightings
            yield ""
            yield f"# {seen.sentence}; successor ratio {seen.successor_ratio:.2f}; {entry.value:,} characters"
            yield from (_PLACE + place for place in entry.places)
            yield f"{entry.strength} {entry.kind} {LANGUAGE} [{seen}] = {entry.phrase}"
        yield from ["", *self.added] if self.added else ()
