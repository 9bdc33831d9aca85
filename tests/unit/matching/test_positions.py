"""Orders that may only reduce a position, or only open one."""

from decimal import Decimal
from typing import Any

import pytest

from fixgate.domain.values import PositionEffect, TimeInForce
from fixgate.matching import (
    Canceled,
    CancelReason,
    MatchingEngine,
    NewOrder,
    Rejected,
    RejectReason,
)
from unit.matching.market import (
    SYMBOL,
    a_buy,
    a_listing,
    a_market,
    a_sell,
    fills,
)

CLOSE, OPEN = PositionEffect.CLOSE, PositionEffect.OPEN


def an_engine(net: int = 0) -> MatchingEngine:
    """One of contracts, in which account A has a position."""
    engine = MatchingEngine([a_listing(is_contract=True)], id_prefix="S-")
    engine.take_position("A", SYMBOL, Decimal(net))
    return engine


def a_closing(make: Any, *given: Any, **changes: Any) -> NewOrder:
    order: NewOrder = make(*given, effect=CLOSE, **changes)
    return order


@pytest.mark.parametrize(("net", "order"), [(0, a_sell), (-5, a_sell), (5, a_buy), (0, a_buy)])
def test_without_a_position_on_the_other_side_there_is_nothing_to_reduce(
    net: int, order: Any
) -> None:
    (refused,) = an_engine(net).submit(a_closing(order, "c", 1, 100), 1)
    assert isinstance(refused, Rejected)
    assert refused.reason is RejectReason.POSITION


def test_no_more_is_traded_than_the_position_and_the_rest_is_canceled() -> None:
    engine = an_engine(5)
    engine.submit(a_buy("b", 20, 100, account="B"), 1)
    events = engine.submit(a_closing(a_market, "c", 9, side=a_sell("x", 1, 1).side), 2)
    assert sum(qty for qty, _ in fills(events, "c")) == 5
    last = events[-1]
    assert isinstance(last, Canceled)
    assert (last.reason, last.canceled_qty) == (CancelReason.POSITION, 4)
    assert engine.position("A", SYMBOL) == 0
    assert engine.position("B", SYMBOL) == 5


def test_a_resting_order_whose_position_is_gone_is_canceled_and_matching_goes_on() -> None:
    engine = an_engine(5)
    engine.submit(a_closing(a_sell, "c", 5, 100), 1)
    engine.submit(a_sell("other", 5, 100, account="B"), 2)
    engine.submit(a_buy("bid", 5, 99, account="B"), 3)
    engine.submit(a_sell("flat", 5, 99), 4)
    events = engine.submit(a_buy("b", 5, 100, account="C"), 5)
    assert [type(each).__name__ for each in events][:2] == ["Accepted", "Canceled"]
    assert fills(events, "c") == []
    assert sum(qty for qty, _ in fills(events, "other")) == 5


def test_two_reducing_orders_share_one_position() -> None:
    engine = an_engine(5)
    for name in ("one", "two"):
        engine.submit(a_closing(a_sell, name, 4, 100), 1)
    events = engine.submit(a_buy("b", 9, 100, account="B"), 2)
    assert sum(qty for qty, _ in fills(events, "one") + fills(events, "two")) == 5
    assert engine.position("A", SYMBOL) == 0


@pytest.mark.parametrize(("net", "taken"), [(0, True), (5, True), (-5, False)])
def test_an_opening_order_is_not_taken_against_a_position(net: int, *, taken: bool) -> None:
    events = an_engine(net).submit(a_buy("o", 1, 100, effect=OPEN), 1)
    assert isinstance(events[0], Rejected) is not taken


def test_fill_or_kill_beyond_the_position_is_killed() -> None:
    engine = an_engine(5)
    engine.submit(a_buy("b", 20, 100, account="B"), 1)
    order = a_closing(a_sell, "c", 6, 100, time_in_force=TimeInForce.FILL_OR_KILL)
    last = engine.submit(order, 2)[-1]
    assert isinstance(last, Canceled)
    assert last.reason is CancelReason.FILL_OR_KILL


def test_a_position_effect_makes_no_sense_for_what_is_no_contract() -> None:
    engine = MatchingEngine([a_listing()], id_prefix="")
    (refused,) = engine.submit(a_closing(a_sell, "c", 1, 100), 1)
    assert isinstance(refused, Rejected)
    assert refused.reason is RejectReason.CONFLICTING_TERMS
