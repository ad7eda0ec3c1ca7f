"""Whether removing a near duplicate loses anything: what differs matters more than how much.

Similarity finds, it cannot decide. A near duplicate may go when every word of it
stands in the canonical text in order, but for trifles: words without content, and
spelling variants. Anything that stands only in the removed text (a name, a number,
any ordinary word) is information. And a word that stands only in the canonical can
turn its meaning round ("or any later version", "not", "only"), so those hold the
removal up as well; so does any added word in legal text, where it is an amendment.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from dedupe.matching.verify import Difference

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

#: Words by which the text of laws, contracts and licences is known, where every word counts.
LEGAL = frozenset(
    "license licenses licensed licence licences copyright warranty warranties liability liable hereby herein hereof "
    "thereof pursuant notwithstanding redistribution redistribute trademark agreement clause "
    "absatz abs satz nummer nr buchstabe gesetz gesetzes verordnung bgbl artikel paragraph paragraf vorschrift "
    "vorschriften "
    "alinéa décret loi article ley artículo decreto legge articolo comma lei artigo wet lid ustawa закон статья".split()
)


def is_legal(words: Sequence[str]) -> bool:
    """Whether casefolded *words* read like a law, a contract or a licence: two legal words or more.

    >>> is_legal("redistribution is allowed under this license".split()), is_legal("the cat sat".split())
    (True, False)
    """
    return sum(word in LEGAL for word in words) >= 2


def loses_nothing(differences: Sequence[Difference], theirs: str) -> bool:
    """Whether a text can go when *theirs*, the token form of another, stays, by what differs between them.

    The words are looked at as they are capitalised: one with a capital may be a name, and
    "the Lesser General Public License" is not "the General Public License". In legal text,
    and in a language whose function words are not listed here, even an ordinary
    word that only the canonical has is a change.

    >>> import numpy as np
    >>> from dedupe.matching.verify import compare_texts
    >>> def safe(removed, kept):
    ...     compared = compare_texts([removed.encode(), kept.encode()], np.array([[0, 1]]), 0.0)
    ...     return loses_nothing(compared.differences(0), kept)
    >>> safe("the cat sat on mat", "the cat sat on the mat"), safe("we recieve mail", "we receive mail")
    (True, True)
    >>> safe("under the Public License", "under the Lesser Public License")
    False
    >>> safe("version 2 of the licence", "version 2 or later of the licence")
    False
    >>> safe("call the grpc_route tool", "call the asset tool"), safe("it costs 5", "it costs 6")
    (False, False)
    """
    if not all(_is_trifle(difference, strict=False) for difference in differences):
        return False  # as most pairs do; their texts need not be read
    words = theirs.casefold().split()
    strict = is_legal(words) or not _is_known_language(words)
    return not strict or all(_is_trifle(difference, strict=True) for difference in differences)


def _is_known_language(words: Sequence[str]) -> bool:
    """Whether enough articles stand in the text: where there are none, its negations are not listed either."""
    return sum(word in NEUTRAL for word in words) >= max(2, len(words) / 25)


def _is_trifle(difference: Difference, *, strict: bool) -> bool:
    removed = [word for word in difference.ours if word.casefold() not in NEUTRAL]
    kept = [word for word in difference.theirs if word.casefold() not in NEUTRAL]
    if not removed:
        return not kept or (not strict and all(map(_adds_only, kept)))
    if any(word != word.lower() for words in difference for word in words):
        return False  # Meier is not Meyer
    ours, theirs = [word.casefold() for word in removed], [word.casefold() for word in kept]
    if len(ours) == len(theirs):
        return all(map(is_spelling_variant, ours, theirs))
    return "".join(ours) == "".join(theirs) and "".join(ours).isalpha()  # "web site", "website"


def _adds_only(word: str) -> bool:
    """Whether a word that stands only in the canonical leaves the rest as it reads.

    Negations and the like are short in the languages that the list does not know,
    so short words count as turning, and so does what may be a name.
    """
    return word not in TURNING and len(word) > 3 and word.isalpha() and word == word.casefold()


def is_spelling_variant(a: str, b: str) -> bool:
    """Whether two words are the same word, spelt differently.

    Accents, "-ise" for "-ize", and one letter doubled, dropped or swapped with its
    neighbour inside a word of six letters or more. First and last letters must agree, since
    prefixes negate and endings inflect; no digits.

    >>> is_spelling_variant("colour", "color"), is_spelling_variant("legal", "illegal")
    (True, False)
    >>> is_spelling_variant("asset", "assets"), is_spelling_variant("naïve", "naive")
    (False, True)
    """
    if not (a.isalpha() and b.isalpha()):
        return False
    if _without_marks(a) == _without_marks(b):
        return a.isascii() != b.isascii()  # an accent left out; not two different accents
    if min(len(a), len(b)) < 5 or max(len(a), len(b)) < 6 or a[0] != b[0] or a[-1] != b[-1]:
        return False
    if a.replace("isation", "ization").replace("ise", "ize") == b.replace("isation", "ization").replace("ise", "ize"):
        return True
    if len(a) == len(b):
        at = next(i for i in range(len(a)) if a[i] != b[i])
        return a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return len(longer) - len(shorter) == 1 and any(
        longer[:i] + longer[i + 1 :] == shorter for i in range(1, len(longer) - 1)
    )


def _without_marks(word: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))
