"""The simulated venue: the matching engine behind the venue port.

Here: SimulatedVenue. It answers within the call, and keeps nothing when the process ends.
Not here: matching and synthetic liquidity (fixgate.matching), what it lists (sim_listings).

The gateway is one member of this venue: all its orders are of one account there, as they would
be behind one API key. Self-trade prevention, where configured, works on that account.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any, Final

from fixgate.adapters.venues.followers import Followers
from fixgate.adapters.venues.sim_account import SimulatedAccount
from fixgate.adapters.venues.sim_listings import Listed, SimulatedSettings, instrument, profile
from fixgate.adapters.venues.sim_trades import SimulatedTrades, trade_id
from fixgate.adapters.venues.sim_words import WHY_CANCELED, WHY_NOT
from fixgate.application.ports.clock import Clock
from fixgate.application.ports.venue import (
    CancelLeg,
    Hear,
    QueryLeg,
    ReplaceLeg,
    SubmitLeg,
    WorkingLeg,
)
from fixgate.domain.balance import settled_in
from fixgate.domain.extras import Extras
from fixgate.domain.frozen import changed, maker
from fixgate.domain.ids import VenueClOrdID, VenueOrderID, base36
from fixgate.domain.inputs import (
    BalancesReported,
    InstrumentsLoaded,
    LegState,
    Outcome,
    PositionsReported,
    VenueAnswered,
    VenueCall,
    VenueClosed,
    VenueConnection,
    VenueLegReported,
    VenueTraded,
    VenueTriggered,
)
from fixgate.domain.instruments import VenueProfile
from fixgate.domain.market import Book, MarketTrade, Quote
from fixgate.domain.order import Terms
from fixgate.domain.positions import Positions
from fixgate.domain.rounding import fee, notional
from fixgate.domain.routing import VenueFees
from fixgate.domain.values import ExecType, RestatementReason, Side
from fixgate.matching import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Expired,
    Listing,
    MatchingEngine,
    NewOrder,
    OrderSnapshot,
    OrderState,
    Printed,
    Rejected,
    RejectReason,
    Replaced,
    Replacement,
    ReplaceRejected,
    SyntheticLiquidity,
    SyntheticProfile,
    Traded,
    Triggered,
)

_PLAIN: Final = Extras()
_MEMBER: Final = "FIXGATE"
_DAY_NS: Final = 86_400 * 10**9
_BUY: Final = Side.BUY
_SUBMIT: Final = VenueCall.SUBMIT
_ACCEPTED: Final = Outcome.ACCEPTED
_STATES: Final[Mapping[OrderState, ExecType | None]] = {
    OrderState.HELD: None,
    OrderState.WORKING: None,
    OrderState.FILLED: ExecType.TRADE,
    OrderState.CANCELED: ExecType.CANCELED,
    OrderState.EXPIRED: ExecType.EXPIRED,
}

_answered: Final = maker(VenueAnswered)
_traded: Final = maker(VenueTraded)
_new_order: Final = maker(NewOrder)
_quote: Final = maker(Quote)


class SimulatedVenue:
    """VenuePort over a matching engine in this process."""

    def __init__(
        self, settings: SimulatedSettings, clock: Clock, known: Positions | None = None
    ) -> None:
        """Open a market. ``known``: what the journal says that we hold here."""
        self._settings = settings
        self._fees = settings.fees
        self._name = settings.name
        self._now_ns = clock.now_ns
        self._profile = profile(settings.name)
        self._symbols = frozenset(each.symbol for each in settings.listed)
        listings = {each.symbol: _listing(each) for each in settings.listed}
        # Ids must not repeat those of an earlier run, which the journal still holds.
        prefix = base36(clock.now_ns() // 1_000_000, width=9) + "-"
        self._engine = MatchingEngine(listings.values(), id_prefix=prefix)
        self._market = SyntheticLiquidity(
            self._engine,
            [
                SyntheticProfile.around(
                    listings[each.symbol],
                    settings.reference_px.get(each.symbol, each.start_px),
                )
                for each in settings.listed
            ],
            Random(settings.seed),  # noqa: S311 - a market, not a secret
            None if settings.walk_seed is None else Random(settings.walk_seed),  # noqa: S311
        )
        self._hear: Hear = _nobody_listens
        self._trades = SimulatedTrades(
            self._engine, _MEMBER, settings.name, begins_ns=clock.now_ns()
        )
        self._account = SimulatedAccount(settings.name, settings.deposits)
        if known is not None:
            self._account.take_over(known)
            for each in listings.values():
                if each.is_contract:
                    net = known.net_at(settings.name, each.symbol)
                    self._engine.take_position(_MEMBER, each.symbol, net)
        self._followers = Followers(settings.name)
        self._on_tape = ""  # the id of the last trade noted
        self._stepping: asyncio.Task[None] | None = None
        self._day = clock.now_ns() // _DAY_NS
        self._tell: Mapping[type[Any], Callable[[Any], None]] = {
            Accepted: _skip,  # said by whoever asked, who knows the call
            Rejected: _skip,
            Replaced: _skip,
            ReplaceRejected: _skip,
            CancelRejected: _skip,
            Printed: self._printed,
            Traded: self._traded_now,
            Triggered: self._triggered,
            Canceled: self._canceled,
            Expired: self._expired,
        }

    @property
    def profile(self) -> VenueProfile:
        """What the venue accepts."""
        return self._profile

    @property
    def keeps_nothing(self) -> bool:
        """The market lives in this process and is made again from the journal."""
        return True

    def quote(self, symbol: str) -> Quote | None:
        """The market's own best prices, as of now."""
        if symbol not in self._symbols:
            return None
        return _quote(
            venue=self._name,
            symbol=symbol,
            bid_px=self._engine.best_bid(symbol),
            offer_px=self._engine.best_ask(symbol),
            last_px=self._engine.last_px(symbol),
            at_ns=self._now_ns(),
        )

    def book(self, symbol: str, levels: int) -> Book | None:
        """The market's own book, as of now."""
        if symbol not in self._symbols:
            return None
        depth = self._engine.depth(symbol, levels)
        return Book(
            venue=self._name,
            symbol=symbol,
            bids=depth.bids,
            offers=depth.asks,
            at_ns=self._now_ns(),
        )

    def follow(self, symbol: str, changed: Callable[[], None]) -> Callable[[], None] | None:
        """Every symbol that is listed."""
        return self._followers.add(symbol, changed) if symbol in self._symbols else None

    def trades(self, symbol: str, after: int) -> tuple[MarketTrade, ...]:
        """The tape: trades of ours and of the synthetic market."""
        return self._followers.trades(symbol, after)

    def listing(self) -> SimulatedTrades:
        """The latest trades of this process's market."""
        return self._trades

    def calls_use(self) -> None:
        """Nobody counts calls within a process."""

    async def start(self, hear: Hear, working: Sequence[WorkingLeg]) -> None:
        """Open the market; then put back the acknowledged orders, which may trade at once."""
        self._hear = hear
        loaded = tuple(instrument(each, self._name) for each in self._settings.listed)
        self._say_all(self._market.step(self._now_ns()))
        hear(InstrumentsLoaded(venue=self._name, instruments=loaded))
        hear(VenueConnection(venue=self._name, up=True))
        for leg in working:
            # What was not acknowledged cannot have survived: a query says so (not found).
            if leg.acknowledged:
                self._restore(leg)
        period_s = self._settings.step_period_s
        if period_s is not None:
            self._stepping = asyncio.create_task(self._step_forever(period_s), name="sim-market")

    async def stop(self) -> None:
        """Close the market. Open orders live on in the journal."""
        task, self._stepping = self._stepping, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def submit(self, call: SubmitLeg) -> None:
        """Enter an order; the answer and what follows from it are heard before the return."""
        now_ns = self._now_ns()
        symbol = call.instrument.symbol
        events = self._engine.submit(self._new_order(call), now_ns)
        first = events[0]
        if isinstance(first, Accepted):
            self._hear(
                _answered(
                    venue=self._name,
                    call=_SUBMIT,
                    venue_cl_ord_id=call.venue_cl_ord_id,
                    outcome=_ACCEPTED,
                    venue_order_id=VenueOrderID(first.venue_order_id),
                )
            )
            if len(events) > 1:
                self._say_all(events)
                self._say_all(self._market.replenish(symbol, now_ns))
            if self._followers:
                self._followers.tell(symbol)
        elif isinstance(first, Rejected):
            self._refused(call.venue_cl_ord_id, _SUBMIT, first.reason)

    def cancel(self, call: CancelLeg) -> None:
        """Cancel what is left of an order."""
        before = self._engine.find(_MEMBER, cl_ord_id=call.venue_cl_ord_id)
        first = self._engine.cancel(_MEMBER, self._now_ns(), cl_ord_id=call.venue_cl_ord_id)[0]
        if isinstance(first, CancelRejected) or before is None:
            reason = first.reason if isinstance(first, CancelRejected) else None
            self._refused(
                call.venue_cl_ord_id,
                VenueCall.CANCEL,
                reason or RejectReason.UNKNOWN_ORDER,
                request=call.request,
            )
            return
        self._hear(
            VenueAnswered(
                venue=self._name,
                call=VenueCall.CANCEL,
                venue_cl_ord_id=call.venue_cl_ord_id,
                outcome=_ACCEPTED,
                request=call.request,
                venue_order_id=VenueOrderID(before.venue_order_id),
                leg_cum_qty=before.cum_qty,
            )
        )
        self._followers.tell(call.instrument.symbol)

    def replace(self, call: ReplaceLeg) -> None:
        """Change quantity and prices of a working order; nothing else can change here."""
        now_ns = self._now_ns()
        before = self._engine.find(_MEMBER, cl_ord_id=call.venue_cl_ord_id)
        if before is not None and not _only_values_differ(before, call):
            text = f"{self._name} changes only quantity and prices of an order"
            self._refused(call.venue_cl_ord_id, VenueCall.REPLACE, text, request=call.request)
            return
        moved = before is not None and call.terms.stop_px != before.stop_px
        change = Replacement(
            order_qty=call.qty,
            price=call.terms.price,
            stop_px=call.terms.stop_px if moved else None,
            max_floor=_max_floor(call.terms, call.qty),
        )
        events = self._engine.replace(_MEMBER, change, now_ns, cl_ord_id=call.venue_cl_ord_id)
        first = events[0]
        if isinstance(first, Replaced):
            self._hear(
                VenueAnswered(
                    venue=self._name,
                    call=VenueCall.REPLACE,
                    venue_cl_ord_id=call.venue_cl_ord_id,
                    outcome=_ACCEPTED,
                    request=call.request,
                    venue_order_id=VenueOrderID(first.venue_order_id),
                )
            )
            self._say_all(events)
            self._say_all(self._market.replenish(call.instrument.symbol, now_ns))
            self._followers.tell(call.instrument.symbol)
        elif isinstance(first, ReplaceRejected):
            self._refused(
                call.venue_cl_ord_id, VenueCall.REPLACE, first.reason, request=call.request
            )

    def forget(self, venue_cl_ord_id: VenueClOrdID) -> None:
        """Nothing: nobody is asked."""

    def query(self, call: QueryLeg) -> None:
        """Say what became of an order. The answer is certain at once."""
        found = self._engine.find(_MEMBER, cl_ord_id=call.venue_cl_ord_id)
        if found is None:
            self._hear(
                VenueLegReported(
                    venue=self._name,
                    venue_cl_ord_id=call.venue_cl_ord_id,
                    state=LegState.NOT_FOUND,
                )
            )
            return
        for trade in self._engine.trades(_MEMBER, venue_order_id=found.venue_order_id):
            self._traded(trade)
        exec_type = _STATES[found.state]
        self._hear(
            VenueLegReported(
                venue=self._name,
                venue_cl_ord_id=call.venue_cl_ord_id,
                state=LegState.WORKING if exec_type is None else LegState.CLOSED,
                venue_order_id=VenueOrderID(found.venue_order_id),
                leg_cum_qty=found.cum_qty,
                leg_qty=found.order_qty,
                price=found.price,
                exec_type=exec_type,
            )
        )

    def balances(self) -> None:
        """Say what the account holds."""
        held = self._account.balances(self._engine.open_orders(_MEMBER))
        now_ns = self._now_ns()
        self._hear(BalancesReported(venue=self._name, asked_at_ns=now_ns, balances=held))

    def positions(self) -> None:
        """Say what derivatives the account is long or short of."""
        said, now_ns = self._account.positions(), self._now_ns()
        self._hear(PositionsReported(venue=self._name, asked_at_ns=now_ns, positions=said))

    def advance(self) -> None:
        """Let the market take one step, and end what has run out of time."""
        now_ns = self._now_ns()
        day = now_ns // _DAY_NS
        if day != self._day:
            # A day order lives until midnight UTC; the venue itself never closes.
            self._day = day
            self._end_day(now_ns)
        self._say_all(self._engine.expire(now_ns))
        self._say_all(self._market.step(now_ns))
        self._followers.tell_all()

    def halt(self, symbol: str) -> None:
        """Let nothing trade in one symbol: its orders are canceled, new ones refused (K.1)."""
        self._market.pause(symbol)
        for event in self._engine.halt(symbol, self._now_ns()):
            if isinstance(event, Canceled):
                text = WHY_CANCELED[event.reason]
                self._closed(event, ExecType.CANCELED, text, RestatementReason.HALT)
        self._list(symbol, active=False)

    def resume(self, symbol: str) -> None:
        """Let it trade again."""
        self._engine.resume(symbol)
        self._say_all(self._market.resume(symbol, self._now_ns()))
        self._list(symbol, active=True)

    def _list(self, symbol: str, *, active: bool) -> None:
        listed = next(each for each in self._settings.listed if each.symbol == symbol)
        now = changed(instrument(listed, self._name), active=active)
        self._hear(InstrumentsLoaded(venue=self._name, instruments=(now,)))

    def _end_day(self, now_ns: int) -> None:
        events = self._engine.end_day(now_ns)
        if not self._settings.done_for_day:
            self._say_all(events)
            return
        for event in events:
            if isinstance(event, Expired):
                self._closed(event, ExecType.DONE_FOR_DAY, None)

    def move_to(self, symbol: str, px: Decimal) -> None:
        """Take the reference price of one symbol to ``px``, within its range of 5 %."""
        self._say_all(self._market.move_to(symbol, px, self._now_ns()))
        self._followers.tell(symbol)

    def best_px(self, symbol: str) -> tuple[Decimal | None, Decimal | None]:
        """The best bid and ask. Raises KeyError for a symbol that is not listed."""
        return self._engine.best_bid(symbol), self._engine.best_ask(symbol)

    async def _step_forever(self, period_s: float) -> None:
        while True:
            await asyncio.sleep(period_s)
            self.advance()

    def _new_order(self, call: SubmitLeg) -> NewOrder:
        terms = call.terms
        extras = terms.extras or _PLAIN
        return _new_order(
            symbol=call.instrument.symbol,
            account=_MEMBER,
            cl_ord_id=call.venue_cl_ord_id,
            side=call.side,
            ord_type=terms.ord_type,
            order_qty=call.qty,
            price=terms.price,
            stop_px=terms.stop_px,
            time_in_force=terms.time_in_force,
            expire_at_ns=terms.expire_at_ns,
            post_only=terms.post_only,
            self_trade=extras.self_trade or self._settings.self_trade,
            max_floor=_max_floor(terms, call.qty),
            min_qty=extras.min_qty,
            effect=extras.position_effect,
        )

    def _restore(self, leg: WorkingLeg) -> None:
        call = leg.submit
        if leg.leg_cum_qty >= call.qty or call.instrument.symbol not in self._symbols:
            return
        events = self._engine.restore(
            self._new_order(call),
            venue_order_id=leg.venue_order_id or f"R-{call.venue_cl_ord_id}",
            cum_qty=leg.leg_cum_qty,
            # A stop order that has traded had gone off; another goes off again if it must.
            triggered=leg.leg_cum_qty > 0,
            now_ns=self._now_ns(),
        )
        self._say_all(events)

    def _say_all(self, events: tuple[Event, ...]) -> None:
        tell = self._tell
        for event in events:
            tell[type(event)](event)

    def charge(self, fees: VenueFees | None) -> None:
        """Take these of each trade from now on."""
        self._fees = fees

    def _fee(self, event: Traded) -> Decimal | None:
        if self._fees is None:
            return None
        fees = self._fees.of(event.symbol)
        bp = fees.maker_bp if event.maker else fees.taker_bp
        return fee(notional(event.last_qty, event.last_px), bp) if bp else None

    def _traded(self, event: Traded) -> None:
        paid = self._fee(event)
        self._hear(
            _traded(
                venue=self._name,
                venue_cl_ord_id=VenueClOrdID(event.cl_ord_id),
                trade_id=trade_id(event),
                last_qty=event.last_qty,
                last_px=event.last_px,
                venue_order_id=VenueOrderID(event.venue_order_id),
                fee=paid,
                fee_currency=None if paid is None else settled_in(event.symbol),
                maker=event.maker,
                at_ns=event.at_ns,
            )
        )

    def _traded_now(self, event: Traded) -> None:
        self._account.pay(event, self._fee(event), settled_in(event.symbol))
        self._traded(event)
        # Both sides of a trade may be ours: it is one trade on the tape.
        if self._followers and event.trade_id != self._on_tape:
            self._on_tape = event.trade_id
            other = Side.SELL if event.side is _BUY else _BUY
            self._followers.note_trade(
                event.symbol,
                event.last_px,
                event.last_qty,
                aggressor=other if event.maker else event.side,
                at_ns=event.at_ns,
            )

    def _printed(self, event: Printed) -> None:
        self._followers.note_trade(
            event.symbol, event.last_px, event.last_qty, aggressor=None, at_ns=event.at_ns
        )

    def _triggered(self, event: Triggered) -> None:
        self._hear(VenueTriggered(venue=self._name, venue_cl_ord_id=VenueClOrdID(event.cl_ord_id)))

    def _canceled(self, event: Canceled) -> None:
        self._closed(event, ExecType.CANCELED, WHY_CANCELED[event.reason])

    def _expired(self, event: Expired) -> None:
        self._closed(event, ExecType.EXPIRED, None)

    def _closed(
        self,
        event: Canceled | Expired,
        exec_type: ExecType,
        text: str | None,
        restatement: RestatementReason | None = None,
    ) -> None:
        found = self._engine.find(_MEMBER, venue_order_id=event.venue_order_id)
        if found is None:
            return  # the engine keeps what it has just closed
        self._hear(
            VenueClosed(
                venue=self._name,
                venue_cl_ord_id=VenueClOrdID(event.cl_ord_id),
                exec_type=exec_type,
                leg_cum_qty=found.cum_qty,
                restatement=restatement,
                text=text,
            )
        )

    def _refused(
        self,
        venue_cl_ord_id: VenueClOrdID,
        call: VenueCall,
        reason: RejectReason | str,
        *,
        request: Any = None,
    ) -> None:
        duplicate = reason is RejectReason.DUPLICATE_CL_ORD_ID
        self._hear(
            VenueAnswered(
                venue=self._name,
                call=call,
                venue_cl_ord_id=venue_cl_ord_id,
                # A duplicate says nothing of the order that has the id: ask.
                outcome=Outcome.UNKNOWN if duplicate else Outcome.REJECTED,
                request=request,
                text=reason if isinstance(reason, str) else WHY_NOT[reason],
            )
        )


def _listing(listed: Listed) -> Listing:
    return Listing(
        symbol=listed.symbol,
        tick_size=listed.tick_size,
        lot_size=listed.lot_size,
        min_qty=listed.lot_size,
        min_notional=listed.min_notional,
        is_contract=":" in listed.symbol,
    )


def _only_values_differ(before: OrderSnapshot, call: ReplaceLeg) -> bool:
    terms = call.terms
    return (before.ord_type, before.time_in_force, before.expire_at_ns, before.post_only) == (
        terms.ord_type,
        terms.time_in_force,
        terms.expire_at_ns,
        terms.post_only,
    )


def _max_floor(terms: Terms, qty: Decimal) -> Decimal | None:
    """What is shown of a leg; the rest of an order may be less."""
    floor = None if terms.extras is None else terms.extras.max_floor
    return None if floor is None else min(floor, qty)


def _nobody_listens(_: object) -> None:
    raise RuntimeError("the venue has not been started")


def _skip(_: Event) -> None:
    """An event that is not told on its own."""
