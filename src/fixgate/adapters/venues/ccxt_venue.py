"""An exchange behind the venue port, over ccxt.

Here: CcxtVenue. Each call becomes a task that ends in exactly one answer, whatever happens.
Not here: what is sent and how answers are read (dialects), when (limiter), the stream
(supervisor), certainty (settling).

ccxt gives the endpoints, the signing and the sockets. It is not asked to check, round, retry,
limit or interpret: those decide whether an order is sent twice.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import structlog

from fixgate.adapters.venues.accounts import Accountant
from fixgate.adapters.venues.calls import Owned, VenueCalls, always_owned
from fixgate.adapters.venues.dialect import StreamEnded, UnlistedError, UnreadableError
from fixgate.adapters.venues.dialects import DIALECTS
from fixgate.adapters.venues.exchange import make_exchange
from fixgate.adapters.venues.followers import Followers
from fixgate.adapters.venues.instruments import Catalogue
from fixgate.adapters.venues.legs import Leg, LegBook
from fixgate.adapters.venues.limiter import Priority, RateLimiter
from fixgate.adapters.venues.market_feed import MarketFeed
from fixgate.adapters.venues.outcomes import VenueSaid, outcome_of, words_of
from fixgate.adapters.venues.redaction import Redactor
from fixgate.adapters.venues.settings import CcxtSettings, VenueSetupError
from fixgate.adapters.venues.settling import Settler
from fixgate.adapters.venues.supervisor import Supervisor
from fixgate.adapters.venues.telling import Teller
from fixgate.adapters.venues.timing import Backoff, LoopPace, Pace
from fixgate.adapters.venues.trade_list import AccountTrades
from fixgate.adapters.venues.transport import make_session
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.trade_listing import TradeListing
from fixgate.application.ports.venue import (
    CallsUse,
    CancelLeg,
    Hear,
    QueryLeg,
    ReplaceLeg,
    SubmitLeg,
    WorkingLeg,
)
from fixgate.domain.ids import VenueClOrdID
from fixgate.domain.inputs import LegState, Outcome
from fixgate.domain.instruments import VenueProfile
from fixgate.domain.market import Book, MarketTrade, Quote
from fixgate.domain.rounding import is_multiple, to_wire
from fixgate.domain.values import ExecType

_log = structlog.get_logger(__name__)
_CANCEL_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class _Running:
    """What exists between start and stop."""

    exchange: Any
    session: aiohttp.ClientSession
    redactor: Redactor
    calls: VenueCalls
    settler: Settler
    supervisor: Supervisor
    teller: Teller
    feed: MarketFeed
    accountant: Accountant
    listing: AccountTrades


class CcxtVenue:
    """VenuePort over one account at one exchange."""

    def __init__(
        self,
        settings: CcxtSettings,
        clock: Clock,
        pace: Pace | None = None,
        owned: Owned = always_owned,
    ) -> None:
        """Raise VenueSetupError if there is no dialect for the exchange."""
        self._owned = owned
        make_dialect = DIALECTS.get(settings.exchange)
        if make_dialect is None:
            known = ", ".join(sorted(DIALECTS))
            raise VenueSetupError(f"No dialect for {settings.exchange}; there are: {known}")
        self._settings = settings
        self._clock = clock
        self._pace = pace or LoopPace()
        self._dialect = make_dialect(settings.name)
        self._limiter = RateLimiter(settings.limits, self._pace)
        self._limiter.configure(self._dialect.allowances)
        self._legs = LegBook()
        self._calling: set[asyncio.Task[None]] = set()
        self._asking: set[asyncio.Task[None]] = set()
        self._running: _Running | None = None
        self._supervising: list[asyncio.Task[None]] = []
        self._followers = Followers(settings.name)
        self.stream_errors = 0

    @property
    def profile(self) -> VenueProfile:
        """What the venue accepts."""
        return self._dialect.profile

    @property
    def keeps_nothing(self) -> bool:
        """The venue is elsewhere and remembers."""
        return False

    def quote(self, symbol: str) -> Quote | None:
        """Best prices, while every change of the book was seen and the stream is alive."""
        return None if self._running is None else self._running.feed.quote(symbol)

    def book(self, symbol: str, levels: int) -> Book | None:
        """The best levels, at most 200, under the same conditions."""
        return None if self._running is None else self._running.feed.book(symbol, levels)

    def follow(self, symbol: str, changed: Callable[[], None]) -> Callable[[], None] | None:
        """The symbols of ``CcxtSettings.followed``."""
        followed = symbol in self._settings.followed
        return self._followers.add(symbol, changed) if followed else None

    def trades(self, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        """As the venue's public stream tells them; those of a gap are missing."""
        return self._followers.trades(symbol, after)

    def listing(self) -> TradeListing:
        """Asked for over REST."""
        return self._now_running().listing

    def calls_use(self) -> CallsUse:
        """As the limiter counts, and the venue itself where it says so."""
        return self._limiter.use(self._clock.now_ns())

    async def start(self, hear: Hear, working: Sequence[WorkingLeg]) -> None:
        """Begin connecting. Raises VenueSetupError when the settings cannot work at all."""
        credentials = self._settings.credentials()
        exchange = await make_exchange(self._settings, self._dialect.options, credentials, self)
        session = make_session(self._dialect.hosts(exchange), self._settings.redirect)
        exchange.session = session
        exchange.own_session = False
        for leg in working:
            self._remember(leg)
        self._running = self._assemble(exchange, session, Redactor(credentials), hear)
        lives = [self._running.supervisor.run()]
        if self._settings.followed:
            lives.append(self._running.feed.run())
        self._supervising = [
            asyncio.create_task(each, name=f"venue-{self._settings.name}") for each in lives
        ]

    async def stop(self) -> None:
        """Let calls in flight end, for a bounded time; then disconnect."""
        running = self._running
        if running is None:
            return
        # Whoever asks can ask again at the next start; who has sent something waits for its end.
        await _end(self._asking)
        if self._calling:
            await asyncio.wait(self._calling, timeout=self._settings.timeouts.stop_s)
        await _end([*self._calling, *self._supervising])
        await self._limiter.stop()
        self._running = None
        await running.exchange.close()
        await running.session.close()

    def submit(self, call: SubmitLeg) -> None:
        """Send a new order."""
        self._call(self._submit(self._now_running(), call))

    def cancel(self, call: CancelLeg) -> None:
        """Cancel an order."""
        self._call(self._cancel(self._now_running(), call))

    def replace(self, call: ReplaceLeg) -> None:
        """Refused: the profile says cancel-then-new, so the core does not ask for this."""
        text = f"{self._settings.name} has no replace in one call"
        self._now_running().teller.failed(call, Outcome.NOT_SENT, text)

    def query(self, call: QueryLeg) -> None:
        """Find out what became of an order."""
        self._now_running().settler.query(call)

    def forget(self, venue_cl_ord_id: VenueClOrdID) -> None:
        """Ask no more about an order."""
        if self._running is not None:
            self._running.settler.forget(venue_cl_ord_id)

    def balances(self) -> None:
        """Ask what the account holds."""
        self._ask(self._now_running().accountant.balances())

    def positions(self) -> None:
        """Say what the account is long or short of."""
        self._now_running().accountant.positions()

    # What the exchange says, through the tap

    def on_answer(self, headers: Mapping[str, str]) -> None:
        """Keep the rate limiter in step with the venue's own count."""
        if self._running is not None:
            self._running.calls.note_headers(headers)

    def on_message(self, message: Any) -> None:
        """Tell what a message of the stream says. May raise UnreadableError."""
        running = self._running
        if running is None:
            return
        try:
            prices = self._dialect.read_market(message)
        except UnreadableError:
            running.feed.unreadable()
            raise
        if prices is not None:
            running.feed.take(prices)
            return
        read = self._dialect.read_stream(message, self._legs.find)
        if read is None:
            return
        if isinstance(read, StreamEnded):
            running.supervisor.lost(read.text)
            return
        missed = running.teller.stream(read)
        if missed is not None:
            running.settler.catch_up(missed)

    def on_lost(self, client: object, text: str) -> None:
        """A socket ended."""
        if self._running is not None:
            self._running.supervisor.lost_socket(client, text)
            self._running.feed.lost_socket(client)

    def on_unreadable(self, error: Exception) -> None:
        """A message could not be handled. What it said is found by comparing with the venue."""
        self.stream_errors += 1
        _log.warning("venue.stream_unreadable", venue=self._settings.name, why=type(error).__name__)
        if self._running is not None:
            self._running.supervisor.compare_soon()

    # Inside

    def _assemble(
        self, exchange: Any, session: aiohttp.ClientSession, redactor: Redactor, hear: Hear
    ) -> _Running:
        timeouts = self._settings.timeouts
        teller = Teller(self._settings.name, hear, self._legs)
        calls = VenueCalls(
            exchange,
            self._dialect,
            self._limiter,
            call_s=timeouts.call_s,
            owned=self._owned,
        )
        settler = Settler(
            dialect=self._dialect,
            calls=calls,
            legs=self._legs,
            teller=teller,
            clock=self._clock,
            pace=self._pace,
            timeouts=timeouts,
            redactor=redactor,
            spawn=self._ask,
            order_wait_max_s=self._settings.limits.order_wait_max_s,
        )
        catalogue = Catalogue(self._settings.name, self._settings.symbols)
        feed = MarketFeed(
            venue=self._settings.name,
            symbols=self._settings.followed,
            exchange=exchange,
            dialect=self._dialect,
            calls=calls,
            catalogue=catalogue,
            followers=self._followers,
            clock=self._clock,
            pace=self._pace,
            timeouts=timeouts,
            spawn=self._ask,
        )
        supervisor = Supervisor(
            venue=self._settings.name,
            symbols=self._settings.symbols,
            catalogue=catalogue,
            exchange=exchange,
            dialect=self._dialect,
            calls=calls,
            limiter=self._limiter,
            settler=settler,
            hear=hear,
            pace=self._pace,
            timeouts=timeouts,
        )
        accountant = Accountant(self._settings.name, self._dialect, calls, self._clock, hear)
        return _Running(
            exchange,
            session,
            redactor,
            calls,
            settler,
            supervisor,
            teller,
            feed,
            accountant,
            AccountTrades(self._dialect, calls, self._legs, catalogue, self._pace),
        )

    def _now_running(self) -> _Running:
        if self._running is None:
            raise RuntimeError(f"{self._settings.name} has not been started")
        return self._running

    def _remember(self, working: WorkingLeg) -> None:
        call = working.submit
        leg = Leg(call.venue_cl_ord_id, call.instrument, call.side, call.qty)
        leg.cum_qty = working.leg_cum_qty
        leg.acknowledged = working.acknowledged
        leg.venue_order_id = working.venue_order_id
        self._legs.add(leg)

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        _start(work, self._calling)

    def _ask(self, work: Coroutine[Any, Any, None]) -> None:
        _start(work, self._asking)

    async def _submit(self, running: _Running, call: SubmitLeg) -> None:
        refuse: Callable[[Outcome, str], None] = lambda outcome, text: (  # noqa: E731
            running.teller.not_submitted(call, outcome, text, None)
        )
        if not running.supervisor.up:
            refuse(Outcome.NOT_SENT, f"{self._settings.name} is not connected; nothing was sent")
            return
        why_not = _off_step(call)
        if why_not is not None:
            refuse(Outcome.REJECTED, why_not)
            return
        try:
            wire = self._dialect.submit(call)
        except UnlistedError as unlisted:
            refuse(Outcome.REJECTED, str(unlisted))
            return
        leg = Leg(call.venue_cl_ord_id, call.instrument, call.side, call.qty)
        if self._legs.get(call.venue_cl_ord_id) is None:
            self._legs.add(leg)
        try:
            answer = await running.calls.request(wire, Priority.ORDER)
            facts, trades = self._dialect.read_submitted(answer)
            if facts.venue_cl_ord_id != call.venue_cl_ord_id:
                raise UnreadableError("the answer is about another order")  # noqa: TRY301
        except asyncio.CancelledError:
            refuse(Outcome.UNKNOWN, "The gateway stopped before the venue answered")
            raise
        except Exception as error:  # noqa: BLE001 - outcomes decides what it means
            outcome, raw = self._judge(running, error)
            known = self._legs.get(call.venue_cl_ord_id) or leg
            known.failed_at_ns = self._clock.now_ns()
            running.teller.not_submitted(call, outcome, words_of(error), raw)
        else:
            known = self._legs.get(call.venue_cl_ord_id) or leg
            running.teller.submitted(known, call, facts, trades, running.redactor.text(answer))
            if facts.cum_qty > known.cum_qty:  # it counts a trade that it does not show
                running.settler.catch_up(known)

    async def _cancel(self, running: _Running, call: CancelLeg) -> None:
        wire = self._dialect.cancel(call)
        pauses = Backoff(
            first_s=self._settings.timeouts.retry_first_s,
            max_s=self._settings.timeouts.retry_max_s,
        )
        outcome, text, raw = Outcome.NOT_SENT, "", None
        try:
            for tried in range(_CANCEL_TRIES):
                if tried:
                    await self._pace.sleep(pauses.next_s())
                try:
                    if running.calls.clock_is_off:
                        await running.calls.set_clock()
                    answer = await running.calls.request(wire, Priority.CANCEL)
                    facts = self._dialect.read_canceled(answer)
                    if facts.state is not LegState.CLOSED or facts.exec_type is ExecType.TRADE:
                        raise UnreadableError("the answer does not say canceled")  # noqa: TRY301
                except Exception as error:  # noqa: BLE001 - outcomes decides what it means
                    outcome, raw = self._judge(running, error)
                    text = words_of(error)
                    # A cancel that was not taken is tried again; an order never is.
                    outcome = Outcome.NOT_SENT if self._may_try_again(error) else outcome
                    if outcome is not Outcome.NOT_SENT:
                        break
                else:
                    running.teller.canceled(call, facts, running.redactor.text(answer))
                    return
        except asyncio.CancelledError:
            text = "The gateway stopped before the venue answered"
            running.teller.failed(call, Outcome.UNKNOWN, text)
            raise
        running.teller.failed(call, outcome, text, raw)

    def _may_try_again(self, error: Exception) -> bool:
        if not isinstance(error, VenueSaid):
            return False
        return error.asks_for_silence or self._dialect.is_clock_skew(error.code)

    def _judge(self, running: _Running, error: Exception) -> tuple[Outcome, str | None]:
        said = error if isinstance(error, VenueSaid) else None
        refused = said is not None and self._dialect.is_refusal(said.code, said.message)
        raw = running.redactor.text(said.body) if said is not None else None
        return outcome_of(error, refused=refused), raw


def _off_step(call: SubmitLeg) -> str | None:
    """Some venues, and ccxt, round silently; what is off the grid is not sent."""
    instrument = call.instrument
    if not is_multiple(call.qty, instrument.lot_size):
        return f"Quantity {to_wire(call.qty)} is not a multiple of {to_wire(instrument.lot_size)}"
    for px in (call.terms.price, call.terms.stop_px):
        if px is not None and not is_multiple(px, instrument.tick_size):
            return f"Price {to_wire(px)} is not a multiple of {to_wire(instrument.tick_size)}"
    return None


def _start(work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> None:
    task = asyncio.create_task(work)
    among.add(task)
    task.add_done_callback(among.discard)
    task.add_done_callback(_speak_up)


def _speak_up(task: asyncio.Task[None]) -> None:
    """A task has its own handling of everything that can go wrong; this would be our bug."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _log.error("venue.task_failed", exc_info=error)


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    ending = list(tasks)
    for each in ending:
        each.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
