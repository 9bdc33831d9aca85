"""The matching engine's reasons, in a trader's words, for Text (58).

Here: one sentence for every reason; a test checks that none is missing.
Not here: decisions.
"""

from collections.abc import Mapping
from typing import Final

from fixgate.matching import CancelReason, RejectReason

WHY_NOT: Final[Mapping[RejectReason, str]] = {
    RejectReason.UNKNOWN_SYMBOL: "The symbol is not listed",
    RejectReason.HALTED: "Trading is halted",
    RejectReason.UNKNOWN_ORDER: "Unknown order",
    RejectReason.ORDER_CLOSED: "Too late: the order is closed",
    RejectReason.DUPLICATE_CL_ORD_ID: "An open order has this id already",
    RejectReason.TOO_MANY_ORDERS: "Too many open orders",
    RejectReason.CONFLICTING_TERMS: "A term is missing, or contradicts another",
    RejectReason.QTY_INVALID: "The quantity must be above zero",
    RejectReason.QTY_TOO_SMALL: "The quantity is below the minimum",
    RejectReason.QTY_TOO_LARGE: "The quantity is above the maximum",
    RejectReason.QTY_OFF_LOT: "The quantity is not a multiple of the lot",
    RejectReason.QTY_NOT_ABOVE_CUM_QTY: "The quantity has been executed already",
    RejectReason.PRICE_INVALID: "The price must be above zero",
    RejectReason.PRICE_TOO_LARGE: "The price is above the maximum",
    RejectReason.PRICE_OFF_TICK: "The price is not a multiple of the tick",
    RejectReason.NOTIONAL_TOO_SMALL: "Quantity times price is below the minimum",
    RejectReason.EXPIRE_TIME_PASSED: "The expiry time has passed",
    RejectReason.WOULD_CROSS: "Post-only: the order would have traded at once",
    RejectReason.POSITION: "PositionEffect (77) does not fit the position at this venue",
}

WHY_CANCELED: Final[Mapping[CancelReason, str | None]] = {
    CancelReason.REQUESTED: None,
    CancelReason.HALTED: "Trading was halted",
    CancelReason.NO_LIQUIDITY: "No liquidity left",
    CancelReason.IMMEDIATE_OR_CANCEL: None,
    CancelReason.FILL_OR_KILL: "Fill or kill: not enough to fill the order at once",
    CancelReason.MIN_QTY: "MinQty (110): not enough to trade that much at once",
    CancelReason.POSITION: "PositionEffect (77) does not fit the position at this venue any more",
    CancelReason.SELF_TRADE: "Self-trade prevention",
    CancelReason.WOULD_CROSS: "Post-only: the order would have traded when it was triggered",
}
