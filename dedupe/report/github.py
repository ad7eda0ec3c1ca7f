"""Findings as annotations of GitHub Actions: commands on standard output that the runner puts beside the lines.

Text from a corpus must not end such a command or begin another one. What could act on a log is made visible first, and
then the characters are escaped that mean something to the runner.
"""

from __future__ import annotations

from dedupe.model import Finding
from dedupe.report.terminal import printable


def annotation(finding: Finding) -> str:
    """Return the workflow command for one finding: an error if `clean` would act on it, else a warning.

    >>> from dedupe.model import Location
    >>> record = {"rule": "repair/mojibake", "why": "100% sure", "applied": True}
    >>> annotation(Finding(Location("a,b.txt", 3, 4), record))
    '::error file=a%2Cb.txt,line=3,endLine=4,title=repair/mojibake::100%25 sure'
    """
    place, record = finding.location, finding.record
    level = "error" if record["applied"] else "warning"
    message = record["why"]
    if finding.canonical:
        message += f" (canonical {finding.canonical}, similarity {record['evidence']['similarity']:g})"
    properties = {"file": place.path, "line": place.line, "endLine": place.last, "title": record["rule"]}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{level} {listed}::{_message(message)}"


def _message(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
