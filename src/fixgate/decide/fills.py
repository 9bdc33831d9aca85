"""Trades, corrections and busts from a venue.

Here: what a trade means for its order; each venue trade id counts once.
Not here: the order's arithmetic (lifecycle).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.closing import finish_if_complete, leg_exhausted
from fixgate.decide.limits import new_day, paused_after
from fixgate.decide.settle import acknowledged
from fixgate.decide.turn import Turn
from fixgate.decide.working import advance, replaced
from fixgate.domain import events as e
from fixgate.domain.frozen import maker
from fixgate.domain.ids import OrderID
from fixgate.domain.inputs import VenueTradeCorrected, VenueTraded
from fixgate.domain.lifecycle import allowed
from fixgate.domain.order import Execution, Order, RequestPhase
from fixgate.domain.rounding import ZERO, summable, within_limits
from fixgate.domain.values import ExecType

_execution: Final = maker(Execution)
_traded: Final = maker(e.Traded)


def traded(turn: Turn, trade: VenueTraded) -> Iterator[e.Event]:
    """A trade. Scenario X3: the same trade id again changes nothing."""
    named = turn.order_of(trade.venue_cl_ord_id)
    if named is None:
        yield _stray(f"Trade {trade.trade_id} of unknown order {trade.venue_cl_ord_id}")
        return
    order, leg = named
    if trade.trade_id in turn.state.executions.get(order.order_id, {}):
        return
    if leg > order.leg:
        yield _stray(f"Trade {trade.trade_id} of {trade.venue_cl_ord_id}, never sent", order)
        return
    if not _sane(trade) or trade.last_qty <= ZERO:
        yield _stray(f"Trade {trade.trade_id} has no quantity, price or fee that can be", order)
        return
    # A trade proves that the venue took the leg, whatever became of its answer (scenario X2).
    yield from acknowledged(turn, order, leg, trade.venue_order_id)
    yield from _proves_replace(turn, order.order_id, leg, trade)
    order = turn.order(order.order_id)
    yield from _counted(turn, order, leg, trade)


def _sane(trade: VenueTraded | VenueTradeCorrected) -> bool:
    """Whether sums with it stay exact; the adapters see to it, and this is the last line."""
    fee_counts = trade.fee is None or summable(trade.fee)
    return fee_counts and within_limits(trade.last_qty) and summable(trade.last_px)


def _proves_replace(
    turn: Turn, order_id: OrderID, leg: int, trade: VenueTraded
) -> Iterator[e.Event]:
    """More than the old OrderQty can trade only if the replace that is under way took effect."""
    order = turn.order(order_id)
    head = order.requests[0] if order.requests else None
    if head is None or head.terms is None or head.phase is not RequestPhase.SENT:
        return
    after = order.cum_qty + trade.last_qty
    raised = order.terms.order_qty < after <= head.terms.order_qty
    replaceable = allowed(order.stage, ExecType.REPLACED)
    if leg == order.leg and raised and replaceable:
        yield from replaced(turn, order, head)


def _counted(turn: Turn, order: Order, leg: int, trade: VenueTraded) -> Iterator[e.Event]:
    if order.is_terminal:
        yield _stray(f"Trade {trade.trade_id} after the order was {order.stage.name}", order)
    elif order.cum_qty + trade.last_qty > order.terms.order_qty:
        yield _stray(f"Trade {trade.trade_id} exceeds OrderQty", order)
    elif leg != order.leg:
        yield _stray(f"Trade {trade.trade_id} of an earlier leg, which was counted", order)
    yield from new_day(turn)
    counts = turn.state.exposure.counted.repeated_count > 0 and order.part_of is None
    execution = _execution(
        exec_id=turn.exec_id(),
        trade_id=trade.trade_id,
        leg=leg,
        last_qty=trade.last_qty,
        last_px=trade.last_px,
    )
    yield _traded(
        order_id=order.order_id,
        execution=execution,
        fee=trade.fee,
        fee_currency=trade.fee_currency,
        maker=trade.maker,
        at_ns=turn.moment.at_ns if counts else None,
    )
    if counts:
        yield from paused_after(turn, order.instruction)
    yield from _after(turn, order)


def _after(turn: Turn, order: Order) -> Iterator[e.Event]:
    """What follows once quantities have changed. ``order`` is as it was before."""
    yield from finish_if_complete(turn, order.order_id)
    if not order.is_terminal:
        yield from leg_exhausted(turn, order.order_id)
    yield from advance(turn, order.order_id)


def corrected(turn: Turn, correction: VenueTradeCorrected) -> Iterator[e.Event]:
    """A trade changed or, with zero quantity, taken back (matrices J.1)."""
    named = turn.order_of(correction.venue_cl_ord_id)
    trades = turn.state.executions.get(named[0].order_id, {}) if named else {}
    old = trades.get(correction.trade_id)
    if named is None or old is None:
        yield _stray(f"Correction of unknown trade {correction.trade_id}")
        return
    order = named[0]
    if not _sane(correction) or correction.last_qty < ZERO:
        yield _stray(f"Correction of trade {correction.trade_id} makes no sense", order)
        return
    busted = not correction.last_qty
    same = (old.last_qty, old.last_px) == (correction.last_qty, correction.last_px)
    if same or (busted and not old.last_qty):
        return
    if not old.last_qty:
        yield _stray(f"Correction of trade {correction.trade_id}, which was busted", order)
    elif not allowed(order.stage, ExecType.TRADE_CANCEL if busted else ExecType.TRADE_CORRECT):
        yield _stray(f"Correction of trade {correction.trade_id} does not apply", order)
    elif busted:
        yield e.TradeBusted(
            order_id=order.order_id,
            trade_id=old.trade_id,
            exec_id=turn.exec_id(),
            exec_ref_id=old.exec_id,
            fee=correction.fee,
            fee_currency=correction.fee_currency,
        )
        yield from _after(turn, order)
    else:
        execution = Execution(
            exec_id=turn.exec_id(),
            trade_id=old.trade_id,
            leg=old.leg,
            last_qty=correction.last_qty,
            last_px=correction.last_px,
        )
        yield e.TradeCorrected(
            order_id=order.order_id,
            execution=execution,
            exec_ref_id=old.exec_id,
            fee=correction.fee,
            fee_currency=correction.fee_currency,
        )
        yield from _after(turn, order)


def _stray(text: str, order: Order | None = None) -> e.AlertRaised:
    return e.AlertRaised(
        subject="venue trade", text=text, order_id=order.order_id if order else None
    )
