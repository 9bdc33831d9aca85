"""How an order moves: the table of legal steps, and apply(), the only maker of the next Order.

Here: LIFECYCLE and what each event does to an order's quantities, terms and requests.
Not here: who decides that an event happens (decide); sockets, clocks, databases.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from fixgate.domain import events as e
from fixgate.domain.errors import InvariantBroken
from fixgate.domain.frozen import changed
from fixgate.domain.ids import ClOrdID
from fixgate.domain.order import Echo, Execution, Held, HoldPhase, Order, Request, RequestPhase
from fixgate.domain.rounding import ZERO, minus, notional, plus
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import OrdStatus as S

EXPIRY: Final = frozenset({126, 432})
"""ExpireTime and ExpireDate: an order carries one of them."""

LIFECYCLE: Final[Mapping[tuple[S, X], S]] = {
    (S.PENDING_NEW, X.NEW): S.NEW,
    (S.PENDING_NEW, X.REJECTED): S.REJECTED,
    (S.PENDING_NEW, X.TRADE): S.PARTIALLY_FILLED,  # the venue filled before it acknowledged
    (S.PENDING_NEW, X.CANCELED): S.CANCELED,  # the venue ended it before it acknowledged
    (S.PENDING_NEW, X.EXPIRED): S.EXPIRED,
    (S.NEW, X.TRADE): S.PARTIALLY_FILLED,
    (S.NEW, X.CANCELED): S.CANCELED,
    (S.NEW, X.EXPIRED): S.EXPIRED,
    (S.NEW, X.DONE_FOR_DAY): S.DONE_FOR_DAY,
    (S.NEW, X.REJECTED): S.REJECTED,  # a venue may accept and then think again
    (S.NEW, X.REPLACED): S.NEW,
    (S.NEW, X.RESTATED): S.NEW,
    (S.NEW, X.TRIGGERED): S.NEW,
    (S.PARTIALLY_FILLED, X.TRADE): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, X.CANCELED): S.CANCELED,
    (S.PARTIALLY_FILLED, X.EXPIRED): S.EXPIRED,
    (S.PARTIALLY_FILLED, X.DONE_FOR_DAY): S.DONE_FOR_DAY,
    (S.PARTIALLY_FILLED, X.REPLACED): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, X.RESTATED): S.PARTIALLY_FILLED,
    (S.PARTIALLY_FILLED, X.TRIGGERED): S.PARTIALLY_FILLED,
    (S.FILLED, X.TRADE): S.FILLED,  # an overfill: no venue should, some have
    (S.FILLED, X.REPLACED): S.PARTIALLY_FILLED,  # C.1.c, only where the venue reopens
    (S.CANCELED, X.TRADE): S.CANCELED,  # a late fill (FIX 4.2 matrix D35)
    (S.EXPIRED, X.TRADE): S.EXPIRED,  # the same after an expiry
    (S.DONE_FOR_DAY, X.TRADE): S.DONE_FOR_DAY,
    (S.REJECTED, X.TRADE): S.REJECTED,  # the venue refused and traded: reported, and an alert
    (S.NEW, X.TRADE_CORRECT): S.NEW,
    (S.PARTIALLY_FILLED, X.TRADE_CORRECT): S.PARTIALLY_FILLED,
    (S.FILLED, X.TRADE_CORRECT): S.FILLED,
    (S.CANCELED, X.TRADE_CORRECT): S.CANCELED,
    (S.EXPIRED, X.TRADE_CORRECT): S.EXPIRED,
    (S.DONE_FOR_DAY, X.TRADE_CORRECT): S.DONE_FOR_DAY,
    (S.REJECTED, X.TRADE_CORRECT): S.REJECTED,
    (S.PARTIALLY_FILLED, X.TRADE_CANCEL): S.PARTIALLY_FILLED,
    (S.FILLED, X.TRADE_CANCEL): S.CANCELED,  # the leg is gone: what was busted does not work again
    (S.CANCELED, X.TRADE_CANCEL): S.CANCELED,
    (S.EXPIRED, X.TRADE_CANCEL): S.EXPIRED,
    (S.DONE_FOR_DAY, X.TRADE_CANCEL): S.DONE_FOR_DAY,
    (S.REJECTED, X.TRADE_CANCEL): S.REJECTED,
}
"""What may happen to an order in a stage, and the stage it leads to.

