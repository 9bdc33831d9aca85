"""The list of an account's trades at an exchange.

Here: AccountTrades, which asks for it a page at a time and in no hurry: whoever has an order in
doubt asks out of the same allowance.
Not here: comparing (application.trade_reconciling), how an exchange puts it (dialects).
"""

from collections.abc import Callable
from typing import Any, Final

from fixgate.adapters.venues.calls import VenueCalls
from fixgate.adapters.venues.dialect import (
    Dialect,
    OrderFacts,
    TradeFacts,
    UnreadableError,
    WireCall,
)
from fixgate.adapters.venues.instruments import Catalogue
from fixgate.adapters.venues.legs import LegBook
from fixgate.adapters.venues.limiter import Priority
from fixgate.adapters.venues.outcomes import VenueSaid, words_of
from fixgate.adapters.venues.timing import Pace
from fixgate.application.ports.trade_listing import ListedTrade, TradeListing, TradesUnlisted
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueOrderID
from fixgate.domain.instruments import Instrument
from fixgate.domain.values import Side

_PAGES_MAX: Final = 100
_PERIOD_NS: Final = 86_400 * 10**9  # that a venue lists at once
_PAUSE_S: Final = 1.0  # between two pages
_SIDES: Final = (Side.BUY, Side.SELL)


class AccountTrades(TradeListing):
    """Asks the venue each time; remembers nothing."""

    def __init__(
        self, dialect: Dialect, calls: VenueCalls, legs: LegBook, catalogue: Catalogue, pace: Pace
    ) -> None:
        self._dialect = dialect
        self._calls = calls
        self._legs = legs
        self._catalogue = catalogue
        self._pace = pace

    def begins_ns(self) -> int:
        """The venue keeps all of them."""
        return 0

    async def between(self, symbol: str, since_ns: int, until_ns: int) -> tuple[ListedTrade, ...]:
        instrument = self._instrument(symbol)

        def page(after: TradeID | None) -> WireCall:
            return self._dialect.account_trades(instrument, since_ns, until_ns, after)

        found: list[ListedTrade] = []
        whole_ns = until_ns
        while since_ns < whole_ns:
            until_ns = min(since_ns + _PERIOD_NS, whole_ns)
            trades = await self._pages(page, symbol, until_ns)
            found += (each for each in trades if since_ns <= each.at_ns < until_ns)
            since_ns = until_ns
        return tuple(found)

    async def of_leg(
        self, venue_cl_ord_id: VenueClOrdID, symbol: str, side: Side
    ) -> tuple[ListedTrade, ...]:
        instrument = self._instrument(symbol)
        try:
            answer = await self._request(self._dialect.order(venue_cl_ord_id, instrument))
        except VenueSaid as said:
            if self._dialect.is_not_found(said.code) or self._dialect.archived(said.code):
                return ()
            raise TradesUnlisted(words_of(said)) from said
        venue_order_id = self._order(answer).venue_order_id

        def page(after: TradeID | None) -> WireCall:
            return self._dialect.trades(venue_order_id, instrument, after)

        return tuple(each for each in await self._pages(page, symbol) if each.side is side)

    def known_owner(self, trade: ListedTrade) -> VenueClOrdID | None:
        instrument = self._instrument(trade.symbol)
        return self._legs.find(instrument.venue_symbol, trade.venue_order_id)

    async def owner(self, trade: ListedTrade) -> VenueClOrdID | None:
        instrument = self._instrument(trade.symbol)
        try:
            answer = await self._request(self._dialect.order_of(trade.venue_order_id, instrument))
        except VenueSaid as said:
            if self._dialect.is_not_found(said.code):
                return None
            raise TradesUnlisted(words_of(said)) from said
        return self._order(answer).venue_cl_ord_id

    def _order(self, answer: Any) -> OrderFacts:
        try:
            return self._dialect.read_order(answer)
        except UnreadableError as error:
            raise TradesUnlisted(words_of(error)) from error

    def _instrument(self, symbol: str) -> Instrument:
        found = self._catalogue.of(symbol)
        if found is None:
            raise TradesUnlisted(f"{symbol} is not listed")
        return found

    async def _request(self, call: WireCall) -> Any:
        """Raises VenueSaid, which may mean something, and TradesUnlisted for whatever else."""
        try:
            return await self._calls.request(call, Priority.QUERY)
        except VenueSaid:
            raise
        except Exception as error:
            raise TradesUnlisted(words_of(error)) from error

    async def _pages(
        self,
        page: Callable[[TradeID | None], WireCall],
        symbol: str,
        until_ns: int | None = None,
    ) -> list[ListedTrade]:
        found: list[ListedTrade] = []
        after: TradeID | None = None
        for _ in range(_PAGES_MAX):
            try:
                answer = await self._request(page(after))
                trades, more = self._read(answer, symbol)
            except (VenueSaid, UnreadableError) as error:
                raise TradesUnlisted(words_of(error)) from error
            found += trades
            if not more or not trades or (until_ns and trades[-1].at_ns >= until_ns):
                return found
            after = trades[-1].trade_id
            await self._pace.sleep(_PAUSE_S)
        raise TradesUnlisted(f"{symbol}: there are more than {len(found)} trades")

    def _read(self, answer: Any, symbol: str) -> tuple[list[ListedTrade], bool]:
        found, more = [], False
        for side in _SIDES:
            trades, more = self._dialect.read_trades(answer, side)
            found += [_listed(each, symbol, side) for each in trades]
        return sorted(found, key=lambda each: each.at_ns), more


def _listed(trade: TradeFacts, symbol: str, side: Side) -> ListedTrade:
    return ListedTrade(
        trade_id=trade.trade_id,
        symbol=symbol,
        side=side,
        last_qty=trade.last_qty,
        last_px=trade.last_px,
        at_ns=trade.at_ns or 0,
        venue_order_id=trade.venue_order_id or VenueOrderID(""),
    )
