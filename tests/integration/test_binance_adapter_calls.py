"""What goes over the wire to Binance, and what each way of failing means.

Real HTTPS to the double on loopback. The rule behind every test: whatever happens to a call, the
outcome is true, it is answered once, and there is never a second order.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from contract.binance_world import HOSTS, TIMEOUTS, BinanceWorld, ScaledTime
from contract.local_tls import LocalTls, make_local_tls
from contract.venue_contract import btc, cancel_of, on_grid, order, query_of, resting
from fixgate.adapters.venues.dialects import binance
from fixgate.adapters.venues.dialects.binance import ROUTES
from fixgate.adapters.venues.settings import Environment, RateLimits
from fixgate.application.ports.trade_listing import TradesUnlisted
from fixgate.application.ports.venue import SubmitLeg
from fixgate.domain.extras import Extras
from fixgate.domain.inputs import (
    LegState,
    Outcome,
    VenueAnswered,
    VenueCall,
    VenueConnection,
    VenueLegReported,
    VenueRestated,
)
from fixgate.domain.rounding import ZERO, to_wire
from fixgate.domain.values import ExecType, OrdType, SelfTradePrevention, Side, TimeInForce
from fixgate.doubles.binance import DEMO_API_KEY, DEMO_SECRET, Fault, FaultKind, StreamFault
from fixgate.doubles.binance.orders import SpotOrder

MY_TRADES = "GET /api/v3/myTrades"
POST, DELETE, GET = "POST /api/v3/order", "DELETE /api/v3/order", "GET /api/v3/order"
GTC = TimeInForce.GOOD_TILL_CANCEL


@pytest.fixture(scope="module", name="tls")
def _tls(tmp_path_factory: pytest.TempPathFactory) -> LocalTls:
    return make_local_tls(tmp_path_factory.mktemp("tls"), HOSTS)


@pytest.fixture(name="world")
async def _world(tls: LocalTls) -> AsyncIterator[BinanceWorld]:
    world = BinanceWorld(tls, timeouts=replace(TIMEOUTS, call_s=1.0))
    try:
        await world.begin()
        yield world
    finally:
        await world.end()


async def passive(world: BinanceWorld) -> SubmitLeg:
    """An order that rests, not yet sent."""
    px = on_grid((await world.best())[0] * Decimal("0.98"), btc(world))
    return order(world, price=px)


# --- what is sent -----------------------------------------------------------------------

GOLDEN: dict[tuple[OrdType, TimeInForce, bool], dict[str, str]] = {
    (OrdType.LIMIT, GTC, False): {"type": "LIMIT", "timeInForce": "GTC", "price": "40000.5"},
    (OrdType.LIMIT, TimeInForce.IMMEDIATE_OR_CANCEL, False): {
        "type": "LIMIT",
        "timeInForce": "IOC",
        "price": "40000.5",
    },
    (OrdType.LIMIT, TimeInForce.FILL_OR_KILL, False): {
        "type": "LIMIT",
        "timeInForce": "FOK",
        "price": "40000.5",
    },
    (OrdType.LIMIT, GTC, True): {"type": "LIMIT_MAKER", "price": "40000.5"},
    (OrdType.MARKET, TimeInForce.DAY, False): {"type": "MARKET"},
    (OrdType.MARKET, GTC, False): {"type": "MARKET"},
    (OrdType.MARKET, TimeInForce.IMMEDIATE_OR_CANCEL, False): {"type": "MARKET"},
    (OrdType.STOP, GTC, False): {"type": "STOP_LOSS", "stopPrice": "60000.25"},
    (OrdType.STOP_LIMIT, GTC, False): {
        "type": "STOP_LOSS_LIMIT",
        "timeInForce": "GTC",
        "price": "40000.5",
        "stopPrice": "60000.25",
    },
}


def test_every_route_has_a_golden_request() -> None:
    assert set(GOLDEN) == set(ROUTES)


@pytest.mark.parametrize(
    "route", GOLDEN, ids=lambda each: f"{each[0].name}-{each[1].name}-{each[2]}"
)
async def test_each_order_goes_over_the_wire_as_written(
    world: BinanceWorld, route: tuple[OrdType, TimeInForce, bool]
) -> None:
    ord_type, tif, post_only = route
    call = order(
        world,
        ord_type=ord_type,
        tif=tif,
        price=Decimal("40000.50") if ord_type.needs_price else None,
        stop_px=Decimal("60000.250") if ord_type.needs_stop_px else None,
        post_only=post_only,
        qty="0.01200",
    )
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.ACCEPTED
    (sent,) = world.double.record.of(POST)
    parameters = dict(sent.parameters)
    assert parameters.pop("timestamp").isdecimal()
    assert len(parameters.pop("signature")) == 64
    assert parameters == {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "quantity": "0.012",
        "newClientOrderId": call.venue_cl_ord_id,
        "newOrderRespType": "FULL",
        "recvWindow": "5000",
        **GOLDEN[route],
    }


@pytest.mark.parametrize(
    ("extras", "sent_as"),
    [
        (Extras(max_floor=Decimal("0.00400")), {"icebergQty": "0.004"}),
        (Extras(max_floor=Decimal("0.012")), {}),  # all of it is shown
        (
            Extras(self_trade=SelfTradePrevention.CANCEL_NEWEST),
            {"selfTradePreventionMode": "EXPIRE_TAKER"},
        ),
        (
            Extras(self_trade=SelfTradePrevention.CANCEL_OLDEST),
            {"selfTradePreventionMode": "EXPIRE_MAKER"},
        ),
        (
            Extras(self_trade=SelfTradePrevention.CANCEL_BOTH),
            {"selfTradePreventionMode": "EXPIRE_BOTH"},
        ),
    ],
)
async def test_each_option_goes_over_the_wire_as_written(
    world: BinanceWorld, extras: Extras, sent_as: dict[str, str]
) -> None:
    call = order(world, price=Decimal(40_000), qty="0.012", extras=extras)
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.ACCEPTED
    (sent,) = world.double.record.of(POST)
    options = ("icebergQty", "selfTradePreventionMode")
    assert {each: sent.parameters[each] for each in options if each in sent.parameters} == sent_as


async def test_small_quantities_are_sent_without_an_exponent(world: BinanceWorld) -> None:
    call = order(world, qty="0.00050", price=Decimal(40000))
    world.venue.submit(call)
    await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    (sent,) = world.double.record.of(POST)
    assert (sent.parameters["quantity"], sent.parameters["price"]) == ("0.0005", "40000")


async def test_cancel_and_query_name_the_order_by_our_id(world: BinanceWorld) -> None:
    call = await resting(world)
    world.venue.query(query_of(world, call))
    await world.ear.report(call.venue_cl_ord_id)
    world.venue.cancel(cancel_of(call))
    await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
    for endpoint in (GET, DELETE):
        (sent,) = world.double.record.of(endpoint)
        kept = {k: v for k, v in sent.parameters.items() if k not in ("timestamp", "signature")}
        assert kept == {
            "symbol": "BTCUSDT",
            "origClientOrderId": call.venue_cl_ord_id,
            "recvWindow": "5000",
        }


@pytest.mark.parametrize(
    ("ord_type", "tif", "post_only"),
    [
        (OrdType.LIMIT, TimeInForce.DAY, False),
        (OrdType.LIMIT, TimeInForce.GOOD_TILL_DATE, False),
        (OrdType.MARKET, TimeInForce.FILL_OR_KILL, False),
        (OrdType.MARKET, GTC, True),
        (OrdType.STOP_LIMIT, GTC, True),
    ],
)
async def test_what_is_not_listed_is_refused_and_never_sent(
    world: BinanceWorld, ord_type: OrdType, tif: TimeInForce, *, post_only: bool
) -> None:
    call = order(world, ord_type=ord_type, tif=tif, price=Decimal(40_000), post_only=post_only)
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.REJECTED
    assert "does not take" in (answer.text or "")
    assert world.requests(POST) == 0


async def test_what_is_off_the_grid_is_not_sent(world: BinanceWorld) -> None:
    for call in (
        order(world, qty="0.000001", price=Decimal(40_000)),
        order(world, price=Decimal("40000.001")),
        order(world, ord_type=OrdType.STOP, stop_px=Decimal("60000.001")),
    ):
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        assert (answer.outcome, "multiple" in (answer.text or "")) == (Outcome.REJECTED, True)
    assert world.requests(POST) == 0


# --- what failures mean ------------------------------------------------------------------

UNKNOWN_FAULTS = [
    Fault(kind=kind, accepts=accepts)
    for kind in (
        FaultKind.DROP,
        FaultKind.SERVER_ERROR,
        FaultKind.EMPTY,
        FaultKind.JUNK,
        FaultKind.HTML,
    )
    for accepts in (False, True)
] + [
    Fault(kind=FaultKind.SERVER_ERROR, accepts=True, status=502, code=-2010, msg="NEW"),
    Fault(kind=FaultKind.REFUSE, accepts=True, code=-1006, msg="Execution status unknown."),
    Fault(kind=FaultKind.REFUSE, accepts=True, code=-1007),
    Fault(kind=FaultKind.REFUSE, accepts=True, code=-1000, msg="An unknown error occurred."),
    Fault(kind=FaultKind.REFUSE, accepts=True, code=-2010, msg="Duplicate order sent."),
    Fault(kind=FaultKind.REFUSE, accepts=True, code=-9999, msg="Something new"),
]


@pytest.mark.parametrize(
    "fault", UNKNOWN_FAULTS, ids=lambda each: f"{each.kind.value}{each.code}-{each.accepts}"
)
async def test_an_uncertain_answer_is_unknown_and_settled_by_asking(
    world: BinanceWorld, fault: Fault
) -> None:
    """Scenario X1."""
    call = await passive(world)
    world.double.faults.add(POST, fault)
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.UNKNOWN
    world.venue.query(query_of(world, call))
    report = await world.ear.report(call.venue_cl_ord_id)
    expected = LegState.WORKING if fault.accepts else LegState.NOT_FOUND
    assert report.state is expected
    assert world.requests(POST) == 1
    assert world.orders_of(call.venue_cl_ord_id) == int(fault.accepts)


@pytest.mark.parametrize(
    ("code", "msg"),
    [
        (-1013, "Filter failure: NOTIONAL"),
        (-1015, "Too many new orders."),
        (-1021, "Timestamp for this request is outside of the recvWindow."),
        (-1022, "Signature for this request is not valid."),
        (-1121, "Invalid symbol."),
        (-2010, "Account has insufficient balance for requested action."),
        (-2015, "Invalid API-key, IP, or permissions for action."),
    ],
)
async def test_a_listed_code_is_a_refusal_in_the_venues_words(
    world: BinanceWorld, code: int, msg: str
) -> None:
    call = await passive(world)
    world.double.faults.add(POST, Fault(kind=FaultKind.REFUSE, code=code, msg=msg))
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert (answer.outcome, answer.text) == (Outcome.REJECTED, f"{msg} ({code})")
    assert str(code) in (answer.raw or "")
    assert world.requests(POST) == 1


@pytest.mark.parametrize("accepts", [True, False])
async def test_no_answer_in_time_is_unknown(world: BinanceWorld, *, accepts: bool) -> None:
    call = await passive(world)
    world.double.faults.add(POST, Fault(kind=FaultKind.HOLD, accepts=accepts))
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.UNKNOWN
    world.venue.query(query_of(world, call))
    report = await world.ear.report(call.venue_cl_ord_id)
    assert report.state is (LegState.WORKING if accepts else LegState.NOT_FOUND)
    assert world.requests(POST) == 1


async def test_an_order_taken_late_is_found_because_not_found_is_not_believed_at_once(
    tls: LocalTls,
) -> None:
    world = BinanceWorld(tls, timeouts=replace(TIMEOUTS, call_s=0.3))
    world.time = ScaledTime(5.0)  # the venue's window of 5 s is one real second
    try:
        await world.begin()
        call = await passive(world)
        sent = query_of(world, call)
        world.double.faults.add(POST, Fault(kind=FaultKind.HOLD))
        world.venue.submit(call)
        answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
        assert answer.outcome is Outcome.UNKNOWN
        world.venue.query(sent)
        await world.until(lambda: world.requests(GET) == 1)
        world.double.faults.release()
        report = await world.ear.report(call.venue_cl_ord_id)
        assert report.state is LegState.WORKING
        assert world.orders_of(call.venue_cl_ord_id) == world.requests(POST) == 1
    finally:
        await world.end()


async def test_not_found_is_believed_only_after_the_window_and_a_second_look(
    world: BinanceWorld,
) -> None:
    call = await passive(world)
    sent_at_ns = world.now_ns()
    world.venue.query(replace(query_of(world, call), sent_at_ns=sent_at_ns))
    report = await world.ear.report(call.venue_cl_ord_id)
    assert report.state is LegState.NOT_FOUND
    assert world.now_ns() - sent_at_ns >= 5 * 10**9
    assert world.requests(GET) >= 2


@pytest.mark.parametrize("kind", [FaultKind.TOO_MANY_REQUESTS, FaultKind.BANNED])
async def test_a_rate_limit_is_a_refusal_and_then_nothing_is_sent_until_it_ends(
    world: BinanceWorld, kind: FaultKind
) -> None:
    first, second = await passive(world), await passive(world)
    resting_before = await resting(world)
    world.double.record.clear()
    world.double.faults.add(POST, Fault(kind=kind, retry_after_s=30))
    began = world.time.now()
    world.venue.submit(first)
    refused = await world.ear.answer(first.venue_cl_ord_id, VenueCall.SUBMIT)
    assert (refused.outcome, "rate limit" in (refused.text or "")) == (Outcome.REJECTED, True)
    # An order must not wait for so long; a cancel may, and is then carried out.
    world.venue.submit(second)
    world.venue.cancel(cancel_of(resting_before))
    late = await world.ear.answer(second.venue_cl_ord_id, VenueCall.SUBMIT)
    assert (late.outcome, "Rate limit" in (late.text or "")) == (Outcome.NOT_SENT, True)
    canceled = await world.ear.answer(resting_before.venue_cl_ord_id, VenueCall.CANCEL)
    assert canceled.outcome is Outcome.ACCEPTED
    assert world.time.now() - began >= 30
    assert world.requests(POST) == 1


async def test_a_cancel_that_was_turned_away_is_tried_again(world: BinanceWorld) -> None:
    call = await resting(world)
    fault = Fault(kind=FaultKind.TOO_MANY_REQUESTS, retry_after_s=1)
    world.double.faults.add(DELETE, fault, times=2)
    world.venue.cancel(cancel_of(call))
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
    assert answer.outcome is Outcome.ACCEPTED
    assert world.requests(DELETE) == 3


CLOCK_IS_OFF = Fault(
    kind=FaultKind.REFUSE, code=-1021, msg="Timestamp is outside of the recvWindow."
)


async def test_a_cancel_refused_for_the_clock_is_sent_again_with_the_venues_time(
    world: BinanceWorld,
) -> None:
    call = await resting(world)
    world.double.faults.add(DELETE, CLOCK_IS_OFF)
    looked = world.requests("GET /api/v3/time")
    world.venue.cancel(cancel_of(call))
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
    assert answer.outcome is Outcome.ACCEPTED
    assert world.requests("GET /api/v3/time") == looked + 1


async def test_after_an_order_refused_for_the_clock_the_venues_time_is_read_soon(
    world: BinanceWorld,
) -> None:
    call = await passive(world)
    world.double.faults.add(POST, CLOCK_IS_OFF)
    looked = world.requests("GET /api/v3/time")
    began = world.time.now()
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.REJECTED
    await world.until(lambda: world.requests("GET /api/v3/time") > looked)
    assert world.time.now() - began < TIMEOUTS.audit_every_s
    assert world.requests(POST) == 1


@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.JUNK, FaultKind.EMPTY])
async def test_an_uncertain_cancel_is_unknown_and_settled_by_asking(
    world: BinanceWorld, kind: FaultKind, *, accepts: bool
) -> None:
    call = await resting(world)
    world.double.faults.add(DELETE, Fault(kind=kind, accepts=accepts))
    world.venue.cancel(cancel_of(call))
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
    assert answer.outcome is Outcome.UNKNOWN
    world.venue.query(query_of(world, call))
    report = await world.ear.report(call.venue_cl_ord_id)
    assert report.state is (LegState.CLOSED if accepts else LegState.WORKING)


async def test_nothing_is_sent_while_the_venue_cannot_be_reached(world: BinanceWorld) -> None:
    before, call = await resting(world), await passive(world)
    await world.double.stop()
    await world.ear.until(lambda: not world.ear.of(VenueConnection)[-1].up)
    world.venue.submit(call)
    world.venue.cancel(cancel_of(before))
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    canceled = await world.ear.answer(before.venue_cl_ord_id, VenueCall.CANCEL)
    assert (answer.outcome, canceled.outcome) == (Outcome.NOT_SENT, Outcome.NOT_SENT)
    assert "nothing was sent" in (answer.text or "")
    assert "nothing was sent" in (canceled.text or "")


async def test_a_refused_connection_is_not_sent(world: BinanceWorld) -> None:
    """The stream may still be thought up when the REST side is gone."""
    call = await passive(world)
    running = world.venue._running
    assert running is not None
    await world.double.stop()
    await world.ear.until(lambda: not world.ear.of(VenueConnection)[-1].up)
    running.supervisor.up = True
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.NOT_SENT


async def test_a_query_outlives_everything_that_goes_wrong(world: BinanceWorld) -> None:
    call = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
    world.venue.submit(call)
    await world.ear.traded(call.venue_cl_ord_id, call.qty)
    for kind in (FaultKind.DROP, FaultKind.SERVER_ERROR, FaultKind.JUNK, FaultKind.EMPTY):
        world.double.faults.add(GET, Fault(kind=kind))
        world.double.faults.add("GET /api/v3/myTrades", Fault(kind=kind))
    world.venue.query(query_of(world, call))
    report = await world.ear.report(call.venue_cl_ord_id)
    assert (report.state, report.exec_type) == (LegState.CLOSED, ExecType.TRADE)
    assert report.leg_cum_qty == call.qty


async def test_an_order_that_a_person_has_resolved_is_not_asked_about_any_more(
    world: BinanceWorld,
) -> None:
    call = await resting(world)
    world.double.faults.add(GET, Fault(kind=FaultKind.SERVER_ERROR), times=10_000)
    world.venue.query(query_of(world, call))
    while world.requests(GET) < 2:
        await resting(world)  # time goes by

    world.venue.forget(call.venue_cl_ord_id)
    other = await resting(world)
    world.double.faults.clear()
    asked = world.requests(GET)
    world.double.hub.cut()  # after which all orders that are open are compared
    await world.ear.up(nth=2)
    world.venue.query(query_of(world, other))
    await world.ear.report(other.venue_cl_ord_id)

    about = [each.parameters["origClientOrderId"] for each in world.double.record.of(GET)[asked:]]
    assert call.venue_cl_ord_id not in about
    assert world.ear.of(VenueLegReported, call.venue_cl_ord_id) == []


async def test_trades_are_fetched_page_by_page(
    world: BinanceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binance, "_PAGE", 2)
    call = order(world, qty="30", ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
    world.venue.submit(call)
    trades = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert len(trades) > 2
    world.venue.query(query_of(world, call))
    report = await world.ear.report(call.venue_cl_ord_id)
    assert report.leg_cum_qty == call.qty
    assert world.requests("GET /api/v3/myTrades") > 1


async def test_the_list_of_trades_is_read_by_time_and_then_by_number(
    world: BinanceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binance, "_PAGE", 2)
    call = order(world, qty="30", ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
    world.venue.submit(call)
    trades = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert len(trades) > 2
    times = [each.at_ns for each in trades if each.at_ns is not None]
    since_ns, until_ns = min(times) - 10**9 + 1, max(times) + 1
    listed = await world.venue.listing().between("BTC/USDT", since_ns, until_ns)
    assert {each.trade_id for each in listed} == {each.trade_id for each in trades}
    first, second, *_ = (each.parameters for each in world.double.record.of(MY_TRADES))
    assert {"symbol": "BTCUSDT", "limit": "2"}.items() <= first.items() & second.items()
    assert (first["startTime"], first["endTime"]) == (
        str(since_ns // 10**6),
        str(-(-until_ns // 10**6)),
    )
    # Binance takes no time beside a number.
    assert {"startTime", "endTime"}.isdisjoint(second)
    assert int(second["fromId"]) > 1


async def test_a_trade_is_owned_by_whoever_sent_its_order(world: BinanceWorld) -> None:
    """An order that this process does not know is asked about by the venue's own number."""
    call = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
    world.venue.submit(call)
    (told, *_) = await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert told.at_ns is not None
    await world.restart([])
    listing = world.venue.listing()
    (trade, *_) = await listing.between("BTC/USDT", told.at_ns, told.at_ns + 1)
    assert await listing.owner(trade) == call.venue_cl_ord_id
    assert world.double.record.of(GET)[-1].parameters["orderId"] == trade.venue_order_id


