"""The double as a server: built, started, stopped.

Here: BinanceDouble and run().
Not here: what it serves. One server answers for all of Binance's spot host names (REST,
WebSocket API and streams, production and testnet): paths do not collide, hosts are ignored.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from random import Random
from time import time_ns  # noqa: TID251 - a server at the edge; a test may hand in its own
from types import TracebackType
from typing import Final, Self

from aiohttp import web

from fixgate.doubles.binance.api import Api
from fixgate.doubles.binance.auth import Keyring
from fixgate.doubles.binance.books import BookFeed
from fixgate.doubles.binance.control import Control
from fixgate.doubles.binance.exchange import Exchange
from fixgate.doubles.binance.faults import FaultScript
from fixgate.doubles.binance.limits import RateLimits
from fixgate.doubles.binance.listen_keys import ListenKeys
from fixgate.doubles.binance.market_ws import MarketSockets
from fixgate.doubles.binance.record import RequestRecord
from fixgate.doubles.binance.rest import RestHandler
from fixgate.doubles.binance.streams import MESSAGE_BYTES_MAX, Hub
from fixgate.doubles.binance.symbols import DEFAULT_SYMBOLS, SpotSymbol
from fixgate.doubles.binance.ws_api import ApiSockets

DEMO_API_KEY: Final = "demo-api-key"
DEMO_SECRET: Final = "demo-secret"  # noqa: S105 - of a server that holds no money
DEMO_DEPOSITS: Final[Mapping[str, Decimal]] = {
    "USDT": Decimal(10_000_000),
    "BTC": Decimal(100),
    "ETH": Decimal(1_000),
    "SOL": Decimal(10_000),
}
_REQUESTS_KEPT_MAX: Final = 10_000
_CLIENTS_MAX: Final = 200


class BinanceDouble:
    """A Binance spot exchange in this process: ``async with BinanceDouble() as double: ...``.

    ``credentials`` maps API keys to secrets; each key is an account of its own with
    ``deposits``. ``step_s`` is how often the market moves, None only when ``exchange.step``
    is called. ``now_ns`` is the exchange's clock. Faults: ``faults`` for requests,
    ``hub.faults`` for the user data stream; what was asked: ``record``; what really
    happened: ``exchange.accounts``.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        credentials: Mapping[str, str] | None = None,
        deposits: Mapping[str, Decimal] = DEMO_DEPOSITS,
        symbols: Iterable[SpotSymbol] = DEFAULT_SYMBOLS,
        seed: int = 1,
        step_s: float | None = 0.1,
        commission_rate: Decimal = Decimal("0.001"),
        weight_max_1m: int = 6_000,
        orders_max_10s: int = 100,
        kept_max: int = 10_000,
        stream_queue_max: int = 10_000,
        ssl_context: ssl.SSLContext | None = None,
        now_ns: Callable[[], int] = time_ns,
    ) -> None:
        self.host = host
        self.port = port
        self.faults = FaultScript()
        self.record = RequestRecord(_REQUESTS_KEPT_MAX)
        self.hub = Hub(clients_max=_CLIENTS_MAX, queue_max=stream_queue_max)
        keyring = Keyring(credentials or {DEMO_API_KEY: DEMO_SECRET})
        self.exchange = Exchange(
            symbols,
            dict.fromkeys(keyring.accounts(), deposits),
            now_ns=now_ns,
            rng=Random(seed),  # noqa: S311 - a market, not a secret
            commission_rate=commission_rate,
            kept_max=kept_max,
            audience=self.hub,
        )
        self.limits = RateLimits(weight_max_1m=weight_max_1m, orders_max_10s=orders_max_10s)
        self._books = BookFeed(self.exchange, self.hub.market_event)
        self._api = Api(
            exchange=self.exchange,
            keyring=keyring,
            limits=self.limits,
            books=self._books,
            listen_keys=ListenKeys(),
        )
        self._step_s = step_s
        self._ssl_context = ssl_context
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Of the server: http or https, host and port."""
        scheme = "http" if self._ssl_context is None else "https"
        return f"{scheme}://{self.host}:{self.port}"

    async def start(self) -> None:
        """Listen. A port of 0 becomes the port that was free. Raises OSError."""
        self._runner = web.AppRunner(
            self._application(), access_log=None, shutdown_timeout=1, handle_signals=False
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, ssl_context=self._ssl_context)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """End all connections and stop listening."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.wait([self._ticking])
        self.faults.clear()
        await self.hub.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def step(self) -> None:
        """Let the market move on, and publish the books."""
        self.exchange.step()
        self.publish()

    def publish(self) -> None:
        """Publish what has changed in the books."""
        for symbol in self.exchange.symbols:
            self._books.refresh(symbol)

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=MESSAGE_BYTES_MAX)
        markets = MarketSockets(self._api, self.hub)
        for path in ("/ws", "/ws/{name}", "/stream"):
            app.router.add_get(path, markets.handle)
        app.router.add_get(
            "/ws-api/v3", ApiSockets(self._api, self.hub, self.faults, self.record).handle
        )
        Control(self.exchange, self.hub, self.faults, self.record).add_to(app)
        rest = RestHandler(self._api, self.faults, self.record)
        app.router.add_route("*", "/{path:.*}", rest.handle)
        return app

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._step_s or 0.1)
            if self._step_s is None:
                self.publish()
            else:
                self.step()


async def run(
    host: str = "127.0.0.1",
    port: int = 8443,
    *,
    ssl_context: ssl.SSLContext | None = None,
    ready: Callable[[BinanceDouble], None] | None = None,
) -> None:
    """Serve until cancelled. ``ready`` is told once it listens. Raises OSError."""
    async with BinanceDouble(host, port, ssl_context=ssl_context) as double:
        if ready is not None:
            ready(double)
        await asyncio.Event().wait()
