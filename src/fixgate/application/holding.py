"""Looking at the market for orders that wait with us.

Here: worth_telling(), the quotes that move or set off such an order.
Not here: what follows (decide.holding); how often it is looked (bootstrap.pulse).
"""

from collections.abc import Iterable
from decimal import Decimal

from fixgate.application.ports.market import Market
from fixgate.domain.holding import has_come, trailed, watched_px
from fixgate.domain.market import Quote
from fixgate.domain.order import Order
from fixgate.domain.state import State
from fixgate.domain.values import Side


def worth_telling(state: State, market: Market) -> tuple[Quote, ...]:
    """What the core has to see; empty: nothing that it waits for has happened."""
    quotes = []
    for (venue, symbol), order_ids in state.waiting.items():
        instrument = state.instrument(venue, symbol)
        quote = market.quote(venue, symbol) if state.venues_up.get(venue, False) else None
        if quote is not None and instrument is not None:
            orders = (state.orders[each] for each in order_ids)
            if _touches_any(orders, quote, instrument.tick_size):
                quotes.append(quote)
    return tuple(quotes)


def _touches_any(orders: Iterable[Order], quote: Quote, tick_size: Decimal) -> bool:
    to_buy, to_sell = watched_px(quote, Side.BUY), watched_px(quote, Side.SELL)
    for order in orders:
        side, terms = order.instruction.side, order.terms
        px = to_buy if side is Side.BUY else to_sell
        if px is None:
            continue
        if has_come(terms, side, px) or (
            terms.extras is not None and trailed(terms, side, px, tick_size) is not None
        ):
            return True
    return False
