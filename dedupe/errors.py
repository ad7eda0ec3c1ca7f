"""The exceptions a user can act on.

Every message reads "PLACE: what is wrong; what to try". The library raises
them and never prints or exits; the command line turns them into one line on
standard error and exit status 2. Anything else that escapes is a defect of
ours and keeps its traceback.
"""

from __future__ import annotations


class DedupeError(Exception):
    """Base of all errors that a user can act on.

    *place* is a path, ``path:line``, an option or a document id; *problem* says
    what is wrong there and *advice* what to try.

    >>> str(DedupeError("news.jsonl:7", "not JSON", "use --on-error skip"))
    'news.jsonl:7: not JSON; use --on-error skip'
    """

    def __init__(self, place: str, problem: str, advice: str) -> None:
        self.place = place
        self.problem = problem
        self.advice = advice
        super().__init__(f"{place}: {problem}; {advice}")

    def __reduce__(self) -> tuple[type[DedupeError], tuple[str, str, str]]:
        """What another process needs to hand it on."""
        return type(self), (self.place, self.problem, self.advice)


class ConfigError(DedupeError, ValueError):
    """A setting, or a combination of settings, that cannot be used."""


class ReadError(DedupeError):
    """Input that cannot be read: missing, undecodable, truncated, not JSON, no such field."""


class WriteError(DedupeError):
    """Output that cannot be written: full disk, read-only folder, would overwrite."""


class LogMismatch(DedupeError):
    """A diff log that does not fit the output it is used with; nothing has been written."""

    def __init__(
        self, place: str, problem: str, advice: str = "use the output and the log of one run, unchanged"
    ) -> None:
        super().__init__(place, problem, advice)


def system_reason(error: OSError) -> str:
    """Return what the system says is wrong, in lower case as the middle of a message.

    >>> system_reason(FileNotFoundError(2, "No such file or directory"))
    'no such file or directory'
    """
    text = error.strerror or str(error)
    return text[:1].lower() + text[1:]
