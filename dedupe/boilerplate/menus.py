"""Lists that are menus, which bullets make no less of one, and heads of what may be none."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from dedupe.boilerplate.edges import sums
from dedupe.boilerplate.facts import I64, Facts, Flags
from dedupe.boilerplate.points import is_introduction
from dedupe.text.links import is_linked_item

ITEMS = 3
"""So many items of a list have to be known for it to be a menu."""
LINKED_SHARE, BARE_SHARE = 1 / 4, 1 / 2
"""Where that may be short, this share of the items is known: of links to elsewhere, and of bare words."""
LINKS_SHARE = 3 / 4
"""What is made of links has an item or two that is marked otherwise, or none."""
HEAD_REACH = 2
"""So far below a head what it heads begins, a blank line between."""


class Menus:
    """The lists of a batch of texts, and which of them are menus.

    Three items of a menu are *known*, and no line introduces it. It stands *in_runs*, long ones of known lines, outside
    of what is surely a text; or three of its items are *words* of menus. Of these one that is made of links to
    elsewhere may stand anywhere, and on a page below any head; a page has widgets or *strong* phrases. One of bare
    words has no head but these, and stands outside of the text of a page: what stands below *Features* or *Interests*
    is what a text is about.

    All of that is told in flags, bool (n), for all lines.
    """

    def __init__(self, facts: Facts, known: Flags, words: Flags, in_runs: Flags, strong: Flags) -> None:
        self._facts = facts
        self._known = known
        self._words = words
        self._in_runs = in_runs & facts.at_edge & facts.is_anchored
        self._strong = strong

    def have(self, lines: I64) -> Flags:
        """Tell which of *lines* are items of a menu."""
        found: Flags = self._facts.is_item[lines]
        if found.any():
            found = found & self._is_of_menu[lines]
        return found

    def head_lists(self, lines: I64) -> Flags:
        """Tell which of *lines*, no items themselves, head a list that is no menu."""
        near, below = self._next(lines)
        heads: Flags = near & self._facts.is_item[below] & ~self._facts.is_item[lines]
        heads[heads] = ~self.have(below[heads])
        says = [any(map(str.isalnum, item)) for item in self._facts.contents(below[heads])]  # "* * *" is a rule
        heads[heads] = says
        return heads

    def head_others(self, lines: I64) -> Flags:
        """Tell which of *lines* head what is indented more, and not known."""
        near, below = self._next(lines)
        indents = self._facts.lines.indents
        heads: Flags = near & (indents[below] > indents[lines]) & ~self._known[below]
        return heads

    def _next(self, lines: I64) -> tuple[Flags, I64]:
        """The lines below each of *lines*, and which of them are so near that it may head them."""
        facts = self._facts
        there = lines + 1 < facts.stop[lines]
        below = np.where(there, lines + 1, lines)
        near: Flags = there & (facts.lines.numbers[below] - facts.lines.numbers[lines] <= HEAD_REACH)
        return near, below

    @cached_property
    def _is_of_menu(self) -> Flags:
        facts, is_item = self._facts, self._facts.is_item
        # A list goes on over blank lines, up to the first line that is no item; each of these counts as one.
        starts = ~is_item | np.append(True, ~is_item[:-1]) | (facts.place == facts.first)
        list_of = np.cumsum(starts) - 1
        size, known, words = (np.bincount(list_of, weights=each) for each in (is_item, self._known, self._words))
        has_known, says_menu = known >= ITEMS, words >= ITEMS
        linked = self._made_of_links(list_of, says_menu & (known >= LINKED_SHARE * size))
        above = np.flatnonzero(starts) - 1
        has_above = above >= facts.first[above + 1]
        headed = has_above & self._are_heads(above)
        bare = says_menu & (known >= BARE_SHARE * size) & ~headed
        on_page = (sums(self._strong, facts.lines.offsets) > 0)[facts.text_of]
        found: Flags = linked[list_of] & (on_page | ~headed[list_of])
        found |= (on_page & facts.at_edge & bare[list_of]) | (self._in_runs & has_known[list_of])
        asked = np.unique(list_of[found & is_item & has_above[list_of]])
        is_introduced = np.zeros(len(size), dtype=bool)
        is_introduced[asked] = list(map(is_introduction, facts.contents(above[asked])))
        found &= ~is_introduced[list_of]
        return found

    def _are_heads(self, above: I64) -> Flags:
        """Tell which of the lines right *above* a list are labels of it."""
        numbers = self._facts.lines.numbers
        near = numbers[above + 1] - numbers[above] <= HEAD_REACH
        heads: Flags = near & self._facts.lines.labels[above] & ~self._strong[above]
        return heads

    def _made_of_links(self, list_of: I64, asked: Flags) -> Flags:
        """Tell which of the lists that are *asked* for are made of links that lead elsewhere: three in four items."""
        items = np.flatnonzero(self._facts.is_item & asked[list_of])
        links = [is_linked_item(item) for item in self._facts.contents_written(items)]
        of_links = np.bincount(list_of[items[links]], minlength=len(asked))
        made: Flags = asked & (of_links >= LINKS_SHARE * np.bincount(list_of[items], minlength=len(asked)))
        return made
