"""What an input has to see of the market, attached to it before it is decided.

Here: seen_for(), seen_by_parts() and positions_due(), and VenuesMarket, which asks the venues.
Not here: how a venue knows its prices (adapters/venues); what is decided by them (risk, decide).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from fixgate.application.ports.market import Market
from fixgate.application.ports.venue import VenuePort
from fixgate.decide.position_reports import asked_for
from fixgate.decide.position_updates import due_updates
from fixgate.domain import inputs as i
from fixgate.domain.frozen import maker
from fixgate.domain.ids import ORDER_ID_LENGTH, OrderID, VenueName
from fixgate.domain.instruments import VenueProfile
from fixgate.domain.market import Book, MarketTrade, Quote, Seen
from fixgate.domain.order import Order, Terms
from fixgate.domain.position import Position
from fixgate.domain.routing import SMART
from fixgate.domain.state import State

_seen: Final = maker(Seen)


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

    def follow(
        self, venue: VenueName, symbol: str, changed: Callable[[], None]
    ) -> Callable[[], None] | None:
        """As the venue says."""
        port = self._ports.get(venue)
        return None if port is None else port.follow(symbol, changed)

    def trades(self, venue: VenueName, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        """As the venue says."""
        port = self._ports.get(venue)
        return () if port is None else port.trades(symbol, after)


def seen_for(command: i.ClientCommand, state: State, market: Market) -> Seen | None:
    """What ``command`` has to see; None: nothing of it is decided by prices."""
    match command:
        case i.NewOrderSingle():
            return _quoted(state, market, command, command.destination, command.symbol)
        case i.NewOrderList() if command.orders:
            return seen_for(command.orders[0], state, market)  # they have one symbol and venue
        case i.OrderCancelReplaceRequest():
            order = state.find(command.session, command.orig_cl_ord_id)
            if not isinstance(order, Order):
                return None
            venue, symbol = order.instruction.venue, order.instruction.symbol
            return _quoted(state, market, command, venue, symbol)
        case i.RequestForPositions():
            return _valued(state, market, command)
        case _:
            return None


def _valued(state: State, market: Market, command: i.RequestForPositions) -> Seen:
    return Seen(quotes=_quotes_of(asked_for(state, command.request), market))


def positions_due(state: State, market: Market, now_ns: int) -> i.PositionsDue | None:
    """That somebody is to be told of positions, with what these are worth; None: nobody is."""
    updates = due_updates(state, now_ns)
    changed = (position for each in updates for position in each.positions)
    return i.PositionsDue(quotes=_quotes_of(changed, market)) if updates else None


def _quotes_of(positions: Iterable[Position], market: Market) -> tuple[Quote, ...]:
    unique = dict.fromkeys((each.venue, each.symbol) for each in positions)
    quotes = (market.quote(venue, symbol) for venue, symbol in unique)
    return tuple(each for each in quotes if each is not None)


def _quoted(
    state: State,
    market: Market,
    command: i.NewOrderSingle | i.OrderCancelReplaceRequest,
    wanted: str | None,
    symbol: str,
) -> Seen | None:
    rules = state.sessions.get(command.session)
    if rules is None:
        return None
    venue = VenueName(wanted) if wanted else rules.default_venue
    by_limits = state.limits.sees_quotes(command.session)
    quoted = by_limits or rules.sees_quotes or _sees(command.terms, state.venues.get(venue))
    if venue == SMART:
        return books_of(state, market, symbol, quoted=quoted)
    if not quoted:
        return None
    instrument = state.instrument(venue, symbol)
    return None if instrument is None else _seen(quote=market.quote(venue, instrument.symbol))


def _sees(terms: Terms | None, profile: VenueProfile | None) -> bool:
    """Whether the order is itself about the market's price."""
    if terms is None or profile is None:
        return False
    if terms.ord_type.waits:
        return any(ord_type is terms.ord_type for ord_type, _ in profile.held)
    extras = terms.extras
    return extras is not None and (extras.cash_order_qty is not None or extras.is_protected)


def seen_by_parts(
    given: i.Input, state: State, recalled: tuple[i.Recalled, ...], market: Market
) -> Seen | None:
    """The books, where what happened to a part may have another venue chosen."""
    if not isinstance(given, _ENDING):
        return None
    part = state.orders.get(OrderID(given.venue_cl_ord_id[:ORDER_ID_LENGTH]))
    order = None if part is None or part.parent is None else state.orders.get(part.parent)
    if part is None or order is None or order.is_terminal or recalled:
        return None  # what was forgotten is over
    if isinstance(given, i.VenueTraded) and not (order.requests or part.closing):
        return None
    if isinstance(given, i.VenueAnswered) and _taken(given):
        return None
    rules = state.sessions.get(order.instruction.session)
    symbol = order.instruction.symbol
    return None if rules is None else books_of(state, market, symbol, quoted=rules.sees_quotes)


def _taken(answer: i.VenueAnswered) -> bool:
    return answer.call is i.VenueCall.SUBMIT and answer.outcome is i.Outcome.ACCEPTED


_ENDING: Final = (
    i.VenueAnswered,
    i.VenueTraded,
    i.VenueClosed,
    i.VenueRestated,
    i.VenueLegReported,
)


def books_of(state: State, market: Market, symbol: str, *, quoted: bool = False) -> Seen | None:
    """The books of every venue that lists the instrument."""
    instrument = state.instrument(SMART, symbol)
    if instrument is None:
        return None
    symbol = instrument.symbol
    venues = [each for each in sorted(state.instruments) if each != SMART]
    levels = max((each.book_levels for each in state.policies.values()), default=0)
    books = (market.book(each, symbol, levels) for each in venues)
    quote = _best_quote(market, venues, symbol) if quoted else None
    return Seen(quote=quote, books=tuple(each for each in books if each is not None))


def _best_quote(market: Market, venues: Iterable[VenueName], symbol: str) -> Quote | None:
    """The best prices of all venues, as one."""
    found = [each for venue in venues if (each := market.quote(venue, symbol)) is not None]
    if not found:
        return None
    latest = max(found, key=lambda each: each.at_ns)
    return Quote(
        venue=SMART,
        symbol=symbol,
        bid_px=max((each.bid_px for each in found if each.bid_px is not None), default=None),
        offer_px=min((each.offer_px for each in found if each.offer_px is not None), default=None),
        last_px=latest.last_px,
        at_ns=latest.at_ns,
    )
