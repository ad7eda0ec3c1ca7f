"""Learning a lexicon: what becomes an entry, above all what does not, and that the same corpus gives the same file."""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Completed
from hypothesis import example, given
from hypothesis import strategies as st

from dedupe import Config, clean_files, learn, learn_files
from dedupe.boilerplate.counting import count_lines, sample_lines
from dedupe.boilerplate.entries import normal_form
from dedupe.boilerplate.forms import form_key, is_learnable, masked, text_forms
from dedupe.boilerplate.learn import Learned, merge, strength_of
from dedupe.boilerplate.learned import LearnedFile
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.boilerplate.sightings import Sightings
from dedupe.boilerplate.signals import score_document
from dedupe.boilerplate.templates import find_templates
from dedupe.errors import ConfigError, WriteError
from dedupe.learning import Lesson, learn_corpus
from dedupe.workfiles import open_work_folder

WORDS = """
    mill river wheel stone grain harvest barn horse cart village road bridge market bread flour summer winter rain snow
    field fence gate garden apple orchard pear cherry plum tree leaf harbour boat rope sail lantern roof chimney
""".split()
NAMES = ("Anna", "Bert", "Cleo Marsh", "Doris van Dam", "Emil", "Frida", "Gustav", "Hanne Lund", "Ivo", "Jette")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SECTIONS = ("News", "Farm", "Kitchen")


def prose(rng: random.Random, sentences: int = 5) -> str:
    """A paragraph that nobody wrote before, long enough to be running text."""
    return " ".join(
        f"The {' '.join(rng.sample(WORDS, 8))} and it was the {rng.choice(WORDS)}." for _ in range(sentences)
    )


def page(rng: random.Random, top: Sequence[str] = (), middle: Sequence[str] = (), foot: Sequence[str] = ()) -> str:
    """A title, running text with the *middle* lines in it, and furniture above and below."""
    title = " ".join(rng.sample(WORDS, 4)).capitalize()
    blocks = [*top, title, prose(rng)]
    for line in middle:
        blocks += [line, prose(rng)]
    return "\n\n".join([*blocks, *foot]) + "\n"


def entries(text: str) -> dict[str, str]:
    """Phrases of a lexicon that was learned, with their strengths."""
    return {entry.phrase: entry.strength for entry in Lexicon.parse(text).phrases()}


def learned_from(pages: Sequence[str], **how: Any) -> dict[str, str]:
    return entries(learn(pages, **how))


def orchard(count: int = 40, seed: int = 1) -> list[str]:
    """Pages with furniture that no lexicon knows: fixed lines, a counter, a byline with fields; and two headings."""
    rng = random.Random(seed)
    return [
        page(
            rng,
            middle=["What we planted", "What came of it"],
            foot=[
                f"Set down by {rng.choice(NAMES)} on {rng.choice(DAYS)} in {rng.choice(SECTIONS)}",
                f"{rng.randrange(1, 90)} kind words",
                "Visit our farm shop",
                "Back to the orchard gate",
            ],
        )
        for _ in range(count)
    ]


# -- what becomes an entry


def test_furniture_that_nobody_knew_is_learned_and_templated_lines_are_one_entry() -> None:
    assert learned_from(orchard()) == {
        "set down by <ANY:1-4> on <ANY:1-2> in <ANY:1-2>": "learned",
        "<NUM> kind words": "counter",
        "visit our farm shop": "learned",
        "back to the orchard gate": "learned",
    }


def test_the_most_valuable_entry_comes_first_with_its_counts_and_three_places() -> None:
    lines = learn(orchard(20)).splitlines()
    sizes = [int(found[1].replace(",", "")) for line in lines if (found := re.search(r"; ([\d,]+) characters$", line))]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) == 4
    at = next(number for number, line in enumerate(lines) if line.endswith("= visit our farm shop"))
    assert lines[at].startswith(
        "learned learned und [documents 20/20, sources 1, lines 20, edges 20, others 0] = visit"
    )
    assert (
        lines[at - 4]
        == "# in 20 of 20 documents of one source, always near an edge; successor ratio 0.00; 380 characters"
    )
    assert all(re.fullmatch(r"#   \d+:\d+: Visit our farm shop", line) for line in lines[at - 3 : at])


