"""What an operation did: facts, in the order in which they happened.

Here: one frozen dataclass per kind of event, and Event, their union.
Not here: how they come about (engine). They are lean, since each field costs time on the hot
path; the whole order is a query away.
"""

from decimal import Decimal
from typing import TypeAlias

from fixgate.domain.frozen import value
from fixgate.domain.values import Side
from fixgate.matching.reasons import CancelReason, RejectReason


@value
class Accepted:
    """A new order is in. It works, or is held if it is a stop order."""

    account: str
    cl_ord_id: str
    venue_order_id: str
    at_ns: int


@value
class Rejected:
    """A new order was refused. It never existed, so it cannot be queried."""

    account: str
    cl_ord_id: str
    reason: RejectReason
    at_ns: int


@value
class Traded:
    """One side of one trade. Both sides carry the same trade id."""

    symbol: str
    account: str
    cl_ord_id: str
    venue_order_id: str
    trade_id: str
    side: Side
    last_px: Decimal
    last_qty: Decimal
    cum_qty: Decimal
    leaves_qty: Decimal
    maker: bool
    at_ns: int


@value
class Printed:
    """A trade between others, for the tape. It concerns no order of ours."""

    symbol: str
    trade_id: str
    last_px: Decimal
    last_qty: Decimal
    at_ns: int


@value
class Triggered:
    """A held stop order was set off by the last trade price, and works from now on."""

    account: str
    cl_ord_id: str
    venue_order_id: str
    at_ns: int


@value
class Canceled:
    """The rest of an order is canceled. ``canceled_qty`` is the leaves quantity given up."""

    account: str
    cl_ord_id: str
    venue_order_id: str
    reason: CancelReason
    canceled_qty: Decimal
    at_ns: int


@value
class Expired:
    """The time in force of an order ran out. ``canceled_qty`` is what was left."""

    account: str
    cl_ord_id: str
    venue_order_id: str
    canceled_qty: Decimal
    at_ns: int


@value
class Replaced:
    """An order has new terms. It keeps its venue order id."""

    account: str
    cl_ord_id: str
    orig_cl_ord_id: str
    venue_order_id: str
    order_qty: Decimal
    price: Decimal | None
    stop_px: Decimal | None
    leaves_qty: Decimal
    kept_priority: bool
    at_ns: int


@value
class ReplaceRejected:
    """A replace was refused and changed nothing. The ids are as asked; None if not given."""

    account: str
    cl_ord_id: str | None
    venue_order_id: str | None
    reason: RejectReason
    at_ns: int


@value
class CancelRejected:
    """A cancel was refused and changed nothing. The ids are as asked; None if not given."""

    account: str
    cl_ord_id: str | None
    venue_order_id: str | None
    reason: RejectReason
    at_ns: int


Event: TypeAlias = (
    Accepted
    | Rejected
    | Traded
    | Printed
    | Triggered
    | Canceled
    | Expired
    | Replaced
    | ReplaceRejected
    | CancelRejected
)
