"""Venues and price levels in order, by a policy's criterion.

Here: ranked() for whole venues, level_key() for single levels when an order is split.
Not here: reading books (looking), quantities (planning).
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from fixgate.domain.ids import VenueName
from fixgate.domain.routing import Criterion, RoutingPolicy
from fixgate.domain.values import Side
from fixgate.routing.looking import Look, with_fee
from fixgate.routing.wanted import Asked

Key = tuple[Decimal | int | str, ...]

# Of venues whose book has all, some, or none of what is asked, in this order.
_ALL, _SOME, _NONE = 0, 1, 2


def ranked(looks: Iterable[Look], asked: Asked, policy: RoutingPolicy) -> list[Look]:
    """The best venue first; equals by name, so that the order is always the same."""
    key = _KEYS[policy.by]
    return sorted(looks, key=lambda each: (*key(each, asked, policy), each.place.venue))


def price_key(px: Decimal, fee_bp: Decimal, side: Side) -> Decimal:
    """Smaller is better, for buyer and seller."""
    counted = with_fee(px, fee_bp, side)
    return counted if side is Side.BUY else -counted


def _by_price(look: Look, asked: Asked, _: RoutingPolicy) -> Key:
    if not look.reach:
        # It will rest: where that costs least, then where most is traded.
        return (_NONE, look.place.fees.maker_bp, -look.depth)
    price = price_key(look.px, look.place.fees.taker_bp, asked.side)
    if look.reach == asked.qty:
        return (_ALL, price, ZERO_KEY)
    return (_SOME, -look.reach, price)


def _by_fees(look: Look, asked: Asked, policy: RoutingPolicy) -> Key:
    return (look.fee_bp, *_by_price(look, asked, policy))


def _by_liquidity(look: Look, asked: Asked, policy: RoutingPolicy) -> Key:
    return (-look.depth, *_by_price(look, asked, policy))


def _by_list(look: Look, asked: Asked, policy: RoutingPolicy) -> Key:
    return (_place_of(look.place.venue, policy), *_by_price(look, asked, policy))


def _place_of(venue: VenueName, policy: RoutingPolicy) -> int:
    listed = policy.venues
    return listed.index(venue) if venue in listed else len(listed)


ZERO_KEY: Final = Decimal(0)
_KEYS: Final[dict[Criterion, Callable[[Look, Asked, RoutingPolicy], Key]]] = {
    Criterion.BEST_PRICE: _by_price,
    Criterion.LOWEST_FEES: _by_fees,
    Criterion.LIQUIDITY: _by_liquidity,
    Criterion.LISTED: _by_list,
}


def level_key(
    look: Look, rank: int, asked: Asked, policy: RoutingPolicy
) -> Callable[[Decimal], tuple[Decimal, Decimal]]:
    """How a level at that venue stands among all levels, by its price; smaller is taken first."""
    fee_bp, side = look.place.fees.taker_bp, asked.side
    first = {
        Criterion.BEST_PRICE: ZERO_KEY,
        Criterion.LOWEST_FEES: fee_bp,
        Criterion.LIQUIDITY: Decimal(rank),
        Criterion.LISTED: Decimal(rank),
    }[policy.by]
    return lambda px: (first, price_key(px, fee_bp, side))
