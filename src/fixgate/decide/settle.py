"""What a venue says of a leg: that it works, what became of it, that it never had it.

Here: acknowledged() and leg_reported(), which settle every uncertain outcome by the venue's word.
Not here: the answer to a single call (answers), the end of a leg (closing).
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from fixgate.decide.closing import leg_closed, moot
from fixgate.decide.resubmitting import submit_again
from fixgate.decide.turn import Turn
from fixgate.decide.withdrawing import returned
from fixgate.decide.working import advance, refuse, replaced
from fixgate.domain import events as e
from fixgate.domain.frozen import changed, maker
from fixgate.domain.ids import VenueOrderID
from fixgate.domain.inputs import LegState, VenueLegReported
from fixgate.domain.lifecycle import allowed
from fixgate.domain.order import Order, RequestPhase, Terms
from fixgate.domain.rounding import ZERO
from fixgate.domain.state import LOST
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import OrdStatus as S
from fixgate.domain.values import RefusalReason, RestatementReason

_acknowledged: Final = maker(e.OrderAcknowledged)


def acknowledged(
    turn: Turn, order: Order, leg: int, venue_order_id: VenueOrderID | None
) -> Iterator[e.Event]:
    """The venue has the leg. Says so once; later signs of the same change nothing."""
    if leg != order.leg:
        return
    head = order.requests[0] if order.requests else None
    if order.stage is S.PENDING_NEW:
        yield _acknowledged(
            order_id=order.order_id, exec_id=turn.exec_id(), venue_order_id=venue_order_id
        )
        yield from advance(turn, order.order_id)
    elif head is not None and head.phase is RequestPhase.SUBMITTING:
        yield from replaced(turn, order, head, venue_order_id)
    elif order.is_unanswered:
        yield e.LegAcknowledged(order_id=order.order_id, venue_order_id=venue_order_id)
        yield from advance(turn, order.order_id)
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
            yield from _works(turn, order, report)
    if order.order_id in turn.state.unsettled:
        yield e.OrderSettled(order_id=order.order_id)
    if order.withdrawn is not None and report.state is LegState.WORKING:
        yield from returned(turn, turn.order(order.order_id))
        yield from advance(turn, order.order_id)


def _missing_trades(turn: Turn, report: VenueLegReported) -> Iterator[e.Event]:
    named = turn.order_of(report.venue_cl_ord_id)
    if named is not None and named[0].closing is not None:
        text = f"The venue counts {report.leg_cum_qty} traded, more than the trades it reported"
        yield e.AlertRaised(subject="missing trades", text=text, order_id=named[0].order_id)


def _not_found(turn: Turn, order: Order, report: VenueLegReported) -> Iterator[e.Event]:
    again = submit_again(turn, order)
    if again is not None:
        yield again
        return
    text = report.text or "The order never reached the venue"
    head = order.requests[0] if order.requests else None
    if order.is_unanswered or (head and head.phase is RequestPhase.SUBMITTING):
        yield from leg_closed(turn, order, X.REJECTED, order.leg_cum_qty, text=text, ask=False)
        return
    if not order.is_terminal:
        text = f"{report.venue} does not know {report.venue_cl_ord_id}, which it had accepted"
        yield e.AlertRaised(subject=LOST, text=text, order_id=order.order_id)
        asked = head is not None and head.is_cancel and head.phase is RequestPhase.SENT
        if asked or order.withdrawn is not None:
            yield from leg_closed(turn, order, X.CANCELED, order.leg_cum_qty, ask=False)
            return
    yield from moot(turn, order.order_id)
    yield from advance(turn, order.order_id)


def given_up(order: Order) -> Iterator[e.Event]:
    """The venue works an order that it had refused, or had been certain not to have.

    The client was told that it never worked, so it must not.
    """
    text = "The venue works an order that was reported rejected; it is canceled there"
    yield e.AlertRaised(subject="venue order", text=text, order_id=order.order_id)
    yield e.CancelSent(order_id=order.order_id, cl_ord_id=None)


def _works(turn: Turn, order: Order, report: VenueLegReported) -> Iterator[e.Event]:
    """The leg works: an uncertain request was either carried out or not."""
    head = order.requests[0] if order.requests else None
    if order.stage is S.REJECTED:
        yield from given_up(order)
    elif (
        order.stage is S.PENDING_NEW
        or head is None
        or head.phase in (RequestPhase.WAITING, RequestPhase.SUBMITTING)
    ):
        yield from acknowledged(turn, order, order.leg, report.venue_order_id)
        yield from restated(turn, turn.order(order.order_id), report)
    elif took_effect(order, report.leg_qty, report.price):
        if allowed(order.stage, X.REPLACED):
            yield from replaced(turn, order, head, report.venue_order_id)
    elif head.denial is not None:
        yield refuse(order, head, RefusalReason.VENUE_REFUSED, head.denial)
        yield from advance(turn, order.order_id)
    elif head.doubtful:
        # Else the report may be older than the call, whose own answer is still to come.
        yield e.RequestReturned(order_id=order.order_id, cl_ord_id=head.cl_ord_id)
        yield from advance(turn, order.order_id)


def took_effect(order: Order, leg_qty: Decimal | None, price: Decimal | None) -> bool:
    """Whether a leg of these values shows that the replace under way was carried out."""
    head = order.requests[0] if order.requests else None
    if head is None or head.terms is None or head.phase is not RequestPhase.SENT:
        return False
    same_price = head.terms.price is None or head.terms.price == price
    return leg_qty == head.terms.order_qty - order.leg_base_qty and same_price


def restated(turn: Turn, order: Order, report: VenueLegReported) -> Iterator[e.Event]:
    """Scenario X9: the venue works the order with other values than we think."""
    terms = as_worked(order, report.leg_qty, report.price)
    yield from restate(turn, order, terms, RestatementReason.OTHER, report.text)


def as_worked(order: Order, leg_qty: Decimal | None, price: Decimal | None) -> Terms:
    """The order's terms, given that its leg works with these values; None: unchanged."""
    terms = order.terms
    if leg_qty is not None and leg_qty != order.leg_qty:
        terms = changed(terms, order_qty=terms.order_qty + leg_qty - order.leg_qty)
    if price is not None and terms.price is not None:
        terms = changed(terms, price=price)
    return terms


def restate(
    turn: Turn, order: Order, terms: Terms, reason: RestatementReason, text: str | None
) -> Iterator[e.Event]:
    """The venue changed the order unasked (150=D), unless nothing really differs."""
    if order.is_terminal or order.stage is S.PENDING_NEW or terms == order.terms:
        return
    if terms.order_qty <= ZERO or terms.order_qty < order.cum_qty:
        return  # not a quantity an order can have: a report out of its time
    if reason is RestatementReason.OTHER and terms.order_qty < order.terms.order_qty:
        reason = RestatementReason.PARTIAL_DECLINE
    yield e.OrderRestated(
        order_id=order.order_id,
        exec_id=turn.exec_id(),
        terms=terms,
        restatement=reason,
        text=text,
    )
    yield from advance(turn, order.order_id)
