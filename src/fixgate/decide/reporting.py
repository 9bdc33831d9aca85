"""Which event leads to which report.

Here: report_of(), pure: the event, the order before and after it, and the session's wishes.
Not here: tags and versions (adapters/fix); sequence numbers (application).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fixgate.domain import events as e
from fixgate.domain.frozen import changed, maker
from fixgate.domain.ids import ClOrdID, ExecID
from fixgate.domain.order import Order, RefusedOrder
from fixgate.domain.reports import (
    BusinessMessageReject,
    ExecutionReport,
    LastFill,
    ListStatus,
    MassStatusReport,
    News,
    OrderCancelReject,
    OrderMassCancelReport,
    PositionReport,
    Reject,
    Report,
    RequestForPositionsAck,
    SecurityDefinition,
    SecurityList,
    SentAgain,
    TradeCaptureReport,
    TradeRequestAck,
)
from fixgate.domain.routing import traded_at
from fixgate.domain.sessions import SessionRules
from fixgate.domain.values import ExecType as X
from fixgate.domain.values import OrdStatus as S
from fixgate.domain.values import RefusalReason as R
from fixgate.domain.values import RestatementReason

_report: Final = maker(ExecutionReport)
_fill: Final = maker(LastFill)

Maker = Callable[..., Report | None]  # (event, before, after, rules)


def report_of(
    event: e.Event, before: Order | None, after: Order | None, rules: SessionRules | None
) -> Report | None:
    """The report that ``event`` owes the client, if any.

    Args:
        event: what happened.
        before: the order the event is about, as it was.
        after: the same order as it is now.
        rules: the client session's; None if it is no longer configured.

    """
    maker = _MAKERS.get(type(event))
    report = None if maker is None else maker(event, before, after, rules)
    if after is None or rules is None or rules.pending_reports or not after.requests:
        return report
    return _without_pending(report, after)


def _without_pending(report: Report | None, order: Order) -> Report | None:
    """The session wants no pending statuses: the stage shows instead."""
    if not isinstance(report, ExecutionReport | OrderCancelReject):
        return report
    return changed(report, ord_status=order.stage)


def _of_order(
    order: Order,
    exec_id: ExecID,
    exec_type: X,
    *,
    cl_ord_id: ClOrdID | None = None,
    orig_cl_ord_id: ClOrdID | None = None,
    kind: Callable[..., ExecutionReport] = _report,
    **more: Any,
) -> ExecutionReport:
    return kind(
        session=order.instruction.session,
        order_id=order.order_id,
        exec_id=exec_id,
        exec_type=exec_type,
        ord_status=order.ord_status,
        cl_ord_id=cl_ord_id or order.cl_ord_id,
        orig_cl_ord_id=orig_cl_ord_id,
        echo=order.instruction.echo,
        account=order.instruction.account,
        side=order.instruction.side,
        terms=order.terms,
        cum_qty=order.cum_qty,
        leaves_qty=order.leaves_qty,
        avg_px=order.avg_px,
        venue_order_id=order.venue_order_id,
        working=None if order.held is None or order.held.phase is None else not order.waits,
        **more,
    )


def _of_refused(
    refused: RefusedOrder, exec_id: ExecID, exec_type: X, req_id: str | None = None
) -> ExecutionReport:
    return ExecutionReport(
        session=refused.session,
        order_id=refused.order_id,
        exec_id=exec_id,
        exec_type=exec_type,
        ord_status=S.REJECTED,
        cl_ord_id=refused.cl_ord_id,
        echo=refused.echo,
        account=refused.account,
        side=refused.side,
        terms=refused.terms,
        refusal=refused.reason,
        ord_status_req_id=req_id,
        text=refused.text,
    )


def _received(
    event: e.OrderReceived, _: object, after: Order, rules: SessionRules | None
) -> Report | None:
    if rules is None or not rules.pending_new_reports:
        return None
    return _of_order(after, event.exec_id, X.PENDING_NEW)


def _refused(event: e.OrderRefused | e.DuplicateRefused, *_: object) -> Report:
    return _of_refused(event.refused, event.exec_id, X.REJECTED)


def _acknowledged(event: e.OrderAcknowledged, _: object, after: Order, __: object) -> Report:
    return _of_order(after, event.exec_id, X.NEW)


def _rejected(event: e.OrderRejected, _: object, after: Order, __: object) -> Report:
    return _of_order(after, event.exec_id, X.REJECTED, refusal=event.reason, text=event.text)


def _last(order: Order, event: e.Traded | e.TradeCorrected) -> LastFill:
    return _fill(
        last_qty=event.execution.last_qty,
        last_px=event.execution.last_px,
        last_mkt=traded_at(order.instruction.venue, event.execution.trade_id),
        trade_id=event.execution.trade_id,
        maker=event.maker if isinstance(event, e.Traded) else None,
        leg=event.execution.leg,
    )


def _traded(event: e.Traded, _: object, after: Order, __: object) -> Report:
    return _of_order(after, event.execution.exec_id, X.TRADE, last=_last(after, event))


def _corrected(event: e.TradeCorrected, _: object, after: Order, __: object) -> Report:
    return _of_order(
        after,
        event.execution.exec_id,
        X.TRADE_CORRECT,
        last=_last(after, event),
        exec_ref_id=event.exec_ref_id,
    )


def _busted(event: e.TradeBusted, _: object, after: Order, __: object) -> Report:
    return _of_order(after, event.exec_id, X.TRADE_CANCEL, exec_ref_id=event.exec_ref_id)


def _pended(
    event: e.RequestPended, before: Order, after: Order, rules: SessionRules | None
) -> Report | None:
    request = after.request(event.cl_ord_id)
    if rules is None or not rules.pending_reports or request is None:
        return None
    exec_type = X.PENDING_CANCEL if request.is_cancel else X.PENDING_REPLACE
    return _of_order(
        after,
        event.exec_id,
        exec_type,
        cl_ord_id=event.cl_ord_id,
        orig_cl_ord_id=before.cl_ord_id,
    )


def _request_refused(
    event: e.RequestRefused, before: Order, after: Order, _: object
) -> Report | None:
    if not event.at_once and _is_own(before, event.cl_ord_id):
        return None  # no client asked
    # FIX 4.4: OrigClOrdID of a reject is the last accepted one; OrdStatus is after the reject.
    return OrderCancelReject(
        session=after.instruction.session,
        order_id=after.order_id,
        cl_ord_id=event.cl_ord_id,
        orig_cl_ord_id=after.cl_ord_id,
        ord_status=after.ord_status,
        response_to=event.response_to,
        refusal=event.reason,
        account=after.instruction.account,
        text=event.text,
    )


def _unknown_order(event: e.UnknownOrderRefused, *_: object) -> Report:
    refused = event.refused
    return OrderCancelReject(
        session=event.session,
        order_id=None if refused is None else refused.order_id,
        cl_ord_id=event.cl_ord_id,
        orig_cl_ord_id=event.orig_cl_ord_id,
        ord_status=S.REJECTED,
        response_to=event.response_to,
        refusal=R.UNKNOWN_ORDER if refused is None else R.TOO_LATE,
        text="Unknown order" if refused is None else "The order was rejected",
    )


def _is_own(order: Order, cl_ord_id: ClOrdID) -> bool:
    request = order.request(cl_ord_id)
    return request is not None and request.own


def _replaced(event: e.OrderReplaced, before: Order, after: Order, _: object) -> Report:
    if _is_own(before, event.cl_ord_id):
        text = "Its quantity follows that of the order that it protects"
        return _of_order(
            after, event.exec_id, X.RESTATED, restatement=RestatementReason.OTHER, text=text
        )
    return _of_order(after, event.exec_id, X.REPLACED, orig_cl_ord_id=before.cl_ord_id)


def _closed(event: e.OrderClosed, before: Order, after: Order, _: object) -> Report:
    return _of_order(
        after,
        event.exec_id,
        event.exec_type,
        cl_ord_id=event.cl_ord_id,
        orig_cl_ord_id=before.cl_ord_id if event.cl_ord_id else None,
        restatement=event.restatement,
        text=event.text,
    )


def _restated(event: e.OrderRestated, _: object, after: Order, __: object) -> Report:
    return _of_order(
        after, event.exec_id, X.RESTATED, restatement=event.restatement, text=event.text
    )


def _held(event: e.OrderHeld, _: object, after: Order, __: object) -> Report:
    venue = after.instruction.venue
    text = f"Held by Fixgate until its price comes: {venue} does not do that"
    if after.is_listed:
        text = "Held by Fixgate until the first order of its list has traded"
    return _of_order(after, event.exec_id, X.NEW, text=text)


def _triggered(event: e.OrderTriggered, _: object, after: Order, __: object) -> Report:
    return _of_order(after, event.exec_id, X.TRIGGERED)


def _status(event: e.StatusReported, _: object, after: Order | None, __: object) -> Report | None:
    if event.refused is not None:
        return _of_refused(event.refused, event.exec_id, X.ORDER_STATUS, event.ord_status_req_id)
    if after is None:
        return None
    return _of_order(
        after, event.exec_id, X.ORDER_STATUS, ord_status_req_id=event.ord_status_req_id
    )


def _unknown_status(event: e.UnknownStatusReported, *_: object) -> Report:
    return ExecutionReport(
        session=event.session,
        order_id=None,
        exec_id=event.exec_id,
        exec_type=X.ORDER_STATUS,
        ord_status=S.REJECTED,
        cl_ord_id=event.cl_ord_id,
        echo=event.echo,
        refusal=R.UNKNOWN_ORDER,
        ord_status_req_id=event.ord_status_req_id,
        text="Unknown order",
    )


def _mass_cancel_taken(event: e.MassCancelTaken, *_: object) -> Report:
    return OrderMassCancelReport(
        session=event.used.session,
        cl_ord_id=event.used.cl_ord_id,
        order_id=event.used.order_id,
        request_type=event.request_type,
        echo=event.echo,
        affected=event.affected,
        total=event.total,
    )


def _mass_cancel_refused(event: e.MassCancelRefused, *_: object) -> Report:
    return OrderMassCancelReport(
        session=event.session,
        cl_ord_id=event.cl_ord_id,
        order_id=event.request_id,
        request_type=event.request_type,
        echo=event.echo,
        refusal=event.reason,
        text=event.text,
    )


def _mass_status(event: e.MassStatusReported, _: object, after: Order, __: object) -> Report:
    return _of_order(
        after,
        event.exec_id,
        X.ORDER_STATUS,
        kind=MassStatusReport,
        mass_status=event.mass_status,
    )


def _empty_mass_status(event: e.EmptyMassStatusReported, *_: object) -> Report:
    return MassStatusReport(
        session=event.session,
        order_id=None,
        exec_id=event.exec_id,
        exec_type=X.ORDER_STATUS,
        ord_status=S.REJECTED,
        cl_ord_id=ClOrdID(""),
        echo=event.echo,
        refusal=event.reason,
        text=event.text,
        mass_status=event.mass_status,
    )


def _position_request_answered(event: e.PositionRequestAnswered, *_: object) -> Report:
    return RequestForPositionsAck(
        session=event.session,
        request=event.request,
        rpt_id=event.rpt_id,
        result=event.result,
        total=event.total,
        text=event.text,
    )


def _position_shown(event: e.PositionShown, *_: object) -> Report:
    return PositionReport(
        session=event.session,
        req_id=event.req_id,
        rpt_id=event.rpt_id,
        position=event.position,
        px=event.px,
        total=event.total,
        subscribed=event.subscribed,
        update=event.update,
    )


def _trade_request_answered(event: e.TradeRequestAnswered, *_: object) -> Report:
    return TradeRequestAck(
        session=event.request.session,
        request=event.request,
        result=event.result,
        total=event.total,
        text=event.text,
    )


def _trade_reported(event: e.TradeReported, *_: object) -> Report:
    return TradeCaptureReport(
        session=event.session,
        req_id=event.req_id,
        trade=event.trade,
        total=event.total,
        last=event.last,
    )


def _securities(event: e.SecuritiesListed, *_: object) -> Report:
    kind = SecurityDefinition if event.definitions else SecurityList
    return kind(session=event.session, part=event.part)


def _news(event: e.NewsTold, *_: object) -> Report:
    return News(
        session=event.session, headline=event.headline, lines=event.lines, urgent=event.urgent
    )


def _released(event: e.OrderReleased, _: object, after: Order, __: object) -> Report:
    return _of_order(after, event.exec_id, X.TRIGGERED)


def _list_status(event: e.ListStatusReported, *_: object) -> Report:
    return ListStatus(
        session=event.session,
        list_id=event.list_id,
        status_type=event.status_type,
        order_status=event.order_status,
        members=event.members,
        text=event.text,
    )


def _message_rejected(event: e.MessageRejected, *_: object) -> Report:
    return Reject(
        session=event.session,
        ref_seq_num=event.ref_seq_num,
        ref_msg_type=event.ref_msg_type,
        ref_tag_id=event.ref_tag_id,
        reason=event.reason,
        text=event.text,
    )


def _business_rejected(event: e.BusinessMessageRejected, *_: object) -> Report:
    return BusinessMessageReject(
        session=event.session,
        ref_seq_num=event.ref_seq_num,
        ref_msg_type=event.ref_msg_type,
        reason=event.reason,
        text=event.text,
        ref_id=event.ref_id,
        again=event.again,
    )


def _owed_again(event: e.ReportOwedAgain, *_: object) -> Report:
    return SentAgain(session=event.session, text=event.text)


_MAKERS: Final[Mapping[type, Maker]] = {
    e.ReportOwedAgain: _owed_again,
    e.OrderReceived: _received,
    e.OrderRefused: _refused,
    e.DuplicateRefused: _refused,
    e.OrderAcknowledged: _acknowledged,
    e.OrderRejected: _rejected,
    e.Traded: _traded,
    e.TradeCorrected: _corrected,
    e.TradeBusted: _busted,
    e.RequestPended: _pended,
    e.RequestRefused: _request_refused,
    e.UnknownOrderRefused: _unknown_order,
    e.OrderReplaced: _replaced,
    e.OrderClosed: _closed,
    e.OrderRestated: _restated,
    e.OrderTriggered: _triggered,
    e.OrderHeld: _held,
    e.StatusReported: _status,
    e.UnknownStatusReported: _unknown_status,
    e.MassCancelTaken: _mass_cancel_taken,
    e.MassCancelRefused: _mass_cancel_refused,
    e.MassStatusReported: _mass_status,
    e.EmptyMassStatusReported: _empty_mass_status,
    e.PositionRequestAnswered: _position_request_answered,
    e.PositionShown: _position_shown,
    e.TradeRequestAnswered: _trade_request_answered,
    e.TradeReported: _trade_reported,
    e.SecuritiesListed: _securities,
    e.NewsTold: _news,
    e.OrderReleased: _released,
    e.ListStatusReported: _list_status,
    e.MessageRejected: _message_rejected,
    e.BusinessMessageRejected: _business_rejected,
}
