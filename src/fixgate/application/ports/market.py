"""What is known of the market right now.

Here: the Market port. Asking is cheap and never waits; what is not known is None.
Not here: how it became known.
"""

from typing import Protocol

from fixgate.domain.ids import VenueName
from fixgate.domain.market import Book, Quote


class Market(Protocol):
    """The latest prices of every venue. Symbols are unified."""

    def quote(self, venue: VenueName, symbol: str) -> Quote | None:
        """Best prices; None: the venue has said nothing of the symbol."""
        ...

    def book(self, venue: VenueName, symbol: str, levels: int) -> Book | None:
        """The best levels; None: the venue has said nothing of the symbol."""
        ...
