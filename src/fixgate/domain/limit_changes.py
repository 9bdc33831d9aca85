"""What a change of limits changes, in words.

Here: differences() and in_words().
Not here: the limits (limits).
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from fixgate.domain.limits import LimitRule, Limits, LimitSet, RepeatedTrades
from fixgate.domain.rounding import to_wire

NAMES: Final = tuple(each.name for each in fields(Limits))
_OF_ALL: Final = ("currency", "rates", "time_zone", "four_eyes")


def differences(before: LimitSet, after: LimitSet) -> list[str]:
    """One line for each limit that is another one."""
    found = [
        f"{name}: {in_words(getattr(before, name))} -> {in_words(getattr(after, name))}"
        for name in _OF_ALL
        if getattr(before, name) != getattr(after, name)
    ]
    old, new = dict(_by_place(before)), dict(_by_place(after))
    found += [
        f"{' '.join(place)}: {in_words(old.get(place))} -> {in_words(new.get(place))}"
        for place in sorted({*old, *new})
        if old.get(place) != new.get(place)
    ]
    return found


def stated(limits: Limits) -> Iterator[tuple[str, Any]]:
    """The limits that a rule sets, by name."""
    for name in NAMES:
        found = getattr(limits, name)
        if found is not None and found != ():
            yield name, found


_WORDS: Final[tuple[tuple[type, Callable[[Any], str]], ...]] = (
    (bool, lambda given: "yes" if given else "no"),
    (Decimal, to_wire),
    (RepeatedTrades, lambda given: f"{given.count} in {given.within_ms / 1000:g} s"),
    (Enum, lambda given: str(given.name).lower()),
    (tuple, lambda given: ", ".join(in_words(each) for each in given) or "none"),
)


def in_words(found: Any) -> str:
    """A limit, for people."""
    if found is None:
        return "none"
    return next((words(found) for kind, words in _WORDS if isinstance(found, kind)), str(found))


def place_of(rule: LimitRule) -> str:
    """Where a rule holds: "session DEMO44"."""
    return f"{rule.scope.value} {rule.name}".strip()


def _by_place(given: LimitSet) -> Iterator[tuple[tuple[str, str], Any]]:
    for rule in given.rules:
        for name, found in stated(rule.limits):
            yield (place_of(rule), name), found
