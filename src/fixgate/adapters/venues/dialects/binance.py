"""Binance spot: every request that may be sent, written out.

Here: BinanceDialect, the table of what is accepted, and the requests.
Not here: understanding answers and the stream (binance_reading), prices (binance_market), codes
(binance_codes).
Source: Binance's spot API documentation, rest-api.md and web-socket-api.md.

| OrdType    | TimeInForce   | post-only | type and timeInForce at Binance                     |
|------------|---------------|-----------|-----------------------------------------------------|
| LIMIT      | GTC, IOC, FOK | no        | LIMIT with the same                                 |
| LIMIT      | GTC           | yes       | LIMIT_MAKER, which has none                         |
| MARKET     | DAY, GTC, IOC | no        | MARKET, which has none: it ends at once in any case |
| STOP       | GTC           | no        | STOP_LOSS, which has none                           |
| STOP_LIMIT | GTC           | no        | STOP_LOSS_LIMIT with GTC                            |

Options beside these: icebergQty of LIMIT and STOP_LIMIT, both GTC; selfTradePreventionMode of all.

Held by the gateway: DAY of orders that rest, and GTD, because Binance has neither: the order goes
there GTC, and the gateway cancels it in time. Trailing stops. Not taken at all: FOK of market
orders, of which Binance fills a part.

Replace is cancel-then-new, in two steps of ours. Binance's cancelReplace sends the new order
whatever was filled between our decision and its cancel, with the quantity we computed before:
the fill and the new order together can exceed OrderQty.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any, Final
from urllib.parse import urlsplit

from fixgate.adapters.venues.depth import SNAPSHOT_LEVELS, DepthSnapshot
from fixgate.adapters.venues.dialect import (
    FindByVenueID,
    MarketMessage,
    OrderFacts,
    StreamMessage,
    TradeFacts,
    UnlistedError,
    UnreadableError,
    WireCall,
)
from fixgate.adapters.venues.dialects import binance_codes as codes
from fixgate.adapters.venues.dialects import binance_market as market
from fixgate.adapters.venues.dialects import binance_reading as reading
from fixgate.adapters.venues.limiter import Allowance
from fixgate.application.ports.venue import CancelLeg, SubmitLeg
from fixgate.domain.capabilities import Option, each_of
from fixgate.domain.extras import Extras
from fixgate.domain.holding import protects, with_held
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueName, VenueOrderID
from fixgate.domain.instruments import Instrument, ReplaceStyle, VenueProfile
from fixgate.domain.rounding import to_wire
from fixgate.domain.values import OrdType, SelfTradePrevention, Side, TimeInForce

_RECV_WINDOW_MS: Final = 5_000
_NS_PER_MS: Final = 1_000_000
_PAGE: Final = 1_000
_OPEN_ORDERS_ALL_WEIGHT: Final = 80
_OPEN_ORDERS_ONE_WEIGHT: Final = 6
_DEPTH_WEIGHT: Final = 25  # of 101 to 500 levels
_SIDES: Final[Mapping[Side, str]] = {Side.BUY: "BUY", Side.SELL: "SELL"}
_GTC = TimeInForce.GOOD_TILL_CANCEL
_IOC = TimeInForce.IMMEDIATE_OR_CANCEL
_FOK = TimeInForce.FILL_OR_KILL
_ENDING = (TimeInForce.DAY, TimeInForce.GOOD_TILL_DATE)

# (OrdType, TimeInForce, post-only) -> what "type" and, where it has one, "timeInForce" become.
ROUTES: Final[Mapping[tuple[OrdType, TimeInForce, bool], Mapping[str, str]]] = {
    (OrdType.LIMIT, _GTC, False): {"type": "LIMIT", "timeInForce": "GTC"},
    (OrdType.LIMIT, _IOC, False): {"type": "LIMIT", "timeInForce": "IOC"},
    (OrdType.LIMIT, _FOK, False): {"type": "LIMIT", "timeInForce": "FOK"},
    (OrdType.LIMIT, _GTC, True): {"type": "LIMIT_MAKER"},
    (OrdType.MARKET, TimeInForce.DAY, False): {"type": "MARKET"},
    (OrdType.MARKET, _GTC, False): {"type": "MARKET"},
    (OrdType.MARKET, _IOC, False): {"type": "MARKET"},
    (OrdType.STOP, _GTC, False): {"type": "STOP_LOSS"},
    (OrdType.STOP_LIMIT, _GTC, False): {"type": "STOP_LOSS_LIMIT", "timeInForce": "GTC"},
}

_STP_MODES: Final[Mapping[SelfTradePrevention, str]] = {
    SelfTradePrevention.CANCEL_NEWEST: "EXPIRE_TAKER",
    SelfTradePrevention.CANCEL_OLDEST: "EXPIRE_MAKER",
    SelfTradePrevention.CANCEL_BOTH: "EXPIRE_BOTH",
}
_STP_OPTIONS: Final = (
    Option.STP_CANCEL_NEWEST,
    Option.STP_CANCEL_OLDEST,
    Option.STP_CANCEL_BOTH,
)
_OPTIONS: Final = (
    frozenset((Option.POST_ONLY, ord_type, tif) for ord_type, tif, only in ROUTES if only)
    | frozenset((option, kind, tif) for option in _STP_OPTIONS for kind, tif, _ in ROUTES)
    | each_of((Option.ICEBERG,), (OrdType.LIMIT, OrdType.STOP_LIMIT), (_GTC,))
)

_HELD: Final = (
    *product((OrdType.LIMIT, OrdType.STOP, OrdType.STOP_LIMIT), _ENDING),
    *product((OrdType.PEGGED,), (_GTC, *_ENDING)),
)


class BinanceDialect:
    """Dialect of a Binance spot account."""

    def __init__(self, venue: VenueName) -> None:
        self._venue = venue
        own = VenueProfile(
            venue=venue,
            accepts=frozenset((ord_type, tif) for ord_type, tif, _ in ROUTES),
            options=_OPTIONS,
            made=frozenset((Option.CASH_ORDER_QTY, kind, tif) for kind, tif, _ in ROUTES),
            replace=ReplaceStyle.CANCEL_THEN_NEW,
        )
        self.profile = protects(with_held(own, _HELD))
        self.options: Mapping[str, Any] = {
            "defaultType": "spot",
            "fetchMarkets": {"types": ["spot"]},
            "fetchCurrencies": False,
            "fetchMargins": False,
            "recvWindow": _RECV_WINDOW_MS,
            # ccxt would make an order of the first error after a good answer into a rate limit.
            "hasAlreadyAuthenticatedSuccessfully": False,
            "crossMarginPairsData": [],
            "isolatedMarginPairsData": [],
        }
        self.allowances = (
            Allowance(kind="weight", count=6_000, period_s=60.0),
            Allowance(kind="orders", count=100, period_s=10.0),
            Allowance(kind="orders", count=200_000, period_s=86_400.0),
        )
        self.processing_window_ns = _RECV_WINDOW_MS * _NS_PER_MS

    def hosts(self, exchange: Any) -> frozenset[str]:
        """REST and the WebSockets of the environment whose URLs are in place."""
        api = exchange.urls["api"]
        urls = (api["public"], api["private"], api["ws"]["ws-api"]["spot"], api["ws"]["spot"])
        return frozenset(name for each in urls if (name := urlsplit(each).hostname))

    def submit(self, call: SubmitLeg) -> WireCall:
        """POST /api/v3/order. Numbers are the exact decimals, as text."""
        terms = call.terms
        route = ROUTES.get((terms.ord_type, terms.time_in_force, terms.post_only))
        if route is None:
            raise UnlistedError(
                f"{self._venue} does not take {'post-only ' if terms.post_only else ''}"
                f"{terms.ord_type.name} with TimeInForce {terms.time_in_force.name}"
            )
        params = {
            "symbol": call.instrument.venue_symbol,
            "side": _SIDES[call.side],
            **route,
            "quantity": to_wire(call.qty),
        }
        if terms.price is not None:
            params["price"] = to_wire(terms.price)
        if terms.stop_px is not None:
            params["stopPrice"] = to_wire(terms.stop_px)
        if terms.extras is not None:
            params |= _extras(terms.extras, call.qty)
        params["newClientOrderId"] = call.venue_cl_ord_id
        # FULL: the trades of an order that trades at once are in its answer as well.
        params["newOrderRespType"] = "FULL"
        return WireCall(
            endpoint="private_post_order", params=params, cost={"weight": 1, "orders": 1}
        )

    def cancel(self, call: CancelLeg) -> WireCall:
        """DELETE /api/v3/order."""
        params = {
            "symbol": call.instrument.venue_symbol,
            "origClientOrderId": call.venue_cl_ord_id,
        }
        return WireCall(endpoint="private_delete_order", params=params, cost={"weight": 1})

    def order(self, venue_cl_ord_id: VenueClOrdID, instrument: Instrument) -> WireCall:
        """GET /api/v3/order."""
        params = {"symbol": instrument.venue_symbol, "origClientOrderId": venue_cl_ord_id}
        return WireCall(endpoint="private_get_order", params=params, cost={"weight": 4})

    def trades(
        self, venue_order_id: VenueOrderID, instrument: Instrument, after: TradeID | None
    ) -> WireCall:
        """GET /api/v3/myTrades, by order id: complete, whatever the clocks say."""
        params = {
            "symbol": instrument.venue_symbol,
            "orderId": str(venue_order_id),
            # Without it Binance begins with the newest trades, not with the first.
            "fromId": str(1 if after is None else reading.number_of(after) + 1),
            "limit": str(_PAGE),
        }
        return WireCall(endpoint="private_get_mytrades", params=params, cost={"weight": 20})

    def order_of(self, venue_order_id: VenueOrderID, instrument: Instrument) -> WireCall:
        """GET /api/v3/order, by Binance's own id."""
        params = {"symbol": instrument.venue_symbol, "orderId": str(venue_order_id)}
        return WireCall(endpoint="private_get_order", params=params, cost={"weight": 4})

    def account_trades(
        self, instrument: Instrument, since_ns: int, until_ns: int, after: TradeID | None
    ) -> WireCall:
        """GET /api/v3/myTrades, by time; fromId does not go with a time."""
        params = {"symbol": instrument.venue_symbol, "limit": str(_PAGE)}
        if after is None:
            params["startTime"] = str(since_ns // _NS_PER_MS)
            params["endTime"] = str(-(-until_ns // _NS_PER_MS))
        else:
            params["fromId"] = str(reading.number_of(after) + 1)
        return WireCall(endpoint="private_get_mytrades", params=params, cost={"weight": 20})

    def open_orders(self, instruments: Sequence[Instrument]) -> tuple[WireCall, ...]:
        """GET /api/v3/openOrders, by symbol while that is cheaper than all at once."""
        symbols = sorted({each.venue_symbol for each in instruments})
        endpoint = "private_get_openorders"
        if len(symbols) * _OPEN_ORDERS_ONE_WEIGHT >= _OPEN_ORDERS_ALL_WEIGHT:
            return (WireCall(endpoint=endpoint, cost={"weight": _OPEN_ORDERS_ALL_WEIGHT}),)
        return tuple(
            WireCall(
                endpoint=endpoint,
                params={"symbol": each},
                cost={"weight": _OPEN_ORDERS_ONE_WEIGHT},
            )
            for each in symbols
        )

    def account(self) -> WireCall:
        """GET /api/v3/account, without the hundreds of assets that it does not hold."""
        params = {"omitZeroBalances": "true"}
        return WireCall(endpoint="private_get_account", params=params, cost={"weight": 20})

    def markets(self) -> WireCall:
        """GET /api/v3/exchangeInfo, of everything.

        Asked for a list of symbols, Binance answers with an error for the whole list as soon
        as one of them is delisted.
        """
        return WireCall(endpoint="public_get_exchangeinfo", cost={"weight": 20})

    def server_time(self) -> WireCall:
        """GET /api/v3/time."""
        return WireCall(endpoint="public_get_time", cost={"weight": 1})

    def read_submitted(self, body: Any) -> tuple[OrderFacts, tuple[TradeFacts, ...]]:
        """The FULL answer."""
        return reading.submitted(body)

    def read_canceled(self, body: Any) -> OrderFacts:
        """The answer names the order by origClientOrderId; clientOrderId is the cancel's own."""
        return reading.order(body, id_field="origClientOrderId")

    def read_order(self, body: Any) -> OrderFacts:
        """One order."""
        return reading.order(body, id_field="clientOrderId")

    def read_open_orders(self, body: Any) -> tuple[OrderFacts, ...]:
        """A list of orders."""
        return reading.orders(body)

    def read_trades(self, body: Any, side: Side) -> tuple[tuple[TradeFacts, ...], bool]:
        """A page of trades."""
        return reading.trades(body, side, page=_PAGE)

    def read_account(self, body: Any) -> tuple[tuple[str, Decimal, Decimal], ...]:
        """``balances``."""
        return reading.balances(body)

    def read_markets(
        self, exchange: Any, body: Any, symbols: frozenset[str]
    ) -> Iterable[Instrument]:
        """The symbols, by ccxt's parsing."""
        return reading.markets(exchange, body, self._venue, symbols)

    def read_allowances(self, body: Any) -> tuple[Allowance, ...]:
        """``rateLimits`` of exchangeInfo."""
        return reading.allowances(body)

    def read_server_time_ms(self, body: Any) -> int:
        """``serverTime``."""
        return reading.server_time_ms(body)

    def read_used(self, headers: Mapping[str, str]) -> tuple[tuple[str, float, int], ...]:
        """X-MBX-USED-WEIGHT-1M and X-MBX-ORDER-COUNT-10S, -1D."""
        return reading.used(headers)

    def read_stream(self, message: Any, find: FindByVenueID) -> StreamMessage | None:
        """A message of the user data stream."""
        return reading.stream(message, find)

    def is_refusal(self, code: int | None, message: str) -> bool:
        """See binance_codes."""
        return codes.is_refusal(code, message)

    def is_denied(self, code: int | None) -> bool:
        """See binance_codes."""
        return code in codes.DENIED

    def is_not_found(self, code: int | None) -> bool:
        """-2013."""
        return code == codes.NO_SUCH_ORDER

    def archived(self, code: int | None) -> bool:
        """-2026: canceled or expired without a trade more than 90 days ago."""
        return code == codes.ORDER_ARCHIVED

    def is_clock_skew(self, code: int | None) -> bool:
        """-1021."""
        return code == codes.INVALID_TIMESTAMP

    def stream_url(self, exchange: Any) -> str:
        """The WebSocket API; spot listen keys are no more."""
        return str(exchange.urls["api"]["ws"]["ws-api"]["spot"])

    async def subscribe(self, exchange: Any) -> None:
        """userDataStream.subscribe.signature, on the WebSocket API."""
        url = self.stream_url(exchange)
        request_id = str(exchange.request_id(url))
        message = {
            "id": request_id,
            "method": "userDataStream.subscribe.signature",
            "params": exchange.sign_params({}),
        }
        told = {
            "id": request_id,
            "method": lambda client, answer: client.resolve(answer, request_id),
        }
        answer = await exchange.watch(url, request_id, message, request_id, told)
        if not isinstance(answer, dict) or "subscriptionId" not in answer.get("result", {}):
            raise UnreadableError("the subscription was not confirmed")

    def market_url(self, exchange: Any) -> str:
        """The stream host; it needs no key."""
        return str(exchange.urls["api"]["ws"]["spot"])

    async def subscribe_market(self, exchange: Any, instruments: Sequence[Instrument]) -> None:
        """SUBSCRIBE to <symbol>@depth@100ms and <symbol>@trade."""
        url = self.market_url(exchange)
        number = exchange.request_id(url)
        request_id = str(number)
        message = {"method": "SUBSCRIBE", "params": market.streams(instruments), "id": number}
        told = {
            "id": request_id,
            "method": lambda client, answer: client.resolve(answer, request_id),
        }
        answer = await exchange.watch(url, request_id, message, request_id, told)
        if not isinstance(answer, dict) or answer.get("result", "") is not None:
            raise UnreadableError("the subscription was not confirmed")

    def depth(self, instrument: Instrument) -> WireCall:
        """GET /api/v3/depth."""
        return WireCall(
            endpoint="public_get_depth",
            params={"symbol": instrument.venue_symbol, "limit": str(SNAPSHOT_LEVELS)},
            cost={"weight": _DEPTH_WEIGHT},
        )

    def read_depth(self, body: Any) -> DepthSnapshot:
        """See binance_market."""
        return market.snapshot(body)

    def read_market(self, message: Any) -> MarketMessage | None:
        """Messages depthUpdate and trade."""
        return market.message(message)


def _extras(extras: Extras, qty: Decimal) -> dict[str, str]:
    params = {}
    if extras.max_floor is not None and extras.max_floor < qty:
        params["icebergQty"] = to_wire(extras.max_floor)
    if extras.self_trade is not None:
        params["selfTradePreventionMode"] = _STP_MODES[extras.self_trade]
    return params
