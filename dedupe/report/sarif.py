"""Findings in the Static Analysis Results Interchange Format: SARIF 2.1.0, an OASIS standard.

Code hosts and editors read it. Text from a corpus must not become a link or a template in a message, nor a path an
address of something else.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from dedupe.model import Finding, Location
from dedupe.report.terminal import printable

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_log(findings: Collection[Finding], version: str) -> dict[str, Any]:
    """Return a SARIF log with one run of this tool, as JSON types but for the results, which are an iterator of them.

    What `clean` would act on is an error, what is for review a warning. The canonical passage is a
    related location; the similarity and the tool's own record fields are under ``properties``.
    """
    rules = sorted({finding.record["rule"] for finding in findings})
    results = (_result(finding, rules.index(finding.record["rule"])) for finding in findings)
    driver = {"name": "dedupe", "version": version, "rules": [_rule(rule) for rule in rules]}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _rule(rule: str) -> dict[str, Any]:
    family, kind = rule.split("/")
    return {"id": rule, "shortDescription": {"text": f"{family}: {kind}"}}


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    record = finding.record
    result: dict[str, Any] = {
        "ruleId": record["rule"],
        "ruleIndex": rule_index,
        "level": "error" if record["applied"] else "warning",
        "message": {"text": _message(record["why"])},
        "locations": [_location(finding.location)],
        "partialFingerprints": {"textLines/v1": _fingerprint(finding.location)},
    }
    if finding.canonical:
        there = _location(finding.canonical)
        result["relatedLocations"] = [{"id": 1, **there, "message": {"text": "the canonical passage"}}]
        result["properties"] = {"similarity": record["evidence"]["similarity"]}
    return result


def _location(place: Location) -> dict[str, Any]:
    region = {"startLine": place.line, "endLine": place.last}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.path)}, "region": region}}


def _fingerprint(place: Location) -> str:
    """Return a hash of the text of a passage, by which a code host knows it again when its lines have moved."""
    return sha256("\n".join(known_by for _, known_by in place.prints).encode()).hexdigest()[:16]


def _uri(path: str) -> str:
    r"""Return a path as a URI reference, whatever bytes its name has.

    >>> _uri("pages/say \"hi\".txt"), _uri("/tmp/a:b"), _uri("a:b"), _uri("\udce9.txt")
    ('pages/say%20%22hi%22.txt', 'file:///tmp/a%3Ab', 'a%3Ab', '%E9.txt')
    """
    quoted = quote(os.fsencode(path))
    return f"file://{quoted}" if path.startswith("/") else quoted


def _message(text: str) -> str:
    """Return *text* so that it is no template and holds no link, as the format would read it.

    >>> _message("see [this](https://example.org) {0}")
    'see [this] (https://example.org) {{0}}'
    """
    return printable(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")
