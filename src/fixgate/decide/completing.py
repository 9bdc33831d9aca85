"""Terms that follow from others and from the market when an order is taken.

Here: completed(): OrderQty of an order that states an amount of money (CashOrderQty 152, scenario
L.1.b), and the price at which a trailing stop begins.
Not here: the division (domain.rounding), the market (attached to the input by the edge).
"""

from decimal import Decimal

from fixgate.decide.holding import trailing
from fixgate.decide.turn import Turn
from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import changed
from fixgate.domain.instruments import Instrument
from fixgate.domain.order import Order, Terms
from fixgate.domain.rounding import ZERO, base_qty, minus, to_wire, within_limits
from fixgate.domain.values import RefusalReason as R
from fixgate.domain.values import Side


def completed(
    turn: Turn, terms: Terms, side: Side, instrument: Instrument, before: Order | None = None
) -> Terms | Refusal:
    """The whole terms; ``before`` is the order that they are to replace."""
    trailed = trailing(turn, terms, side, instrument)
    return (
        trailed if isinstance(trailed, Refusal) else _sized(turn, trailed, side, instrument, before)
    )


def _sized(
    turn: Turn, terms: Terms, side: Side, instrument: Instrument, before: Order | None
) -> Terms | Refusal:
    """The terms with the OrderQty that their money pays for.

    The money is for the whole order: of one that has traded (``before``), what that has cost is
    taken off first.
    """
    cash = None if terms.extras is None else terms.extras.cash_order_qty
    if cash is None:
        return terms
    if cash <= ZERO:
        text = f"CashOrderQty (152) {to_wire(cash)} must be above zero"
        return Refusal(R.INCORRECT_QUANTITY, text)
    px = terms.price or terms.stop_px or market_px(turn, side)
    if px is None or px <= ZERO:
        return Refusal(R.OTHER, "CashOrderQty (152) needs a price, and none is known")
    spent, traded = (ZERO, ZERO) if before is None else (before.notional, before.cum_qty)
    left = minus(cash, spent)
    more = base_qty(left, px=px, lot_size=instrument.lot_size) if left > ZERO else ZERO
    if not more and not traded:
        text = f"CashOrderQty (152) {to_wire(cash)} is less than one lot at {to_wire(px)}"
        return Refusal(R.INCORRECT_QUANTITY, text)
    if not within_limits(more):
        text = f"CashOrderQty (152) {to_wire(cash)} is more than can be ordered at {to_wire(px)}"
        return Refusal(R.INCORRECT_QUANTITY, text)
    return changed(terms, order_qty=traded + more)


def market_px(turn: Turn, side: Side) -> Decimal | None:
    """What a market order would pay or get first."""
    quote = None if turn.seen is None else turn.seen.quote
    if quote is None:
        return None
    best = quote.offer_px if side is Side.BUY else quote.bid_px
    return best or quote.last_px
