"""Passages looked up among everything that git tracks: who has the same words, or nearly."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe import kernels
from dedupe.index.references import LivePart, Shelf
from dedupe.index.windows import Sharing, sharing
from dedupe.matching.contained import TRIED, Texts, kept_hashes
from dedupe.matching.damaged import TRIED as TRIED_WHOLES
from dedupe.matching.damaged import alike_but_for_damage, guard_of
from dedupe.matching.fingerprint import BANDS
from dedupe.matching.inside import standing_inside
from dedupe.matching.verify import compare_texts
from dedupe.matching.wordings import passage
from dedupe.matching.written import told_apart
from dedupe.tracked.cache import Blobs

I64 = npt.NDArray[np.int64]
U64 = npt.NDArray[np.uint64]

#: Contents of one bucket that a passage meets, those with one hash (the cache has also what a text was before), and
#: with how many of those that share most bands it is compared.
_MET = 24
_MET_BY_HASH = 64
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
    """A new passage and the one that it repeats; ``kind`` is ``exact``, ``near``, ``contained`` or ``contains``.

    ``differences`` holds places as (words only in the new one, words only in the other). ``guard`` says why it is for
    review: because of its kind, or because the words that differ are damaged.
    """

    place: Place
    canonical: Place
    kind: str
    similarity: float = 1.0
    differences: tuple[tuple[str, str], ...] = ()
    guard: str = ""


class Search:
    """Looks new passages up, all wholes or all segments. *places_of* gives the places of a segment of a document.

    A passage may repeat one in another document that is preferred for canonical. What is *near* is found unless that
    is ``off``, and with ``all`` what has the same words is not read for what they leave out. What was looked
    up is remembered as long as the search lasts, so a search is for some megabytes of new text.
    """

    def __init__(
        self, blobs: Blobs, places_of: Callable[[int, int, int], Iterator[Place]], threshold: float, near: str
    ) -> None:
        self._blobs = blobs
        self._places_of = places_of
        self._threshold = threshold
        self._near = near != "off"
        self._are_read = near != "all"
        self._scans: dict[tuple[int, int], kernels.Scan] = {}
        self._standing: dict[tuple[bool, int], list[Place]] = {}
        self._house: set[int] = set()

    def repeats(self, places: Sequence[Place]) -> list[Repeat]:
        """Return, in order, the repeats among *places*, which come in the order of their documents."""
        same = {place: repeat for place in places if (repeat := self._same(place))}
        rest = [place for place in places if place not in same and self._content(place)[0] not in self._house]
        like = self._nearly(rest) if self._near else {}
        if self._near:
            like |= self._nested([place for place in rest if place not in like and place.position != WHOLE])
        found: list[Repeat] = []
        for place in places:
            if place in same:
                going_on = self._going_on(found[-1], place) if found and same[place].kind == "exact" else None
                found.append(same[place]._replace(canonical=going_on) if going_on else same[place])
            elif place in like:
                found.append(like[place])
        return found

    def scan(self, place: Place) -> kernels.Scan:
        """Return what is known of the document of a place."""
        key = place.part, place.document
        if key not in self._scans:
            self._scans[key] = self._blobs.parts[place.part].scan(np.array([place.document]))
        return self._scans[key]

    def stands_inside(self, place: Place, part: int, document: int) -> bool:
        """Return whether a passage stands inside one of a document of that part."""
        tokens, lines = self._tokens(place), self._blobs.parts[part].scan(np.array([document])).tokens.split(b"\n")
        return any(standing_inside(tokens, line, self._threshold) for line in lines)

    def _same(self, place: Place) -> Repeat | None:
        """Return the repeat of a passage of the same words: near, if all of them say something else by their signs."""
        content = self._content(place)
        told: Repeat | None = None
        for other in self._before(place, content[0]):
            if self._content(other) == content:
                places = self._told_apart(place, other)
                if not places:
                    return Repeat(place, other, "exact")
                told = told or Repeat(place, other, "near", differences=tuple(places))
        return told if self._near else None

    def _told_apart(self, place: Place, other: Place) -> list[tuple[str, str]]:
        if not self._are_read or np.array_equal(self._written(place), self._written(other)):
            return []
        return told_apart(self._wording(place), self._wording(other))

    def _going_on(self, before: Repeat, place: Place) -> Place | None:
        """Return the place that goes on where the repeat before *place* ended, if it has the same words."""
        if before.place.text != place.text:
            return None
        position = before.canonical.position + place.position - before.place.position
        other = before.canonical._replace(position=position)
        there = position < len(self.scan(other).words) and self._content(other) == self._content(place)
        there = there and other < place and other in self._places(False, self._content(place)[0])
        return other if there and not self._told_apart(place, other) else None

    def _first(self, place: Place, content: int) -> Place | None:
        """Return the first of the places with *content* that *place* may repeat."""
        return next(self._before(place, content), None)

    def _before(self, place: Place, content: int) -> Iterator[Place]:
        """Yield the places with *content* that *place* may repeat."""
        for other in self._places(place.position == WHOLE, content):
            if not other < place:
                return
            if other.text != place.text:
                yield other

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

    def damaged(self, places: Sequence[Place]) -> list[Repeat]:
        """Return, in order, those of *places*, all wholes, that are copies of others but for damaged words."""
        if not self._near:
            return []
        met = self._sharing(places)
        found = []
        for place, contents in _by_place(places, *met.likeliest(met.may_be_damaged(self._threshold))):
            allowed = (other for content in contents if (other := self._first(place, content)))
            others = list(islice(allowed, TRIED_WHOLES))
            pairs = np.array([(0, at) for at in range(1, len(others) + 1)], dtype=np.int64).reshape(-1, 2)
            alike = alike_but_for_damage(list(map(self._tokens, [place, *others])), pairs, self._threshold)
            if alike:
                at = max(alike, key=lambda at: (alike[at][1].similarity, -at))
                kind, match, is_damaged = alike[at]
                found.append(Repeat(place, others[at], kind, *match, guard_of(kind, is_damaged=is_damaged)))
        return found

    def _nested(self, places: Sequence[Place]) -> dict[Place, Repeat]:
        """Return which of *places* stand inside longer passages or have one that was there before inside.

        Each comes with the first of those that have most of it, or with the one that it has most of.
        """
        met = self._sharing(places)
        found: dict[Place, Repeat] = {}
        for place, contents in _by_place(places, *met.likeliest(met.may_be_inside(self._threshold))):
            standing = self._around(place, contents)
            if standing and not _is_house(standing):
                found[place] = min(standing, key=lambda repeat: (-repeat.similarity, repeat.canonical))
        for place, contents in _by_place(places, *met.likeliest(met.may_be_around(self._threshold))):
            inside = next(self._inside(place, contents), None) if place not in found else None
            if inside:
                found[place] = inside
        return found

    def _sharing(self, places: Sequence[Place]) -> Sharing:
        """Return what shares hashes with *places*, all wholes or all segments; a text is its place among them."""
        whole = bool(places) and places[0].position == WHOLE
        texts = Texts(np.arange(len(places)), *kernels.joined(list(map(self._tokens, places))))
        kept = kept_hashes(texts.as_lines())
        if whole:
            kept["size"] = np.array([self.scan(place).doc_words[0] for place in places])[kept["segment"]]
        shelves = [Shelf(LivePart(part), "whole" if whole else "segment") for part in self._blobs.parts]
        return sharing(shelves, kept, _MET_BY_HASH)

    def _around(self, place: Place, contents: Iterable[int]) -> list[Repeat]:
        """Return what *place* stands inside of: the places in other documents of longer segments with *contents*."""
        tokens = self._tokens(place)
        places = (self._elsewhere(place, content) for content in contents)
        found = []
        for others in islice(filter(None, places), _TRIED):
            match = standing_inside(tokens, self._tokens(others[0]), self._threshold)
            if match:
                found += [Repeat(place, other, "contained", *match, "contained") for other in others]
        return found

    def _inside(self, place: Place, contents: Iterable[int]) -> Iterator[Repeat]:
        """Yield what stands inside of *place*: of shorter segments with *contents* those that were there before.

        What many others have inside already is the house's own.
        """
        tokens = self._tokens(place)
        before = ([o for o in self._elsewhere(place, content) if not o.is_new] for content in contents)
        for others in islice(filter(None, before), TRIED):
            match = standing_inside(self._tokens(others[0]), tokens, self._threshold)
            if match:
                met = self._sharing(others[:1])
                _, longer = met.likeliest(met.may_be_inside(self._threshold))
                if not _is_house(self._around(others[0], longer.tolist())):
                    words = [int(self.scan(one).words[one.position]) for one in (others[0], place)]
                    similarity = round(match.similarity * words[0] / words[1], 4)
                    differences = tuple((ours, theirs) for theirs, ours in match.differences)
                    yield Repeat(place, others[0], "contains", similarity, differences, "contains")

    def _elsewhere(self, place: Place, content: int) -> list[Place]:
        """Return the places with *content* in other documents than that of *place*."""
        return [other for other in self._places(False, content) if other.text != place.text]

    def _content(self, place: Place) -> tuple[int, int]:
        scan = self.scan(place)
        first, second = (scan.doc_content[0] if place.position == WHOLE else scan.content[place.position]).tolist()
        return first, second

    def _written(self, place: Place) -> U64:
        """Return the hashes of a passage, or of the segments of a whole document, as they are written."""
        written = self.scan(place).written
        return written if place.position == WHOLE else written[place.position : place.position + 1]

    def _wording(self, place: Place) -> str:
        return passage(self._blobs.parts[place.part].wordings(place.document), place.position)

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


def _by_place(places: Sequence[Place], numbers: I64, contents: U64) -> Iterator[tuple[Place, list[int]]]:
    """Yield the places that have these *numbers*, ascending, each with its *contents*."""
    pairs = zip(numbers.tolist(), contents.tolist(), strict=True)
    for number, group in groupby(pairs, key=lambda pair: pair[0]):
        yield places[number], [content for _, content in group]


def _is_house(standing: Iterable[Repeat]) -> bool:
    """Whether a passage stands inside longer ones in so many documents already that it is the house's own."""
    return len({repeat.canonical.text for repeat in standing if not repeat.canonical.is_new}) >= _HOUSE
