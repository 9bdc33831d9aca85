"""The symbols this exchange lists, and what exchangeInfo says of them.

Here: SpotSymbol, its filters on the wire, and the symbols listed by default.
Not here: the enforcement of the filters (filters).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from fixgate.matching import Listing

ORDER_TYPES: Final = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)
STP_MODES: Final = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")
PRECISION: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotSymbol:
    """One pair. Prices in quote currency, quantities in base currency."""

    base: str
    quote: str
    start_px: Decimal
    tick_size: Decimal
    lot_size: Decimal
    min_qty: Decimal
    max_qty: Decimal = Decimal(9_000)
    max_market_qty: Decimal = Decimal(1_000)
    min_price: Decimal = Decimal("0.01")
    max_price: Decimal = Decimal(1_000_000)
    min_notional: Decimal = Decimal(5)
    max_notional: Decimal = Decimal(9_000_000)
    open_orders_max: int = 200
    iceberg_parts_max: int = 10
    notional_filter: str = "NOTIONAL"  # or MIN_NOTIONAL, which older symbols carry

    @property
    def name(self) -> str:
        """As Binance writes it: BTCUSDT."""
        return self.base + self.quote

    def listing(self) -> Listing:
        """The same for the matching engine."""
        return Listing(
            symbol=self.name,
            tick_size=self.tick_size,
            lot_size=self.lot_size,
            max_qty=self.max_qty * 10,
            max_price=self.max_price,
        )

    def to_json(self) -> dict[str, Any]:
        """The entry in exchangeInfo."""
        return {
            "symbol": self.name,
            "status": "TRADING",
            "baseAsset": self.base,
            "baseAssetPrecision": PRECISION,
            "quoteAsset": self.quote,
            "quotePrecision": PRECISION,
            "quoteAssetPrecision": PRECISION,
            "baseCommissionPrecision": PRECISION,
            "quoteCommissionPrecision": PRECISION,
            "orderTypes": list(ORDER_TYPES),
            "icebergAllowed": True,
            "ocoAllowed": False,
            "otoAllowed": False,
            "quoteOrderQtyMarketAllowed": True,
            "allowTrailingStop": False,
            "cancelReplaceAllowed": True,
            "amendAllowed": True,
            "isSpotTradingAllowed": True,
            "isMarginTradingAllowed": False,
            "filters": self._filters(),
            "permissions": [],
            "permissionSets": [["SPOT"]],
            "defaultSelfTradePreventionMode": "NONE",
            "allowedSelfTradePreventionModes": list(STP_MODES),
        }

    def _filters(self) -> list[dict[str, Any]]:
        return [
            {
                "filterType": "PRICE_FILTER",
                "minPrice": amount(self.min_price),
                "maxPrice": amount(self.max_price),
                "tickSize": amount(self.tick_size),
            },
            {
                "filterType": "LOT_SIZE",
                "minQty": amount(self.min_qty),
                "maxQty": amount(self.max_qty),
                "stepSize": amount(self.lot_size),
            },
            {
                "filterType": "MARKET_LOT_SIZE",
                "minQty": amount(Decimal(0)),
                "maxQty": amount(self.max_market_qty),
                "stepSize": amount(Decimal(0)),
            },
            self._notional(),
            {"filterType": "ICEBERG_PARTS", "limit": self.iceberg_parts_max},
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": self.open_orders_max},
        ]

    def _notional(self) -> dict[str, Any]:
        if self.notional_filter == "MIN_NOTIONAL":
            return {
                "filterType": "MIN_NOTIONAL",
                "minNotional": amount(self.min_notional),
                "applyToMarket": True,
                "avgPriceMins": 0,
            }
        return {
            "filterType": "NOTIONAL",
            "minNotional": amount(self.min_notional),
            "applyMinToMarket": True,
            "maxNotional": amount(self.max_notional),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        }


def amount(value: Decimal) -> str:
    """A number on the wire: eight decimal places."""
    return f"{value:.8f}"


DEFAULT_SYMBOLS: Final = (
    SpotSymbol(
        base="BTC",
        quote="USDT",
        start_px=Decimal(50_000),
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.00001"),
        min_qty=Decimal("0.00001"),
    ),
    SpotSymbol(
        base="ETH",
        quote="USDT",
        start_px=Decimal(3_000),
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.0001"),
        min_qty=Decimal("0.0001"),
    ),
    SpotSymbol(
        base="SOL",
        quote="USDT",
        start_px=Decimal(150),
        tick_size=Decimal("0.01"),
        lot_size=Decimal("0.001"),
        min_qty=Decimal("0.001"),
        max_qty=Decimal(90_000),
        max_market_qty=Decimal(10_000),
    ),
)
