"""User data stream events, with Binance's one-letter fields.

Here: the shapes of executionReport, outboundAccountPosition, balanceUpdate and
eventStreamTerminated.
Not here: when they are sent, and to whom.

Source: Binance spot API documentation, "User Data Streams".
"""

from decimal import Decimal
from typing import Any, Final

from fixgate.doubles.binance.balances import Balances
from fixgate.doubles.binance.orders import Fill, SpotOrder
from fixgate.doubles.binance.symbols import amount

_ZERO: Final = Decimal(0)


def execution_report(
    order: SpotOrder,
    execution_type: str,
    *,
    execution_id: int,
    fill: Fill | None = None,
    cancel_client_order_id: str | None = None,
) -> dict[str, Any]:
    """One executionReport. On a cancel the order's own client id moves from c to C."""
    request = order.request
    canceled = cancel_client_order_id is not None
    report: dict[str, Any] = {
        "e": "executionReport",
        "E": order.update_ms,
        "s": request.symbol.name,
        "c": cancel_client_order_id if canceled else order.client_order_id,
        "S": request.side,
        "o": request.type,
        "f": request.time_in_force,
        "q": amount(order.quantity),
        "p": amount(request.price or _ZERO),
        "P": amount(request.stop_price or _ZERO),
        "F": amount(request.iceberg_qty or _ZERO),
        "g": -1,
        "C": order.client_order_id if canceled else "",
        "x": execution_type,
        "X": order.status,
        "r": "NONE",
        "i": order.order_id,
        "l": amount(fill.qty if fill else _ZERO),
        "z": amount(order.executed),
        "L": amount(fill.price if fill else _ZERO),
        "n": amount(fill.commission) if fill else "0",
        "N": fill.commission_asset if fill else None,
        "T": order.update_ms,
        "t": fill.trade_id if fill else -1,
        "I": execution_id,
        "w": order.is_open and order.is_working,
        "m": bool(fill and fill.is_maker),
        "M": False,
        "O": order.time_ms,
        "Z": amount(order.cum_quote),
        "Y": amount(fill.price * fill.qty if fill else _ZERO),
        "Q": amount(request.quote_order_qty or _ZERO),
        "V": request.stp_mode,
    }
    if order.is_working:
        report["W"] = order.time_ms
    return report


def account_position(balances: Balances, assets: tuple[str, ...], time_ms: int) -> dict[str, Any]:
    """outboundAccountPosition: the balances that may have changed."""
    return {
        "e": "outboundAccountPosition",
        "E": time_ms,
        "u": time_ms,
        "B": balances.to_event(assets),
    }


def balance_update(asset: str, change: Decimal, time_ms: int) -> dict[str, Any]:
    """balanceUpdate: a deposit or withdrawal."""
    return {
        "e": "balanceUpdate",
        "E": time_ms,
        "a": asset,
        "d": amount(change),
        "T": time_ms,
    }


def stream_terminated(time_ms: int) -> dict[str, Any]:
    """eventStreamTerminated: the subscription has ended."""
    return {"e": "eventStreamTerminated", "E": time_ms}
