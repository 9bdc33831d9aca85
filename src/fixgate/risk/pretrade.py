"""The limits an order is held against, in the order in which they speak.

Here: CHECKS and within_limits().
Not here: the checks; what the venue takes (admission).
"""

from collections.abc import Callable
from typing import Final

from fixgate.domain.errors import Refusal
from fixgate.risk.amounts import balance, leverage, order_qty, order_value, position
from fixgate.risk.case import Case
from fixgate.risk.collar import price_collar
from fixgate.risk.conduct import self_match, sent_twice

CHECKS: Final[tuple[Callable[[Case], Refusal | None], ...]] = (
    order_qty,
    price_collar,
    order_value,
    position,
    balance,
    leverage,
    sent_twice,
    self_match,
)


def within_limits(case: Case) -> Refusal | None:
    """The first reason why not; None: the order keeps within every limit."""
    for check in CHECKS:
        refusal = check(case)
        if refusal is not None:
            return refusal
    return None
