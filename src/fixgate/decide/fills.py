"""Trades, corrections and busts from a venue.

Here: what a trade means for its order; each venue trade id counts once.
Not here: the order's arithmetic (lifecycle).
"""

from collections.abc import Iterator

from fixgate.decide.closing import finish_if_complete
from fixgate.decide.settle import acknowledged
from fixgate.decide.turn import Turn
from fixgate.decide.working import advance
from fixgate.domain import events as e
from fixgate.domain.inputs import VenueTradeCorrected, VenueTraded
from fixgate.domain.lifecycle import allowed
from fixgate.domain.order import Execution, Order
from fixgate.domain.rounding import ZERO
from fixgate.domain.values import ExecType


def traded(turn: Turn, trade: VenueTraded) -> Iterator[e.Event]:
    """A trade. Scenario X3: the same trade id again changes nothing."""
    named = turn.order_of(trade.venue_cl_ord_id)
    if named is None:
        yield _stray(f"Trade {trade.trade_id} of unknown order {trade.venue_cl_ord_id}")
        return
    order, leg = named
    if trade.trade_id in turn.state.executions.get(order.order_id, {}):
        return
    if trade.last_qty <= ZERO:
        yield _stray(f"Trade {trade.trade_id} has no quantity", order)
        return
    # A trade proves that the venue took the leg, whatever became of its answer (scenario X2).
    yield from acknowledged(turn, order, leg, trade.venue_order_id)
    order = turn.order(order.order_id)
    yield from _counted(turn, order, leg, trade)


def _counted(turn: Turn, order: Order, leg: int, trade: VenueTraded) -> Iterator[e.Event]:
    if order.is_terminal:
        yield _stray(f"Trade {trade.trade_id} after the order was {order.stage.name}", order)
    elif order.cum_qty + trade.last_qty > order.terms.order_qty:
        yield _stray(f"Trade {trade.trade_id} exceeds OrderQty", order)
    execution = Execution(
        exec_id=turn.exec_id(),
        trade_id=trade.trade_id,
        leg=leg,
        last_qty=trade.last_qty,
        last_px=trade.last_px,
    )
    yield e.Traded(
        order_id=order.order_id,
        execution=execution,
        fee=trade.fee,
        fee_currency=trade.fee_currency,
        maker=trade.maker,
    )
    yield from finish_if_complete(turn, order.order_id)
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
    if (old.last_qty, old.last_px) == (correction.last_qty, correction.last_px):
        return
    busted = not correction.last_qty
    if not allowed(order.stage, ExecType.TRADE_CANCEL if busted else ExecType.TRADE_CORRECT):
        yield _stray(f"Correction of trade {correction.trade_id} does not apply", order)
    elif busted:
        yield e.TradeBusted(
            order_id=order.order_id,
            trade_id=old.trade_id,
            exec_id=turn.exec_id(),
            exec_ref_id=old.exec_id,
        )
    else:
        execution = Execution(
            exec_id=turn.exec_id(),
            trade_id=old.trade_id,
            leg=old.leg,
            last_qty=correction.last_qty,
            last_px=correction.last_px,
        )
        yield e.TradeCorrected(
            order_id=order.order_id, execution=execution, exec_ref_id=old.exec_id
        )


def _stray(text: str, order: Order | None = None) -> e.AlertRaised:
    return e.AlertRaised(
        subject="venue trade", text=text, order_id=order.order_id if order else None
    )
