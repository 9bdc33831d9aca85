"""TradeCaptureReportRequestAck (AQ) and TradeCaptureReport (AE): their bodies."""

from typing import Final

from fixgate.adapters.fix.decode_trades import trade_date
from fixgate.adapters.fix.groups import written
from fixgate.adapters.fix.tags import clean, utc_timestamp
from fixgate.domain.reports import TradeCaptureReport, TradeRequestAck
from fixgate.domain.rounding import to_wire
from fixgate.domain.values import ExecType, TradeRequestResult

Fields = dict[int, str]
_ACCEPTED, _COMPLETED, _REJECTED = "0", "1", "2"
_NO_SYMBOL: Final = "[N/A]"


def trade_request_ack(report: TradeRequestAck) -> Fields:
    """The fields of 35=AQ."""
    request = report.request
    fields: Fields = {55: _NO_SYMBOL, **dict(request.echo)}
    fields[568] = request.req_id
    fields[569] = request.request_type
    fields[749] = report.result.value
    if report.result is TradeRequestResult.SUCCESSFUL:
        fields[748] = str(report.total)
        fields[750] = _ACCEPTED if report.total else _COMPLETED
    else:
        fields[750] = _REJECTED
    if report.text is not None:
        fields[58] = clean(report.text)
    return fields


def trade_capture_report(report: TradeCaptureReport) -> Fields:
    """The fields of 35=AE."""
    trade = report.trade
    side = [(54, trade.side.value), (37, trade.order_id), (11, trade.cl_ord_id)]
    if trade.account is not None:
        side.append((1, trade.account))
    exec_type = ExecType.TRADE_CORRECT if trade.corrected else ExecType.TRADE
    return {
        17: trade.exec_id,
        30: trade.venue,
        31: to_wire(trade.last_px),
        32: to_wire(trade.last_qty),
        55: trade.symbol,
        60: utc_timestamp(trade.at_ns),
        75: trade_date(trade.at_ns),
        150: exec_type.value,
        527: clean(trade.trade_id),
        552: written([side]),
        568: report.req_id,
        570: "Y",  # the ExecutionReport was before
        571: trade.exec_id,
        748: str(report.total),
        912: "Y" if report.last else "N",
    }
