"""Whether values from JSON are what a type says, for types as the records of a log have them.

A log has millions of records, so values are told about together: those that many records have under one key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

Test = Callable[[Sequence[Any]], bool]

#: Numbers are kept in 64 bits, here and in other programs.
_NUMBERS = 1 << 63


@cache
def tests_of(kind: Any) -> Mapping[str, Test]:
    """Return for each key of a ``TypedDict`` the test of its values."""
    return {key: test_of(each) for key, each in get_type_hints(kind, include_extras=True).items()}


@cache
def test_of(kind: Any) -> Test:
    """Return what tells whether all of some values are of *kind*.

    That is a ``TypedDict`` (more keys may be there), ``Annotated`` with a further test, ``Literal``, a union of kinds
    that JSON tells apart, a list, a mapping from strings, or a simple type. Whole numbers are not negative; any may
    stand for a float.

    >>> are_spans = test_of(Annotated[list[int], lambda value: len(value) == 2])
    >>> are_spans([[3, 7], [7, 9]]), are_spans([[3, 7], [3]]), are_spans([[3, "7"]]), are_spans([[-3, 7]])
    (True, False, False, False)
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda values: True
    if is_typeddict(kind):
        return _record_test(tests_of(kind), kind.__required_keys__)
    if origin is Annotated:
        plain, further = test_of(arguments[0]), arguments[1]
        return lambda values: plain(values) and all(map(further, values))
    if origin is Literal:
        return lambda values: _are(values, str) and set(arguments).issuperset(values)
    if origin is UnionType:
        return _union_test([test_of(each) for each in arguments])
    if origin is list:
        items = test_of(arguments[0])
        return lambda values: _are(values, list) and items(list(chain.from_iterable(values)))
    if origin is dict:
        held = test_of(arguments[1])
        return lambda values: _are(values, dict) and held([each for value in values for each in value.values()])
    if kind is int:
        return lambda values: _are(values, int) and 0 <= min(values, default=0) <= max(values, default=0) < _NUMBERS
    if kind is float:
        return lambda values: (
            _are(values, int, float) and all(type(value) is float or abs(value) < _NUMBERS for value in values)
        )
    return lambda values: _are(values, kind)


def _are(values: Sequence[Any], *kinds: type) -> bool:
    return set(kinds).issuperset(map(type, values))


def _union_test(tests: Sequence[Test]) -> Test:
    def are_any(values: Sequence[Any]) -> bool:
        alike = defaultdict(list)
        for value in values:
            alike[type(value)].append(value)
        return all(any(test(some) for test in tests) for some in alike.values())

    return are_any


def _record_test(tests: Mapping[str, Test], needed: frozenset[str]) -> Test:
    def are_records(values: Sequence[Any]) -> bool:
        return (
            _are(values, dict)
            and all(map(needed.issubset, values))
            and all(test([value[key] for value in values if key in value]) for key, test in tests.items())
        )

    return are_records
