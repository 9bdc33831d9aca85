"""The matching engine, operation by operation."""

from decimal import Decimal
from typing import Any

import pytest

from fixgate.domain.values import OrdType, Side, TimeInForce
from fixgate.matching import (
    Accepted,
    Canceled,
    CancelReason,
    CancelRejected,
    MatchingEngine,
    OrderState,
    Rejected,
    RejectReason,
    Replaced,
    Replacement,
    ReplaceRejected,
    SelfTradePrevention,
    Traded,
    Triggered,
)
from unit.matching.market import (
    SYMBOL,
    a_buy,
    a_listing,
    a_market,
    a_sell,
    a_stop,
    an_engine,
    an_order,
    fills,
    kinds,
)

IOC = TimeInForce.IMMEDIATE_OR_CANCEL
FOK = TimeInForce.FILL_OR_KILL
GTD = TimeInForce.GOOD_TILL_DATE


def test_a_limit_order_that_does_not_cross_rests() -> None:
    engine = an_engine()
    assert kinds(engine.submit(a_buy("b", 10, 100), 1)) == ["Accepted"]
    assert engine.best_bid(SYMBOL) == Decimal(100)
    assert engine.best_ask(SYMBOL) is None


def test_a_crossing_order_trades_at_the_price_of_the_resting_one() -> None:
    engine = an_engine()
    engine.submit(a_sell("s", 4, 100, account="B"), 1)
    events = engine.submit(a_buy("b", 10, 103), 2)
    assert kinds(events) == ["Accepted", "Traded", "Traded"]
    maker, taker = events[1], events[2]
    assert isinstance(maker, Traded)
    assert isinstance(taker, Traded)
    assert (maker.maker, maker.account, maker.leaves_qty) == (True, "B", Decimal(0))
    assert (taker.maker, taker.account, taker.leaves_qty) == (False, "A", Decimal(6))
    assert maker.trade_id == taker.trade_id == "S-1"
    assert taker.last_px == Decimal(100)
    assert engine.best_bid(SYMBOL) == Decimal(103)


def test_better_prices_trade_first_and_at_one_price_the_earlier_order() -> None:
    engine = an_engine()
    engine.submit(a_sell("late", 1, 101, account="B"), 1)
    engine.submit(a_sell("first", 1, 100, account="B"), 2)
    engine.submit(a_sell("second", 1, 100, account="B"), 3)
    events = engine.submit(a_buy("b", 3, 101), 4)
    makers = [each.cl_ord_id for each in events if isinstance(each, Traded) and each.maker]
    assert makers == ["first", "second", "late"]


def test_a_market_order_sweeps_levels_and_its_rest_is_canceled() -> None:
    engine = an_engine()
    engine.submit(a_sell("s1", 2, 100, account="B"), 1)
    engine.submit(a_sell("s2", 3, 105, account="B"), 1)
    events = engine.submit(a_market("m", 10), 2)
    assert fills(events, "m") == [(Decimal(2), Decimal(100)), (Decimal(3), Decimal(105))]
    last = events[-1]
    assert isinstance(last, Canceled)
    assert (last.reason, last.canceled_qty) == (CancelReason.NO_LIQUIDITY, Decimal(5))


def test_the_rest_of_an_immediate_or_cancel_order_is_canceled() -> None:
    engine = an_engine()
    engine.submit(a_sell("s", 2, 100, account="B"), 1)
    last = engine.submit(a_buy("b", 10, 100, time_in_force=IOC), 2)[-1]
    assert isinstance(last, Canceled)
    assert (last.reason, last.canceled_qty) == (CancelReason.IMMEDIATE_OR_CANCEL, Decimal(8))
    assert engine.best_bid(SYMBOL) is None


