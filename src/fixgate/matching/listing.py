"""What may be traded, in which steps and sizes.

Here: Listing, and the checks of one quantity and one price against it.
Not here: checks that need the order book or other orders.
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.frozen import value
from fixgate.matching.reasons import RejectReason

_ZERO: Final = Decimal(0)
# Fifteen digits before the point and a step of at most twelve places keep every sum of
# quantities within the 28 digits of the default decimal context, so sums are exact.
_VALUE_MAX: Final = Decimal(999_999_999_999_999)


@value
class Listing:
    """One instrument of the engine. Steps and limits are in price or base-quantity units."""

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    min_qty: Decimal = _ZERO
    max_qty: Decimal = _VALUE_MAX
    max_price: Decimal = _VALUE_MAX
    min_notional: Decimal = _ZERO
    is_contract: bool = False  # trades make positions, which orders may be about

    def why_not_qty(self, qty: Decimal) -> RejectReason | None:
        """The reason to refuse a quantity, or None."""
        if not qty.is_finite() or qty <= _ZERO:
            return RejectReason.QTY_INVALID
        if qty > self.max_qty:
            return RejectReason.QTY_TOO_LARGE
        if qty < self.min_qty:
            return RejectReason.QTY_TOO_SMALL
        if qty % self.lot_size:
            return RejectReason.QTY_OFF_LOT
        return None

    def why_not_price(self, price: Decimal) -> RejectReason | None:
        """The reason to refuse a price, or None."""
        if not price.is_finite() or price <= _ZERO:
            return RejectReason.PRICE_INVALID
        if price > self.max_price:
            return RejectReason.PRICE_TOO_LARGE
        if price % self.tick_size:
            return RejectReason.PRICE_OFF_TICK
        return None
