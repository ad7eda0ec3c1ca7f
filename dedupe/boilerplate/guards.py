"""Reasons to keep a line that scores like furniture.

A guard does not lower the score: it caps the outcome at review, and is named in
the finding. Which evidence a guard gives way to is its own: a share widget under
a poem is a share widget, whatever the poem.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from dedupe import kernels
from dedupe.text.layout import Shape

#: Terms of art of legal texts.
_LEGAL = " ".join(
    """
    licensee licensor licensors licensees sublicense sublicensable warranty warranties merchantability liability
    hereby herein hereunder hereto thereof therein pursuant notwithstanding indemnify indemnification
    redistributions redistribution copyright-holder copyrighted royalty-free irrevocable perpetual worldwide
    whereas infringement noninfringement tort severability
    """.split()
)
#: Words of lines about rights: copyright, licence, warranty, rights reserved, in the languages of the shipped lexicon.
_LEGAL_LINE = re.compile(
    r"""
    ©|\(c\)|\b(?:
        copyright|li[cz]en[cçsz]|warrant|liabilit|redistribut|urheberrecht|gewährleistung|haftung
      | rights[ ]reserved|rechte[ ]vorbehalten|rechten[ ]voorbehouden|(?:droits|diritti|derechos|direitos)[ ]r[eéi]serv
      | droits?[ ]d.auteur|diritt[oi][ ]d.autore|derechos?[ ]de[ ]autor|direitos[ ]autorais|auteursrecht
      | garant[ií]a|garantie|garanzi|prawa?[ ](?:autorski|zastrzeżon)|autorskie|gwarancj
      | лиценз|авторськ|авторск|гаранти|ліценз|права[ ]захищен|πνευματικ|άδει|εγγύησ|práva[ ]vyhrazena|autorsk
      | rättigheter[ ]förbehåll|rettigheder[ ]forbehold|rettigheter[ ]forbehold|upphovsrätt|ophavsret|opphavsrett
      | oikeudet[ ]pidätet|tekijänoikeu|jog[ ]fenntart|szerzői[ ]jog|drepturile[ ]rezervate|drepturi[ ]de[ ]autor
      | hakları[ ]saklıdır|hakkı[ ]saklıdır|telif[ ]hak|hak[ ]cipta|bản[ ]quyền|lisen[st]|lisans
    )|版权|版權|著作权|著作權|著作権|许可|許可|許諾|ライセンス|保証|担保|حقوق|ترخيص|ضمان|저작권|무단[ ]?전재|라이선스
    """,
    re.IGNORECASE | re.VERBOSE,
)
#: Classes of entries that are reported only, and the guards that hold them.
CLASS_GUARDS = {"copyright": "legal", "credits": "credits"}

#: Kinds of evidence, from the most telling: what the points of a line rest on.
WIDGET, PHRASE, PATTERN, COUNTED, WEAK = "widget", "phrase", "pattern", "counted", "weak"
#: What gives way to a text that is mostly legal language.
LEGAL_BASES = frozenset({COUNTED, WEAK, PATTERN})

#: Shapes that hold a line back, in the order in which they are named. Plain integers: flags are slow to compare.
_HELD = tuple(
    (int(shape), (shape.name or "").lower())
    for shape in (
        Shape.CODE,
        Shape.TABLE,
        Shape.DIALOGUE,
        Shape.ANSWER,
        Shape.LIST,
        Shape.VERSE,
        Shape.FORM,
        Shape.HEADING,
    )
)


def guard_of(
    shape: int,
    basis: str,
    *,
    at_edge: bool = False,
    form_alone: bool = False,
    in_menu: bool = False,
    in_zone: bool = False,
    in_wrapped_text: bool = False,
    wrapped: bool = False,
    legal_text: bool = False,
    legal_line: bool = False,
) -> str:
    """Return the name of the guard that holds a line back, "" for none.

    *basis* is what most of its points rest on: ``widget`` (nothing but buttons), ``phrase`` (a strong phrase),
    ``pattern`` (counters, ranks, bylines), ``counted`` (frequency alone) or ``weak``. A *form_alone* line has no other
    form line near; one *in_menu* stands in a long run of known ones, and is no list item by itself, or is one of a list
    that is a menu; one *in_zone* stands outside the text in a stretch of furniture, where what looks like a table or a
    list is a menu; a *wrapped* line is a piece of a sentence that runs over several lines, and *in_wrapped_text* that
    holds whatever the line says. In a *legal_text*, lines that rest on less than a strong phrase stay.

    >>> guard_of(Shape.VERSE, "weak", at_edge=True), guard_of(Shape.VERSE, "widget", at_edge=True)
    ('verse', '')
    """
    if legal_line:
        return "legal"
    if legal_text:
        return "legal"
    if wrapped and (in_wrapped_text or basis in (COUNTED, WEAK)):
        return "wrapped"
    if not shape:
        return ""
    sure = basis in (WIDGET, PHRASE) and at_edge
    for (flag, name), gives_way in zip(
        _HELD,
        (
            False,
            in_zone or (basis == WIDGET and at_edge),
            in_zone,
            in_zone or sure,
            in_zone or sure or in_menu,
            sure,
            in_zone or basis in (WIDGET, PHRASE) or (basis == PATTERN and form_alone),
            basis in (WIDGET, PHRASE, PATTERN),
        ),
        strict=True,
    ):
        if shape & flag and not gives_way:
            return name
    return ""


def is_legal_line(content: str) -> bool:
    """Tell whether *content* speaks of rights: furniture or not, it is reported rather than removed.

    >>> is_legal_line("Licensed under the Example Licence"), is_legal_line("Print this page")
    (True, False)
    """
    return _LEGAL_LINE.search(content) is not None


def are_legal_texts(buffer: bytes, offsets: NDArray[np.int64]) -> list[bool]:
    """Tell of texts, packed for the kernel, which are mostly legal language, by its terms of art.

    Such a text has four different ones, and at least one in 120 words.

    >>> contract = "The licensee shall indemnify the licensor hereunder, notwithstanding any warranty."
    >>> story = "The warranty had run out, so we bought another kettle."
    >>> are_legal_texts(*kernels.pack([contract, story]))
    [True, False]
    """
    words, found, different = kernels.term_counts(buffer, offsets, _LEGAL).T
    legal: list[bool] = ((different >= 4) & (120 * found >= words)).tolist()
    return legal
