"""Documents that are copies with damage in many words: a page that two machines read, each with its own mistakes.

Where one letter in twelve is misread, four words of ten are other ones: bands do not meet, and the words that are left
are too few for a near duplicate. But here and there a run of five words is whole, so that the two share some of the
hashes that winnowing keeps, and what was made of a word stands in its place and has most of its letters. The one may
be abridged: what is left of it then stands in the other, in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.matching.contained import SHINGLE
from dedupe.matching.sets import are_first, place_in_run
from dedupe.matching.table import Table
from dedupe.matching.verified import SHOWN, Match
from dedupe.matching.verify import Difference, compare_texts
from dedupe.matching.windows import Shared, Windows
from dedupe.parallel import ordered_map
from dedupe.shards import Shards
from dedupe.workfiles import Shelf, WorkFolder

I64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.void]
Flags = npt.NDArray[np.bool_]

#: The share of the hashes of a document that another one must have: five words of ten whole leave a thirtieth of the
#: runs of five.
_SHARED_RATIO = 0.02
#: Hashes that a longer one must have; most have one by chance.
_SHARED_WITH_LONGER = 2
#: Hashes of the other passages that tell whether these are alike, where two documents have matching ones.
_LEAST_REST = 10
#: The similarity of passages without damage; where one has less, so may the others.
_SOUND = 0.85
#: Parts in which shares of them are counted.
_PARTS = 1000
#: What is a smaller part of the longer one is not looked for: so many have a phrase in common.
_LEAST_PART = 0.25
#: Documents that one is held against.
TRIED = 3
#: The part of the similarity that whole words must make up.
_WHOLE_WORDS = 0.5
#: Words are damaged, and no others, that have this share of their letters in common, in order.
_LETTERS = 0.6
#: Bytes of text that are compared together, but for a single pair that has more.
_COMPARED_BYTES = 1 << 18
_FIGURE = re.compile(r"\d")
_SHIFT, _LOW = 32, 0xFFFFFFFF


class Damaged(NamedTuple):
    """A document that is much like an earlier one, or one of a reference; or nearly all of it stands in a longer one.

    That is its ``kind``, ``near`` or ``contained``. With *is_damaged* it is so because words with damage count, else as
    it stands.
    """

    document: int
    canonical: int
    kind: str
    match: Match
    is_damaged: bool


class Told(NamedTuple):
    """What is told already of passages that two documents have in common, all of which are sound.

    ``pairs`` are codes of the documents, lower number first, int64 (n), ascending. ``words`` int64 (n) are those of the
    passages, and of ``_PARTS`` parts of all runs of them ``whole`` int64 (n) may be in both.
    """

    pairs: I64
    words: I64
    whole: I64

    @classmethod
    def of(cls, proposed: Rows) -> Told:
        """Return what proposals for segments tell: rows with the fields document, canonical, words and found."""
        one, other = proposed["document"], proposed["canonical"]
        codes = np.minimum(one, other) << _SHIFT | np.maximum(one, other)
        order = np.argsort(codes, kind="stable")
        codes, words = codes[order], proposed["words"][order].astype(np.int64)
        similarity = np.where(proposed["found"]["similarity"] > 0, proposed["found"]["similarity"], 1.0)[order]
        # As many runs are whole as this to the power of their words.
        whole = words * np.rint(_PARTS * similarity**SHINGLE).astype(np.int64)
        starts = np.flatnonzero(are_first(codes))
        if not len(starts):
            return cls(codes, words, whole)
        are_sound = np.minimum.reduceat(similarity, starts) >= _SOUND
        words, whole = (np.add.reduceat(column, starts) for column in (words, whole))
        return cls(codes[starts][are_sound], words[are_sound], whole[are_sound])

    def explain(self, one: I64, other: I64, shared: I64, totals: I64, words: I64) -> Flags:
        """Return of which pairs this is all: of their other passages too few hashes are shared for damaged copies.

        *totals* are the hashes that are kept of *one*, *words* its words, and *shared* is how many the two share.
        """
        found = np.zeros(len(one), dtype=bool)
        if len(self.pairs):
            codes = np.minimum(one, other) << _SHIFT | np.maximum(one, other)
            at = np.minimum(np.searchsorted(self.pairs, codes), len(self.pairs) - 1)
            hashes = totals / np.maximum(words, 1)
            rest = totals - hashes * self.words[at]
            of_rest = shared - hashes * self.whole[at] / _PARTS
            found = (self.pairs[at] == codes) & (rest >= _LEAST_REST) & (of_rest < _SHARED_RATIO * rest)
        return found


def find_damaged(
    table: Table, windows: Windows, folder: WorkFolder, threshold: float, left_out: Flags, told: Told
) -> Iterator[Damaged]:
    """Yield the documents that are damaged copies, in order, each with the likest of those it was held against.

    *windows* are the kept hashes of the documents that are looked at, but for those *left_out*, bool by number. From
    *threshold* on two are alike. What is *told* of passages is no sign that the rest of a document is damaged.
    """

    def parts() -> Iterator[I64]:
        for pairs in _pairs(table, windows, folder, threshold, left_out, told):
            part = np.cumsum(table.tokens.lengths(pairs.ravel()).reshape(-1, 2).sum(axis=1)) // _COMPARED_BYTES
            yield from np.split(pairs, np.flatnonzero(np.diff(part)) + 1)

    best: Damaged | None = None
    for found in ordered_map(partial(_alike, tokens=table.tokens, threshold=threshold), parts(), windows.jobs):
        for one in found:
            if best is not None and one.document != best.document:
                yield best
                best = None
            if best is None or one.match.similarity > best.match.similarity:
                best = one
    if best is not None:
        yield best


def _pairs(
    table: Table, windows: Windows, folder: WorkFolder, threshold: float, left_out: Flags, told: Told
) -> Iterator[I64]:
    """Yield int64 (n, 2): documents, ascending, each with those that share most hashes with it."""

    def meetings(kept: Shared) -> I64:
        of_use = ~left_out[kept.rows]
        hashes, document = kept.hashes[of_use], kept.rows[of_use].astype(np.int64)
        order = np.lexsort((document, document < table.references_from, hashes))
        hashes, document = hashes[order], document[order]
        once = are_first(hashes, document)
        hashes, document = hashes[once], document[once]
        met = _meetings(hashes, document, document < table.references_from)
        return _shorter_first(met, words, threshold, table.references_from)

    words = table.words(np.arange(len(table.first_rows()) - 1))
    totals = windows.counts.astype(np.int64)
    dealt = Shards(folder, "documents-met", np.int64, len(windows))
    for met in windows.each(meetings):
        dealt.put((met >> _SHIFT) * len(windows) // len(words), met)
    for part in range(len(windows)):
        met = np.sort(dealt.read(part))
        starts = np.flatnonzero(are_first(met))
        one, other = met[starts] >> _SHIFT, met[starts] & _LOW
        shared = np.diff(np.append(starts, len(met)))
        likely = are_likely(shared, totals[one], words[one], words[other], threshold)
        likely &= ~told.explain(one, other, shared, totals[one], words[one])
        order = np.lexsort((other[likely], -shared[likely], one[likely]))
        pairs = np.stack([one, other], axis=1)[likely][order]
        yield pairs[place_in_run(pairs[:, 0]) < TRIED]
    dealt.remove()


def are_likely(shared: I64, totals: I64, words: I64, others: I64, threshold: float) -> Flags:
    """Return whether texts share enough hashes with others to be damaged copies of them, and are long enough.

    *totals* are the hashes that are kept of the texts, *words* and *others* the lengths of both in words.
    """
    is_part = words < threshold * others
    of_a_length = (words >= _LEAST_PART * others) & (others >= threshold * words)
    return (shared >= _SHARED_RATIO * totals) & (shared >= np.where(is_part, _SHARED_WITH_LONGER, 1)) & of_a_length


def _meetings(hashes: npt.NDArray[np.uint32], document: I64, wanted: Flags) -> I64:
    """Return codes of documents that share one of *hashes*: of those *wanted*, with the first and the one before it.

    *hashes* are sorted. Of many copies each pair would be too many.
    """
    starts = are_first(hashes)
    first = np.maximum.accumulate(np.where(starts, np.arange(len(starts)), 0))
    at = np.flatnonzero(~starts & wanted)
    later = at[first[at] < at - 1]
    met: I64 = np.append(document[at] << _SHIFT | document[first[at]], document[later] << _SHIFT | document[later - 1])
    return met


def _shorter_first(met: I64, words: I64, threshold: float, references_from: int) -> I64:
    """Turn pairs around whose first document is the longer one by far; leave out those that are too unlike in length.

    A reference is never the first one.
    """
    one, other = met >> _SHIFT, met & _LOW
    shorter, longer = np.minimum(words[one], words[other]), np.maximum(words[one], words[other])
    turned = words[other] < threshold * words[one]
    met = np.where(turned, other << _SHIFT | one, met)
    kept: I64 = met[(shorter >= _LEAST_PART * longer) & (~turned | (other < references_from))]
    return kept


def _alike(pairs: I64, tokens: Shelf, threshold: float) -> list[Damaged]:
    documents, numbered = np.unique(pairs, return_inverse=True)
    data, offsets = tokens.get_many(documents)
    texts = [data[start:end] for start, end in pairwise(offsets.tolist())]
    told = alike_but_for_damage(texts, numbered.reshape(-1, 2), threshold)
    return [Damaged(int(pairs[at, 0]), int(pairs[at, 1]), *found) for at, found in told.items()]


def guard_of(kind: str, *, is_damaged: bool) -> str:
    """Return why a copy of this *kind* is for review: the damage, else what differs, or that it is a part."""
    if is_damaged:
        return "damaged"
    return "differs" if kind == "near" else kind


def alike_but_for_damage(texts: Sequence[bytes], pairs: I64, threshold: float) -> dict[int, tuple[str, Match, bool]]:
    """Return which pairs of token forms are alike: of what kind, how much, and whether damaged words count.

    *pairs*, int64 (n, 2), are numbers of *texts*. Two are ``near`` from *threshold* on, and the first is ``contained``
    in a longer one from half way between that and 1 on. Words are damaged where the other text has words with most of
    their letters in their place. Those with figures on both sides are not. ``similarity`` is the share of words in
    order: as they stand out of the longer text, with damaged words out of the text that has less of it, and where the
    one is contained in the other out of that one.

    >>> texts = [
    ...     b"The mill by the river opened again in spring after a flood in 1950",
    ...     b"Tbe mill by the rivcr opened agaln in spr ing after a floed in 1950",
    ...     b"Tbe mill by the rivcr opened again",
    ...     b"The pub by the church opened again in autumn after a fire in 1960",
    ... ]
    >>> alike = alike_but_for_damage(texts, np.array([[1, 0], [2, 0], [3, 0]]), 0.7)
    >>> for pair, (kind, match, is_damaged) in alike.items():
    ...     print(pair, kind, match.similarity, is_damaged, *match.differences)
    0 near 1.0 True ('tbe', 'the') ('rivcr', 'river') ('agaln', 'again') ('spr ing', 'spring') ('floed', 'flood')
    1 contained 1.0 True ('tbe', 'the') ('rivcr', 'river')
    """
    sizes = _token_counts(texts)[pairs]
    ratio = sizes.min(axis=1) / np.maximum(sizes.max(axis=1), 1)
    # by chance, too, many words of the one stand in order in a longer one
    least = _WHOLE_WORDS * np.where(ratio >= threshold, threshold, ratio)
    compared = compare_texts(texts, pairs, least)
    found = {}
    for pair in np.flatnonzero(compared.similarity).tolist():
        similarity = float(compared.similarity[pair])
        told = _told(similarity, list(compared.differences(pair)), tuple(sizes[pair].tolist()), threshold)
        if told:
            found[pair] = told
    return found


def _told(
    similarity: float, differences: list[Difference], sizes: tuple[int, ...], threshold: float
) -> tuple[str, Match, bool] | None:
    """Return what :func:`alike_but_for_damage` says of a pair of texts with so many tokens, None if nothing."""
    whole = round(similarity * max(sizes))
    similarity = round(similarity, 4)
    if similarity >= threshold:
        return "near", _match(similarity, differences), False
    replaced = [place for place in differences if place.ours and place.theirs and not _has_figures(place)]
    letters = [" ".join("".join(words)).encode("utf-8") for place in replaced for words in (place.ours, place.theirs)]
    alike = compare_texts(letters, np.arange(len(letters)).reshape(-1, 2), _LETTERS).similarity > 0
    damaged = [place for place, is_alike in zip(replaced, alike.tolist(), strict=True) if is_alike]
    inside = round((whole + sum(len(place.ours) for place in damaged)) / sizes[0], 4)
    around = round((whole + sum(len(place.theirs) for place in damaged)) / sizes[1], 4)
    if min(inside, around) >= threshold:
        return "near", _match(min(inside, around), differences), True
    if sizes[0] < sizes[1] and inside >= (1 + threshold) / 2:
        return "contained", _match(inside, [place for place in differences if place.ours]), bool(damaged)
    return None


def _token_counts(texts: Sequence[bytes]) -> I64:
    """Return how many tokens there are between the spaces and line feeds of each token form, int64 (n)."""
    data = np.frombuffer(b"\n".join([b"", *texts, b""]), dtype=np.uint8)
    inside = (data != ord(" ")) & (data != ord("\n"))
    firsts = np.append(0, np.cumsum([len(text) + 1 for text in texts]))[:-1]
    counts: I64 = np.add.reduceat(inside[1:] & ~inside[:-1], firsts.astype(np.int64), dtype=np.int64)
    return counts


def _match(similarity: float, differences: Iterable[Difference]) -> Match:
    """Return it with the first of the words that differ."""
    shown = ((" ".join(one).casefold(), " ".join(other).casefold()) for one, other, _ in islice(differences, SHOWN))
    return Match(similarity, tuple(shown))


def _has_figures(place: Difference) -> bool:
    """Whether both sides of a place have figures, so that these may be what differs: "A100" is not "A101"."""
    return all(any(map(_FIGURE.search, words)) for words in (place.ours, place.theirs))
