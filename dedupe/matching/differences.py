"""Whether removing a near duplicate loses anything: what differs matters more than how much.

A near duplicate may go when every word of it stands in the canonical text in order and the canonical says no more, but
for trifles: articles, spelling variants, and at the edges what a text says of itself (a byline, when it was
updated). Anything else that stands only in the removed text (a name, a number, any ordinary word) is
information. A word that stands only in the canonical was perhaps put in on purpose, and where the version without
it is gone nobody sees that; so it holds the removal up as well, whatever it means. Nothing goes that differs at all in
legal text, where every word counts, or if it is so short that it may be a formula.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dedupe.matching.verify import Difference
from dedupe.text.calendar import MONTHS, WEEKDAYS
from dedupe.text.composing import normalized


class _Language(NamedTuple):
    """What a text in one language may have more or less of, or spell in another way, and say the same.

    ``articles`` are words that may come or go: no single letters, which number clauses, and none that is also the
    number one. Everything else, even "and", has been seen to matter, and so has an article for another one, which
    may be another case ("der Betrag", "den Betrag"). ``respellings`` are pairs of letters.
    """

    articles: frozenset[str]
    respellings: tuple[tuple[str, str], ...] = ()


#: British and American spelling, and the letters that are most often put the wrong way round.
_ENGLISH = _Language(
    frozenset("an the this that these those it its".split()),
    (("isation", "ization"), ("ise", "ize"), ("ising", "izing"), ("yse", "yze"), ("our", "or"), ("ll", "l"),
     ("ei", "ie")),
)  # fmt: skip
_LANGUAGES = (
    _ENGLISH,
    *(
        _Language(frozenset(articles.split()))
        for articles in (
            "der die das den dem des",
            "le la les",
            "el la lo los las",
            "il la lo gli le",
            "os as",
            "de het",
        )
    ),
)
_UNKNOWN = _Language(frozenset())
_ANY = _Language(frozenset().union(*(language.articles for language in _LANGUAGES)), _ENGLISH.respellings)

#: Words by which the text of laws, contracts, licences and notices of rights is known, where every word counts.
LEGAL = frozenset(
    "license licenses licensed licensee licensor licence licences sublicense licensing grant grants granted "
    "copyright copyrights copyrighted trademark trademarks patent patents rights acknowledgment acknowledgement "
    "warranty warranties merchantability infringement noninfringement disclaimer disclaimers disclaim disclaims "
    "liability liabilities liable damages indemnify terms conditions commercial noncommercial "
    "hereby herein hereof hereto hereunder thereof therein pursuant notwithstanding severable "
    "distribute distributed distribution redistribution redistributions redistribute redistributed "
    "permission permissions permitted agreement clause clauses statute statutory provision provisions shall "
    "absatz abs satz nummer nr buchstabe gesetz gesetzes gesetze verordnung bgbl artikel paragraph paragraf vorschrift "
    "vorschriften bestimmung bestimmungen lizenz lizenzen lizenzgeber lizenzgebers lizenznehmer haftung gewährleistung "
    "urheberrecht urheberrechts schutzgegenstand schutzgegenstands schutzgegenstandes "
    "alinéa décret loi contrat licence garantie article ley artículo licencia decreto legge articolo comma licenza "
    "lei artigo licença wet lid licentie ustawa licencja закон статья лицензия".split()
)

#: Words by which a text says when and by whom it was made known.
_STAMPS = frozenset(
    "updated published posted modified revised edited reporting editing reuters ap afp upi dpa ansa efe tass "
    "aktualisiert veröffentlicht publié modifié actualizado publicado atualizado aggiornato pubblicato "
    "bijgewerkt gepubliceerd zaktualizowano opublikowano обновлено опубликовано".split()
)
_BY = frozenset("by von par por di da door przez автор".split())
#: What may stand beside them.
_JOINTS = frozenset(
    "last first on at in from and am pm gmt utc est edt cet uhr um am le à mis jour el il às op om staff writer "
    "correspondent".split()
)
#: What dates and times of day are written with, and a line behind a dateline.
_STAMP_SIGNS = frozenset(".:/\u2212_")
#: Shorter texts are said more than once: parallel passages that differ by an article, in thirteen translations of
#: one book of 31,000 verses, have up to 46 words.
_FORMULA_WORDS = 50
#: Letters of the shorter words that may be written in one with another.
_LEAST_PART = 3
_NEGATIONS = frozenset("not non nicht pas niet".split())
#: An edge of more words than this is content.
_EDGE_WORDS = 12


def is_legal(words: Sequence[str]) -> bool:
    """Whether casefolded *words* may be from a law, a contract or a licence: one legal word is enough.

    >>> is_legal("provided that the above copyright notice appears".split()), is_legal("the cat sat".split())
    (True, False)
    """
    return any(word in LEGAL for word in words)


def loses_nothing(differences: Iterable[Difference], ours: bytes, theirs: bytes) -> bool:
    """Whether the text *ours* can go when *theirs* stays; both are token forms in UTF-8, which differ as told.

    The words are looked at as they are capitalised: one with a capital may be a name, and
    "the Lesser General Public License" is not "the General Public License".

    >>> import numpy as np
    >>> from dedupe.matching.verify import compare_texts
    >>> story = " and the owl in the elm asked who had put the lantern there" * 4
    >>> def safe(removed, kept, rest=story):
    ...     texts = [(text + rest).encode() for text in (removed, kept)]
    ...     compared = compare_texts(texts, np.array([[0, 1]]), 0.0)
    ...     return loses_nothing(compared.differences(0), *texts)
    >>> safe("the cat sat on mat", "the cat sat on the mat"), safe("we recieve mail", "we receive mail")
    (True, True)
    >>> safe("the cat sat", "the black cat sat"), safe("the black cat sat", "the cat sat")
    (False, False)
    >>> safe("version 2", "version 2 or later"), safe("it costs 5", "it costs 6")
    (False, False)
    >>> safe("call the grpc_route tool", "call the asset tool"), safe("the Public House", "the New Public House")
    (False, False)
    >>> safe("Updated June 3 by Ann Lee we went", "we went"), safe("On June 3 we went", "we went")
    (True, False)
    >>> safe("this licence", "the licence"), safe("the cat sat on mat", "the cat sat on the mat", rest="")
    (False, False)
    """
    if ours.count(b" ") + ours.count(b"\n") < _FORMULA_WORDS - 1:
        return False  # a word needs no more than one of them behind it
    bare = ours.isascii()  # it may have lost its accents
    trifles = []
    for difference in differences:
        if not _is_trifle(difference, _ANY, bare=bare):
            return False  # as it is for most pairs; the rest of them need not be read
        trifles.append(difference)
    if bare and len(_marked(trifles)) == 1:
        return False  # one word without its accent is another word ("ou", "où"); of a text without any there are more
    removed, kept = (text.decode("utf-8").casefold().split() for text in (ours, theirs))
    language = _language_of(kept)
    return (
        len(removed) >= _FORMULA_WORDS
        and all(_is_trifle(difference, language, bare=bare) for difference in trifles)
        and not is_legal(removed)
        and not is_legal(kept)
    )


def are_exchanged(differences: Iterable[tuple[str, str]]) -> bool:
    """Whether two texts say the same but for words in the same places, as a formula does that is filled in.

    *differences* are the places as (words only in the one, words only in the other).

    >>> are_exchanged([("monday at 3", "friday at 11"), ("mill", "harbour")]), are_exchanged([("3", "11"), ("", "so")])
    (True, False)
    """
    return all(map(all, differences))


def has_figures(differences: Iterable[tuple[str, str]]) -> bool:
    """Whether two texts have figures, days or months, casefolded, in one of the places where they differ.

    >>> has_figures([("monday", "friday"), ("mill", "harbour")]), has_figures([("mill", "harbour")])
    (True, False)
    """
    return any(_has_figure(ours) and _has_figure(theirs) for ours, theirs in differences)


def _has_figure(words: str) -> bool:
    return any(word in MONTHS or word in WEEKDAYS or any(map(str.isdecimal, word)) for word in words.split())


def _marked(differences: Iterable[Difference]) -> set[str]:
    """Return the words with accents that stand only in the canonical text."""
    return {word.casefold() for difference in differences for word in difference.theirs if not word.isascii()}


def _language_of(words: Sequence[str]) -> _Language:
    """Return the language most of whose articles stand among casefolded *words*, if they are one in 25."""
    counts = Counter(words)
    articles, best = max(
        ((sum(counts[word] for word in language.articles), -n) for n, language in enumerate(_LANGUAGES))
    )
    return _LANGUAGES[-best] if articles >= max(2, len(words) / 25) else _UNKNOWN


def _is_trifle(difference: Difference, language: _Language, *, bare: bool) -> bool:
    removed, kept = difference.ours, difference.theirs
    if not (removed and kept):
        words = removed or kept
        return all(word in language.articles for word in words) or (difference.at_edge and _is_stamp(words))
    if any(word != word.lower() for word in (*removed, *kept)):
        return False  # Meier is not Meyer
    if len(removed) == len(kept):
        return all(
            is_respelling(ours, theirs, language.respellings) or (bare and ours == without_marks(theirs))
            for ours, theirs in zip(removed, kept, strict=True)
        )
    return "".join(removed) == "".join(kept) and all(map(_is_part, (*removed, *kept)))  # "web site", "website"


def _is_part(word: str) -> bool:
    """Whether *word* says the same in one word with another: "apart" is not "a part", nor "notable" "not able"."""
    return len(word) >= _LEAST_PART and word.isalpha() and word not in _ANY.articles and word not in _NEGATIONS


def _is_stamp(words: Sequence[str]) -> bool:
    """Whether *words* are a byline, or say when a text was made known: "By Ann Lee", "Updated June 3 at 14 00"."""
    folded = [word.casefold() for word in words]
    if len(words) > _EDGE_WORDS:
        return False
    is_date = [word.isdecimal() or word in _STAMP_SIGNS or word in MONTHS or word in WEEKDAYS for word in folded]
    is_name = [word != word.lower() and word.isalpha() for word in words]
    if folded[0] in _BY:
        return len(words) > 1 and all(is_name[1:]) and not any(is_date)
    return any(word in _STAMPS for word in folded) and all(
        word in _STAMPS or word in _JOINTS or word in _BY or date or name
        for word, date, name in zip(folded, is_date, is_name, strict=True)
    )


def is_respelling(a: str, b: str, respellings: Sequence[tuple[str, str]] = _ENGLISH.respellings) -> bool:
    """Whether two words are the same word by two conventions of spelling.

    A letter more or less, or two that changed places, may make another word (casual, causal; patient, patent), or
    another tense or mood (bestimmen, bestimmten; andremo, andremmo).

    >>> is_respelling("colour", "color"), is_respelling("organise", "organize"), is_respelling("recieve", "receive")
    (True, True, True)
    >>> is_respelling("legal", "illegal"), is_respelling("patient", "patent")
    (False, False)
    """
    if min(len(a), len(b)) < 5 or not (a.isalpha() and b.isalpha()):
        return False
    for one, other in respellings:
        a, b = a.replace(one, other), b.replace(one, other)
    return a == b


def without_marks(word: str) -> str:
    """Return a word without its accents.

    >>> without_marks("schön"), without_marks("naïve")
    ('schon', 'naive')
    """
    return "".join(char for char in normalized("NFD", word) if not unicodedata.combining(char))
