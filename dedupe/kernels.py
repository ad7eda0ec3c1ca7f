"""The functions of the kernel that runs; what they are and promise is said in ``_reference``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dedupe import _reference, choice

if TYPE_CHECKING:
    from dedupe import _reference as _kernel
else:
    _kernel = choice.native() or _reference

Alignments = _reference.Alignments
Fingerprints = _reference.Fingerprints
LineShapes = _reference.LineShapes
Scan = _reference.Scan
Sieve = _kernel.Sieve
chosen = _reference.chosen
joined = _reference.joined
pack = _reference.pack
unpack = _reference.unpack
align_pairs = _kernel.align_pairs
band_keys = _kernel.band_keys
deal = _kernel.deal
deal_keys = _kernel.deal_keys
distinct = _kernel.distinct
fingerprint = _kernel.fingerprint
line_shapes = _kernel.line_shapes
line_spans = _kernel.line_spans
locate = _kernel.locate
locate_field = _kernel.locate_field
log_lines = _kernel.log_lines
repeated = _kernel.repeated
scan = _kernel.scan
shared_keys = _kernel.shared_keys
suspicious = _kernel.suspicious
term_counts = _kernel.term_counts
winnow = _kernel.winnow
name = choice.name
#: The native form of functions that are defined where their rules are, None where the reference runs.
line_features: Any = getattr(_kernel, "line_features", None)
phrase_forms: Any = getattr(_kernel, "phrase_forms", None)
Vocabulary: Any = getattr(_kernel, "Vocabulary", None)
