"""From a report to the complete FIX message.

Here: encode(): header and body in the order in which QuickFIX writes them too: body ascending by
tag. BodyLength and CheckSum around them.
Not here: sequence numbers and times, which come as arguments.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from fixgate.adapters.fix.decode_extras import tags_of
from fixgate.adapters.fix.dialect import Dialect
from fixgate.adapters.fix.encode_lists import list_status
from fixgate.adapters.fix.encode_mass import mass_cancel_report, mass_status
from fixgate.adapters.fix.encode_positions import position_report, request_for_positions_ack
from fixgate.adapters.fix.encode_securities import security_definition, security_list
from fixgate.adapters.fix.encode_trades import trade_capture_report, trade_request_ack
from fixgate.adapters.fix.fields import enclose, sent_again
from fixgate.adapters.fix.groups import written
from fixgate.adapters.fix.tags import SOH, clean, utc_timestamp
from fixgate.domain.frozen import value
from fixgate.domain.lifecycle import EXPIRY
from fixgate.domain.reports import (
    BusinessMessageReject,
    ExecutionReport,
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
from fixgate.domain.rounding import to_wire
from fixgate.domain.sessions import FixVersion
from fixgate.domain.values import ExecType, OrdStatus, TimeInForce

Fields = dict[int, str]
_NORMAL, _FLASH = "0", "1"  # tag 61
_POSS_RESEND: Final = 97
_STATUS_OF_FILL: Final = {True: OrdStatus.FILLED.value, False: OrdStatus.PARTIALLY_FILLED.value}


@value
class Addressing:
    """Who writes to whom, and in which version."""

    version: FixVersion
    sender_comp_id: str  # 49: ours
    target_comp_id: str  # 56: the client's
    dialect: Dialect
    echo_tags: frozenset[int]
    custom_tags: tuple[str, ...] = ()  # of the client's own that reports repeat too, ascending


def encode(
    report: Report,
    to: Addressing,
    *,
    msg_seq_num: int,
    at_ns: int,
    on_behalf_of: str | None = None,
) -> str:
    """The complete message.

    Args:
        report: what to say.
        to: version and CompIDs.
        msg_seq_num: tag 34, reserved beforehand.
        at_ns: tags 52 and 60: the time of the input that caused the report.
        on_behalf_of: tag 115 of a drop copy: the CompID of the client whose report it copies.

    """
    now = utc_timestamp(at_ns)
    if isinstance(report, SentAgain):
        return sent_again(report.text, msg_seq_num=msg_seq_num, sending_time=now)
    msg_type, fields = _BODIES[type(report)](report, to, now)
    form, values = _body(tuple(fields))
    if on_behalf_of is not None:
        form = f"115={on_behalf_of.replace('%', '%%')}{SOH}{form}"
    rest = (
        f"35={msg_type}{SOH}34={msg_seq_num}{SOH}49={to.sender_comp_id}{SOH}"
        f"52={now}{SOH}56={to.target_comp_id}{SOH}{form % values(fields)}"
    )
    return enclose(f"8={to.version.value}{SOH}", rest)


@lru_cache(maxsize=1_024)
def _body(tags: tuple[int, ...]) -> tuple[str, Callable[[Fields], Any]]:
    """What a body of these fields looks like, and how to take their values: ascending by tag,
    but for PossResend (97), which is the header's last.

    Reports come in a few dozen shapes only, so that sorting each one would be wasted.
    """
    ascending = sorted(tags, key=lambda tag: (tag != _POSS_RESEND, tag))
    return "".join(f"{tag}=%s{SOH}" for tag in ascending), itemgetter(*ascending)


def _execution_report(report: ExecutionReport, to: Addressing, now: str) -> tuple[str, Fields]:
    dialect = to.dialect
    fields: Fields = dict(report.echo)
    if not to.echo_tags.issuperset(fields):
        fields = {tag: fields[tag] for tag in fields if tag in to.echo_tags}
    _order_fields(fields, report)
    fields[60] = now
    fields[6] = to_wire(report.avg_px)
    fields[11] = report.cl_ord_id
    fields[14] = to_wire(report.cum_qty)
    fields[17] = report.exec_id
    fields[37] = report.order_id or "NONE"
    fields[39] = report.ord_status.value
    fields[150] = dialect.exec_types[report.exec_type] or _by_status(report)
    fields[151] = to_wire(report.leaves_qty)
    if dialect.exec_trans_types is not None:
        fields[20] = dialect.exec_trans_types.get(report.exec_type, "0")
    _optional_fields(fields, report, dialect)
    return "8", fields


def _by_status(report: ExecutionReport) -> str:
    """FIX 4.2: the ExecType of a fill, correction, bust or status answer."""
    if report.exec_type is ExecType.ORDER_STATUS:
        return report.ord_status.value
    # FIX 4.2 matrices D34 and D35: a bust, a correction or a late fill is a (partial) fill too.
    terms = report.terms
    return _STATUS_OF_FILL[terms is not None and report.cum_qty >= terms.order_qty]


def _order_fields(fields: Fields, report: ExecutionReport) -> None:
    if report.account is not None:
        fields[1] = report.account
    if report.side is not None:
        fields[54] = report.side.value
    terms = report.terms
    if terms is None:
        return
    fields[38] = to_wire(terms.order_qty)
    fields[40] = terms.ord_type.value
    fields[59] = terms.time_in_force.value
    if terms.time_in_force is not TimeInForce.GOOD_TILL_DATE:
        for tag in EXPIRY:  # a replace may have taken the expiry away
            fields.pop(tag, None)
    if terms.price is not None:
        fields[44] = to_wire(terms.price)
    if terms.stop_px is not None:
        fields[99] = to_wire(terms.stop_px)
    if terms.extras is not None:
        fields.update(tags_of(terms.extras))
        if terms.extras.cash_order_qty is not None:
            del fields[38]  # FIX: one or the other; 14 and 151 are in base quantity (L.1.b)


def _optional_fields(fields: Fields, report: ExecutionReport, dialect: Dialect) -> None:
    if report.orig_cl_ord_id is not None:
        fields[41] = report.orig_cl_ord_id
    if report.exec_ref_id is not None:
        fields[19] = report.exec_ref_id
    if report.refusal is not None:
        fields[103] = str(dialect.ord_rej_reason[report.refusal])
    if report.text is not None:
        fields[58] = clean(report.text)
    if report.venue_order_id:
        fields[198] = clean(report.venue_order_id)
    if report.working is not None:
        fields[636] = "Y" if report.working else "N"
    if report.restatement is not None:
        reason = int(report.restatement.value)
        fields[378] = str(reason if reason <= dialect.restatement_max else 4)
    elif fields[150] == ExecType.RESTATED.value:
        fields[378] = "4"
    if report.ord_status_req_id is not None and dialect.has_trade_details:
        fields[790] = report.ord_status_req_id
    last = report.last
    if last is not None:
        fields[30] = last.last_mkt
        fields[31] = to_wire(last.last_px)
        fields[32] = to_wire(last.last_qty)
        if dialect.has_trade_details and last.trade_id:
            fields[527] = clean(last.trade_id)
        if dialect.has_trade_details and last.maker is not None:
            fields[851] = "1" if last.maker else "2"


def _order_cancel_reject(report: OrderCancelReject, to: Addressing, now: str) -> tuple[str, Fields]:
    fields: Fields = {
        11: report.cl_ord_id,
        37: report.order_id or "NONE",
        39: report.ord_status.value,
        41: report.orig_cl_ord_id,
        60: now,
        102: str(to.dialect.cxl_rej_reason[report.refusal]),
        434: report.response_to.value,
    }
    if report.account is not None:
        fields[1] = report.account
    if report.text is not None:
        fields[58] = clean(report.text)
    return "9", fields


def _mass_status_report(report: MassStatusReport, to: Addressing, now: str) -> tuple[str, Fields]:
    msg_type, fields = _execution_report(report, to, now)
    mass_status(report, fields)
    return msg_type, fields


def _mass_cancel_report(
    report: OrderMassCancelReport, _: Addressing, now: str
) -> tuple[str, Fields]:
    return "r", mass_cancel_report(report, now)


def _trade_request_ack(report: TradeRequestAck, _: Addressing, __: str) -> tuple[str, Fields]:
    return "AQ", trade_request_ack(report)


def _trade_capture_report(report: TradeCaptureReport, _: Addressing, __: str) -> tuple[str, Fields]:
    return "AE", trade_capture_report(report)


def _positions_ack(report: RequestForPositionsAck, _: Addressing, __: str) -> tuple[str, Fields]:
    return "AO", request_for_positions_ack(report)


def _position_report(report: PositionReport, _: Addressing, now: str) -> tuple[str, Fields]:
    return "AP", position_report(report, now)


def _security_list(report: SecurityList, _: Addressing, __: str) -> tuple[str, Fields]:
    return "y", security_list(report)


def _security_definition(report: SecurityDefinition, to: Addressing, _: str) -> tuple[str, Fields]:
    return "d", security_definition(report, to.version)


def _list_status(report: ListStatus, to: Addressing, now: str) -> tuple[str, Fields]:
    dialect = to.dialect
    working = dialect.has_trade_details
    return "N", list_status(report, now, dialect.ord_rej_reason, working=working)


def _news(report: News, _: Addressing, now: str) -> tuple[str, Fields]:
    fields: Fields = {
        33: written([[(58, clean(line))] for line in report.lines]),
        42: now,
        61: _FLASH if report.urgent else _NORMAL,
        148: clean(report.headline),
    }
    return "B", fields


def _reject(report: Reject, _: Addressing, __: str) -> tuple[str, Fields]:
    fields: Fields = {
        45: str(report.ref_seq_num),
        58: clean(report.text),
        371: str(report.ref_tag_id),
        372: clean(report.ref_msg_type),
        373: str(report.reason),
    }
    return "3", fields


def _business_reject(report: BusinessMessageReject, _: Addressing, __: str) -> tuple[str, Fields]:
    fields: Fields = {
        58: clean(report.text),
        372: clean(report.ref_msg_type),
        380: report.reason.value,
    }
    if report.ref_seq_num is not None:
        fields[45] = str(report.ref_seq_num)
    if report.ref_id:
        fields[379] = clean(report.ref_id)
    if report.again:
        fields[_POSS_RESEND] = "Y"
    return "j", fields


_BODIES: Final[Mapping[type, Callable[[Any, Addressing, str], tuple[str, Fields]]]] = {
    ExecutionReport: _execution_report,
    MassStatusReport: _mass_status_report,
    OrderMassCancelReport: _mass_cancel_report,
    TradeRequestAck: _trade_request_ack,
    TradeCaptureReport: _trade_capture_report,
    RequestForPositionsAck: _positions_ack,
    PositionReport: _position_report,
    SecurityList: _security_list,
    News: _news,
    ListStatus: _list_status,
    SecurityDefinition: _security_definition,
    OrderCancelReject: _order_cancel_reject,
    Reject: _reject,
    BusinessMessageReject: _business_reject,
}
