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
from fixgate.routing.looking import Look, levels
from fixgate.routing.ranking import level_key
from fixgate.routing.wanted import Asked


@dataclass(slots=True)
class Taken:
    """A venue's part: so much, of which ``reach`` is in its book, for ``cost``."""

    qty: Decimal
    reach: Decimal
    cost: Decimal


Ranked = tuple[tuple[Decimal, Decimal], int, Decimal, Decimal]  # key, venue's rank, px, qty


def sweep(asked: Asked, left: Mapping[int, Look], policy: RoutingPolicy) -> dict[int, Taken]:
    """What each venue's book gives, by its rank; in sum at most what is asked."""
    taken: dict[int, Taken] = {}
    missing = asked.qty
    for _, rank, px, qty in merge(
        *(_levels(asked, each, rank, policy) for rank, each in left.items())
    ):
        here = taken.setdefault(rank, Taken(ZERO, ZERO, ZERO))
        instrument = left[rank].place.instrument
        room = missing
        if instrument is not None and instrument.max_qty is not None:
            room = min(missing, instrument.max_qty - here.qty)
        part = min(qty, room)
        if part <= ZERO:
            continue
        here.qty += part
        here.reach += part
        here.cost = plus(here.cost, notional(part, px))
        missing -= part
        if not missing:
            break
    return taken


def _levels(asked: Asked, found: Look, rank: int, policy: RoutingPolicy) -> Iterator[Ranked]:
    book = found.place.book
    if book is None:
        return
    key = level_key(found, rank, asked, policy)
    for px, qty in levels(asked, book):
        yield key(px), rank, px, qty
