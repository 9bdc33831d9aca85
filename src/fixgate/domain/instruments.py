"""What can be traded where, and what a venue can do.

Here: Instrument (one symbol at one venue) and VenueProfile (a venue's capability table).
Not here: how a venue is spoken to.
"""

from decimal import Decimal
from enum import Enum, unique

from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.values import OrdType, TimeInForce


@value
class Instrument:
    """One symbol at one venue. Steps and limits are in price or base-quantity units."""

    venue: VenueName
    symbol: str  # unified: BTC/USDT, BTC/USDT:USDT
    venue_symbol: str  # the venue's own: BTCUSDT
    tick_size: Decimal
    lot_size: Decimal
    min_qty: Decimal = Decimal(0)
    max_qty: Decimal | None = None
    min_notional: Decimal = Decimal(0)
    active: bool = True


@unique
class ReplaceStyle(Enum):
    """How a venue changes a working order."""

    NATIVE = "native"  # one call, the venue keeps one order
    CANCEL_THEN_NEW = "cancel_then_new"  # we cancel, learn what traded, then send the rest
    NONE = "none"


@value
class VenueProfile:
    """What a venue accepts. A combination that is not listed is refused before any call."""

    venue: VenueName
    accepts: frozenset[tuple[OrdType, TimeInForce]]
    post_only: bool
    replace: ReplaceStyle
    reopens_filled: bool = False  # C.1.c: a filled order may be raised and works again
