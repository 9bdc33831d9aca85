"""What a plan is made of.

Here: Asked (what is to be placed), Place (a venue as it stands), Plan.
Not here: making it (planning).
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.instruments import Instrument
from fixgate.domain.market import Book
from fixgate.domain.order import Terms
from fixgate.domain.routing import NO_FEES, Choice, Fees
from fixgate.domain.values import OrdType, Side, TimeInForce

IMMEDIATE: Final = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)


@value
class Asked:
    """So much is to be placed, under the order's terms."""

    side: Side
    qty: Decimal
    terms: Terms

    @property
    def at_once(self) -> bool:
        """Whether it never rests: what does not trade at once is canceled."""
        return self.terms.ord_type is OrdType.MARKET or self.terms.time_in_force in IMMEDIATE

    @property
    def all_or_nothing(self) -> bool:
        """Whether it is fill or kill."""
        return self.terms.time_in_force is TimeInForce.FILL_OR_KILL

    @property
    def waits(self) -> bool:
        """Whether it takes nothing from today's book: a stop order, or post-only."""
        return self.terms.post_only or self.terms.ord_type.needs_stop_px

    @property
    def divisible(self) -> bool:
        """Whether several venues together can do what it asks for."""
        return not (self.waits or self.all_or_nothing or self.terms.extras is not None)


@value
class Place:
    """A venue as it stands. ``unfit`` says why it cannot be chosen, if so."""

    venue: VenueName
    instrument: Instrument | None = None
    book: Book | None = None  # None: not known, or too old
    fees: Fees = NO_FEES
    unfit: str | None = None


@value
class Plan:
    """How much each venue gets. Without a ``refusal`` the parts sum up to what was asked."""

    choices: tuple[Choice, ...]  # of every place, the chosen ones first
    refusal: str | None = None
