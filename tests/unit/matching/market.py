"""Builders for the tests of the matching engine: a test names only what matters to it."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from fixgate.domain.values import OrdType, Side, TimeInForce
from fixgate.matching import Event, Listing, MatchingEngine, NewOrder, Traded

SYMBOL = "BTC/USDT"


def a_listing(**changes: Any) -> Listing:
    values: dict[str, Any] = {
        "symbol": SYMBOL,
        "tick_size": Decimal("0.5"),
        "lot_size": Decimal("0.1"),
    }
    return Listing(**(values | changes))


def an_engine(**changes: Any) -> MatchingEngine:
    return MatchingEngine([a_listing()], **({"id_prefix": "S-"} | changes))


def an_order(cl_ord_id: str = "c1", **changes: Any) -> NewOrder:
    values: dict[str, Any] = {
        "symbol": SYMBOL,
        "account": "A",
        "cl_ord_id": cl_ord_id,
        "side": Side.BUY,
        "ord_type": OrdType.LIMIT,
        "order_qty": Decimal(10),
        "price": Decimal(100),
        "time_in_force": TimeInForce.GOOD_TILL_CANCEL,
    }
    values |= changes
    for name in ("order_qty", "price", "stop_px"):
        if isinstance(values.get(name), int):
            values[name] = Decimal(values[name])
    return NewOrder(**values)


def a_buy(cl_ord_id: str, order_qty: int, price: int, **changes: Any) -> NewOrder:
    return an_order(cl_ord_id, order_qty=order_qty, price=price, **changes)


def a_sell(cl_ord_id: str, order_qty: int, price: int, **changes: Any) -> NewOrder:
    return an_order(cl_ord_id, side=Side.SELL, order_qty=order_qty, price=price, **changes)


def a_market(cl_ord_id: str, order_qty: int, **changes: Any) -> NewOrder:
    return an_order(cl_ord_id, ord_type=OrdType.MARKET, order_qty=order_qty, price=None, **changes)


def a_stop(cl_ord_id: str, order_qty: int, stop_px: int, **changes: Any) -> NewOrder:
    return an_order(
        cl_ord_id,
        **(
            {"ord_type": OrdType.STOP, "order_qty": order_qty, "price": None, "stop_px": stop_px}
            | changes
        ),
    )


def kinds(events: Iterable[Event]) -> list[str]:
    return [type(each).__name__ for each in events]


def fills(events: Iterable[Event], cl_ord_id: str) -> list[tuple[Decimal, Decimal]]:
    """(last_qty, last_px) of one order."""
    return [
        (each.last_qty, each.last_px)
        for each in events
        if isinstance(each, Traded) and each.cl_ord_id == cl_ord_id
    ]
