"""Prices of two venues that are apart by more than both fees.

Here: GapWatch, which looks at the instruments that several venues list, and says each gap once in a
while.
Not here: trading them, which nobody does; timers.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from fixgate.application.ports.market import Market
from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import PriceGapFound
from fixgate.domain.market import Quote
from fixgate.domain.rounding import in_bp
from fixgate.domain.routing import NO_FEES, SMART
from fixgate.domain.state import State

SYMBOLS_MAX: Final = 500
_TOLD_MAX: Final = 10_000

Pair = tuple[str, VenueName, VenueName]


@value
class GapLimits:
    """What is worth telling, and how often."""

    enabled: bool
    gain_bp_min: Decimal
    again_after_ns: int
    quotes_older_than_ns: int


class GapWatch:
    """Compares quotes when asked; remembers what it told."""

    def __init__(self, state: State, market: Market, limits: GapLimits) -> None:
        self.limits = limits
        self.freshest: dict[VenueName, int] = {}  # of each venue's quotes that were looked at
        self._state = state
        self._market = market
        self._told: dict[Pair, int] = {}

    def look(self, now_ns: int) -> Iterator[PriceGapFound]:
        """The gaps that are there now and were not told lately."""
        for symbol in self._shared():
            quotes = [each for each in self._quotes(symbol) if each is not None]
            for each in quotes:
                self.freshest[each.venue] = max(self.freshest.get(each.venue, 0), each.at_ns)
            if self.limits.enabled and len(quotes) > 1:
                yield from self._gaps(symbol, quotes, now_ns)

    def _shared(self) -> Sequence[str]:
        """Unified symbols that more than one venue lists."""
        listed = [each for venue, each in self._state.instruments.items() if venue != SMART]
        if len(listed) < 2:
            return ()
        smart = self._state.instruments.get(SMART, {})
        shared = (each for each in smart if sum(each in one for one in listed) > 1)
        return [symbol for symbol, _ in zip(shared, range(SYMBOLS_MAX), strict=False)]

    def _quotes(self, symbol: str) -> Iterator[Quote | None]:
        for venue, listed in self._state.instruments.items():
            if venue != SMART and symbol in listed:
                yield self._market.quote(venue, symbol)

    def _gaps(self, symbol: str, quotes: Sequence[Quote], now_ns: int) -> Iterator[PriceGapFound]:
        fresh = [q for q in quotes if now_ns - q.at_ns <= self.limits.quotes_older_than_ns]
        for bid in fresh:
            for offer in fresh:
                if bid.venue != offer.venue and bid.bid_px and offer.offer_px:
                    yield from self._gap(symbol, bid, offer, now_ns)

    def _gap(self, symbol: str, bid: Quote, offer: Quote, now_ns: int) -> Iterator[PriceGapFound]:
        bid_px, offer_px = bid.bid_px, offer.offer_px
        if bid_px is None or offer_px is None or bid_px <= offer_px:
            return
        fees = self._taker_bp(bid.venue, symbol) + self._taker_bp(offer.venue, symbol)
        gain_bp = in_bp(bid_px - offer_px, offer_px) - fees
        pair = (symbol, bid.venue, offer.venue)
        if gain_bp < self.limits.gain_bp_min or not self._is_news(pair, now_ns):
            return
        yield PriceGapFound(
            symbol=symbol,
            bid_venue=bid.venue,
            bid_px=bid_px,
            offer_venue=offer.venue,
            offer_px=offer_px,
            gain_bp=gain_bp,
        )

    def _taker_bp(self, venue: VenueName, symbol: str) -> Decimal:
        fees = self._state.fees.get(venue)
        return (NO_FEES if fees is None else fees.of(symbol)).taker_bp

    def _is_news(self, pair: Pair, now_ns: int) -> bool:
        told_ns = self._told.get(pair)
        if told_ns is not None and now_ns - told_ns < self.limits.again_after_ns:
            return False
        if len(self._told) >= _TOLD_MAX:
            self._told.clear()
        self._told[pair] = now_ns
        return True
