"""Finding out what became of an order, by asking until it is certain.

Here: Settler: the answers to queries, and the comparison of all open orders with the venue's.
Not here: what the answer means for the order (the core).
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import structlog

from fixgate.adapters.venues.calls import VenueCalls
from fixgate.adapters.venues.dialect import Dialect, OrderFacts, TradeFacts, UnreadableError
from fixgate.adapters.venues.legs import Leg, LegBook
from fixgate.adapters.venues.limiter import Priority
from fixgate.adapters.venues.outcomes import NotSentError, VenueSaid, words_of
from fixgate.adapters.venues.redaction import Redactor
from fixgate.adapters.venues.settings import Timeouts
from fixgate.adapters.venues.telling import Teller
from fixgate.adapters.venues.timing import Backoff, Pace
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.venue import QueryLeg
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueOrderID
from fixgate.domain.inputs import LegState
from fixgate.domain.rounding import ZERO
from fixgate.domain.values import ExecType

_log = structlog.get_logger(__name__)
_NOT_FOUND_TIMES: Final = 2
_COMPARED_TIMES: Final = 4
_PAGES_MAX: Final = 100
_NO_ID: Final = VenueOrderID("")

Spawn = Callable[[Coroutine[Any, Any, None]], None]


@dataclass(frozen=True, slots=True)
class _Found:
    facts: OrderFacts | None  # None: the venue never had it
    trades: tuple[TradeFacts, ...]
    raw: str | None


@dataclass(slots=True)
class _Asking:
    """A query under way."""

    leg: Leg
    again: QueryLeg | None = None  # one that came meanwhile


class Settler:
    """Asks the venue about orders. Never sends one."""

    def __init__(
        self,
        *,
        dialect: Dialect,
        calls: VenueCalls,
        legs: LegBook,
        teller: Teller,
        clock: Clock,
        pace: Pace,
        timeouts: Timeouts,
        redactor: Redactor,
        spawn: Spawn,
        order_wait_max_s: float,
    ) -> None:
        self._dialect = dialect
        self._calls = calls
        self._legs = legs
        self._teller = teller
        self._clock = clock
        self._pace = pace
        self._timeouts = timeouts
        self._redactor = redactor
        self._spawn = spawn
        self._order_wait_max_ns = int(order_wait_max_s * 1e9)
        self._asking: dict[VenueClOrdID, _Asking] = {}
        self._catching_up: set[VenueClOrdID] = set()

    def query(self, call: QueryLeg) -> None:
        """Answer with a VenueLegReported that was begun after this call.

        Queries about one leg are not asked side by side: one that comes while another runs is
        answered by the next round, and several such by the same.
        """
        if (asking := self._asking.get(call.venue_cl_ord_id)) is not None:
            asking.again = call
            return
        self._spawn(self._answer(call, self._begin(call)))

    def forget(self, venue_cl_ord_id: VenueClOrdID) -> None:
        """Ask no more about an order, also where a query is under way."""
        asking = self._asking.pop(venue_cl_ord_id, None)
        leg = self._legs.get(venue_cl_ord_id)
        if asking is not None:
            asking.leg.given_up = True
        if leg is not None:
            leg.given_up = True
            self._legs.settle(leg)

    def catch_up(self, leg: Leg) -> None:
        """A message about this leg was missed: fetch what it said."""
        leg.given_up = False  # the venue does work on it
        if leg.venue_cl_ord_id not in self._catching_up:
            self._catching_up.add(leg.venue_cl_ord_id)
            self._spawn(self._catch_up(leg))

    async def compare(self) -> None:
        """Compare every open leg with the venue, and tell what was missed.

        Trades are fetched by order, for each order whose count differs: complete, whatever
        the clocks say and however long the gap was. Raises whatever the question about all orders
        raises. One order that the venue cannot tell of does not hold up the others: it is asked
        about on.
        """
        expected = self._legs.working()
        if not expected:
            return
        open_now: dict[VenueClOrdID, OrderFacts] = {}
        for call in self._dialect.open_orders([each.instrument for each in expected]):
            answer = await self._calls.request(call, Priority.QUERY)
            for facts in self._dialect.read_open_orders(answer):
                open_now[facts.venue_cl_ord_id] = facts
        for leg in expected:
            there = open_now.get(leg.venue_cl_ord_id)
            if leg.is_over or (there is not None and there.cum_qty == leg.cum_qty):
                continue
            if not await self._compare_one(leg, tries_max=_COMPARED_TIMES):
                self.catch_up(leg)

    async def _compare_one(self, leg: Leg, *, tries_max: float = inf) -> bool:
        """Whether it has been done, or nobody wants it any more."""
        found = await self._find_out(leg, sent_at_ns=self._clock.now_ns(), tries_max=tries_max)
        if found is None:
            return leg.given_up
        if found.facts is None:
            self._teller.lost(leg, found.raw)
        else:
            self._teller.found(leg, found.facts, found.trades)
        return True

    async def _catch_up(self, leg: Leg) -> None:
        try:
            await self._compare_one(leg)
        finally:
            self._catching_up.discard(leg.venue_cl_ord_id)

    def _begin(self, call: QueryLeg) -> _Asking:
        leg = self._legs.get(call.venue_cl_ord_id) or _leg_of(call)
        leg.given_up = False
        asking = self._asking[call.venue_cl_ord_id] = _Asking(leg)
        return asking

    async def _answer(self, call: QueryLeg, asking: _Asking) -> None:
        while True:
            leg = asking.leg
            found = await self._find_out(leg, sent_at_ns=call.sent_at_ns)
            if found is None:
                return
            if found.facts is not None:
                leg.qty = found.facts.order_qty
                if self._legs.get(leg.venue_cl_ord_id) is None:
                    self._legs.add(leg)
            self._teller.settled(leg, found.facts, found.trades, found.raw)
            if self._asking.get(call.venue_cl_ord_id) is not asking:
                return  # given up meanwhile; whoever asked again since has an answer of their own
            del self._asking[call.venue_cl_ord_id]
            if asking.again is None:
                return
            call = asking.again
            asking = self._begin(call)

    async def _find_out(
        self, leg: Leg, *, sent_at_ns: int, tries_max: float = inf
    ) -> _Found | None:
        """Ask until the answers agree with each other. None: nobody wants to know any more."""
        wait = Backoff(first_s=self._timeouts.retry_first_s, max_s=self._timeouts.retry_max_s)
        not_found = tries = 0
        while not leg.given_up and tries < tries_max:
            tries += 1
            asked_at_ns = self._clock.now_ns()
            try:
                found = await self._ask(leg)
                if found is not None:
                    return found
            except VenueSaid as said:
                if self._dialect.archived(said.code):
                    return self._archived(leg, said)
                if self._dialect.is_not_found(said.code):
                    not_found += 1
                    due_ns = self._certain_from_ns(leg, sent_at_ns)
                    if not_found >= _NOT_FOUND_TIMES and asked_at_ns >= due_ns:
                        return _Found(None, (), self._redactor.text(said.body))
                    # Directly after a timeout "not found" proves nothing: the venue may still
                    # be about to act on what we sent.
                    if tries_max < inf:
                        return None
                    await self._pace.sleep((due_ns - asked_at_ns) / 1e9)
                else:
                    _log.warning("venue.query_failed", leg=leg.venue_cl_ord_id, why=words_of(said))
            except NotSentError:
                pass  # no turn; there will be one
            except Exception as error:  # noqa: BLE001 - asked again, whatever it was
                _log.warning("venue.query_failed", leg=leg.venue_cl_ord_id, why=words_of(error))
            await self._pace.sleep(wait.next_s())
        return None

    def _certain_from_ns(self, leg: Leg, sent_at_ns: int) -> int:
        """From when on "not found" means that the order never will be there.

        An order may have waited for its turn after the core sent it. In this process we know when
        it left; of an earlier one we know how long it can have waited.
        """
        left_at_ns = leg.failed_at_ns
        if left_at_ns is None:
            left_at_ns = sent_at_ns + self._order_wait_max_ns
        return left_at_ns + self._dialect.processing_window_ns

    async def _ask(self, leg: Leg) -> _Found | None:
        """The order and its trades; None if what we know does not agree (yet)."""
        call = self._dialect.order(leg.venue_cl_ord_id, leg.instrument)
        answer = await self._calls.request(call, Priority.QUERY)
        facts = self._dialect.read_order(answer)
        raw = self._redactor.text(answer)
        if leg.closed and facts.state is LegState.WORKING:
            return None  # the stream has told its end; this answer is older
        if not facts.cum_qty:
            return _Found(facts, (), raw)
        trades = await self._all_trades(leg, facts.venue_order_id)
        traded = sum((each.last_qty for each in trades), ZERO)
        # A working order may have traded between the two questions; one that is over may not.
        agree = traded == facts.cum_qty or (
            facts.state is LegState.WORKING and traded > facts.cum_qty
        )
        return _Found(facts, trades, raw) if agree else None

    async def _all_trades(self, leg: Leg, venue_order_id: VenueOrderID) -> tuple[TradeFacts, ...]:
        trades: list[TradeFacts] = []
        after: TradeID | None = None
        for _ in range(_PAGES_MAX):
            call = self._dialect.trades(venue_order_id, leg.instrument, after)
            answer = await self._calls.request(call, Priority.QUERY)
            page, more = self._dialect.read_trades(answer, leg.side)
            trades += page
            if not more or not page:
                return tuple(trades)
            after = page[-1].trade_id
        raise UnreadableError("the trades of one order do not end")

    def _archived(self, leg: Leg, said: VenueSaid) -> _Found:
        facts = OrderFacts(
            venue_cl_ord_id=leg.venue_cl_ord_id,
            venue_order_id=leg.venue_order_id or _NO_ID,
            state=LegState.CLOSED,
            cum_qty=ZERO,
            order_qty=leg.qty,
            exec_type=ExecType.CANCELED,
            text=said.message,
        )
        return _Found(facts, (), self._redactor.text(said.body))


def _leg_of(call: QueryLeg) -> Leg:
    """A leg nobody told us of before; its quantity is learnt from the answer."""
    leg = Leg(call.venue_cl_ord_id, call.instrument, call.side, ZERO)
    leg.cum_qty = call.leg_cum_qty
    return leg
