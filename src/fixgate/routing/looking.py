"""What a venue's book has for an order.

Here: Look, and look(), which reads one book; the price that counts, with fees.
Not here: comparing venues (ranking), choosing (planning).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from fixgate.domain.instruments import Instrument
from fixgate.domain.market import Book
from fixgate.domain.rounding import ZERO, avg_px, fee, is_multiple, minus, notional, plus, to_wire
from fixgate.domain.routing import Criterion, RoutingPolicy
from fixgate.domain.values import Side
from fixgate.routing.wanted import Asked, Place

Level = tuple[Decimal, Decimal]  # price, quantity


@dataclass(slots=True)
class Look:
    """A venue that could take the order, and what its book shows. ``why`` not, if it cannot."""

    place: Place
    why: str | None = None
    reach: Decimal = ZERO  # of what is asked, so much could trade at once
    cost: Decimal = ZERO  # the notional of that
    depth: Decimal = ZERO  # all that is within the limit

    @property
    def px(self) -> Decimal:
        """The average price of ``reach``."""
        return avg_px(self.cost, self.reach)

    @property
    def fee_bp(self) -> Decimal:
        """The fee that applies: of a taker if anything would trade at once."""
        fees = self.place.fees
        return fees.taker_bp if self.reach else fees.maker_bp


def with_fee(px: Decimal, fee_bp: Decimal, side: Side) -> Decimal:
    """What a price comes to: a buyer pays the fee on top, a seller gets less."""
    paid = fee(px, fee_bp)
    return plus(px, paid) if side is Side.BUY else minus(px, paid)


def levels(asked: Asked, book: Book) -> Iterator[Level]:
    """The levels that the order could trade with, best first."""
    limit = asked.terms.price
    buys = asked.side is Side.BUY
    for px, qty in book.offers if buys else book.bids:
        if limit is not None and (px > limit if buys else px < limit):
            return
        yield px, qty


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
    _read(asked, place.book, found)
    if asked.terms.post_only and found.depth:
        found.why = "post-only, and it would trade there at once"
    elif asked.all_or_nothing and found.reach < asked.qty:
        found.why = f"fill or kill, and its book has only {to_wire(found.reach)}"
    elif asked.at_once and not found.reach:
        found.why = "its book has nothing for the order"
    if asked.waits:
        found.reach = found.cost = ZERO
    return found


def _read(asked: Asked, book: Book, found: Look) -> None:
    missing, cost, depth = asked.qty, ZERO, ZERO
    for px, qty in levels(asked, book):
        depth += qty
        if missing:
            taken = min(qty, missing)
            missing -= taken
            cost = plus(cost, notional(taken, px))
    found.reach, found.cost, found.depth = asked.qty - missing, cost, depth


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
