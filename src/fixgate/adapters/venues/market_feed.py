"""The prices of a ccxt venue: the stream's life, the books, and how long they hold.

Here: MarketFeed. A book holds while every change was seen and the stream has given a sign of life
lately; otherwise there is none. A gap, a message that cannot be read, and every new connection
lead to a new snapshot.
Not here: putting one book together (depth), any exchange's words (dialects), orders.
"""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final

import structlog

from fixgate.adapters.venues.calls import VenueCalls
from fixgate.adapters.venues.depth import Applied, DepthBook
from fixgate.adapters.venues.dialect import Dialect, MarketMessage, MarketPrint
from fixgate.adapters.venues.exchange import Socket
from fixgate.adapters.venues.followers import Followers
from fixgate.adapters.venues.instruments import Catalogue
from fixgate.adapters.venues.limiter import Priority
from fixgate.adapters.venues.outcomes import words_of
from fixgate.adapters.venues.settings import Timeouts
from fixgate.adapters.venues.timing import Backoff, Pace, is_set_within
from fixgate.application.ports.clock import Clock
from fixgate.domain.ids import VenueName
from fixgate.domain.instruments import Instrument
from fixgate.domain.market import Book, Quote

_log = structlog.get_logger(__name__)
_NS: Final = 1_000_000_000