Where quantities decide (a trade that fills, a bust that empties), ``_settled`` completes the row.
"""


def allowed(stage: S, exec_type: X) -> bool:
    """Whether the table has a row for it."""
    return (stage, exec_type) in LIFECYCLE


def next_stage(stage: S, exec_type: X) -> S:
    """The stage that follows.

    Raises:
        InvariantBroken: the table has no such row; deciders ask ``allowed`` first.
    """
    try:
        return LIFECYCLE[stage, exec_type]
    except KeyError:
        raise InvariantBroken(f"{exec_type.name} in stage {stage.name}") from None


def _settled(stage: S, *, order_qty: Decimal, cum_qty: Decimal) -> S:
    """The stage once quantities are looked at."""
    if stage in (S.PARTIALLY_FILLED, S.NEW):
        if cum_qty >= order_qty:
            return S.FILLED
        return S.PARTIALLY_FILLED if cum_qty else S.NEW
    return stage


def _acknowledged(order: Order, event: e.OrderAcknowledged) -> Order:
    return changed(order, stage=next_stage(order.stage, X.NEW), venue_order_id=event.venue_order_id)


def _leg_acknowledged(order: Order, event: e.LegAcknowledged) -> Order:
    held = order.held
    if held is not None and held.phase is HoldPhase.SENT:
        order = _in_hold(order, held, HoldPhase.WORKED)
    return changed(order, venue_order_id=event.venue_order_id)


def _held(order: Order, _: e.OrderHeld) -> Order:
    return changed(order, stage=next_stage(order.stage, X.NEW))


def _called(order: Order, _: e.OrderCalled) -> Order:
    return order if order.held is None else _in_hold(order, order.held, HoldPhase.CALLED)


def _in_hold(order: Order, held: Held, phase: HoldPhase) -> Order:
    return changed(order, held=changed(held, phase=phase))


def _stop_moved(order: Order, event: e.StopMoved) -> Order:
    return changed(order, terms=changed(order.terms, stop_px=event.stop_px))


def _routed(order: Order, event: e.OrderRouted) -> Order:
    if event.leg == 0:
        return order
    return changed(
        _in_phase(order, RequestPhase.SUBMITTING),
        leg=event.leg,
        leg_qty=event.qty,
        leg_base_qty=order.cum_qty,
        venue_order_id=None,
        closing=None,
        triggered=False,
    )


def _in_phase(order: Order, phase: RequestPhase) -> Order:
    head, *rest = order.requests
    return changed(order, requests=(changed(head, phase=phase), *rest))


def _rejected(order: Order, _: e.OrderRejected) -> Order:
    return changed(order, stage=next_stage(order.stage, X.REJECTED), closing=None)


def _may_work_again(order: Order) -> bool:
    head = order.requests[0] if order.requests else None
    if head is None or head.terms is None:
        return False
    return head.phase in (RequestPhase.SENT, RequestPhase.SUBMITTING)


def _with_quantities(order: Order, exec_type: X, cum_qty: Decimal, total: Decimal) -> Order:
    stage = next_stage(order.stage, exec_type)
    if order.stage is S.FILLED and cum_qty < order.terms.order_qty:
        # The venue's leg is done, so what was taken back does not work again; unless the order
        # is just being reopened, or replaced by a next leg, and that request decides.
        stage = S.PARTIALLY_FILLED if _may_work_again(order) else S.CANCELED
    elif order.stage is S.FILLED:
        stage = S.FILLED
    return changed(
        order,
        stage=_settled(stage, order_qty=order.terms.order_qty, cum_qty=cum_qty),
        cum_qty=cum_qty,
        notional=total,
    )


def _traded(order: Order, event: e.Traded) -> Order:
    trade = event.execution
    if trade.leg != order.leg:  # a straggler of an earlier leg does not count for this one
        order = changed(order, leg_base_qty=order.leg_base_qty + trade.last_qty)
    return _with_quantities(
        order,
        X.TRADE,
        order.cum_qty + trade.last_qty,
        plus(order.notional, notional(trade.last_qty, trade.last_px)),
    )


def corrected(order: Order, *, old: Execution, new: Execution | None) -> Order:
    """The order after its trade ``old`` was corrected to ``new``, or busted (None)."""
    cum_qty = order.cum_qty - old.last_qty
    total = minus(order.notional, notional(old.last_qty, old.last_px))
    if old.leg != order.leg:
        change = (new.last_qty if new else ZERO) - old.last_qty
        order = changed(order, leg_base_qty=order.leg_base_qty + change)
    if new is None:
        return _with_quantities(order, X.TRADE_CANCEL, cum_qty, total)
    return _with_quantities(
        order,
        X.TRADE_CORRECT,
        cum_qty + new.last_qty,
        plus(total, notional(new.last_qty, new.last_px)),
    )


def _request_received(order: Order, event: e.RequestReceived) -> Order:
    request = event.request
    if request.own and request.terms is not None and order.member is not None:
        order = changed(order, member=changed(order.member, asked_qty=request.terms.order_qty))
    return changed(order, requests=(*order.requests, request))


def _change_request(order: Order, cl_ord_id: ClOrdID, **changes: Any) -> Order:
    return changed(
        order,
        requests=tuple(
            changed(each, **changes) if each.cl_ord_id == cl_ord_id else each
            for each in order.requests
        ),
    )


def without(requests: tuple[Request, ...], cl_ord_id: ClOrdID | None) -> tuple[Request, ...]:
    """The open requests but for that one."""
    return tuple(each for each in requests if each.cl_ord_id != cl_ord_id)


def _request_pended(order: Order, event: e.RequestPended) -> Order:
    return _change_request(order, event.cl_ord_id, pended=True)


def _cancel_sent(order: Order, event: e.CancelSent) -> Order:
    request = order.request(event.cl_ord_id) if event.cl_ord_id else None
    if request is None:
        withdrawn = order.withdrawn
        if withdrawn is None:
            return order
        return changed(order, withdrawn=changed(withdrawn, sent=True))
    phase = RequestPhase.SENT if request.is_cancel else RequestPhase.CANCELING
    return _change_request(order, request.cl_ord_id, phase=phase)


def _query_sent(order: Order, event: e.QuerySent) -> Order:
    if event.cl_ord_id is None:
        return order
    return _change_request(order, event.cl_ord_id, doubtful=True)


def _replace_sent(order: Order, event: e.ReplaceSent) -> Order:
    return _change_request(order, event.cl_ord_id, phase=RequestPhase.SENT)


def _request_returned(order: Order, event: e.RequestReturned) -> Order:
    request = order.request(event.cl_ord_id)
    attempts = request.attempts + 1 if request else 0
    return _change_request(
        order,
        event.cl_ord_id,
        phase=RequestPhase.WAITING,
        doubtful=False,
        attempts=attempts,
    )


def _cancel_denied(order: Order, event: e.CancelDenied) -> Order:
    return _change_request(order, event.cl_ord_id, denial=event.text)


def _request_refused(order: Order, event: e.RequestRefused) -> Order:
    if event.at_once:
        return order
    return changed(order, requests=without(order.requests, event.cl_ord_id))


def _replaced(order: Order, event: e.OrderReplaced) -> Order:
    request = order.request(event.cl_ord_id)
    instruction = order.instruction
    if request is not None and request.echo:
        instruction = changed(instruction, echo=_merged(instruction.echo, request.echo))
    member = order.member
    if member is not None and member.asked_qty:
        member = changed(member, asked_qty=ZERO)
    stage = _settled(
        next_stage(order.stage, X.REPLACED),
        order_qty=event.terms.order_qty,
        cum_qty=order.cum_qty,
    )
    return changed(
        order,
        instruction=instruction,
        leg_qty=_replaced_leg_qty(order, request, event),
        terms=event.terms,
        held=event.held,
        cl_ord_id=event.cl_ord_id,
        requests=without(order.requests, event.cl_ord_id),
        venue_order_id=event.venue_order_id or order.venue_order_id,
        closing=None if stage is S.FILLED else order.closing,
        stage=stage,
        member=member,
    )


def _replaced_leg_qty(order: Order, request: Request | None, event: e.OrderReplaced) -> Decimal:
    """What the working leg is for after a replace: in place, canceled for it, or a new one."""
    match request.phase if request else None:
        case RequestPhase.SENT:
            return event.terms.order_qty - order.leg_base_qty
        case RequestPhase.CANCELING:
            return order.leg_cum_qty
        case RequestPhase.WAITING if order.waits:
            return event.terms.order_qty
        case RequestPhase.SUBMITTING | RequestPhase.WAITING | None:
            return order.leg_qty


def _merged(before: Echo, asked: Echo) -> Echo:
    """What the order carries once the replace took effect; a new expiry replaces the old one."""
    tags = {tag for tag, _ in asked}
    kept = before if tags.isdisjoint(EXPIRY) else [pair for pair in before if pair[0] not in EXPIRY]
    return tuple(sorted((dict(kept) | dict(asked)).items()))


def _closing_noted(order: Order, event: e.ClosingNoted) -> Order:
    return changed(order, closing=event.closing)


def _closed(order: Order, event: e.OrderClosed) -> Order:
    accepted = order.request(event.cl_ord_id) if event.cl_ord_id else None
    return changed(
        order,
        stage=next_stage(order.stage, event.exec_type),
        requests=without(order.requests, event.cl_ord_id),
        cl_ord_id=accepted.cl_ord_id if accepted and not accepted.mass else order.cl_ord_id,
        closing=None,
    )


def _restated(order: Order, event: e.OrderRestated) -> Order:
    stage = next_stage(order.stage, X.RESTATED)
    order_qty = event.terms.order_qty
    return changed(
        order,
        terms=event.terms,
        leg_qty=order.leg_qty + order_qty - order.terms.order_qty,
        stage=_settled(stage, order_qty=order_qty, cum_qty=order.cum_qty),
    )


def _triggered(order: Order, _: e.OrderTriggered) -> Order:
    held = order.held
    if held is not None and held.phase in (HoldPhase.WAITING, HoldPhase.CALLED):
        order = _in_hold(order, held, HoldPhase.SENT)
    return changed(order, stage=next_stage(order.stage, X.TRIGGERED), triggered=True)


def _released(order: Order, event: e.OrderReleased) -> Order:
    return changed(order, stage=next_stage(order.stage, X.TRIGGERED), held=event.held)


def _withdrawal_ordered(order: Order, event: e.WithdrawalOrdered) -> Order:
    return changed(order, withdrawn=event.withdrawal)


def _withdrawal_returned(order: Order, event: e.WithdrawalReturned) -> Order:
    before = order.withdrawn
    if before is None:
        return order
    after = changed(before, sent=False, attempts=before.attempts + 1, again_ns=event.again_ns)
    return changed(order, withdrawn=after)


_STEPS: Final[Mapping[type, Callable[[Order, Any], Order]]] = {
    e.OrderRouted: _routed,
    e.OrderAcknowledged: _acknowledged,
    e.LegAcknowledged: _leg_acknowledged,
    e.OrderRejected: _rejected,
    e.Traded: _traded,
    e.RequestReceived: _request_received,
    e.RequestPended: _request_pended,
    e.CancelSent: _cancel_sent,
    e.ReplaceSent: _replace_sent,
    e.QuerySent: _query_sent,
    e.RequestReturned: _request_returned,
    e.CancelDenied: _cancel_denied,
    e.RequestRefused: _request_refused,
    e.OrderReplaced: _replaced,
    e.ClosingNoted: _closing_noted,
    e.OrderClosed: _closed,
    e.OrderRestated: _restated,
    e.OrderTriggered: _triggered,
    e.OrderReleased: _released,
    e.OrderHeld: _held,
    e.OrderCalled: _called,
    e.StopMoved: _stop_moved,
    e.WithdrawalOrdered: _withdrawal_ordered,
    e.WithdrawalReturned: _withdrawal_returned,
}


def apply(order: Order, event: e.Event) -> Order:
    """The order after ``event``.

    Corrections and busts need the trade they refer to and go through ``corrected``.

    Raises:
        InvariantBroken: the event cannot happen to an order in this stage.
    """
    step = _STEPS.get(type(event))
    return order if step is None else step(order, event)
