"""Reports about many orders: OrderMassCancelReport (r), the answers to OrderMassStatusRequest.

Here: their bodies. Not here: header and trailer, the ExecutionReport itself (encode).
"""

from typing import Final

from fixgate.adapters.fix.groups import written
from fixgate.adapters.fix.tags import clean
from fixgate.domain.reports import MassStatusReport, OrderMassCancelReport

Fields = dict[int, str]
_REFUSED: Final = "0"
_NO_SYMBOL: Final = "[N/A]"  # FIX: for what has no symbol
_NO_SIDE: Final = "7"  # undisclosed


def mass_cancel_report(report: OrderMassCancelReport, now: str) -> Fields:
    """The fields of 35=r."""
    fields: Fields = dict(report.echo)
    fields[11] = report.cl_ord_id
    fields[37] = report.order_id
    fields[60] = now
    fields[530] = report.request_type
    if report.refusal is not None:
        fields[531] = _REFUSED
        fields[532] = report.refusal.value
        fields[58] = clean(report.text or "")
        return fields
    fields[531] = report.request_type
    fields[533] = str(report.total)
    if report.affected:
        fields[534] = written(
            [
                [(41, each.cl_ord_id), (535, each.order_id)]
                + ([(536, clean(each.venue_order_id))] if each.venue_order_id else [])
                for each in report.affected
            ]
        )
    return fields


def mass_status(report: MassStatusReport, fields: Fields) -> None:
    """What an answer to an OrderMassStatusRequest has besides: added to ``fields``."""
    fields[584] = report.mass_status.req_id
    fields[911] = str(report.mass_status.total)
    fields[912] = "Y" if report.mass_status.last else "N"
    if report.order_id is None:
        del fields[11]
        fields.setdefault(55, _NO_SYMBOL)
        fields.setdefault(54, _NO_SIDE)
