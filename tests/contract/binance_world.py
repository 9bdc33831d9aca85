"""The ccxt adapter on the Binance double, over real HTTPS and WebSockets on loopback.

Here: BinanceWorld and ScaledTime, in which the adapter's pauses pass a hundred times faster.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

from contract.local_tls import LocalTls
from contract.venue_contract import Ear
from fixgate.adapters.venues.ccxt_venue import CcxtVenue
from fixgate.adapters.venues.settings import (
    CcxtSettings,
    Credentials,
    RateLimits,
    Redirect,
    Timeouts,
)
from fixgate.application.ports.venue import WorkingLeg
from fixgate.domain.ids import VenueName
from fixgate.doubles.binance import DEMO_API_KEY, DEMO_SECRET, BinanceDouble

VENUE = VenueName("BINANCE")
HOSTS = [
    "testnet.binance.vision",
    "ws-api.testnet.binance.vision",
    "stream.testnet.binance.vision",
    "api.binance.com",
    "stream.binance.com",
    "ws-api.binance.com",
]
_FASTER = 100.0
# In the adapter's seconds, but for call_s, connect_s and stop_s, which are real.
TIMEOUTS = Timeouts(
    stale_after_s=300.0,
    audit_every_s=1_000.0,
    stop_s=1.0,
    connect_s=2.0,
    market_ping_every_s=20.0,
    market_stale_after_s=300.0,
)


class ScaledTime:
    """Clock and Pace: as real time, faster."""

    def __init__(self, faster: float = _FASTER) -> None:
        self._faster = faster
        self._began = time.monotonic()
        self._began_ns = time.time_ns()  # noqa: TID251 - a clock is what this is

    def now(self) -> float:
        return (time.monotonic() - self._began) * self._faster

    def now_ns(self) -> int:
        return self._began_ns + int(self.now() * 1e9)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._faster)


class BinanceWorld:
    """One double, one adapter."""

    def __init__(
        self,
        tls: LocalTls,
        *,
        timeouts: Timeouts = TIMEOUTS,
        limits: RateLimits | None = None,
        symbols: tuple[str, ...] = ("BTC/USDT", "ETH/USDT"),
        secret: str = DEMO_SECRET,
    ) -> None:
        self._tls = tls
        self.time = ScaledTime()
        self.double = BinanceDouble(
            step_s=None, orders_max_10s=10_000, ssl_context=tls.server, weight_max_1m=100_000
        )
        self.settings = CcxtSettings(
            name=VENUE,
            credentials=lambda: Credentials(api_key=DEMO_API_KEY, secret=secret),
            symbols=symbols,
            timeouts=timeouts,
            limits=limits or RateLimits(),
        )
        self.ear = Ear()
        self.venue = CcxtVenue(self.settings, self.time, self.time)

    async def begin(self, *, up: bool = True) -> None:
        """Start the double and the adapter."""
        await self.double.start()
        self.settings = replace(
            self.settings,
            redirect=Redirect(host="127.0.0.1", port=self.double.port, ca_file=self._tls.ca_file),
        )
        await self._start(())
        if up:
            await self.ear.up()

    async def end(self) -> None:
        """Stop both."""
        await self.venue.stop()
        await self.double.stop()

    async def restart(self, working: Sequence[WorkingLeg]) -> None:
        await self.venue.stop()
        await self._start(working)
        await self.ear.up()

    async def _start(self, working: Sequence[WorkingLeg]) -> None:
        self.ear = Ear()
        self.venue = CcxtVenue(self.settings, self.time, self.time)
        await self.venue.start(self.ear, working)

    async def move_to(self, px: Decimal) -> None:
        self.double.exchange.move_to("BTCUSDT", px)

    async def best(self) -> tuple[Decimal, Decimal]:
        engine = self.double.exchange.engine
        bid, ask = engine.best_bid("BTCUSDT"), engine.best_ask("BTCUSDT")
        assert bid is not None
        assert ask is not None
        return bid, ask

    async def bid_qty(self, px: Decimal) -> Decimal:
        return dict(self.double.exchange.engine.depth("BTCUSDT", 100).bids)[px]

    def now_ns(self) -> int:
        return self.time.now_ns()

    def orders_of(self, leg: str) -> int:
        """How many orders the exchange ever took under one client order id."""
        account = self.double.exchange.accounts[DEMO_API_KEY]
        return sum(each.client_order_id == leg for each in account.orders(None))

    def requests(self, endpoint: str) -> int:
        """How often an endpoint was called."""
        return len(self.double.record.of(endpoint))

    async def until(self, done: Callable[[], bool]) -> None:
        """Return as soon as something holds that nobody announces."""
        async with asyncio.timeout(20):
            while not done():
                await self.time.sleep(0.5)
