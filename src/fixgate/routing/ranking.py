"""Venues and price levels in order, by a policy's criterion.

Here: ranked() for whole venues, venue_key() for their levels when an order is split.
Not here: reading books (looking), quantities (planning).
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from fixgate.domain.ids import VenueName
from fixgate.domain.rounding import ZERO, notional
from fixgate.domain.routing import Criterion, RoutingPolicy
from fixgate.domain.values import Side
from fixgate.routing.looking import Look, factor
from fixgate.routing.wanted import Asked

Key = tuple[Decimal | int | str, ...]

# Of venues whose book has all, some, or none of what is asked, in this order.
_ALL, _SOME, _NONE = 0, 1, 2


def ranked(looks: Iterable[Look], asked: Asked, policy: RoutingPolicy) -> list[Look]:
    """The best venue first; equals by name, so that the order is always the same."""
    key = _KEYS[policy.by]
    return sorted(looks, key=lambda each: (*key(each, asked, policy), each.place.venue))


def _by_price(look: Look, asked: Asked, _: RoutingPolicy) -> Key:
    if not look.reach:
        # It will rest: where that costs least, then where most waits to be traded with.
        return (_NONE, look.place.fees.maker_bp, -_waiting(look, asked))
    price = notional(look.px, factor(look.place.fees.taker_bp, asked.side))
    if look.reach == asked.qty:
        return (_ALL, price, ZERO)
    return (_SOME, -look.reach, price)


def _waiting(look: Look, asked: Asked) -> Decimal:
    book = look.place.book
    if book is None:
        return ZERO
    return sum((qty for _, qty in (book.offers if asked.side is Side.BUY else book.bids)), ZERO)


def _by_fees(look: Look, asked: Asked, policy: RoutingPolicy) -> Key:
    return (look.fee_bp, *_by_price(look, asked, policy))


def _by_liquidity(look: Look, asked: Asked, policy: RoutingPolicy) -> Key:
    return (-look.depth, *_by_price(look, asked, policy))


def _by_list(look: Look, asked: Asked, policy: RoutingPolicy) -> Key:
    return (_place_of(look.place.venue, policy), *_by_price(look, asked, policy))


def _place_of(venue: VenueName, policy: RoutingPolicy) -> int:
    listed = policy.venues
    return listed.index(venue) if venue in listed else len(listed)


_KEYS: Final[dict[Criterion, Callable[[Look, Asked, RoutingPolicy], Key]]] = {
    Criterion.BEST_PRICE: _by_price,
    Criterion.LOWEST_FEES: _by_fees,
    Criterion.LIQUIDITY: _by_liquidity,
    Criterion.LISTED: _by_list,
}


def venue_key(look: Look, rank: int, policy: RoutingPolicy) -> Decimal:
    """How the levels of a venue stand among all, before their prices; smaller is taken first."""
    match policy.by:
        case Criterion.BEST_PRICE:
            return ZERO
        case Criterion.LOWEST_FEES:
            return look.place.fees.taker_bp
        case Criterion.LIQUIDITY | Criterion.LISTED:
            return Decimal(rank)
