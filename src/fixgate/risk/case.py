"""One order before its limits.

Here: Case, an order or what a replace would make of it, and all that the checks look at; case_of(),
which finds out once what several checks ask.
Not here: any check.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from fixgate.domain.counting import NOTHING, Share, Way, counting_px
from fixgate.domain.exposure import Exposure
from fixgate.domain.frozen import maker, value
from fixgate.domain.ids import VenueName
from fixgate.domain.limits import ONE, Applied
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
    way: Way  # where such orders count
    exposure: Exposure
    positions: Positions
    venues: Iterable[VenueName]  # all that there are
    at_ns: int
    quote: Quote | None
    before: Order | None
    is_part: bool  # of a routed order, which counts already
    # The market's price; None: it is not known, or was not confirmed for too long.
    reference_px: Decimal | None
    open_qty: Decimal  # what the order would have open
    share: Share  # what it counts for already
    # What the order comes to in the quote currency; None: there is no price to go by, or nothing
    # asks for it.
    amount: Decimal | None

    @property
    def worth(self) -> Decimal | None:
        """What the order comes to in the risk currency; None: that is not known."""
        rate, amount = self.applied.rate, self.amount
        if rate is ONE or amount is None:
            return amount
        return None if rate is None else notional(amount, rate)


_case: Final = maker(Case)


def case_of(
    about: Instruction,
    terms: Terms,
    applied: Applied,
    way: Way,
    *,
    exposure: Exposure,
    positions: Positions,
    venues: Iterable[VenueName],
    at_ns: int,
    quote: Quote | None = None,
    before: Order | None = None,
    is_part: bool = False,
) -> Case:
    """The order before its limits."""
    open_qty, share = terms.order_qty, NOTHING
    if before is not None:
        open_qty = max(open_qty - before.cum_qty, ZERO)
        _, share = exposure.shares.get(before.order_id, (way, NOTHING))
    reference_px = None
    if quote is not None and quote.at_ns >= at_ns - age_max_ms(applied) * NS_PER_MS:
        reference_px = quote.reference_px
    amount = None
    if applied.priced:
        px = counting_px(about.side, terms, reference_px)
        amount = None if px is None else notional(open_qty, px)
    return _case(
        about=about,
        terms=terms,
        applied=applied,
        way=way,
        exposure=exposure,
        positions=positions,
        venues=venues,
        at_ns=at_ns,
        quote=quote,
        before=before,
        is_part=is_part,
        reference_px=reference_px,
        open_qty=open_qty,
        share=share,
        amount=amount,
    )


def age_max_ms(applied: Applied) -> int:
    """How old a reference price may be."""
    given = applied.limits.reference_age_max_ms
    return REFERENCE_AGE_MAX_MS if given is None else given
