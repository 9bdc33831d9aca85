"""The simulated venue's own list of our trades.

Here: SimulatedTrades, over what the matching engine remembers, and the id of a trade.
Not here: matching; the venue port (simulated).
"""

import asyncio

from fixgate.application.ports.trade_listing import ListedTrade, TradeListing, TradesUnlisted
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueName, VenueOrderID
from fixgate.domain.values import Side
from fixgate.matching import MatchingEngine, Traded


def trade_id(event: Traded) -> TradeID:
    """Both sides of a trade carry one id; should both be ours, each must have its own."""
    return TradeID(event.trade_id + ("B" if event.side is Side.BUY else "S"))


class SimulatedTrades(TradeListing):
    """Answers without asking anybody."""

    def __init__(
        self, engine: MatchingEngine, member: str, venue: VenueName, *, begins_ns: int
    ) -> None:
        self._engine = engine
        self._member = member
        self._venue = venue
        self._begins_ns = begins_ns

    def begins_ns(self) -> int:
        return max(self._begins_ns, self._engine.remembers_from_ns())

    async def between(self, symbol: str, since_ns: int, until_ns: int) -> tuple[ListedTrade, ...]:
        found = [
            each
            for each in self._engine.traded_since(self._member, since_ns)
            if each.symbol == symbol and each.at_ns < until_ns
        ]
        # There may be thousands, and orders are not to wait for them.
        return await asyncio.to_thread(lambda: tuple(_listed(each) for each in reversed(found)))

    async def of_leg(
        self, venue_cl_ord_id: VenueClOrdID, symbol: str, side: Side
    ) -> tuple[ListedTrade, ...]:
        del symbol, side
        if self._engine.find(self._member, cl_ord_id=venue_cl_ord_id) is None:
            raise TradesUnlisted(f"{self._venue} does not remember {venue_cl_ord_id}")
        found = self._engine.trades(self._member, cl_ord_id=venue_cl_ord_id)
        return tuple(_listed(each) for each in found)

    async def owner(self, trade: ListedTrade) -> VenueClOrdID | None:
        return self.known_owner(trade)

    def known_owner(self, trade: ListedTrade) -> VenueClOrdID | None:
        found = self._engine.find(self._member, venue_order_id=trade.venue_order_id)
        return None if found is None else VenueClOrdID(found.cl_ord_id)


def _listed(event: Traded) -> ListedTrade:
    return ListedTrade(
        trade_id=trade_id(event),
        symbol=event.symbol,
        side=event.side,
        last_qty=event.last_qty,
        last_px=event.last_px,
        at_ns=event.at_ns,
        venue_order_id=VenueOrderID(event.venue_order_id),
    )
