"""The tags of the terms that most orders do not have.

Here: extras(), from the fields of a D or G to Extras, or what is wrong with them; tags_of(), the
way back.
Not here: whether the order's venue takes them (risk).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fixgate.adapters.fix.tags import NO_DECIMAL, to_decimal
from fixgate.domain.errors import Refusal
from fixgate.domain.extras import NAMES, Extras, stated
from fixgate.domain.rounding import to_wire
from fixgate.domain.values import (
    MarginMode,
    PegOffsetType,
    PositionEffect,
    SelfTradePrevention,
    Value,
)
from fixgate.domain.values import RefusalReason as R

_QUANTITIES: Final[Mapping[str, str]] = {
    "110": "min_qty",
    "111": "max_floor",
    "152": "cash_order_qty",
}
_CHOICES: Final[Mapping[str, tuple[str, Mapping[str, Value]]]] = {
    "77": ("position_effect", {each.value: each for each in PositionEffect}),
    "7928": ("self_trade", {each.value: each for each in SelfTradePrevention}),
    "836": ("peg_offset_type", {each.value: each for each in PegOffsetType}),
    "20002": ("margin_mode", {each.value: each for each in MarginMode}),
}
_FACTORS: Final[Mapping[str, str]] = {"211": "peg_offset", "20001": "leverage"}
_PRICES: Final[Mapping[str, str]] = {"20003": "stop_loss_px", "20004": "take_profit_px"}
_NUMBERS: Final = {**_QUANTITIES, **_FACTORS, **_PRICES}
_REASONS: Final = {
    **dict.fromkeys(_QUANTITIES, R.INCORRECT_QUANTITY),
    **dict.fromkeys(_FACTORS, R.OTHER),
    **dict.fromkeys(_PRICES, R.INCORRECT_PRICE),
}
TAGS: Final = frozenset((*_NUMBERS, *_CHOICES))
_TAG_OF: Final = {
    **{name: int(tag) for tag, name in _NUMBERS.items()},
    **{name: int(tag) for tag, (name, _) in _CHOICES.items()},
}


def extras(fields: Mapping[str, str]) -> Extras | Refusal:
    """What the message asks for, given that it has at least one of TAGS."""
    found: dict[str, Any] = {}
    for tag, name in _NUMBERS.items():
        if tag in fields:
            number = to_decimal(fields[tag])
            if number is None:
                return Refusal(_REASONS[tag], f"{NAMES[name]} {fields[tag]} {NO_DECIMAL}")
            found[name] = number
    for tag, (name, choices) in _CHOICES.items():
        if tag in fields:
            chosen = choices.get(fields[tag])
            if chosen is None:
                text = f"{NAMES[name]} {fields[tag]} is not supported; {', '.join(choices)} are"
                return Refusal(R.UNSUPPORTED, text)
            found[name] = chosen
    return Extras(**found)


def tags_of(given: Extras) -> dict[int, str]:
    """The same as fields of a report."""
    return {_TAG_OF[name]: _written(getattr(given, name)) for name in stated(given)}


def _written(held: Decimal | Value) -> str:
    return to_wire(held) if isinstance(held, Decimal) else held.value
