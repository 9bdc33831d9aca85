"""The real venue adapter on a simulated network.

Here: SimulatedLink, which is CcxtVenue with an exchange object and a dialect that reach a
simulated Exchange; Network, whose calls and messages are lost, late, doubled and out of order.
Not here: what the adapter does about it, which is the real code.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from fixgate.adapters.venues.ccxt_venue import CcxtVenue
from fixgate.adapters.venues.dialect import (
    OrderFacts,
    StreamReport,
    TradeFacts,
    UnreadableError,
    WireCall,
)
from fixgate.adapters.venues.limiter import Allowance
from fixgate.adapters.venues.outcomes import VenueSaid
from fixgate.adapters.venues.redaction import Redactor
from fixgate.adapters.venues.settings import CcxtSettings, Credentials, RateLimits, Timeouts
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.venue import CancelLeg, Hear, SubmitLeg, WorkingLeg
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueName, VenueOrderID
from fixgate.domain.instruments import Instrument, ReplaceStyle, VenueProfile
from fixgate.domain.values import OrdType, Side, TimeInForce
from simulation.exchange import NOT_FOUND, REJECTED, UNKNOWN_ORDER, Exchange
from simulation.world import SECOND, Loop, World

VENUE = VenueName("SIMEX")
WINDOW_S = 30.0  # how long a request may wander before it reaches the exchange or never does
_CREDENTIALS = Credentials(api_key="key", secret="secret")
_URL = "wss://simulated"
INSTRUMENT = Instrument(
    venue=VENUE,
    symbol="BTC/USDT",
    venue_symbol="BTCUSDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.1"),
)
PROFILE = VenueProfile(
    venue=VENUE,
    accepts=frozenset((each, tif) for each in OrdType for tif in TimeInForce),
    post_only=True,
    replace=ReplaceStyle.CANCEL_THEN_NEW,
)
SETTINGS = CcxtSettings(
    name=VENUE,
    credentials=lambda: _CREDENTIALS,
    timeouts=Timeouts(
        ping_every_s=120.0, stale_after_s=400.0, audit_every_s=600.0, refresh_every_s=1e9
    ),
    limits=RateLimits(),
)


@dataclass(slots=True)
class Weather:
    """How bad the network to the exchange is at present: probabilities."""

    refused: float = 0.0  # a call does not get through at all
    request_lost: float = 0.0
    answer_lost: float = 0.0
    late: float = 0.0  # a request arrives after the caller has given up
    broken: float = 0.0  # the connection breaks while the answer is awaited
    error: float = 0.0  # HTTP 5xx, done or not
    silence: float = 0.0  # 429
    rubbish: float = 0.0
    message_lost: float = 0.0
    message_twice: float = 0.0
    message_late: float = 0.0


class _Socket:
    """What ccxt keeps of a WebSocket."""

    def __init__(self, world: World) -> None:
        self.last_message_at: object = world.now_ns
        self.connection: _Socket | None = self
        self.mute = False
        self._world = world

    async def ping(self) -> None:
        if not self.mute:
            self.last_message_at = self._world.now_ns

    async def close(self) -> None:
        self.mute = True


class Network:
    """Between one process and the exchange: an exchange object as ccxt makes them."""

    def __init__(self, world: World, loop: Loop, exchange: Exchange, weather: Weather) -> None:
        self.clients: dict[str, _Socket] = {}
        self.ws_dial_backoff: object = {}
        self.weather = weather
        self.link: SimulatedLink | None = None
        self._world = world
        self._loop = loop
        self._exchange = exchange
        exchange.tell = self._stream

    def milliseconds(self) -> int:
        return self._world.now_ns // 1_000_000

    @property
    def options(self) -> dict[str, Any]:
        return {}

    async def close(self) -> None:
        """Nothing is open."""

    def __getattr__(self, endpoint: str) -> Callable[[dict[str, Any]], Awaitable[Any]]:
        if not endpoint.startswith("do_"):
            raise AttributeError(endpoint)
        return lambda params: self._call(endpoint, params)

    # --- calls

    async def _call(self, endpoint: str, params: dict[str, Any]) -> Any:
        world, weather = self._world, self.weather
        answer: asyncio.Future[Any] = self._loop.create_future()
        if world.chance(weather.refused):
            raise socket.gaierror
        if world.chance(weather.silence):
            raise VenueSaid(status=429, code=-1003, message="Too many requests", body="")
        travels_s = world.random.uniform(0.001, 0.05)
        if world.chance(weather.late):
            travels_s = world.random.uniform(5, WINDOW_S - 5)
        if not world.chance(weather.request_lost):
            world.after(travels_s, lambda: self._arrived(endpoint, params, answer))
        if world.chance(weather.broken):
            world.after(world.random.uniform(0, 0.1), lambda: self._broken(answer))
        return await answer

    def _arrived(
        self, endpoint: str, params: dict[str, Any], answer: "asyncio.Future[Any]"
    ) -> None:
        """At the exchange, whoever called may be gone by now."""
        world, weather = self._world, self.weather
        if world.chance(weather.error / 2):
            said: Any = VenueSaid(status=503, code=-1000, message="Down", body="")
        else:
            try:
                said = getattr(self, f"_{endpoint}")(**params)
            except VenueSaid as refusal:
                said = refusal
            if world.chance(weather.error):
                said = VenueSaid(status=504, code=-1007, message="Timeout", body="")
            elif world.chance(weather.rubbish):
                said = "<html>"
        if not world.chance(weather.answer_lost):
            world.after(world.random.uniform(0.001, 0.05), lambda: self._answer(answer, said))

    def _answer(self, answer: "asyncio.Future[Any]", said: Any) -> None:
        if self._loop.dead or answer.done():
            return
        if isinstance(said, VenueSaid):
            answer.set_exception(said)
        else:
            answer.set_result(said)

    def _broken(self, answer: "asyncio.Future[Any]") -> None:
        if not self._loop.dead and not answer.done():
            answer.set_exception(ConnectionResetError())

    def _do_submit(self, leg: SubmitLeg) -> Any:
        return self._exchange.submit(leg)

    def _do_cancel(self, venue_cl_ord_id: VenueClOrdID) -> Any:
        return self._exchange.cancel(venue_cl_ord_id)

    def _do_order(self, venue_cl_ord_id: VenueClOrdID) -> Any:
        return self._exchange.order(venue_cl_ord_id)

    def _do_trades(self, venue_order_id: VenueOrderID) -> Any:
        return self._exchange.trades_of(venue_order_id)

    def _do_open_orders(self) -> Any:
        return self._exchange.open_orders()

    def _do_markets(self) -> Any:
        return ()

    def _do_time(self) -> Any:
        return self.milliseconds()

    # --- the stream

    async def subscribe(self) -> None:
        if self._world.chance(self.weather.refused):
            raise ConnectionRefusedError
        self.clients[_URL] = _Socket(self._world)

    def _stream(self, report: StreamReport) -> None:
        client = self.clients.get(_URL)
        if self._loop.dead or client is None or client.mute:
            return
        world, weather = self._world, self.weather
        if world.chance(weather.message_lost):
            return
        for _ in range(2 if world.chance(weather.message_twice) else 1):
            delay_s = world.random.uniform(0.001, 0.03)
            if world.chance(weather.message_late):
                delay_s *= 100
            world.after(delay_s, lambda: self._heard(client, report))

    def _heard(self, client: _Socket, message: object) -> None:
        """As the tapped ccxt exchange hands a message on."""
        if self._loop.dead or client.mute or self.link is None:
            return
        client.last_message_at = self._world.now_ns
        self._loop.call_soon(self._hand_on, self.link, message)

    def _hand_on(self, link: "SimulatedLink", message: object) -> None:
        try:
            link.on_message("rubbish" if self._world.chance(self.weather.rubbish) else message)
        except Exception as error:  # noqa: BLE001 - as exchange.py does
            link.on_unreadable(error)

    def cut_stream(self, *, silently: bool) -> None:
        """The WebSocket breaks; silently: nobody is told."""
        client = self.clients.get(_URL)
        if client is None or self._loop.dead or self.link is None:
            return
        client.mute = True
        if not silently:
            self._loop.call_soon(self.link.on_lost, client, "simulated")


class _Dialect:
    """The words of the simulated exchange are the adapter's own values."""

    profile = PROFILE
    options: Mapping[str, Any] = MappingProxyType({})
    allowances: tuple[Allowance, ...] = ()
    processing_window_ns = int(WINDOW_S * SECOND)

    def hosts(self, _exchange: Any) -> frozenset[str]:
        return frozenset()

    def submit(self, call: SubmitLeg) -> WireCall:
        return _wire("do_submit", leg=call)

    def cancel(self, call: CancelLeg) -> WireCall:
        return _wire("do_cancel", venue_cl_ord_id=call.venue_cl_ord_id)

    def order(self, venue_cl_ord_id: VenueClOrdID, _instrument: Instrument) -> WireCall:
        return _wire("do_order", venue_cl_ord_id=venue_cl_ord_id)

    def trades(
        self, venue_order_id: VenueOrderID, _instrument: Instrument, _after: TradeID | None
    ) -> WireCall:
        return _wire("do_trades", venue_order_id=venue_order_id)

    def open_orders(self, _instruments: Sequence[Instrument]) -> tuple[WireCall, ...]:
        return (_wire("do_open_orders"),)

    def markets(self) -> WireCall:
        return _wire("do_markets")

    def server_time(self) -> WireCall:
        return _wire("do_time")

    def read_submitted(self, body: Any) -> tuple[OrderFacts, tuple[TradeFacts, ...]]:
        facts, trades = _readable(body)
        return facts, trades

    def read_canceled(self, body: Any) -> OrderFacts:
        return _readable(body)

    def read_order(self, body: Any) -> OrderFacts:
        return _readable(body)

    def read_open_orders(self, body: Any) -> tuple[OrderFacts, ...]:
        return _readable(body)

    def read_trades(self, body: Any, _side: Side) -> tuple[tuple[TradeFacts, ...], bool]:
        return _readable(body), False

    def read_markets(self, _exchange: Any, _body: Any, _symbols: object) -> Iterable[Instrument]:
        return (INSTRUMENT,)

    def read_allowances(self, _body: Any) -> tuple[Allowance, ...]:
        return ()

    def read_server_time_ms(self, body: Any) -> int:
        return int(_readable(body))

    def read_used(self, _headers: Mapping[str, str]) -> tuple[tuple[str, float, int], ...]:
        return ()

    def read_stream(self, message: Any, _find: Any) -> StreamReport:
        return _readable(message)

    def read_market(self, _message: Any) -> None:
        """None of its messages is about prices."""

    def is_refusal(self, code: int | None, _message: str) -> bool:
        return code in (REJECTED, UNKNOWN_ORDER)

    def is_denied(self, _code: int | None) -> bool:
        return False

    def is_not_found(self, code: int | None) -> bool:
        return code == NOT_FOUND

    def archived(self, _code: int | None) -> bool:
        return False

    def is_clock_skew(self, _code: int | None) -> bool:
        return False

    def stream_url(self, _exchange: Any) -> str:
        return _URL

    async def subscribe(self, exchange: Network) -> None:
        await exchange.subscribe()


def _wire(endpoint: str, **params: Any) -> WireCall:
    return WireCall(endpoint=endpoint, params=params)


def _readable(body: Any) -> Any:
    if isinstance(body, str):
        raise UnreadableError("rubbish")
    return body


class SimulatedLink(CcxtVenue):
    """The real adapter; only how its parts reach the exchange differs."""

    def __init__(self, network: Network, clock: Clock) -> None:
        super().__init__(SETTINGS, clock)
        self._dialect = _Dialect()
        self._limiter.configure(())
        self._network = network
        network.link = self

    async def start(self, hear: Hear, working: Sequence[WorkingLeg]) -> None:
        for leg in working:
            self._remember(leg)
        session: Any = self._network
        self._running = self._assemble(self._network, session, Redactor(_CREDENTIALS), hear)
        self._supervising = asyncio.create_task(self._running.supervisor.run())
