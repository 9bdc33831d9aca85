"""Whether the terms of an order make sense, before the order book is asked.

Here: why_not_terms, pure, for new orders and for what a replace would make of an order.
Not here: duplicates, limits on the number of orders, post-only.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from fixgate.domain.rounding import notional
from fixgate.domain.values import OrdType, TimeInForce
from fixgate.matching.listing import Listing
from fixgate.matching.orders import ZERO, NewOrder
from fixgate.matching.reasons import RejectReason

RESTING: Final = frozenset(
    (TimeInForce.GOOD_TILL_CANCEL, TimeInForce.DAY, TimeInForce.GOOD_TILL_DATE)
)
_LIMIT: Final = OrdType.LIMIT
_STOP: Final = OrdType.STOP
_STOP_LIMIT: Final = OrdType.STOP_LIMIT
_PEGGED: Final = OrdType.PEGGED
_GTC: Final = TimeInForce.GOOD_TILL_CANCEL
_GTD: Final = TimeInForce.GOOD_TILL_DATE
_IOC: Final = TimeInForce.IMMEDIATE_OR_CANCEL


def why_not_terms(order: NewOrder, listing: Listing, now_ns: int) -> RejectReason | None:
    """The first reason to refuse an order by its terms alone, or None."""
    if _conflict(order, listing):
        return RejectReason.CONFLICTING_TERMS
    reason = why_not_values(listing, order.order_qty, (order.price, order.stop_px))
    if reason is not None:
        return reason
    for part in (order.max_floor, order.min_qty):
        if not may_be_part(part, order.order_qty, listing):
            return RejectReason.CONFLICTING_TERMS
    if order.expire_at_ns is not None and order.expire_at_ns <= now_ns:
        return RejectReason.EXPIRE_TIME_PASSED
    return None


def may_be_part(part: Decimal | None, order_qty: Decimal, listing: Listing) -> bool:
    """Whether a part of an order, as far as one is given, may be shown or traded by itself."""
    return part is None or (ZERO < part <= order_qty and not part % listing.lot_size)


def why_not_values(
    listing: Listing, order_qty: Decimal, prices: Iterable[Decimal | None]
) -> RejectReason | None:
    """The reason to refuse a quantity with a limit price and a stop price, or None."""
    reason = listing.why_not_qty(order_qty)
    if reason is not None:
        return reason
    for price in prices:
        if price is not None:
            reason = listing.why_not_price(price)
            if reason is not None:
                return reason
            if listing.min_notional and notional(order_qty, price) < listing.min_notional:
                return RejectReason.NOTIONAL_TOO_SMALL
    return None


def _conflict(order: NewOrder, listing: Listing) -> bool:
    kind = order.ord_type
    stops = kind is _STOP or kind is _STOP_LIMIT
    if (order.price is not None) is not (kind is _LIMIT or kind is _STOP_LIMIT):
        return True
    if (order.stop_px is not None) is not stops or (order.if_touched and not stops):
        return True
    time_in_force = order.time_in_force
    if (order.expire_at_ns is not None) is not (time_in_force is _GTD):
        return True
    if (
        kind is _PEGGED  # nothing is pegged here
        or (order.effect is not None and not listing.is_contract)
        or (order.min_qty is not None and time_in_force is not _IOC)
    ):
        return True
    if order.post_only or order.max_floor is not None:
        return order.price is None or (time_in_force is not _GTC and time_in_force not in RESTING)
    return False
