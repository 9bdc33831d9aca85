"""One market, as one kind of subscription sees it.

Here: Feed, which all subscriptions alike share: it looks at the market once for all of them, and
writes each message body once. What a subscriber was told last is a View that it holds itself, so
nothing is kept here for those that are slow.
Not here: when to look, and who is told when (market_data_desk).
"""

from typing import Final

from fixgate.adapters.fix.market_data_text import (
    BID,
    OFFER,
    TRADE,
    Body,
    Levels,
    Shown,
    View,
    changes,
    full,
)
from fixgate.application.ports.market import Prices
from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.market import MarketTrade

_BOOK: Final = frozenset((BID, OFFER))


@value
class FeedKey:
    """What makes two subscriptions alike."""

    venue: VenueName
    symbol: str  # unified
    levels: int
    shown: Shown


class Feed:
    """The market now, and the bodies that tell of it."""

    def __init__(self, prices: Prices, key: FeedKey) -> None:
        self.key = key
        self.view = View(why_not=f"no live prices from {key.venue}")
        self._prices = prices
        self._full: Body | None = None
        # By what was known before, which is kept so that its identity stays its own.
        self._changes: dict[int, tuple[View, Body | None]] = {}
        self._wants_book = not _BOOK.isdisjoint(key.shown.entry_types)

    def look(self) -> bool:
        """Look at the market; whether it is another one than at the last look."""
        view = self._now()
        if view == self.view:
            return False
        self.view, self._full = view, None
        self._changes.clear()
        return True

    def next_for(self, seen: View | None, *, incremental: bool) -> Body | None:
        """What to tell somebody who knows ``seen``; None: nothing."""
        if seen is self.view:
            return None
        # Prices that do not hold are no change of single levels: all that was known is over.
        if not incremental or seen is None or seen.why_not != self.view.why_not:
            return self._whole()
        known = self._changes.get(id(seen))
        if known is None:
            known = self._changes[id(seen)] = (seen, self._difference(seen))
        return known[1]

    def _whole(self) -> Body:
        if self._full is None:
            self._full = full(self.key.shown, self.view)
        return self._full

    def _difference(self, seen: View) -> Body | None:
        if self.view.why_not is not None:
            return None
        trades: tuple[MarketTrade, ...] = ()
        missed = 0
        if self.view.trades_to > seen.trades_to:
            known = self._prices.trades(self.key.venue, self.key.symbol, seen.trades_to)
            trades = tuple(each for each in known if each.number <= self.view.trades_to)
            missed = self.view.trades_to - seen.trades_to - len(trades)
        return changes(self.key.shown, seen, self.view, trades, missed)

    def _now(self) -> View:
        key, prices, types = self.key, self._prices, self.key.shown.entry_types
        trade = self.view.trade
        if TRADE in types:
            since = prices.trades(key.venue, key.symbol, self.view.trades_to)
            trade = since[-1] if since else trade
        why_not = f"no live prices from {key.venue}"
        bids: Levels = ()
        offers: Levels = ()
        if self._wants_book:
            book = prices.book(key.venue, key.symbol, key.levels)
            if book is None:
                return View(trade=trade, why_not=why_not)
            bids = book.bids if BID in types else ()
            offers = book.offers if OFFER in types else ()
        if TRADE not in types:
            return View(bids=bids, offers=offers)
        quote = prices.quote(key.venue, key.symbol)
        if quote is None:
            return View(trade=trade, why_not=why_not)
        last_px = quote.last_px if trade is None else None
        return View(bids=bids, offers=offers, trade=trade, last_px=last_px)
