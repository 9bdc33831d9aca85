"""Which orders the engine knows, within limits.

Here: the indexes by id and by account, and the bounded rings of closed orders and of trades.
Not here: order books. The memory used depends on the limits and the open orders, never on how
many orders there have ever been.
"""

from collections import deque
from collections.abc import Iterator

from fixgate.matching.events import Traded
from fixgate.matching.orders import BookOrder
from fixgate.matching.reasons import OrderState


def is_open(order: BookOrder) -> bool:
    """Whether an order may still trade."""
    return order.state is OrderState.WORKING or order.state is OrderState.HELD


class Registry:
    """Orders by id. Open ones are kept always, the most recently closed ones up to a limit."""

    def __init__(self, *, closed_max: int, trades_max: int) -> None:
        self._closed_max = closed_max
        self._trades_max = trades_max
        self._by_venue_order_id: dict[str, BookOrder] = {}
        self._by_cl_ord_id: dict[tuple[str, str], BookOrder] = {}
        self._open_of: dict[str, dict[str, BookOrder]] = {}
        self._closed: deque[BookOrder] = deque()
        self._traded: deque[Traded] = deque()
        self.open_count = 0

    def add(self, order: BookOrder) -> None:
        """Take in an open order. A closed one of the same client order id gives way."""
        self._by_venue_order_id[order.venue_order_id] = order
        self._by_cl_ord_id[order.account, order.cl_ord_id] = order
        mine = self._open_of.get(order.account)
        if mine is None:
            mine = self._open_of[order.account] = {}
        mine[order.venue_order_id] = order
        self.open_count += 1

    def rename(self, order: BookOrder, cl_ord_id: str) -> None:
        """Give an open order another client order id."""
        self._forget_cl_ord_id(order)
        order.cl_ord_id = cl_ord_id
        self._by_cl_ord_id[order.account, cl_ord_id] = order

    def close(self, order: BookOrder) -> None:
        """Move an order from the open ones to the ring of closed ones."""
        mine = self._open_of[order.account]
        del mine[order.venue_order_id]
        if not mine:
            del self._open_of[order.account]
        self.open_count -= 1
        self._closed.append(order)
        if len(self._closed) > self._closed_max:
            oldest = self._closed.popleft()
            del self._by_venue_order_id[oldest.venue_order_id]
            self._forget_cl_ord_id(oldest)

    def add_trade(self, order: BookOrder, trade: Traded) -> None:
        """Remember a trade of an order; beyond the limit the oldest trade is forgotten."""
        order.trades.append(trade)
        self._traded.append(trade)
        if len(self._traded) > self._trades_max:
            oldest = self._by_venue_order_id.get(self._traded.popleft().venue_order_id)
            if oldest is not None:  # else all of it is forgotten
                del oldest.trades[0]

    def traded_since(self, account: str, at_ns: int) -> Iterator[Traded]:
        """The remembered trades of an account since a time, the newest first."""
        for trade in reversed(self._traded):
            if trade.at_ns < at_ns:
                return
            if trade.account == account:
                yield trade

    def remembers_from_ns(self) -> int:
        """The time from which on no trade was forgotten; 0 if none was."""
        if len(self._traded) < self._trades_max:
            return 0
        return self._traded[0].at_ns + 1

    def find(
        self, account: str, *, cl_ord_id: str | None, venue_order_id: str | None
    ) -> BookOrder | None:
        """An order of this account, by venue order id if given, else by client order id."""
        if venue_order_id is not None:
            order = self._by_venue_order_id.get(venue_order_id)
            return order if order is not None and order.account == account else None
        if cl_ord_id is None:
            return None
        return self._by_cl_ord_id.get((account, cl_ord_id))

    def is_taken(self, account: str, cl_ord_id: str) -> bool:
        """Whether an open order of the account has this client order id."""
        order = self._by_cl_ord_id.get((account, cl_ord_id))
        return order is not None and is_open(order)

    def has_venue_order_id(self, venue_order_id: str) -> bool:
        """Whether an order of this id is known, open or closed."""
        return venue_order_id in self._by_venue_order_id

    def open_of(self, account: str) -> list[BookOrder]:
        """The open orders of an account, in order of arrival."""
        return list(self._open_of.get(account, {}).values())

    def all_open(self) -> Iterator[BookOrder]:
        """The open orders of all accounts, account by account."""
        for orders in self._open_of.values():
            yield from orders.values()

    def known_of(self, account: str) -> list[BookOrder]:
        """The known orders of an account, closed ones included, in order of arrival."""
        return sorted(
            (each for each in self._by_venue_order_id.values() if each.account == account),
            key=lambda each: each.seq,
        )

    def _forget_cl_ord_id(self, order: BookOrder) -> None:
        key = (order.account, order.cl_ord_id)
        if self._by_cl_ord_id.get(key) is order:
            del self._by_cl_ord_id[key]
