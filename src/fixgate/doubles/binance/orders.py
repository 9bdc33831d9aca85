"""An order as this exchange keeps it, and as it looks in answers.

Here: OrderRequest (what was asked for), Fill, SpotOrder, and their JSON.
Not here: stream events (reports), matching.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from fixgate.doubles.binance.symbols import SpotSymbol, amount

_ZERO: Final = Decimal(0)
OPEN_STATUSES: Final = ("NEW", "PARTIALLY_FILLED")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """A new order after its parameters have been read."""

    symbol: SpotSymbol
    side: str
    type: str
    time_in_force: str
    quantity: Decimal | None
    quote_order_qty: Decimal | None
    price: Decimal | None
    stop_price: Decimal | None
    iceberg_qty: Decimal | None
    client_order_id: str
    stp_mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One trade of one order."""

    trade_id: int
    order_id: int
    symbol: str
    price: Decimal
    qty: Decimal
    commission: Decimal
    commission_asset: str
    is_buyer: bool
    is_maker: bool
    time_ms: int

    def to_json(self) -> dict[str, Any]:
        """As in myTrades."""
        return {
            "symbol": self.symbol,
            "id": self.trade_id,
            "orderId": self.order_id,
            "orderListId": -1,
            "price": amount(self.price),
            "qty": amount(self.qty),
            "quoteQty": amount(self.price * self.qty),
            "commission": amount(self.commission),
            "commissionAsset": self.commission_asset,
            "time": self.time_ms,
            "isBuyer": self.is_buyer,
            "isMaker": self.is_maker,
            "isBestMatch": True,
        }

    def to_answer(self) -> dict[str, Any]:
        """As among the fills of a FULL answer."""
        return {
            "price": amount(self.price),
            "qty": amount(self.qty),
            "commission": amount(self.commission),
            "commissionAsset": self.commission_asset,
            "tradeId": self.trade_id,
        }


@dataclass(slots=True, kw_only=True)
class SpotOrder:
    """An order, changed only by the exchange as the engine's events come in."""

    account: str
    request: OrderRequest
    quantity: Decimal
    client_order_id: str
    time_ms: int
    update_ms: int
    order_id: int = 0
    status: str = "NEW"
    executed: Decimal = _ZERO
    cum_quote: Decimal = _ZERO
    is_working: bool = True
    fills: list[Fill] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it may still trade."""
        return self.status in OPEN_STATUSES

    @property
    def lock_asset(self) -> str:
        """What the order reserves while it is open."""
        symbol = self.request.symbol
        return symbol.quote if self.request.side == "BUY" else symbol.base

    @property
    def lock_rate(self) -> Decimal:
        """How much it reserves for each unit of quantity. A market buy pays as it trades."""
        if self.request.side == "SELL":
            return Decimal(1)
        return self.request.price or self.request.stop_price or _ZERO

    def to_json(self) -> dict[str, Any]:
        """As in GET order, openOrders and allOrders."""
        return {
            **self._common(),
            "icebergQty": amount(self.request.iceberg_qty or _ZERO),
            "stopPrice": amount(self.request.stop_price or _ZERO),
            "time": self.time_ms,
            "updateTime": self.update_ms,
            "isWorking": self.is_working,
            "workingTime": self.time_ms if self.is_working else -1,
        }

    def to_answer(self, resp_type: str) -> dict[str, Any]:
        """As in the answer to POST order: ACK, RESULT or FULL."""
        ack = {
            "symbol": self.request.symbol.name,
            "orderId": self.order_id,
            "orderListId": -1,
            "clientOrderId": self.client_order_id,
            "transactTime": self.update_ms,
        }
        if resp_type == "ACK":
            return ack
        result = {**self._common(), **ack, "workingTime": self.time_ms if self.is_working else -1}
        if self.request.stop_price is not None:
            result["stopPrice"] = amount(self.request.stop_price)
        if resp_type == "FULL":
            result["fills"] = [each.to_answer() for each in self.fills]
        return result

    def to_cancel_answer(self, cancel_client_order_id: str) -> dict[str, Any]:
        """As in the answer to DELETE order."""
        return {
            **self._common(),
            "origClientOrderId": self.client_order_id,
            "clientOrderId": cancel_client_order_id,
            "transactTime": self.update_ms,
        }

    def _common(self) -> dict[str, Any]:
        request = self.request
        return {
            "symbol": request.symbol.name,
            "orderId": self.order_id,
            "orderListId": -1,
            "clientOrderId": self.client_order_id,
            "price": amount(request.price or _ZERO),
            "origQty": amount(self.quantity),
            "executedQty": amount(self.executed),
            "origQuoteOrderQty": amount(request.quote_order_qty or _ZERO),
            "cummulativeQuoteQty": amount(self.cum_quote),
            "status": self.status,
            "timeInForce": request.time_in_force,
            "type": request.type,
            "side": request.side,
            "selfTradePreventionMode": request.stp_mode,
        }
