"""Taking the best levels of several books until there is enough.

Here: sweep(). It looks at no more levels than it needs.
Not here: which venues, and in which order (ranking); lots and minimums (planning).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from heapq import merge

from fixgate.domain.rounding import ZERO, notional, plus
from fixgate.domain.routing import RoutingPolicy
from fixgate.routing.looking import Look, factor, levels
from fixgate.routing.ranking import venue_key
from fixgate.routing.wanted import Asked


@dataclass(slots=True)
class Taken:
    """A venue's part: so much, of which ``reach`` is in its book, for ``cost``."""

    qty: Decimal
    reach: Decimal
    cost: Decimal


Ranked = tuple[Decimal, Decimal, int, Decimal, Decimal]  # the two keys, rank, px, qty


def sweep(asked: Asked, left: Mapping[int, Look], policy: RoutingPolicy) -> dict[int, Taken]:
    """What each venue's book gives, by its rank; in sum at most what is asked."""
    taken = {rank: Taken(ZERO, ZERO, ZERO) for rank in left}
    most = {rank: _most(each) for rank, each in left.items()}
    missing = asked.qty
    books = (_levels(asked, each, rank, policy) for rank, each in left.items())
    for _, _, rank, px, qty in merge(*books):
        here, limit = taken[rank], most[rank]
        part = min(missing, qty)
        if limit is not None and part > limit - here.reach:
            part = limit - here.reach
            if part <= ZERO:
                continue
        here.reach += part
        here.cost = plus(here.cost, notional(part, px))
        missing -= part
        if not missing:
            break
    for each in taken.values():
        each.qty = each.reach
    return taken


def _most(found: Look) -> Decimal | None:
    instrument = found.place.instrument
    return None if instrument is None else instrument.max_qty


def _levels(asked: Asked, found: Look, rank: int, policy: RoutingPolicy) -> Iterator[Ranked]:
    book = found.place.book
    if book is None:
        return
    first = venue_key(found, rank, policy)
    by = factor(found.place.fees.taker_bp, asked.side)
    for px, qty in levels(asked, book):
        yield first, notional(px, by), rank, px, qty
