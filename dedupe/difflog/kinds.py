"""Whether a value from JSON is what a type says, for types as the records of a log have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints, is_typeddict

Test = Callable[[Any], bool]

#: Numbers are kept in 64 bits, here and in other programs.
_NUMBERS = 1 << 63


@cache
def tests_of(kind: Any) -> Mapping[str, Test]:
    """Return for each key of a ``TypedDict`` the test of its values."""
    return {key: test_of(each) for key, each in get_type_hints(kind, include_extras=True).items()}


@cache
def test_of(kind: Any) -> Test:
    """Return what tells whether a value is of *kind*.

    That is a ``TypedDict`` (more keys may be there), ``Annotated`` with a further test, ``Literal``, a union, a list, a
    mapping from strings, or a simple type. Whole numbers are not negative; any may stand for a float.

    >>> is_span = test_of(Annotated[list[int], lambda value: len(value) == 2])
    >>> is_span([3, 7]), is_span([3]), is_span([3, "7"]), is_span([-3, 7])
    (True, False, False, False)
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return lambda value: True
    if is_typeddict(kind):
        return _record_test(tests_of(kind), kind.__required_keys__)
    if origin is Annotated:
        plain, further = test_of(arguments[0]), arguments[1]
        return lambda value: plain(value) and bool(further(value))
    if origin is Literal:
        return lambda value: type(value) is str and value in arguments
    if origin is UnionType:
        either = tuple(map(test_of, arguments))
        return lambda value: any(test(value) for test in either)
    if origin is list:
        item = test_of(arguments[0])
        return lambda value: type(value) is list and all(map(item, value))
    if origin is dict:
        held = test_of(arguments[1])
        return lambda value: type(value) is dict and all(map(held, value.values()))
    if kind is int:
        return lambda value: type(value) is int and 0 <= value < _NUMBERS
    if kind is float:
        return lambda value: type(value) is float or (type(value) is int and abs(value) < _NUMBERS)
    return lambda value: type(value) is kind


def _record_test(tests: Mapping[str, Test], needed: frozenset[str]) -> Test:
    def is_record(value: Any) -> bool:
        return (
            type(value) is dict
            and needed <= value.keys()
            and all(test(value[key]) for key, test in tests.items() if key in value)
        )

    return is_record
