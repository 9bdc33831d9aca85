"""Lists of orders that depend on one another (NewOrderList).

Here: Contingency, how they do, Membership, which each order of a list carries, and Member, what
is told of each.
Not here: what follows from it (decide/lists).
"""

from decimal import Decimal
from enum import unique
from typing import Final

from fixgate.domain.errors import Refusal
from fixgate.domain.frozen import value
from fixgate.domain.ids import ClOrdID, OrderID
from fixgate.domain.rounding import ZERO
from fixgate.domain.values import OrdStatus, Value

STOP_LOSS: Final = ".SL"
TAKE_PROFIT: Final = ".TP"
"""What stands behind an entry's ClOrdID in those of the orders that protect it."""


@unique
class Contingency(Value):
    """Tag 1385."""

    ONE_CANCELS_OTHER = "1"
    ONE_TRIGGERS_OTHER = "2"  # the first triggers the others, which cancel one another


@value
class Membership:
    """An order's place in its list."""

    list_id: str  # tag 66
    seq: int  # tag 67, from 1
    contingency: Contingency
    orders: tuple[OrderID, ...]  # all of the list, by ``seq``
    # StopLossPx (20003), TakeProfitPx (20004): the others protect what the first has traded.
    follows: bool = False
    asked_qty: Decimal = ZERO  # what it was last to be resized to at its venue, to follow

    @property
    def triggers(self) -> bool:
        """Whether the others wait for this one."""
        return self.contingency is Contingency.ONE_TRIGGERS_OTHER and self.seq == 1

    @property
    def protects(self) -> bool:
        """Whether it protects what the first of its list has traded."""
        return self.follows and self.seq > 1

    @property
    def is_triggered(self) -> bool:
        """Whether it waits for the first of its list."""
        return self.contingency is Contingency.ONE_TRIGGERS_OTHER and self.seq > 1


@unique
class ListStatusType(Value):
    """Tag 429."""

    ACK = "1"
    RESPONSE = "2"


@unique
class ListOrderStatus(Value):
    """Tag 431."""

    RECEIVED = "2"
    EXECUTING = "3"
    CANCELING = "4"
    ALL_DONE = "6"
    REJECT = "7"


@value
class Member:
    """One order in a ListStatus."""

    cl_ord_id: ClOrdID
    ord_status: OrdStatus
    cum_qty: Decimal = ZERO
    leaves_qty: Decimal = ZERO
    cxl_qty: Decimal = ZERO
    avg_px: Decimal = ZERO
    working: bool | None = None  # WorkingIndicator (636)
    refusal: Refusal | None = None
