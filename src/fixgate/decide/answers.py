"""A venue's answers to our calls, and what it says of an order unasked.

Here: which answer means what for the order's stage and its open requests.
Not here: trades (fills), settling what is uncertain (settle).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.closing import leg_closed
from fixgate.decide.settle import acknowledged, as_worked, given_up, restate, took_effect
from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import failed
from fixgate.decide.working import advance, refuse, replaced, too_late
from fixgate.domain import events as e
from fixgate.domain.inputs import (
    Outcome,
    VenueAnswered,
    VenueCall,
    VenueClosed,
    VenueRestated,
    VenueTriggered,
)
from fixgate.domain.lifecycle import allowed
from fixgate.domain.order import Order, Request, RequestPhase
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import OrdStatus, RefusalReason

_NOT_REACHED: Final = "The venue could not be reached; nothing was sent"


def answered(turn: Turn, answer: VenueAnswered) -> Iterator[e.Event]:
    """The answer to one of our calls."""
    named = turn.order_of(answer.venue_cl_ord_id)
    if named is None:
        text = f"{answer.venue} answers a call for unknown order {answer.venue_cl_ord_id}"
        yield e.AlertRaised(subject="venue answer", text=text)
        return
    order, leg = named
    if leg != order.leg:
        return
    if answer.outcome is Outcome.UNKNOWN:
        # Never sent again: the venue is asked what became of it (scenario X1).
        head = None if answer.call is VenueCall.SUBMIT else _in_flight(order, answer)
        yield e.QuerySent(order_id=order.order_id, cl_ord_id=head.cl_ord_id if head else None)
        return
    match answer.call:
        case VenueCall.SUBMIT:
            yield from _submit_answered(turn, order, leg, answer)
        case VenueCall.CANCEL:
            yield from _cancel_answered(turn, order, answer)
        case VenueCall.REPLACE:
            yield from _replace_answered(turn, order, answer)


def _submit_answered(
    turn: Turn, order: Order, leg: int, answer: VenueAnswered
) -> Iterator[e.Event]:
    if answer.outcome is Outcome.ACCEPTED:
        if order.stage is OrdStatus.REJECTED:
            yield from given_up(order)
        yield from acknowledged(turn, order, leg, answer.venue_order_id)
        return
    head = order.requests[0] if order.requests else None
    if order.is_unanswered and answer.outcome is Outcome.NOT_SENT:
        yield e.OrderRejected(
            order_id=order.order_id,
            exec_id=turn.exec_id(),
            reason=RefusalReason.VENUE_DOWN,
            text=answer.text or _NOT_REACHED,
        )
        yield from advance(turn, order.order_id)
    elif order.is_unanswered or (head is not None and head.phase is RequestPhase.SUBMITTING):
        text = answer.text or _NOT_REACHED
        yield from leg_closed(turn, order, X.REJECTED, order.leg_cum_qty, text=text)
    else:
        text = f"{answer.venue} refused an order that it works: {answer.text or 'no reason'}"
        yield e.AlertRaised(subject="venue answer", text=text, order_id=order.order_id)


def _in_flight(order: Order, answer: VenueAnswered) -> Request | None:
    """The open request that the answer is about, if its call is still out."""
    head = order.requests[0] if order.requests else None
    if head is None or head.phase in (RequestPhase.WAITING, RequestPhase.SUBMITTING):
        return None
    if answer.request is None and order.withdrawn is not None:
        return None  # it is about our own cancel
    return head if answer.request in (None, head.cl_ord_id) else None


def _cancel_answered(turn: Turn, order: Order, answer: VenueAnswered) -> Iterator[e.Event]:
    head = _in_flight(order, answer)
    if answer.outcome is Outcome.ACCEPTED:
        if head is not None or not order.is_terminal:
            cum = order.leg_cum_qty if answer.leg_cum_qty is None else answer.leg_cum_qty
            yield from leg_closed(turn, order, X.CANCELED, cum)
    elif head is None:
        if answer.request is None and not order.is_terminal:
            yield from failed(turn, order, answer)
    elif answer.outcome is Outcome.NOT_SENT:
        yield e.RequestReturned(order_id=order.order_id, cl_ord_id=head.cl_ord_id)
        yield from advance(turn, order.order_id)
    elif order.is_terminal:
        yield refuse(order, head, RefusalReason.TOO_LATE, answer.text or too_late(order))
        yield from advance(turn, order.order_id)
    else:
        # It may have traded or ended a moment ago; the venue's word on the order comes first,
        # so that the client hears of the fill before the refusal (matrix B.1.c).
        text = answer.text or "The venue refused the cancel"
        yield e.CancelDenied(order_id=order.order_id, cl_ord_id=head.cl_ord_id, text=text)
        yield e.QuerySent(order_id=order.order_id)


def _replace_answered(turn: Turn, order: Order, answer: VenueAnswered) -> Iterator[e.Event]:
    head = _in_flight(order, answer)
    if head is None:
        return
    if answer.outcome is Outcome.ACCEPTED and allowed(order.stage, X.REPLACED):
        # Also of a filled order: it was raised before it traded what it had (matrix C.1.b).
        yield from replaced(turn, order, head, answer.venue_order_id)
    elif answer.outcome is Outcome.NOT_SENT:
        yield e.RequestReturned(order_id=order.order_id, cl_ord_id=head.cl_ord_id)
        yield from advance(turn, order.order_id)
    elif head.attempts and not order.is_terminal:
        # An earlier try may have been carried out after all; the venue's word comes first.
        text = answer.text or "The venue refused the replace"
        yield e.CancelDenied(order_id=order.order_id, cl_ord_id=head.cl_ord_id, text=text)
        yield e.QuerySent(order_id=order.order_id)
    else:
        reason = RefusalReason.TOO_LATE if order.is_terminal else RefusalReason.VENUE_REFUSED
        yield refuse(order, head, reason, answer.text or "The venue refused the replace")
        yield from advance(turn, order.order_id)


def closed(turn: Turn, ended: VenueClosed) -> Iterator[e.Event]:
    """The venue ended a leg, asked or unasked (matrices E.1.b, I.1, scenario X4)."""
    named = turn.order_of(ended.venue_cl_ord_id)
    if named is None or named[1] != named[0].leg:
        return
    order, leg = named
    if ended.exec_type is not X.REJECTED:
        yield from acknowledged(turn, order, leg, None)
        order = turn.order(order.order_id)
    head = order.requests[0] if order.requests else None
    if order.is_terminal and (head is None or head.phase is RequestPhase.WAITING):
        return
    yield from leg_closed(
        turn,
        order,
        ended.exec_type,
        ended.leg_cum_qty,
        text=ended.text,
        restatement=ended.restatement,
    )


def changed(turn: Turn, report: VenueRestated) -> Iterator[e.Event]:
    """The venue works a leg with other values than we asked (matrices E.1.c, E.1.d)."""
    named = turn.order_of(report.venue_cl_ord_id)
    if named is None or named[1] != named[0].leg:
        return
    order, leg = named
    yield from acknowledged(turn, order, leg, None)
    order = turn.order(order.order_id)
    head = order.requests[0] if order.requests else None
    if head is not None and took_effect(order, report.leg_qty, report.price):
        # The venue's stream is ahead of its answer.
        if allowed(order.stage, X.REPLACED):
            yield from replaced(turn, order, head)
        return
    terms = as_worked(order, report.leg_qty, report.price)
    yield from restate(turn, order, terms, report.restatement, report.text)


def triggered(turn: Turn, report: VenueTriggered) -> Iterator[e.Event]:
    """A stop order became active (matrix E.1.f)."""
    named = turn.order_of(report.venue_cl_ord_id)
    if named is None or named[1] != named[0].leg:
        return
    order, leg = named
    yield from acknowledged(turn, order, leg, None)
    order = turn.order(order.order_id)
    if order.triggered or not order.terms.ord_type.needs_stop_px:
        return
    if allowed(order.stage, X.TRIGGERED):
        yield e.OrderTriggered(order_id=order.order_id, exec_id=turn.exec_id())