@pytest.mark.parametrize(
    ("lines", "phrase", "strength"),
    [
        (["Geschrieben am 3. März 2019", "Geschrieben am 14. Mai 2020", "Geschrieben am 28. Juni 2021"],
         "geschrieben <DATE>", "byline"),
        (["Siehe https://a.example/1", "Siehe https://b.example/2", "Siehe www.c.example"],
         "siehe <ANY:1-1>", "learned"),
        (["Все наши яблоки здесь"], "все наши яблоки здесь", "learned"),
        (["我们的果园欢迎你"], "我们的果园欢迎你", "learned"),
        (["Twitter Facebook Mastodon"], "twitter facebook mastodon", "strong"),
    ],
)  # fmt: skip
def test_lines_in_any_language(lines: list[str], phrase: str, strength: str) -> None:
    rng = random.Random(2)
    pages = [page(rng, foot=[lines[number % len(lines)], "Back to the orchard gate"]) for number in range(12)]
    assert learned_from(pages)[phrase] == strength


def test_a_known_line_keeps_its_class_and_its_strength() -> None:
    rng = random.Random(3)
    pages = [page(rng, foot=["Print Friendly, PDF & Email", f"Posted by {rng.choice(NAMES)}"]) for _ in range(12)]
    text = learn(pages)
    assert "strong share und [" in text
    assert entries(text)["print friendly pdf & email"] == "strong"
    known = Lexicon.load([]).find("Posted by Anna")
    assert known is not None
    assert entries(text)[known.phrase] == known.strength


def test_a_rights_notice_is_only_reported_when_it_is_applied(tmp_path: Path) -> None:
    rng = random.Random(4)
    out = tmp_path / "learned.txt"
    notice = "Licensed to the orchard keepers of the valley"
    out.write_text(learn([page(rng, foot=[notice]) for _ in range(12)]), encoding="utf-8")
    assert " copyright und [" in out.read_text(encoding="utf-8")
    (finding,) = score_document(page(rng, foot=[notice]), Lexicon.load([str(out)]), None, "", Config())
    assert (finding.verdict.outcome.value, finding.verdict.guard) == ("review", "legal")


# -- what does not


def nothing(rng: random.Random) -> list[str]:
    return [page(rng) for _ in range(15)]


def verses(rng: random.Random) -> list[str]:
    def stanza() -> list[str]:
        return [f"The {rng.choice(WORDS)} has gone with the {rng.choice(WORDS)} {rng.randrange(999)}" for _ in range(3)]

    return [
        "\n".join([*stanza(), "And home, and home, go we", "", *stanza(), "And home, and home, go we"])
        for _ in range(15)
    ]


def tables(rng: random.Random) -> list[str]:
    rows = ["| name | where | amount |", "| --- | --- | --- |", "| spade | north wall | 12 |"]
    return [
        prose(rng) + "\n\n" + "\n".join([*rows, f"| {rng.choice(WORDS)} | shed | {rng.randrange(99)} |", *rows])
        for _ in range(15)
    ]


def code(rng: random.Random) -> list[str]:
    lines = "\n\n    import os\n    print(os.getcwd())\n    return total + 7"
    return [page(rng, middle=["How it is done", "And then"], foot=[prose(rng) + lines]) for _ in range(15)]


def chapters(rng: random.Random) -> list[str]:
    return [f"Chapter {n}\n\n{prose(rng)}\n\n{prose(rng)}\n" for n in range(15)]


def questions(rng: random.Random) -> list[str]:
    return [page(rng, middle=["Pros", "Cons", "Conclusion"]) for _ in range(15)]


def manuals(rng: random.Random) -> list[str]:
    return [f"NAME\n\n{prose(rng)}\n\nSEE ALSO\n\n{rng.choice(WORDS)}({n})\n" for n in range(15)]


def reposts(rng: random.Random) -> list[str]:
    story = f"{prose(rng)}\n\nThe mayor was not there that day\n\n{prose(rng)}\n\nNobody asked him why\n"
    return [story, story.upper(), story + prose(rng, 1), *[page(rng) for _ in range(3)]]