@pytest.mark.parametrize("price", [100, 101])
def test_a_fill_or_kill_order_that_cannot_fill_trades_nothing(price: int) -> None:
    """FIX 4.4 Appendix D, I.1.a."""
    engine = an_engine()
    engine.submit(a_sell("s", 2, 100, account="B"), 1)
    engine.submit(a_sell("far", 9, 102, account="B"), 1)
    events = engine.submit(a_buy("b", 10, price, time_in_force=FOK), 2)
    assert kinds(events) == ["Accepted", "Canceled"]
    assert engine.depth(SYMBOL, 1).asks == ((Decimal(100), Decimal(2)),)


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_fill_or_kill_order_fills_across_levels(side: Side) -> None:
    engine = an_engine()
    other = Side.SELL if side is Side.BUY else Side.BUY
    for number, price in enumerate((100, 101)):
        engine.submit(an_order(f"r{number}", side=other, price=price, account="B"), 1)
    limit = 101 if side is Side.BUY else 100
    order = an_order("k", side=side, order_qty=20, price=limit, time_in_force=FOK)
    events = engine.submit(order, 2)
    assert sum(qty for qty, _ in fills(events, "k")) == Decimal(20)


def test_a_post_only_order_that_would_cross_is_rejected() -> None:
    engine = an_engine()
    engine.submit(a_sell("s", 2, 100, account="B"), 1)
    crossing = engine.submit(a_buy("b", 1, 100, post_only=True), 2)[0]
    assert isinstance(crossing, Rejected)
    assert crossing.reason is RejectReason.WOULD_CROSS
    assert kinds(engine.submit(a_buy("b", 1, 99, post_only=True), 3)) == ["Accepted"]


def test_a_stop_order_waits_until_a_trade_reaches_its_price() -> None:
    engine = an_engine()
    engine.submit(a_sell("s", 20, 105, account="B"), 1)
    assert kinds(engine.submit(a_stop("stop", 5, 105), 2)) == ["Accepted"]
    held = engine.find("A", cl_ord_id="stop")
    assert held is not None
    assert held.state is OrderState.HELD
    events = engine.submit(a_buy("b", 1, 105, account="C"), 3)
    assert kinds(events) == [
        "Accepted", "Traded", "Traded", "Triggered", "Traded", "Traded",
    ]  # fmt: skip
    assert fills(events, "stop") == [(Decimal(5), Decimal(105))]


def test_a_stop_order_whose_price_has_been_reached_goes_off_at_once() -> None:
    engine = an_engine()
    engine.print_trade(SYMBOL, Decimal(110), Decimal(1), 1)
    events = engine.submit(a_stop("stop", 5, 105), 2)
    assert kinds(events) == ["Accepted", "Triggered", "Canceled"]


def test_a_triggered_stop_limit_order_rests_at_its_limit() -> None:
    engine = an_engine()
    order = a_stop("stop", 5, 105, ord_type=OrdType.STOP_LIMIT, price=106)
    engine.submit(order, 1)
    assert kinds(engine.print_trade(SYMBOL, Decimal(105), Decimal(1), 2)) == [
        "Printed",
        "Triggered",
    ]
    assert engine.best_bid(SYMBOL) == Decimal(106)


@pytest.mark.parametrize(
    ("side", "if_touched", "quiet_px", "trigger_px"),
    [
        (Side.BUY, False, 104, 105),
        (Side.SELL, False, 106, 105),
        (Side.BUY, True, 106, 105),
        (Side.SELL, True, 104, 105),
    ],
)
def test_a_stop_order_goes_off_in_its_own_direction_only(
    side: Side, *, if_touched: bool, quiet_px: int, trigger_px: int
) -> None:
    engine = an_engine()
    engine.submit(a_stop("stop", 5, 105, side=side, if_touched=if_touched), 1)
    assert kinds(engine.print_trade(SYMBOL, Decimal(quiet_px), Decimal(1), 2)) == ["Printed"]
    assert "Triggered" in kinds(engine.print_trade(SYMBOL, Decimal(trigger_px), Decimal(1), 3))


def test_one_stop_order_may_set_off_the_next() -> None:
    engine = an_engine()
    for number, price in enumerate((105, 106, 107)):
        engine.submit(a_sell(f"s{number}", 1, price, account="B"), 1)
    engine.submit(a_stop("second", 1, 106), 2)
    engine.submit(a_stop("first", 1, 105), 3)
    events = engine.submit(a_buy("b", 1, 105, account="C"), 4)
    assert [each.cl_ord_id for each in events if isinstance(each, Triggered)] == [
        "first",
        "second",
    ]
    assert fills(events, "second") == [(Decimal(1), Decimal(107))]


