"""From the parameters of POST order to an OrderRequest.

Here: which parameters each order type needs, may have and must not have.
Not here: filters, balances, what the market says.

Source: Binance spot API documentation, "New order", table of mandatory parameters.
"""

from decimal import Decimal
from typing import Final

from fixgate.doubles.binance import errors
from fixgate.doubles.binance.orders import OrderRequest
from fixgate.doubles.binance.parameters import Parameters
from fixgate.doubles.binance.symbols import ORDER_TYPES, PRECISION, STP_MODES, SpotSymbol

ORDER_FIELDS: Final = frozenset(
    (
        "symbol",
        "side",
        "type",
        "timeInForce",
        "quantity",
        "quoteOrderQty",
        "price",
        "newClientOrderId",
        "stopPrice",
        "icebergQty",
        "newOrderRespType",
        "selfTradePreventionMode",
    )
)
RESP_TYPES: Final = ("ACK", "RESULT", "FULL")
_TIMES_IN_FORCE: Final = ("GTC", "IOC", "FOK")
_TIMED: Final = ("LIMIT", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT")
_PRICED: Final = (*_TIMED, "LIMIT_MAKER")
_STOPPED: Final = ("STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT")


def read_order(
    parameters: Parameters, symbol: SpotSymbol, *, default_client_order_id: str
) -> OrderRequest:
    """Read a new order. Raises BinanceError of the 1100s."""
    side = parameters.need_text("side")
    if side not in ("BUY", "SELL"):
        raise errors.invalid_side()
    kind = parameters.need_text("type")
    if kind not in ORDER_TYPES:
        raise errors.invalid_order_type()
    quantity, quote_order_qty = _quantities(parameters, kind)
    stp_mode = parameters.text("selfTradePreventionMode") or "NONE"
    if stp_mode not in STP_MODES:
        raise errors.illegal_characters("selfTradePreventionMode", "|".join(STP_MODES))
    time_in_force = _time_in_force(parameters, kind)
    return OrderRequest(
        symbol=symbol,
        side=side,
        type=kind,
        time_in_force=time_in_force,
        quantity=quantity,
        quote_order_qty=quote_order_qty,
        price=_price(parameters, "price", wanted=kind in _PRICED),
        stop_price=_price(parameters, "stopPrice", wanted=kind in _STOPPED),
        iceberg_qty=_iceberg_qty(parameters, kind, time_in_force),
        client_order_id=parameters.client_order_id("newClientOrderId") or default_client_order_id,
        stp_mode=stp_mode,
    )


def read_resp_type(parameters: Parameters) -> str:
    """ACK, RESULT or FULL; Binance's default depends on the order type."""
    asked = parameters.text("newOrderRespType")
    if asked is None:
        return "FULL" if parameters.text("type") in ("MARKET", "LIMIT") else "ACK"
    if asked not in RESP_TYPES:
        raise errors.illegal_characters("newOrderRespType", "|".join(RESP_TYPES))
    return asked


def _time_in_force(parameters: Parameters, kind: str) -> str:
    if kind in _TIMED:
        value = parameters.need_text("timeInForce")
        if value not in _TIMES_IN_FORCE:
            raise errors.invalid_time_in_force()
        return value
    if parameters.text("timeInForce") is not None:
        raise errors.not_required("timeInForce")
    return "GTC"


def _quantities(parameters: Parameters, kind: str) -> tuple[Decimal | None, Decimal | None]:
    quote_order_qty = parameters.decimal("quoteOrderQty")
    if quote_order_qty is None:
        if kind == "MARKET" and parameters.text("quantity") is None:
            raise errors.either_parameter("quantity", "quoteOrderQty")
        return _precise("quantity", parameters.need_decimal("quantity")), None
    if kind != "MARKET" or parameters.text("quantity") is not None:
        raise errors.not_required("quoteOrderQty")
    return None, _precise("quoteOrderQty", quote_order_qty)


def _iceberg_qty(parameters: Parameters, kind: str, time_in_force: str) -> Decimal | None:
    """Of orders that have a price and rest until they are canceled."""
    iceberg_qty = parameters.decimal("icebergQty")
    if iceberg_qty is None:
        return None
    if kind not in _PRICED or time_in_force != "GTC":
        raise errors.not_required("icebergQty")
    return _precise("icebergQty", iceberg_qty)


def _price(parameters: Parameters, name: str, *, wanted: bool) -> Decimal | None:
    if wanted:
        return _precise(name, parameters.need_decimal(name))
    if parameters.text(name) is not None:
        raise errors.not_required(name)
    return None


def _precise(name: str, value: Decimal) -> Decimal:
    exponent = value.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -PRECISION:
        raise errors.too_precise(name)
    return value
