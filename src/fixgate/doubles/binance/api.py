"""What can be asked: each endpoint with its security, weight, parameters and answer.

Here: Endpoint, the table of them, and Api, which they are asked of. REST and the WebSocket
API share the table, as they share the answers at Binance.
Not here: HTTP and WebSocket, faults. Trading endpoints are in api_trading.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, unique
from typing import Any, Final

from fixgate.doubles.binance.auth import SECURITY_FIELDS, Keyring
from fixgate.doubles.binance.books import BookFeed
from fixgate.doubles.binance.exchange import Exchange
from fixgate.doubles.binance.limits import RateLimits
from fixgate.doubles.binance.listen_keys import ListenKeys
from fixgate.doubles.binance.parameters import Parameters
from fixgate.doubles.binance.symbols import amount

_DEPTH_DEFAULT: Final = 100
_DEPTH_MAX: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the handlers work on."""

    exchange: Exchange
    keyring: Keyring
    limits: RateLimits
    books: BookFeed
    listen_keys: ListenKeys


@unique
class Security(Enum):
    """What a request must bring."""

    NONE = "none"
    API_KEY = "api_key"
    SIGNED = "signed"


Handler = Callable[[Api, str, Parameters], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One thing that can be asked. ``ws_method`` is its name in the WebSocket API."""

    method: str
    path: str
    handler: Handler
    ws_method: str | None = None
    security: Security = Security.NONE
    weight: int = 1
    fields: frozenset[str] = frozenset()
    is_order: bool = False

    @property
    def name(self) -> str:
        """As in records and faults."""
        return f"{self.method} {self.path}"

    def run(self, api: Api, account: str, parameters: Parameters) -> Any:
        """Answer. Raises BinanceError."""
        extra = SECURITY_FIELDS if self.security is Security.SIGNED else frozenset()
        parameters.allow(self.fields | extra)
        if self.is_order:
            api.limits.count_order(account, api.exchange.now_ms())
        return self.handler(api, account, parameters)


def _ping(_api: Api, _account: str, _parameters: Parameters) -> Any:
    return {}


def _time(api: Api, _account: str, _parameters: Parameters) -> Any:
    return {"serverTime": api.exchange.now_ms()}


def _exchange_info(api: Api, _account: str, parameters: Parameters) -> Any:
    wanted = parameters.text("symbol")
    exchange = api.exchange
    symbols = exchange.symbols.values() if wanted is None else [exchange.symbol(wanted)]
    return {
        "timezone": "UTC",
        "serverTime": exchange.now_ms(),
        "rateLimits": api.limits.to_json(),
        "exchangeFilters": [],
        "symbols": [each.to_json() for each in symbols],
    }


def _depth(api: Api, _account: str, parameters: Parameters) -> Any:
    symbol = api.exchange.symbol(parameters.need_text("symbol"))
    limit = min(parameters.integer("limit") or _DEPTH_DEFAULT, _DEPTH_MAX)
    return api.books.snapshot(symbol.name, limit)


def _book_ticker(api: Api, _account: str, parameters: Parameters) -> Any:
    return _one_or_all(api, parameters, api.books.ticker)


def _price(api: Api, _account: str, parameters: Parameters) -> Any:
    def price(symbol: str) -> dict[str, Any]:
        last_px = api.exchange.engine.last_px(symbol)
        return {"symbol": symbol, "price": amount(last_px) if last_px else None}

    return _one_or_all(api, parameters, price)


def _day(api: Api, _account: str, parameters: Parameters) -> Any:
    return _one_or_all(api, parameters, api.books.day)


def _one_or_all(api: Api, parameters: Parameters, make: Callable[[str], dict[str, Any]]) -> Any:
    name = parameters.text("symbol")
    if name is None:
        return [make(each) for each in api.exchange.symbols]
    return make(api.exchange.symbol(name).name)


def _start_listening(api: Api, account: str, _parameters: Parameters) -> Any:
    return {"listenKey": api.listen_keys.start(account, api.exchange.now_ms())}


def _keep_listening(api: Api, account: str, parameters: Parameters) -> Any:
    key = parameters.need_text("listenKey")
    api.listen_keys.keep(account, key, api.exchange.now_ms())
    return {}


def _stop_listening(api: Api, account: str, parameters: Parameters) -> Any:
    api.listen_keys.stop(account, parameters.need_text("listenKey"))
    return {}


_SYMBOL: Final = frozenset(("symbol",))
_LISTEN_KEY: Final = frozenset(("listenKey",))

MARKET_ENDPOINTS: Final = (
    Endpoint(method="GET", path="/api/v3/ping", ws_method="ping", handler=_ping),
    Endpoint(method="GET", path="/api/v3/time", ws_method="time", handler=_time),
    Endpoint(
        method="GET",
        path="/api/v3/exchangeInfo",
        ws_method="exchangeInfo",
        handler=_exchange_info,
        weight=20,
        fields=_SYMBOL,
    ),
    Endpoint(
        method="GET",
        path="/api/v3/depth",
        ws_method="depth",
        handler=_depth,
        weight=5,
        fields=_SYMBOL | {"limit"},
    ),
    Endpoint(
        method="GET",
        path="/api/v3/ticker/bookTicker",
        ws_method="ticker.book",
        handler=_book_ticker,
        weight=2,
        fields=_SYMBOL,
    ),
    Endpoint(
        method="GET",
        path="/api/v3/ticker/price",
        ws_method="ticker.price",
        handler=_price,
        weight=2,
        fields=_SYMBOL,
    ),
    Endpoint(
        method="GET",
        path="/api/v3/ticker/24hr",
        ws_method="ticker.24hr",
        handler=_day,
        weight=2,
        fields=_SYMBOL,
    ),
    Endpoint(
        method="POST",
        path="/api/v3/userDataStream",
        ws_method="userDataStream.start",
        handler=_start_listening,
        security=Security.API_KEY,
        weight=2,
    ),
    Endpoint(
        method="PUT",
        path="/api/v3/userDataStream",
        ws_method="userDataStream.ping",
        handler=_keep_listening,
        security=Security.API_KEY,
        weight=2,
        fields=_LISTEN_KEY,
    ),
    Endpoint(
        method="DELETE",
        path="/api/v3/userDataStream",
        ws_method="userDataStream.stop",
        handler=_stop_listening,
        security=Security.API_KEY,
        weight=2,
        fields=_LISTEN_KEY,
    ),
)


def authenticate(
    api: Api, endpoint: Endpoint, api_key: str | None, parameters: Parameters, payload: str
) -> str:
    """The account that asks, empty if that does not matter. Raises BinanceError."""
    match endpoint.security:
        case Security.NONE:
            return ""
        case Security.API_KEY:
            return api.keyring.identify(api_key)
        case Security.SIGNED:
            now_ms = api.exchange.now_ms()
            return api.keyring.verify(api_key, parameters, payload, now_ms)
