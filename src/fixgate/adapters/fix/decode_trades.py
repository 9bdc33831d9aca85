"""TradeCaptureReportRequest (AD) from its text to a command.

Not here: which trades fit (domain/trades).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from fixgate.adapters.fix.fields import pairs
from fixgate.adapters.fix.groups import Entry, GroupBroken, Layout, read
from fixgate.adapters.fix.inbound import Fields, bad, missing, unfit
from fixgate.adapters.fix.tags import end_of_day_ns, to_ns
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import ClientCommand, TradeCaptureReportRequest
from fixgate.domain.selection import Selection
from fixgate.domain.trades import TradeQuery, TradeRequest
from fixgate.domain.values import Side, TradeRequestResult

_DATES: Final = Layout(first="75", members=frozenset(("75", "60")))
_TIMES: Final = Layout(first="60", members=frozenset(("60",)))  # in the place of dates
_ECHOED: Final = ("55",)
_IDS: Final = ("568", "569", "1", "11", "17", "37", "54", "55", "100", "207")
_SIDES: Final = {each.value: each for each in Side}
_SERVED: Final = ("0", "1")
_DAY_NS: Final = int(timedelta(days=1).total_seconds()) * 1_000_000_000
_DATES_MAX: Final = 2

Range = tuple[int | None, int | None]
Fault = tuple[TradeRequestResult, str]


def trade_capture_report_request(session: SessionName, text: str, fields: Fields) -> ClientCommand:
    """35=AD."""
    wrong = missing(session, fields, ("568", "569")) or unfit(session, fields, _IDS)
    if wrong is not None:
        return wrong
    try:
        dates = read(pairs(text), "580", _DATES if "75" in fields else _TIMES)
    except GroupBroken as broken:
        return bad(session, fields, broken.tag, 5, str(broken))
    times = _range(dates)
    fault = _fault(fields)
    if isinstance(times, str):
        fault, times = fault or (TradeRequestResult.OTHER, times), (None, None)
    venue = fields.get("100") or fields.get("207")
    query = TradeQuery(
        selection=Selection(
            symbol=fields.get("55"),
            side=_SIDES.get(fields.get("54", "")),
            account=fields.get("1"),
            venue=None if venue is None else VenueName(venue),
        ),
        begin_ns=times[0],
        end_ns=times[1],
        order_id=fields.get("37"),
        cl_ord_id=fields.get("11"),
        exec_id=fields.get("17"),
    )
    request = TradeRequest(
        session=session,
        req_id=fields["568"],
        request_type=fields["569"],
        query=query,
        echo=tuple((int(tag), fields[tag]) for tag in _ECHOED if tag in fields),
    )
    return TradeCaptureReportRequest(session=session, request=request, fault=fault)


def _fault(fields: Fields) -> Fault | None:
    if fields["569"] not in _SERVED:
        text = f"TradeRequestType (569) {fields['569']} is not supported; 0 and 1 are"
        return TradeRequestResult.TYPE_NOT_SUPPORTED, text
    if fields.get("263", "0") != "0":
        text = "SubscriptionRequestType (263) must be 0: trades are reported as they happen anyway"
        return TradeRequestResult.TYPE_NOT_SUPPORTED, text
    if fields.get("54", "1") not in _SIDES:
        return TradeRequestResult.OTHER, f"Side (54) {fields['54']} is not supported"
    return None


def _range(dates: Sequence[Entry]) -> Range | str:
    """FIX: one date is that day; two are the first and the last, both included."""
    if not dates:
        return None, None
    if len(dates) > _DATES_MAX:
        return "NoDates (580) is 1, a day, or 2, the first and the last"
    begin, end = _times(dates[0])[0], _times(dates[-1])[1]
    if begin is None or end is None:
        return "TradeDate (75) or TransactTime (60) is not a day or time"
    if begin >= end:
        return "NoDates (580): the first is after the last"
    return begin, end


def _times(entry: Entry) -> Range:
    """When a date or time begins, and when it is over."""
    if "60" in entry.fields:
        at_ns = to_ns(entry.fields["60"])
        return (None, None) if at_ns is None else (at_ns, at_ns + 1)
    end_ns = end_of_day_ns(entry.fields["75"])
    return (None, None) if end_ns is None else (end_ns + 1 - _DAY_NS, end_ns + 1)


def trade_date(at_ns: int) -> str:
    """TradeDate (75): our markets' days are those of UTC."""
    return datetime.fromtimestamp(at_ns // 1_000_000_000, tz=UTC).strftime("%Y%m%d")
