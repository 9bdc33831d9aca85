"""One order before its limits.

Here: Case, an order or what a replace would make of it, and all that the checks look at.
Not here: any check.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from fixgate.domain.exposure import NOTHING, Exposure, Share, counting_px
from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.limits import Applied
from fixgate.domain.market import Quote
from fixgate.domain.order import Instruction, Order, Terms
from fixgate.domain.positions import Positions
from fixgate.domain.rounding import ZERO, notional

REFERENCE_AGE_MAX_MS: Final = 30_000
NS_PER_MS: Final = 1_000_000


@value
class Case:
    """``before`` is the order that a replace is about; None: it is a new one."""

    about: Instruction
    terms: Terms
    applied: Applied
    exposure: Exposure
    positions: Positions
    venues: Collection[VenueName]  # all that there are
    at_ns: int
    quote: Quote | None = None
    before: Order | None = None

    @property
    def needs_price(self) -> bool:
        """Whether the order counts by what it comes to."""
        return self.applied.needs_value or bool(self.applied.limits.balance)

    @property
    def open_qty(self) -> Decimal:
        """What the order would have open."""
        if self.before is None:
            return self.terms.order_qty
        return max(self.terms.order_qty - self.before.cum_qty, ZERO)

    @property
    def share(self) -> Share:
        """What the order counts for already."""
        if self.before is None:
            return NOTHING
        return self.exposure.shares.get(self.before.order_id, NOTHING)

    @property
    def reference_px(self) -> Decimal | None:
        """The market's price; None: it is not known, or was not confirmed for too long."""
        quote = self.quote
        if quote is None or quote.at_ns < self.at_ns - self.age_max_ms * NS_PER_MS:
            return None
        return quote.reference_px

    @property
    def age_max_ms(self) -> int:
        """How old a reference price may be."""
        given = self.applied.limits.reference_age_max_ms
        return REFERENCE_AGE_MAX_MS if given is None else given

    @property
    def amount(self) -> Decimal | None:
        """What the order comes to in the quote currency; None: there is no price to go by."""
        px = counting_px(self.about.side, self.terms, self.reference_px)
        return None if px is None else notional(self.open_qty, px)

    @property
    def worth(self) -> Decimal | None:
        """What the order comes to in the risk currency; None: that is not known."""
        rate, amount = self.applied.rate, self.amount
        return None if amount is None or rate is None else notional(amount, rate)
