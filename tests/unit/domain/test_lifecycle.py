"""The table of legal steps, over every stage and every ExecType."""

from decimal import Decimal
from itertools import product

import pytest

from builders import ORDER_ID, an_order
from fixgate.domain import events as e
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.frozen import changed
from fixgate.domain.ids import ClOrdID, ExecID, TradeID
from fixgate.domain.lifecycle import LIFECYCLE, allowed, apply, corrected, next_stage
from fixgate.domain.order import TERMINAL, Execution, Request, RequestPhase
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import OrdStatus as S

STAGES = set(S) - {S.PENDING_CANCEL, S.PENDING_REPLACE}  # these two are requests, not stages

# Every legal step, written out once more. What is not here must be refused.
WHOLE = """
PENDING_NEW       NEW>NEW REJECTED>REJECTED TRADE>PARTIALLY_FILLED CANCELED>CANCELED EXPIRED>EXPIRED
NEW               TRADE>PARTIALLY_FILLED CANCELED>CANCELED EXPIRED>EXPIRED
NEW               DONE_FOR_DAY>DONE_FOR_DAY REJECTED>REJECTED
NEW               REPLACED>NEW RESTATED>NEW TRIGGERED>NEW TRADE_CORRECT>NEW
PARTIALLY_FILLED  TRADE>PARTIALLY_FILLED CANCELED>CANCELED EXPIRED>EXPIRED
PARTIALLY_FILLED  DONE_FOR_DAY>DONE_FOR_DAY REPLACED>PARTIALLY_FILLED RESTATED>PARTIALLY_FILLED
PARTIALLY_FILLED  TRIGGERED>PARTIALLY_FILLED
PARTIALLY_FILLED  TRADE_CORRECT>PARTIALLY_FILLED TRADE_CANCEL>PARTIALLY_FILLED
FILLED            TRADE>FILLED REPLACED>PARTIALLY_FILLED TRADE_CORRECT>FILLED TRADE_CANCEL>CANCELED
CANCELED          TRADE>CANCELED TRADE_CORRECT>CANCELED TRADE_CANCEL>CANCELED
EXPIRED           TRADE>EXPIRED TRADE_CORRECT>EXPIRED TRADE_CANCEL>EXPIRED
DONE_FOR_DAY      TRADE>DONE_FOR_DAY TRADE_CORRECT>DONE_FOR_DAY TRADE_CANCEL>DONE_FOR_DAY
REJECTED          TRADE>REJECTED TRADE_CORRECT>REJECTED TRADE_CANCEL>REJECTED
"""


def written_out() -> dict[tuple[S, X], S]:
    table = {}
    for line in WHOLE.strip().splitlines():
        stage, *steps = line.split()
        for step in steps:
            what, _, after = step.partition(">")
            table[S[stage], X[what]] = S[after]
    return table


@pytest.mark.parametrize(("stage", "exec_type"), list(product(S, X)))
def test_a_step_is_in_the_table_or_it_is_refused(stage: S, exec_type: X) -> None:
    expected = written_out().get((stage, exec_type))
    assert allowed(stage, exec_type) is (expected is not None)
    if expected is None:
        with pytest.raises(InvariantBroken):
            next_stage(stage, exec_type)
    else:
        assert next_stage(stage, exec_type) is expected


def test_the_stages_of_the_table_are_stages() -> None:
    assert {stage for stage, _ in LIFECYCLE} == STAGES
    assert set(LIFECYCLE.values()) <= STAGES


def test_what_is_over_stays_over_but_for_a_replace_of_a_filled_order() -> None:
    leaving = {
        (stage, exec_type)
        for (stage, exec_type), after in LIFECYCLE.items()
        if stage in TERMINAL and after not in TERMINAL
    }
    assert leaving == {(S.FILLED, X.REPLACED)}


def a_trade(trade_id: str = "T1", *, qty: int, px: int = 9, leg: int = 0) -> Execution:
    return Execution(
        exec_id=ExecID(f"E-{trade_id}"),
        trade_id=TradeID(trade_id),
        leg=leg,
        last_qty=Decimal(qty),
        last_px=Decimal(px),
    )