def test_a_sweep_sets_off_stop_orders_of_both_directions() -> None:
    engine = an_engine()
    engine.print_trade(SYMBOL, Decimal(100), Decimal(1), 1)
    engine.submit(a_stop("down", 1, 98, side=Side.SELL), 2)
    engine.submit(a_stop("up", 1, 102), 2)
    for number, price in enumerate((98, 102)):
        engine.submit(a_sell(f"s{number}", 1, price, account="B"), 3)
    events = engine.submit(a_buy("b", 2, 102, account="C"), 4)
    assert kinds(events).count("Triggered") == 2


def test_a_post_only_stop_limit_order_that_would_cross_is_canceled_when_it_goes_off() -> None:
    engine = an_engine()
    engine.submit(a_sell("s", 1, 106, account="B"), 1)
    order = a_stop("stop", 1, 105, ord_type=OrdType.STOP_LIMIT, price=106, post_only=True)
    engine.submit(order, 2)
    last = engine.print_trade(SYMBOL, Decimal(105), Decimal(1), 3)[-1]
    assert isinstance(last, Canceled)
    assert last.reason is CancelReason.WOULD_CROSS


def test_cancel_newest_stops_the_incoming_order_at_its_own_account() -> None:
    engine = an_engine()
    engine.submit(a_sell("other", 1, 100, account="B"), 1)
    engine.submit(a_sell("own", 1, 100), 1)
    order = a_buy("b", 3, 100, self_trade=SelfTradePrevention.CANCEL_NEWEST)
    events = engine.submit(order, 2)
    assert fills(events, "b") == [(Decimal(1), Decimal(100))]
    last = events[-1]
    assert isinstance(last, Canceled)
    assert (last.cl_ord_id, last.reason) == ("b", CancelReason.SELF_TRADE)
    assert engine.depth(SYMBOL, 5).asks == ((Decimal(100), Decimal(1)),)


def test_cancel_oldest_removes_the_resting_order_and_matches_on() -> None:
    engine = an_engine()
    engine.submit(a_sell("own", 1, 100), 1)
    engine.submit(a_sell("other", 1, 100, account="B"), 1)
    order = a_buy("b", 3, 100, self_trade=SelfTradePrevention.CANCEL_OLDEST)
    events = engine.submit(order, 2)
    assert kinds(events) == ["Accepted", "Canceled", "Traded", "Traded"]
    own = engine.find("A", cl_ord_id="own")
    assert own is not None
    assert own.state is OrderState.CANCELED
    assert engine.depth(SYMBOL, 5).asks == ()


@pytest.mark.parametrize(
    ("self_trade", "fits"),
    [(SelfTradePrevention.CANCEL_NEWEST, False), (SelfTradePrevention.CANCEL_OLDEST, True)],
)
def test_fill_or_kill_counts_liquidity_as_self_trade_prevention_leaves_it(
    self_trade: SelfTradePrevention, *, fits: bool
) -> None:
    engine = an_engine()
    engine.submit(a_sell("own", 5, 100), 1)
    engine.submit(a_sell("other", 5, 100, account="B"), 1)
    order = a_buy("b", 5, 100, self_trade=self_trade, time_in_force=FOK)
    events = engine.submit(order, 2)
    assert bool(fills(events, "b")) is fits


def test_a_canceled_order_gives_back_exactly_its_leaves() -> None:
    engine = an_engine()
    engine.submit(a_buy("b", 10, 100), 1)
    engine.submit(a_sell("s", 3, 100, account="B"), 2)
    canceled = engine.cancel("A", 3, cl_ord_id="b")[0]
    assert isinstance(canceled, Canceled)
    assert (canceled.reason, canceled.canceled_qty) == (CancelReason.REQUESTED, Decimal(7))
    assert engine.best_bid(SYMBOL) is None


