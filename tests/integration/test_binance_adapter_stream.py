"""The user data stream of Binance: what is lost, late, doubled or cut, and what is made of it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from contract.binance_world import HOSTS, TIMEOUTS, BinanceWorld
from contract.local_tls import LocalTls, make_local_tls
from contract.venue_contract import cancel_of, order, query_of, resting
from fixgate.adapters.venues.settings import Timeouts
from fixgate.application.ports.venue import SubmitLeg, WorkingLeg
from fixgate.domain.inputs import (
    InstrumentsLoaded,
    LegState,
    Outcome,
    VenueAnswered,
    VenueCall,
    VenueClosed,
    VenueConnection,
    VenueInput,
    VenueLegReported,
    VenueRestated,
    VenueTraded,
    VenueTriggered,
)
from fixgate.domain.rounding import ZERO
from fixgate.domain.values import ExecType, OrdType, Side
from fixgate.doubles.binance import DEMO_API_KEY, Fault, FaultKind, StreamFault

GET, OPEN = "GET /api/v3/order", "GET /api/v3/openOrders"
MY_TRADES = "GET /api/v3/myTrades"
SUBSCRIBE = "WS userDataStream.subscribe.signature"
Begin = Callable[[Timeouts], Awaitable[BinanceWorld]]


@pytest.fixture(scope="module", name="tls")
def _tls(tmp_path_factory: pytest.TempPathFactory) -> LocalTls:
    return make_local_tls(tmp_path_factory.mktemp("tls"), HOSTS)


@pytest.fixture(name="begin")
async def _begin(tls: LocalTls) -> AsyncIterator[Begin]:
    worlds: list[BinanceWorld] = []

    async def begin(timeouts: Timeouts) -> BinanceWorld:
        worlds.append(BinanceWorld(tls, timeouts=timeouts))
        await worlds[-1].begin()
        return worlds[-1]

    try:
        yield begin
    finally:
        for each in worlds:
            await each.end()


@pytest.fixture(name="world")
async def _world(begin: Begin) -> BinanceWorld:
    return await begin(TIMEOUTS)


async def fill(world: BinanceWorld, call: SubmitLeg) -> None:
    """Let the market take a resting sell order."""
    assert call.terms.price is not None
    await world.move_to(call.terms.price * Decimal("1.01"))


def index(world: BinanceWorld, said: VenueInput) -> int:
    return next(i for i, each in enumerate(world.ear.heard) if each is said)


async def test_a_cut_stream_is_down_at_once_and_up_again_after_the_missed_trades(
    world: BinanceWorld,
) -> None:
    """Scenario X13, for a gap instead of a restart."""
    call = await resting(world, Side.SELL)
    world.double.faults.add(SUBSCRIBE, Fault(kind=FaultKind.DROP))
    world.double.hub.cut()
    await fill(world, call)
    await world.ear.up(nth=2)
    news = world.ear.of(VenueConnection)
    assert [each.up for each in news] == [True, False, True]
    assert news[1].text
    (trade,) = world.ear.of(VenueTraded, call.venue_cl_ord_id)
    assert index(world, news[1]) < index(world, trade) < index(world, news[2])


async def test_an_order_that_ended_during_a_gap_is_told_with_its_trades_first(
    world: BinanceWorld,
) -> None:
    call = await resting(world, Side.SELL, qty="0.02")
    world.double.hub.cut()
    account = world.double.exchange.accounts[DEMO_API_KEY]
    found = account.find(None, call.venue_cl_ord_id)
    assert found is not None
    world.double.exchange.cancel(DEMO_API_KEY, found, cancel_client_order_id="by-hand")
    closed = await world.ear.closed(call.venue_cl_ord_id)
    assert (closed.exec_type, closed.leg_cum_qty) == (ExecType.CANCELED, ZERO)


async def test_fills_while_the_gateway_was_down_are_told_before_up(world: BinanceWorld) -> None:
    """Scenario X13."""
    call = await resting(world, Side.SELL)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    await world.venue.stop()
    await fill(world, call)
    leg = WorkingLeg(
        submit=call, acknowledged=True, leg_cum_qty=ZERO, venue_order_id=answer.venue_order_id
    )
    await world.restart([leg])
    kinds = [type(each) for each in world.ear.heard]
    assert kinds == [InstrumentsLoaded, VenueTraded, VenueConnection]


async def test_a_repeated_message_is_told_once(world: BinanceWorld) -> None:
    """Scenario X3."""
    call, other = await resting(world, Side.SELL), await resting(world)
    world.double.hub.faults.add(StreamFault.REPEAT, times=20)
    await fill(world, call)
    world.venue.cancel(cancel_of(other))
    await world.ear.traded(call.venue_cl_ord_id, call.qty)
    await world.ear.answer(other.venue_cl_ord_id, VenueCall.CANCEL)
    marker = await resting(world)
    await world.ear.answer(marker.venue_cl_ord_id, VenueCall.SUBMIT)
    assert len(world.ear.of(VenueTraded, call.venue_cl_ord_id)) == 1
    assert not world.ear.of(VenueClosed, other.venue_cl_ord_id)


async def test_fills_that_come_before_the_answer_are_told_at_once_and_once(
    world: BinanceWorld,
) -> None:
    """Scenario X2."""
    call = order(world, ord_type=OrdType.MARKET)
    world.double.faults.add("POST /api/v3/order", Fault(kind=FaultKind.HOLD, accepts=True))
    world.venue.submit(call)
    trades = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert not world.ear.of(VenueAnswered, call.venue_cl_ord_id)
    world.double.faults.release()
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.ACCEPTED
    assert world.ear.of(VenueTraded, call.venue_cl_ord_id) == trades


async def test_a_symbol_that_is_not_listed_does_not_keep_the_others_away(tls: LocalTls) -> None:
    world = BinanceWorld(tls, symbols=("BTC/USDT", "NO/SUCH"))
    try:
        await world.begin()
        (loaded,) = world.ear.of(InstrumentsLoaded)
        assert [each.symbol for each in loaded.instruments] == ["BTC/USDT"]
    finally:
        await world.end()


async def test_a_late_message_after_the_end_is_told_and_loses_nothing(world: BinanceWorld) -> None:
    call = await resting(world, Side.SELL)
    world.double.hub.faults.add(StreamFault.DELAY, times=50)
    await fill(world, call)
    world.venue.cancel(cancel_of(call))
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
    assert answer.outcome is Outcome.REJECTED
    world.venue.query(query_of(world, call))
    report = await world.ear.report(call.venue_cl_ord_id)
    assert report.leg_cum_qty == call.qty
    world.double.hub.release()
    marker = order(world, ord_type=OrdType.MARKET)
    world.double.hub.faults.clear()
    world.venue.submit(marker)
    await world.ear.traded(marker.venue_cl_ord_id, marker.qty)
    assert world.ear.cum_qty(call.venue_cl_ord_id) == call.qty


async def test_a_lost_trade_is_noticed_by_the_next_message(world: BinanceWorld) -> None:
    call = await resting(world, Side.SELL, qty="50")
    world.double.hub.faults.add(StreamFault.LOSE)
    await fill(world, call)
    await world.ear.traded(call.venue_cl_ord_id, Decimal(1))
    told = world.double.exchange.accounts[DEMO_API_KEY].trades
    await world.ear.until(
        lambda: world.ear.cum_qty(call.venue_cl_ord_id) == sum(each.qty for each in told)
    )


async def test_a_lost_last_message_is_found_by_the_audit(begin: Begin) -> None:
    world = await begin(replace(TIMEOUTS, audit_every_s=20.0))
    call = await resting(world, Side.SELL)
    world.double.hub.faults.add(StreamFault.LOSE, times=100)
    await fill(world, call)
    (trade,) = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert trade.last_qty == call.qty
    assert [each.up for each in world.ear.of(VenueConnection)] == [True]


async def test_what_the_venue_says_of_a_resolved_order_by_itself_is_told(
    world: BinanceWorld,
) -> None:
    call = await resting(world, Side.SELL)
    world.venue.forget(call.venue_cl_ord_id)
    await fill(world, call)
    (trade,) = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert trade.last_qty == call.qty


async def test_a_silent_stream_is_given_up(begin: Begin) -> None:
    world = await begin(replace(TIMEOUTS, stale_after_s=40.0))
    world.double.hub.faults.silent = True
    await world.ear.until(lambda: len(world.ear.of(VenueConnection)) >= 2)
    down = world.ear.of(VenueConnection)[1]
    assert (down.up, "silent" in down.text) == (False, True)
    world.double.hub.faults.silent = False
    await world.ear.up(nth=2)


async def test_an_unreadable_message_neither_kills_the_stream_nor_is_forgotten(
    world: BinanceWorld,
) -> None:
    call = await resting(world, Side.SELL)
    for broken in (
        {"e": "executionReport", "c": call.venue_cl_ord_id},
        {"e": "executionReport", "c": call.venue_cl_ord_id, "x": 5, "X": None, "i": "x", "s": 1},
        {"e": "executionReport", "s": "BTCUSDT"},
        {"e": "somethingNew"},
    ):
        world.double.hub.user_event(DEMO_API_KEY, broken)
    await fill(world, call)
    await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert world.venue.stream_errors == 3
    assert len(world.ear.of(VenueConnection)) == 1


@pytest.mark.parametrize("text", ['{"e":"executionReport",', "[" * 60_000])
async def test_a_text_that_is_no_json_neither_ends_the_stream_nor_is_forgotten(
    world: BinanceWorld, text: str
) -> None:
    """It may have been a message about an order."""
    call, other = await resting(world, Side.SELL), await resting(world, Side.SELL)
    world.double.hub.faults.add(StreamFault.LOSE, times=100)
    await fill(world, call)
    world.double.hub.faults.clear()
    world.double.hub.rubbish(text, to_market=False)
    await world.ear.traded(call.venue_cl_ord_id, call.qty)
    await world.ear.traded(other.venue_cl_ord_id, other.qty)
    assert world.venue.stream_errors == 1
    assert [each.up for each in world.ear.of(VenueConnection)] == [True]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in "lL" for value in ("0", "-0.01", None, "1E+40", "x")),
        ("L", "48000." + "1" * 400),
        *(("n", value) for value in ("1E+999", "0." + "1" * 400, "NaN")),
        *(("z", value) for value in ("1E+40", None)),
        ("t", -1),
        ("t", "7x"),
        ("T", None),
    ],
)
async def test_a_trade_that_cannot_be_is_not_told_and_what_it_was_is_asked_for(
    world: BinanceWorld, monkeypatch: pytest.MonkeyPatch, name: str, value: object
) -> None:
    call = await resting(world, Side.SELL)
    assert call.terms.price is not None
    as_it_is = world.double.hub.user_event

    def changed(account: str, event: dict[str, object]) -> None:
        wrong = {name: value} if event.get("x") == "TRADE" else {}
        as_it_is(account, event | wrong)

    monkeypatch.setattr(world.double.hub, "user_event", changed)
    await fill(world, call)
    (trade,) = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert (trade.last_qty, trade.last_px) == (call.qty, call.terms.price)
    (listed,) = world.double.exchange.accounts[DEMO_API_KEY].trades
    assert trade.trade_id == f"BTCUSDT-{listed.trade_id}S"
    assert world.venue.stream_errors == 1


@pytest.mark.parametrize("event", ["eventStreamTerminated", "serverShutdown"])
async def test_a_stream_that_is_ended_by_word_is_opened_again(
    world: BinanceWorld, event: str
) -> None:
    world.double.hub.user_event(DEMO_API_KEY, {"e": event, "E": 1})
    await world.ear.up(nth=2)
    assert event in world.ear.of(VenueConnection)[1].text
    call = await resting(world, Side.SELL)
    await fill(world, call)
    await world.ear.traded(call.venue_cl_ord_id, call.qty)


async def test_a_subscription_that_fails_is_tried_again(world: BinanceWorld) -> None:
    world.double.faults.add(SUBSCRIBE, Fault(kind=FaultKind.REFUSE, code=-1022), times=2)
    world.double.faults.add(SUBSCRIBE, Fault(kind=FaultKind.JUNK))
    world.double.hub.cut()
    await world.ear.up(nth=2)
    assert [each.up for each in world.ear.of(VenueConnection)] == [True, False, True]


async def test_the_venue_is_not_up_before_the_comparison_succeeds(world: BinanceWorld) -> None:
    await resting(world)
    world.double.faults.add("GET /api/v3/openOrders", Fault(kind=FaultKind.SERVER_ERROR), times=2)
    world.double.hub.cut()
    await world.ear.up(nth=2)
    assert world.requests("GET /api/v3/openOrders") == 3


async def test_an_order_that_the_venue_cannot_tell_of_does_not_keep_the_others_away(
    world: BinanceWorld,
) -> None:
    """Neither at a new connection, nor from noticing that the next one is lost too."""
    clear, other = await resting(world, Side.SELL), await resting(world)
    world.double.hub.faults.silent = True
    world.double.hub.cut()
    await fill(world, clear)
    world.double.faults.add(MY_TRADES, Fault(kind=FaultKind.SERVER_ERROR), times=10_000)
    world.double.hub.faults.clear()
    await world.ear.up(nth=2)
    world.double.hub.cut()
    await world.ear.up(nth=3)
    world.venue.cancel(cancel_of(other))
    canceled = await world.ear.answer(other.venue_cl_ord_id, VenueCall.CANCEL)
    assert canceled.outcome is Outcome.ACCEPTED
    assert not world.ear.of(VenueTraded, clear.venue_cl_ord_id)

    world.double.faults.clear()
    (trade,) = await world.ear.traded(clear.venue_cl_ord_id, clear.qty)
    assert trade.last_qty == clear.qty


async def test_an_order_that_the_venue_had_taken_and_does_not_know_any_more_is_told_once(
    begin: Begin,
) -> None:
    world = await begin(replace(TIMEOUTS, audit_every_s=20.0))
    call, other = await resting(world, Side.SELL), await resting(world)
    unknown = Fault(kind=FaultKind.REFUSE, code=-2013, msg="Order does not exist.")
    world.double.faults.add(GET, unknown, times=10_000)
    account = world.double.exchange.accounts[DEMO_API_KEY]
    found = account.find(None, call.venue_cl_ord_id)
    assert found is not None
    world.double.hub.faults.add(StreamFault.LOSE, times=100)
    world.double.exchange.cancel(DEMO_API_KEY, found, cancel_client_order_id="by-hand")
    report = await world.ear.report(call.venue_cl_ord_id)
    assert report.state is LegState.NOT_FOUND
    asked = world.requests(OPEN)
    await world.until(lambda: world.requests(OPEN) >= asked + 4)
    assert len(world.ear.of(VenueLegReported, call.venue_cl_ord_id)) == 1
    assert not world.ear.of(VenueLegReported, other.venue_cl_ord_id)


async def test_a_cancel_by_hand_at_the_venue_is_told(world: BinanceWorld) -> None:
    """Matrix E.1.b."""
    call = await resting(world)
    found = world.double.exchange.accounts[DEMO_API_KEY].find(None, call.venue_cl_ord_id)
    assert found is not None
    world.double.exchange.cancel(DEMO_API_KEY, found, cancel_client_order_id="by-hand")
    closed = await world.ear.closed(call.venue_cl_ord_id)
    assert (closed.exec_type, closed.leg_cum_qty) == (ExecType.CANCELED, ZERO)


async def test_an_amendment_by_hand_is_told_and_its_trades_are_still_ours(
    world: BinanceWorld,
) -> None:
    """Matrix E.1.d. The amended order has another client order id at Binance."""
    call = await resting(world, Side.SELL, qty="0.02")
    found = world.double.exchange.accounts[DEMO_API_KEY].find(None, call.venue_cl_ord_id)
    assert found is not None
    world.double.exchange.amend(DEMO_API_KEY, found, Decimal("0.01"), "by-hand")
    await world.ear.until(lambda: bool(world.ear.of(VenueRestated, call.venue_cl_ord_id)))
    assert world.ear.of(VenueRestated)[0].leg_qty == Decimal("0.01")
    await fill(world, call)
    await world.ear.traded(call.venue_cl_ord_id, Decimal("0.01"))


async def test_a_triggered_stop_is_told_before_its_trades(world: BinanceWorld) -> None:
    """Matrix E.1.f."""
    ask = (await world.best())[1]
    stop_px = (ask * Decimal("1.01")).quantize(Decimal("0.01"))
    call = order(world, ord_type=OrdType.STOP, stop_px=stop_px)
    world.venue.submit(call)
    await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    await world.move_to(stop_px * Decimal("1.01"))
    (trade, *_) = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    (triggered,) = world.ear.of(VenueTriggered, call.venue_cl_ord_id)
    assert index(world, triggered) < index(world, trade)


async def test_orders_of_somebody_else_on_the_account_are_not_told(world: BinanceWorld) -> None:
    before = len(world.ear.heard)
    world.double.hub.user_event(
        DEMO_API_KEY,
        {
            "e": "executionReport",
            "s": "BTCUSDT",
            "c": "web_123",
            "C": "",
            "i": 999_999,
            "x": "NEW",
            "X": "NEW",
        },
    )
    call = await resting(world)
    said = world.ear.heard[before:]
    assert {getattr(each, "venue_cl_ord_id", None) for each in said} == {call.venue_cl_ord_id}


async def test_a_query_about_a_leg_unknown_to_this_process_is_answered(
    world: BinanceWorld,
) -> None:
    call = await resting(world, Side.SELL)
    await world.restart([])
    world.venue.query(query_of(world, call))
    report = await world.ear.report(call.venue_cl_ord_id)
    assert (report.state, report.leg_qty) == (LegState.WORKING, call.qty)
    await fill(world, call)
    await world.ear.traded(call.venue_cl_ord_id, call.qty)
