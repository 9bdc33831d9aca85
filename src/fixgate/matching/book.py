"""The order book of one instrument: who is next at which price.

Here: price levels sorted by price and, within a level, by arrival; the held stop orders.
Not here: matching, ids, events.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from decimal import Decimal

from fixgate.matching.listing import Listing
from fixgate.matching.orders import ZERO, BookOrder


class Level:
    """The orders at one price, first come first. ``qty`` is what they show, ``hidden`` the rest."""

    __slots__ = ("hidden", "orders", "qty")

    def __init__(self) -> None:
        # Linked, not a plain dict: taking the first of a dict again and again is quadratic.
        self.orders: OrderedDict[int, BookOrder] = OrderedDict()
        self.qty = ZERO
        self.hidden = ZERO

    def add(self, order: BookOrder) -> None:
        """Put an order last."""
        self.orders[order.seq] = order
        self.qty += order.leaves_qty
        if order.max_floor is not None:
            self._hide(order, order.max_floor)

    def remove(self, order: BookOrder) -> None:
        """Take an order out."""
        del self.orders[order.seq]
        self.qty -= order.leaves_qty - order.hidden_qty
        if order.hidden_qty:
            self.hidden -= order.hidden_qty
            order.hidden_qty = ZERO

    def show_next(self, order: BookOrder, max_floor: Decimal) -> None:
        """Show the next part of an order whose shown part is traded, behind the others."""
        self.qty += order.hidden_qty
        self.hidden -= order.hidden_qty
        self._hide(order, max_floor)
        self.orders.move_to_end(order.seq)

    def _hide(self, order: BookOrder, max_floor: Decimal) -> None:
        order.hidden_qty = max(order.leaves_qty - max_floor, ZERO)
        self.qty -= order.hidden_qty
        self.hidden += order.hidden_qty


class PriceLevels:
    """Levels sorted by price. ``best`` is the index of the best price in ``prices``."""

    __slots__ = ("best", "levels", "prices")

    def __init__(self, *, highest_first: bool) -> None:
        self.prices: list[Decimal] = []
        self.levels: dict[Decimal, Level] = {}
        self.best = -1 if highest_first else 0

    def add(self, order: BookOrder, price: Decimal) -> None:
        """Put an order last at its price."""
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = Level()
            insort(self.prices, price)
        level.add(order)

    def remove(self, order: BookOrder, price: Decimal) -> None:
        """Take an order out, and its level if it was the last there."""
        level = self.levels[price]
        level.remove(order)
        if not level.orders:
            self.drop(price)

    def drop(self, price: Decimal) -> None:
        """Take a whole level out."""
        del self.levels[price]
        if self.prices[self.best] == price:
            del self.prices[self.best]
        else:
            del self.prices[bisect_left(self.prices, price)]

    def best_price(self) -> Decimal | None:
        """The best price, or None if there is no order."""
        return self.prices[self.best] if self.prices else None

    def top(self, count: int) -> tuple[tuple[Decimal, Decimal], ...]:
        """The best ``count`` levels as (price, quantity), best first."""
        if count <= 0:
            return ()
        prices = self.prices[:count] if self.best == 0 else self.prices[: -count - 1 : -1]
        return tuple((price, self.levels[price].qty) for price in prices)


class Book:
    """Bids, asks, and stop orders that wait for the price to rise or to fall."""

    __slots__ = (
        "asks",
        "bids",
        "falling",
        "halted",
        "high",
        "last_px",
        "listing",
        "low",
        "rising",
    )

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.bids = PriceLevels(highest_first=True)
        self.asks = PriceLevels(highest_first=False)
        self.rising = PriceLevels(highest_first=False)
        self.falling = PriceLevels(highest_first=True)
        self.halted = False
        self.last_px: Decimal | None = None
        # The span of trade prices since stop orders were last looked at: a sweep may set off
        # stop orders in both directions.
        self.low: Decimal | None = None
        self.high: Decimal | None = None

    def side_of(self, order: BookOrder) -> PriceLevels:
        """Where a working order rests."""
        return self.bids if order.is_buy else self.asks

    def stops_of(self, order: BookOrder) -> PriceLevels:
        """Where a held order waits."""
        return self.falling if order.is_buy is order.if_touched else self.rising

    def crosses(self, order: BookOrder, price: Decimal) -> bool:
        """Whether the order would trade at once at this price."""
        other = (self.asks if order.is_buy else self.bids).best_price()
        if other is None:
            return False
        return price >= other if order.is_buy else price <= other

    def note_trade(self, price: Decimal) -> None:
        """Remember a trade price, for the stop orders."""
        self.last_px = price
        if self.low is None or price < self.low:
            self.low = price
        if self.high is None or price > self.high:
            self.high = price

    def take_triggered(self) -> list[BookOrder]:
        """Take out the held orders that the trades since the last call have set off."""
        low, high = self.low, self.high
        self.low = self.high = None
        if low is None or high is None:
            return []
        ready: list[BookOrder] = []
        while self.rising.prices and self.rising.prices[0] <= high:
            ready += self._pop_level(self.rising)
        while self.falling.prices and self.falling.prices[-1] >= low:
            ready += self._pop_level(self.falling)
        return ready

    @staticmethod
    def _pop_level(stops: PriceLevels) -> list[BookOrder]:
        price = stops.prices[stops.best]
        orders = list(stops.levels[price].orders.values())
        stops.drop(price)
        return orders
