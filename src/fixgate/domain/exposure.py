"""What counts against limits: open and traded value, quantities, own prices, recent orders.

Here: Exposure, one part of the state. It follows every order from the moment it is accepted
(control 5), at a cost that does not grow with the number of open orders, and follows only what
some limit asks for.
Not here: what one order counts for (counting), the limits (limits), the checks (risk).
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

from fixgate.domain.balance import spot_assets
from fixgate.domain.counting import (
    NOTHING,
    Client,
    Counted,
    Held,
    Prices,
    Share,
    Sum,
    Used,
    Way,
    clients,
    held,
    paid_with,
    share,
)
from fixgate.domain.ids import OrderID, SessionName, VenueName
from fixgate.domain.limit_book import LimitBook, rules_of
from fixgate.domain.limits import Applied, Dealt
from fixgate.domain.order import TERMINAL, Instruction, Order
from fixgate.domain.recent import Recent, likeness
from fixgate.domain.rounding import ZERO, minus, notional, plus
from fixgate.domain.routing import SMART
from fixgate.domain.values import Side

K = TypeVar("K")
_NS_PER_MS: Final = 1_000_000
_WAYS_MAX: Final = 10_000


class Exposure:
    """Changed by events only."""

    __slots__ = (
        "_ways",
        "_ways_max",
        "counted",
        "day_ends_ns",
        "follows",
        "locked",
        "open_qty",
        "own",
        "paused",
        "recent",
        "shares",
        "trades",
        "used",
    )

    def __init__(self) -> None:
        self.counted = Counted()
        self.follows = False  # whether open orders count for anything
        self.day_ends_ns = 0
        self.shares: dict[OrderID, tuple[Way, Share]] = {}  # of open orders
        self.used: dict[Client, Used] = {}
        self.open_qty: dict[tuple[Held, Side], Sum] = {}
        self.locked: dict[tuple[VenueName, str], Sum] = {}  # of an asset
        self.own: dict[tuple[Held, Side], Prices] = {}
        self.recent = Recent()
        self.trades: dict[tuple[SessionName, str, str], deque[int]] = {}
        self.paused: dict[SessionName, str] = {}  # sessions that wait for a person, and why
        self._ways: dict[tuple[Any, ...], Way] = {}
        self._ways_max = _WAYS_MAX

    def __eq__(self, other: object) -> bool:
        """All that counts; what was looked up before makes no difference."""
        if not isinstance(other, Exposure):
            return NotImplemented
        mine, theirs = (
            (each.counted, each.day_ends_ns, each.recent, each.trades, each.paused, each.counts)
            for each in (self, other)
        )
        return mine == theirs

    __hash__ = None  # type: ignore[assignment] # it changes

    # --- what it comes to

    @property
    def credit(self) -> dict[Client, tuple[Decimal, Decimal]]:
        """What every client that uses any has open, and has traded since the day began."""
        return {
            client: (each.open_worth, each.traded_worth)
            for client, each in self.used.items()
            if each.open_worth or each.traded_worth
        }

    @property
    def counts(self) -> tuple[object, ...]:
        """What all open orders and today's trades come to, without what is nothing."""
        own = {
            (key, venue): prices
            for key, by_venue in self.own.items()
            for venue, prices in by_venue.items()
            if prices
        }
        shares = {order_id: each for order_id, (_, each) in self.shares.items()}
        return (shares, self.credit, _amounts(self.open_qty), _amounts(self.locked), own)

    # --- what is followed

    def follow(self, book: LimitBook, orders: Iterable[Order], dealt: Iterable[Dealt]) -> None:
        """Follow what the limits ask for; what was not followed yet is counted from ``orders``."""
        before, now = self.counted, counted(book)
        self.counted = now
        self.follows = now.credit or now.positions or now.own_prices or now.balances
        traded = {client: each.traded_worth for client, each in self.used.items() if now.credit}
        for table in (self.shares, self.used, self.open_qty, self.locked, self.own, self._ways):
            table.clear()
        for client, worth in traded.items():
            self._used(client).traded_worth = worth
        if now.repeated_count != before.repeated_count:
            self.trades.clear()
        open_orders = [each for each in orders if not each.is_terminal]
        if self.follows:
            for each in open_orders:
                self.moved(None, each, book)
        self.recent.within_ns = now.duplicate_within_ms * _NS_PER_MS
        if not now.duplicate_within_ms:
            self.recent.clear()
        elif not before.duplicate_within_ms:
            whole = [each for each in open_orders if each.part_of is None]
            for each in sorted(whole, key=lambda order: order.received_at_ns):
                self.received(each)
        if now.credit and not before.credit:
            for one in dealt:
                _deal(self.way(_about(one), book), one.notional)

    def day_is_over(self, now_ns: int) -> bool:
        """Whether what was traded today is to be counted from nothing again."""
        return self.counted.credit and self.day_ends_ns <= now_ns

    def begin_day(self, day_ends_ns: int) -> None:
        """What was traded before counts no more."""
        self.day_ends_ns = day_ends_ns
        for each in self.used.values():
            each.traded_worth = ZERO

    def moved(self, before: Order | None, order: Order, book: LimitBook) -> None:
        """An order is not any more as it was, or is there."""
        over = order.stage in TERMINAL
        if (
            before is not None
            and before.cum_qty is order.cum_qty
            and before.terms is order.terms
            and before.requests is order.requests
            and before.triggered is order.triggered
            and (before.stage in TERMINAL) is over
            and before.held is order.held
        ):
            return
        counts = self.shares.get(order.order_id)
        way, old = (self.way(order.instruction, book), NOTHING) if counts is None else counts
        if before is not None and self.counted.credit and order.part_of is None:
            _deal(way, minus(order.notional, before.notional))
        if not over:
            new = share(order, way, self.counted)
            self.shares[order.order_id] = way, new
            _count(way, order.instruction.venue, old, new)
        elif counts is not None:
            del self.shares[order.order_id]
            _count(way, order.instruction.venue, old, NOTHING)

    # --- where it counts

    def way(self, about: Instruction, book: LimitBook) -> Way:
        """Where an order counts, by what the limits say since they were last followed."""
        kind = (about.session, about.account, about.venue, about.symbol, about.side)
        found = self._ways.get(kind)
        if found is None:
            if len(self._ways) >= self._ways_max:
                self._forget_ways()
            found = self._ways[kind] = self.new_way(about, book.applied(about))
        return found

    def new_way(self, about: Instruction, applied: Applied | None) -> Way:
        """The way of orders that must keep within ``applied``."""
        whose = held(about)
        pays = None if about.venue == SMART else (about.venue, paid_with(about))
        other = Side.SELL if about.side is Side.BUY else Side.BUY
        return Way(
            applied=applied,
            used=tuple(self._used(each) for each in clients(about)),
            open_qty=self.open_qty.setdefault((whose, about.side), Sum()),
            pays=pays,
            locked=None if pays is None else self.locked.setdefault(pays, Sum()),
            margined=spot_assets(about.symbol) is None,
            own=self.own.setdefault((whose, about.side), {}),
            against=self.own.setdefault((whose, other), {}),
        )

    def _used(self, client: Client) -> Used:
        return self.used.setdefault(client, Used(client))

    def _forget_ways(self) -> None:
        """Drop those on which no order is open, and sums of nothing: they are made again.

        The sums of open orders stay the same objects, for their orders will take away from them.
        """
        open_ways = {id(way) for way, _ in self.shares.values()}
        self._ways = {kind: way for kind, way in self._ways.items() if id(way) in open_ways}
        self._ways_max = max(_WAYS_MAX, 2 * len(self._ways))
        live = {id(each) for way in self._ways.values() for each in way.sums}
        traded = {client for client, _ in self.credit.items()}
        self.used = {k: v for k, v in self.used.items() if id(v) in live or k in traded}
        self.open_qty = {k: v for k, v in self.open_qty.items() if id(v) in live}
        self.locked = {k: v for k, v in self.locked.items() if id(v) in live}
        self.own = {k: v for k, v in self.own.items() if id(v) in live}

    # --- what is remembered for a while

    def received(self, order: Order) -> None:
        """An order was accepted."""
        self.recent.add(likeness(order.instruction, order.terms), order.received_at_ns)

    def traded(self, about: Instruction, at_ns: int) -> None:
        """A trade of an order, for control 6."""
        key = (about.session, about.venue, about.symbol)
        times = self.trades.get(key)
        if times is None:
            times = self.trades[key] = deque(maxlen=self.counted.repeated_count)
        times.append(at_ns)

    def traded_since(self, about: Instruction, count: int) -> int | None:
        """When the ``count``-th last trade of a session in an instrument was, if there was one."""
        times = self.trades.get((about.session, about.venue, about.symbol))
        return None if times is None or len(times) < count else times[-count]

    def released(self, session: SessionName) -> None:
        """A person released the session: what it traded before does not count again."""
        self.paused.pop(session, None)
        for key in [each for each in self.trades if each[0] == session]:
            del self.trades[key]