def licences(rng: random.Random) -> list[str]:
    terms = (
        "The licensee shall indemnify the licensor hereunder, notwithstanding any warranty of merchantability or "
        "liability herein, pursuant to the terms hereof."
    )
    return [f"{rng.choice(WORDS)} {n}\n\n{terms}\n\nEnd of the terms and conditions\n" for n in range(15)]


@pytest.mark.parametrize(
    "corpus", [nothing, verses, tables, code, chapters, questions, manuals, reposts, licences], ids=lambda f: f.__name__
)
def test_what_recurs_and_is_content_is_not_learned(corpus: Callable[[random.Random], list[str]]) -> None:
    assert learned_from(corpus(random.Random(5))) == {}


def test_two_documents_prove_nothing_and_a_bound_can_be_set() -> None:
    rng = random.Random(6)
    pages = [page(rng, foot=["Visit our farm shop"]) for _ in range(2)] + [page(rng) for _ in range(3)]
    assert learned_from(pages) == {}
    pages += [page(rng, foot=["Visit our farm shop"]) for _ in range(4)]
    assert learned_from(pages) == {"visit our farm shop": "learned"}
    assert learned_from(pages, min_documents=7) == {}


def test_a_line_that_is_rare_in_its_source_is_weak_until_several_sources_have_it() -> None:
    rng = random.Random(7)
    pages = [
        {"text": page(rng, foot=["Visit our farm shop"] if n % 10 == 0 else []), "site": n % 2} for n in range(120)
    ]
    assert learned_from(pages) == {"visit our farm shop": "weak"}
    pages = [{**row, "site": n % 4} for n, row in enumerate(pages)]
    assert learned_from(pages, config=Config(source_field="site")) == {"visit our farm shop": "weak"}
    pages += [{"text": page(rng, foot=["Visit our farm shop"]), "site": n} for n in range(10, 14)]
    assert learned_from(pages, config=Config(source_field="site")) == {"visit our farm shop": "learned"}


