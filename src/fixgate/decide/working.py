"""Carrying out the open requests of an order, one at a time, in the order they came.

Here: advance(), which starts the first waiting request; completing and refusing requests.
Not here: taking requests (requests), understanding venues (answers).
"""

from collections.abc import Iterator
from typing import Final

from fixgate.decide.holding import ended, held_after, sent
from fixgate.decide.turn import Turn
from fixgate.domain import events as e
from fixgate.domain.frozen import changed
from fixgate.domain.ids import ClOrdID, OrderID, VenueOrderID
from fixgate.domain.instruments import ReplaceStyle
from fixgate.domain.order import Order, Request, RequestPhase, Terms, Withdrawal
from fixgate.domain.state import State
from fixgate.domain.values import ExecType, OrdStatus, RefusalReason

ATTEMPTS_MAX: Final = 3
BEING_CANCELED: Final = "Too late: the order is being canceled by Fixgate"


def may_reopen(state: State, order: Order, terms: Terms) -> bool:
    """Matrix C.1.c: whether a filled order may work again with a raised quantity."""
    profile = state.venues.get(order.instruction.venue)
    return (
        order.stage is OrdStatus.FILLED
        and profile is not None
        and profile.reopens_filled
        and terms.order_qty > order.cum_qty
    )


def advance(turn: Turn, order_id: OrderID) -> Iterator[e.Event]:
    """Start the first open request if nothing is in its way; refuse what has become moot."""
    while True:
        order = turn.order(order_id)
        if order.waits and not order.is_terminal:
            if order.withdrawn is None and not order.requests:
                return
            yield from _at_once(turn, order)
            continue
        if order.withdrawn is not None and _due(turn, order, order.withdrawn):
            yield e.CancelSent(order_id=order_id, cl_ord_id=None)
            continue
        if not order.requests or order.requests[0].phase is not RequestPhase.WAITING:
            return
        head = order.requests[0]
        reopens = head.terms is not None and may_reopen(turn.state, order, head.terms)
        if order.is_terminal and not reopens:
            yield refuse(order, head, RefusalReason.TOO_LATE, too_late(order))
            continue
        if order.withdrawn is not None and not head.is_cancel:
            yield refuse(order, head, RefusalReason.TOO_LATE, BEING_CANCELED)
            continue
        if head.attempts >= ATTEMPTS_MAX:
            text = "The venue could not be made to carry this out"
            yield refuse(order, head, RefusalReason.OTHER, text)
            continue
        if order.is_unanswered or order.awaits_trades:
            return
        if not head.pended and not head.own:
            yield e.RequestPended(
                order_id=order_id, cl_ord_id=head.cl_ord_id, exec_id=turn.exec_id()
            )
        yield _start(turn.state, order, head)
        return


def _due(turn: Turn, order: Order, withdrawn: Withdrawal) -> bool:
    """Whether our own cancel of the order is to be sent now."""
    if withdrawn.sent or order.is_terminal or turn.moment.at_ns < withdrawn.again_ns:
        return False
    if not turn.state.venues_up.get(order.instruction.venue, False):
        return False
    if withdrawn.forced:
        return True
    if order.order_id in turn.state.unsettled:
        return False  # an earlier process left it; first the venue says what became of it
    busy = bool(order.requests) and order.requests[0].phase is not RequestPhase.WAITING
    return not busy and not order.is_unanswered and not order.awaits_trades


def _at_once(turn: Turn, order: Order) -> Iterator[e.Event]:
    """Carry out what is asked of an order that is at no venue."""
    if order.withdrawn is not None:
        yield ended(turn, order, order.withdrawn)
        return
    head = order.requests[0]
    if not head.pended:
        yield e.RequestPended(
            order_id=order.order_id, cl_ord_id=head.cl_ord_id, exec_id=turn.exec_id()
        )
    if head.terms is not None:
        yield _replaced(turn, order, head, head.terms)
        return
    yield e.OrderClosed(
        order_id=order.order_id,
        exec_id=turn.exec_id(),
        exec_type=ExecType.CANCELED,
        cl_ord_id=head.cl_ord_id,
    )


def in_doubt(order: Order) -> ClOrdID | None:
    """The request whose answer we may have missed."""
    head = order.requests[0] if order.requests else None
    in_flight = head is not None and head.phase is not RequestPhase.WAITING
    return head.cl_ord_id if head is not None and in_flight else None


def too_late(order: Order) -> str:
    """Why a request on an order that is over is refused."""
    return f"Too late: the order is {order.stage.name.replace('_', ' ').lower()}"


def refuse(order: Order, request: Request, reason: RefusalReason, text: str) -> e.RequestRefused:
    """The answer to an open request that is not carried out."""
    return e.RequestRefused(
        order_id=order.order_id,
        cl_ord_id=request.cl_ord_id,
        response_to=request.response_to,
        reason=reason,
        text=text,
    )


def _start(state: State, order: Order, head: Request) -> e.Event:
    terms = head.terms
    if terms is None:
        return e.CancelSent(order_id=order.order_id, cl_ord_id=head.cl_ord_id)
    if order.is_terminal:
        return next_leg(state, order, terms)
    profile = state.venues.get(order.instruction.venue)
    native = profile is not None and profile.replace is ReplaceStyle.NATIVE
    if native and terms.order_qty > order.cum_qty:
        return e.ReplaceSent(
            order_id=order.order_id,
            cl_ord_id=head.cl_ord_id,
            qty=terms.order_qty - order.leg_base_qty,
            terms=sent(state, order, terms),
        )
    # Nothing would be left to work (C.3.b, C.3.c), or the venue has no replace: cancel first.
    return e.CancelSent(order_id=order.order_id, cl_ord_id=head.cl_ord_id)


def next_leg(state: State, order: Order, terms: Terms) -> e.OrderRouted:
    """The intent to send what ``terms`` leave open as a new venue order.

    The leg before it is over and all its trades are counted, so the order can never trade
    more than ``terms.order_qty`` (scenario X8).
    """
    return e.OrderRouted(
        order_id=order.order_id,
        leg=order.leg + 1,
        qty=terms.order_qty - order.cum_qty,
        terms=sent(state, order, terms),
    )


def replaced(
    turn: Turn, order: Order, head: Request, venue_order_id: VenueOrderID | None = None
) -> Iterator[e.Event]:
    """The head request, a replace, took effect."""
    if head.terms is None:
        return
    yield _replaced(turn, order, head, head.terms, venue_order_id)
    yield from advance(turn, order.order_id)


def _replaced(
    turn: Turn,
    order: Order,
    head: Request,
    terms: Terms,
    venue_order_id: VenueOrderID | None = None,
) -> e.OrderReplaced:
    # FIX Appendix D, C.3.c: a quantity below what has traded becomes what has traded.
    order_qty = max(terms.order_qty, order.cum_qty)
    return e.OrderReplaced(
        order_id=order.order_id,
        exec_id=turn.exec_id(),
        cl_ord_id=head.cl_ord_id,
        terms=changed(terms, order_qty=order_qty),
        venue_order_id=venue_order_id,
        held=held_after(turn, order, terms),
    )
