"""The endpoints of an account: orders, trades, balances.

Here: handlers and their rows in the table.
Not here: what the exchange does with an order (exchange), the market endpoints (api).
"""

from collections.abc import Callable
from typing import Any, Final

from fixgate.doubles.binance import errors
from fixgate.doubles.binance.api import MARKET_ENDPOINTS, Api, Endpoint, Security
from fixgate.doubles.binance.cancel_replace import CANCEL_REPLACE_FIELDS, cancel_replace
from fixgate.doubles.binance.order_form import ORDER_FIELDS, read_order, read_resp_type
from fixgate.doubles.binance.orders import SpotOrder
from fixgate.doubles.binance.parameters import Parameters

_LIST_DEFAULT: Final = 500
_LIST_MAX: Final = 1_000


def _order_of(
    api: Api, account: str, parameters: Parameters, none: Callable[[], errors.BinanceError]
) -> SpotOrder:
    symbol = api.exchange.symbol(parameters.need_text("symbol"))
    order_id = parameters.integer("orderId")
    client_order_id = parameters.text("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise errors.either_parameter("origClientOrderId", "orderId")
    order = api.exchange.accounts[account].find(order_id, client_order_id)
    if order is None or order.request.symbol is not symbol:
        raise none()
    return order


def _place(api: Api, account: str, parameters: Parameters) -> Any:
    symbol = api.exchange.symbol(parameters.need_text("symbol"))
    resp_type = read_resp_type(parameters)
    fallback = api.exchange.next_client_order_id()
    request = read_order(parameters, symbol, default_client_order_id=fallback)
    return api.exchange.place(account, request).to_answer(resp_type)


def _test(api: Api, account: str, parameters: Parameters) -> Any:
    symbol = api.exchange.symbol(parameters.need_text("symbol"))
    fallback = api.exchange.next_client_order_id()
    request = read_order(parameters, symbol, default_client_order_id=fallback)
    api.exchange.check(account, request)
    return {}


def _query(api: Api, account: str, parameters: Parameters) -> Any:
    return _order_of(api, account, parameters, errors.no_such_order).to_json()


def _cancel(api: Api, account: str, parameters: Parameters) -> Any:
    order = _order_of(api, account, parameters, errors.cancel_rejected)
    restriction = parameters.text("cancelRestrictions")
    if restriction is not None and order.status != restriction.removeprefix("ONLY_"):
        raise errors.cancel_rejected("Order was not canceled due to cancel restrictions.")
    cancel_id = parameters.client_order_id("newClientOrderId")
    cancel_id = cancel_id or api.exchange.next_client_order_id()
    api.exchange.cancel(account, order, cancel_client_order_id=cancel_id)
    return order.to_cancel_answer(cancel_id)


def _cancel_open(api: Api, account: str, parameters: Parameters) -> Any:
    symbol = api.exchange.symbol(parameters.need_text("symbol")).name
    open_orders = api.exchange.accounts[account].open_orders(symbol)
    if not open_orders:
        raise errors.cancel_rejected()
    answers = []
    for order in open_orders:
        cancel_id = api.exchange.next_client_order_id()
        api.exchange.cancel(account, order, cancel_client_order_id=cancel_id)
        answers.append(order.to_cancel_answer(cancel_id))
    return answers


def _cancel_replace(api: Api, account: str, parameters: Parameters) -> Any:
    return cancel_replace(api, account, parameters)


def _amend(api: Api, account: str, parameters: Parameters) -> Any:
    order = _order_of(api, account, parameters, errors.no_such_order)
    new_qty = parameters.need_decimal("newQty")
    original_id = order.client_order_id
    new_id = parameters.client_order_id("newClientOrderId")
    new_id = new_id or api.exchange.next_client_order_id()
    api.exchange.amend(account, order, new_qty, new_id)
    amended = order.to_json()
    return {
        "transactTime": order.update_ms,
        "executionId": order.order_id,
        "amendedOrder": {
            "symbol": amended["symbol"],
            "orderId": order.order_id,
            "orderListId": -1,
            "origClientOrderId": original_id,
            "clientOrderId": new_id,
            "price": amended["price"],
            "qty": amended["origQty"],
            "executedQty": amended["executedQty"],
            "preventedQty": "0.00000000",
            "quoteOrderQty": "0.00000000",
            "cumulativeQuoteQty": amended["cummulativeQuoteQty"],
            "status": order.status,
            "timeInForce": amended["timeInForce"],
            "type": amended["type"],
            "side": amended["side"],
            "workingTime": amended["workingTime"],
            "selfTradePreventionMode": amended["selfTradePreventionMode"],
        },
    }


def _open_orders(api: Api, account: str, parameters: Parameters) -> Any:
    name = parameters.text("symbol")
    symbol = None if name is None else api.exchange.symbol(name).name
    return [each.to_json() for each in api.exchange.accounts[account].open_orders(symbol)]


def _all_orders(api: Api, account: str, parameters: Parameters) -> Any:
    symbol = api.exchange.symbol(parameters.need_text("symbol")).name
    first_id = parameters.integer("orderId") or 0
    start_ms, end_ms = _period(parameters)
    orders = [
        each.to_json()
        for each in api.exchange.accounts[account].orders(symbol)
        if each.order_id >= first_id and start_ms <= each.time_ms <= end_ms
    ]
    return _page(parameters, orders, oldest_first=bool(first_id or start_ms))


def _my_trades(api: Api, account: str, parameters: Parameters) -> Any:
    symbol = api.exchange.symbol(parameters.need_text("symbol")).name
    order_id = parameters.integer("orderId")
    from_id = parameters.integer("fromId") or 0
    start_ms, end_ms = _period(parameters)
    trades = [
        each.to_json()
        for each in api.exchange.accounts[account].trades
        if each.symbol == symbol
        and (order_id is None or each.order_id == order_id)
        and each.trade_id >= from_id
        and start_ms <= each.time_ms <= end_ms
    ]
    return _page(parameters, trades, oldest_first=bool(from_id or start_ms))


def _period(parameters: Parameters) -> tuple[int, int]:
    return parameters.integer("startTime") or 0, parameters.integer("endTime") or 2**63


def _page(
    parameters: Parameters, rows: list[dict[str, Any]], *, oldest_first: bool
) -> list[dict[str, Any]]:
    """At most ``limit`` rows: from the start if a start was given, else the newest."""
    limit = min(parameters.integer("limit") or _LIST_DEFAULT, _LIST_MAX)
    return rows[:limit] if oldest_first else rows[-limit:]


def _account(api: Api, account: str, parameters: Parameters) -> Any:
    parameters.text("omitZeroBalances")
    rate = str(api.exchange.commission_rate)
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": rate, "taker": rate, "buyer": "0", "seller": "0"},
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": False,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": api.exchange.now_ms(),
        "accountType": "SPOT",
        "balances": api.exchange.accounts[account].balances.to_json(),
        "permissions": ["SPOT"],
        "uid": 1,
    }


