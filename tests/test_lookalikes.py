"""What looks alike and is not the same stays, whatever the words that differ and wherever they stand."""

from __future__ import annotations

from itertools import permutations

import pytest
from lookalikes import LANGUAGES, Language

import dedupe
from dedupe import Config


def in_context(language: Language, words: str) -> list[str]:
    """The words alone, at both ends of running text, and in the middle of it."""
    orders = set(permutations((language.story, language.story, words)))
    return [words, *(language.joint.join(parts) for parts in sorted(orders))]


@pytest.mark.parametrize("unit", ["paragraph", "document", "both"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_lookalike_goes(language: str, unit: str) -> None:
    known = LANGUAGES[language]
    texts = dict.fromkeys(text for pair in known.pairs for words in pair for text in in_context(known, words))
    result = dedupe.clean(list(texts), Config(unit=unit, boilerplate=False))
    assert result.counts == {}
    assert [op["rule"] for op in result.operations if op["rule"].endswith("/exact")] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_lookalikes_of_running_text_are_reported_with_what_differs(language: str) -> None:
    known = LANGUAGES[language]
    for pair in known.pairs:
        texts = [in_context(known, words)[-1] for words in pair]
        found = dedupe.clean(texts, Config(unit="paragraph", boilerplate=False)).operations
        assert [(op["rule"], op["applied"], op["evidence"]["guard"]) for op in found] == [
            ("duplicate/near", False, "differs")
        ]
        assert found[0]["evidence"]["differences"]
