"""Orders: as asked for, as kept by the engine, and as shown to whoever queries.

Here: NewOrder and Replacement (requests), BookOrder (the engine's own, mutable), OrderSnapshot
and Depth (answers).
Not here: where orders are kept, and what happens to them.
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.frozen import value
from fixgate.domain.values import OrdType, PositionEffect, SelfTradePrevention, Side, TimeInForce
from fixgate.matching.events import Traded
from fixgate.matching.reasons import OrderState

ZERO: Final = Decimal(0)


@value
class NewOrder:
    """A request to trade.

    ``if_touched`` turns round the direction in which a stop order waits: a buy waits for the
    price to fall to ``stop_px``, a sell for it to rise (take-profit orders). ``max_floor`` is what
    is shown at a time; ``min_qty`` is to be traded at once, or nothing is. ``self_trade`` says
    what is canceled when the order meets one of its own account; None: they trade. ``effect``, of
    contracts: CLOSE trades no more than the account's position on the other side; OPEN nothing
    while there is one.
    """

    symbol: str
    account: str
    cl_ord_id: str
    side: Side
    ord_type: OrdType
    order_qty: Decimal
    price: Decimal | None = None
    stop_px: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCEL
    expire_at_ns: int | None = None
    post_only: bool = False
    if_touched: bool = False
    self_trade: SelfTradePrevention | None = None
    max_floor: Decimal | None = None
    min_qty: Decimal | None = None
    effect: PositionEffect | None = None


@value
class Replacement:
    """New terms of an order. None keeps what the order has.

    ``order_qty`` is the total quantity, what has been executed included (FIX OrderQty).
    """

    order_qty: Decimal | None = None
    price: Decimal | None = None
    stop_px: Decimal | None = None
    max_floor: Decimal | None = None
    cl_ord_id: str | None = None


@value
class OrderSnapshot:
    """An order as it stands at the moment of the query."""

    symbol: str
    account: str
    cl_ord_id: str
    venue_order_id: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    state: OrderState
    order_qty: Decimal
    cum_qty: Decimal
    leaves_qty: Decimal
    cum_notional: Decimal
    price: Decimal | None
    stop_px: Decimal | None
    expire_at_ns: int | None
    post_only: bool
    if_touched: bool
    self_trade: SelfTradePrevention | None
    max_floor: Decimal | None
    shown_qty: Decimal
    effect: PositionEffect | None
    accepted_at_ns: int
    updated_at_ns: int


@value
class Depth:
    """Price levels of a book, best first: (price, quantity)."""

    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


class BookOrder:
    """An order inside the engine. Only the engine changes it; nobody outside sees it."""

    __slots__ = (
        "accepted_at_ns",
        "account",
        "cl_ord_id",
        "cum_notional",
        "cum_qty",
        "effect",
        "expire_at_ns",
        "hidden_qty",
        "house",
        "if_touched",
        "is_buy",
        "leaves_qty",
        "max_floor",
        "min_qty",
        "ord_type",
        "order_qty",
        "post_only",
        "price",
        "self_trade",
        "seq",
        "side",
        "state",
        "stop_px",
        "symbol",
        "time_in_force",
        "trades",
        "updated_at_ns",
        "venue_order_id",
    )

    def __init__(
        self, terms: NewOrder, *, seq: int, venue_order_id: str, at_ns: int, house: bool = False
    ) -> None:
        self.symbol = terms.symbol
        self.account = terms.account
        self.cl_ord_id = terms.cl_ord_id
        self.side = terms.side
        self.is_buy = terms.side is Side.BUY
        self.ord_type = terms.ord_type
        self.time_in_force = terms.time_in_force
        self.order_qty = terms.order_qty
        self.leaves_qty = terms.order_qty
        self.price = terms.price
        self.stop_px = terms.stop_px
        self.expire_at_ns = terms.expire_at_ns
        self.post_only = terms.post_only
        self.if_touched = terms.if_touched
        self.self_trade = terms.self_trade
        self.max_floor = terms.max_floor
        self.min_qty = terms.min_qty
        self.effect = terms.effect
        self.hidden_qty = ZERO  # the part of leaves that rests and is not shown
        self.cum_qty = ZERO
        self.cum_notional = ZERO
        self.state = OrderState.WORKING
        self.seq = seq
        self.venue_order_id = venue_order_id
        self.accepted_at_ns = at_ns
        self.updated_at_ns = at_ns
        self.house = house
        self.trades: list[Traded] = []

    def snapshot(self) -> OrderSnapshot:
        """A frozen copy."""
        return OrderSnapshot(
            symbol=self.symbol,
            account=self.account,
            cl_ord_id=self.cl_ord_id,
            venue_order_id=self.venue_order_id,
            side=self.side,
            ord_type=self.ord_type,
            time_in_force=self.time_in_force,
            state=self.state,
            order_qty=self.order_qty,
            cum_qty=self.cum_qty,
            leaves_qty=self.leaves_qty,
            cum_notional=self.cum_notional,
            price=self.price,
            stop_px=self.stop_px,
            expire_at_ns=self.expire_at_ns,
            post_only=self.post_only,
            if_touched=self.if_touched,
            self_trade=self.self_trade,
            max_floor=self.max_floor,
            shown_qty=self.leaves_qty - self.hidden_qty,
            effect=self.effect,
            accepted_at_ns=self.accepted_at_ns,
            updated_at_ns=self.updated_at_ns,
        )
