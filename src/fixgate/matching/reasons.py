"""Closed sets of words: the state of an order here, and why something did not happen.

Here: enumerations that only the matching engine needs.
Not here: Side, OrdType and other FIX values, which live in the domain.
"""

from enum import Enum, unique


@unique
class OrderState(Enum):
    """Where an order stands in this engine."""

    HELD = "held"  # a stop order that waits for its trigger
    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"


@unique
class RejectReason(Enum):
    """Why a submit, replace or cancel was refused, in order of precedence."""

    UNKNOWN_SYMBOL = "unknown_symbol"
    HALTED = "halted"  # nothing trades in the symbol for now
    UNKNOWN_ORDER = "unknown_order"
    ORDER_CLOSED = "order_closed"
    DUPLICATE_CL_ORD_ID = "duplicate_cl_ord_id"  # among the open orders of the account
    TOO_MANY_ORDERS = "too_many_orders"
    CONFLICTING_TERMS = "conflicting_terms"  # a field is missing, or makes no sense with another
    QTY_INVALID = "qty_invalid"  # not a finite number above zero
    QTY_TOO_SMALL = "qty_too_small"
    QTY_TOO_LARGE = "qty_too_large"
    QTY_OFF_LOT = "qty_off_lot"
    QTY_NOT_ABOVE_CUM_QTY = "qty_not_above_cum_qty"
    PRICE_INVALID = "price_invalid"  # not a finite number above zero
    PRICE_TOO_LARGE = "price_too_large"
    PRICE_OFF_TICK = "price_off_tick"
    NOTIONAL_TOO_SMALL = "notional_too_small"
    EXPIRE_TIME_PASSED = "expire_time_passed"
    WOULD_CROSS = "would_cross"  # a post-only order that would have traded at once
    POSITION = "position"  # it may only reduce a position that is not there, or only open one


@unique
class CancelReason(Enum):
    """Why the rest of an accepted order was canceled."""

    REQUESTED = "requested"
    HALTED = "halted"  # trading in the symbol was halted
    NO_LIQUIDITY = "no_liquidity"  # the rest of a market order
    IMMEDIATE_OR_CANCEL = "immediate_or_cancel"
    FILL_OR_KILL = "fill_or_kill"
    MIN_QTY = "min_qty"  # less than the minimum quantity could be traded at once
    SELF_TRADE = "self_trade"
    POSITION = "position"  # what is left may not trade as the position is now
    WOULD_CROSS = "would_cross"  # a post-only stop limit order, found when it was triggered