def test_cancel_is_refused_for_unknown_closed_and_foreign_orders() -> None:
    engine = an_engine()
    accepted = engine.submit(a_buy("b", 10, 100), 1)[0]
    assert isinstance(accepted, Accepted)
    for account, ids, reason in (
        ("A", {"cl_ord_id": "x"}, RejectReason.UNKNOWN_ORDER),
        ("A", {}, RejectReason.UNKNOWN_ORDER),
        ("B", {"venue_order_id": accepted.venue_order_id}, RejectReason.UNKNOWN_ORDER),
    ):
        rejected = engine.cancel(account, 2, **ids)[0]
        assert isinstance(rejected, CancelRejected)
        assert rejected.reason is reason
    assert kinds(engine.cancel("A", 3, venue_order_id=accepted.venue_order_id)) == ["Canceled"]
    again = engine.cancel("A", 4, cl_ord_id="b")[0]
    assert isinstance(again, CancelRejected)
    assert again.reason is RejectReason.ORDER_CLOSED


def test_a_held_stop_order_can_be_canceled() -> None:
    engine = an_engine()
    engine.submit(a_stop("stop", 5, 105), 1)
    engine.cancel("A", 2, cl_ord_id="stop")
    assert kinds(engine.print_trade(SYMBOL, Decimal(105), Decimal(1), 3)) == ["Printed"]


def test_a_mass_cancel_takes_the_orders_of_one_account_and_symbol() -> None:
    engine = MatchingEngine([a_listing(), a_listing(symbol="ETH/USDT")], id_prefix="")
    engine.submit(a_buy("b1", 1, 100), 1)
    engine.submit(a_buy("b2", 1, 100, symbol="ETH/USDT"), 1)
    engine.submit(a_buy("b3", 1, 100, account="B"), 1)
    assert kinds(engine.cancel_all("A", 2, symbol=SYMBOL)) == ["Canceled"]
    assert [each.cl_ord_id for each in engine.open_orders("A")] == ["b2"]
    assert kinds(engine.cancel_all("A", 3)) == ["Canceled"]
    assert len(engine.open_orders("B")) == 1


def _makers_after(engine: MatchingEngine) -> list[str]:
    events = engine.submit(a_market("m", 2, side=Side.SELL, account="C"), 9)
    return [each.cl_ord_id for each in events if isinstance(each, Traded) and each.maker]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        (Replacement(order_qty=Decimal(5)), True),
        (Replacement(order_qty=Decimal(11)), False),
        (Replacement(price=Decimal(100), order_qty=Decimal(10)), True),
    ],
)
def test_only_a_lower_quantity_at_the_same_price_keeps_the_place(
    change: Replacement, *, kept: bool
) -> None:
    engine = an_engine()
    engine.submit(a_buy("b", 10, 100), 1)
    engine.submit(a_buy("rival", 10, 100, account="B"), 2)
    replaced = engine.replace("A", change, 3, cl_ord_id="b")[0]
    assert isinstance(replaced, Replaced)
    assert replaced.kept_priority is kept
    assert _makers_after(engine) == (["b"] if kept else ["rival"])


def test_a_price_there_and_back_loses_the_place() -> None:
    engine = an_engine()
    engine.submit(a_buy("b", 10, 100), 1)
    engine.submit(a_buy("rival", 10, 100, account="B"), 2)
    for price in (99, 100):
        engine.replace("A", Replacement(price=Decimal(price)), 3, cl_ord_id="b")
    assert _makers_after(engine) == ["rival"]


def test_a_replace_may_cross_and_trades_then() -> None:
    engine = an_engine()
    engine.submit(a_buy("b", 10, 99), 1)
    engine.submit(a_sell("s", 4, 100, account="B"), 2)
    events = engine.replace("A", Replacement(price=Decimal(100)), 3, cl_ord_id="b")
    assert kinds(events) == ["Replaced", "Traded", "Traded"]
    assert engine.depth(SYMBOL, 1).bids == ((Decimal(100), Decimal(6)),)


def test_a_replace_gives_a_new_client_order_id_and_keeps_the_venue_order_id() -> None:
    engine = an_engine()
    engine.submit(a_buy("b", 10, 99), 1)
    replaced = engine.replace("A", Replacement(cl_ord_id="b2"), 2, cl_ord_id="b")[0]
    assert isinstance(replaced, Replaced)
    assert (replaced.orig_cl_ord_id, replaced.cl_ord_id) == ("b", "b2")
    assert engine.find("A", cl_ord_id="b") is None
    found = engine.find("A", cl_ord_id="b2")
    assert found is not None
    assert found.venue_order_id == replaced.venue_order_id


