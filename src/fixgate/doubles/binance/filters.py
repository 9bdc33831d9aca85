"""The symbol filters: what exchangeInfo promises to refuse.

Here: check_filters, pure.
Not here: what exchangeInfo says (symbols), MAX_NUM_ORDERS, which needs the open orders.

Source: Binance spot API documentation, "Filters".
"""

from decimal import Decimal

from fixgate.doubles.binance import errors
from fixgate.doubles.binance.orders import OrderRequest
from fixgate.doubles.binance.symbols import SpotSymbol


def check_filters(request: OrderRequest, quantity: Decimal, reference_px: Decimal) -> None:
    """Raise -1013 with the name of the first filter that refuses.

    ``reference_px`` stands for the price of an order that has none.
    """
    symbol = request.symbol
    for price in (request.price, request.stop_price):
        if price is not None:
            _price_filter(symbol, price)
    check_lot_size(symbol, quantity)
    if request.iceberg_qty is not None:
        check_lot_size(symbol, request.iceberg_qty)
        if -(-quantity // request.iceberg_qty) > symbol.iceberg_parts_max:
            raise errors.filter_failure("ICEBERG_PARTS")
    if request.price is None and quantity > symbol.max_market_qty:
        raise errors.filter_failure("MARKET_LOT_SIZE")
    _notional(request, quantity, request.price or request.stop_price or reference_px)


def check_lot_size(symbol: SpotSymbol, quantity: Decimal) -> None:
    """LOT_SIZE."""
    out_of_range = not symbol.min_qty <= quantity <= symbol.max_qty
    if out_of_range or (quantity - symbol.min_qty) % symbol.lot_size:
        raise errors.filter_failure("LOT_SIZE")


def _price_filter(symbol: SpotSymbol, price: Decimal) -> None:
    out_of_range = not symbol.min_price <= price <= symbol.max_price
    if out_of_range or (price - symbol.min_price) % symbol.tick_size:
        raise errors.filter_failure("PRICE_FILTER")


def _notional(request: OrderRequest, quantity: Decimal, price: Decimal) -> None:
    symbol = request.symbol
    notional = quantity * price
    # NOTIONAL has an upper bound too, which does not apply to market orders here.
    above = symbol.notional_filter == "NOTIONAL" and notional > symbol.max_notional
    if notional < symbol.min_notional or (above and request.price is not None):
        raise errors.filter_failure(symbol.notional_filter)
