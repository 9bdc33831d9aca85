"""The simulated venue keeps the promises of every venue, and a few of its own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from builders import an_instruction
from contract.venue_contract import (
    Ear,
    VenueContract,
    btc,
    on_grid,
    order,
    resting,
)
from fixgate.adapters.venues.sim_listings import SimulatedSettings
from fixgate.adapters.venues.simulated import SimulatedVenue
from fixgate.application.ports.venue import ReplaceLeg, SubmitLeg, WorkingLeg
from fixgate.domain.extras import Extras
from fixgate.domain.ids import ClOrdID, VenueName, VenueOrderID
from fixgate.domain.inputs import (
    InstrumentsLoaded,
    Outcome,
    VenueAnswered,
    VenueCall,
    VenueClosed,
    VenueConnection,
    VenueTraded,
    VenueTriggered,
)
from fixgate.domain.order import Terms
from fixgate.domain.positions import Positions
from fixgate.domain.values import (
    ExecType,
    OrdType,
    PositionEffect,
    RestatementReason,
    SelfTradePrevention,
    Side,
    TimeInForce,
)

_START_NS = 1_700_000_000 * 10**9
_HOUR_NS = 3_600 * 10**9


class StillClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.at_ns = _START_NS

    def now_ns(self) -> int:
        return self.at_ns


class SimulatedWorld:
    """A simulated venue whose market moves only when a test says so."""

    def __init__(self, settings: SimulatedSettings) -> None:
        self.settings = settings
        self.clock = StillClock()
        self.venue = SimulatedVenue(settings, self.clock)
        self.ear = Ear()

    async def restart(self, working: Sequence[WorkingLeg]) -> None:
        await self.venue.stop()
        self.clock.at_ns += 10**9
        self.ear = Ear()
        self.venue = SimulatedVenue(self.settings, self.clock)
        await self.venue.start(self.ear, working)

    async def move_to(self, px: Decimal) -> None:
        self.venue.move_to("BTC/USDT", px)

    async def best(self) -> tuple[Decimal, Decimal]:
        bid, ask = self.venue.best_px("BTC/USDT")
        assert bid is not None
        assert ask is not None
        return bid, ask

    async def bid_qty(self, px: Decimal) -> Decimal:
        book = self.venue.book("BTC/USDT", 100)
        assert book is not None
        return dict(book.bids)[px]

    def now_ns(self) -> int:
        return self.clock.at_ns


async def started(settings: SimulatedSettings) -> SimulatedWorld:
    world = SimulatedWorld(settings)
    await world.venue.start(world.ear, [])
    return world


@pytest.fixture(name="world")
async def _world() -> AsyncIterator[SimulatedWorld]:
    world = await started(SimulatedSettings(step_period_s=None))
    yield world
    await world.venue.stop()


class TestSimulatedVenue(VenueContract):
    """The promises of the port."""


async def test_it_lists_three_pairs_and_a_perpetual(world: SimulatedWorld) -> None:
    loaded = world.ear.heard[0]
    symbols = [each.symbol for each in loaded.instruments]  # type: ignore[union-attr]
    assert symbols == ["BTC/USDT", "ETH/USDT", "SOL/USDT", "BTC/USDT:USDT"]
    bid, ask = await world.best()
    assert Decimal(49_900) < bid < ask < Decimal(50_100)


async def test_the_answer_is_heard_before_the_call_returns(world: SimulatedWorld) -> None:
    call = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
    world.venue.submit(call)
    words = [each for each in world.ear.heard if not isinstance(each, VenueConnection)][1:]
    assert isinstance(words[0], VenueAnswered)
    assert isinstance(words[1], VenueTraded)


async def test_the_same_seed_gives_the_same_market() -> None:
    worlds = [await started(SimulatedSettings(step_period_s=None, seed=7)) for _ in range(2)]
    for world in worlds:
        for _ in range(5):
            world.venue.advance()
    assert await worlds[0].best() == await worlds[1].best()
    other = await started(SimulatedSettings(step_period_s=None, seed=8))
    for _ in range(5):
        other.venue.advance()
    assert await other.best() != await worlds[0].best()


async def test_reference_prices_can_be_set() -> None:
    settings = SimulatedSettings(step_period_s=None, reference_px={"BTC/USDT": Decimal(90_000)})
    world = await started(settings)
    bid, ask = await world.best()
    assert abs(bid - 90_000) < 100 > abs(ask - 90_000)


async def test_restored_orders_trade_only_after_the_venue_is_up(world: SimulatedWorld) -> None:
    ask = (await world.best())[1]
    call = order(world, price=ask)
    leg = WorkingLeg(
        submit=call,
        acknowledged=True,
        leg_cum_qty=Decimal("0.004"),
        venue_order_id=VenueOrderID("OLD-1"),
    )
    await world.restart([leg])
    kinds = [type(each) for each in world.ear.heard]
    assert kinds.index(VenueConnection) < kinds.index(VenueTraded)
    assert world.ear.cum_qty(call.venue_cl_ord_id) == Decimal("0.006")


async def test_ids_do_not_repeat_after_a_restart(world: SimulatedWorld) -> None:
    seen: set[str] = set()
    for _ in range(2):
        call = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
        world.venue.submit(call)
        ids = {str(each.trade_id) for each in world.ear.of(VenueTraded, call.venue_cl_ord_id)}
        assert ids
        assert not ids & seen
        seen |= ids
        await world.restart([])


async def test_both_sides_of_a_trade_with_oneself_have_ids_of_their_own(
    world: SimulatedWorld,
) -> None:
    bid, ask = await world.best()
    px = on_grid((bid + ask) / 2, btc(world))
    sell, buy = order(world, Side.SELL, price=px), order(world, Side.BUY, price=px)
    world.venue.submit(sell)
    world.venue.submit(buy)
    trades = world.ear.of(VenueTraded)
    assert len({each.trade_id for each in trades}) == 2
    assert {each.maker for each in trades} == {True, False}


async def test_the_venue_prevents_self_trades_of_orders_that_do_not_say_how() -> None:
    settings = SimulatedSettings(step_period_s=None, self_trade=SelfTradePrevention.CANCEL_NEWEST)
    world = await started(settings)
    bid, ask = await world.best()
    px = on_grid((bid + ask) / 2, btc(world))
    world.venue.submit(order(world, Side.SELL, price=px))
    buy = order(world, Side.BUY, price=px)
    world.venue.submit(buy)
    closed = await world.ear.closed(buy.venue_cl_ord_id)
    assert (closed.exec_type, closed.text) == (ExecType.CANCELED, "Self-trade prevention")
    assert not world.ear.of(VenueTraded)


async def test_less_than_a_minimum_quantity_is_not_traded(world: SimulatedWorld) -> None:
    ask = (await world.best())[1]
    least = Extras(min_qty=Decimal(99))
    call = order(world, qty="100", price=ask, tif=TimeInForce.IMMEDIATE_OR_CANCEL, extras=least)
    world.venue.submit(call)
    closed = await world.ear.closed(call.venue_cl_ord_id)
    assert closed.text == "MinQty (110): not enough to trade that much at once"
    assert (closed.leg_cum_qty, world.ear.of(VenueTraded)) == (0, [])


def a_perpetual(world: SimulatedWorld, side: Side, qty: str, **extras: object) -> SubmitLeg:
    """A market order in BTC/USDT:USDT."""
    loaded = world.ear.of(InstrumentsLoaded)[0].instruments
    instrument = next(each for each in loaded if each.symbol == "BTC/USDT:USDT")
    call = order(world, side, qty, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
    terms = replace(call.terms, extras=Extras(**extras))  # type: ignore[arg-type]
    return replace(call, instrument=instrument, terms=terms)


async def test_an_order_that_may_only_reduce_a_position_does_no_more(
    world: SimulatedWorld,
) -> None:
    close = {"position_effect": PositionEffect.CLOSE, "leverage": Decimal(5)}
    early = a_perpetual(world, Side.SELL, "0.2", **close)
    world.venue.submit(early)
    refused = await world.ear.answer(early.venue_cl_ord_id, VenueCall.SUBMIT)
    assert refused.outcome is Outcome.REJECTED
    assert refused.text == "PositionEffect (77) does not fit the position at this venue"
    world.venue.submit(a_perpetual(world, Side.BUY, "0.1", position_effect=PositionEffect.OPEN))
    late = a_perpetual(world, Side.SELL, "0.2", **close)
    world.venue.submit(late)
    closed = await world.ear.closed(late.venue_cl_ord_id)
    assert closed.leg_cum_qty == Decimal("0.1")
    assert closed.text == "PositionEffect (77) does not fit the position at this venue any more"


async def test_a_position_from_before_a_restart_can_be_reduced() -> None:
    known = Positions()
    about = an_instruction(venue=VenueName("SIM"), symbol="BTC/USDT:USDT", side=Side.SELL)
    known.traded(about, Decimal("0.3"), Decimal(50_000))
    world = SimulatedWorld(SimulatedSettings(step_period_s=None))
    world.venue = SimulatedVenue(world.settings, world.clock, known)
    await world.venue.start(world.ear, [])
    call = a_perpetual(world, Side.BUY, "0.3", position_effect=PositionEffect.CLOSE)
    world.venue.submit(call)
    await world.ear.traded(call.venue_cl_ord_id, Decimal("0.3"))
    await world.venue.stop()


async def test_a_halt_cancels_orders_with_its_reason_and_refuses_new_ones(
    world: SimulatedWorld,
) -> None:
    """K.1."""
    call = await resting(world)
    world.venue.halt("BTC/USDT")
    closed = await world.ear.closed(call.venue_cl_ord_id)
    assert (closed.exec_type, closed.restatement) == (ExecType.CANCELED, RestatementReason.HALT)
    assert closed.text == "Trading was halted"
    assert not world.ear.of(InstrumentsLoaded)[-1].instruments[0].active
    world.venue.advance()
    assert world.venue.best_px("BTC/USDT") == (None, None)
    refused = order(world, price=Decimal(40_000))
    world.venue.submit(refused)
    answer = await world.ear.answer(refused.venue_cl_ord_id, VenueCall.SUBMIT)
    assert (answer.outcome, answer.text) == (Outcome.REJECTED, "Trading is halted")

    world.venue.resume("BTC/USDT")
    assert world.ear.of(InstrumentsLoaded)[-1].instruments[0].active
    await resting(world)


async def test_day_orders_may_end_done_for_the_day() -> None:
    """A.1.b."""
    world = await started(SimulatedSettings(step_period_s=None, done_for_day=True))
    call = order(world, price=Decimal(40_000), tif=TimeInForce.DAY)
    world.venue.submit(call)
    world.clock.at_ns += 24 * _HOUR_NS
    world.venue.advance()
    closed = await world.ear.closed(call.venue_cl_ord_id)
    assert (closed.exec_type, closed.leg_cum_qty) == (ExecType.DONE_FOR_DAY, 0)


async def test_the_floor_of_an_iceberg_order_can_be_changed(world: SimulatedWorld) -> None:
    bid, ask = await world.best()
    px = on_grid((bid + ask) / 2, btc(world))
    call = order(world, qty="0.05", price=px, extras=Extras(max_floor=Decimal("0.01")))
    world.venue.submit(call)
    change = ReplaceLeg(
        venue_cl_ord_id=call.venue_cl_ord_id,
        instrument=call.instrument,
        side=call.side,
        qty=call.qty,
        terms=replace(call.terms, extras=Extras(max_floor=Decimal("0.02"))),
        request=ClOrdID("R1"),
    )
    world.venue.replace(change)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.REPLACE)
    assert answer.outcome is Outcome.ACCEPTED
    assert await world.bid_qty(px) == Decimal("0.02")


async def test_a_stop_order_says_that_it_was_triggered_before_it_trades(
    world: SimulatedWorld,
) -> None:
    stop_px = on_grid((await world.best())[1] * Decimal("1.01"), btc(world))
    call = order(world, ord_type=OrdType.STOP, stop_px=stop_px)
    world.venue.submit(call)
    await world.move_to(stop_px * Decimal("1.01"))
    words = [
        type(each)
        for each in world.ear.heard
        if getattr(each, "venue_cl_ord_id", None) == call.venue_cl_ord_id
    ]
    assert words[:3] == [VenueAnswered, VenueTriggered, VenueTraded]


async def test_an_order_good_till_date_expires(world: SimulatedWorld) -> None:
    call = order(world, price=Decimal(40_000), tif=TimeInForce.GOOD_TILL_DATE)
    call = replace(call, terms=replace(call.terms, expire_at_ns=_START_NS + 5 * 10**9))
    world.venue.submit(call)
    world.venue.advance()
    assert not world.ear.of(VenueClosed)
    world.clock.at_ns += 6 * 10**9
    world.venue.advance()
    closed = await world.ear.closed(call.venue_cl_ord_id)
    assert closed.exec_type is ExecType.EXPIRED


async def test_a_day_order_expires_at_midnight_utc_and_a_gtc_order_does_not(
    world: SimulatedWorld,
) -> None:
    day = order(world, price=Decimal(40_000), tif=TimeInForce.DAY)
    world.venue.submit(day)
    gtc = await resting(world)
    world.clock.at_ns += 24 * _HOUR_NS
    world.venue.advance()
    closed = await world.ear.closed(day.venue_cl_ord_id)
    assert closed.exec_type is ExecType.EXPIRED
    assert not world.ear.of(VenueClosed, gtc.venue_cl_ord_id)


async def test_a_replace_of_anything_but_values_is_refused(world: SimulatedWorld) -> None:
    call = await resting(world)
    change = ReplaceLeg(
        venue_cl_ord_id=call.venue_cl_ord_id,
        instrument=call.instrument,
        side=call.side,
        qty=call.qty,
        terms=Terms(order_qty=call.qty, ord_type=OrdType.MARKET, time_in_force=TimeInForce.DAY),
        request=ClOrdID("R1"),
    )
    world.venue.replace(change)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.REPLACE)
    assert answer.outcome is Outcome.REJECTED
    assert "only quantity and prices" in (answer.text or "")


async def test_a_replace_that_crosses_the_market_trades_after_its_answer(
    world: SimulatedWorld,
) -> None:
    call = await resting(world)
    ask = (await world.best())[1]
    world.venue.replace(
        ReplaceLeg(
            venue_cl_ord_id=call.venue_cl_ord_id,
            instrument=call.instrument,
            side=call.side,
            qty=call.qty,
            terms=replace(call.terms, price=ask),
            request=ClOrdID("R1"),
        )
    )
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.REPLACE)
    trades = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert world.ear.heard.index(answer) < world.ear.heard.index(trades[0])


async def test_the_market_moves_by_itself_where_a_period_is_set() -> None:
    world = await started(SimulatedSettings(step_period_s=0.001))
    before = await world.best()
    async with asyncio.timeout(20):
        while await world.best() == before:
            await asyncio.sleep(0)
    await world.venue.stop()
