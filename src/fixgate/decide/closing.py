"""The end of a venue's leg: canceled, expired, done for the day, rejected.

Here: what it means for the order: the end, the answer to a cancel, or a step of a replace.
A leg's end is acted on only when every trade the venue counted has reached us.
Not here: which message said so (settle, answers).
"""

from collections.abc import Iterator
from decimal import Decimal

from fixgate.decide.turn import Turn
from fixgate.decide.working import advance, may_reopen, next_leg, refuse, replaced, too_late
from fixgate.domain import events as e
from fixgate.domain.ids import OrderID
from fixgate.domain.lifecycle import allowed
from fixgate.domain.order import Closing, Order, Request, RequestPhase
from fixgate.domain.rounding import ZERO, to_wire
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import OrdStatus as S
from fixgate.domain.values import RefusalReason, RestatementReason, TimeInForce

_IMMEDIATE = (TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL)


def leg_closed(
    turn: Turn,
    order: Order,
    exec_type: X,
    leg_cum_qty: Decimal,
    *,
    text: str | None = None,
    restatement: RestatementReason | None = None,
    ask: bool = True,
) -> Iterator[e.Event]:
    """The venue ended the order's working leg after ``leg_cum_qty``.

    Args:
        turn: the input being decided.
        order: its state now.
        exec_type: CANCELED, EXPIRED, DONE_FOR_DAY, REJECTED, or TRADE for filled.
        leg_cum_qty: what the leg traded by the venue's count.
        text: the venue's words, for Text (58).
        restatement: tag 378 of a cancel nobody here asked for.
        ask: whether to ask the venue for trades that are missing.

    """
    closing = Closing(
        exec_type=exec_type, leg_cum_qty=leg_cum_qty, text=text, restatement=restatement
    )
    if leg_cum_qty > order.leg_cum_qty:
        yield e.ClosingNoted(order_id=order.order_id, closing=closing)
        if ask:
            yield e.QuerySent(order_id=order.order_id)
        return
    yield from _finish(turn, order, closing)


def finish_if_complete(turn: Turn, order_id: OrderID) -> Iterator[e.Event]:
    """Act on a noted end once the last of its trades is here."""
    order = turn.order(order_id)
    closing = order.closing
    if closing is not None and not order.awaits_trades:
        yield from _finish(turn, order, closing)


def leg_exhausted(turn: Turn, order_id: OrderID) -> Iterator[e.Event]:
    """Compare the order with its working leg after a trade.

    They differ only where a venue took back or brought late a trade of an earlier leg: the leg
    is then done before the order, which ends with it, or it has more open than the order may
    still trade, which is canceled (scenario X8: never more than OrderQty).
    """
    order = turn.order(order_id)
    open_qty = order.leg_qty - order.leg_cum_qty
    busy = bool(order.requests) and order.requests[0].phase is not RequestPhase.WAITING
    if busy or order.awaits_trades:
        return
    if open_qty <= ZERO and not order.is_terminal:
        closing = Closing(exec_type=X.TRADE, leg_cum_qty=order.leg_cum_qty)
        yield from _finish(turn, order, closing)
    elif open_qty > ZERO and order.stage is S.FILLED:
        text = f"{to_wire(open_qty)} more is open at the venue than the order may trade"
        yield e.AlertRaised(subject="venue order", text=text, order_id=order_id)
        yield e.CancelSent(order_id=order_id, cl_ord_id=None)


def _finish(turn: Turn, order: Order, closing: Closing) -> Iterator[e.Event]:
    head = order.requests[0] if order.requests else None
    if head is not None and head.phase is RequestPhase.SUBMITTING:
        yield from _leg_stillborn(turn, order, head, closing)
        return
    if closing.exec_type is X.REJECTED and order.stage in (S.PENDING_NEW, S.NEW):
        text = closing.text or "Rejected by the venue"
        yield e.OrderRejected(
            order_id=order.order_id,
            exec_id=turn.exec_id(),
            reason=RefusalReason.VENUE_REFUSED,
            text=text,
        )
        yield from moot(turn, order.order_id)
    elif head is not None and _makes_room(order, head, closing):
        yield from _leg_made_room(turn, order, head)
        return
    elif order.is_terminal:
        yield from moot(turn, order.order_id)
    else:
        yield _ended(turn, order, head, closing)
        yield from moot(turn, order.order_id)
    yield from advance(turn, order.order_id)


