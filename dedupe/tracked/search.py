"""Passages looked up among everything that git tracks: who has the same words, or nearly."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.index.references import LivePart, Shelf
from dedupe.index.windows import sharing
from dedupe.matching.contained import Texts, kept_hashes
from dedupe.matching.fingerprint import BANDS
from dedupe.matching.inside import standing_inside
from dedupe.matching.verify import compare_texts
from dedupe.tracked.cache import Blobs

#: Contents of one bucket that a passage meets, those with one hash (the cache has also what a text was before), and
#: with how many of those that share most bands it is compared.
_MET = 24
_MET_BY_HASH = 1000
_COMPARED = 8
#: A passage that stands in so many documents already is the house's own: a licence, a note under every page. A hook
#: that stopped every new page for it would not be left switched on.
_HOUSE = 10
#: Longer passages that one is looked for in; those that are the house's own must show.
_TRIED = 4 * _HOUSE
#: Pairs that are compared together.
_AT_ONCE = 2048
#: The position that stands for a document as a whole.
WHOLE = -1


class Place(NamedTuple):
    """A passage where it stands: file, row (0 for a text), position of the segment or ``WHOLE``.

    ``part`` and ``document`` say where its fingerprints are. Places sort as they are preferred for canonical: what
    was there before comes first, then what is first by path.
    """

    is_new: bool
    path: str
    row: int
    position: int
    part: int
    document: int

    @property
    def text(self) -> tuple[str, int]:
        """The document that it stands in, by file and row."""
        return self.path, self.row


class Repeat(NamedTuple):
    """A new passage and the one that it repeats; ``kind`` is ``exact``, ``near`` or ``contained``.

    ``differences`` holds places as (words only in the new one, words only in the other).
    """

    place: Place
    canonical: Place
    kind: str
    similarity: float = 1.0
    differences: tuple[tuple[str, str], ...] = ()


class Search:
    """Looks new passages up, all wholes or all segments. *places_of* gives the places of a segment of a document.

    A passage may repeat one in another document that is preferred for canonical. What was looked
    up is remembered as long as the search lasts, so a search is for some megabytes of new text.
    """

    def __init__(
        self, blobs: Blobs, places_of: Callable[[int, int, int], Iterator[Place]], threshold: float, *, near: bool
    ) -> None:
        self._blobs = blobs
        self._places_of = places_of
        self._threshold = threshold
        self._near = near
        self._scans: dict[tuple[int, int], kernels.Scan] = {}
        self._standing: dict[tuple[bool, int], list[Place]] = {}
        self._house: set[int] = set()

    def repeats(self, places: Sequence[Place]) -> list[Repeat]:
        """Return, in order, the repeats among *places*, which come in the order of their documents."""
        exact = {place: other for place in places if (other := self._exact(place))}
        rest = [place for place in places if place not in exact and self._content(place)[0] not in self._house]
        like = self._nearly(rest) if self._near else {}
        if self._near:
            like |= self._inside([place for place in rest if place not in like and place.position != WHOLE])
        found: list[Repeat] = []
        for place in places:
            if place in exact:
                going_on = self._going_on(found[-1], place) if found else None
                found.append(Repeat(place, going_on or exact[place], "exact"))
            elif place in like:
                found.append(like[place])
        return found

    def scan(self, place: Place) -> kernels.Scan:
        """Return what is known of the document of a place."""
        key = place.part, place.document
        if key not in self._scans:
            self._scans[key] = self._blobs.parts[place.part].read(np.array([place.document])).scan
        return self._scans[key]

    def _exact(self, place: Place) -> Place | None:
        content = self._content(place)
        other = self._first(place, content[0])
        return other if other and self._content(other) == content else None

    def _going_on(self, before: Repeat, place: Place) -> Place | None:
        """Return the place that goes on where the repeat before *place* ended, if it has the same words."""
        if before.place.text != place.text:
            return None
        position = before.canonical.position + place.position - before.place.position
        other = before.canonical._replace(position=position)
        there = position < len(self.scan(other).words) and self._content(other) == self._content(place)
        return other if there and other in self._places(False, self._content(place)[0]) and other < place else None

    def _first(self, place: Place, content: int) -> Place | None:
        """Return the first of the places with *content* that *place* may repeat."""
        for other in self._places(place.position == WHOLE, content):
            if not other < place:
                return None
            if other.text != place.text:
                return other
        return None

    def _places(self, whole: bool, content: int) -> list[Place]:
        """Return all places that have the content with this first half, sorted; none for what is the house's own."""
        if (whole, content) not in self._standing:
            found = sorted(self._found(whole, content))
            if len({place.text for place in found if not place.is_new}) >= _HOUSE:
                self._house.add(content)
                found = []
            self._standing[whole, content] = found
        return self._standing[whole, content]

    def _found(self, whole: bool, content: int) -> Iterator[Place]:
        for number, part in enumerate(self._blobs.parts):
            keys = part.wholes if whole else part.segments
            at = int(keys.find(np.array([content], dtype=np.uint64))[0])
            if at < 0:
                continue
            rows = keys.rows_of(at)
            if whole:
                for document in rows.tolist():
                    yield from self._places_of(number, document, WHOLE)
                continue
            for document in dict.fromkeys(part.owners(rows).tolist()):
                contents = part.segments_of(document)["content"][:, 0]
                for position in np.flatnonzero(contents == content).tolist():
                    yield from self._places_of(number, document, position)

    def _nearly(self, places: Sequence[Place]) -> dict[Place, Repeat]:
        pairs = list(self._candidates(places))
        best: dict[Place, Repeat] = {}
        for first in range(0, len(pairs), _AT_ONCE):
            chosen = pairs[first : first + _AT_ONCE]
            texts = [self._tokens(place) for pair in chosen for place in pair]
            numbers = np.arange(len(texts), dtype=np.int64).reshape(-1, 2)
            compared = compare_texts(texts, numbers, self._threshold)
            for at, (place, other) in enumerate(chosen):
                similarity = round(float(compared.similarity[at]), 4)
                if similarity >= self._threshold and (place not in best or similarity > best[place].similarity):
                    differences = tuple((" ".join(d.ours), " ".join(d.theirs)) for d in compared.differences(at))
                    best[place] = Repeat(place, other, "near", similarity, differences)
        return best

    def _candidates(self, places: Sequence[Place]) -> Iterator[tuple[Place, Place]]:
        """Yield pairs to compare: each place with the first that has one of the contents likest to its own."""
        bands = np.array([self._bands(place) for place in places], dtype=np.uint32).reshape(-1, BANDS)
        met: Counter[tuple[int, int]] = Counter()
        for part in self._blobs.parts:
            keys = part.wholes if places and places[0].position == WHOLE else part.segments
            for band in range(BANDS):
                owners, numbers = keys.met(band, bands[:, band], _MET)
                met.update(zip(owners.tolist(), keys.contents[numbers].tolist(), strict=True))
        ranked: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for (at, content), shared in met.items():
            ranked[at].append((-shared, content))
        for at in sorted(ranked):
            others = (self._first(places[at], content) for _, content in sorted(ranked[at]))
            yield from islice(((places[at], other) for other in others if other), _COMPARED)

    def _inside(self, places: Sequence[Place]) -> dict[Place, Repeat]:
        """Return which of *places* stand inside longer passages, each with the first of those that have most of it."""
        kept = kept_hashes(Texts(np.arange(len(places)), *kernels.joined([self._tokens(place) for place in places])))
        met = sharing([Shelf(LivePart(part), "segment") for part in self._blobs.parts], kept, _MET_BY_HASH)
        likeliest = np.lexsort((met.content, -met.shared, met.code))
        likeliest = likeliest[(met.other_size > met.size)[likeliest]]
        around: dict[int, list[int]] = defaultdict(list)
        for at, content in zip(*(column[likeliest].tolist() for column in (met.code, met.content)), strict=True):
            around[at].append(content)
        found: dict[Place, Repeat] = {}
        for at, contents in around.items():
            place = places[at]
            standing = sorted(self._around(place, contents), key=lambda repeat: (-repeat.similarity, repeat.canonical))
            if standing and len({other.canonical.text for other in standing if not other.canonical.is_new}) < _HOUSE:
                found[place] = standing[0]
        return found

    def _around(self, place: Place, contents: Iterable[int]) -> Iterator[Repeat]:
        """Yield what *place* stands inside of: the places in other documents of longer segments with these contents."""
        tokens = self._tokens(place)
        left = _TRIED
        for content in contents:
            others = [other for other in self._places(False, content) if other.text != place.text]
            if others and left:
                left -= 1
                match = standing_inside(tokens, self._tokens(others[0]), self._threshold)
                if match:
                    yield from (Repeat(place, other, "contained", *match) for other in others)

    def _content(self, place: Place) -> tuple[int, int]:
        scan = self.scan(place)
        first, second = (scan.doc_content[0] if place.position == WHOLE else scan.content[place.position]).tolist()
        return first, second

    def _bands(self, place: Place) -> npt.NDArray[np.uint32]:
        scan = self.scan(place)
        whole = place.position == WHOLE
        found: npt.NDArray[np.uint32] = (
            scan.doc_bands[0] if whole else scan.bands[int(scan.comparable[: place.position].sum())]
        )
        return found

    def _tokens(self, place: Place) -> bytes:
        scan = self.scan(place)
        if place.position == WHOLE:
            return scan.tokens
        at = int(scan.text_at[place.position])
        return scan.tokens[at : at + int(scan.text_length[place.position])]
