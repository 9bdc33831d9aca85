"""What every venue promises to the core, whatever it is.

Here: VenueContract, the promises as tests; Ear, which hears; World, what a test needs to make
happen at the venue's side. An adapter's test class inherits the promises and supplies the world.
"""

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import count
from typing import Protocol, TypeVar

import pytest

from builders import an_instruction
from fixgate.application.ports.venue import (
    CancelLeg,
    QueryLeg,
    ReplaceLeg,
    SubmitLeg,
    VenuePort,
    WorkingLeg,
)
from fixgate.domain.extras import Extras
from fixgate.domain.ids import ClOrdID, VenueClOrdID
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
    VenueInput,
    VenueLegReported,
    VenueTraded,
)
from fixgate.domain.instruments import Instrument, ReplaceStyle
from fixgate.domain.market import Quote
from fixgate.domain.order import Terms
from fixgate.domain.positions import Positions
from fixgate.domain.rounding import ZERO
from fixgate.domain.values import ExecType, OrdType, SelfTradePrevention, Side, TimeInForce

Kind = TypeVar("Kind")
GTC = TimeInForce.GOOD_TILL_CANCEL
LIMIT_S = 20.0  # generous: nothing waits for it unless something is broken


class Ear:
    """Keeps what a venue says, in order, and waits for what it will say."""

    def __init__(self) -> None:
        self.heard: list[VenueInput] = []
        self._news = asyncio.Event()

    def __call__(self, said: VenueInput) -> None:
        self.heard.append(said)
        self._news.set()

    async def until(self, done: Callable[[], bool]) -> None:
        """Return as soon as ``done`` holds; look at every input."""
        async with asyncio.timeout(LIMIT_S):
            while not done():
                self._news.clear()
                await self._news.wait()

    def of(self, kind: type[Kind], leg: str | None = None) -> list[Kind]:
        """What was said of one kind, of one leg if given."""
        return [
            each
            for each in self.heard
            if isinstance(each, kind)
            and (leg is None or getattr(each, "venue_cl_ord_id", None) == leg)
        ]

    async def answer(self, leg: str, call: VenueCall, *, nth: int = 1) -> VenueAnswered:
        """The nth answer to such a call about a leg."""
        found: list[VenueAnswered] = []

        def there() -> bool:
            found[:] = [each for each in self.of(VenueAnswered, leg) if each.call is call]
            return len(found) >= nth

        await self.until(there)
        return found[nth - 1]

    async def report(self, leg: str, *, nth: int = 1) -> VenueLegReported:
        """The nth settled answer to a query about a leg."""
        await self.until(lambda: len(self.of(VenueLegReported, leg)) >= nth)
        return self.of(VenueLegReported, leg)[nth - 1]

    async def closed(self, leg: str) -> VenueClosed:
        """The venue's word that a leg has ended."""
        await self.until(lambda: bool(self.of(VenueClosed, leg)))
        return self.of(VenueClosed, leg)[0]

    async def traded(self, leg: str, qty: Decimal) -> list[VenueTraded]:
        """The trades of a leg, once they come to ``qty``."""
        await self.until(lambda: self.cum_qty(leg) >= qty)
        return self.of(VenueTraded, leg)

    def cum_qty(self, leg: str) -> Decimal:
        """What a leg has traded, each trade counted once."""
        return sum(
            {each.trade_id: each.last_qty for each in self.of(VenueTraded, leg)}.values(), ZERO
        )

    async def up(self, *, nth: int = 1) -> None:
        """The venue is connected, for the nth time."""
        await self.until(lambda: sum(each.up for each in self.of(VenueConnection)) >= nth)


class World(Protocol):
    """The venue's side of a test."""

    @property
    def venue(self) -> VenuePort:
        """The adapter, the latest one."""
        ...

    @property
    def ear(self) -> Ear:
        """What hears it."""
        ...

    async def restart(self, working: Sequence[WorkingLeg]) -> None:
        """End the adapter, and start another one with these working legs; wait for up."""
        ...

    async def move_to(self, px: Decimal) -> None:
        """Let the market of BTC/USDT go to a price."""
        ...

    async def best(self) -> tuple[Decimal, Decimal]:
        """Best bid and ask of BTC/USDT."""
        ...

    async def bid_qty(self, px: Decimal) -> Decimal:
        """What the book of BTC/USDT shows on the bid at a price."""
        ...

    def now_ns(self) -> int:
        """The time of the adapter's clock."""
        ...