def traded(qty: int, *, leg: int = 0) -> e.Traded:
    return e.Traded(order_id=ORDER_ID, execution=a_trade(qty=qty, leg=leg))


def test_quantities_complete_the_row() -> None:
    part = apply(an_order(), traded(40))
    assert (part.stage, part.cum_qty, part.leaves_qty) == (S.PARTIALLY_FILLED, 40, 60)
    whole = apply(part, traded(60))
    assert (whole.stage, whole.cum_qty, whole.leaves_qty) == (S.FILLED, 100, 0)
    assert corrected(part, old=a_trade(qty=40), new=None).stage is S.NEW


def test_a_bust_of_a_filled_order_ends_it() -> None:
    """order-lifecycle: a terminal order never works again; FIX D34 would have it work."""
    whole = apply(an_order(), traded(100))
    after = corrected(whole, old=a_trade(qty=100), new=a_trade(qty=90))
    assert (after.stage, after.cum_qty, after.leaves_qty) == (S.CANCELED, 90, 0)


def test_a_bust_of_the_excess_of_an_overfilled_order_leaves_it_filled() -> None:
    over = apply(apply(an_order(), traded(90)), traded(30))
    after = corrected(over, old=a_trade(qty=30), new=a_trade(qty=10))
    assert (after.stage, after.cum_qty) == (S.FILLED, 100)


@pytest.mark.parametrize("phase", [RequestPhase.SENT, RequestPhase.SUBMITTING])
def test_a_bust_of_a_filled_order_that_is_being_reopened_leaves_it_to_the_replace(
    phase: RequestPhase,
) -> None:
    terms = changed(an_order().terms, order_qty=Decimal(150))
    request = Request(cl_ord_id=ClOrdID("Y"), terms=terms, phase=phase, pended=True)
    whole = apply(an_order(requests=(request,)), traded(100))
    after = corrected(whole, old=a_trade(qty=100), new=a_trade(qty=90))
    assert (after.stage, after.ord_status) == (S.PARTIALLY_FILLED, S.PENDING_REPLACE)
    replaced = e.OrderReplaced(
        order_id=ORDER_ID, exec_id=ExecID("E"), cl_ord_id=ClOrdID("Y"), terms=terms
    )
    assert apply(after, replaced).leaves_qty == 60


def test_a_bust_takes_back_exactly_what_the_trade_had_added() -> None:
    """Twenty-nine digits: a unary minus would have rounded the product to twenty-eight."""
    trade = changed(
        a_trade(qty=1),
        last_qty=Decimal("0.000000000063"),
        last_px=Decimal("158730158730158.730158730159"),
    )
    after = apply(an_order(), e.Traded(order_id=ORDER_ID, execution=trade))
    assert corrected(after, old=trade, new=None).notional == 0


def test_a_trade_of_an_earlier_leg_does_not_count_for_the_working_one() -> None:
    order = an_order(leg=1, leg_qty=Decimal(100))
    after = apply(order, traded(30, leg=0))
    assert (after.cum_qty, after.leg_cum_qty) == (30, 0)
    busted = corrected(after, old=a_trade(qty=30, leg=0), new=None)
    assert (busted.cum_qty, busted.leg_cum_qty) == (0, 0)


def test_a_pending_cancel_outranks_a_pending_replace_and_both_outrank_the_stage() -> None:
    """FIX Appendix D, the precedence of OrdStatus."""
    cancel = Request(cl_ord_id=ClOrdID("Y"), pended=True)
    amend = Request(cl_ord_id=ClOrdID("Z"), terms=an_order().terms, pended=True)
    assert an_order(requests=(amend, cancel)).ord_status is S.PENDING_CANCEL
    assert an_order(requests=(amend,)).ord_status is S.PENDING_REPLACE
    filled = an_order(stage=S.FILLED, cum_qty=Decimal(100), requests=(cancel,))
    assert filled.ord_status is S.PENDING_CANCEL
    assert an_order(stage=S.CANCELED, requests=(cancel,)).ord_status is S.CANCELED


def test_a_working_order_never_holds_more_than_its_quantity() -> None:
    with pytest.raises(InvariantBroken):
        an_order(cum_qty=Decimal(101))
    with pytest.raises(InvariantBroken):
        an_order(cum_qty=Decimal(-1))
