"""What an input has to see of the market, attached to it before it is decided.

Here: seen_for(), and VenuesMarket, which asks the venues.
Not here: how a venue knows its prices (adapters/venues); what is decided by them (risk, decide).
"""

from collections.abc import Mapping

from fixgate.application.ports.market import Market
from fixgate.application.ports.venue import VenuePort
from fixgate.domain import inputs as i
from fixgate.domain.ids import VenueName
from fixgate.domain.market import Book, Quote, Seen
from fixgate.domain.order import Order, Terms
from fixgate.domain.state import State


class VenuesMarket:
    """What the venues know by now."""

    def __init__(self, ports: Mapping[VenueName, VenuePort]) -> None:
        self._ports = ports

    def quote(self, venue: VenueName, symbol: str) -> Quote | None:
        """As the venue says."""
        port = self._ports.get(venue)
        return None if port is None else port.quote(symbol)

    def book(self, venue: VenueName, symbol: str, levels: int) -> Book | None:
        """As the venue says."""
        port = self._ports.get(venue)
        return None if port is None else port.book(symbol, levels)


def seen_for(command: i.ClientCommand, state: State, market: Market) -> Seen | None:
    """What ``command`` has to see; None: nothing of it is decided by prices."""
    match command:
        case i.NewOrderSingle():
            return _quoted(state, market, command, command.destination, command.symbol)
        case i.OrderCancelReplaceRequest():
            order = state.find(command.session, command.orig_cl_ord_id)
            if not isinstance(order, Order):
                return None
            venue, symbol = order.instruction.venue, order.instruction.symbol
            return _quoted(state, market, command, venue, symbol)
        case _:
            return None


def _quoted(
    state: State,
    market: Market,
    command: i.NewOrderSingle | i.OrderCancelReplaceRequest,
    wanted: str | None,
    symbol: str,
) -> Seen | None:
    rules = state.sessions.get(command.session)
    if rules is None or not (rules.sees_quotes or _sees(command.terms)):
        return None
    venue = VenueName(wanted) if wanted else rules.default_venue
    instrument = state.instrument(venue, symbol)
    return None if instrument is None else Seen(quote=market.quote(venue, instrument.symbol))


def _sees(terms: Terms | None) -> bool:
    """Whether the order is itself about the market's price."""
    extras = None if terms is None else terms.extras
    return extras is not None and extras.cash_order_qty is not None
