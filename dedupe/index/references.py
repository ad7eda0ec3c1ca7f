"""Reference texts: what a run is held against and does not change.

A reference is a part of an index, or several. A run looks up everything that it fingerprints; the documents
that share content or a band with it are read from the index, whole, and take part in matching
under numbers behind those of the run's own documents. So are, once the run knows what stays, those that share the
hashes by which passages inside longer ones are found, and damaged copies.

What is found does not depend on how the documents came into the index: of equal contents the first live one by
path answers, and of a bucket the contents with the lowest hashes.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.index.keys import count_up
from dedupe.index.part import Part, looking_into
from dedupe.index.windows import Choice, sharing
from dedupe.matching.fingerprint import BANDS
from dedupe.matching.sets import are_first, distinct

I64 = npt.NDArray[np.int64]
U32 = npt.NDArray[np.uint32]
U64 = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.void]

#: Contents of one bucket that a text meets. In families of thousands, more would be compared for nothing.
_MET = 24
#: Texts that are looked up together: what is looked at comes into memory once for all of them.
_AT_ONCE = 1 << 16
#: Documents that are read from a part together.
_READ_AT_ONCE = 64


@dataclass(slots=True, eq=False)
class LivePart:
    """A part of an index, and which of its files are no longer what they were: bool by file, None for none.

    *place* gives where a file is that the part knows by a path.
    """

    part: Part
    dead: Flags | None = None
    place: Callable[[str], str] = str

    def bury(self, paths: Iterable[str]) -> None:
        """Leave out the files with these paths."""
        files = [file for file in map(self.part.find_file, paths) if file >= 0]
        if files:
            dead = np.zeros(self.part.file_count, dtype=bool) if self.dead is None else self.dead.copy()
            dead[files] = True
            self.dead = dead

    def alive(self, documents: I64) -> Flags:
        """Return whether each of *documents* is still there."""
        if self.dead is None:
            return np.ones(len(documents), dtype=bool)
        return ~self.dead[self.part.files_of(documents)]

    def has_file(self, file: int) -> bool:
        """Return whether the file with this number is still there."""
        return self.dead is None or not self.dead[file]

    def dead_count(self) -> int:
        """Return how many files have left."""
        return 0 if self.dead is None else int(np.count_nonzero(self.dead))

    def live_documents(self) -> I64:
        """Return the numbers of the documents that are still there."""
        return np.flatnonzero(self.alive(np.arange(self.part.document_count)))

    def live_files(self) -> I64:
        """Return the numbers of the files that are still there."""
        return np.arange(self.part.file_count) if self.dead is None else np.flatnonzero(~self.dead)


@dataclass(slots=True)
class Reference:
    """Reference texts under the *name* that the user gave them.

    Of a corpus *in_full* all documents take part in matching, whatever they share with the run's own. It was read for
    this run, so that takes little more; an index is opened to be asked, and stays closed otherwise.
    """

    name: str
    parts: list[LivePart] = field(default_factory=list)
    in_full: bool = False

    def describe(self) -> dict[str, object]:
        """Return what identifies the texts: how many there are, and a hash over all paths and contents of files."""
        files = sorted(self.files())
        digest = hashlib.sha256()
        for path, content, _ in files:
            digest.update(hashlib.sha256(path.encode("utf-8", "surrogatepass")).digest() + content)
        documents = sum(count for _, _, count in files)
        return {"name": self.name, "files": len(files), "documents": documents, "sha256": digest.hexdigest()}

    def files(self) -> list[tuple[str, bytes, int]]:
        """Return path, sha256 and number of documents of every file."""
        return [
            (live.part.path(file), live.part.digest(file), len(live.part.documents_of(file)))
            for live in self.parts
            for file in live.live_files().tolist()
        ]

    def shelves(self, kind: str) -> list[Shelf]:
        """Return the shelves of one *kind*, segments or wholes: one of each part."""
        return [Shelf(live, kind) for live in self.parts]

    def meet(self, scan: kernels.Scan, min_words: int) -> None:
        """Be told of what will be looked up: a reference that has its documents elsewhere fetches them now."""

    def around(self, kind: str, kept: Rows, choice: Choice) -> U64:
        """Return the contents of one *kind* that are worth a look, by *choice*, of those that share hashes with texts.

        *kept* are the hashes that winnowing keeps of these. The documents that have such contents are in a part then.
        """
        return choice(sharing(self.shelves(kind), kept))


class Standing(NamedTuple):
    """Where a passage stands in a reference text: document, file, row (0 for none), bytes, code points, lines.

    ``sha256`` is that of the whole text as it was stored when it was read.
    """

    name: str
    path: str
    row: int
    src: list[int]
    chr: list[int]
    lines: list[int]
    sha256: str


class References:
    """The reference texts of a run, and which of their documents it has met."""

    def __init__(self, references: Sequence[Reference] = (), *, near: bool = True, notes: Sequence[str] = ()) -> None:
        self.notes = notes
        """What was passed over in them, in words."""
        self._references = references
        self._near = near
        self._asked: dict[str, list[_Texts]] = {"segment": [], "whole": []}
        self._waiting = 0
        # Documents by the number of their part and their own: met since they were last asked for, and given before.
        self._new: set[tuple[int, int]] = set()
        self._given: dict[tuple[int, int], int] = {}
        # By number of arrival the part and the document in it.
        self._numbered = array("q")
        self._has_begun = False
        self.first = sys.maxsize
        """The number of the first document of a reference; the run's own have lower ones."""

    def __contains__(self, number: object) -> bool:
        """Whether the document with this number is one of a reference."""
        return isinstance(number, int) and number >= self.first

    def describe(self) -> list[dict[str, object]]:
        """Return what identifies each of the references."""
        with looking_into(self._name):
            return [reference.describe() for reference in self._references]

    def look_up(self, scan: kernels.Scan, min_words: int) -> None:
        """Look up everything in *scan* that can match; documents of fewer than *min_words* cannot."""
        if not self.are_asked:
            return
        for reference in self._references:
            reference.meet(scan, min_words)
        long = scan.doc_words >= min_words
        self._asked["segment"].append(_Texts(scan.content[scan.comparable, 0], scan.bands))
        self._asked["whole"].append(_Texts(scan.doc_content[long, 0], scan.doc_bands[long]))
        self._waiting += len(scan.bands)
        if self._waiting > _AT_ONCE:
            with looking_into(self._name):
                self._search()

    @property
    def are_asked(self) -> bool:
        """Whether there are texts among them that come only if they are asked for."""
        return not all(reference.in_full for reference in self._references)

    def look_around(self, kind: str, kept: Rows, choice: Choice) -> None:
        """Look up what shares hashes with texts, and is worth a look by *choice*.

        *kept* are the hashes that winnowing keeps of segments or of whole documents, which is their *kind*.
        """
        with looking_into(self._name):
            self._propose(kind, lambda reference: reference.around(kind, kept, choice))

    def arrivals(self) -> Iterator[tuple[list[int], kernels.Scan]]:
        """Yield the documents that were met since the last call, by number, and what is known of them."""
        with looking_into(self._name):
            if not self._has_begun:
                self._has_begun = True
                yield from self._all_in_full()
            self._search()
            new, self._new = sorted(self._new, key=self._order), set()
            for document in new:
                self._given[document] = self._next_number(*document)
            for part, live in enumerate(self._parts):
                here = [number for of, number in new if of == part]
                for at in range(0, len(here), _READ_AT_ONCE):
                    chosen = here[at : at + _READ_AT_ONCE]
                    yield [self._given[part, number] for number in chosen], live.part.scan(np.array(chosen))
                    live.part.release()

    def standing(self, number: int, start: int, end: int) -> Standing:
        """Return where the passage ``[start, end)`` stands of the document that came under this number."""
        with looking_into(self._name):
            at, document = self._numbered[2 * (number - self.first) : 2 * (number - self.first) + 2]
            live = self._parts[at]
            part = live.part
            name, row, digest = part.name(document)
            segments = part.segments_of(document)
            first = segments[int(np.searchsorted(segments["chr"][:, 0], start))]
            last = segments[int(np.searchsorted(segments["chr"][:, 1], end))]
            src, lines = ([int(first[column][0]), int(last[column][1])] for column in ("src", "lines"))
            return Standing(name, live.place(part.path_of(document)), row, src, [start, end], lines, digest.hex())

    def wordings(self, number: int) -> list[str]:
        """Return the segments of the document that came under this number, as they are written."""
        with looking_into(self._name):
            at, document = self._numbered[2 * (number - self.first) : 2 * (number - self.first) + 2]
            wordings = self._parts[at].part.wordings(document)
            self._parts[at].part.release()
            return wordings

    @property
    def _name(self) -> str:
        """What the user calls the last reference: an index, if there is one, and only that can be damaged."""
        return self._references[-1].name if self._references else ""

    @property
    def _parts(self) -> list[LivePart]:
        """All parts. Only the last reference may get more of them while the run goes on."""
        return [live for reference in self._references for live in reference.parts]

    def _all_in_full(self) -> Iterator[tuple[list[int], kernels.Scan]]:
        in_full = [reference.in_full for reference in self._references for _ in reference.parts]
        for part, live in enumerate(self._parts):
            documents = live.live_documents() if in_full[part] else np.zeros(0, dtype=np.int64)
            for at in range(0, len(documents), _READ_AT_ONCE):
                chosen = documents[at : at + _READ_AT_ONCE]
                yield [self._next_number(part, number) for number in chosen.tolist()], live.part.scan(chosen)
                live.part.release()

    def _next_number(self, part: int, document: int) -> int:
        self._numbered.extend((part, document))
        return self.first + len(self._numbered) // 2 - 1

    def _order(self, document: tuple[int, int]) -> tuple[int, str, int]:
        """References in the order in which they are named, and their documents by path."""
        part, number = document
        before = 0
        for at, reference in enumerate(self._references):
            before += len(reference.parts)
            if part < before:
                return at, self._parts[part].part.path_of(number), number
        raise IndexError(part)

    def _search(self) -> None:
        for kind, asked in self._asked.items():
            if asked:
                contents = distinct(np.concatenate([texts.contents for texts in asked]))
                bands = np.concatenate([texts.bands for texts in asked])
                asked.clear()
                self._propose(kind, partial(self._like, kind, contents, bands))
        self._waiting = 0

    def _like(self, kind: str, contents: U64, bands: U32, reference: Reference) -> U64:
        """Return *contents* and those that share a bucket with one of *bands*."""
        return distinct(np.append(contents, _met(reference.shelves(kind), bands))) if self._near else contents

    def _propose(self, kind: str, wanted: Callable[[Reference], U64]) -> None:
        """Let the first documents arrive that have the contents *wanted* of a reference."""
        first = 0
        for reference in self._references:
            if not reference.in_full:  # of those all is there
                contents = wanted(reference)
                for part, number in _first_documents(reference.shelves(kind), contents):
                    if (first + part, number) not in self._given:
                        self._new.add((first + part, number))
                for live in reference.parts:
                    live.part.release()
            first += len(reference.parts)


