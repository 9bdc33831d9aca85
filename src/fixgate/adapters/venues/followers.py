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


class _Tape:
    """The latest trades of one symbol."""

    def __init__(self) -> None:
        self.kept: deque[MarketTrade] = deque(maxlen=TRADES_KEPT)
        self.count = 0


class Followers:
    """Followers by symbol. False as long as there are none at all."""

    def __init__(self, venue: VenueName) -> None:
        self._venue = venue
        self._changed: dict[str, list[Callable[[], None]]] = {}
        self._tapes: dict[str, _Tape] = {}

    def __bool__(self) -> bool:
        return bool(self._changed)

    def add(self, symbol: str, changed: Callable[[], None]) -> Callable[[], None]:
        """Tell ``changed`` of a symbol, until what is returned is called."""
        following = self._changed.setdefault(symbol, [])
        following.append(changed)
        self._tapes.setdefault(symbol, _Tape())

        def end() -> None:
            if changed in following:
                following.remove(changed)
            if not following and self._changed.get(symbol) is following:
                del self._changed[symbol], self._tapes[symbol]

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
        tape = self._tapes.get(symbol)
        if tape is None:
            return
        tape.count += 1
        tape.kept.append(
            MarketTrade(
                venue=self._venue,
                symbol=symbol,
                number=tape.count,
                px=px,
                qty=qty,
                aggressor=aggressor,
                at_ns=at_ns,
            )
        )

    def trades(self, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        """The kept trades with a number above ``after``, oldest first."""
        tape = self._tapes.get(symbol)
        if tape is None or tape.count <= after:
            return ()
        return tuple([each for each in tape.kept if each.number > after])
