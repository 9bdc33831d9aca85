"""The life of a venue connection: up, watched, down, up again.

Here: Supervisor, which connects, subscribes, compares, says up; notices silence; says down at
once; and begins again with ever longer pauses.
Not here: orders.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import structlog

from fixgate.adapters.venues.calls import VenueCalls
from fixgate.adapters.venues.dialect import Dialect
from fixgate.adapters.venues.exchange import Socket
from fixgate.adapters.venues.instruments import Catalogue
from fixgate.adapters.venues.limiter import Priority, RateLimiter
from fixgate.adapters.venues.outcomes import VenueSaid, words_of
from fixgate.adapters.venues.settings import Timeouts
from fixgate.adapters.venues.settling import Settler
from fixgate.adapters.venues.timing import Backoff, Pace, is_set_within
from fixgate.application.ports.venue import Hear
from fixgate.domain.ids import VenueName
from fixgate.domain.inputs import VenueConnection, VenueDenied

_log = structlog.get_logger(__name__)


_DENIED: Final = (401, 403)  # HTTP statuses


class _LostError(Exception):
    """The stream ended while the connection was being made."""


class Supervisor:
    """Keeps one venue connected."""

    def __init__(
        self,
        *,
        venue: VenueName,
        symbols: Sequence[str],
        catalogue: Catalogue,
        exchange: Any,
        dialect: Dialect,
        calls: VenueCalls,
        limiter: RateLimiter,
        settler: Settler,
        hear: Hear,
        pace: Pace,
        timeouts: Timeouts,
    ) -> None:
        self._venue = venue
        self._symbols = frozenset(symbols)
        self._catalogue = catalogue
        self._exchange = exchange
        self._dialect = dialect
        self._calls = calls
        self._limiter = limiter
        self._settler = settler
        self._hear = hear
        self._pace = pace
        self._timeouts = timeouts
        self._backoff = Backoff(first_s=timeouts.retry_first_s, max_s=timeouts.retry_max_s)
        self._socket: Socket | None = None
        self._lost = asyncio.Event()
        self._why = ""
        self._compare_soon = False
        self._refreshed_at: float | None = None
        self._told_up: bool | None = None
        self.up = False

    async def run(self) -> None:
        """Connect, and stay connected. Ends only by being cancelled."""
        try:
            while True:
                try:
                    await self._connect()
                    self._backoff.reset()
                    await self._watch()
                except Exception as error:  # noqa: BLE001 - whatever it was, try again
                    self._tell_if_denied(error)
                    self.lost(words_of(error) if not isinstance(error, _LostError) else self._why)
                await self._drop_socket()
                await self._pace.sleep(self._backoff.next_s())
        finally:
            self.lost("The gateway disconnects")
            await self._drop_socket()

    def lost(self, why: str) -> None:
        """The connection is gone. The core hears it at once, and once."""
        self._why = why
        self._lost.set()
        self.up = False
        if self._told_up is not False:
            self._told_up = False
            self._hear(VenueConnection(venue=self._venue, up=False, text=why))

    def lost_socket(self, client: object, why: str) -> None:
        """A WebSocket of the exchange ended; it may be one we have given up already."""
        if self._socket is not None and self._socket.is_of(client):
            self.lost(f"The venue's stream ended: {why}")

    def compare_soon(self) -> None:
        """Something may have been missed."""
        self._compare_soon = True

    async def _connect(self) -> None:
        await self._calls.set_clock()
        await self._refresh()
        self._lost.clear()
        # ccxt's own pauses between dials would come on top of ours.
        self._exchange.ws_dial_backoff = {}
        url = self._dialect.stream_url(self._exchange)
        try:
            async with asyncio.timeout(self._timeouts.connect_s):
                await self._dialect.subscribe(self._exchange)
        finally:
            self._socket = Socket(self._exchange, url)
        # The stream runs; what happened before it is found by comparing. Only then: up.
        await self._settler.compare()
        if self._lost.is_set():
            raise _LostError
        self.up = self._told_up = True
        self._hear(VenueConnection(venue=self._venue, up=True))

    async def _refresh(self) -> None:
        """Read the instruments, if it is time, and tell what differs."""
        now = self._pace.now()
        due = self._refreshed_at is None or (
            now - self._refreshed_at >= self._timeouts.refresh_every_s
        )
        if not due:
            return
        answer = await self._calls.request(self._dialect.markets(), Priority.QUERY)
        # Thousands of symbols take more than a second to parse: not on the event loop.
        found = await asyncio.to_thread(
            lambda: tuple(self._dialect.read_markets(self._exchange, answer, self._symbols))
        )
        missing = self._symbols - {each.symbol for each in found}
        if missing:
            _log.warning("venue.symbols_missing", venue=self._venue, symbols=sorted(missing))
        stated = self._dialect.read_allowances(answer)
        if stated:
            self._limiter.configure(stated)
        news = self._catalogue.difference(found)
        if news is not None:
            self._hear(news)
        self._refreshed_at = now

    async def _watch(self) -> None:
        timeouts = self._timeouts
        compared_at = heard_at = self._pace.now()
        mark: object = None
        while not await is_set_within(timeouts.ping_every_s, self._lost, self._pace):
            now = self._pace.now()
            heard = self._socket.last_heard() if self._socket is not None else None
            if heard != mark:
                mark, heard_at = heard, now
            elif now - heard_at >= timeouts.stale_after_s:
                self.lost(f"The venue's stream was silent for {now - heard_at:.0f} s")
                return
            if self._socket is not None:
                async with asyncio.timeout(timeouts.call_s):
                    await self._socket.ping()
            soon = self._compare_soon or self._calls.clock_is_off
            if soon or now - compared_at >= timeouts.audit_every_s:
                self._compare_soon, compared_at = False, now
                await self._audit()

    async def _audit(self) -> None:
        try:
            if self._calls.clock_is_off:
                await self._calls.set_clock()
            await self._settler.compare()
            await self._refresh()
        except Exception as error:  # noqa: BLE001 - the stream still works; next time
            self._compare_soon = True
            self._tell_if_denied(error)
            _log.warning("venue.audit_failed", venue=self._venue, why=words_of(error))

    def _tell_if_denied(self, error: BaseException) -> None:
        """Somebody must look after our key at the venue; trying again does not help."""
        if isinstance(error, VenueSaid) and (
            error.status in _DENIED or self._dialect.is_denied(error.code)
        ):
            self._hear(VenueDenied(venue=self._venue, text=words_of(error)))

    async def _drop_socket(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.drop(within_s=self._timeouts.stop_s)
