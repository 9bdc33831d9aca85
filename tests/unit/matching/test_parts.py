"""Orders of which a part is shown, or a part must trade at once; and who gives way to whom."""

from decimal import Decimal

import pytest

from fixgate.domain.values import OrdType, TimeInForce
from fixgate.matching import (
    Canceled,
    CancelReason,
    OrderState,
    Rejected,
    RejectReason,
    Replacement,
    SelfTradePrevention,
)
from unit.matching.market import (
    SYMBOL,
    a_buy,
    a_market,
    a_sell,
    a_stop,
    an_engine,
    fills,
    kinds,
)

IOC = TimeInForce.IMMEDIATE_OR_CANCEL
FOK = TimeInForce.FILL_OR_KILL
B = {"account": "B"}


def test_an_iceberg_shows_its_floor_and_queues_again_with_each_part() -> None:
    engine = an_engine()
    engine.submit(a_sell("ice", 10, 100, max_floor=Decimal(3)), 1)
    engine.submit(a_sell("plain", 5, 100), 2)
    assert engine.depth(SYMBOL, 1).asks == ((Decimal(100), Decimal(8)),)
    events = engine.submit(a_buy("b", 4, 100, **B), 3)
    # The first part of the iceberg, then the order behind it: its second part came after that.
    assert fills(events, "ice") == [(Decimal(3), Decimal(100))]
    assert fills(events, "plain") == [(Decimal(1), Decimal(100))]
    assert engine.depth(SYMBOL, 1).asks == ((Decimal(100), Decimal(7)),)


def test_an_iceberg_trades_all_of_it_with_one_large_order() -> None:
    engine = an_engine()
    engine.submit(a_sell("ice", 10, 100, max_floor=Decimal(3)), 1)
    events = engine.submit(a_buy("b", 12, 100, **B), 2)
    assert [qty for qty, _ in fills(events, "ice")] == [3, 3, 3, 1]
    assert engine.depth(SYMBOL, 1).asks == ()
    assert engine.depth(SYMBOL, 1).bids == ((Decimal(100), Decimal(2)),)


def test_an_iceberg_takes_with_all_it_has_and_then_shows_its_floor() -> None:
    engine = an_engine()
    engine.submit(a_sell("s", 4, 100, **B), 1)
    events = engine.submit(a_buy("ice", 10, 100, max_floor=Decimal(2)), 2)
    assert fills(events, "ice") == [(Decimal(4), Decimal(100))]
    assert engine.depth(SYMBOL, 1).bids == ((Decimal(100), Decimal(2)),)


def test_the_hidden_part_goes_when_the_order_is_canceled() -> None:
    engine = an_engine()
    engine.submit(a_sell("ice", 10, 100, max_floor=Decimal(3)), 1)
    engine.submit(a_sell("plain", 5, 100, **B), 2)
    (canceled,) = engine.cancel("A", 3, cl_ord_id="ice")
    assert isinstance(canceled, Canceled)
    assert canceled.canceled_qty == 10
    assert engine.depth(SYMBOL, 1).asks == ((Decimal(100), Decimal(5)),)
    events = engine.submit(a_market("b", 6, account="C"), 4)
    assert [qty for qty, _ in fills(events, "b")] == [5]


def test_the_floor_of_an_iceberg_can_be_changed() -> None:
    engine = an_engine()
    engine.submit(a_sell("ice", 10, 100, max_floor=Decimal(3)), 1)
    engine.replace("A", Replacement(max_floor=Decimal(5)), 2, cl_ord_id="ice")
    assert engine.depth(SYMBOL, 1).asks == ((Decimal(100), Decimal(5)),)
    engine.replace("A", Replacement(order_qty=Decimal(4)), 3, cl_ord_id="ice")
    assert engine.depth(SYMBOL, 1).asks == ((Decimal(100), Decimal(4)),)
    (refused,) = engine.replace("A", Replacement(max_floor=Decimal(9)), 4, cl_ord_id="ice")
    assert kinds([refused]) == ["ReplaceRejected"]


def test_a_stop_limit_order_may_be_an_iceberg() -> None:
    engine = an_engine()
    order = a_stop(
        "ice", 10, 105, ord_type=OrdType.STOP_LIMIT, price=Decimal(106), max_floor=Decimal(2)
    )
    engine.submit(order, 1)
    engine.print_trade(SYMBOL, Decimal(105), Decimal(1), 2)
    assert engine.depth(SYMBOL, 1).bids == ((Decimal(106), Decimal(2)),)


def test_fill_or_kill_counts_what_is_hidden() -> None:
    engine = an_engine()
    engine.submit(a_sell("ice", 10, 100, max_floor=Decimal(1)), 1)
    events = engine.submit(a_buy("b", 10, 100, time_in_force=FOK, **B), 2)
    assert sum(qty for qty, _ in fills(events, "b")) == 10


@pytest.mark.parametrize(("least", "traded"), [(5, 5), (6, 0)])
def test_a_minimum_quantity_trades_at_once_or_nothing_does(least: int, traded: int) -> None:
    engine = an_engine()
    engine.submit(a_sell("s", 5, 100, **B), 1)
    events = engine.submit(a_buy("b", 9, 100, time_in_force=IOC, min_qty=Decimal(least)), 2)
    assert sum(qty for qty, _ in fills(events, "b")) == traded
    last = events[-1]
    assert isinstance(last, Canceled)
    wanted = CancelReason.IMMEDIATE_OR_CANCEL if traded else CancelReason.MIN_QTY
    assert (last.reason, last.canceled_qty) == (wanted, 9 - traded)


@pytest.mark.parametrize(
    "terms",
    [
        {"min_qty": Decimal(1)},  # good till cancel
        {"min_qty": Decimal(11), "time_in_force": IOC},
        {"max_floor": Decimal(11)},
        {"max_floor": Decimal(0)},
        {"max_floor": Decimal("0.05")},
        {"max_floor": Decimal(1), "time_in_force": IOC},
    ],
)
def test_a_part_that_makes_no_sense_is_refused(terms: dict[str, object]) -> None:
    (refused,) = an_engine().submit(a_buy("b", 10, 100, **terms), 1)
    assert isinstance(refused, Rejected)
    assert refused.reason is RejectReason.CONFLICTING_TERMS


def test_cancel_both_leaves_neither_order() -> None:
    engine = an_engine()
    engine.submit(a_sell("own", 5, 100), 1)
    engine.submit(a_sell("other", 5, 100, **B), 2)
    events = engine.submit(a_buy("b", 7, 100, self_trade=SelfTradePrevention.CANCEL_BOTH), 3)
    assert kinds(events) == ["Accepted", "Canceled", "Canceled"]
    for name in ("own", "b"):
        found = engine.find("A", cl_ord_id=name)
        assert found is not None
        assert found.state is OrderState.CANCELED
    assert engine.depth(SYMBOL, 1).asks == ((Decimal(100), Decimal(5)),)
