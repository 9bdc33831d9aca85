"""What is known of the market right now.

Here: the Market port, and Prices, which tells when to ask again. Asking is cheap and never waits;
what is not known is None.
Not here: how it became known.
"""

from collections.abc import Callable
from typing import Protocol

from fixgate.domain.ids import VenueName
from fixgate.domain.market import Book, MarketTrade, Quote


class Market(Protocol):
    """The latest prices of every venue. Symbols are unified."""

    def quote(self, venue: VenueName, symbol: str) -> Quote | None:
        """Best prices; None: the venue has said nothing of the symbol."""
        ...

    def book(self, venue: VenueName, symbol: str, levels: int) -> Book | None:
        """The best levels; None: the venue has said nothing of the symbol."""
        ...


class Prices(Market, Protocol):
    """A market that can be followed. See VenuePort for what its methods promise."""

    def follow(
        self, venue: VenueName, symbol: str, changed: Callable[[], None]
    ) -> Callable[[], None] | None:
        """Have ``changed`` called when to ask again; what ends it. None: not followed."""
        ...

    def trades(self, venue: VenueName, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        """The latest public trades with a number above ``after``, oldest first."""
        ...