@pytest.mark.parametrize("kind", [FaultKind.SERVER_ERROR, FaultKind.JUNK, FaultKind.HTML])
async def test_a_list_of_trades_that_does_not_come_is_said_in_words(
    world: BinanceWorld, kind: FaultKind
) -> None:
    world.double.faults.add(MY_TRADES, Fault(kind=kind))
    with pytest.raises(TradesUnlisted):
        await world.venue.listing().between("BTC/USDT", world.now_ns() - 10**9, world.now_ns())
    with pytest.raises(TradesUnlisted, match="DOGE/USDT is not listed"):
        await world.venue.listing().between("DOGE/USDT", 0, 1)


async def test_queries_about_one_leg_are_not_asked_side_by_side(world: BinanceWorld) -> None:
    call = await resting(world)
    for _ in range(5):
        world.venue.query(query_of(world, call))
    await world.ear.report(call.venue_cl_ord_id, nth=2)
    assert len(world.ear.of(VenueLegReported, call.venue_cl_ord_id)) == 2
    assert world.requests(GET) == 2


async def test_a_trade_that_an_answer_counts_and_does_not_show_is_asked_for(
    world: BinanceWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_it_is = SpotOrder.to_answer
    monkeypatch.setattr(
        SpotOrder, "to_answer", lambda each, kind: as_it_is(each, kind) | {"fills": []}
    )
    world.double.hub.faults.add(StreamFault.LOSE, times=100)
    call = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
    world.venue.submit(call)
    await world.ear.traded(call.venue_cl_ord_id, call.qty)
    assert not world.requests("GET /api/v3/openOrders")  # it was not the next audit


@pytest.mark.parametrize(
    ("taken", "qty", "px"),
    [
        ({"price": "47999.50"}, Decimal("0.01"), Decimal("47999.5")),
        ({"origQty": "0.009"}, Decimal("0.009"), Decimal(48_000)),
        ({}, None, None),
    ],
)
async def test_an_order_that_the_venue_takes_with_other_values_is_told_with_those(
    world: BinanceWorld,
    monkeypatch: pytest.MonkeyPatch,
    taken: dict[str, str],
    qty: Decimal | None,
    px: Decimal | None,
) -> None:
    """Scenario X9."""
    as_it_is = SpotOrder.to_answer
    monkeypatch.setattr(SpotOrder, "to_answer", lambda each, kind: as_it_is(each, kind) | taken)
    call = order(world, price=Decimal(48_000))
    world.venue.submit(call)
    answer = await world.ear.answer(call.venue_cl_ord_id, VenueCall.SUBMIT)
    assert answer.outcome is Outcome.ACCEPTED
    told = world.ear.of(VenueRestated, call.venue_cl_ord_id)
    assert [(each.leg_qty, each.price) for each in told] == ([(qty, px)] if taken else [])


async def test_a_full_queue_refuses_orders_and_still_takes_cancels(tls: LocalTls) -> None:
    limits = RateLimits(order_queue_max=2, order_wait_max_s=100.0)
    world = BinanceWorld(tls, limits=limits)
    try:
        await world.begin()
        open_order = await resting(world)
        fault = Fault(kind=FaultKind.TOO_MANY_REQUESTS, retry_after_s=20)
        world.double.faults.add(POST, fault)
        calls = [await passive(world) for _ in range(5)]
        world.venue.submit(calls[0])
        await world.ear.answer(calls[0].venue_cl_ord_id, VenueCall.SUBMIT)
        for call in calls[1:]:
            world.venue.submit(call)
        world.venue.cancel(cancel_of(open_order))
        answers = [await world.ear.answer(c.venue_cl_ord_id, VenueCall.SUBMIT) for c in calls]
        canceled = await world.ear.answer(open_order.venue_cl_ord_id, VenueCall.CANCEL)
        outcomes = [each.outcome for each in answers]
        assert outcomes.count(Outcome.NOT_SENT) == 2
        assert outcomes.count(Outcome.ACCEPTED) == 2
        assert canceled.outcome is Outcome.ACCEPTED
        # The cancel was told last, and sent first.
        heard = world.ear.heard
        accepted = [heard.index(each) for each in answers if each.outcome is Outcome.ACCEPTED]
        assert heard.index(canceled) < max(accepted)
    finally:
        await world.end()


async def test_a_call_in_flight_when_the_gateway_stops_is_answered(tls: LocalTls) -> None:
    world = BinanceWorld(tls, timeouts=replace(TIMEOUTS, stop_s=0.05))
    try:
        await world.begin()
        call = await passive(world)
        world.double.faults.add(POST, Fault(kind=FaultKind.HOLD))
        world.venue.submit(call)
        async with asyncio.timeout(20):
            await world.double.faults.wait_held()
        await world.venue.stop()
        (answer,) = world.ear.of(VenueAnswered, call.venue_cl_ord_id)
        assert answer.outcome is Outcome.UNKNOWN
    finally:
        await world.end()


async def test_no_secret_is_ever_told(
    world: BinanceWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    call = await resting(world)
    for kind in (FaultKind.DROP, FaultKind.SERVER_ERROR, FaultKind.HTML):
        world.double.faults.add(GET, Fault(kind=kind))
    world.venue.query(query_of(world, call))
    await world.ear.report(call.venue_cl_ord_id)
    world.venue.cancel(cancel_of(call))
    await world.ear.answer(call.venue_cl_ord_id, VenueCall.CANCEL)
    printed = capsys.readouterr()
    everything = "".join(
        (repr(world.ear.heard), repr(world.venue), repr(world.settings), printed.out, printed.err)
    )
    for secret in (DEMO_API_KEY, DEMO_SECRET, "signature="):
        assert secret not in everything


async def test_production_is_reached_only_when_it_is_named(tls: LocalTls) -> None:
    for environment, host in (
        (Environment.TESTNET, "https://testnet.binance.vision/api/v3"),
        (Environment.PRODUCTION, "https://api.binance.com/api/v3"),
    ):
        world = BinanceWorld(tls)
        world.settings = replace(world.settings, environment=environment)
        try:
            await world.begin()
            assert world.venue._running is not None
            assert world.venue._running.exchange.urls["api"]["private"] == host
        finally:
            await world.end()


async def test_fees_and_maker_flags_are_those_of_the_venue(world: BinanceWorld) -> None:
    taker = order(world, ord_type=OrdType.MARKET, tif=TimeInForce.DAY)
    world.venue.submit(taker)
    trades = await world.ear.traded(taker.venue_cl_ord_id, taker.qty)
    assert all(each.maker is False and each.fee_currency == "BTC" for each in trades)
    assert sum((each.fee or ZERO for each in trades), ZERO) == Decimal("0.00001")
    maker = await resting(world, Side.SELL)
    assert maker.terms.price is not None
    await world.move_to(maker.terms.price * Decimal("1.01"))
    trades = await world.ear.traded(maker.venue_cl_ord_id, maker.qty)
    assert all(each.maker is True and each.fee_currency == "USDT" for each in trades)
    assert to_wire(trades[0].last_px) == to_wire(maker.terms.price)