class _Followed:
    """One symbol."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.book = DepthBook()
        self.last_px: Decimal | None = None
        self.fetching = False
        self.doubts = 0  # counts up when a snapshot that is on its way may be too old

    def doubt(self) -> None:
        """Something may have been missed."""
        self.doubts += 1
        self.book.lose()


class MarketFeed:
    """Quotes and books of the symbols that are followed."""

    def __init__(
        self,
        *,
        venue: VenueName,
        symbols: Sequence[str],
        exchange: Any,
        dialect: Dialect,
        calls: VenueCalls,
        catalogue: Catalogue,
        followers: Followers,
        clock: Clock,
        pace: Pace,
        timeouts: Timeouts,
        spawn: Callable[[Any], None],
    ) -> None:
        self._venue = venue
        self._exchange = exchange
        self._dialect = dialect
        self._calls = calls
        self._catalogue = catalogue
        self._followers = followers
        self._clock = clock
        self._pace = pace
        self._timeouts = timeouts
        self._spawn = spawn
        self._stale_after_ns = int(timeouts.market_stale_after_s * _NS)
        self._backoff = Backoff(first_s=timeouts.retry_first_s, max_s=timeouts.retry_max_s)
        self._by_symbol = {each: _Followed(each) for each in symbols}
        self._by_venue_symbol: dict[str, _Followed] = {}
        self._socket: Socket | None = None
        self._lost = asyncio.Event()
        self._heard_ns = 0  # the stream's last sign of life; 0: there is no stream

    # --- what is known

    def quote(self, symbol: str) -> Quote | None:
        """Best prices; None if they do not hold."""
        found = self._holding(symbol)
        if found is None:
            return None
        return Quote(
            venue=self._venue,
            symbol=symbol,
            bid_px=found.book.bids.best,
            offer_px=found.book.offers.best,
            last_px=found.last_px,
            at_ns=self._heard_ns,
        )

    def book(self, symbol: str, levels: int) -> Book | None:
        """The best levels; None if they do not hold."""
        found = self._holding(symbol)
        if found is None:
            return None
        return Book(
            venue=self._venue,
            symbol=symbol,
            bids=found.book.bids.top(levels),
            offers=found.book.offers.top(levels),
            at_ns=self._heard_ns,
        )

    def _holding(self, symbol: str) -> _Followed | None:
        found = self._by_symbol.get(symbol)
        if found is None or not found.book.holds:
            return None
        fresh = self._clock.now_ns() - self._heard_ns <= self._stale_after_ns
        return found if fresh else None

    # --- what the exchange says

    def take(self, said: MarketMessage) -> None:
        """A message of the market's stream."""
        found = self._by_venue_symbol.get(said.venue_symbol)
        if found is None or self._lost.is_set():
            return
        self._heard_ns = self._clock.now_ns()
        if isinstance(said, MarketPrint):
            found.last_px = said.px
            self._followers.note_trade(
                found.symbol, said.px, said.qty, aggressor=said.aggressor, at_ns=said.at_ns
            )
            self._followers.tell(found.symbol)
            return
        applied = found.book.apply(said)
        if applied is Applied.GAP:
            _log.warning("venue.book_gap", venue=self._venue, symbol=found.symbol)
            self._fetch(found)
        if applied in (Applied.YES, Applied.GAP):
            self._followers.tell(found.symbol)

    def unreadable(self) -> None:
        """It is not known which book a message was about: all begin again."""
        for each in self._by_venue_symbol.values():
            each.doubt()
            self._fetch(each)
        self._followers.tell_all()

    def lost_socket(self, client: object) -> None:
        """A WebSocket of the exchange ended; it may be one we have given up already."""
        if self._socket is not None and self._socket.is_of(client):
            self._lose()

    # --- the stream's life

    async def run(self) -> None:
        """Connect, and stay connected. Ends only by being cancelled."""
        try:
            while True:
                try:
                    await self._connect()
                    self._backoff.reset()
                    await self._watch()
                except Exception as error:  # noqa: BLE001 - whatever it was, try again
                    _log.warning("venue.prices_lost", venue=self._venue, why=words_of(error))
                self._lose()
                await self._drop_socket()
                await self._pace.sleep(self._backoff.next_s())
        finally:
            self._lose()
            await self._drop_socket()

    async def _connect(self) -> None:
        instruments = await self._instruments()
        self._by_venue_symbol = {
            each.venue_symbol: self._by_symbol[each.symbol] for each in instruments
        }
        self._lost.clear()
        # ccxt's own pauses between dials would come on top of ours.
        self._exchange.ws_dial_backoff = {}
        url = self._dialect.market_url(self._exchange)
        try:
            async with asyncio.timeout(self._timeouts.connect_s):
                await self._dialect.subscribe_market(self._exchange, instruments)
        finally:
            self._socket = Socket(self._exchange, url)
        self._heard_ns = self._clock.now_ns()
        for each in self._by_venue_symbol.values():
            self._fetch(each)

    async def _instruments(self) -> list[Instrument]:
        """Those that are listed, as soon as the list has been read."""
        while True:
            found = [self._catalogue.of(each) for each in self._by_symbol]
            listed = [each for each in found if each is not None]
            if listed:
                return listed
            await self._pace.sleep(self._timeouts.retry_first_s)

    async def _watch(self) -> None:
        """Ask for signs of life, and say when prices do not hold any more."""
        timeouts = self._timeouts
        mark: object = None
        while True:
            if self._socket is not None:
                async with asyncio.timeout(timeouts.call_s):
                    await self._socket.ping()
            if await is_set_within(timeouts.market_ping_every_s, self._lost, self._pace):
                return
            heard = self._socket.last_heard() if self._socket is not None else None
            if heard != mark:
                # What came before it has been taken: the stream is in order.
                mark, self._heard_ns = heard, self._clock.now_ns()
            elif self._clock.now_ns() - self._heard_ns > self._stale_after_ns:
                _log.warning("venue.prices_silent", venue=self._venue)
                return

    def _lose(self) -> None:
        """There is no stream: no book holds."""
        self._lost.set()
        if not self._heard_ns:
            return
        self._heard_ns = 0
        for each in self._by_symbol.values():
            each.doubt()
        self._followers.tell_all()

    async def _drop_socket(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.drop(within_s=self._timeouts.stop_s)

    # --- snapshots

    def _fetch(self, followed: _Followed) -> None:
        if not followed.fetching:
            followed.fetching = True
            self._spawn(self._fetch_until_it_holds(followed))

    async def _fetch_until_it_holds(self, followed: _Followed) -> None:
        pauses = Backoff(first_s=self._timeouts.retry_first_s, max_s=self._timeouts.retry_max_s)
        try:
            while not followed.book.holds and not self._lost.is_set():
                if not await self._fetch_once(followed):
                    await self._pace.sleep(pauses.next_s())
        finally:
            followed.fetching = False
        if followed.book.holds:
            self._followers.tell(followed.symbol)

    async def _fetch_once(self, followed: _Followed) -> bool:
        instrument = self._catalogue.of(followed.symbol)
        if instrument is None:
            return False
        doubts = followed.doubts
        try:
            answer = await self._calls.request(self._dialect.depth(instrument), Priority.QUERY)
            snapshot = self._dialect.read_depth(answer)
            return followed.doubts == doubts and followed.book.begin(snapshot)
        except Exception as error:  # noqa: BLE001 - whatever it was, try again
            _log.warning(
                "venue.book_not_read",
                venue=self._venue,
                symbol=followed.symbol,
                why=words_of(error),
            )
            return False
