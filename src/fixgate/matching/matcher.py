"""Matching itself: one order meets the other side of a book, by price, then by time.

Here: Matcher, which trades, rests, cancels and triggers orders and says so in events.
Not here: requests, their checks and their lookup (engine).
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.frozen import maker
from fixgate.domain.rounding import notional, plus
from fixgate.domain.values import SelfTradePrevention, TimeInForce
from fixgate.matching.book import Book, Level, PriceLevels
from fixgate.matching.events import Canceled, Event, Expired, Printed, Traded, Triggered
from fixgate.matching.orders import ZERO, BookOrder
from fixgate.matching.positions import Positions
from fixgate.matching.reasons import CancelReason, OrderState
from fixgate.matching.registry import Registry

# Reading a member of an Enum costs more than reading a module's global, and these are hot.
_STP_CANCEL_NEWEST: Final = SelfTradePrevention.CANCEL_NEWEST
_STP_CANCEL_OLDEST: Final = SelfTradePrevention.CANCEL_OLDEST
_IOC: Final = TimeInForce.IMMEDIATE_OR_CANCEL
_FOK: Final = TimeInForce.FILL_OR_KILL
_FILLED: Final = OrderState.FILLED
_CANCELED: Final = OrderState.CANCELED
_WORKING: Final = OrderState.WORKING
_HELD: Final = OrderState.HELD

_traded: Final = maker(Traded)


class Matcher:
    """Works orders in books. Trade ids are the prefix and a counter."""

    def __init__(self, registry: Registry, positions: Positions, *, id_prefix: str) -> None:
        self._registry = registry
        self._positions = positions
        self._contracts = positions.contracts
        self._id_prefix = id_prefix
        self._trade_count = 0

    def work(self, book: Book, order: BookOrder, now_ns: int, events: list[Event]) -> None:
        """Match an order, rest or cancel what is left, and set off stop orders."""
        self._work_one(book, order, now_ns, events)
        if book.low is not None:
            self.trigger(book, now_ns, events)

    def trigger(self, book: Book, now_ns: int, events: list[Event]) -> None:
        """Set off stop orders until the trades set off no more."""
        while ready := book.take_triggered():
            for order in ready:
                order.state = _WORKING
                order.hidden_qty = ZERO
                order.updated_at_ns = now_ns
                events.append(
                    Triggered(
                        account=order.account,
                        cl_ord_id=order.cl_ord_id,
                        venue_order_id=order.venue_order_id,
                        at_ns=now_ns,
                    )
                )
                self._work_one(book, order, now_ns, events)

    def hold(self, book: Book, order: BookOrder, now_ns: int, events: list[Event]) -> None:
        """Let a stop order wait; one whose price has been reached already goes off at once."""
        order.state = _HELD
        stop_px = order.stop_px
        if stop_px is None:  # the terms were checked, so this is unreachable
            raise ValueError("a stop order without a stop price")
        book.stops_of(order).add(order, stop_px)
        if book.last_px is not None:
            book.low = book.high = book.last_px
            self.trigger(book, now_ns, events)

    def print_trade(
        self, book: Book, price: Decimal, qty: Decimal, now_ns: int, events: list[Event]
    ) -> None:
        """Record a trade between others at this price. Stop orders hear of it."""
        trade_id = self._next_trade_id()
        events.append(
            Printed(
                symbol=book.listing.symbol,
                trade_id=trade_id,
                last_px=price,
                last_qty=qty,
                at_ns=now_ns,
            )
        )
        book.note_trade(price)
        self.trigger(book, now_ns, events)

    def take_out(self, book: Book, order: BookOrder) -> None:
        """Remove an open order from wherever it rests or waits."""
        if order.state is _HELD:
            if order.stop_px is not None:
                book.stops_of(order).remove(order, order.stop_px)
        elif order.price is not None:
            book.side_of(order).remove(order, order.price)

    def cancel(self, order: BookOrder, reason: CancelReason, now_ns: int) -> Canceled:
        """Close an order that is in no book any more."""
        canceled_qty = self._close(order, _CANCELED, now_ns)
        return Canceled(
            account=order.account,
            cl_ord_id=order.cl_ord_id,
            venue_order_id=order.venue_order_id,
            reason=reason,
            canceled_qty=canceled_qty,
            at_ns=now_ns,
        )

    def expire(self, order: BookOrder, now_ns: int) -> Expired:
        """Close an order whose time has run out and that is in no book any more."""
        canceled_qty = self._close(order, OrderState.EXPIRED, now_ns)
        return Expired(
            account=order.account,
            cl_ord_id=order.cl_ord_id,
            venue_order_id=order.venue_order_id,
            canceled_qty=canceled_qty,
            at_ns=now_ns,
        )

    def _work_one(self, book: Book, order: BookOrder, now_ns: int, events: list[Event]) -> None:
        other = book.asks if order.is_buy else book.bids
        if order.post_only and order.price is not None and book.crosses(order, order.price):
            events.append(self.cancel(order, CancelReason.WOULD_CROSS, now_ns))
            return
        if order.effect is not None and self._positions.room(order) == ZERO:
            events.append(self.cancel(order, CancelReason.POSITION, now_ns))
            return
        if order.time_in_force is _FOK and not self._can_fill(other, order, order.leaves_qty):
            events.append(self.cancel(order, CancelReason.FILL_OR_KILL, now_ns))
            return
        if order.min_qty is not None and not self._can_fill(other, order, order.min_qty):
            events.append(self.cancel(order, CancelReason.MIN_QTY, now_ns))
            return
        if other.prices:
            self._sweep(book, other, order, now_ns, events)
        if order.state is not _WORKING:
            return
        if order.effect is not None and self._positions.room(order) == ZERO:
            events.append(self.cancel(order, CancelReason.POSITION, now_ns))
        elif order.price is None:
            events.append(self.cancel(order, CancelReason.NO_LIQUIDITY, now_ns))
        elif order.time_in_force is _IOC:
            events.append(self.cancel(order, CancelReason.IMMEDIATE_OR_CANCEL, now_ns))
        else:
            (book.bids if order.is_buy else book.asks).add(order, order.price)

    def _sweep(
        self,
        book: Book,
        other: PriceLevels,
        taker: BookOrder,
        now_ns: int,
        events: list[Event],
    ) -> None:
        limit, prices, best = taker.price, other.prices, other.best
        while prices and taker.state is _WORKING:
            price = prices[best]
            if limit is not None and (price > limit if taker.is_buy else price < limit):
                return
            level = other.levels[price]
            self._take_level(book, level, price, taker, now_ns=now_ns, events=events)
            if level.orders:
                return
            other.drop(price)

    def _take_level(
        self,
        book: Book,
        level: Level,
        price: Decimal,
        taker: BookOrder,
        *,
        now_ns: int,
        events: list[Event],
    ) -> None:
        """Trade with the orders of one level until it is empty or the taker is done."""
        orders = level.orders
        while orders and taker.state is _WORKING:
            maker = next(iter(orders.values()))
            if (
                taker.self_trade is not None
                and maker.account == taker.account
                and maker.house is taker.house
            ):
                self._prevent(level, maker, taker, now_ns, events)
                continue
            offered = maker.leaves_qty
            if maker.max_floor is not None:
                offered -= maker.hidden_qty
            qty = min(offered, taker.leaves_qty)
            if maker.effect is not None or taker.effect is not None:
                qty = self._within_positions(level, maker, taker, qty, now_ns=now_ns, events=events)
                if not qty:
                    continue
            level.qty -= qty
            book.note_trade(price)
            self._trade(maker, taker, price, qty, now_ns=now_ns, events=events)
            if maker.state is _FILLED:
                del orders[maker.seq]
            elif maker.max_floor is not None and maker.leaves_qty == maker.hidden_qty:
                level.show_next(maker, maker.max_floor)

    def _within_positions(
        self,
        level: Level,
        maker: BookOrder,
        taker: BookOrder,
        qty: Decimal,
        *,
        now_ns: int,
        events: list[Event],
    ) -> Decimal:
        """How much of ``qty`` may trade; of zero, whose position forbids it is canceled."""
        for order in (maker, taker):
            room = self._positions.room(order)
            if room is None:
                continue
            if not room:
                if order is maker:
                    level.remove(maker)
                events.append(self.cancel(order, CancelReason.POSITION, now_ns))
                return ZERO
            qty = min(qty, room)
        return qty

    def _prevent(
        self, level: Level, maker: BookOrder, taker: BookOrder, now_ns: int, events: list[Event]
    ) -> None:
        """Cancel the resting order, the incoming one, or both, instead of a trade."""
        if taker.self_trade is not _STP_CANCEL_NEWEST:
            level.remove(maker)
            events.append(self.cancel(maker, CancelReason.SELF_TRADE, now_ns))
        if taker.self_trade is not _STP_CANCEL_OLDEST:
            events.append(self.cancel(taker, CancelReason.SELF_TRADE, now_ns))

    def _trade(
        self,
        maker: BookOrder,
        taker: BookOrder,
        price: Decimal,
        qty: Decimal,
        *,
        now_ns: int,
        events: list[Event],
    ) -> None:
        trade_id = self._next_trade_id()
        value = notional(qty, price)
        for order, is_maker in ((maker, True), (taker, False)):
            order.cum_qty += qty
            order.leaves_qty -= qty
            if order.symbol in self._contracts and not order.house:
                self._positions.traded(order, qty)
            filled = not order.leaves_qty
            if order.house:
                if filled:
                    order.state = _FILLED
                continue
            order.cum_notional = plus(order.cum_notional, value)
            order.updated_at_ns = now_ns
            traded = _traded(
                symbol=order.symbol,
                account=order.account,
                cl_ord_id=order.cl_ord_id,
                venue_order_id=order.venue_order_id,
                trade_id=trade_id,
                side=order.side,
                last_px=price,
                last_qty=qty,
                cum_qty=order.cum_qty,
                leaves_qty=order.leaves_qty,
                maker=is_maker,
                at_ns=now_ns,
            )
            events.append(traded)
            self._registry.add_trade(order, traded)
            if filled:
                order.state = _FILLED
                self._registry.close(order)

    def _can_fill(self, other: PriceLevels, taker: BookOrder, wanted: Decimal) -> bool:
        """Whether as much as that could trade at once, with what is shown and what is not."""
        room = self._positions.room(taker)
        if room is not None and room < wanted:
            return False
        # A resting order that is about a position may not be there when its turn comes.
        bound = taker.symbol in self._contracts
        prices = other.prices if other.best == 0 else reversed(other.prices)
        for price in prices:
            if taker.price is not None and (
                price > taker.price if taker.is_buy else price < taker.price
            ):
                return False
            level = other.levels[price]
            if taker.self_trade is None and not bound:
                wanted -= level.qty + level.hidden
            else:
                for maker in level.orders.values():
                    own = maker.account == taker.account and not maker.house
                    if not own or taker.self_trade is None:
                        wanted -= maker.leaves_qty if maker.effect is None else ZERO
                    elif taker.self_trade is not _STP_CANCEL_OLDEST:
                        return wanted <= ZERO
            if wanted <= ZERO:
                return True
        return False

    def _close(self, order: BookOrder, state: OrderState, now_ns: int) -> Decimal:
        canceled_qty = order.leaves_qty
        order.leaves_qty = order.hidden_qty = ZERO
        order.state = state
        order.updated_at_ns = now_ns
        self._registry.close(order)
        return canceled_qty

    def _next_trade_id(self) -> str:
        self._trade_count += 1
        return f"{self._id_prefix}{self._trade_count}"