class _Texts(NamedTuple):
    """Texts to look up: the first half of their content hashes, and their band keys, uint32 (n, BANDS)."""

    contents: U64
    bands: U32


class Shelf:
    """The live rows of one *kind* in a part: ``segment``, or ``whole`` for documents."""

    def __init__(self, live: LivePart, kind: str) -> None:
        self._live = live
        self._is_whole = kind == "whole"
        self.keys = live.part.wholes if self._is_whole else live.part.segments
        self.is_whole_alive = live.dead is None

    def met(self, band: int, keys: U32, most: int) -> tuple[I64, U64]:
        """Return which contents are in the buckets of ascending *keys* in a band: the place of the key, the content.

        Of one bucket there are at least the *most* lowest contents that live documents have.
        """
        owner, numbers = self._alive(*self.keys.met(band, keys, most if self.is_whole_alive else None))
        return owner, self.keys.contents[numbers]

    def sharing(self, hashes: U32, most: int) -> tuple[I64, U64, I64]:
        """Return which contents have one of ascending *hashes*, as :class:`dedupe.index.windows.Shelf` says."""
        owner, numbers = self._alive(*self.keys.sharing(hashes, most if self.is_whole_alive else None))
        return owner, self.keys.contents[numbers], self.keys.sizes(numbers).astype(np.int64)

    def _alive(self, owner: I64, numbers: I64) -> tuple[I64, I64]:
        if self.is_whole_alive:
            return owner, numbers
        alive = self.first_documents(numbers) >= 0
        return owner[alive], numbers[alive]

    def documents(self, rows: I64) -> I64:
        """Return the documents that rows belong to."""
        return rows if self._is_whole else self._live.part.owners(rows)

    def path_of(self, document: int) -> str:
        """Return the path of the file that a document is in."""
        return self._live.part.path_of(document)

    def first_documents(self, contents: I64) -> I64:
        """Return for each content, given by its number, the first live document that has it, -1 for none."""
        found = self.documents(self.keys.first_rows(contents))
        for at in np.flatnonzero(~self._live.alive(found)).tolist():
            others = self.documents(self.keys.rows_of(int(contents[at])))
            alive = np.flatnonzero(self._live.alive(others))
            found[at] = others[alive[0]] if len(alive) else -1
        return found


