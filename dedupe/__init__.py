"""Find repeated paragraphs, duplicate documents and boilerplate, and remove them with a log.

>>> import dedupe
>>> story = "The ferry to the island was late again on Monday, the third time this week, said the harbour office."
>>> result = dedupe.clean([story, "Something else altogether.", story])
>>> [document.text[:9] for document in result.documents]
['The ferry', 'Something']
>>> result.operations[0]["rule"], result.operations[0]["canonical"]["doc"]
('document/exact', '1')
>>> [document.text == story for document in dedupe.restore(result.documents, result.log)]
[True, False, True]
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dedupe._version import __version__
    from dedupe.api import Result, check, clean, learn, minhash, restore
    from dedupe.checking import check_files
    from dedupe.config import Config
    from dedupe.difflog.rebuild import restore_files, verify_files
    from dedupe.errors import DedupeError
    from dedupe.files import clean_files
    from dedupe.learning import learn_files
    from dedupe.model import Document

__all__ = [
    "Config",
    "DedupeError",
    "Document",
    "Result",
    "__version__",
    "check",
    "check_files",
    "clean",
    "clean_files",
    "learn",
    "learn_files",
    "minhash",
    "restore",
    "restore_files",
    "verify_files",
]

# Imported when first used: the command line must answer --help before NumPy could load.
_HOMES = {
    "Config": "dedupe.config",
    "DedupeError": "dedupe.errors",
    "Document": "dedupe.model",
    "Result": "dedupe.api",
    "__version__": "dedupe._version",
    "check": "dedupe.api",
    "check_files": "dedupe.checking",
    "clean": "dedupe.api",
    "clean_files": "dedupe.files",
    "learn": "dedupe.api",
    "learn_files": "dedupe.learning",
    "minhash": "dedupe.api",
    "restore": "dedupe.api",
    "restore_files": "dedupe.difflog.rebuild",
    "verify_files": "dedupe.difflog.rebuild",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'dedupe' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