def _makes_room(order: Order, head: Request, closing: Closing) -> bool:
    """Whether the leg ended because we canceled it to send the next one.

    If the venue ended it for its own reasons, the order is over, and no next leg is sent.
    """
    if head.phase is not RequestPhase.CANCELING or order.withdrawn is not None:
        return False
    if order.is_terminal:
        return order.stage is S.FILLED
    return closing.exec_type is X.CANCELED and head.denial is None


def _ended(turn: Turn, order: Order, head: Request | None, closing: Closing) -> e.OrderClosed:
    immediate = order.terms.time_in_force in _IMMEDIATE
    # FIX Appendix D, I.1: what an IOC or FOK cannot trade is canceled, not expired.
    exec_type = X.CANCELED if immediate and closing.exec_type is X.EXPIRED else closing.exec_type
    text, restatement = closing.text, closing.restatement
    if exec_type is X.TRADE:
        text = text or "The venue's order is filled; what is left of OrderQty does not work"
    if exec_type is X.TRADE or not allowed(order.stage, exec_type):
        exec_type = X.CANCELED
    asked = head is not None and head.is_cancel and head.phase is RequestPhase.SENT
    withdrawn = order.withdrawn
    if withdrawn is not None and exec_type is X.CANCELED and not asked:
        if withdrawn.expires and allowed(order.stage, X.EXPIRED):
            exec_type = X.EXPIRED
        else:
            text, restatement = withdrawn.text, withdrawn.restatement
    answers = head.cl_ord_id if head and asked and exec_type is X.CANCELED else None
    if restatement is None and exec_type is X.CANCELED and not asked and not immediate:
        restatement = RestatementReason.VENUE_CANCEL
    return e.OrderClosed(
        order_id=order.order_id,
        exec_id=turn.exec_id(),
        exec_type=exec_type,
        cl_ord_id=answers,
        restatement=restatement,
        text=text,
    )


def moot(turn: Turn, order_id: OrderID) -> Iterator[e.Event]:
    """Refuse requests whose call was under way when the order filled, or ended on its own."""
    order = turn.order(order_id)
    for each in order.requests:
        if each.phase is not RequestPhase.WAITING:
            yield refuse(order, each, RefusalReason.TOO_LATE, each.denial or too_late(order))


def _leg_made_room(turn: Turn, order: Order, head: Request) -> Iterator[e.Event]:
    """The working leg is gone and counted; the replace goes on with the rest, or is done."""
    if head.terms is None:
        return
    if order.stage is S.FILLED and not may_reopen(turn.state, order, head.terms):
        # FIX Appendix D, C.2.a: it filled before the replace got there.
        yield from moot(turn, order.order_id)
        yield from advance(turn, order.order_id)
    elif head.terms.order_qty <= order.cum_qty:
        yield from replaced(turn, order, head)
    else:
        yield next_leg(turn.state, order, head.terms)


def _leg_stillborn(turn: Turn, order: Order, head: Request, closing: Closing) -> Iterator[e.Event]:
    """The venue canceled the old leg and then refused or ended the new one: nothing works."""
    text = closing.text or "The venue refused the replacement"
    if not order.is_terminal:
        # The end comes first, so that the refusal does not say that the order still works.
        yield e.OrderClosed(
            order_id=order.order_id,
            exec_id=turn.exec_id(),
            exec_type=X.CANCELED,
            restatement=RestatementReason.OTHER,
            text=text,
        )
    yield refuse(order, head, RefusalReason.VENUE_REFUSED, text)
    yield from advance(turn, order.order_id)
