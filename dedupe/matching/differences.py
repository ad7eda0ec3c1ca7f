"""Whether removing a near duplicate loses anything: what differs matters more than how much.

A near duplicate may go when every word of it stands in the canonical text in order, but for trifles: words
without content, spelling variants, and at the edges what a text says of itself (a byline, when it was
updated). Anything else that stands only in the removed text (a name, a number, any ordinary word) is
information. And a word that stands only in the canonical can turn its meaning round ("or any later version",
"not", "only"), so those hold the removal up as well. Nothing goes that differs at all in legal text, where every word
counts, in a language whose negations are not known here, or if it is so short that it may be a formula.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from dedupe.matching.verify import Difference
from dedupe.text.calendar import MONTHS, WEEKDAYS

#: Words that may come or go without a change of content: articles and the like. No single
#: letters, which number clauses. Everything else, even "and", has been seen to matter.
NEUTRAL = frozenset(
    "an the this that these those it its "
    "der die das den dem des ein eine einen einem einer eines "
    "le la les un une des el los las lo una unos unas il gli os as um uma "
    "de het een".split()
)

#: Words that change what a sentence says when they stand only in the canonical text.
TURNING = frozenset(
    "no not never none nor without except unless only or either neither if when until may might must shall "
    "should can could cannot will would need any all every each some most more less least later earlier "
    "before after above below than other than version versions prior both same former latter another "
    "one two three four five six seven eight nine ten eleven twelve hundred thousand million half double twice once "
    "first second third fourth fifth sixth seventh eighth ninth tenth last next "
    "nothing nobody nowhere hardly scarcely barely rarely seldom perhaps maybe almost nearly "
    "nichts niemand nirgends kaum selten vielleicht fast beinahe "
    "personne rien guère plus nulle jamais peut-être presque "
    "nada nadie tampoco jamás quizás casi niente nulla neppure nemmeno mai forse quasi "
    "ninguém nunca jamais talvez niets niemand nimmer nauwelijks misschien bijna "
    "nicht kein keine keinen keiner nie niemals ohne ausser außer nur oder falls wenn bis darf dürfen muss müssen "
    "soll sollen kann können jede jeder jedes alle einige spätere frühere andere anderen sonstige übrige "
    "zwei drei vier fünf sechs sieben acht neun zehn erste ersten zweite zweiten dritte dritten "
    "pas jamais aucun aucune sans sauf seulement ou si peut doit tout toute tous ne ni deux trois quatre premier "
    "nunca ningún ninguna sin salvo sólo solo puede debe todo toda todos primero segunda segundo tercero "
    "non mai nessuno nessuna senza tranne soltanto o se può deve ogni tutto primo secondo terzo "
    "não nenhum nenhuma sem apenas ou pode deve cada primeiro segundo "
    "niet geen nooit zonder behalve alleen of mag moet elke eerste tweede derde "
    "nie bez tylko lub może musi każdy не нет без только или может должен все каждый".split()
)

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

#: British and American spelling, and the letters that are most often put the wrong way round.
_RESPELLINGS = (("isation", "ization"), ("ise", "ize"), ("ising", "izing"), ("yse", "yze"), ("our", "or"), ("ll", "l"),
                ("ei", "ie"))  # fmt: skip

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
#: Shorter texts are said more than once: parallel passages that differ by an article, in thirteen translations of
#: one book of 31,000 verses, have up to 46 words.
_FORMULA_WORDS = 50
#: An edge of more words than this is content.
_EDGE_WORDS = 12


def is_legal(words: Sequence[str]) -> bool:
    """Whether casefolded *words* may be from a law, a contract or a licence: one legal word is enough.

    >>> is_legal("provided that the above copyright notice appears".split()), is_legal("the cat sat".split())
    (True, False)
    """
    return any(word in LEGAL for word in words)


def loses_nothing(differences: Sequence[Difference], ours: str, theirs: str) -> bool:
    """Whether the text *ours* can go when *theirs* stays; both are token forms, which differ as told.

    The words are looked at as they are capitalised: one with a capital may be a name, and
    "the Lesser General Public License" is not "the General Public License".

    >>> import numpy as np
    >>> from dedupe.matching.verify import compare_texts
    >>> story = " and the owl in the elm asked who had put the lantern there" * 4
    >>> def safe(removed, kept, rest=story):
    ...     texts = [removed + rest, kept + rest]
    ...     compared = compare_texts([text.encode() for text in texts], np.array([[0, 1]]), 0.0)
    ...     return loses_nothing(compared.differences(0), *texts)
    >>> safe("the cat sat on mat", "the cat sat on the mat"), safe("we recieve mail", "we receive mail")
    (True, True)
    >>> safe("version 2", "version 2 or later"), safe("it costs 5", "it costs 6")
    (False, False)
    >>> safe("call the grpc_route tool", "call the asset tool"), safe("the Public House", "the New Public House")
    (False, False)
    >>> safe("Updated June 3 by Ann Lee we went", "we went"), safe("On June 3 we went", "we went")
    (True, False)
    >>> safe("this licence", "the licence"), safe("the cat sat on mat", "the cat sat on the mat", rest="")
    (False, False)
    """
    bare = ours.isascii() or theirs.isascii()  # one of the two may have lost its accents
    if not all(_is_trifle(difference, bare=bare) for difference in differences):
        return False  # as it is for most pairs; their texts need not be read
    removed, kept = ours.casefold().split(), theirs.casefold().split()
    return len(removed) >= _FORMULA_WORDS and _is_known_language(kept) and not is_legal(removed) and not is_legal(kept)


def _is_known_language(words: Sequence[str]) -> bool:
    """Whether enough articles stand in the text: where there are none, its negations are not listed either."""
    return sum(word in NEUTRAL for word in words) >= max(2, len(words) / 25)


def _is_trifle(difference: Difference, *, bare: bool) -> bool:
    removed = [word for word in difference.ours if word.casefold() not in NEUTRAL]
    kept = [word for word in difference.theirs if word.casefold() not in NEUTRAL]
    if difference.at_edge and not (removed and kept) and _is_stamp(difference.ours or difference.theirs):
        return True
    if not removed:
        return all(map(_adds_only, kept))
    if any(word != word.lower() for word in (*removed, *kept)):
        return False  # Meier is not Meyer
    if len(removed) == len(kept):
        return all(is_spelling_variant(*pair, bare=bare) for pair in zip(removed, kept, strict=True))
    return "".join(removed) == "".join(kept) and "".join(removed).isalpha()  # "web site", "website"


def _adds_only(word: str) -> bool:
    """Whether a word that stands only in the canonical leaves the rest as it reads.

    Negations and the like are short in the languages that the list does not know,
    so short words count as turning, and so does what may be a name.
    """
    return word not in TURNING and len(word) > 3 and word.isalpha() and word == word.casefold()


def _is_stamp(words: Sequence[str]) -> bool:
    """Whether *words* are a byline, or say when a text was made known: "By Ann Lee", "Updated June 3 at 14 00"."""
    folded = [word.casefold() for word in words]
    if len(words) > _EDGE_WORDS:
        return False
    is_date = [word.isdecimal() or word in MONTHS or word in WEEKDAYS for word in folded]
    is_name = [word != word.lower() and word.isalpha() for word in words]
    if folded[0] in _BY:
        return len(words) > 1 and all(is_name[1:]) and not any(is_date)
    return any(word in _STAMPS for word in folded) and all(
        word in _STAMPS or word in _JOINTS or word in _BY or date or name
        for word, date, name in zip(folded, is_date, is_name, strict=True)
    )


def is_spelling_variant(a: str, b: str, *, bare: bool = False) -> bool:
    """Whether two words are the same word by two conventions of spelling; with *bare* also if they differ in accents.

    A letter more or less, or two that changed places, may make another word (casual, causal; patient, patent), or
    another tense or mood (bestimmen, bestimmten; andremo, andremmo).

    >>> is_spelling_variant("colour", "color"), is_spelling_variant("organise", "organize")
    (True, True)
    >>> is_spelling_variant("legal", "illegal"), is_spelling_variant("patient", "patent")
    (False, False)
    >>> is_spelling_variant("schön", "schon"), is_spelling_variant("schön", "schon", bare=True)
    (False, True)
    """
    if not (a.isalpha() and b.isalpha()):
        return False
    if bare and _without_marks(a) == _without_marks(b):
        return True
    return min(len(a), len(b)) >= 5 and _respelled(a) == _respelled(b)


def _respelled(word: str) -> str:
    for one, other in _RESPELLINGS:
        word = word.replace(one, other)
    return word


def _without_marks(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
