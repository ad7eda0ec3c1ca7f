"""Lists that are menus, which bullets make no less of one, and heads of what may be none."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from dedupe.boilerplate.edges import sums
from dedupe.boilerplate.facts import BETWEEN, I64, Facts, Flags
from dedupe.boilerplate.points import is_introduction
from dedupe.text.links import is_linked_item

ITEMS = 3
"""So many items of a list have to be known for it to be a menu."""
LINKED_SHARE, BARE_SHARE = 1 / 4, 1 / 2
"""Where that may be short, this share of the items is known: of links to elsewhere, and of bare words."""
LINKS_SHARE = 3 / 4
"""What is made of links has an item or two that is marked otherwise, or none."""
FURNISHED, KNOWN_SHARE = 10, 3 / 4
"""A page on which so many other lines are known has its menus anywhere, below heads of every kind, and also such as are
made of words of its own, of which this share is known."""
HEAD_REACH = 2
"""So far below a head what it heads begins, a blank line between."""


class Menus:
    """The lists of a batch of texts, and which of them are menus.

    Three items of a menu are *known*, and no line introduces it. It stands *in_runs*, long ones of known lines, outside
    of what is surely a text; or three of its items are *words* of menus. Of these one that is made of links to
    elsewhere may stand anywhere, and on a page below any head; a page has widgets or *strong* phrases. One of bare
    words has no head but these, and stands outside of the text of a page: what stands below *Features* or *Interests*
    is what a text is about. On a page that is full of furniture only what stands amid the text is, or below a head
    that ends it.

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
        facts = self._facts
        lists = _Lists(facts)
        text_of, size = facts.text_of[lists.start], lists.count(facts.is_item)
        known, words = lists.count(self._known), lists.count(self._words)
        says_menu = words >= ITEMS
        says_much = says_menu & (known >= BARE_SHARE * size)
        is_linked = self._made_of_links(lists, says_menu & (known >= LINKED_SHARE * size))
        is_headed = lists.has_above & self._are_heads(lists.above)
        on_page = (sums(self._strong, facts.lines.offsets) > 0)[text_of]
        found: Flags = (is_linked & (on_page | ~is_headed))[lists.of]
        found |= (says_much & on_page & ~is_headed)[lists.of] & facts.at_edge
        on_furnished = sums(self._known, facts.lines.offsets)[text_of] - known >= FURNISHED
        on_furnished &= says_much | (known >= np.maximum(ITEMS, KNOWN_SHARE * size))
        among_others = on_furnished[lists.of] | (self._in_runs & (known >= ITEMS)[lists.of])
        found |= among_others & ~self._are_of_text(lists, among_others, is_headed)[lists.of]
        found &= ~self._are_introduced(lists, found)[lists.of]
        return found

    def _are_introduced(self, lists: _Lists, asked: Flags) -> Flags:
        """Tell which of the *lists* of the lines that are *asked* for have a line above that introduces them."""
        introduced = np.zeros(len(lists.start), dtype=bool)
        below = np.unique(lists.of[asked & self._facts.is_item & lists.has_above[lists.of]])
        introduced[below] = list(map(is_introduction, self._facts.contents(lists.above[below])))
        return introduced

    def _are_of_text(self, lists: _Lists, asked: Flags, headed: Flags) -> Flags:
        """Tell which of the *lists* of the lines that are *asked* for stand amid running text, or end it.

        A list that ends the text is *headed*, and so is each list above it.
        """
        facts = self._facts
        of_text = np.zeros(len(lists.start), dtype=bool)
        some = np.unique(lists.of[asked & facts.is_item])
        start, stop = lists.start[some], lists.stop[some]
        count = np.append(0, np.cumsum(facts.is_text))
        above, below = np.maximum(start - BETWEEN, facts.first[start]), np.minimum(stop + BETWEEN, facts.stop[start])
        amid = ~facts.at_edge[start] & (count[start] > count[above]) & (count[below] > count[stop])
        of_text[some] = amid | (headed[some] & self._end_text(start))
        return of_text

    def _end_text(self, starts: I64) -> Flags:
        """Tell above which *starts* of lists text stands, with nothing but lists and unknown heads between."""
        facts, place = self._facts, self._facts.place
        is_item, is_text = facts.is_item, facts.is_text
        heads = facts.lines.labels & ~self._known & ~self._strong & (place > facts.first)
        heads &= (is_item | is_text)[place - 1]  # of two heads the upper one is none
        last = np.maximum.accumulate(np.where(~is_text & (is_item | heads), -1, place))[starts - 1]
        ends: Flags = (starts > facts.first[starts]) & (last >= facts.first[starts]) & is_text[last]
        return ends

    def _are_heads(self, above: I64) -> Flags:
        """Tell which of the lines right *above* a list are labels of it."""
        numbers = self._facts.lines.numbers
        near = numbers[above + 1] - numbers[above] <= HEAD_REACH
        heads: Flags = near & self._facts.lines.labels[above] & ~self._strong[above]
        return heads

    def _made_of_links(self, lists: _Lists, asked: Flags) -> Flags:
        """Tell which of the *lists* that are *asked* for are made of links that lead elsewhere: three in four items."""
        items = self._facts.is_item & asked[lists.of]
        links = np.zeros(len(items), dtype=bool)
        links[items] = list(map(is_linked_item, self._facts.contents_written(np.flatnonzero(items))))
        made: Flags = asked & (lists.count(links) >= LINKS_SHARE * lists.count(items))
        return made


class _Lists:
    """The lists of a batch of texts, each with its lines from ``start`` to ``stop``.

    A list goes on over blank lines, up to the first line that is no item; each of these counts as one. ``of`` has the
    number of the list of each line, and right ``above`` a list is a line of its text if it ``has_above``.
    """

    def __init__(self, facts: Facts) -> None:
        is_item = facts.is_item
        starts = ~is_item | np.append(True, ~is_item[:-1]) | (facts.place == facts.first)
        self.of = np.cumsum(starts) - 1
        self.start = np.flatnonzero(starts)
        self.stop = np.append(self.start, len(is_item))[1:]
        self.above = self.start - 1
        self.has_above = self.above >= facts.first[self.start]

    def count(self, lines: Flags) -> I64:
        """Return how many of some *lines* each list has."""
        return np.bincount(self.of[lines], minlength=len(self.start))
