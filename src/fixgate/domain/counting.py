"""What one order counts for against limits, and where.

Here: Share and Way, share(), and the prices by which an order counts.
Not here: following orders (exposure), the limits.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fixgate.domain.balance import settled_in, spot_assets
from fixgate.domain.frozen import maker, value
from fixgate.domain.ids import VenueName
from fixgate.domain.limits import ONE, Applied
from fixgate.domain.order import Instruction, Order, Terms
from fixgate.domain.rounding import ZERO, notional
from fixgate.domain.rounding import share as part_of
from fixgate.domain.routing import SMART
from fixgate.domain.values import PositionEffect, Side

Client = tuple[str, str]  # ("session", name) or ("account", name)
Held = tuple[str, str]  # account (or session, where there is none), symbol


@value
class Counted:
    """What some limit asks for; nothing else is followed."""

    credit: bool = False
    positions: bool = False
    own_prices: bool = False
    balances: bool = False
    duplicate_within_ms: int = 0
    repeated_count: int = 0


@dataclass(slots=True)
class Used:
    """What a client uses of its credit, in the risk currency."""

    client: Client
    open_worth: Decimal = ZERO
    traded_worth: Decimal = ZERO  # since the day began


@dataclass(slots=True)
class Sum:
    """What open orders come to in one thing."""

    amount: Decimal = ZERO


Prices = dict[VenueName, list[Decimal]]
"""Own limit prices of open orders at each venue, ascending."""


@dataclass(slots=True)
class Way:
    """Where orders of one kind count: found once for all of them, so that each pays a look-up.

    The sums are those of the exposure, which alone changes them.
    """

    applied: Applied | None  # what such orders must keep within
    used: tuple[Used, ...]  # by the session, and by the account if there is one
    open_qty: Sum  # of the same side, by the account in the instrument
    pays: tuple[VenueName, str] | None  # the asset of a venue account that they lock, if any
    locked: Sum | None  # of that asset
    margined: bool  # a derivative: so much of it as the order's leverage says
    own: Prices  # of the same side, by the account in the instrument
    against: Prices  # of the other side

    @property
    def sums(self) -> tuple[object, ...]:
        """All that it refers to."""
        return (*self.used, self.open_qty, self.locked, self.own, self.against)


@value
class Share:
    """What an open order counts for."""

    worth: Decimal = ZERO  # in the risk currency
    qty: Decimal = ZERO
    px: Decimal | None = None  # at which it would meet an order of the other side
    lock: Decimal = ZERO  # of what it pays with, where that is an asset of the venue account


NOTHING: Final = Share()
_share: Final = maker(Share)
_CLOSE: Final = PositionEffect.CLOSE
_BUY: Final = Side.BUY  # the name is looked up once, not with every order


def clients(about: Instruction) -> tuple[Client, ...]:
    """Whose credit an order uses."""
    by_session = ("session", str(about.session))
    return (by_session,) if about.account is None else (by_session, ("account", about.account))


def share(order: Order, way: Way, asked: Counted) -> Share:
    """What an open order counts for; with a replace under way, what it may come to.

    A routed order counts once, as a whole; what it has at a venue are its parts.
    """
    terms, about, cum_qty = order.terms, order.instruction, order.cum_qty
    buys, priced = about.side is _BUY, asked.credit or asked.balances
    qty = terms.order_qty - cum_qty if cum_qty else terms.order_qty
    px = resting_px(terms, triggered=order.triggered) if asked.own_prices else None
    amount = _notional(order, terms, qty) if priced else ZERO
    for request in order.requests:
        if request.terms is None:
            continue
        open_qty = max(request.terms.order_qty - cum_qty, ZERO)
        qty = max(qty, open_qty)
        if priced:
            amount = max(amount, _notional(order, request.terms, open_qty))
        other = resting_px(request.terms, triggered=order.triggered) if asked.own_prices else None
        if px is None or (other is not None and (other > px) is buys):
            px = other
    rate = None if way.applied is None or not asked.credit else way.applied.rate
    worth = ZERO if rate is None else amount if rate is ONE else notional(amount, rate)
    lock = ZERO
    if asked.balances:
        lock = margin(terms, amount) if way.margined else amount if buys else qty
    qty = qty if asked.positions else ZERO
    if about.venue == SMART:
        return _share(worth=worth, qty=qty)
    if order.protects:  # what it takes back was counted with its entry
        return NOTHING if order.waits else _share(px=px, lock=lock)
    if order.part_of is not None:
        return _share(px=px, lock=lock)
    return _share(worth=worth, qty=qty, px=px, lock=lock)


def margin(terms: Terms, amount: Decimal) -> Decimal:
    """What a derivative's order locks of the currency in which it is settled.

    It is known only where the order says its leverage and may open something.
    """
    extras = terms.extras
    if extras is None or extras.leverage is None or extras.position_effect is _CLOSE:
        return ZERO
    return part_of(amount, ONE, extras.leverage)


def says_margin(terms: Terms) -> bool:
    """Whether a derivative's order says what margin it takes."""
    return terms.extras is not None and terms.extras.leverage is not None


def _notional(order: Order, terms: Terms, qty: Decimal) -> Decimal:
    px = counting_px(order.instruction.side, terms, order.valued_px)
    return ZERO if px is None else notional(qty, px)


def counting_px(side: Side, terms: Terms, reference_px: Decimal | None) -> Decimal | None:
    """The price by which an order counts: the most that it can come to.

    A buy counts at its limit. A sell may trade above its limit, so it counts at the reference
    price where that is higher. None: there is nothing to go by.
    """
    limit = terms.stop_px if terms.price is None else terms.price
    if limit is None or reference_px is None:
        return reference_px if limit is None else limit
    return limit if side is _BUY else max(limit, reference_px)


def resting_px(terms: Terms, *, triggered: bool) -> Decimal | None:
    """The limit price at which an order rests; None: it does not, or not yet."""
    return None if not triggered and terms.ord_type.needs_stop_px else terms.price


def held(about: Instruction) -> Held:
    """Whose position in what; an order without an account is its session's."""
    return (about.account or about.session, about.symbol)


def paid_with(about: Instruction) -> str:
    """The asset that an order pays with, or that its margin is of."""
    assets = spot_assets(about.symbol)
    if assets is None:
        return settled_in(about.symbol)
    base, quote = assets
    return quote if about.side is _BUY else base
