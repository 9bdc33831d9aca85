"""POST order/cancelReplace: cancel one order, then place another, not atomically.

Here: cancel_replace and the four ways in which it can end.
Not here: the cancel and the placing themselves (exchange).

Source: Binance spot API documentation, "Cancel an existing order and send a new order".
"""

from collections.abc import Callable
from typing import Any, Final

from fixgate.doubles.binance import errors
from fixgate.doubles.binance.api import Api
from fixgate.doubles.binance.errors import BinanceError
from fixgate.doubles.binance.order_form import read_order, read_resp_type
from fixgate.doubles.binance.orders import OrderRequest
from fixgate.doubles.binance.parameters import Parameters

CANCEL_REPLACE_FIELDS: Final = frozenset(
    (
        "cancelReplaceMode",
        "cancelNewClientOrderId",
        "cancelOrigClientOrderId",
        "cancelOrderId",
        "cancelRestrictions",
    )
)
_MODES: Final = ("STOP_ON_FAILURE", "ALLOW_FAILURE")


def cancel_replace(api: Api, account: str, parameters: Parameters) -> dict[str, Any]:
    """The answer if both went well. Raises -2021 (409), -2022 (400), or a 1100."""
    symbol = api.exchange.symbol(parameters.need_text("symbol"))
    mode = parameters.need_text("cancelReplaceMode")
    if mode not in _MODES:
        raise errors.illegal_characters("cancelReplaceMode", "|".join(_MODES))
    resp_type = read_resp_type(parameters)
    fallback = api.exchange.next_client_order_id()
    request = read_order(parameters, symbol, default_client_order_id=fallback)
    canceled = _outcome(lambda: _cancel(api, account, parameters))
    if isinstance(canceled, BinanceError) and mode == "STOP_ON_FAILURE":
        data = _data(canceled, None)
        raise BinanceError(-2022, "Order cancel-replace failed.", data=data)
    placed = _outcome(lambda: _place(api, account, request, resp_type))
    data = _data(canceled, placed)
    failures = isinstance(canceled, BinanceError) + isinstance(placed, BinanceError)
    if failures == 2:
        raise BinanceError(-2022, "Order cancel-replace failed.", data=data)
    if failures:
        msg = "Order cancel-replace partially failed."
        raise BinanceError(-2021, msg, status=409, data=data)
    return data


def _cancel(api: Api, account: str, parameters: Parameters) -> dict[str, Any]:
    order_id = parameters.integer("cancelOrderId")
    client_order_id = parameters.text("cancelOrigClientOrderId")
    if order_id is None and client_order_id is None:
        raise errors.either_parameter("cancelOrigClientOrderId", "cancelOrderId")
    order = api.exchange.accounts[account].find(order_id, client_order_id)
    if order is None or order.request.symbol.name != parameters.need_text("symbol"):
        raise errors.cancel_rejected()
    restriction = parameters.text("cancelRestrictions")
    if restriction is not None and order.status != restriction.removeprefix("ONLY_"):
        raise errors.cancel_rejected("Order was not canceled due to cancel restrictions.")
    cancel_id = parameters.client_order_id("cancelNewClientOrderId")
    cancel_id = cancel_id or api.exchange.next_client_order_id()
    api.exchange.cancel(account, order, cancel_client_order_id=cancel_id)
    return order.to_cancel_answer(cancel_id)


def _place(api: Api, account: str, request: OrderRequest, resp_type: str) -> dict[str, Any]:
    return api.exchange.place(account, request).to_answer(resp_type)


def _outcome(act: Callable[[], dict[str, Any]]) -> dict[str, Any] | BinanceError:
    try:
        return act()
    except BinanceError as error:
        return error


def _data(
    canceled: dict[str, Any] | BinanceError, placed: dict[str, Any] | BinanceError | None
) -> dict[str, Any]:
    new_result = "NOT_ATTEMPTED" if placed is None else _word(placed)
    return {
        "cancelResult": _word(canceled),
        "newOrderResult": new_result,
        "cancelResponse": _shown(canceled),
        "newOrderResponse": None if placed is None else _shown(placed),
    }


def _word(outcome: dict[str, Any] | BinanceError) -> str:
    return "FAILURE" if isinstance(outcome, BinanceError) else "SUCCESS"


def _shown(outcome: dict[str, Any] | BinanceError) -> dict[str, Any]:
    return outcome.body() if isinstance(outcome, BinanceError) else outcome
