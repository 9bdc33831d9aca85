"""RequestForPositionsAck (AO) and PositionReport (AP): their bodies."""

from decimal import Decimal
from typing import Final

from fixgate.adapters.fix.groups import written
from fixgate.adapters.fix.tags import clean
from fixgate.domain.balance import quote_of
from fixgate.domain.reports import PositionReport, RequestForPositionsAck
from fixgate.domain.rounding import ZERO, rounded, to_wire
from fixgate.domain.values import PosReqResult

Fields = dict[int, str]
_CUSTOMER: Final = "1"  # AccountType
_COMPLETED, _REJECTED = "0", "2"
_THEORETICAL: Final = "2"  # a price of the market, at which nobody settled
_SUBSCRIBED, _YES = "1", "Y"
_TRANSACTIONS: Final = "TQ"
_DATE: Final = len("YYYYMMDD")


def request_for_positions_ack(report: RequestForPositionsAck) -> Fields:
    """The fields of 35=AO."""
    request = report.request
    refused = report.result not in (PosReqResult.VALID, PosReqResult.NONE_FOUND)
    fields: Fields = {
        581: _CUSTOMER,
        710: request.req_id,
        721: report.rpt_id,
        727: str(report.total),
        728: report.result.value,
        729: _REJECTED if refused else _COMPLETED,
    }
    for tag, said in ((1, request.account), (55, request.symbol), (207, request.venue)):
        if said is not None:
            fields[tag] = said
    if report.text is not None:
        fields[58] = clean(report.text)
    return fields


def position_report(report: PositionReport, now: str) -> Fields:
    """The fields of 35=AP."""
    position = report.position
    side = 704 if position.qty >= ZERO else 705
    amounts: list[tuple[str, Decimal, str | None]] = [("RLZD", position.realised, None)]
    fields: Fields = {
        1: position.account or "",  # a session sees positions of accounts only
        6: to_wire(position.avg_px),
        15: quote_of(position.symbol),
        55: position.symbol,
        207: position.venue,
        581: _CUSTOMER,
        702: written([[(703, _TRANSACTIONS), (side, to_wire(abs(position.qty)))]]),
        710: report.req_id,
        715: now[:_DATE],  # our markets' days are those of UTC
        721: report.rpt_id,
        724: "0",
        728: PosReqResult.VALID.value,
    }
    if report.subscribed:
        fields[263] = _SUBSCRIBED
    if report.update:
        fields[325] = _YES
    else:
        fields[727] = str(report.total)
    if report.px is not None:
        fields[730] = to_wire(report.px)
        fields[731] = _THEORETICAL
        amounts.append(("UNRL", position.unrealised(report.px), None))
    amounts += [("FEES", fee, currency) for currency, fee in position.fees]
    fields[753] = written([_amount(*each) for each in amounts])
    return fields


def _amount(kind: str, amount: Decimal, currency: str | None) -> list[tuple[int, str]]:
    made = [(707, kind), (708, to_wire(rounded(amount)))]
    return made if currency is None else [*made, (1055, clean(currency))]
