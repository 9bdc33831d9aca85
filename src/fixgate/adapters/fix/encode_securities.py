"""SecurityList (y) and SecurityDefinition (d): their bodies."""

from typing import Final

from fixgate.adapters.fix.decode_securities import SECURITY_TYPES
from fixgate.adapters.fix.groups import written
from fixgate.adapters.fix.tags import clean
from fixgate.domain.listings import Listed
from fixgate.domain.reports import SecurityDefinition, SecurityList
from fixgate.domain.rounding import ZERO, to_wire
from fixgate.domain.sessions import FixVersion
from fixgate.domain.values import SecurityRequestResult

Pairs = list[tuple[int, str]]
Fields = dict[int, str]
_TYPE_NAMES: Final = {derivative: name for name, derivative in SECURITY_TYPES.items()}
_READY, _UNAVAILABLE = "17", "18"  # tag 326
_ONE, _ONE_OF_A_LIST, _REJECTED, _NONE = "1", "4", "5", "6"  # tag 323


def security_list(report: SecurityList) -> Fields:
    """The fields of 35=y."""
    part = report.part
    fields = {320: part.req_id, 322: part.response_id, 560: part.result.value}
    if part.text is not None:
        fields[58] = clean(part.text)
    if part.listed:
        fields[146] = written([_entry(each) for each in part.listed])
        fields[393] = str(part.total)
        fields[893] = "Y" if part.last else "N"
    return fields


def security_definition(report: SecurityDefinition, version: FixVersion) -> Fields:
    """The fields of 35=d."""
    part = report.part
    fields: Fields = {320: part.req_id, 322: part.response_id, 323: _REJECTED}
    if version is FixVersion.FIX42:
        fields[393] = str(part.total)  # FIX 4.2 requires it
    if part.text is not None:
        fields[58] = clean(part.text)
    if part.result is SecurityRequestResult.NONE_FOUND:
        fields[323] = _NONE
    for each in part.listed:
        fields |= dict(_entry(each))
        # FIX 4.4 has no word for one of a list.
        listed = part.total > 1 and version is FixVersion.FIX42
        fields[323] = _ONE_OF_A_LIST if listed else _ONE
    return fields


def _entry(each: Listed) -> Pairs:
    """In the order of the dictionaries."""
    one = each.instrument
    pairs: Pairs = [
        (55, one.symbol),
        (48, clean(one.venue_symbol)),
        (167, _TYPE_NAMES[one.is_derivative]),
        (207, one.venue),
        (326, _READY if each.trading else _UNAVAILABLE),
        (561, to_wire(one.lot_size)),
        (562, to_wire(one.min_qty)),
        (969, to_wire(one.tick_size)),
    ]
    if one.max_qty is not None:
        pairs.append((1140, to_wire(one.max_qty)))
    if one.min_notional > ZERO:
        pairs.append((20030, to_wire(one.min_notional)))
    kinds = [
        [(40, kind.value), (1239, written([[(59, tif.value)] for tif in times]))]
        for kind, times in each.accepts
    ]
    if kinds:
        pairs.append((1237, written(kinds)))
    if each.text:
        pairs.append((58, clean(each.text)))
    return pairs