_ORDER_ID: Final = frozenset(("symbol", "orderId", "origClientOrderId"))
_PERIOD: Final = frozenset(("symbol", "orderId", "startTime", "endTime", "limit"))


def _signed(
    method: str,
    path: str,
    ws_method: str | None,
    handler: Callable[[Api, str, Parameters], Any],
    *,
    fields: frozenset[str],
    weight: int = 1,
    is_order: bool = False,
) -> Endpoint:
    return Endpoint(
        method=method,
        path=f"/api/v3/{path}",
        ws_method=ws_method,
        handler=handler,
        security=Security.SIGNED,
        weight=weight,
        fields=fields,
        is_order=is_order,
    )


ENDPOINTS: Final = (
    *MARKET_ENDPOINTS,
    _signed("POST", "order", "order.place", _place, fields=ORDER_FIELDS, is_order=True),
    _signed("POST", "order/test", "order.test", _test, fields=ORDER_FIELDS),
    _signed("GET", "order", "order.status", _query, fields=_ORDER_ID, weight=4),
    _signed(
        "DELETE",
        "order",
        "order.cancel",
        _cancel,
        fields=_ORDER_ID | {"newClientOrderId", "cancelRestrictions"},
    ),
    _signed(
        "POST",
        "order/cancelReplace",
        "order.cancelReplace",
        _cancel_replace,
        fields=ORDER_FIELDS | CANCEL_REPLACE_FIELDS,
        is_order=True,
    ),
    _signed(
        "PUT",
        "order/amend/keepPriority",
        "order.amend.keepPriority",
        _amend,
        fields=_ORDER_ID | {"newClientOrderId", "newQty"},
        weight=4,
    ),
    _signed(
        "GET",
        "openOrders",
        "openOrders.status",
        _open_orders,
        fields=frozenset(("symbol",)),
        weight=6,
    ),
    _signed(
        "DELETE",
        "openOrders",
        "openOrders.cancelAll",
        _cancel_open,
        fields=frozenset(("symbol",)),
    ),
    _signed("GET", "allOrders", "allOrders", _all_orders, fields=_PERIOD, weight=20),
    _signed("GET", "myTrades", "myTrades", _my_trades, fields=_PERIOD | {"fromId"}, weight=20),
    _signed(
        "GET",
        "account",
        "account.status",
        _account,
        fields=frozenset(("omitZeroBalances",)),
        weight=20,
    ),
)
