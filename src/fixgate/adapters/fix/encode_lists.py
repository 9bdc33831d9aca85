"""ListStatus (N): its body."""

from collections.abc import Mapping

from fixgate.adapters.fix.groups import written
from fixgate.adapters.fix.tags import clean
from fixgate.domain.lists import Member
from fixgate.domain.reports import ListStatus
from fixgate.domain.rounding import to_wire
from fixgate.domain.values import RefusalReason

Fields = dict[int, str]
Pairs = list[tuple[int, str]]


def list_status(
    report: ListStatus, now: str, reasons: Mapping[RefusalReason, int], *, working: bool
) -> Fields:
    """The fields of 35=N.

    Args:
        report: what to say.
        now: tag 60.
        reasons: tag 103 in the client's version.
        working: whether the version has WorkingIndicator (636) here.

    """
    fields: Fields = {
        60: now,
        66: report.list_id,
        68: str(len(report.members)),
        73: written([_member(each, reasons, working=working) for each in report.members]),
        82: "1",
        83: "1",
        429: report.status_type.value,
        431: report.order_status.value,
    }
    if report.text is not None:
        fields[444] = clean(report.text)
    return fields


def _member(each: Member, reasons: Mapping[RefusalReason, int], *, working: bool) -> Pairs:
    """In the order of the dictionaries."""
    pairs: Pairs = [(11, each.cl_ord_id), (14, to_wire(each.cum_qty)), (39, each.ord_status.value)]
    if working and each.working is not None:
        pairs.append((636, "Y" if each.working else "N"))
    pairs += [
        (151, to_wire(each.leaves_qty)),
        (84, to_wire(each.cxl_qty)),
        (6, to_wire(each.avg_px)),
    ]
    if each.refusal is not None:
        pairs.append((103, str(reasons[each.refusal.reason])))
        pairs.append((58, clean(each.refusal.text)))
    return pairs
