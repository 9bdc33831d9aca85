"""Verbs that show what the gateway knows of the market.

Here: MarketVerbs: book.
Not here: how it is known (venues).
"""

from collections.abc import Collection
from typing import Final

from fixgate.adapters.control.verbs import Verbs
from fixgate.adapters.control.words import Call, Json, Misused, Refused
from fixgate.application.ports.market import Market
from fixgate.domain.ids import VenueName
from fixgate.domain.rounding import to_wire
from fixgate.domain.state import State

_LEVELS: Final = 10
_LEVELS_MAX: Final = 200


class MarketVerbs:
    """What may be asked of the market of these venues."""

    def __init__(
        self, market: Market, state: State, verbs: Verbs, venues: Collection[VenueName]
    ) -> None:
        self._market = market
        self._state = state
        self._venues = venues
        verbs.add(
            "book", self._book, help="A venue's order book", args=("symbol", "venue", "levels")
        )

    async def _book(self, call: Call) -> Json:
        symbol, levels = call.text("symbol"), call.number_or_none("levels") or _LEVELS
        if levels > _LEVELS_MAX:
            raise Misused(f"book: levels is {levels}; it must be {_LEVELS_MAX} or less")
        venue = self._venue(call.text_or_none("venue"), symbol)
        instrument = self._state.instrument(venue, symbol)
        if instrument is None:
            raise Refused(f"{symbol} is not known at {venue}")
        book = self._market.book(venue, instrument.symbol, levels)
        quote = self._market.quote(venue, instrument.symbol)
        if book is None or quote is None:
            raise Refused(f"there are no live prices of {instrument.symbol} from {venue}")
        return {
            "venue": venue,
            "symbol": instrument.symbol,
            "bids": [[to_wire(px), to_wire(qty)] for px, qty in book.bids],
            "offers": [[to_wire(px), to_wire(qty)] for px, qty in book.offers],
            "last_px": None if quote.last_px is None else to_wire(quote.last_px),
            "at_ns": book.at_ns,
        }

    def _venue(self, named: str | None, symbol: str) -> VenueName:
        """The venue asked for; without one, the only one that lists the symbol."""
        venues = sorted(self._venues)
        if named is not None:
            if VenueName(named) not in venues:
                raise Misused(f"book: no venue {named}; there are: {', '.join(venues)}")
            return VenueName(named)
        listing = [each for each in venues if self._state.instrument(each, symbol) is not None]
        if not listing:
            raise Refused(f"{symbol} is not known at any venue")
        if len(listing) > 1:
            raise Misused(f"book: {symbol} is listed at {', '.join(listing)}; name a venue")
        return listing[0]