@pytest.mark.parametrize("order_qty", [3, 4])
def test_a_replace_to_or_below_the_executed_quantity_is_refused(order_qty: int) -> None:
    engine = an_engine()
    engine.submit(a_buy("b", 10, 100), 1)
    engine.submit(a_sell("s", 4, 100, account="B"), 2)
    change = Replacement(order_qty=Decimal(order_qty))
    rejected = engine.replace("A", change, 3, cl_ord_id="b")[0]
    assert isinstance(rejected, ReplaceRejected)
    assert rejected.reason is RejectReason.QTY_NOT_ABOVE_CUM_QTY
    assert engine.depth(SYMBOL, 1).bids == ((Decimal(100), Decimal(6)),)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (Replacement(price=Decimal("100.3")), RejectReason.PRICE_OFF_TICK),
        (Replacement(order_qty=Decimal("0.05")), RejectReason.QTY_OFF_LOT),
        (Replacement(stop_px=Decimal(90)), RejectReason.CONFLICTING_TERMS),
        (Replacement(cl_ord_id="taken"), RejectReason.DUPLICATE_CL_ORD_ID),
        (Replacement(price=Decimal(105)), RejectReason.WOULD_CROSS),
    ],
)
def test_a_refused_replace_says_why_and_changes_nothing(
    change: Replacement, reason: RejectReason
) -> None:
    engine = an_engine()
    engine.submit(a_sell("taken", 1, 105), 1)
    engine.submit(a_buy("b", 10, 100, post_only=True), 1)
    before = engine.find("A", cl_ord_id="b")
    rejected = engine.replace("A", change, 2, cl_ord_id="b")[0]
    assert isinstance(rejected, ReplaceRejected)
    assert rejected.reason is reason
    assert engine.find("A", cl_ord_id="b") == before


def test_a_replace_of_an_unknown_or_closed_order_is_refused() -> None:
    engine = an_engine()
    engine.submit(a_market("m", 1), 1)
    for cl_ord_id, reason in (
        ("x", RejectReason.UNKNOWN_ORDER),
        ("m", RejectReason.ORDER_CLOSED),
    ):
        change = Replacement(order_qty=Decimal(2))
        rejected = engine.replace("A", change, 2, cl_ord_id=cl_ord_id)[0]
        assert isinstance(rejected, ReplaceRejected)
        assert rejected.reason is reason


def test_a_held_stop_order_can_get_another_stop_price_and_less_quantity() -> None:
    engine = an_engine()
    engine.print_trade(SYMBOL, Decimal(100), Decimal(1), 1)
    engine.submit(a_stop("stop", 5, 105), 1)
    smaller = engine.replace("A", Replacement(order_qty=Decimal(4)), 2, cl_ord_id="stop")
    assert kinds(smaller) == ["Replaced"]
    moved = engine.replace("A", Replacement(stop_px=Decimal(107)), 3, cl_ord_id="stop")
    assert kinds(moved) == ["Replaced"]
    assert kinds(engine.print_trade(SYMBOL, Decimal(106), Decimal(1), 4)) == ["Printed"]
    reached = engine.replace("A", Replacement(stop_px=Decimal(106)), 5, cl_ord_id="stop")
    assert kinds(reached) == ["Replaced", "Triggered", "Canceled"]


def test_good_till_date_orders_expire_when_their_time_has_come() -> None:
    engine = an_engine()
    engine.submit(a_buy("b", 10, 100, time_in_force=GTD, expire_at_ns=50), 1)
    engine.submit(a_buy("later", 10, 100, time_in_force=GTD, expire_at_ns=90), 1)
    assert engine.expire(49) == ()
    assert kinds(engine.expire(50)) == ["Expired"]
    assert [each.cl_ord_id for each in engine.open_orders("A")] == ["later"]


def test_the_list_of_expiries_does_not_grow_with_canceled_orders() -> None:
    engine = an_engine()
    for number in range(1_000):
        order = a_buy(f"b{number}", 1, 100, time_in_force=GTD, expire_at_ns=50)
        engine.submit(order, 1)
        engine.cancel("A", 2, cl_ord_id=f"b{number}")
    assert len(engine._expiring) < 100