_numbers = count(1)


def new_id() -> VenueClOrdID:
    """An id as the core makes them."""
    return VenueClOrdID(f"TESTS0{next(_numbers):08d}00")


def on_grid(px: Decimal, instrument: Instrument) -> Decimal:
    """The price on the instrument's tick, towards zero."""
    return px // instrument.tick_size * instrument.tick_size


def btc(world: World) -> Instrument:
    """BTC/USDT as the venue announced it."""
    loaded = world.ear.of(InstrumentsLoaded)[0]
    return next(each for each in loaded.instruments if each.symbol == "BTC/USDT")


def order(  # noqa: PLR0917 - a builder
    world: World,
    side: Side = Side.BUY,
    qty: str = "0.01",
    price: Decimal | None = None,
    ord_type: OrdType = OrdType.LIMIT,
    tif: TimeInForce = GTC,
    stop_px: Decimal | None = None,
    *,
    post_only: bool = False,
    extras: Extras | None = None,
    leg: VenueClOrdID | None = None,
) -> SubmitLeg:
    """A new order, not yet sent."""
    return SubmitLeg(
        venue_cl_ord_id=leg or new_id(),
        instrument=btc(world),
        side=side,
        qty=Decimal(qty),
        terms=Terms(
            order_qty=Decimal(qty),
            ord_type=ord_type,
            time_in_force=tif,
            price=price,
            stop_px=stop_px,
            post_only=post_only,
            extras=extras,
        ),
    )


def query_of(world: World, call: SubmitLeg) -> QueryLeg:
    """The question what became of an order just sent."""
    return QueryLeg(
        venue_cl_ord_id=call.venue_cl_ord_id,
        instrument=call.instrument,
        side=call.side,
        sent_at_ns=world.now_ns(),
    )


def cancel_of(call: SubmitLeg, request: str = "C1") -> CancelLeg:
    """The cancel of an order."""
    return CancelLeg(
        venue_cl_ord_id=call.venue_cl_ord_id,
        instrument=call.instrument,
        side=call.side,
        request=ClOrdID(request),
    )


async def resting(world: World, side: Side = Side.BUY, qty: str = "0.01") -> SubmitLeg:
    """A limit order that works, away from the market."""
    bid, ask = await world.best()
    px = bid * Decimal("0.98") if side is Side.BUY else ask * Decimal("1.02")
    call = order(world, side, qty, on_grid(px, btc(world)))
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.ACCEPTED, answer
    return call


async def quoted(world: World, as_wanted: Callable[[Quote], bool]) -> None:
    """Return as soon as there is a quote of BTC/USDT that is as wanted."""
    told = asyncio.Event()
    end = world.venue.follow("BTC/USDT", told.set)
    assert end is not None
    async with asyncio.timeout(LIMIT_S):
        while (quote := world.venue.quote("BTC/USDT")) is None or not as_wanted(quote):
            await told.wait()
            told.clear()
    end()


async def held(world: World) -> dict[str, tuple[Decimal, Decimal]]:
    """Free and locked of each asset, as the venue says now."""
    times = len(world.ear.of(BalancesReported))
    world.venue.balances()
    await world.ear.until(lambda: len(world.ear.of(BalancesReported)) > times)
    report = world.ear.of(BalancesReported)[-1]
    assert report.fault is None
    return {asset: (free, locked) for asset, free, locked in report.balances}


