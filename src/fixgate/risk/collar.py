"""Control 1: no limit price far from the market's.

Here: price_collar().
Not here: where the reference price comes from (the venue, attached to the input).
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.errors import Refusal
from fixgate.domain.rounding import notional, to_wire
from fixgate.domain.values import OrdType
from fixgate.domain.values import RefusalReason as R
from fixgate.risk.case import Case, age_max_ms

_BP: Final = Decimal(10_000)


def price_collar(case: Case) -> Refusal | None:
    """The limit price is within so many basis points of the reference price.

    A stop order's limit is for when its stop is reached, so it is held against StopPx.
    """
    most_bp, px = case.applied.limits.price_collar_bp, case.terms.price
    if most_bp is None or px is None:
        return None
    stop = case.terms.ord_type is OrdType.STOP_LIMIT
    reference = case.terms.stop_px if stop else case.reference_px
    name = "StopPx (99)" if stop else "the reference price"
    if reference is None:
        if case.applied.limits.reference_required is False:
            return None
        return Refusal(R.NOT_PRICED, f"The price collar cannot be checked: {_unknown(case)}")
    room = notional(reference, most_bp)
    if notional(abs(px - reference), _BP) <= room:
        return None
    where = "above" if px > reference else "below"
    return Refusal(
        R.EXCEEDS_LIMIT,
        f"Price (44) {to_wire(px)} is more than {most_bp} bp {where} {name} {to_wire(reference)}",
    )


def _unknown(case: Case) -> str:
    what = f"{case.about.symbol} at {case.about.venue}"
    if case.quote is None or case.quote.reference_px is None:
        return f"no reference price of {what}"
    return f"the reference price of {what} is older than {age_max_ms(case.applied) / 1000:g} s"
