"""What counts against limits: open and traded value, quantities, own prices, recent orders.

Here: Exposure, one part of the state. It follows every order from the moment it is accepted
(control 5), at a cost that does not grow with the number of open orders, and follows only what
some limit asks for.
Not here: the limits (limits), the checks (risk).
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, TypeVar

from fixgate.domain.balance import spot_assets
from fixgate.domain.frozen import value
from fixgate.domain.ids import OrderID, SessionName, VenueName
from fixgate.domain.limit_book import LimitBook, rules_of
from fixgate.domain.limits import Dealt
from fixgate.domain.order import Instruction, Order, Terms
from fixgate.domain.rounding import ZERO, minus, notional, plus
from fixgate.domain.routing import SMART
from fixgate.domain.values import Side

RECENT_MAX: Final = 100_000
K = TypeVar("K")
_NS_PER_MS: Final = 1_000_000

Client = tuple[str, str]  # ("session", name) or ("account", name)
Held = tuple[str, str]  # account (or session, where there is none), symbol
Likeness = tuple[str, Side, str, str, Decimal, Decimal | None]


@value
class Counted:
    """What some limit asks for; nothing else is followed."""

    credit: bool = False
    positions: bool = False
    own_prices: bool = False
    balances: bool = False
    duplicate_within_ms: int = 0
    repeated_count: int = 0

    @property
    def orders(self) -> bool:
        """Whether orders are followed at all."""
        return self.credit or self.positions or self.own_prices or self.balances


@value
class Share:
    """What an open order counts for."""

    worth: Decimal = ZERO  # in the risk currency
    qty: Decimal = ZERO
    px: Decimal | None = None  # at which it would meet an order of the other side
    lock: Decimal = ZERO  # of what it pays with, where that is an asset of the venue account


class Exposure:
    """Changed by events only."""

    __slots__ = (
        "bought",
        "counted",
        "day_ends_ns",
        "locked",
        "open_worth",
        "own",
        "paused",
        "recent",
        "shares",
        "sold",
        "traded_worth",
        "trades",
    )

    def __init__(self) -> None:
        self.counted = Counted()
        self.day_ends_ns = 0
        self.shares: dict[OrderID, Share] = {}  # of open orders
        self.open_worth: dict[Client, Decimal] = {}
        self.traded_worth: dict[Client, Decimal] = {}  # since the day began
        self.bought: dict[Held, Decimal] = {}  # open to buy
        self.sold: dict[Held, Decimal] = {}  # open to sell
        self.locked: dict[tuple[VenueName, str], Decimal] = {}  # of an asset, by open orders
        # Own limit prices by venue, ascending.
        self.own: dict[tuple[Held, Side], dict[VenueName, list[Decimal]]] = {}
        self.recent: dict[Likeness, int] = {}  # when such an order came last, oldest first
        self.trades: dict[tuple[SessionName, str, str], deque[int]] = {}
        self.paused: dict[SessionName, str] = {}  # sessions that wait for a person, and why

    def __eq__(self, other: object) -> bool:
        """All that is in it."""
        if not isinstance(other, Exposure):
            return NotImplemented
        return all(getattr(self, each) == getattr(other, each) for each in self.__slots__)

    __hash__ = None  # type: ignore[assignment] # it changes

    # --- what is followed

    def follow(self, book: LimitBook, orders: Iterable[Order], dealt: Iterable[Dealt]) -> None:
        """Follow what the limits ask for; what was not followed yet is counted from ``orders``."""
        before, self.counted = self.counted, counted(book)
        self.shares.clear()
        self.open_worth.clear()
        self.bought.clear()
        self.sold.clear()
        self.own.clear()
        self.locked.clear()
        if not self.counted.credit:
            self.traded_worth.clear()
        if self.counted.repeated_count != before.repeated_count:
            self.trades.clear()
        open_orders = [each for each in orders if not each.is_terminal]
        if self.counted.orders:
            for each in open_orders:
                self._share(each, book)
        if not self.counted.duplicate_within_ms:
            self.recent.clear()
        elif not before.duplicate_within_ms:
            for each in sorted(open_orders, key=lambda order: order.received_at_ns):
                self.received(each)
        if self.counted.credit and not before.credit:
            for one in dealt:
                about = _about(one)
                for client in _clients(about):
                    _add(self.traded_worth, client, _worth(one.notional, about, book))

    def day_is_over(self, now_ns: int) -> bool:
        """Whether what was traded today is to be counted from nothing again."""
        return self.counted.credit and self.day_ends_ns <= now_ns

    def moved(self, before: Order | None, order: Order, book: LimitBook) -> None:
        """An order is not any more as it was."""
        if before is not None:
            if (
                before.cum_qty is order.cum_qty
                and before.terms is order.terms
                and before.requests is order.requests
                and before.is_terminal is order.is_terminal
                and before.triggered is order.triggered
            ):
                return
            if self.counted.credit and order.part_of is None and order.cum_qty != before.cum_qty:
                worth = _worth(minus(order.notional, before.notional), order.instruction, book)
                for client in _clients(order.instruction):
                    _add(self.traded_worth, client, worth)
        self._share(order, book)

    def _share(self, order: Order, book: LimitBook) -> None:
        """Let the order count for what it is now."""
        about = order.instruction
        old = self.shares.get(order.order_id, NOTHING)
        new = NOTHING if order.is_terminal else share(order, book, self.counted)
        if new is old:
            return
        if new is NOTHING:
            del self.shares[order.order_id]
        else:
            self.shares[order.order_id] = new
        if self.counted.credit and new.worth != old.worth:
            for client in _clients(about):
                _add(self.open_worth, client, minus(new.worth, old.worth))
        if self.counted.positions and new.qty != old.qty:
            side = self.bought if about.side is Side.BUY else self.sold
            _add(side, held(about), new.qty - old.qty)
        if new.lock != old.lock:
            asset = paid_with(about)
            if asset is not None:
                _add(self.locked, (about.venue, asset), minus(new.lock, old.lock))
        if self.counted.own_prices and new.px != old.px:
            self._price(about, old.px, new.px)

    def _price(self, about: Instruction, old: Decimal | None, new: Decimal | None) -> None:
        key = (held(about), about.side)
        by_venue = self.own.setdefault(key, {})
        prices = by_venue.setdefault(about.venue, [])
        if old is not None:
            del prices[bisect_left(prices, old)]
        if new is not None:
            insort(prices, new)
        if not prices:
            del by_venue[about.venue]
        if not by_venue:
            del self.own[key]

    # --- what is remembered for a while

    def received(self, order: Order) -> None:
        """An order was accepted."""
        at_ns = order.received_at_ns
        key = likeness(order.instruction, order.terms)
        self.recent.pop(key, None)
        self.recent[key] = at_ns
        oldest_ns = at_ns - self.counted.duplicate_within_ms * _NS_PER_MS
        for each, then_ns in tuple(self._oldest()):
            if then_ns > oldest_ns and len(self.recent) <= RECENT_MAX:
                return
            del self.recent[each]

    def _oldest(self) -> Iterable[tuple[Likeness, int]]:
        """The two oldest: each order that is added lets at most two go."""
        found = iter(self.recent.items())
        return [each for each, _ in zip(found, range(2), strict=False)]

    def traded(self, about: Instruction, at_ns: int) -> None:
        """A trade of an order, for control 6."""
        key = (about.session, about.venue, about.symbol)
        times = self.trades.get(key)
        if times is None:
            times = self.trades[key] = deque(maxlen=self.counted.repeated_count)
        times.append(at_ns)

    def traded_since(self, about: Instruction, count: int) -> int | None:
        """When the ``count``-th last trade of a session in an instrument was, if there was one."""
        times = self.trades.get((about.session, about.venue, about.symbol), ())
        return times[-count] if len(times) >= count else None

    def released(self, session: SessionName) -> None:
        """A person released the session: what it traded before does not count again."""
        self.paused.pop(session, None)
        for key in [each for each in self.trades if each[0] == session]:
            del self.trades[key]


NOTHING: Final = Share()


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


def share(order: Order, book: LimitBook, asked: Counted) -> Share:
    """What an open order counts for; with a replace under way, what it may come to.

    A routed order counts once, as a whole; what it has at a venue are its parts.
    """
    about = order.instruction
    px = resting_px(order.terms, triggered=order.triggered)
    qty = order.leaves_qty
    priced = asked.credit or asked.balances
    amount = _open_notional(order, order.terms) if priced else ZERO
    for request in order.requests:
        terms = request.terms
        if terms is None:
            continue
        qty = max(qty, terms.order_qty - order.cum_qty)
        if priced:
            amount = max(amount, _open_notional(order, terms))
        other = resting_px(terms, triggered=order.triggered)
        if px is None or (other is not None and (other > px) is (about.side is Side.BUY)):
            px = other
    lock = ZERO
    if asked.balances:
        lock = amount if about.side is Side.BUY else qty
    worth = _worth(amount, about, book) if asked.credit else ZERO
    if about.venue == SMART:
        return Share(worth=worth, qty=qty)
    if order.part_of is not None:
        return Share(px=px, lock=lock)
    return Share(worth=worth, qty=qty, px=px, lock=lock)


def paid_with(about: Instruction) -> str | None:
    """The asset that a spot order pays with; None: a derivative's margin is the venue's to say."""
    assets = spot_assets(about.symbol)
    if assets is None:
        return None
    base, quote = assets
    return quote if about.side is Side.BUY else base


def _open_notional(order: Order, terms: Terms) -> Decimal:
    px = counting_px(order.instruction.side, terms, order.valued_px)
    return ZERO if px is None else notional(max(terms.order_qty - order.cum_qty, ZERO), px)


def counting_px(side: Side, terms: Terms, reference_px: Decimal | None) -> Decimal | None:
    """The price by which an order counts: the most that it can come to.

    A buy counts at its limit. A sell may trade above its limit, so it counts at the reference
    price where that is higher. None: there is nothing to go by.
    """
    limit = terms.stop_px if terms.price is None else terms.price
    if limit is None or reference_px is None:
        return reference_px if limit is None else limit
    return limit if side is Side.BUY else max(limit, reference_px)


def resting_px(terms: Terms, *, triggered: bool) -> Decimal | None:
    """The limit price at which an order rests; None: it does not, or not yet."""
    return None if terms.ord_type.needs_stop_px and not triggered else terms.price


def held(about: Instruction) -> Held:
    """Whose position in what; an order without an account is its session's."""
    return (about.account or about.session, about.symbol)


def likeness(about: Instruction, terms: Terms) -> Likeness:
    """What makes two orders look like one that was sent twice."""
    return (
        about.session,
        about.side,
        about.venue,
        about.symbol,
        terms.order_qty,
        terms.price,
    )


def _clients(about: Instruction) -> tuple[Client, ...]:
    by_session = ("session", str(about.session))
    return (by_session,) if about.account is None else (by_session, ("account", about.account))


def _worth(amount: Decimal, about: Instruction, book: LimitBook) -> Decimal:
    """An amount of quote currency in the risk currency; none where no limit asks for it."""
    found = book.applied(about)
    if found is None or found.rate is None:
        return ZERO
    return notional(amount, found.rate)


def _about(dealt: Dealt) -> Instruction:
    return Instruction(
        session=SessionName(dealt.session),
        venue=VenueName(dealt.venue),
        symbol=dealt.symbol,
        venue_symbol="",
        side=Side.BUY,
        account=dealt.account,
    )


def _add(to: dict[K, Decimal], key: K, amount: Decimal) -> None:
    """Keep nothing for what comes to nothing."""
    total = plus(to.get(key, ZERO), amount)
    if total:
        to[key] = total
    else:
        to.pop(key, None)
