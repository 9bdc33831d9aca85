"""The orders, trades and balances of an account, within limits.

Here: Account, the memory of the exchange.
Not here: how an order comes about or trades (exchange).
"""

from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal

from fixgate.doubles.binance.balances import Balances
from fixgate.doubles.binance.orders import Fill, SpotOrder


class Account:
    """One API key's orders, trades and balances. Open orders are kept always."""

    def __init__(self, deposits: Mapping[str, Decimal], *, kept_max: int) -> None:
        self.balances = Balances(deposits)
        self.trades: deque[Fill] = deque(maxlen=kept_max)
        self._kept_max = kept_max
        self._open: dict[int, SpotOrder] = {}
        self._closed: deque[SpotOrder] = deque()
        self._by_id: dict[int, SpotOrder] = {}
        self._by_client_id: dict[str, SpotOrder] = {}

    def add(self, order: SpotOrder) -> None:
        """Take in an open order."""
        self._open[order.order_id] = order
        self._by_id[order.order_id] = order
        self._by_client_id[order.client_order_id] = order

    def rename(self, order: SpotOrder, client_order_id: str) -> None:
        """Give an order another client order id."""
        self._forget_client_id(order)
        order.client_order_id = client_order_id
        self._by_client_id[client_order_id] = order

    def close(self, order: SpotOrder) -> None:
        """Move an order to the closed ones; beyond the limit the oldest is forgotten."""
        del self._open[order.order_id]
        self._closed.append(order)
        if len(self._closed) > self._kept_max:
            oldest = self._closed.popleft()
            del self._by_id[oldest.order_id]
            self._forget_client_id(oldest)

    def find(self, order_id: int | None, client_order_id: str | None) -> SpotOrder | None:
        """By order id if given, else by client order id (the newest of that id)."""
        if order_id is not None:
            return self._by_id.get(order_id)
        return None if client_order_id is None else self._by_client_id.get(client_order_id)

    def open_orders(self, symbol: str | None) -> list[SpotOrder]:
        """Open orders, oldest first."""
        return _of(symbol, self._open.values())

    def orders(self, symbol: str | None) -> list[SpotOrder]:
        """Open and closed orders, oldest first."""
        return sorted(_of(symbol, self._by_id.values()), key=lambda each: each.order_id)

    def _forget_client_id(self, order: SpotOrder) -> None:
        if self._by_client_id.get(order.client_order_id) is order:
            del self._by_client_id[order.client_order_id]


def _of(symbol: str | None, orders: Iterable[SpotOrder]) -> list[SpotOrder]:
    return [each for each in orders if symbol is None or each.request.symbol.name == symbol]