def _met(shelves: Sequence[Shelf], bands: U32) -> U64:
    """Return the contents that share a bucket with one of *bands*, uint32 (n, BANDS): of each bucket the lowest."""
    found = [np.zeros(0, dtype=np.uint64)]
    for band in range(BANDS):
        keys = distinct(bands[:, band])
        none = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint64)
        met = [none, *(shelf.met(band, keys, _MET) for shelf in shelves)]
        owner, content = (np.concatenate(column) for column in zip(*met, strict=True))
        order = np.lexsort((content, owner))
        owner, content = owner[order], content[order]
        new = are_first(owner, content)
        owner, content = owner[new], content[new]
        found.append(content[count_up(np.bincount(owner, minlength=len(keys))) < _MET])
    return distinct(np.concatenate(found))


def _first_documents(shelves: Sequence[Shelf], contents: U64) -> Iterator[tuple[int, int]]:
    """Yield, for each content that is there, the first live document by path that has it, as part and number."""
    best: dict[int, tuple[str, int, int]] = {}
    for part, shelf in enumerate(shelves):
        numbers = shelf.keys.find(contents)
        there = np.flatnonzero(numbers >= 0)
        documents = shelf.first_documents(numbers[there])
        for at, document in zip(there.tolist(), documents.tolist(), strict=True):
            if document >= 0:
                candidate = (shelf.path_of(document), part, document)
                best[at] = min(best.get(at, candidate), candidate)
    yield from {(part, document) for _, part, document in best.values()}
