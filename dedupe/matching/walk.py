"""The walk that finds near duplicates: texts in order of priority, each held against the kept ones it may be near to.

Families of different parts of a pool have nothing to do with each other, so each part can be walked in a process of its
own.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from dedupe.config import Config
from dedupe.matching.candidates import pairs_in_turns
from dedupe.matching.pool import PoolRows
from dedupe.matching.proposals import runs
from dedupe.matching.sets import place_in_run
from dedupe.matching.verified import FOUND, Verifier, pair_keys
from dedupe.workfiles import Shelf, TextStore

I64 = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
U64 = npt.NDArray[np.uint64]
Found = npt.NDArray[np.void]

#: After so many kept texts that a text is near to, no better one is looked for.
_ENOUGH = 4
#: Pairs that are looked at together, ahead of the walk that asks for them.
_AHEAD = 1 << 14


class Unwalked(NamedTuple):
    """Texts, the best first, and a work file to be made for the words that differ between those that are alike."""

    pool: PoolRows
    words: Path


class Walked(NamedTuple):
    """What a walk found.

    ``pairs``, int64 (n, 2), are places among the texts: of each that is near to a kept one, that one and its own,
    ascending; ``found`` is what was found of each pair. What was not known before is as
    :meth:`dedupe.matching.verified.Verifier.remember` takes it. The words that differ are in the work file ``words``.
    """

    words: Path
    pairs: I64
    found: Found
    unlike: U64
    keys: U64
    alike: Found


def walk_all(
    parts: list[Unwalked], tokens: Shelf, references_from: int, verifier: Verifier, config: Config, *, whole: bool
) -> list[Walked]:
    """Walk texts, which are *whole* documents or segments of those that have these *tokens*, part by part.

    *verifier* knows what was compared before; documents from *references_from* on stay.
    """
    return [_walked(*part, tokens, references_from, verifier, config, whole=whole) for part in parts]


def _walked(
    pool: PoolRows,
    path: Path,
    tokens: Shelf,
    references_from: int,
    verifier: Verifier,
    config: Config,
    *,
    whole: bool,
) -> Walked:
    pairs, keys = np.zeros((0, 2), dtype=np.int64), np.zeros((0, 2), dtype=np.uint64)
    found = np.zeros(0, dtype=FOUND)
    parts: list[tuple[npt.NDArray[Any], ...]] = [(pairs, found, keys[:, 0], keys, found)]
    kept = np.ones(len(pool.document), dtype=bool)
    with closing(TextStore(path)) as words:
        for pairs in _candidates(pool, references_from, config):
            walk = _Walk(pairs, pool, tokens, verifier, partial(removes, config=config, whole=whole), words)
            best = walk.best(kept)
            parts.append((walk.pairs[best], walk.found[best], *walk.compared()))
        words.flush()
    return Walked(path, *map(np.concatenate, zip(*parts, strict=True)))


def removes(found: Found, config: Config, *, whole: bool) -> Flags:
    """Return for each comparison, of *whole* documents or of segments, whether the later text goes by it."""
    # With ``all`` a document goes paragraph by paragraph, where these are looked at: as a whole it would take
    # along the paragraphs that have no near copy.
    if config.near == "all" and (not whole or config.unit == "document"):
        return np.ones(len(found), dtype=bool)
    if config.near == "review" or config.profile == "safe":
        return np.zeros(len(found), dtype=bool)
    safe: Flags = found["safe"]
    return safe


def _candidates(pool: PoolRows, references_from: int, config: Config) -> Iterator[I64]:
    """Yield the candidate pairs among texts, of bounded size, those of a later one together."""
    if config.near == "off":
        return
    may_go = pool.document < references_from
    for pairs in pairs_in_turns(lambda: pool.bands.columns(pool.band_row), may_go):
        if config.scope == "document":
            pairs = pairs[pool.document[pairs[:, 0]] == pool.document[pairs[:, 1]]]
        yield pairs


class _Walk:
    """Part of a walk: pairs, with what is remembered of them, and the rest compared as the walk comes near it."""

    def __init__(
        self,
        pairs: I64,
        pool: PoolRows,
        tokens: Shelf,
        verifier: Verifier,
        removes: Callable[[Found], Flags],
        words: TextStore,
    ) -> None:
        self._verifier = verifier
        self._removes = removes
        self._words = words
        self._tokens = tokens
        self._place = tokens.place(pool.document) + pool.prints["text_at"]
        self._length = pool.prints["text_length"].astype(np.int64)
        contents = pool.prints["content"]
        keys = pair_keys(contents[pairs[:, 1]], contents[pairs[:, 0]])
        # What is known to be unlike has no part in the walk.
        of_use = ~verifier.are_unlike(keys)
        self.pairs, self._keys = pairs[of_use], keys[of_use]
        self.found, known = verifier.recall(self._keys)
        self._unknown = np.flatnonzero(~known)
        self._worth = np.where(known, self._told(self.found), -1.0)

    def best(self, kept: Flags) -> I64:
        """Return of each row that is near to a kept one its best pair, in order; takes rows that go out of *kept*."""
        earlier, later = self.pairs[:, 0].tolist(), self.pairs[:, 1]
        worth, stays = self._worth.data, kept.data
        chosen = array("q")
        for at, to in runs(later):
            best, most, left = -1, 0.0, _ENOUGH
            for pair in range(at, to):
                if not stays[earlier[pair]]:
                    continue
                if worth[pair] < 0:
                    self._compare_ahead(pair, kept)
                if worth[pair] > 0:
                    if worth[pair] > most:
                        best, most = pair, worth[pair]
                    left -= 1
                    if not left:
                        break
            if best >= 0:
                chosen.append(best)
                if most > 1:
                    stays[int(later[best])] = False
        return np.frombuffer(chosen, dtype=np.int64)

    def compared(self) -> tuple[U64, U64, Found]:
        """Return what was not remembered and is known now, as :meth:`Verifier.remember` takes it."""
        worth = self._worth[self._unknown]
        unlike, alike = self._unknown[worth == 0], self._unknown[worth > 0]
        return self._keys[unlike, 0], self._keys[alike], self.found[alike]

    def _told(self, found: Found) -> npt.NDArray[np.float64]:
        """Return what pairs are worth by what was found: one by which a row goes more than any other."""
        near = found["similarity"] > 0
        return np.where(near, found["similarity"] + 2 * self._removes(found), 0.0)

    def _compare_ahead(self, pair: int, kept: Flags) -> None:
        """Compare *pair*, and what the walk would ask for behind it if no more rows went."""
        ahead = np.arange(pair, min(pair + _AHEAD, len(self.pairs)))
        ahead = ahead[kept[self.pairs[ahead, 0]]]
        some = _ENOUGH
        while True:
            # Of each row the first few, which are often enough: then more of those of which they are not.
            ahead = ahead[place_in_run(self.pairs[ahead, 1], self._worth[ahead] > 0) < _ENOUGH]
            unknown = ahead[self._worth[ahead] < 0]
            unknown = unknown[place_in_run(self.pairs[unknown, 1]) < some]
            if not len(unknown):
                return
            found = self._verifier.compare(self.pairs[unknown][:, ::-1], self._length, self._read, self._words)
            self.found[unknown], self._worth[unknown] = found, self._told(found)
            some *= 2

    def _read(self, rows: I64) -> list[bytes]:
        return self._tokens.read_many(self._place[rows], self._length[rows])
