"""Order books as the public sees them: snapshots, numbered differences, best prices.

Here: BookFeed, which compares each book with what was last published.
Not here: who has subscribed (streams).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from fixgate.doubles.binance.exchange import Exchange
from fixgate.doubles.binance.symbols import amount

_LEVELS_MAX: Final = 5_000
_Levels = dict[Decimal, Decimal]
_ZERO: Final = Decimal(0)


@dataclass(slots=True)
class _Published:
    update_id: int = 0
    bids: _Levels = field(default_factory=dict)
    asks: _Levels = field(default_factory=dict)


class BookFeed:
    """Published books. ``tell(stream, event)`` hears the differences."""

    def __init__(self, exchange: Exchange, tell: Callable[[str, dict[str, Any]], None]) -> None:
        self._exchange = exchange
        self._tell = tell
        self._published = {name: _Published() for name in exchange.symbols}

    def refresh(self, symbol: str) -> None:
        """Publish what has changed since the last time, if anything."""
        published = self._published[symbol]
        depth = self._exchange.engine.depth(symbol, _LEVELS_MAX)
        bids, asks = dict(depth.bids), dict(depth.asks)
        changed_bids = _changes(published.bids, bids)
        changed_asks = _changes(published.asks, asks)
        if not changed_bids and not changed_asks:
            return
        published.update_id += 1
        published.bids, published.asks = bids, asks
        event = {
            "e": "depthUpdate",
            "E": self._exchange.now_ms(),
            "s": symbol,
            "U": published.update_id,
            "u": published.update_id,
            "b": changed_bids,
            "a": changed_asks,
        }
        low = symbol.lower()
        for suffix in ("@depth", "@depth@100ms"):
            self._tell(low + suffix, event)
        self._tell(f"{low}@bookTicker", self.best(symbol))
        for levels in (5, 10, 20):
            partial = self._snapshot(symbol, levels)
            for suffix in ("", "@100ms"):
                self._tell(f"{low}@depth{levels}{suffix}", partial)

    def snapshot(self, symbol: str, limit: int) -> dict[str, Any]:
        """As GET depth. Differences up to its lastUpdateId have been published."""
        self.refresh(symbol)
        return self._snapshot(symbol, limit)

    def best(self, symbol: str) -> dict[str, Any]:
        """As in the bookTicker stream."""
        depth = self._exchange.engine.depth(symbol, 1)
        bid = depth.bids[0] if depth.bids else (_ZERO, _ZERO)
        ask = depth.asks[0] if depth.asks else (_ZERO, _ZERO)
        return {
            "u": self._published[symbol].update_id,
            "s": symbol,
            "b": amount(bid[0]),
            "B": amount(bid[1]),
            "a": amount(ask[0]),
            "A": amount(ask[1]),
        }

    def ticker(self, symbol: str) -> dict[str, Any]:
        """As GET ticker/bookTicker."""
        best = self.best(symbol)
        return {
            "symbol": symbol,
            "bidPrice": best["b"],
            "bidQty": best["B"],
            "askPrice": best["a"],
            "askQty": best["A"],
        }

    def day(self, symbol: str) -> dict[str, Any]:
        """As GET ticker/24hr, as far as this exchange keeps count."""
        last_px = self._exchange.engine.last_px(symbol) or _ZERO
        start_px = self._exchange.symbols[symbol].start_px
        now_ms = self._exchange.now_ms()
        return {
            **self.ticker(symbol),
            "priceChange": amount(last_px - start_px),
            "lastPrice": amount(last_px),
            "openPrice": amount(start_px),
            "prevClosePrice": amount(start_px),
            "openTime": now_ms - 86_400_000,
            "closeTime": now_ms,
        }

    def _snapshot(self, symbol: str, limit: int) -> dict[str, Any]:
        depth = self._exchange.engine.depth(symbol, limit)
        return {
            "lastUpdateId": self._published[symbol].update_id,
            "bids": [[amount(price), amount(qty)] for price, qty in depth.bids],
            "asks": [[amount(price), amount(qty)] for price, qty in depth.asks],
        }


def _changes(before: _Levels, after: _Levels) -> list[list[str]]:
    changed = [(price, qty) for price, qty in after.items() if before.get(price) != qty]
    changed += [(price, _ZERO) for price in before if price not in after]
    return [[amount(price), amount(qty)] for price, qty in changed]
