"""The limits an order is held against, in the order in which they speak.

Here: CHECKS and within_limits().
Not here: the checks; what the venue takes (admission).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from fixgate.domain.errors import Refusal
from fixgate.domain.limits import Ask
from fixgate.risk.amounts import balance, leverage, order_qty, order_value, position
from fixgate.risk.case import Case
from fixgate.risk.collar import price_collar
from fixgate.risk.conduct import self_match, sent_twice

Check = Callable[[Case], Refusal | None]

CHECKS: Final[Mapping[Ask, Check]] = {
    Ask.QUANTITY: order_qty,
    Ask.COLLAR: price_collar,
    Ask.VALUE: order_value,
    Ask.POSITION: position,
    Ask.BALANCE: balance,
    Ask.LEVERAGE: leverage,
    Ask.SENT_TWICE: sent_twice,
    Ask.SELF_MATCH: self_match,
}


def within_limits(case: Case) -> Refusal | None:
    """The first reason why not; None: the order keeps within every limit."""
    for check in _chosen(case.applied.asks, case.terms.extras is None):
        refusal = check(case)
        if refusal is not None:
            return refusal
    return None


@lru_cache(maxsize=1_024)
def _chosen(asks: tuple[Ask, ...], plain: bool) -> tuple[Check, ...]:  # noqa: FBT001 - for the cache
    """The checks for what is asked; a plain order asks for no leverage."""
    return tuple(CHECKS[each] for each in asks if not (plain and each is Ask.LEVERAGE))