def test_day_orders_expire_at_the_end_of_the_day_and_others_stay() -> None:
    engine = an_engine()
    engine.submit(a_buy("day", 10, 100, time_in_force=TimeInForce.DAY), 1)
    engine.submit(a_stop("held", 1, 105, time_in_force=TimeInForce.DAY), 1)
    engine.submit(a_buy("gtc", 10, 100), 1)
    assert kinds(engine.end_day(2)) == ["Expired", "Expired"]
    assert [each.cl_ord_id for each in engine.open_orders("A")] == ["gtc"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"symbol": "X"}, RejectReason.UNKNOWN_SYMBOL),
        ({"order_qty": Decimal("NaN")}, RejectReason.QTY_INVALID),
        ({"order_qty": Decimal("Infinity")}, RejectReason.QTY_INVALID),
        ({"order_qty": Decimal(0)}, RejectReason.QTY_INVALID),
        ({"order_qty": Decimal(-1)}, RejectReason.QTY_INVALID),
        ({"order_qty": Decimal("1e999")}, RejectReason.QTY_TOO_LARGE),
        ({"order_qty": Decimal("1." + "0" * 39 + "1")}, RejectReason.QTY_OFF_LOT),
        ({"price": Decimal("sNaN")}, RejectReason.PRICE_INVALID),
        ({"price": Decimal(0)}, RejectReason.PRICE_INVALID),
        ({"price": Decimal("1e20")}, RejectReason.PRICE_TOO_LARGE),
        ({"price": Decimal("100.1")}, RejectReason.PRICE_OFF_TICK),
        ({"price": None}, RejectReason.CONFLICTING_TERMS),
        ({"ord_type": OrdType.MARKET}, RejectReason.CONFLICTING_TERMS),
        ({"ord_type": OrdType.STOP_LIMIT}, RejectReason.CONFLICTING_TERMS),
        ({"stop_px": Decimal(1)}, RejectReason.CONFLICTING_TERMS),
        ({"if_touched": True}, RejectReason.CONFLICTING_TERMS),
        ({"time_in_force": GTD}, RejectReason.CONFLICTING_TERMS),
        ({"expire_at_ns": 5}, RejectReason.CONFLICTING_TERMS),
        ({"time_in_force": IOC, "post_only": True}, RejectReason.CONFLICTING_TERMS),
        ({"time_in_force": GTD, "expire_at_ns": 5}, RejectReason.EXPIRE_TIME_PASSED),
    ],
)
def test_an_order_that_makes_no_sense_is_rejected(
    changes: dict[str, Any], reason: RejectReason
) -> None:
    rejected = an_engine().submit(an_order(**changes), 10)[0]
    assert isinstance(rejected, Rejected)
    assert rejected.reason is reason


@pytest.mark.parametrize(
    ("order_qty", "reason"),
    [
        (1, RejectReason.QTY_TOO_SMALL),
        (101, RejectReason.QTY_TOO_LARGE),
        (2, RejectReason.NOTIONAL_TOO_SMALL),
    ],
)
def test_the_sizes_of_the_listing_are_enforced(order_qty: int, reason: RejectReason) -> None:
    listing = a_listing(min_qty=Decimal(2), max_qty=Decimal(100), min_notional=Decimal(201))
    rejected = MatchingEngine([listing], id_prefix="").submit(a_buy("b", order_qty, 100), 1)[0]
    assert isinstance(rejected, Rejected)
    assert rejected.reason is reason


def test_a_client_order_id_is_unique_among_the_open_orders_of_an_account_only() -> None:
    engine = an_engine()
    engine.submit(a_buy("b", 1, 100), 1)
    duplicate = engine.submit(a_buy("b", 1, 100), 2)[0]
    assert isinstance(duplicate, Rejected)
    assert duplicate.reason is RejectReason.DUPLICATE_CL_ORD_ID
    assert kinds(engine.submit(a_buy("b", 1, 100, account="B"), 3)) == ["Accepted"]
    engine.cancel("A", 4, cl_ord_id="b")
    assert kinds(engine.submit(a_buy("b", 1, 100), 5)) == ["Accepted"]


