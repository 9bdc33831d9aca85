"""What a venue's book has for an order.

Here: Look, and look(), which reads one book; the price that counts, with fees.
Not here: comparing venues (ranking), choosing (planning).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fixgate.domain.instruments import Instrument
from fixgate.domain.market import Book
from fixgate.domain.rounding import ZERO, avg_px, fee, is_multiple, minus, notional, plus, to_wire
from fixgate.domain.routing import Criterion, RoutingPolicy
from fixgate.domain.values import Side
from fixgate.routing.wanted import Asked, Place

_ONE: Final = Decimal(1)
Level = tuple[Decimal, Decimal]  # price, quantity


@dataclass(slots=True)
class Look:
    """A venue that could take the order, and what its book shows. ``why`` not, if it cannot."""

    place: Place
    why: str | None = None
    reach: Decimal = ZERO  # of what is asked, so much could trade at once
    cost: Decimal = ZERO  # the notional of that
    depth: Decimal = ZERO  # all that is within the limit, where the policy goes by it

    @property
    def px(self) -> Decimal:
        """The average price of ``reach``."""
        return avg_px(self.cost, self.reach)

    @property
    def fee_bp(self) -> Decimal:
        """The fee that applies: of a taker if anything would trade at once."""
        fees = self.place.fees
        return fees.taker_bp if self.reach else fees.maker_bp


def factor(fee_bp: Decimal, side: Side) -> Decimal:
    """By what a price is multiplied to be compared: smaller is better, for buyer and seller.

    A buyer pays the fee on top, a seller gets less.
    """
    rate = fee(_ONE, fee_bp)
    return plus(_ONE, rate) if side is Side.BUY else minus(rate, _ONE)


def levels(asked: Asked, book: Book) -> Sequence[Level]:
    """The levels that the order could trade with, best first."""
    limit = asked.terms.price
    if asked.side is Side.BUY:
        offers = book.offers
        return offers if limit is None else offers[: bisect_right(offers, limit, key=_px)]
    bids = book.bids
    return bids if limit is None else bids[: bisect_right(bids, -limit, key=_minus_px)]


def _px(level: Level) -> Decimal:
    return level[0]


def _minus_px(level: Level) -> Decimal:
    return -level[0]


def look(asked: Asked, place: Place, policy: RoutingPolicy) -> Look:
    """What the venue has for the order, or why it is out of the question."""
    found = Look(place)
    found.why = place.unfit or _unfit(asked, place)
    if found.why is not None:
        return found
    if place.book is None:
        if asked.all_or_nothing or policy.by in (Criterion.BEST_PRICE, Criterion.LIQUIDITY):
            found.why = "its book is not known, or too old"
        return found
    _read(asked, place.book, found, whole=policy.by is Criterion.LIQUIDITY)
    if asked.terms.post_only and found.depth:
        found.why = "post-only, and it would trade there at once"
    elif asked.all_or_nothing and found.reach < asked.qty:
        found.why = f"fill or kill, and its book has only {to_wire(found.reach)}"
    elif asked.at_once and not found.reach:
        found.why = "its book has nothing for the order"
    if asked.waits:
        found.reach = found.cost = ZERO
    return found


def _read(asked: Asked, book: Book, found: Look, *, whole: bool) -> None:
    within = levels(asked, book)
    missing, cost = asked.qty, ZERO
    for px, qty in within:
        taken = min(missing, qty)
        missing -= taken
        cost = plus(cost, notional(taken, px))
        if not missing:
            break
    found.reach, found.cost = asked.qty - missing, cost
    found.depth = sum((qty for _, qty in within), ZERO) if whole else found.reach


def _unfit(asked: Asked, place: Place) -> str | None:
    instrument = place.instrument
    if instrument is None or not instrument.active:
        return "it does not trade the instrument"
    for name, px in (("Price", asked.terms.price), ("StopPx", asked.terms.stop_px)):
        if px is not None and not is_multiple(px, instrument.tick_size):
            return f"{name} is not a multiple of its tick {to_wire(instrument.tick_size)}"
    return None


def too_small(qty: Decimal, px: Decimal | None, instrument: Instrument) -> str | None:
    """Why a part of ``qty`` cannot stand alone at a venue, if so."""
    if not is_multiple(qty, instrument.lot_size):
        return f"{to_wire(qty)} is not a multiple of its lot {to_wire(instrument.lot_size)}"
    if qty <= ZERO or qty < instrument.min_qty:
        return f"{to_wire(qty)} is below its minimum {to_wire(instrument.min_qty)}"
    if instrument.max_qty is not None and qty > instrument.max_qty:
        return f"{to_wire(qty)} is above its maximum {to_wire(instrument.max_qty)}"
    if px and notional(qty, px) < instrument.min_notional:
        return f"{to_wire(qty)} is worth less than its minimum {to_wire(instrument.min_notional)}"
    return None