def test_a_line_that_a_user_keeps_is_never_learned(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("keep = visit our farm shop\n", encoding="utf-8")
    assert "visit our farm shop" not in learned_from(orchard(), config=Config(lexicons=(str(kept),)))


# -- using it


@pytest.fixture
def lexicon(tmp_path: Path) -> str:
    out = tmp_path / "learned.txt"
    out.write_text(learn(orchard()), encoding="utf-8")
    return str(out)


def test_a_corpus_of_one_page_loses_what_was_learned(
    tmp_path: Path, lexicon: str, cli: Callable[..., Completed]
) -> None:
    rng = random.Random(8)
    furniture = ["Set down by Zoë Quist on Friday in Letters", "7 kind words", "Visit our farm shop"]
    text = page(rng, middle=["What we planted"], foot=furniture)
    (tmp_path / "page.txt").write_text(text, encoding="utf-8")
    clean_files([str(tmp_path / "page.txt")], str(tmp_path / "out.txt"), config=Config(lexicons=(lexicon,)))
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == text[: text.index("\n\nSet down")] + "\n"
    records = [json.loads(line) for line in (tmp_path / "out.txt.difflog.jsonl").read_bytes().splitlines()]
    found = [record for record in records if record["t"] == "op"]
    assert [record["rule"] for record in found] == ["boilerplate/learned"] * 3
    assert found[2]["evidence"]["points"] == {"learned": 2.0, "edge": 1.0, "shape": 0.5}
    seen = '"visit our farm shop" in 40 of 40 documents of one source, always near an edge'
    assert found[2]["evidence"]["details"]["learned"] == seen
    number = text.splitlines().index("Visit our farm shop") + 1
    explained = cli("explain", f"{tmp_path / 'page.txt'}:{number}", "--lexicon", lexicon)
    assert seen.encode() in explained.stdout


def test_in_running_text_a_learned_line_is_only_reported(lexicon: str) -> None:
    rng = random.Random(9)
    text = page(rng, middle=["Visit our farm shop"])
    (finding,) = score_document(text, Lexicon.load([lexicon]), None, "", Config())
    assert (finding.verdict.outcome.value, finding.verdict.score) == ("review", 2.0)


def test_counts_are_part_of_the_fingerprint_since_they_are_part_of_the_log() -> None:
    one = "learned nav en [documents 3/5, sources 1, lines 3, edges 3, others 0] = all our orchards"
    assert Lexicon.parse(one).fingerprint() != Lexicon.parse(one.replace("3/5", "4/5")).fingerprint()
    assert Lexicon.parse(one).fingerprint() == Lexicon.parse("# seen today\n" + one).fingerprint()


@pytest.mark.parametrize("counts", ["", "documents 3", "documents 3/x, sources 1, lines 3, edges 3, others 0", "3/5"])
def test_counts_that_are_none_are_an_error_with_its_place(counts: str) -> None:
    with pytest.raises(ConfigError, match=r"^orchard.txt:2: not the counts of a line"):
        Lexicon.parse(f"\nlearned nav en [{counts}] = all our orchards", "orchard.txt")


# -- the same corpus, the same file


def rows(pages: Sequence[str]) -> list[dict[str, str]]:
    return [{"id": f"p{n}", "text": text, "site": f"s{n % 4}"} for n, text in enumerate(pages)]


def write(path: Path, found: Sequence[dict[str, str]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in found), encoding="utf-8")
    return str(path)


def without_places(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#   ")]


def test_order_and_jobs_do_not_show(tmp_path: Path) -> None:
    found = rows(orchard(60))
    out = tmp_path / "out.txt"
    texts = []
    for order, jobs in ((found, 1), (found, 2), (found[::-1], 1), (random.Random(1).sample(found, 60), 2)):
        path = write(tmp_path / "feed.jsonl", order)
        learn_files([path], str(out), Config(jobs=jobs, source_field="site"), sample_per_source=10, force=True)
        texts.append(out.read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert all(without_places(text) == without_places(texts[0]) for text in texts)
    assert len(texts[0]) > 1000


def test_a_sample_takes_so_many_documents_of_each_source(tmp_path: Path) -> None:
    found = [*rows(orchard(60)), {"id": "x1", "text": orchard(1, 3)[0], "site": "small"}]
    path = write(tmp_path / "feed.jsonl", found)
    config = Config(source_field="site")
    lesson = learn_files([path], str(tmp_path / "a.txt"), config, sample_per_source=10)
    assert (lesson.documents, lesson.sources) == (41, 5)
    lesson = learn_files([path], str(tmp_path / "b.txt"), config, sample_per_source=0)
    assert (lesson.documents, lesson.sources) == (61, 5)
    assert {entry.phrase for entry in LearnedFile.read(str(tmp_path / "a.txt")).entries} == {
        entry.phrase for entry in LearnedFile.read(str(tmp_path / "b.txt")).entries
    }


def test_a_copy_of_a_document_counts_once() -> None:
    pages = orchard(12)
    assert without_places(learn(pages)) == without_places(learn([*pages, *pages[:5], pages[0]]))


def test_a_file_counts_once_however_often_and_by_whatever_name_it_is_given(tmp_path: Path) -> None:
    folder, out = tmp_path / "feeds", tmp_path / "out.txt"
    folder.mkdir()
    feed = write(folder / "feed.jsonl", rows(orchard(12)))
    (folder / "link.jsonl").symlink_to("feed.jsonl")
    os.link(feed, tmp_path / "hard.jsonl")
    texts = []
    for paths in ([feed], [feed, feed], [feed, str(folder)], [feed, str(tmp_path / "hard.jsonl")]):
        assert learn_files(paths, str(out), force=True).documents == 12
        texts.append(without_places(out.read_text("utf-8")))
    assert texts == 4 * texts[:1]


# -- merging


def test_halves_without_a_common_source_merge_to_what_the_whole_gives(tmp_path: Path) -> None:
    found = rows(orchard(80))
    config = Config(source_field="site")
    halves = [[row for row in found if row["site"] in sites] for sites in ("s0s1", "s2s3")]
    names = []
    for number, half in enumerate([*halves, found]):
        names.append(str(tmp_path / f"{number}.txt"))
        learn_files([write(tmp_path / "feed.jsonl", half)], names[-1], config)
    merged = str(tmp_path / "merged.txt")
    learn_files([], merged, merge_with=names[:2])
    assert without_places(Path(merged).read_text("utf-8")) == without_places(Path(names[2]).read_text("utf-8"))


def test_what_was_learned_once_is_not_counted_twice(
    tmp_path: Path, lexicon: str, cli: Callable[..., Completed]
) -> None:
    link, hard, out = tmp_path / "link.txt", tmp_path / "hard.txt", tmp_path / "out.txt"
    link.symlink_to(lexicon)
    os.link(lexicon, hard)
    for other, problem in ((lexicon, "is given twice"), (link, f"is {lexicon} under"), (hard, f"is {lexicon} under")):
        done = cli("learn", "--merge", lexicon, "--merge", other, "-o", out)
        assert done.code == 2
        assert f"dedupe: {other}: {problem}" in done.err
        assert not out.exists()
    # Two feeds may have the same lines in the same places.
    (tmp_path / "like.txt").write_bytes(Path(lexicon).read_bytes())
    done = cli("learn", "--merge", lexicon, "--merge", tmp_path / "like.txt", "-o", out)
    assert done.code == 0
    assert f"merged from 2 lexicons: {out}" in done.err


def test_what_a_person_wrote_into_a_learned_lexicon_stays_in_it(tmp_path: Path, lexicon: str) -> None:
    text = Path(lexicon).read_text(encoding="utf-8")
    pruned = "".join(line + "\n" for line in text.splitlines() if "farm shop" not in line)
    pruned = pruned.replace("learned learned und [documents 40/40", "strong nav en [documents 40/40", 1)
    (tmp_path / "mine.txt").write_text(
        pruned + "keep = visit our farm shop\nweak ads en = fresh eggs\n", encoding="utf-8"
    )
    out = tmp_path / "out.txt"
    feed = write(tmp_path / "feed.jsonl", rows(orchard(20, seed=2)))
    learn_files([feed], str(out), merge_with=[str(tmp_path / "mine.txt")])
    merged = LearnedFile.read(str(out))
    assert merged.added == ["keep = visit our farm shop", "weak ads en = fresh eggs"]
    assert "visit our farm shop" not in {entry.phrase for entry in merged.entries}
    (promoted,) = (entry for entry in merged.entries if entry.strength == "strong")
    assert (promoted.kind, promoted.sightings.documents) == ("nav", 60)
    learn_files([], str(tmp_path / "again.txt"), merge_with=[str(out)])
    assert (tmp_path / "again.txt").read_bytes() == out.read_bytes()


counts = st.builds(Sightings, st.integers(3, 99), st.integers(99, 10**6), *[st.integers(1, 99)] * 4)
some_entries = st.lists(
    st.builds(
        Learned,
        st.sampled_from(["learned", "weak", "strong"]),
        st.just("learned"),
        st.sampled_from(["visit our farm shop", "<NUM> kind words", "all our orchards"]),
        counts,
        st.just(()),
    ),
    max_size=6,
)


@given(some_entries, some_entries, st.randoms())
@example(
    # By the first two alone it would be learned, by all three it is weak.
    [Learned("weak", "learned", "all our orchards", Sightings(3, 99, 1, 10, 1, 1), ())],
    [Learned("weak", "learned", "all our orchards", Sightings(3, 99, 2, 1, 1, 1), ())] * 2,
    random.Random(1),
)
def test_merging_adds_up_in_any_order(one: list[Learned], other: list[Learned], rng: random.Random) -> None:
    whole = merge(one + other)
    for phrase in {entry.phrase for entry in one + other}:
        parts = [entry.sightings for entry in one + other if entry.phrase == phrase]
        (found,) = (entry for entry in whole if entry.phrase == phrase)
        assert found.sightings == tuple(map(sum, zip(*parts, strict=True)))
    shuffled = one + other
    rng.shuffle(shuffled)
    assert merge(shuffled) == whole


@given(counts)
def test_counts_come_back_as_they_were_written(seen: Sightings) -> None:
    assert Sightings.parse(str(seen), "") == seen


def test_more_evidence_never_weakens() -> None:
    ranks = [None, "weak", "learned"]
    for documents in range(3, 60, 7):
        grades = [strength_of(Sightings(documents, 60, sources, documents, 0, 0)) for sources in (1, 2, 3, 9)]
        assert [ranks.index(grade) for grade in grades] == sorted(ranks.index(grade) for grade in grades)


# -- forms and templates


line_words = st.lists(
    st.sampled_from(["posted", "on", "3", "june", "2015", "12:30", "at", "gmt", "№", "a@b.example", "https://x.example/1",
                     "#4", "1,5", "24h", "à", "été", "明日", "«ici»", "<NUM>", "=", "[x]", "…"]),
    min_size=1, max_size=8,
).map(" ".join)  # fmt: skip


@given(line_words)
def test_an_entry_of_a_form_fits_the_line_that_it_was_made_of(line: str) -> None:
    words = masked(normal_form(line))
    if normal_form(line) and is_learnable(words):
        assert Lexicon.parse(f"learned learned und = {' '.join(words)}").find(line) is not None


framed_lines = st.lists(st.sampled_from("a b c d <NUM> <DATE>".split()), max_size=6).map(lambda w: ["visit", "our", *w])


@given(st.lists(framed_lines, max_size=20))
def test_a_template_fits_all_lines_of_which_it_was_made(lines: list[list[str]]) -> None:
    for template in find_templates(lines):
        fitting = Lexicon.parse(f"learned learned und = {template.phrase}")
        made_of = sum(
            fitting.find(" ".join(line).replace("<NUM>", "7").replace("<DATE>", "3 june 2015")) is not None
            for line in lines
        )
        assert made_of >= template.lines


def test_hostile_lines_come_to_nothing_or_to_something_harmless(tmp_path: Path) -> None:
    rng = random.Random(10)
    hostile = [
        "keep = visit our farm shop",
        "strong nav en = the garden",
        "\x1b[31mRed\x1b[0m orchard line",
        "the \u202eorchard\u202c line",
        "# a remark of the orchard",
        "orchard\x85with\u2028ends\x0bin it",
        "<ANY:1-9> orchard <NUM>",
        "[documents 9/9, sources 1, lines 9, edges 9, others 0] = orchard",
        "\ud800 lone orchard half",
    ]
    out = tmp_path / "learned.txt"
    text = learn([page(rng, foot=[*hostile, "Visit our farm shop"]) for _ in range(12)])
    out.write_text(text, encoding="utf-8")
    assert entries(text)["visit our farm shop"] == "learned"
    assert all(line.isprintable() for line in text.splitlines())
    assert not Lexicon.load([str(out)]).is_kept("visit our farm shop")
    assert set(entries(text).values()) <= {"learned", "counter", "byline"}
    assert LearnedFile.read(str(out)).added == []


# -- counting


@given(st.lists(st.lists(st.integers(1, 6), max_size=8), max_size=14), st.integers(1, 3), st.sampled_from([4, 1000]))
def test_totals_are_what_counting_by_hand_gives(
    documents: list[list[int]], source_count: int, shard_lines: int
) -> None:
    keys = [
        np.array([word << 1 | 1 for word in words], np.uint64) << np.uint64(57) | np.uint64(1) for words in documents
    ]
    owner = np.repeat(np.arange(len(documents)), [len(words) for words in documents])
    chunk = owner, np.concatenate([*keys, np.zeros(0, np.uint64)])
    sources = np.arange(len(documents), dtype=np.int32) % source_count
    sizes = np.bincount(sources, minlength=source_count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dedupe.boilerplate.counting._SHARD_LINES", shard_lines)
        with open_work_folder() as folder:
            shards = list(count_lines(lambda: [chunk], sources, np.ones(len(documents), np.bool_), sizes, folder))
    assert len(shards) == 1 << (len(chunk[1]) // shard_lines).bit_length()
    found = {int(key): row for shard in shards for key, row in zip(shard.keys, shard.totals, strict=True)}
    for key in {int(key) for part in keys for key in part}:
        having = [number for number, part in enumerate(keys) if key in part.tolist()]
        if len(having) < 3:
            assert key not in found
            continue
        of = {int(sources[number]) for number in having}
        assert found[key]["documents"] == len(having)
        assert found[key]["sources"] == len(of)
        assert found[key]["population"] == sum(sizes[number] for number in of)
        assert found[key]["lines"] == sum(part.tolist().count(key) for part in keys)
        follow = {
            (int(sources[number]), [*part.tolist(), 1][at + 1])
            for number, part in enumerate(keys)
            for at, other in enumerate(part.tolist())
            if other == key
        }
        assert found[key]["others"] == len(follow) - len(of)


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_a_sample_is_the_same_whatever_the_chunks(seed: int, most: int) -> None:
    rng = np.random.default_rng(seed)
    owner = np.sort(rng.integers(0, 12, 60))
    keys = rng.integers(1, 5, 60).astype(np.uint64)
    order = rng.integers(0, 2**60, 12).astype(np.uint64)
    cuts = [0, *(np.flatnonzero(owner[1:] != owner[:-1]) + 1).tolist(), 60]
    wanted, countable = np.array([2, 3], np.uint64), order % np.uint64(3) > 0
    whole = sample_lines(lambda: [(owner, keys)], wanted, order, countable, most)
    parts = [(owner[start:end], keys[start:end]) for start, end in pairwise(cuts)]
    for one, other in zip(whole, sample_lines(lambda: parts, wanted, order, countable, most), strict=True):
        assert one.tolist() == other.tolist()
    for key, number, line in zip(*whole, strict=True):
        assert countable[number]
        assert keys[owner == number][line] == key
    assert all(whole.keys.tolist().count(key) <= most for key in (2, 3))


def test_a_known_line_has_the_form_of_its_entry() -> None:
    known = Lexicon.parse("weak tags en = topics: <ANY:1-9>\nkeep = all our orchards")
    forms = text_forms(["Topics: pears\nAll our orchards\nTopics: plums and cherries\nAll our fields"], known)
    assert forms.keys[0] == forms.keys[2] == form_key("topics: <ANY:1-9>")
    assert (forms.keys & np.uint64(1)).tolist() == [1, 0, 1, 1]


# -- the command


def test_the_command_says_what_it_learned_and_asks_before_it_replaces(
    tmp_path: Path, cli: Callable[..., Completed]
) -> None:
    feed, out = write(tmp_path / "feed.jsonl", rows(orchard(20))), str(tmp_path / "learned.txt")
    done = cli("learn", feed, "-o", out, "--source-field", "site")
    assert done.code == 0
    assert b"learned from 20 documents of 4 sources" in done.stderr
    before = Path(out).read_bytes()
    done = cli("learn", feed, "-o", out)
    assert done.code == 2
    assert b"--force" in done.stderr
    assert Path(out).read_bytes() == before
    done = cli("learn", feed, "-o", out, "--force", "--json")
    assert done.code == 0
    assert json.loads(done.stdout)["entries"] == {"counter": 1, "learned": 3}
    done = cli("learn", feed, "-o", "-", "-q")
    assert done.stdout == Path(out).read_bytes()


def test_a_lexicon_that_was_written_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    feed, out = write(tmp_path / "feed.jsonl", rows(orchard(20))), tmp_path / "learned.txt"

    def beaten(*arguments: Any, **options: Any) -> Lesson:
        lesson = learn_corpus(*arguments, **options)
        out.write_text("somebody else's")
        return lesson

    monkeypatch.setattr("dedupe.learning.learn_corpus", beaten)
    with pytest.raises(WriteError, match="exists and is not empty"):
        learn_files([feed], str(out), Config(source_field="site"))
    assert out.read_text() == "somebody else's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feed.jsonl", "learned.txt"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-o", "x.txt"],
        ["missing.jsonl", "-o", "x.txt"],
        ["--merge", "missing.txt", "-o", "x.txt"],
        ["feed.jsonl", "-o", "missing/x.txt"],
        ["feed.jsonl", "-o", "x.txt", "--min-documents", "2"],
        ["feed.jsonl", "-o", "x.txt", "--sample-per-source", "-1"],
        ["feed.jsonl", "-o", "x.txt", "--lexicon", "missing.txt"],
    ],
)
def test_mistakes_are_said_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Callable[..., Completed], arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "feed.jsonl", rows(orchard(5)))
    done = cli("learn", *arguments)
    assert done.code == 2
    assert done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["feed.jsonl"]
