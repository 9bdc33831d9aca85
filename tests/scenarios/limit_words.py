"""The words of scenarios and tests for limits.

Here: limits_from(): ``limits session CLIENT order_qty_max=5`` and what it means.
Not here: the scenarios' other words (runner).
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, get_type_hints

from fixgate.domain.frozen import changed
from fixgate.domain.limits import LimitRule, Limits, LimitScope, LimitSet, RepeatedTrades
from fixgate.domain.values import Side

SIDES = {"buy": Side.BUY, "sell": Side.SELL}


def limits_from(settings: Iterable[str]) -> LimitSet:
    """The limits that lines beginning with ``limits`` set."""
    found = LimitSet()
    rules = []
    for setting in settings:
        kind, *words = setting.split()
        if kind != "limits":
            continue
        pairs = dict(each.partition("=")[::2] for each in words if "=" in each)
        names = [each for each in words if "=" not in each]
        if names[0] == "all":
            found = changed(found, **{name: _of_all(name, text) for name, text in pairs.items()})
            continue
        limits = Limits(**{name: _value(name, text) for name, text in pairs.items()})
        rules.append(LimitRule(scope=LimitScope(names[0]), name="".join(names[1:]), limits=limits))
    return changed(found, rules=tuple(rules))


def _of_all(name: str, text: str) -> Any:
    if name == "rates":
        currency, rate = text.split(":")
        return ((currency, Decimal(rate)),)
    return text == "yes" if name == "four_eyes" else text


def _value(name: str, text: str) -> Any:
    if name == "repeated_trades":
        count, within_ms = text.split("/")
        return RepeatedTrades(count=int(count), within_ms=int(within_ms))
    if name == "sides":
        return tuple(SIDES[each] for each in text.split(","))
    if name in ("restricted", "permitted"):
        return tuple(text.split(","))
    hint = str(get_type_hints(Limits)[name])
    if "bool" in hint:
        return text == "yes"
    return int(text) if "int" in hint else Decimal(text)