class VenueContract:
    """The promises. ``world`` is a fixture of the inheriting class's module."""

    async def test_instruments_are_told_before_the_venue_is_up(self, world: World) -> None:
        kinds = [type(each) for each in world.ear.heard]
        assert kinds.index(InstrumentsLoaded) < kinds.index(VenueConnection)
        assert world.ear.of(VenueConnection)[0].up
        assert btc(world).tick_size > 0
        assert btc(world).lot_size > 0

    async def test_a_quote_is_the_top_of_the_book_and_a_book_has_best_first(
        self, world: World
    ) -> None:
        bid, offer = await world.best()
        await quoted(world, lambda quote: (quote.bid_px, quote.offer_px) == (bid, offer))
        quote, book = world.venue.quote("BTC/USDT"), world.venue.book("BTC/USDT", 5)
        assert quote is not None
        assert book is not None
        assert quote.at_ns <= world.now_ns()
        assert (book.bids[0][0], book.offers[0][0]) == (bid, offer)
        assert [px for px, _ in book.bids] == sorted((px for px, _ in book.bids), reverse=True)
        assert [px for px, _ in book.offers] == sorted(px for px, _ in book.offers)
        assert len(book.bids) <= 5
        assert world.venue.quote("NO/SUCH") is None
        assert world.venue.book("NO/SUCH", 5) is None
        assert world.venue.follow("NO/SUCH", lambda: None) is None

    async def test_who_follows_a_symbol_is_told_when_its_market_moves_and_trades(
        self, world: World
    ) -> None:
        bid, _ = await world.best()
        await quoted(world, lambda quote: quote.bid_px == bid)
        told = asyncio.Event()
        end = world.venue.follow("BTC/USDT", told.set)
        assert end is not None
        to_px = on_grid(bid * Decimal("1.01"), btc(world))
        await world.move_to(to_px)
        async with asyncio.timeout(LIMIT_S):
            while not (trades := world.venue.trades("BTC/USDT", 0)):
                await told.wait()
                told.clear()
        call = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
        world.venue.submit(call)
        ours = (await world.ear.traded(call.venue_cl_ord_id, call.qty))[0]
        async with asyncio.timeout(LIMIT_S):
            while not any(
                each.px == ours.last_px and each.aggressor is Side.BUY
                for each in world.venue.trades("BTC/USDT", trades[-1].number)
            ):
                await told.wait()
                told.clear()
        bid, _ = await world.best()
        await quoted(world, lambda quote: quote.bid_px == bid)
        end()
        assert world.venue.trades("BTC/USDT", 0) == ()

    async def test_a_resting_order_is_accepted_and_works(self, world: World) -> None:
        call = await resting(world)
        world.venue.query(query_of(world, call))
        report = await world.ear.report(call.venue_cl_ord_id)
        assert (report.state, report.leg_cum_qty) == (LegState.WORKING, ZERO)
        assert (report.leg_qty, report.price) == (call.qty, call.terms.price)
        answers = world.ear.of(VenueAnswered, call.venue_cl_ord_id)
        assert len(answers) == 1
        assert answers[0].venue_order_id == report.venue_order_id is not None
        assert not world.ear.of(VenueTraded, call.venue_cl_ord_id)

    async def test_a_market_order_trades_all_it_can(self, world: World) -> None:
        call = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        trades = await world.ear.traded(call.venue_cl_ord_id, call.qty)
        assert answer.outcome is Outcome.ACCEPTED
        assert world.ear.cum_qty(call.venue_cl_ord_id) == call.qty
        assert len({each.trade_id for each in trades}) == len(trades)
        assert all(each.last_px > 0 for each in trades)

    async def test_a_filled_order_is_reported_closed_after_its_trades(self, world: World) -> None:
        call = order(world, Side.SELL, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
        world.venue.submit(call)
        first = await world.ear.traded(call.venue_cl_ord_id, call.qty)
        world.venue.query(query_of(world, call))
        report = await world.ear.report(call.venue_cl_ord_id)
        assert (report.state, report.exec_type) == (LegState.CLOSED, ExecType.TRADE)
        assert report.leg_cum_qty == call.qty
        # The answer to a query repeats the trades, under the same ids.
        again = world.ear.of(VenueTraded, call.venue_cl_ord_id)
        assert {each.trade_id for each in again} == {each.trade_id for each in first}
        assert len(again) > len(first)

    async def test_a_cancel_is_answered_with_what_had_traded(self, world: World) -> None:
        call = await resting(world)
        world.venue.cancel(cancel_of(call))
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
        assert (answer.outcome, answer.request) == (Outcome.ACCEPTED, ClOrdID("C1"))
        assert answer.leg_cum_qty == ZERO
        world.venue.query(query_of(world, call))
        report = await world.ear.report(call.venue_cl_ord_id)
        assert (report.state, report.exec_type) == (LegState.CLOSED, ExecType.CANCELED)

    async def test_a_cancel_of_an_unknown_order_is_refused(self, world: World) -> None:
        call = order(world, price=Decimal(1000))
        world.venue.cancel(cancel_of(call))
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
        assert (answer.outcome, answer.request) == (Outcome.REJECTED, ClOrdID("C1"))
        assert answer.text

    async def test_a_cancel_of_a_filled_order_is_refused(self, world: World) -> None:
        call = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
        world.venue.submit(call)
        await world.ear.traded(call.venue_cl_ord_id, call.qty)
        world.venue.cancel(cancel_of(call))
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
        assert answer.outcome is Outcome.REJECTED

    async def test_a_replace_is_answered_as_the_profile_says(self, world: World) -> None:
        call = await resting(world)
        assert call.terms.price is not None
        px = on_grid(call.terms.price * Decimal("0.99"), call.instrument)
        change = ReplaceLeg(
            venue_cl_ord_id=call.venue_cl_ord_id,
            instrument=call.instrument,
            side=call.side,
            qty=Decimal("0.02"),
            terms=Terms(
                order_qty=Decimal("0.02"), ord_type=OrdType.LIMIT, time_in_force=GTC, price=px
            ),
            request=ClOrdID("R1"),
        )
        world.venue.replace(change)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.REPLACE)
        native = world.venue.profile.replace is ReplaceStyle.NATIVE
        assert answer.request == ClOrdID("R1")
        assert (answer.outcome is Outcome.ACCEPTED) is native
        world.venue.query(query_of(world, call))
        report = await world.ear.report(call.venue_cl_ord_id)
        expected = (change.qty, px) if native else (call.qty, call.terms.price)
        assert (report.leg_qty, report.price) == expected

    async def test_an_order_the_venue_never_had_is_not_found(self, world: World) -> None:
        call = order(world, price=Decimal(1000))
        world.venue.query(query_of(world, call))
        report = await world.ear.report(call.venue_cl_ord_id)
        assert report.state is LegState.NOT_FOUND

    async def test_a_second_order_under_one_id_is_never_a_refusal(self, world: World) -> None:
        """A refusal would end the order that has the id."""
        call = await resting(world)
        world.venue.submit(call)
        second = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT, nth=2)
        assert second.outcome is Outcome.UNKNOWN
        world.venue.query(query_of(world, call))
        report = await world.ear.report(call.venue_cl_ord_id)
        assert (report.state, report.leg_qty) == (LegState.WORKING, call.qty)

    @pytest.mark.parametrize("fault", ["off tick", "off lot", "too small"])
    async def test_values_the_venue_cannot_take_are_refused(self, world: World, fault: str) -> None:
        instrument = btc(world)
        bid = on_grid((await world.best())[0] * Decimal("0.98"), instrument)
        px, qty = bid, Decimal("0.01")
        if fault == "off tick":
            px += instrument.tick_size / 2
        elif fault == "off lot":
            qty += instrument.lot_size / 2
        else:
            qty = instrument.lot_size
        call = order(world, qty=str(qty), price=px)
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        assert answer.outcome is Outcome.REJECTED
        assert answer.text

    @pytest.mark.parametrize("tif", [TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL])
    async def test_an_immediate_order_that_cannot_trade_ends_untraded(
        self, world: World, tif: TimeInForce
    ) -> None:
        bid = (await world.best())[0]
        px = on_grid(bid * Decimal("0.98"), btc(world))
        call = order(world, price=px, tif=tif)
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        closed = await world.ear.closed(call.venue_cl_ord_id)
        assert answer.outcome is Outcome.ACCEPTED
        assert closed.exec_type in (ExecType.CANCELED, ExecType.EXPIRED)
        assert closed.leg_cum_qty == ZERO
        assert not world.ear.of(VenueTraded, call.venue_cl_ord_id)

    async def test_the_trades_of_an_immediate_order_come_before_its_end(self, world: World) -> None:
        ask = (await world.best())[1]
        call = order(world, qty="100", price=ask, tif=TimeInForce.IMMEDIATE_OR_CANCEL)
        world.venue.submit(call)
        closed = await world.ear.closed(call.venue_cl_ord_id)
        assert ZERO < closed.leg_cum_qty < call.qty
        assert world.ear.cum_qty(call.venue_cl_ord_id) == closed.leg_cum_qty
        order_of_words = [
            type(each)
            for each in world.ear.heard
            if getattr(each, "venue_cl_ord_id", None) == call.venue_cl_ord_id
        ]
        assert order_of_words[-1] is VenueClosed

    async def test_a_post_only_order_that_would_trade_is_refused(self, world: World) -> None:
        ask = (await world.best())[1]
        call = order(world, price=ask, post_only=True)
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        assert answer.outcome is Outcome.REJECTED
        assert answer.text

    async def test_a_post_only_order_that_rests_is_accepted(self, world: World) -> None:
        bid = (await world.best())[0]
        px = on_grid(bid * Decimal("0.98"), btc(world))
        call = order(world, price=px, post_only=True)
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        assert answer.outcome is Outcome.ACCEPTED

    async def test_an_iceberg_order_shows_no_more_than_its_floor(self, world: World) -> None:
        bid, ask = await world.best()
        px = on_grid((bid + ask) / 2, btc(world))
        call = order(world, qty="0.05", price=px, extras=Extras(max_floor=Decimal("0.01")))
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        assert answer.outcome is Outcome.ACCEPTED
        assert await world.bid_qty(px) == Decimal("0.01")
        await world.move_to(px * Decimal("0.99"))
        await world.ear.traded(call.venue_cl_ord_id, call.qty)

    @pytest.mark.parametrize(
        ("mode", "ended"),
        [
            (SelfTradePrevention.CANCEL_NEWEST, (False, True)),
            (SelfTradePrevention.CANCEL_OLDEST, (True, False)),
            (SelfTradePrevention.CANCEL_BOTH, (True, True)),
        ],
    )
    async def test_self_trade_prevention_cancels_who_is_to_give_way(
        self, world: World, mode: SelfTradePrevention, ended: tuple[bool, bool]
    ) -> None:
        """Scenario X4."""
        bid, ask = await world.best()
        px = on_grid((bid + ask) / 2, btc(world))
        older = order(world, Side.SELL, price=px)
        newer = order(world, Side.BUY, price=px, extras=Extras(self_trade=mode))
        for call in (older, newer):
            world.venue.submit(call)
            await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        for call, over in zip((older, newer), ended, strict=True):
            if over:
                closed = await world.ear.closed(call.venue_cl_ord_id)
                assert (closed.exec_type, closed.text) == (
                    ExecType.CANCELED,
                    "Self-trade prevention",
                )
            world.venue.query(query_of(world, call))
            report = await world.ear.report(call.venue_cl_ord_id)
            assert report.state is (LegState.CLOSED if over else LegState.WORKING)
        assert not world.ear.of(VenueTraded)

    @pytest.mark.parametrize("ord_type", [OrdType.STOP, OrdType.STOP_LIMIT])
    async def test_a_stop_order_waits_for_its_price(self, world: World, ord_type: OrdType) -> None:
        ask = (await world.best())[1]
        stop_px = on_grid(ask * Decimal("1.01"), btc(world))
        limit = on_grid(ask * Decimal("1.03"), btc(world))
        price = limit if ord_type is OrdType.STOP_LIMIT else None
        call = order(world, price=price, ord_type=ord_type, stop_px=stop_px)
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        assert answer.outcome is Outcome.ACCEPTED
        assert not world.ear.of(VenueTraded, call.venue_cl_ord_id)
        await world.move_to(stop_px * Decimal("1.01"))
        trades = await world.ear.traded(call.venue_cl_ord_id, call.qty)
        assert all(each.last_px >= stop_px for each in trades)

    async def test_a_resting_order_trades_when_the_market_comes(self, world: World) -> None:
        call = await resting(world, Side.SELL)
        assert call.terms.price is not None
        await world.move_to(call.terms.price * Decimal("1.01"))
        trades = await world.ear.traded(call.venue_cl_ord_id, call.qty)
        assert all(each.last_px >= call.terms.price for each in trades)

    async def test_a_working_order_outlives_the_gateway(self, world: World) -> None:
        call = await resting(world)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        working = WorkingLeg(
            submit=call,
            acknowledged=True,
            leg_cum_qty=ZERO,
            venue_order_id=answer.venue_order_id,
        )
        await world.restart([working])
        world.venue.query(query_of(world, call))
        report = await world.ear.report(call.venue_cl_ord_id)
        assert (report.state, report.leg_qty) == (LegState.WORKING, call.qty)
        assert report.venue_order_id == answer.venue_order_id
        world.venue.cancel(cancel_of(call))
        canceled = await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
        assert canceled.outcome is Outcome.ACCEPTED

    async def test_an_order_that_was_never_sent_is_not_found_after_a_restart(
        self, world: World
    ) -> None:
        call = order(world, price=Decimal(1000))
        await world.restart([WorkingLeg(submit=call, acknowledged=False, leg_cum_qty=ZERO)])
        world.venue.query(query_of(world, call))
        report = await world.ear.report(call.venue_cl_ord_id)
        assert report.state is LegState.NOT_FOUND

    @pytest.mark.parametrize("side", Side)
    async def test_what_the_account_holds_changes_by_what_was_traded(
        self, world: World, side: Side
    ) -> None:
        """To the last digit, fees included: it is what reconciliation compares."""
        before = await held(world)
        call = order(world, side, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
        world.venue.submit(call)
        trades = await world.ear.traded(call.venue_cl_ord_id, call.qty)
        positions = Positions()
        about = an_instruction(side=side)
        for each in {each.trade_id: each for each in trades}.values():
            positions.traded(about, each.last_qty, each.last_px, each.fee, each.fee_currency)
        after = await held(world)
        for asset in ("BTC", "USDT"):
            change = sum(after[asset], ZERO) - sum(before[asset], ZERO)
            assert change == positions.moved(about.venue, asset) != ZERO

    @pytest.mark.parametrize("side", Side)
    async def test_the_trades_it_lists_are_those_it_told(self, world: World, side: Side) -> None:
        """By time, by order, and by whose they are: it is what trades are held against."""
        listing = world.venue.listing()
        call = order(world, side, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
        world.venue.submit(call)
        told = await world.ear.traded(call.venue_cl_ord_id, call.qty)
        times = [each.at_ns for each in told if each.at_ns is not None]  # by the venue's clock
        first_ns, until_ns = min(times), max(times) + 1
        listed = await listing.between(call.instrument.symbol, first_ns, until_ns)
        mine = {
            each.trade_id: each
            for each in listed
            if listing.known_owner(each) == call.venue_cl_ord_id
        }
        assert {await listing.owner(each) for each in mine.values()} == {call.venue_cl_ord_id}
        assert {key: (each.last_qty, each.last_px) for key, each in mine.items()} == {
            each.trade_id: (each.last_qty, each.last_px) for each in told
        }
        assert {each.side for each in mine.values()} == {side}
        of_leg = await listing.of_leg(call.venue_cl_ord_id, call.instrument.symbol, side)
        assert {each.trade_id for each in of_leg} == set(mine)
        assert listing.begins_ns() <= first_ns
        earlier = await listing.between(call.instrument.symbol, first_ns - 10**10, first_ns)
        assert mine.keys().isdisjoint(each.trade_id for each in earlier)

    async def test_an_open_order_locks_what_it_would_pay(self, world: World) -> None:
        before = await held(world)
        call = await resting(world)
        assert call.terms.price is not None
        locked = await held(world)
        assert locked["USDT"][1] - before["USDT"][1] == call.qty * call.terms.price
        assert sum(locked["USDT"]) == sum(before["USDT"])
        world.venue.cancel(cancel_of(call))
        await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
        assert await held(world) == before

    async def test_positions_in_derivatives_are_told_when_there_are_none(
        self, world: World
    ) -> None:
        world.venue.positions()
        await world.ear.until(lambda: bool(world.ear.of(PositionsReported)))
        (report,) = world.ear.of(PositionsReported)
        assert (report.positions, report.fault) == ((), None)

    async def test_every_call_gets_exactly_one_answer(self, world: World) -> None:
        """Property: interface consistency. As all of this class, for every adapter."""
        calls = [order(world, qty="0.001", price=Decimal(40_000)) for _ in range(10)]
        for call in calls:
            world.venue.submit(call)
            world.venue.cancel(cancel_of(call))
        for call in calls:
            await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
            await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
            assert len(world.ear.of(VenueAnswered, call.venue_cl_ord_id)) == 2
