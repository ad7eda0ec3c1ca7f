"""Links of Markdown: what is shown of them, and where that stands in what is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedupe.text.links import place_in_source, shown
from dedupe.text.segment import split_lines


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("[Home](/)", "Home"),
        ("  * [About us](https://example.org/about 'x')", None),  # titles stand in double quotes
        ('  * [About us](https://example.org/about "Who we are")', "  * About us"),
        ("[Home](/)[News](/news) [Sport](/sport)", "Home · News · Sport"),
        ("[Home](/) | [News](/news)", "Home | News"),
        ("Topics[Tides](/tides)", "TopicsTides"),
        ("![A map](map.png)", "A map"),
        ("[![A map](map.png)](/map) of the quay", "A map of the quay"),
        ("[The mole (north)](/mole_(north))", "The mole (north)"),
        ("[The mole](</the mole>)", "The mole"),
        ("See [the map](map.md).", "See the map."),
    ],
)
def test_of_links_their_words_are_shown(line: str, read: str | None) -> None:
    assert shown(line).rstrip() == (line if read is None else read)


@pytest.mark.parametrize(
    "line",
    [
        "handlers[name](event)",
        "f(x)[0](y)",
        "rows[i][j](cell)",
        "* [Install](#install)",  # a table of contents
        "[](/)",  # nothing would be left
        "[ ](/news) [](/sport)",
        "[Home] (/)",
        "[Home]",
        "[home]: https://example.org",
        "[Home](/the mole)",
        "[Home](",
        "[Home\n](/)",
        "- [ ] (to do)",
    ],
)
def test_what_only_looks_like_a_link_is_read_as_it_is_written(line: str) -> None:
    assert shown(line) == line


@given(st.lists(st.sampled_from(["[", "](", ")", "!", "#", "/", "a b", " ", "é", "\n", "\r\n", "[x](y)", "\u2028"])))
def test_what_is_shown_stands_in_the_same_lines(pieces: list[str]) -> None:
    text = "".join(pieces)
    read = shown(text)
    lines = split_lines(text)
    assert split_lines(read) == lines
    for line in lines:
        written, told = text[line.start : line.end], read[line.start : line.end]
        assert bool(written.strip()) == bool(told.strip())
        places = [place_in_source(written, place) for place in range(len(told.rstrip()))] if told != written else []
        assert [place for place in places if place is not None] == sorted({p for p in places if p is not None})
