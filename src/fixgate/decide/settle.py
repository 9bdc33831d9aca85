"""What a venue says of a leg: that it works, what became of it, that it never had it.

Here: acknowledged() and leg_reported(), which settle every uncertain outcome by the venue's word.
Not here: the answer to a single call (answers), the end of a leg (closing).
"""

from collections.abc import Iterator
from dataclasses import replace

from fixgate.decide.closing import leg_closed
from fixgate.decide.turn import Turn
from fixgate.decide.working import advance, refuse, replaced
from fixgate.domain import events as e
from fixgate.domain.ids import VenueOrderID
from fixgate.domain.inputs import LegState, VenueLegReported
from fixgate.domain.order import Order, Request, RequestPhase, Terms
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import OrdStatus as S
from fixgate.domain.values import RefusalReason, RestatementReason


def acknowledged(
    turn: Turn, order: Order, leg: int, venue_order_id: VenueOrderID | None
) -> Iterator[e.Event]:
    """The venue has the leg. Says so once; later signs of the same change nothing."""
    if leg != order.leg:
        return
    head = order.requests[0] if order.requests else None
    if order.stage is S.PENDING_NEW:
        yield e.OrderAcknowledged(
            order_id=order.order_id, exec_id=turn.exec_id(), venue_order_id=venue_order_id
        )
        yield from advance(turn, order.order_id)
    elif head is not None and head.phase is RequestPhase.SUBMITTING:
        yield from replaced(turn, order, head, venue_order_id)
    elif order.venue_order_id is None and venue_order_id is not None:
        yield e.LegAcknowledged(order_id=order.order_id, venue_order_id=venue_order_id)


def leg_reported(turn: Turn, report: VenueLegReported) -> Iterator[e.Event]:
    """The settled answer to a query."""
    named = turn.order_of(report.venue_cl_ord_id)
    if named is None or named[1] != named[0].leg:
        return
    order, leg = named
    match report.state:
        case LegState.NOT_FOUND:
            yield from _not_found(turn, order, report)
        case LegState.CLOSED:
            exec_type = report.exec_type or X.CANCELED
            if exec_type is not X.REJECTED:
                yield from acknowledged(turn, order, leg, report.venue_order_id)
            order = turn.order(order.order_id)
            yield from leg_closed(
                turn, order, exec_type, report.leg_cum_qty, text=report.text, ask=False
            )
            yield from _missing_trades(turn, report)
        case LegState.WORKING:
            yield from acknowledged(turn, order, leg, report.venue_order_id)
            yield from _works(turn, turn.order(order.order_id), report)
    if order.order_id in turn.state.unsettled:
        yield e.OrderSettled(order_id=order.order_id)


def _missing_trades(turn: Turn, report: VenueLegReported) -> Iterator[e.Event]:
    named = turn.order_of(report.venue_cl_ord_id)
    if named is not None and named[0].closing is not None:
        text = f"The venue counts {report.leg_cum_qty} traded, more than the trades it reported"
        yield e.AlertRaised(subject="missing trades", text=text, order_id=named[0].order_id)


def _not_found(turn: Turn, order: Order, report: VenueLegReported) -> Iterator[e.Event]:
    text = report.text or "The order never reached the venue"
    head = order.requests[0] if order.requests else None
    if order.stage is S.PENDING_NEW or (head and head.phase is RequestPhase.SUBMITTING):
        yield from leg_closed(turn, order, X.REJECTED, order.leg_cum_qty, text=text, ask=False)
    elif not order.is_terminal:
        text = f"{report.venue} does not know {report.venue_cl_ord_id}, which it had accepted"
        yield e.AlertRaised(subject="order lost at venue", text=text, order_id=order.order_id)


def _works(turn: Turn, order: Order, report: VenueLegReported) -> Iterator[e.Event]:
    """The leg works: an uncertain request was either carried out or not."""
    head = order.requests[0] if order.requests else None
    if head is None or head.phase in (RequestPhase.WAITING, RequestPhase.SUBMITTING):
        yield from restated(turn, order, report)
    elif head.denial is not None:
        yield refuse(order, head, RefusalReason.VENUE_REFUSED, head.denial)
        yield from advance(turn, order.order_id)
    elif head.phase is RequestPhase.SENT and _took_effect(order, head, report):
        yield from replaced(turn, order, head, report.venue_order_id)
    else:
        yield e.RequestReturned(order_id=order.order_id, cl_ord_id=head.cl_ord_id)
        yield from advance(turn, order.order_id)


def _took_effect(order: Order, head: Request, report: VenueLegReported) -> bool:
    if head.terms is None or report.leg_qty is None:
        return False
    qty = head.terms.order_qty - order.leg_base_qty
    same_price = head.terms.price is None or head.terms.price == report.price
    return report.leg_qty == qty and same_price


def restated(turn: Turn, order: Order, report: VenueLegReported) -> Iterator[e.Event]:
    """Scenario X9: the venue works the order with other values than we think."""
    yield from restate(turn, order, _as_worked(order, report), RestatementReason.OTHER, report.text)


def _as_worked(order: Order, report: VenueLegReported) -> Terms:
    terms = order.terms
    if report.leg_qty is not None:
        terms = replace(terms, order_qty=report.leg_qty + order.leg_base_qty)
    if report.price is not None and terms.price is not None:
        terms = replace(terms, price=report.price)
    return terms


def restate(
    turn: Turn, order: Order, terms: Terms, reason: RestatementReason, text: str | None
) -> Iterator[e.Event]:
    """The venue changed the order unasked (150=D), unless nothing really differs."""
    if order.is_terminal or order.stage is S.PENDING_NEW or terms == order.terms:
        return
    if terms.order_qty < order.cum_qty:
        return  # not a quantity an order can have: a report out of its time
    yield e.OrderRestated(
        order_id=order.order_id,
        exec_id=turn.exec_id(),
        terms=terms,
        restatement=reason,
        text=text,
    )
