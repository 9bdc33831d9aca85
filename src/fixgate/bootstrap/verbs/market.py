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
            "book", self._book, help="Venues' order books", args=("symbol", "venue", "levels")
        )

    async def _book(self, call: Call) -> Json:
        symbol, levels = call.text("symbol"), call.number_or_none("levels") or _LEVELS
        if levels > _LEVELS_MAX:
            raise Misused(f"book: levels is {levels}; it must be {_LEVELS_MAX} or less")
        listed = self._listed(call.text_or_none("venue"), symbol)
        looked = {each: self._shown(each, unified, levels) for each, unified in listed.items()}
        shown = [each for each in looked.values() if each is not None]
        without = [venue for venue, each in looked.items() if each is None]
        if not shown:
            raise Refused(f"there are no live prices of {symbol} from {', '.join(without)}")
        return {"books": shown, "without": without}

    def _shown(self, venue: VenueName, symbol: str, levels: int) -> Json | None:
        book = self._market.book(venue, symbol, levels)
        quote = self._market.quote(venue, symbol)
        if book is None or quote is None:
            return None
        return {
            "venue": venue,
            "symbol": symbol,
            "bids": [[to_wire(px), to_wire(qty)] for px, qty in book.bids],
            "offers": [[to_wire(px), to_wire(qty)] for px, qty in book.offers],
            "last_px": None if quote.last_px is None else to_wire(quote.last_px),
            "at_ns": book.at_ns,
        }

    def _listed(self, named: str | None, symbol: str) -> dict[VenueName, str]:
        """The unified symbol at the venue asked for; without one, at each that lists it."""
        venues = sorted(self._venues)
        if named is not None and VenueName(named) not in venues:
            raise Misused(f"book: no venue {named[:64]}; there are: {', '.join(venues)}")
        wanted = venues if named is None else [VenueName(named)]
        found = {each: self._state.instrument(each, symbol) for each in wanted}
        listed = {venue: each.symbol for venue, each in found.items() if each is not None}
        if not listed:
            raise Refused(f"{symbol} is not known at {named or 'any venue'}")
        return listed
