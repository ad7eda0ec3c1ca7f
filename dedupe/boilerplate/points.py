"""What one line says, and what that is worth, wherever it stands: lexicon, widgets, ranks, tail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from dedupe.boilerplate.entries import LEARNED, Entry, normal_form
from dedupe.boilerplate.guards import CLASS_GUARDS, COUNTED, PATTERN, PHRASE, WEAK, WIDGET, is_legal_line
from dedupe.boilerplate.lexicon import MAX_LINE, Lexicon, TailHit, is_marked
from dedupe.boilerplate.widgets import Widget, menu_items, read_widget
from dedupe.model import Point
from dedupe.text.marks import is_terminated
from dedupe.text.normalize import line_words

STRENGTH_POINTS = {
    "strong": ("phrase:strong", 3.0),
    "weak": ("phrase:weak", 1.0),
    "counter": ("counter", 2.0),
    "rank": ("forum-rank", 2.0),
    "byline": ("byline-date", 2.0),
    "learned": ("learned", 2.0),
}
_BASES = {"strong": PHRASE, "weak": WEAK, "learned": COUNTED}

LONG = 99
"""Words that a line too long to be read counts as."""

MARKED = Point("marked", 2.0, "set off by brackets, an arrow or dots")

_BRACKETS = frozenset({("(", ")"), ("[", "]"), ("（", "）"), ("［", "］"), ("【", "】")})
_ADDRESS = re.compile(r"@\w|\d{5}")
#: ``java.lang.Object``, ``std::vector``, ``main()``; addresses of sites have no capital behind a dot but
#: for ``www.Example``. Words joined by ``_`` are names of icons as often (``expand_more``).
_CODE_NAME = re.compile(r"(?<!www)(?<=[^\W\d_]{2})[.][A-Z]\w*[a-z]|\w::~?\w|\w[(][)]")
_BUTTONS = frozenset({"share", "readmore", "pagination", "skip"})
_SHARED = 3
_NO_MENU = frozenset({"copyright", "byline"})
_RANK_WORDS = frozenset(
    "senior junior member moderator administrator admin veteran newbie regular contributor elite expert".split()
)
#: An opened comment; directives and fields of reStructuredText; commands of Pod, Texinfo and LaTeX, requests of roff;
#: headings, templates, tables and categories of MediaWiki; options of a program; code within a line; a key and a
#: string, as in settings and catalogues of messages; the path of a file; a branch of a drawn tree; what stands above a
#: block of code in reStructuredText; commands of the preprocessor of C, and what it replaces.
_MARKUP = re.compile(
    r"""
    <!--(?!.*-->) | [.][.][ ] | :[\w-]+:(?:\s|$)
    | =[a-z]+\d?(?:\s|$) | @(?:node|item|end|menu|(?:sub)*section|chapter)\b | \\[a-z]+[{\[] | [.][A-Z][A-Za-z]?(?:\s|$)
    | ={1,6}[ ]?[^=>\s] | \{\{ | \}\}$ | \{\| | \|\}$ | \[\[[^\]|]+:[^\]]*\]\]$
    | --[a-z] | -[A-Za-z?](?:[, =\[]|$) | .*`[^`]+` | [a-z][\w.]*[ ]"[^"]*"$
    | ~?(?:[ ]?/[\w.+-]+)+/?$ | [│├└╰] | .*::$
    | \#[ ]*(?:if|ifdef|ifndef|else|elif|endif|define|undef|include|pragma)\b | [A-Z\d]+(?:_[A-Z\d]+)+$
    """,
    re.VERBOSE,
)
#: Blanks at least in a line that ends in a colon and introduces what follows.
_INTRODUCTION = 3


@dataclass(eq=False)
class Reading:
    """What a line says by itself, wherever it stands.

    ``normal`` is its normal form. A line of more than 240 characters is running text: only its ``tail`` is read, and
    its ``normal`` is empty.
    """

    content: str
    normal: str
    words: int
    terminated: bool
    entry: Entry | None = None
    widget: Widget | None = None
    bar: int = 0
    rank: bool = False
    tail: TailHit | None = None
    kept: bool = False
    said: tuple[Point, ...] = ()

    @cached_property
    def is_suspect(self) -> bool:
        """Whether anything it says may speak against the line."""
        return bool(self.entry or self.widget or self.bar or self.rank or self.tail)

    @property
    def worth(self) -> float:
        """What it says against the line is worth, wherever that stands; nothing where that is never taken."""
        is_held = self.kept or (self.entry is not None and self.entry.kind in CLASS_GUARDS)
        return 0.0 if is_held else sum([point.value for point in self.said])

    @property
    def is_rank(self) -> bool:
        """Whether the line is the rank of a forum user."""
        return self.rank or (self.entry is not None and self.entry.strength == "rank")

    @property
    def is_trusted(self) -> bool:
        """Whether the line cannot be a heading, so that what follows it may vary.

        A word such as ``Name`` or ``Overview`` is in the lexicon, and heads a section
        of every manual page.
        """
        if self.entry is None:
            return self.widget is not None or self.bar > 0
        return self.entry.strength != "weak" or self.entry.kind in _BUTTONS

    @property
    def is_menu_word(self) -> bool:
        """Whether the line is a phrase that menus are made of; of learned ones, those that several sources share."""
        entry = self.entry
        if entry is None or entry.kind in _NO_MENU:
            return False
        return entry.kind != LEARNED or entry.sightings is None or entry.sightings.sources >= _SHARED

    @property
    def is_name(self) -> bool:
        """Whether the line, of one to three words, could be a user's name."""
        content = self.content
        short = self.words <= 3 and len(content) <= 30 and not self.terminated
        return short and content[0].isalnum() and content[-1].isalnum()

    @cached_property
    def is_mark_up(self) -> bool:
        """Whether the line is mark-up, or an option of a program."""
        return _MARKUP.match(self.content) is not None

    @property
    def is_comment(self) -> bool:
        """Whether the line is a comment of a program; a head that is decorated ends with its mark."""
        return self.content.startswith(("/*", "// ", "-- ")) and not self.content.endswith(("//", "--"))

    @cached_property
    def may_head(self) -> bool:
        """Whether the line is written as a key, or as a head: in capitals, if its script has any."""
        return self.content.endswith(":") or self.content == self.content.upper()

    @cached_property
    def is_legal(self) -> bool:
        """Whether the line speaks of rights."""
        return is_legal_line(self.content)

    @cached_property
    def is_introduction(self) -> bool:
        """Whether the line introduces what follows."""
        return is_introduction(self.content)

    @property
    def has_figures(self) -> bool:
        """Whether the line has figures, which are masked when lines are counted: other documents may have others."""
        return any(map(str.isdigit, self.content))

    @property
    def is_bracketed(self) -> bool:
        """Whether the line is set in brackets, as directions of plays and notes on a recording are."""
        return (self.content[0], self.content[-1]) in _BRACKETS

    @property
    def is_unfinished(self) -> bool:
        """Whether the line ends in a comma or semicolon: a salutation, a party to a case, half of a verse."""
        return self.content[-1] in ",;"

    def basis(self, counted: bool) -> str:
        """What most of its points rest on, as the guards ask for it; *counted*: also on frequency."""
        if self.bar or (self.widget is not None and not self.widget.listed):
            return WIDGET
        if self.entry is not None:
            return _BASES.get(self.entry.strength, PATTERN)
        if self.rank:
            return PATTERN
        return COUNTED if counted else WEAK


def read_line(content: str, lexicon: Lexicon) -> Reading:
    """Read one line, given without white space around it; the same few lines come back in many documents.

    >>> lexicon = Lexicon.load([])
    >>> read_line("12 Comments", lexicon).entry.strength
    'counter'
    >>> read_line("THINK TANK: SENIOR", lexicon).is_rank
    True
    """
    # A long line comes back nowhere, and thousands of them are too much to remember.
    if len(content) > MAX_LINE:
        return Reading(content, "", LONG, terminated=True, tail=lexicon.find_tail(content))
    return _read_short_line(content, lexicon)


@lru_cache(maxsize=1 << 15)
def _read_short_line(content: str, lexicon: Lexicon) -> Reading:
    tail = lexicon.find_tail(content)
    normal = normal_form(content)
    words = line_words(content)
    if not normal:
        return Reading(content, normal, words, is_terminated(content))
    entry = lexicon.find_normal(normal)
    widget, bar = None, 0
    if entry is None or entry.strength == "weak":
        widget = read_widget(content, normal, lexicon)
        if widget is None and words >= 3:
            bar = menu_items(content, normal, lexicon)
    rank = entry is None and is_rank_line(content)
    said = _said(content, entry, widget, bar, rank)
    kept = lexicon.is_kept(normal)
    return Reading(content, normal, words, is_terminated(content), entry, widget, bar, rank, tail, kept, said)


def plain_reading(content: str, words: int, terminated: bool) -> Reading:
    """Return the reading of a line that says nothing; short ones come back, turn by turn and page by page."""
    if len(content) > MAX_LINE:
        return Reading(content, "", words, terminated)
    return _plain_short_reading(content, words, terminated)


@lru_cache(maxsize=1 << 12)
def _plain_short_reading(content: str, words: int, terminated: bool) -> Reading:
    return Reading(content, normal_form(content), words, terminated)


def is_rank_line(content: str) -> bool:
    """Tell whether *content* is a group and a rank, all in capitals.

    >>> is_rank_line("THINK TANK: SENIOR"), is_rank_line("Position: Senior")
    (True, False)
    """
    if ":" not in content or not content.isupper():
        return False
    group, _, rank = content.partition(":")
    words = rank.lower().split()
    return 1 <= len(words) <= 2 and len(group.split()) <= 3 and _RANK_WORDS.issuperset(words)


def is_introduction(content: str) -> bool:
    """Tell whether *content* introduces what follows; a few words before a colon head tags, or links to share a page.

    >>> is_introduction("What to bring on the day:"), is_introduction("Share this:")
    (True, False)
    """
    return content.endswith((":", "：")) and content.count(" ") >= _INTRODUCTION


def is_address(content: str) -> bool:
    """Tell whether *content* has an address of mail or a long number, as postal addresses and telephones have.

    >>> is_address("Springfield, AB 20009"), is_address("anna@example.org"), is_address("Top 100")
    (True, True, False)
    """
    return _ADDRESS.search(content) is not None


def is_code_name(content: str) -> bool:
    """Tell whether *content* has a name out of a program, which no menu is made of.

    >>> [is_code_name(name) for name in ("java.lang.Object", "std::vector", "main()", "LinkedIn", "example.com")]
    [True, True, True, False, False]
    """
    return _CODE_NAME.search(content) is not None


def _said(content: str, entry: Entry | None, widget: Widget | None, bar: int, rank: bool) -> tuple[Point, ...]:
    point = _widget_point(widget) if widget is not None else None
    if point is not None:
        return (point,)
    if bar:
        return (Point("widget", 3.0, f"a menu bar of {bar} known phrases"),)
    if entry is not None:
        marked = entry.tail and entry.strength == "weak" and is_marked(content)
        return (entry_point(entry), MARKED) if marked else (entry_point(entry),)
    return (Point("forum-rank", 2.0, "a rank in capitals"),) if rank else ()


def entry_point(entry: Entry) -> Point:
    """Return the point for a lexicon entry."""
    name, value = STRENGTH_POINTS[entry.strength]
    seen = "" if entry.sightings is None else f" {entry.sightings.sentence}"
    return Point(name, value, f'"{entry.phrase}"{seen}')


def _widget_point(widget: Widget) -> Point | None:
    count = len(widget.services)
    names = ", ".join(widget.services)
    if not widget.listed and (count >= 3 or (count == 2 and (widget.joined or widget.actions))):
        return Point("widget", 3.0, f"nothing but {names}")
    if widget.listed:
        return Point("widget2", 1.0, f"nothing but {names}, as in a sentence")
    if count >= 2 or (count and widget.actions):
        return Point("widget2", 1.5, f"nothing but {names}")
    return None
