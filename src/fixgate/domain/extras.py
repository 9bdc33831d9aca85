"""The terms that most orders do not have.

Here: Extras, apart from Terms so that a plain order pays nothing for them.
Not here: which venue takes which (instruments), what contradicts what (risk).
"""

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Final

from fixgate.domain.frozen import changed, value
from fixgate.domain.values import MarginMode, PegOffsetType, PositionEffect, SelfTradePrevention


@value
class Extras:
    """What an order asks for beyond the ordinary; None: nothing. Base-quantity units."""

    max_floor: Decimal | None = None  # MaxFloor (111): no more than this is shown
    min_qty: Decimal | None = None  # MinQty (110): to be traded at once, or nothing
    position_effect: PositionEffect | None = None  # 77
    self_trade: SelfTradePrevention | None = None  # 7928
    leverage: Decimal | None = None  # 20001
    margin_mode: MarginMode | None = None  # 20002
    # CashOrderQty (152), in quote currency. OrderQty follows from it when the order is taken.
    cash_order_qty: Decimal | None = None
    peg_offset: Decimal | None = None  # PegOffsetValue (211): how far behind a stop trails
    peg_offset_type: PegOffsetType | None = None  # 836; None: PRICE
    stop_loss_px: Decimal | None = None  # 20003: what it trades is sold, or bought back, there
    take_profit_px: Decimal | None = None  # 20004: and there, at a profit

    @property
    def is_protected(self) -> bool:
        """Whether what it trades is to be protected by orders of its own."""
        return self.stop_loss_px is not None or self.take_profit_px is not None


NAMES: Final = {
    "max_floor": "MaxFloor (111)",
    "min_qty": "MinQty (110)",
    "position_effect": "PositionEffect (77)",
    "self_trade": "SelfTradePrevention (7928)",
    "leverage": "LeverageRatio (20001)",
    "margin_mode": "MarginMode (20002)",
    "cash_order_qty": "CashOrderQty (152)",
    "peg_offset": "PegOffsetValue (211)",
    "peg_offset_type": "PegOffsetType (836)",
    "stop_loss_px": "StopLossPx (20003)",
    "take_profit_px": "TakeProfitPx (20004)",
}
"""What a person reads of each."""

CHANGEABLE: Final = frozenset({"max_floor", "cash_order_qty", "peg_offset", "peg_offset_type"})
"""What an OrderCancelReplaceRequest may change; it may repeat the others."""

_FIELDS: Final = tuple(each.name for each in fields(Extras))


def stated(extras: Extras | None) -> Iterator[str]:
    """The names of those that are there."""
    return (name for name in _FIELDS if extras is not None and getattr(extras, name) is not None)


def merged(old: Extras | None, new: Extras | None) -> Extras | None:
    """``old`` with what ``new`` states in its place."""
    if old is None or new is None:
        return new or old
    return changed(old, **{name: getattr(new, name) for name in stated(new)})


def fixed_but_changed(old: Extras | None, new: Extras | None) -> str | None:
    """The first term that ``new`` states otherwise than ``old`` and that cannot be changed."""
    for name in stated(new):
        before = None if old is None else getattr(old, name)
        if name not in CHANGEABLE and getattr(new, name) != before:
            return NAMES[name]
    return None