def test_the_number_of_open_orders_is_limited() -> None:
    engine = an_engine(open_max=1)
    engine.submit(a_buy("b1", 1, 100), 1)
    rejected = engine.submit(a_buy("b2", 1, 100), 2)[0]
    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.TOO_MANY_ORDERS


def test_a_closed_order_is_remembered_until_the_ring_is_full() -> None:
    engine = an_engine(closed_max=2)
    for name in ("a", "b", "c"):
        engine.submit(a_market(name, 1), 1)
    assert engine.find("A", cl_ord_id="a") is None
    assert engine.find("A", venue_order_id="S-1") is None
    assert [each.cl_ord_id for each in engine.orders("A")] == ["b", "c"]


def test_a_reused_client_order_id_survives_the_forgetting_of_the_older_order() -> None:
    engine = an_engine(closed_max=1)
    engine.submit(a_market("a", 1), 1)
    engine.submit(a_buy("a", 1, 100), 2)
    engine.submit(a_market("b", 1), 3)
    assert engine.find("A", venue_order_id="S-1") is None
    found = engine.find("A", cl_ord_id="a")
    assert found is not None
    assert found.state is OrderState.WORKING


def test_trades_are_remembered_per_order_up_to_a_limit_over_all() -> None:
    engine = an_engine(trades_max=4)
    engine.submit(a_sell("s", 10, 100, account="B"), 1)
    for number in range(3):
        engine.submit(a_buy(f"b{number}", 1, 100), 2)
    assert [each.trade_id for each in engine.trades("B", cl_ord_id="s")] == ["S-2", "S-3"]
    assert engine.trades("A", cl_ord_id="b0") == ()
    assert len(engine.trades("A", cl_ord_id="b2")) == 1
    assert engine.trades("A", cl_ord_id="unknown") == ()


def test_a_restored_order_keeps_its_id_and_what_it_had_executed() -> None:
    engine = an_engine(id_prefix="T-")
    events = engine.restore(
        a_buy("b", 10, 100),
        venue_order_id="S-7",
        cum_qty=Decimal(4),
        triggered=False,
        now_ns=1,
    )
    assert kinds(events) == ["Accepted"]
    traded = engine.submit(a_sell("s", 6, 100, account="B"), 2)[1]
    assert isinstance(traded, Traded)
    assert (traded.venue_order_id, traded.cum_qty) == ("S-7", Decimal(10))


def test_a_restored_stop_order_waits_unless_it_had_gone_off() -> None:
    engine = an_engine()
    for name, triggered in (("held", False), ("gone", True)):
        order = a_stop(name, 5, 105, ord_type=OrdType.STOP_LIMIT, price=104)
        engine.restore(
            order, venue_order_id=name, cum_qty=Decimal(0), triggered=triggered, now_ns=1
        )
    states = {each.cl_ord_id: each.state for each in engine.open_orders("A")}
    assert states == {"held": OrderState.HELD, "gone": OrderState.WORKING}


def test_an_order_that_is_known_or_done_cannot_be_restored() -> None:
    engine = an_engine()
    for _ in range(2):
        if not engine.open_orders("A"):
            engine.restore(
                a_buy("b", 1, 100),
                venue_order_id="S-7",
                cum_qty=Decimal(0),
                triggered=False,
                now_ns=1,
            )
    for venue_order_id, cum_qty in (("S-7", 0), ("S-8", 1)):
        with pytest.raises(ValueError, match=r"restored|taken"):
            engine.restore(
                a_buy("c", 1, 100),
                venue_order_id=venue_order_id,
                cum_qty=Decimal(cum_qty),
                triggered=False,
                now_ns=1,
            )


def test_depth_shows_the_best_levels_first() -> None:
    engine = an_engine()
    for number, price in enumerate((98, 99, 97)):
        engine.submit(a_buy(f"b{number}", 1, price), 1)
        engine.submit(a_sell(f"s{number}", 1, price + 10), 1)
    depth = engine.depth(SYMBOL, 2)
    assert [price for price, _ in depth.bids] == [99, 98]
    assert [price for price, _ in depth.asks] == [107, 108]
    assert engine.depth(SYMBOL, 0).bids == ()
    assert engine.last_px(SYMBOL) is None
