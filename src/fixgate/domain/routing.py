"""Orders that Fixgate itself finds venues for: the words that such decisions are made in.

Here: SMART, the venue whose orders are worked in parts at real ones; policies, fees, and what a
decision says of each venue.
Not here: deciding (routing), the parts' lives (decide), books (market).
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum, unique
from math import gcd
from typing import Final

from fixgate.domain.frozen import value
from fixgate.domain.ids import OrderID, TradeID, VenueName
from fixgate.domain.instruments import Instrument, ReplaceStyle, VenueProfile
from fixgate.domain.rounding import FRACTION_DIGITS_MAX, ZERO

SMART: Final = VenueName("SMART")
"""Not a place: an order sent here is worked in parts, which are orders at real venues."""


@unique
class Criterion(Enum):
    """By what a policy puts venues in order."""

    BEST_PRICE = "best_price"  # of the live books, fees included
    LOWEST_FEES = "lowest_fees"
    LIQUIDITY = "liquidity"  # what the book has within the order's limit
    LISTED = "listed"  # as the policy lists them: the client's preference, with fallbacks


@value
class RoutingPolicy:
    """How a session's orders are routed."""

    name: str
    by: Criterion
    venues: tuple[VenueName, ...] = ()  # these only, in order of preference; empty: all
    split: bool = False
    parts_max: int = 4
    # A part that its venue does not work goes to another venue, or else the order ends.
    reroute: bool = True
    book_age_ms_max: int = 5_000  # an older book counts as none
    book_levels: int = 25  # of each side


@value
class Fees:
    """What a venue takes, in basis points of the value traded."""

    taker_bp: Decimal = ZERO
    maker_bp: Decimal = ZERO


@value
class VenueFees:
    """A venue's fees, and those of single instruments (unified symbols)."""

    venue: VenueName
    fees: Fees
    symbols: tuple[tuple[str, Fees], ...] = ()

    def of(self, symbol: str) -> Fees:
        """The fees of an instrument."""
        return next((fees for name, fees in self.symbols if name == symbol), self.fees)


@value
class Choice:
    """What a decision says of one venue: how much it gets, and why so much or nothing."""

    venue: VenueName
    why: str
    fees: Fees
    qty: Decimal = ZERO  # its part; 0: none
    order_id: OrderID | None = None  # of its part
    # What its book showed of the part: so much could trade at once, at this average price.
    expected_qty: Decimal = ZERO
    expected_px: Decimal = ZERO


NO_FEES: Final = Fees()


def marked(venue: VenueName, trade_id: TradeID) -> TradeID:
    """A part's trade as one of its routed order: venues number without regard to each other."""
    return TradeID(f"{venue}:{trade_id}")


def traded_at(venue: VenueName, trade_id: TradeID) -> VenueName:
    """Where an order that was sent to ``venue`` traded."""
    return venue if venue != SMART else VenueName(trade_id.partition(":")[0])


def smart_profile(profiles: Sequence[VenueProfile]) -> VenueProfile:
    """What SMART takes: whatever one of the venues does. It replaces by canceling the parts."""
    return VenueProfile(
        venue=SMART,
        accepts=frozenset().union(*(each.accepts for each in profiles)),
        replace=ReplaceStyle.CANCEL_THEN_NEW,
        options=frozenset().union(*(each.options for each in profiles)),
        made=frozenset().union(*(each.made for each in profiles)),
        post_only=any(each.post_only for each in profiles),
    )


def smart_instrument(listed: Sequence[Instrument]) -> Instrument:
    """The instrument at SMART: what at least one of the venues that list it could trade."""
    first = listed[0]
    return Instrument(
        venue=SMART,
        symbol=first.symbol,
        venue_symbol=first.symbol,
        tick_size=_common_step([each.tick_size for each in listed]),
        lot_size=_common_step([each.lot_size for each in listed]),
        min_qty=min(each.min_qty for each in listed),
        min_notional=min(each.min_notional for each in listed),
        active=any(each.active for each in listed),
    )


def _common_step(steps: Sequence[Decimal]) -> Decimal:
    """The largest step that every one of ``steps`` is a multiple of."""
    whole = [int(each.scaleb(FRACTION_DIGITS_MAX)) for each in steps]
    return Decimal(gcd(*whole)).scaleb(-FRACTION_DIGITS_MAX).normalize()
