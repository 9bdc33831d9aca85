"""Who follows the prices of a venue, and the public trades they may still want.

Here: Followers, the same for every venue. Nothing is kept for a symbol that nobody follows.
Not here: the prices.
"""

from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from fixgate.domain.ids import VenueName
from fixgate.domain.market import MarketTrade
from fixgate.domain.values import Side

TRADES_KEPT: Final = 256  # of each symbol


class Followers:
    """Followers by symbol. False as long as there are none at all."""

    def __init__(self, venue: VenueName) -> None:
        self._venue = venue
        self._changed: dict[str, list[Callable[[], None]]] = {}
        self._trades: dict[str, deque[MarketTrade]] = {}
        self._number = 0

    def __bool__(self) -> bool:
        return bool(self._changed)

    def add(self, symbol: str, changed: Callable[[], None]) -> Callable[[], None]:
        """Tell ``changed`` of a symbol, until what is returned is called."""
        following = self._changed.setdefault(symbol, [])
        following.append(changed)
        self._trades.setdefault(symbol, deque(maxlen=TRADES_KEPT))

        def end() -> None:
            if changed in following:
                following.remove(changed)
            if not following and self._changed.get(symbol) is following:
                del self._changed[symbol], self._trades[symbol]

        return end

    def tell(self, symbol: str) -> None:
        """A symbol's prices may have changed."""
        for changed in tuple(self._changed.get(symbol, ())):
            changed()

    def tell_all(self) -> None:
        """Any symbol's prices may have changed."""
        for symbol in tuple(self._changed):
            self.tell(symbol)

    def note_trade(
        self, symbol: str, px: Decimal, qty: Decimal, *, aggressor: Side | None, at_ns: int
    ) -> None:
        """A public trade; kept if somebody follows the symbol. ``tell`` comes after it."""
        kept = self._trades.get(symbol)
        if kept is None:
            return
        self._number += 1
        kept.append(
            MarketTrade(
                venue=self._venue,
                symbol=symbol,
                number=self._number,
                px=px,
                qty=qty,
                aggressor=aggressor,
                at_ns=at_ns,
            )
        )

    def trades(self, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        """The kept trades with a number above ``after``, oldest first."""
        return tuple(each for each in self._trades.get(symbol, ()) if each.number > after)
