"""What the market looked like at an instant, as an input saw it.

Here: Quote, Book and MarketTrade of one instrument at one venue, and Seen, what the edge attaches
to an input that is decided by them. It is journaled with the input, so that a replay sees the same.
Not here: keeping books up to date (adapters/venues), who needs to see what (application/seeing).
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.values import Side

_TWO: Final = Decimal(2)


@value
class Quote:
    """Best prices and the last trade; None: there is none, or it is not known."""

    venue: VenueName
    symbol: str  # unified
    bid_px: Decimal | None
    offer_px: Decimal | None
    last_px: Decimal | None
    at_ns: int  # when the venue last confirmed it, by our clock

    @property
    def reference_px(self) -> Decimal | None:
        """The middle of bid and offer; the last trade's price where one of them is missing."""
        if self.bid_px is None or self.offer_px is None:
            return self.last_px
        return (self.bid_px + self.offer_px) / _TWO


@value
class Book:
    """The best levels of both sides, best first, each (price, base quantity)."""

    venue: VenueName
    symbol: str  # unified
    bids: tuple[tuple[Decimal, Decimal], ...]
    offers: tuple[tuple[Decimal, Decimal], ...]
    at_ns: int  # when the venue last confirmed it, by our clock


@value
class MarketTrade:
    """A public trade: whose it was is not known."""

    venue: VenueName
    symbol: str  # unified
    number: int  # ours: 1 is the first since somebody follows the symbol, without gaps
    px: Decimal
    qty: Decimal
    aggressor: Side | None  # the side that did not rest, where the venue says it
    at_ns: int  # by the venue's clock


@value
class Seen:
    """What an input saw of the market."""

    quote: Quote | None = None  # of the order's instrument at its venue; None: nothing is known
    books: tuple[Book, ...] = ()  # of each venue at which the order may be worked
    quotes: tuple[Quote, ...] = ()  # of each position that was asked for
