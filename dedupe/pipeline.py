"""The order of the stages, and the only place that knows it.

Pass 1 streams the documents and keeps fingerprints. From those the plan is made, in rounds: boilerplate
first (so that a copy is not told apart by the furniture around it), then duplicates, until
a round finds nothing more. Every round judges the text as the rounds before left it, exactly as a
second run would judge the first one's output; that is why a second run changes nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import count

import numpy as np
import numpy.typing as npt

from dedupe.boilerplate.frequency import LineFrequencies
from dedupe.boilerplate.lexicon import Lexicon
from dedupe.config import Config
from dedupe.errors import ConfigError
from dedupe.index.references import References
from dedupe.matching.policy import LAST, NOTHING_TO_GO_BY, standing
from dedupe.matching.sets import union
from dedupe.model import Encoding
from dedupe.plan import Plan, has_chosen, settle
from dedupe.planning.boilerplate import Boilerplate
from dedupe.planning.contained import report_contained
from dedupe.planning.duplicates import Duplicates
from dedupe.planning.misread import Misread
from dedupe.planning.orphans import Orphans
from dedupe.planning.state import Item, State
from dedupe.progress import Report, silent
from dedupe.scanning import Corpus
from dedupe.workfiles import WorkFolder

I64 = npt.NDArray[np.int64]

#: After so many rounds what has to be put back is left alone.
_MOST_ROUNDS = 64
#: After so many times that all was still, what was given up is not tried once more, and given up for good.
_MOST_STARTS = 5
#: What the program takes whatever the corpus: modules, lexicon, a batch of texts.
_PROGRAM_BYTES = 80 << 20
#: Repeated ids that are named to the user.
_NAMED_IDS = 3


def make_plan(
    corpus: Corpus,
    config: Config,
    folder: WorkFolder,
    progress: Report = silent,
    references: References | None = None,
    lexicon: Lexicon | None = None,
) -> Plan:
    """Return the plan for *corpus*: read, repair, segment, match, score, decide, until nothing changes.

    What the plan knows lies in *folder*, so it is good as long as that is open. What stands in *references* is a
    duplicate, and they stay as they are. *lexicon* is that of *config*, where it has been read already.
    *progress* is called with the name of a stage and the number of documents done.
    """
    if not config.boilerplate:
        lexicon = Lexicon.parse("")  # reading one takes as long as deduplicating some MB
    elif lexicon is None:
        lexicon = Lexicon.load(config.lexicons)
    references = references or References()
    said = folder.store("said")
    with folder.part("planning") as part:  # most of what is in work files: writing does not need it
        state = State(corpus, config, part, said, progress, references)
        _read(state)
        rounds, frequencies = _go_round(state, lexicon)
        report_contained(state)
        settled = settle(folder, said, state.done, state.removed, state.reviews)
        removed = set(state.removed.numbers().tolist())
    # What a run left of a corpus may have lost all documents with a date. But then there is nothing to choose.
    if state.is_unranked and has_chosen(settled, references.first):
        raise ConfigError(f"--keep {config.keep}", *NOTHING_TO_GO_BY[config.keep])
    folder.flush()
    return Plan(
        config,
        lexicon.fingerprint(),
        settled,
        removed=removed,
        repeated=state.repeated,
        repeated_ids=state.repeated_ids,
        document_count=state.document_count,
        rounds=rounds,
        references=references,
        frequencies=frequencies,
        sources=state.sources,
    )


def _go_round(state: State, lexicon: Lexicon) -> tuple[int, LineFrequencies | None]:
    """Take out and put back until nothing changes; return the number of rounds, and how frequent lines were before."""
    boilerplate, duplicates, orphans = Boilerplate(state, lexicon), Duplicates(state), Orphans(state)
    misread = Misread(state)
    frequencies: LineFrequencies | None = None
    unscored: I64 | None = None
    changed = np.zeros(0, dtype=np.int64)
    starts = _MOST_STARTS
    for rounds in count(1):
        trimmed = boilerplate.trim(unscored)
        if rounds == 1:
            frequencies = boilerplate.frequencies
        cut_out = duplicates.take_out()
        _check_memory(state)
        put_back = orphans.put_back(union(trimmed, cut_out, changed), for_good=rounds > _MOST_ROUNDS)
        # Scoring goes on until it finds nothing in what it leaves, so what it trimmed itself is done with.
        unscored = union(cut_out, put_back)
        changed = union(trimmed, unscored)
        if not len(changed):
            unscored = changed = misread.hold()
        if len(changed):
            continue
        # A second run would see repaired texts and no damage, and try what was given up here; it must find nothing.
        starts -= 1
        if starts > 0:
            unscored = changed = misread.release()
            goes_on = state.start_anew() or len(changed) > 0
        else:
            unscored = changed = orphans.give_up()
            goes_on = len(changed) > 0
        if not goes_on:
            break
    return rounds, frequencies


def find_copies(corpus: Corpus, config: Config, folder: WorkFolder, progress: Report = silent) -> I64:
    """Return the documents of *corpus* that look like copies of others, by number, ascending.

    Whoever counts over a corpus leaves them out: a story posted three times would otherwise count three times.
    """
    state = State(corpus, config, folder, folder.store("said"), progress, References())
    _read(state)
    _check_memory(state)
    return state.copies()


def _read(state: State) -> None:
    """Pass 1: learn all documents."""
    done = 0
    for numbers, repaired in state.scan(_first_read(state)):
        state.damage.update((number, made) for number, made in zip(numbers, repaired, strict=True) if made)
        done += len(numbers)
        state.progress("reading", done)


def _first_read(state: State) -> Iterator[Item]:
    config = state.config
    seen = array("q")  # number, source, and a hash of the id that is only compared inside this process
    for number, document in state.corpus.documents():
        source = state.sources.setdefault(document.source, len(state.sources))
        seen.extend((number, source, hash(document.id)))
        if document.encoding != "utf-8":
            guessed = not document.bom and not config.encoding
            state.encodings[number] = Encoding(document.encoding, guessed)
        place = standing(document, config)
        if place:
            state.standings[number] = place
        yield number, document.text, []
    numbers, sources, ids = np.frombuffer(seen, dtype=np.int64).reshape(-1, 3).T
    state.source_of[numbers] = sources
    state.is_unranked = len(numbers) > 0 and bool((state.standings[numbers] == LAST).all())
    state.document_count = len(numbers)
    state.references.first = state.table.references_from = len(state.source_of.values)
    order = np.lexsort((numbers, ids))
    repeated = np.sort(numbers[order[1:]][ids[order[1:]] == ids[order[:-1]]]).tolist()
    state.repeated = set(repeated)
    for _, document in state.corpus.documents(set(repeated[:_NAMED_IDS])) if repeated else ():
        state.repeated_ids.append(f"{document.place}: id {document.id!r}")


def _check_memory(state: State) -> None:
    """Stop before what cannot be left in work files outgrows the bound that was set."""
    needed = _PROGRAM_BYTES + state.memory_bytes()
    if 0 < state.config.memory < needed:
        problem = f"these documents and what is found in them need about {needed >> 20:,} MB"
        raise ConfigError("--memory", problem, "allow more, or clean the corpus in parts")
