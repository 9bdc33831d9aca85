"""What can be traded where, and what a venue can do.

Here: Instrument (one symbol at one venue) and VenueProfile (a venue's capability table).
Not here: how a venue is spoken to; what an order's terms ask for (capabilities).
"""

from decimal import Decimal
from enum import Enum, unique

from fixgate.domain.balance import quote_of, settled_in
from fixgate.domain.capabilities import Option
from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.rounding import ZERO, summable
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

    @property
    def is_derivative(self) -> bool:
        """Whether it is a contract; the unified symbol then names its settlement currency."""
        return ":" in self.symbol

    @property
    def pays_in_quote(self) -> bool:
        """Whether its profit comes in the currency that it is priced in, as positions count it.

        Not that of an inverse contract, which is settled in its base currency.
        """
        return settled_in(self.symbol) == quote_of(self.symbol)

    @property
    def can_be(self) -> bool:
        """Whether prices and quantities can be held against its steps and limits."""
        steps = [each for each in (self.tick_size, self.lot_size, self.max_qty) if each is not None]
        numbers = (*steps, self.min_qty, self.min_notional)
        return all(map(summable, numbers)) and min(steps) > ZERO <= min(numbers)


@unique
class ReplaceStyle(Enum):
    """How a venue changes a working order."""

    NATIVE = "native"  # one call, the venue keeps one order
    CANCEL_THEN_NEW = "cancel_then_new"  # we cancel, learn what traded, then send the rest
    NONE = "none"


@value
class VenueProfile:
    """What a venue takes. A combination that is not listed is refused before any call.

    Admission goes by this one table, and so do SecurityList and docs/venues.md.
    """

    venue: VenueName
    accepts: frozenset[tuple[OrdType, TimeInForce]]  # as the venue's own
    replace: ReplaceStyle
    reopens_filled: bool = False  # C.1.c: a filled order may be raised and works again
    options: frozenset[tuple[Option, OrdType, TimeInForce]] = frozenset()
    # Kinds of orders that the gateway makes out of accepted ones: see domain.holding.
    held: frozenset[tuple[OrdType, TimeInForce]] = frozenset()
    # Options that the gateway makes itself, with kinds of orders that the venue accepts.
    made: frozenset[tuple[Option, OrdType, TimeInForce]] = frozenset()
    post_only: bool = False  # whatever the combination: profiles recorded before ``options``

    def takes(self, option: Option, ord_type: OrdType, time_in_force: TimeInForce) -> bool:
        """Whether that option may be had with an order of that kind."""
        row = (option, ord_type, time_in_force)
        if row in self.options or row in self.made:
            return True
        return self.post_only and option is Option.POST_ONLY