def counted(book: LimitBook) -> Counted:
    """What the limits ask for."""
    limits = list(rules_of(book.sets))
    return Counted(
        credit=any(each.credit_max is not None for each in limits),
        positions=any(each.position_max is not None for each in limits),
        own_prices=any(each.self_match for each in limits),
        balances=any(each.balance for each in limits),
        duplicate_within_ms=max((each.duplicate_within_ms or 0 for each in limits), default=0),
        repeated_count=max(
            (each.repeated_trades.count for each in limits if each.repeated_trades), default=0
        ),
    )


def _about(dealt: Dealt) -> Instruction:
    return Instruction(
        session=SessionName(dealt.session),
        venue=VenueName(dealt.venue),
        symbol=dealt.symbol,
        venue_symbol="",
        side=Side.BUY,
        account=dealt.account,
    )


def _count(way: Way, venue: VenueName, old: Share, new: Share) -> None:
    """An open order counts for ``new`` instead of ``old``.

    What no limit asks for is the same object in both. And to compare a decimal with None, CPython
    would ask whether None is a number, which takes longer than all the rest.
    """
    if new.worth is not old.worth:
        more = minus(new.worth, old.worth)
        for used in way.used:
            used.open_worth = plus(used.open_worth, more)
    if new.qty is not old.qty:
        way.open_qty.amount = plus(way.open_qty.amount, minus(new.qty, old.qty))
    if new.lock is not old.lock and way.locked is not None:
        way.locked.amount = plus(way.locked.amount, minus(new.lock, old.lock))
    if new.px is not old.px:
        _price(way.own, venue, old.px, new.px)


def _price(own: Prices, venue: VenueName, old: Decimal | None, new: Decimal | None) -> None:
    prices = own.get(venue)
    if prices is None:
        prices = own[venue] = []
    if old is not None:
        del prices[bisect_left(prices, old)]
    if new is not None:
        insort(prices, new)


def _deal(way: Way, amount: Decimal) -> None:
    """So much of quote currency was traded today."""
    if not amount or way.applied is None or way.applied.rate is None:
        return
    worth = notional(amount, way.applied.rate)
    for used in way.used:
        used.traded_worth = plus(used.traded_worth, worth)


def _amounts(sums: Mapping[K, Sum]) -> dict[K, Decimal]:
    return {key: each.amount for key, each in sums.items() if each.amount}
