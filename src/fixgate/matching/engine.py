"""The matching engine: requests in, events out.

Here: MatchingEngine, which checks a request, finds the order it is about and has it worked.
Not here: the matching loop (matcher), the price levels (book), the memory of orders (registry).

Every operation is a function of what came before and of its arguments; time is an argument.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import Final

from fixgate.domain.frozen import maker
from fixgate.domain.values import OrdType, Side, TimeInForce
from fixgate.matching.book import Book
from fixgate.matching.events import (
    Accepted,
    CancelRejected,
    Event,
    Expired,
    Rejected,
    Replaced,
    ReplaceRejected,
    Traded,
)
from fixgate.matching.listing import Listing
from fixgate.matching.matcher import Matcher
from fixgate.matching.orders import ZERO, BookOrder, Depth, NewOrder, OrderSnapshot, Replacement
from fixgate.matching.positions import Positions
from fixgate.matching.reasons import CancelReason, OrderState, RejectReason
from fixgate.matching.registry import Registry, is_open
from fixgate.matching.rules import may_be_part, why_not_terms, why_not_values

_accepted: Final = maker(Accepted)

_STOP: Final = OrdType.STOP
_STOP_LIMIT: Final = OrdType.STOP_LIMIT
_HEAP_SLACK: Final = 64


class MatchingEngine:
    """One price-time priority engine for several instruments.

    ``closed_max`` and ``trades_max`` bound what is remembered of closed orders and of trades;
    ``open_max`` bounds the open orders, beyond it new ones are rejected. ``id_prefix`` opens
    every order id and trade id; whoever restarts an engine gives it another prefix. With an
    empty prefix ids are plain numbers.
    """

    def __init__(
        self,
        listings: Iterable[Listing],
        *,
        id_prefix: str,
        open_max: int = 200_000,
        closed_max: int = 10_000,
        trades_max: int = 20_000,
    ) -> None:
        self._books = {each.symbol: Book(each) for each in listings}
        self._positions = Positions(each.listing for each in self._books.values())
        self._registry = Registry(closed_max=closed_max, trades_max=trades_max)
        self._matcher = Matcher(self._registry, self._positions, id_prefix=id_prefix)
        self._id_prefix = id_prefix
        self._open_max = open_max
        self._seq = 0
        self._id_count = 0
        self._expiring: list[tuple[int, int, BookOrder]] = []

    # Requests

    def submit(self, order: NewOrder, now_ns: int) -> tuple[Event, ...]:
        """Enter a new order: Rejected, or Accepted and what follows from it."""
        book = self._books.get(order.symbol)
        reason = RejectReason.UNKNOWN_SYMBOL if book is None else self._why_not(book, order, now_ns)
        if book is None or reason is not None:
            return (
                Rejected(
                    account=order.account,
                    cl_ord_id=order.cl_ord_id,
                    reason=reason or RejectReason.UNKNOWN_SYMBOL,
                    at_ns=now_ns,
                ),
            )
        self._id_count += 1
        mine = BookOrder(
            order,
            seq=self._next_seq(),
            venue_order_id=f"{self._id_prefix}{self._id_count}",
            at_ns=now_ns,
        )
        if order.effect is not None and self._positions.room(mine) == ZERO:
            rejected = Rejected(
                account=order.account,
                cl_ord_id=order.cl_ord_id,
                reason=RejectReason.POSITION,
                at_ns=now_ns,
            )
            return (rejected,)
        events: list[Event] = []
        self._admit(book, mine, now_ns, events, held=order.stop_px is not None)
        return tuple(events)

    def restore(
        self,
        order: NewOrder,
        *,
        venue_order_id: str,
        cum_qty: Decimal,
        triggered: bool,
        now_ns: int,
    ) -> tuple[Event, ...]:
        """Enter an order that was accepted in an earlier life of the engine, under its old id.

        It queues behind what is there already, so orders are restored in order of arrival.
        ``triggered`` says that a stop order had gone off. The answer is as of ``submit``.

        Raises ValueError if the id is known, or ``cum_qty`` leaves nothing to work.
        """
        if self._registry.has_venue_order_id(venue_order_id):
            raise ValueError(f"the venue order id {venue_order_id} is taken")
        if not ZERO <= cum_qty < order.order_qty:
            raise ValueError("an order without leaves cannot be restored")
        book = self._books[order.symbol]
        mine = BookOrder(order, seq=self._next_seq(), venue_order_id=venue_order_id, at_ns=now_ns)
        mine.cum_qty = cum_qty
        mine.leaves_qty = order.order_qty - cum_qty
        events: list[Event] = []
        held = order.stop_px is not None and not triggered
        self._admit(book, mine, now_ns, events, held=held)
        return tuple(events)

    def cancel(
        self,
        account: str,
        now_ns: int,
        *,
        cl_ord_id: str | None = None,
        venue_order_id: str | None = None,
    ) -> tuple[Event, ...]:
        """Cancel an open order: Canceled, or CancelRejected."""
        order = self._registry.find(account, cl_ord_id=cl_ord_id, venue_order_id=venue_order_id)
        if order is None or not is_open(order):
            return (
                CancelRejected(
                    account=account,
                    cl_ord_id=cl_ord_id,
                    venue_order_id=venue_order_id,
                    reason=_why_not_open(order),
                    at_ns=now_ns,
                ),
            )
        return (self._cancel(order, now_ns),)

    def cancel_all(
        self, account: str, now_ns: int, *, symbol: str | None = None
    ) -> tuple[Event, ...]:
        """Cancel the open orders of an account, all or those in one symbol."""
        return tuple(
            self._cancel(order, now_ns)
            for order in self._registry.open_of(account)
            if symbol is None or order.symbol == symbol
        )

    def replace(
        self,
        account: str,
        change: Replacement,
        now_ns: int,
        *,
        cl_ord_id: str | None = None,
        venue_order_id: str | None = None,
    ) -> tuple[Event, ...]:
        """Change an open order: Replaced and what follows from it, or ReplaceRejected.

        A lower quantity at the same price keeps the place in the queue, except of an iceberg order;
        anything else loses it.
        """
        order = self._registry.find(account, cl_ord_id=cl_ord_id, venue_order_id=venue_order_id)
        reason = (
            _why_not_open(order)
            if order is None or not is_open(order)
            else self._why_not_change(order, change)
        )
        if order is None or reason is not None:
            return (
                ReplaceRejected(
                    account=account,
                    cl_ord_id=cl_ord_id,
                    venue_order_id=venue_order_id,
                    reason=reason or RejectReason.UNKNOWN_ORDER,
                    at_ns=now_ns,
                ),
            )
        return self._change(order, change, now_ns)

    # Time

    def halt(self, symbol: str, now_ns: int) -> tuple[Event, ...]:
        """Let nothing trade in a symbol until ``resume``; its open orders are canceled."""
        self._books[symbol].halted = True
        orders = sorted(self._registry.all_open(), key=lambda each: each.seq)
        return tuple(
            self._cancel(each, now_ns, CancelReason.HALTED)
            for each in orders
            if each.symbol == symbol
        )

    def resume(self, symbol: str) -> None:
        """Let a symbol trade again."""
        self._books[symbol].halted = False

    def expire(self, now_ns: int) -> tuple[Event, ...]:
        """Expire the good-till-date orders whose time has come."""
        expired: list[Event] = []
        while self._expiring and self._expiring[0][0] <= now_ns:
            order = heappop(self._expiring)[2]
            if is_open(order):
                expired.append(self._expire(order, now_ns))
        return tuple(expired)

    def end_day(self, now_ns: int) -> tuple[Event, ...]:
        """Expire the day orders. When the day ends is for the caller to know."""
        of_the_day = [
            each for each in self._registry.all_open() if each.time_in_force is TimeInForce.DAY
        ]
        of_the_day.sort(key=lambda each: each.seq)
        return tuple(self._expire(order, now_ns) for order in of_the_day)

    # The market around the clients

    def quote(
        self, symbol: str, side: Side, price: Decimal, qty: Decimal, now_ns: int
    ) -> tuple[BookOrder, tuple[Event, ...]]:
        """Enter a house order, good till canceled. Only the events of other orders come back.

        House orders have no ids and are in no query; the order returned is the handle for
        ``withdraw``. The caller answers for tick and lot.
        """
        book = self._books[symbol]
        terms = NewOrder(
            symbol=symbol,
            account="",
            cl_ord_id="",
            side=side,
            ord_type=OrdType.LIMIT,
            order_qty=qty,
            price=price,
        )
        order = BookOrder(terms, seq=self._next_seq(), venue_order_id="", at_ns=now_ns, house=True)
        events: list[Event] = []
        self._matcher.work(book, order, now_ns, events)
        return order, tuple(events)

    def withdraw(self, order: BookOrder) -> None:
        """Take a house order out, if it still works."""
        if order.state is OrderState.WORKING:
            self._matcher.take_out(self._books[order.symbol], order)
            order.state = OrderState.CANCELED
            order.leaves_qty = ZERO

    def print_trade(
        self, symbol: str, price: Decimal, qty: Decimal, now_ns: int
    ) -> tuple[Event, ...]:
        """Put a trade between others on the tape. It may set off stop orders."""
        events: list[Event] = []
        self._matcher.print_trade(self._books[symbol], price, qty, now_ns, events)
        return tuple(events)

    def take_position(self, account: str, symbol: str, qty: Decimal) -> None:
        """Let an account be long or short in a contract as it was in an earlier life."""
        self._positions.set(account, symbol, qty)

    # Queries

    def position(self, account: str, symbol: str) -> Decimal:
        """What an account is long (above zero) or short in a contract."""
        return self._positions.qty(account, symbol)

    def find(
        self, account: str, *, cl_ord_id: str | None = None, venue_order_id: str | None = None
    ) -> OrderSnapshot | None:
        """An order of the account, open or recently closed."""
        order = self._registry.find(account, cl_ord_id=cl_ord_id, venue_order_id=venue_order_id)
        return None if order is None else order.snapshot()

    def open_orders(self, account: str, *, symbol: str | None = None) -> tuple[OrderSnapshot, ...]:
        """The open orders of an account, in order of arrival."""
        return tuple(
            order.snapshot()
            for order in self._registry.open_of(account)
            if symbol is None or order.symbol == symbol
        )

    def orders(self, account: str, *, symbol: str | None = None) -> tuple[OrderSnapshot, ...]:
        """The open and recently closed orders of an account. Costs a look at all orders kept."""
        return tuple(
            order.snapshot()
            for order in self._registry.known_of(account)
            if symbol is None or order.symbol == symbol
        )

    def trades(
        self, account: str, *, cl_ord_id: str | None = None, venue_order_id: str | None = None
    ) -> tuple[Traded, ...]:
        """The trades of one order that are still remembered, oldest first."""
        order = self._registry.find(account, cl_ord_id=cl_ord_id, venue_order_id=venue_order_id)
        return () if order is None else tuple(order.trades)

    def traded_since(self, account: str, at_ns: int) -> Iterator[Traded]:
        """The trades of an account since a time, the newest first, as far as they are remembered.

        Nothing may trade meanwhile.
        """
        return self._registry.traded_since(account, at_ns)

    def remembers_from_ns(self) -> int:
        """The time from which on all trades are remembered; 0: since it began."""
        return self._registry.remembers_from_ns()

    def listings(self) -> tuple[Listing, ...]:
        """The instruments."""
        return tuple(book.listing for book in self._books.values())

    def best_bid(self, symbol: str) -> Decimal | None:
        """The highest bid price, or None. Raises KeyError on an unknown symbol."""
        return self._books[symbol].bids.best_price()

    def best_ask(self, symbol: str) -> Decimal | None:
        """The lowest ask price, or None. Raises KeyError on an unknown symbol."""
        return self._books[symbol].asks.best_price()

    def last_px(self, symbol: str) -> Decimal | None:
        """The price of the last trade, or None. Raises KeyError on an unknown symbol."""
        return self._books[symbol].last_px

    def depth(self, symbol: str, levels: int) -> Depth:
        """The best levels of both sides. Raises KeyError on an unknown symbol."""
        book = self._books[symbol]
        return Depth(bids=book.bids.top(levels), asks=book.asks.top(levels))

    # Inside

    def _next_seq(self) -> int:
        self._seq += 1
        return self._seq

    def _why_not(self, book: Book, order: NewOrder, now_ns: int) -> RejectReason | None:
        if book.halted:
            return RejectReason.HALTED
        if self._registry.is_taken(order.account, order.cl_ord_id):
            return RejectReason.DUPLICATE_CL_ORD_ID
        if self._registry.open_count >= self._open_max:
            return RejectReason.TOO_MANY_ORDERS
        reason = why_not_terms(order, book.listing, now_ns)
        if reason is None and order.post_only and order.stop_px is None:
            return _why_not_crossing(book, order.side, order.price)
        return reason

    def _admit(
        self,
        book: Book,
        order: BookOrder,
        now_ns: int,
        events: list[Event],
        *,
        held: bool,
    ) -> None:
        events.append(
            _accepted(
                account=order.account,
                cl_ord_id=order.cl_ord_id,
                venue_order_id=order.venue_order_id,
                at_ns=now_ns,
            )
        )
        self._registry.add(order)
        if held:
            self._matcher.hold(book, order, now_ns, events)
        else:
            self._matcher.work(book, order, now_ns, events)
        if order.expire_at_ns is not None and is_open(order):
            self._watch_expiry(order)

    def _watch_expiry(self, order: BookOrder) -> None:
        if order.expire_at_ns is None:
            return
        heap = self._expiring
        # Canceled orders stay in the heap until their time; no more than as many as are open.
        if len(heap) > 2 * self._registry.open_count + _HEAP_SLACK:
            heap[:] = [each for each in heap if is_open(each[2])]
            heapify(heap)
        heappush(heap, (order.expire_at_ns, order.seq, order))

    def _cancel(
        self, order: BookOrder, now_ns: int, reason: CancelReason = CancelReason.REQUESTED
    ) -> Event:
        self._matcher.take_out(self._books[order.symbol], order)
        return self._matcher.cancel(order, reason, now_ns)

    def _expire(self, order: BookOrder, now_ns: int) -> Expired:
        self._matcher.take_out(self._books[order.symbol], order)
        return self._matcher.expire(order, now_ns)

    def _why_not_change(self, order: BookOrder, change: Replacement) -> RejectReason | None:
        book = self._books[order.symbol]
        if (
            change.cl_ord_id is not None
            and change.cl_ord_id != order.cl_ord_id
            and self._registry.is_taken(order.account, change.cl_ord_id)
        ):
            return RejectReason.DUPLICATE_CL_ORD_ID
        held = order.state is OrderState.HELD
        order_qty = order.order_qty if change.order_qty is None else change.order_qty
        if (
            (change.price is not None and order.price is None)
            or (change.stop_px is not None and not held)
            or not may_be_part(change.max_floor, order_qty, book.listing)
        ):
            return RejectReason.CONFLICTING_TERMS
        price = order.price if change.price is None else change.price
        reason = why_not_values(book.listing, order_qty, (price, change.stop_px))
        if reason is not None:
            return reason
        if order_qty <= order.cum_qty:
            return RejectReason.QTY_NOT_ABOVE_CUM_QTY
        if order.post_only and not held:
            return _why_not_crossing(book, order.side, price)
        return None

    def _change(self, order: BookOrder, change: Replacement, now_ns: int) -> tuple[Event, ...]:
        book = self._books[order.symbol]
        order_qty = order.order_qty if change.order_qty is None else change.order_qty
        price = order.price if change.price is None else change.price
        stop_px = order.stop_px if change.stop_px is None else change.stop_px
        keeps = price == order.price and stop_px == order.stop_px and order_qty <= order.order_qty
        if change.max_floor is not None or order.max_floor is not None:
            keeps = False
        held = order.state is OrderState.HELD
        orig_cl_ord_id = order.cl_ord_id
        if change.cl_ord_id is not None and change.cl_ord_id != orig_cl_ord_id:
            self._registry.rename(order, change.cl_ord_id)
        if keeps:
            self._shrink(book, order, order_qty)
        else:
            self._matcher.take_out(book, order)
            order.leaves_qty = order_qty - order.cum_qty
            order.price, order.stop_px = price, stop_px
            order.max_floor = change.max_floor or order.max_floor
            order.seq = self._next_seq()
        order.order_qty = order_qty
        order.updated_at_ns = now_ns
        events: list[Event] = [
            Replaced(
                account=order.account,
                cl_ord_id=order.cl_ord_id,
                orig_cl_ord_id=orig_cl_ord_id,
                venue_order_id=order.venue_order_id,
                order_qty=order_qty,
                price=price,
                stop_px=stop_px,
                leaves_qty=order.leaves_qty,
                kept_priority=keeps,
                at_ns=now_ns,
            )
        ]
        if not keeps and held:
            self._matcher.hold(book, order, now_ns, events)
        elif not keeps:
            self._matcher.work(book, order, now_ns, events)
        return tuple(events)

    @staticmethod
    def _shrink(book: Book, order: BookOrder, order_qty: Decimal) -> None:
        leaves_qty = order_qty - order.cum_qty
        levels = book.stops_of(order) if order.state is OrderState.HELD else book.side_of(order)
        price = order.stop_px if order.state is OrderState.HELD else order.price
        if price is not None:
            levels.levels[price].qty -= order.leaves_qty - leaves_qty
        order.leaves_qty = leaves_qty


def _why_not_open(order: BookOrder | None) -> RejectReason:
    return RejectReason.UNKNOWN_ORDER if order is None else RejectReason.ORDER_CLOSED


def _why_not_crossing(book: Book, side: Side, price: Decimal | None) -> RejectReason | None:
    other = (book.asks if side is Side.BUY else book.bids).best_price()
    if other is None or price is None:
        return None
    crosses = price >= other if side is Side.BUY else price <= other
    return RejectReason.WOULD_CROSS if crosses else None
