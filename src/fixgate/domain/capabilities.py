"""What an order may ask of a venue besides its type and time in force.

Here: Option, in words a trader reads.
Not here: which venue takes which (instruments), which an order asks for, the refusal (risk).
"""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Final

from fixgate.domain.values import OrdType, TimeInForce, Value


class Option(Value):
    """The values are for the record."""

    POST_ONLY = "post_only"
    CASH_ORDER_QTY = "cash_order_qty"
    ICEBERG = "iceberg"
    MIN_QTY = "min_qty"
    STP_CANCEL_NEWEST = "stp_cancel_newest"
    STP_CANCEL_OLDEST = "stp_cancel_oldest"
    STP_CANCEL_BOTH = "stp_cancel_both"
    OPENING = "opening"
    REDUCE_ONLY = "reduce_only"
    LEVERAGE = "leverage"
    CROSS_MARGIN = "cross_margin"
    ISOLATED_MARGIN = "isolated_margin"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"


WORDS: Final[Mapping[Option, str]] = {
    Option.POST_ONLY: "post-only (18=6)",
    Option.CASH_ORDER_QTY: "CashOrderQty (152)",
    Option.ICEBERG: "MaxFloor (111)",
    Option.MIN_QTY: "MinQty (110)",
    Option.STP_CANCEL_NEWEST: "SelfTradePrevention (7928) N",
    Option.STP_CANCEL_OLDEST: "SelfTradePrevention (7928) O",
    Option.STP_CANCEL_BOTH: "SelfTradePrevention (7928) B",
    Option.OPENING: "PositionEffect (77) O",
    Option.REDUCE_ONLY: "PositionEffect (77) C",
    Option.LEVERAGE: "LeverageRatio (20001)",
    Option.CROSS_MARGIN: "MarginMode (20002) C",
    Option.ISOLATED_MARGIN: "MarginMode (20002) I",
    Option.STOP_LOSS: "StopLossPx (20003)",
    Option.TAKE_PROFIT: "TakeProfitPx (20004)",
}
"""The tag, and its value where an option is one value of a tag."""

DERIVATIVES_ONLY: Final = frozenset(
    {
        Option.OPENING,
        Option.REDUCE_ONLY,
        Option.LEVERAGE,
        Option.CROSS_MARGIN,
        Option.ISOLATED_MARGIN,
    }
)
"""What has no meaning where there is no position, only a balance."""


def each_of(
    options: Iterable[Option], ord_types: Iterable[OrdType], times_in_force: Iterable[TimeInForce]
) -> frozenset[tuple[Option, OrdType, TimeInForce]]:
    """Rows of a capability table: each of the options with each kind of order."""
    return frozenset(product(options, ord_types, times_in_force))
