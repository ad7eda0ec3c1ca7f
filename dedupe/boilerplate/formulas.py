"""Formulas: what texts of a kind say in all of them, or in most.

``Do not drive.`` stands in every patient leaflet, ``Appeal dismissed.`` in every other judgment, and nothing but its
frequency speaks against it. So it does against furniture that no lexicon knows. But that stands in rows of short lines
which are no sentences, on nearly all pages of its site, and mostly on pages that have furniture which is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from dedupe.boilerplate.company import runs
from dedupe.boilerplate.facts import I64, Facts, Flags
from dedupe.boilerplate.stances import IS_COMMON, IS_PARTIAL, MAY_BE_SAID, ONLY_COUNTED, Stance, Stances

SINGLE_WORDS = 4
"""A line of more words than these may go alone: a footer is often one."""
FURNISHED = 2
"""So many different lines have to go from a text for more than their frequency, for it to be a page with furniture."""
ROW_LINES = 5
"""Of so many lines in a row each may stand on some pages of its source alone: there are several menus."""
TIMES, TIMES_IN_ROWS = 2, 3
"""What a text has so often is how it is built, if it has no other furniture; a menu may stand above and below it."""

MANY_SITES = 20
"""A phrase of menus that stands on so many sites is one by itself."""

FORMULA, ALONE = "formula", "alone"
BUILT_IN = frozenset("code table list dialogue verse form answer heading wrapped".split())
"""Guards that hold what a text is built of."""
_OWN = frozenset({"source-df"})


def formula_guards(
    going: Flags, held: Mapping[int, str], stances: Stances, facts: Facts, *, bare_only: bool = False
) -> dict[int, str]:
    """Return which of the lines that are *going* by their *stances* may be formulas, with the guards that hold them.

    *held* are the guards of others, by their numbers. A sentence that only its frequency speaks against stays
    unless lines that are none go right above and below it; so does one that a weak phrase speaks against as well, in a
    text without furniture that is known otherwise. Another line of a few words stays if none near it goes. In such a
    text only that goes which stands in nearly all documents of its source, or in a row of five lines and more; and of
    that no shorter row that heads what the text is built of, such as a table. With *bare_only* only such texts are
    looked at.
    """
    lines = np.flatnonzero(going & stances.where(MAY_BE_SAID))
    if not len(lines):
        return {}
    only_counted = stances.where(ONLY_COUNTED)
    bare = _are_bare(np.unique(facts.text_of[lines]), going & ~only_counted, stances, facts)[facts.text_of]
    if bare_only:
        lines = lines[bare[lines]]
    is_sentence = (only_counted | (stances.where(MAY_BE_SAID) & bare)) & facts.is_terminated
    sentences, labels = lines[is_sentence[lines]], lines[~is_sentence[lines]]
    guards: dict[int, str] = {}
    furniture = going & ~is_sentence  # for all that is known of it
    is_built_in = np.zeros(len(going), dtype=bool)
    is_built_in[[line for line, guard in held.items() if guard in BUILT_IN]] = True
    while True:
        found = _held_labels(labels, furniture, is_built_in, bare, stances, facts)
        if not found:
            break
        guards.update(found)
        furniture[list(found)] = False
        labels = labels[furniture[labels]]
    guards.update(dict.fromkeys(sentences[~_are_enclosed(sentences, furniture, facts)].tolist(), FORMULA))
    return guards


def _are_enclosed(sentences: I64, furniture: Flags, facts: Facts) -> Flags:
    """Tell which of *sentences* stand in *furniture*, alone or several together, or end a text below some."""
    is_other = np.ones(len(facts.place), dtype=bool)
    is_other[sentences] = False
    above = np.maximum.accumulate(np.where(is_other, facts.place, -1))[sentences]
    below = np.minimum.accumulate(np.where(is_other, facts.place, len(is_other))[::-1])[::-1][sentences]
    is_last = below >= facts.stop[sentences]
    is_below = (above >= facts.first[sentences]) & furniture[above]
    enclosed: Flags = is_below & (is_last | furniture[np.where(is_last, above, below)])
    return enclosed


def _held_labels(
    labels: I64, furniture: Flags, is_built_in: Flags, bare: Flags, stances: Stances, facts: Facts
) -> dict[int, str]:
    """Return which of *labels*, lines that are no sentences, are held back, with their guards."""
    before, after = facts.count_around(furniture, labels)
    is_lone = before + after == 0
    is_short = facts.lines.words[labels] <= SINGLE_WORDS
    only_counted = stances.where(ONLY_COUNTED)[labels]
    held = dict.fromkeys(labels[is_lone & is_short & only_counted].tolist(), ALONE)
    held.update(dict.fromkeys(_values(labels[only_counted], furniture, is_built_in, stances, facts), FORMULA))
    asked, lone, short = labels[bare[labels]], is_lone[bare[labels]], is_short[bare[labels]]
    if not len(asked):
        return held
    lengths, heads = _rows(furniture, is_built_in, facts)
    rows = lengths[asked]
    held.update(dict.fromkeys(asked[heads[asked] & (rows < ROW_LINES)].tolist(), FORMULA))
    comes_often = _times(asked, bare, stances, facts) >= np.where(rows >= ROW_LINES, TIMES_IN_ROWS, TIMES)
    is_end = (asked == facts.first[asked]) | ((asked + 1 == facts.stop[asked]) & ~_are_below(asked, furniture, facts))
    columns = (column.tolist() for column in (asked, rows, comes_often, lone, short, is_end))
    for stance, line, row, often, is_alone, is_few, at_end in zip(stances.of(asked), *columns, strict=True):
        in_lexicon = stance.reading.entry is not None
        single = is_alone if in_lexicon else row == 1
        if in_lexicon and (not single or _is_on_many_sites(stance)):
            continue
        may_go = at_end if in_lexicon else not (single and is_few)
        if often or (row < ROW_LINES and not (may_go and _is_common(stance, single))):
            held.setdefault(line, FORMULA)
    return held


def _values(labels: I64, furniture: Flags, is_built_in: Flags, stances: Stances, facts: Facts) -> list[int]:
    """Return which of *labels*, which only counts speak against, may be one of the values of a field.

    They stand on some documents of their source alone. So do entries of menus, but in rows; and what furniture has
    besides comes and goes together, in as many documents as another line here.
    """
    varied, _ = _rows(furniture & ~stances.where(IS_COMMON), is_built_in, facts)
    labels = labels[stances.where(IS_PARTIAL)[labels]]
    told = zip(facts.text_of[labels].tolist(), stances.of(labels), strict=True)
    counts = [(text, stance.evidence and stance.evidence.df, stance.reading.normal) for text, stance in told]
    alike = Counter([(text, df) for text, df, _ in set(counts)])
    columns = zip(labels.tolist(), counts, varied[labels].tolist(), strict=True)
    return [line for line, (text, df, _), row in columns if row < ROW_LINES and alike[text, df] == 1]


def _are_below(lines: I64, furniture: Flags, facts: Facts) -> Flags:
    """Tell which of *lines* stand right below a short line that is no *furniture*, as an office does below a name."""
    above = np.maximum(lines - 1, 0)
    numbers = facts.lines.numbers
    is_joined = (lines > facts.first[lines]) & (numbers[lines] == numbers[above] + 1)
    below: Flags = is_joined & facts.lines.labels[above] & ~furniture[above]
    return below


def _is_on_many_sites(stance: Stance) -> bool:
    """Whether so many sources have a line that a phrase of menus is one wherever it stands."""
    return stance.evidence is not None and stance.evidence.sites >= MANY_SITES


def _is_common(stance: Stance, is_single: bool) -> bool:
    """Whether nearly all documents of its source have a line, and if it *is_single*, always near an end of them."""
    evidence = stance.evidence
    if evidence is None or not stance.has(_OWN) or not evidence.is_common:
        return False
    return not is_single or evidence.is_at_ends


def _times(labels: I64, bare: Flags, stances: Stances, facts: Facts) -> I64:
    """How often what each of *labels* says stands in its text."""
    there = np.flatnonzero(stances.where(MAY_BE_SAID) & bare)
    said, times = np.unique(stances.said(there, facts.text_of[there]), return_counts=True)
    found: I64 = times[np.searchsorted(said, stances.said(labels, facts.text_of[labels]))]
    return found


def _are_bare(texts: I64, sure: Flags, stances: Stances, facts: Facts) -> Flags:
    """Tell which of *texts* have next to no furniture, by the different lines that are *sure*; bool, of all."""
    asked = np.zeros(len(facts.texts), dtype=bool)
    asked[texts] = True
    lines = np.flatnonzero(sure & asked[facts.text_of])
    _, different = np.unique(stances.said(lines, facts.text_of[lines]), return_index=True)
    bare: Flags = np.bincount(facts.text_of[lines[different]], minlength=len(asked)) < FURNISHED
    return bare & asked


def _rows(furniture: Flags, is_built_in: Flags, facts: Facts) -> tuple[I64, Flags]:
    """Return how many lines that may be *furniture* stand in a row, of each of them, and whether the row heads a text.

    That is so if what stands right below it *is_built_in*. Of the other lines the number is 0.
    """
    starts, stops = runs(furniture, facts.lines.offsets)
    below = np.append(is_built_in, False)[stops]
    below &= stops < np.append(facts.stop, 0)[starts]  # and not in the next text
    lengths, heads = np.zeros(len(furniture), dtype=np.int64), np.zeros(len(furniture), dtype=bool)
    lengths[furniture] = np.repeat(stops - starts, stops - starts)
    heads[furniture] = np.repeat(below, stops - starts)
    return lengths, heads
