"""Somewhere an order can be worked.

Here: VenuePort and the calls it takes. It is told, and it is heard: a call returns None at once
and never raises; what came of it arrives later as an input through ``hear``.
Not here: any venue's protocol.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

from fixgate.application.ports.trade_listing import TradeListing
from fixgate.domain.frozen import value
from fixgate.domain.ids import ClOrdID, VenueClOrdID, VenueOrderID
from fixgate.domain.inputs import VenueInput
from fixgate.domain.instruments import Instrument, VenueProfile
from fixgate.domain.market import Book, MarketTrade, Quote
from fixgate.domain.order import Terms
from fixgate.domain.values import Side

Hear = Callable[[VenueInput], None]
"""Takes what a venue says. Called on the event loop's thread; returns at once."""


@value
class SubmitLeg:
    """Send a new venue order of ``qty`` (``terms.order_qty`` is the client's, not the leg's)."""

    venue_cl_ord_id: VenueClOrdID
    instrument: Instrument
    side: Side
    qty: Decimal
    terms: Terms
    account: str | None = None


@value
class CancelLeg:
    """Cancel what the leg has left. ``request`` is returned in the answer."""

    venue_cl_ord_id: VenueClOrdID
    instrument: Instrument
    side: Side
    venue_order_id: VenueOrderID | None = None
    request: ClOrdID | None = None


@value
class ReplaceLeg:
    """Change a working leg to ``qty`` (executed part included) and ``terms``, in one call."""

    venue_cl_ord_id: VenueClOrdID
    instrument: Instrument
    side: Side
    qty: Decimal
    terms: Terms
    request: ClOrdID
    venue_order_id: VenueOrderID | None = None


@value
class QueryLeg:
    """Find out what became of a leg.

    Answered by VenueTraded for its trades (repeats are harmless) and then one
    VenueLegReported. The adapter asks until it is certain: "not found" counts only when the
    venue's processing window since ``sent_at_ns`` has passed.
    """

    venue_cl_ord_id: VenueClOrdID
    instrument: Instrument
    side: Side
    sent_at_ns: int
    venue_order_id: VenueOrderID | None = None
    leg_cum_qty: Decimal = Decimal(0)


@value
class WorkingLeg:
    """A leg that the journal holds open at start."""

    submit: SubmitLeg
    acknowledged: bool
    leg_cum_qty: Decimal
    venue_order_id: VenueOrderID | None = None


@value
class AllowanceUse:
    """One limit of what a venue account may call, and how far it is used."""

    kind: str  # as the venue counts: "weight", "orders"
    period_s: float
    limit: int  # the venue's, in any such period
    most: int  # of it, that we use
    used: int  # within the last period


@value
class Silence:
    """The venue asked us to call no more until then: a rate limit (429), or a ban (418)."""

    status: int
    until_ns: int


@value
class CallsUse:
    """How much of a venue account's allowance is used, and who waits for a turn."""

    allowances: tuple[AllowanceUse, ...]
    waiting: tuple[tuple[str, int], ...]  # by kind of call, who goes first first
    silence: Silence | None = None  # asked for last; it may be over


class VenuePort(Protocol):
    """Somewhere an order can be worked. No method raises because of the venue."""

    @property
    def profile(self) -> VenueProfile:
        """What the venue accepts; fixed while the process runs."""
        ...

    @property
    def keeps_nothing(self) -> bool:
        """Whether all it knows dies with this process.

        Then it may be called before the commit: a crash cannot leave anything there that the
        journal does not have (docs/decisions/0013). False for every venue outside the process.
        """
        ...

    def quote(self, symbol: str) -> Quote | None:
        """Best prices of a unified symbol right now. Never waits.

        None: nothing is known that still holds. What the venue has not confirmed for a while
        does not hold, so a quote that is there may be gone by.
        """
        ...

    def book(self, symbol: str, levels: int) -> Book | None:
        """The best levels of a unified symbol right now, or None as ``quote``. Never waits."""
        ...

    def follow(self, symbol: str, changed: Callable[[], None]) -> Callable[[], None] | None:
        """Have ``changed`` called whenever quote, book or trades of a symbol may be others.

        That they do not hold any more, and that they do again, is such a change. Returns what
        ends it; None: prices of this symbol are not followed here. ``changed`` is called on the
        event loop's thread and returns at once.
        """
        ...

    def trades(self, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        """The public trades of a symbol with a number above ``after``, oldest first.

        Only the latest, and only of the time in which somebody follows the symbol: more may have
        happened than is kept.
        """
        ...

    def listing(self) -> TradeListing:
        """The account's trades, as the venue has them."""
        ...

    def calls_use(self) -> CallsUse | None:
        """How much of what may be called is used by now; None: calls are not limited."""
        ...

    async def start(self, hear: Hear, working: Sequence[WorkingLeg]) -> None:
        """Begin connecting in the background; InstrumentsLoaded, then VenueConnection(up=True).

        ``working`` is what the journal holds open here, for venues that must be told (SIM) and
        for reconciliation after a reconnect.
        """
        ...

    async def stop(self) -> None:
        """Let calls in flight end (bounded), then disconnect. Open orders stay."""
        ...

    def submit(self, call: SubmitLeg) -> None:
        """Answered by VenueAnswered(call=SUBMIT)."""
        ...

    def cancel(self, call: CancelLeg) -> None:
        """Answered by VenueAnswered(call=CANCEL)."""
        ...

    def replace(self, call: ReplaceLeg) -> None:
        """Answered by VenueAnswered(call=REPLACE). Only where the profile says NATIVE."""
        ...

    def query(self, call: QueryLeg) -> None:
        """Answered by VenueTraded for each trade, then VenueLegReported."""
        ...

    def forget(self, venue_cl_ord_id: VenueClOrdID) -> None:
        """A person has said what became of this order: it is not asked about any more.

        What the venue says of it by itself is still told.
        """
        ...

    def balances(self) -> None:
        """Answered by BalancesReported, whatever happens."""
        ...

    def positions(self) -> None:
        """Answered by PositionsReported: of derivatives; spot positions show in balances."""
        ...
