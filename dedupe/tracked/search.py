"""Passages looked up among everything that git tracks: who has the same words, or nearly."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.index.part import Keys
from dedupe.matching.fingerprint import BANDS
from dedupe.matching.verify import Difference, compare_texts
from dedupe.tracked.cache import Blobs

I64 = npt.NDArray[np.int64]

#: Contents of one bucket that a passage meets, and with how many of those that share most bands it is compared.
_MET = 24
_COMPARED = 8
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

    def shares_document(self, other: Place) -> bool:
        """Whether the two stand in one document."""
        return (self.path, self.row) == (other.path, other.row)


class Repeat(NamedTuple):
    """A new passage and the one that it repeats; for an exact repeat there are no ``differences``."""

    place: Place
    canonical: Place
    similarity: float
    differences: tuple[Difference, ...] | None


class Search:
    """Looks new passages up. *places_of* gives all places that have a document of a part, by its segment."""

    def __init__(
        self, blobs: Blobs, places_of: Callable[[int, int, int], Iterator[Place]], threshold: float, *, near: bool
    ) -> None:
        self._blobs = blobs
        self._places_of = places_of
        self._threshold = threshold
        self._near = near
        self._scans: dict[tuple[int, int], kernels.Scan] = {}

    def repeats(self, places: Sequence[Place]) -> Iterator[Repeat]:
        """Yield, in order, those of the new *places* that repeat another; they are all wholes, or all segments."""
        exact = self._exact(places)
        rest = [place for place in places if place not in exact]
        near = self._nearly(rest) if self._near else {}
        before: Repeat | None = None
        for place in places:
            if place in exact:
                before = Repeat(place, _going_on(before, place, exact[place]), 1.0, None)
                yield before
            elif place in near:
                before = near[place]
                yield before

    def scan(self, place: Place) -> kernels.Scan:
        """Return what is known of the document of a place."""
        key = place.part, place.document
        if key not in self._scans:
            self._scans[key] = self._blobs.parts[place.part].read(np.array([place.document])).scan
        return self._scans[key]

    def _exact(self, places: Sequence[Place]) -> dict[Place, list[Place]]:
        contents = np.array([self._content(place) for place in places], dtype=np.uint64).reshape(-1, 2)
        found: dict[Place, list[Place]] = defaultdict(list)
        for part in range(len(self._blobs.parts)):
            keys = self._keys(part, places)
            numbers = keys.find(contents[:, 0])
            for at in np.flatnonzero(numbers >= 0).tolist():
                found[places[at]] += self._standing(part, places[at], int(numbers[at]))
        return {place: sorted(others) for place, others in found.items() if others}

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
                    best[place] = Repeat(place, other, similarity, compared.differences(at))
        return best

    def _candidates(self, places: Sequence[Place]) -> Iterator[tuple[Place, Place]]:
        """Yield pairs to compare: each place with the first of those that have a content near to its own."""
        bands = np.array([self._bands(place) for place in places], dtype=np.uint64).reshape(-1, BANDS)
        met: Counter[tuple[int, int, int]] = Counter()
        for part in range(len(self._blobs.parts)):
            keys = self._keys(part, places)
            for band in range(BANDS):
                first, last = keys.bucket(band, bands[:, band])
                last = np.minimum(last, first + _MET)
                owner = np.repeat(np.arange(len(places)), last - first)
                at = np.arange(len(owner)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
                numbers = keys.in_bucket(band, first[owner] + at)
                met.update((at, part, number) for at, number in zip(owner.tolist(), numbers.tolist(), strict=True))
        ranked: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        for (at, part, number), shared in met.items():
            ranked[at].append((-shared, part, number))
        for at in sorted(ranked):
            place = places[at]
            standing = (
                min(self._standing(part, place, number), default=None) for _, part, number in sorted(ranked[at])
            )
            yield from islice(((place, other) for other in standing if other), _COMPARED)

    def _standing(self, part: int, place: Place, content: int) -> list[Place]:
        """Return the places of the content with this number that *place* may repeat.

        Not in the same document; and of passages that are both new, the later may repeat the earlier.
        """
        keys, of = self._keys(part, [place]), self._blobs.parts[part]
        rows = keys.rows_of(content)
        documents = dict.fromkeys((rows if place.position == WHOLE else of.owners(rows)).tolist())
        others = (other for document in documents for other in self._places_in(part, document, keys, content, place))
        return [other for other in others if not other.shares_document(place) and other < place]

    def _places_in(self, part: int, document: int, keys: Keys, content: int, place: Place) -> Iterator[Place]:
        if place.position == WHOLE:
            yield from self._places_of(part, document, WHOLE)
            return
        segments = self._blobs.parts[part].segments_of(document)
        for position in np.flatnonzero(segments["content"][:, 0] == keys.contents[content]).tolist():
            yield from self._places_of(part, document, position)

    def _keys(self, part: int, places: Sequence[Place]) -> Keys:
        whole = bool(places) and places[0].position == WHOLE
        return self._blobs.parts[part].wholes if whole else self._blobs.parts[part].segments

    def _content(self, place: Place) -> npt.NDArray[np.uint64]:
        scan = self.scan(place)
        found: npt.NDArray[np.uint64] = scan.doc_content[0] if place.position == WHOLE else scan.content[place.position]
        return found

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


def _going_on(before: Repeat | None, place: Place, others: Iterable[Place]) -> Place:
    """Return the one of sorted *others* that goes on where the repeat before ended, else the first."""
    found = list(others)
    if before is not None and before.place.shares_document(place):
        steps = place.position - before.place.position
        for other in found:
            if other.shares_document(before.canonical) and other.position == before.canonical.position + steps:
                return other
    return found[0]
