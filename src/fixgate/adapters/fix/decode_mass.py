"""Requests about many orders: OrderMassCancelRequest (q) and OrderMassStatusRequest (AF).

Here: from their text to commands. Not here: which orders they are about (domain/selection).
"""

from typing import Final

from fixgate.adapters.fix.inbound import Fields, bad, missing, unfit
from fixgate.domain.errors import Refusal
from fixgate.domain.ids import ClOrdID, SessionName, VenueName
from fixgate.domain.inputs import (
    ClientCommand,
    OrderMassCancelRequest,
    OrderMassStatusRequest,
)
from fixgate.domain.order import Echo
from fixgate.domain.selection import Selection
from fixgate.domain.values import MassCancelRejectReason, RefusalReason, Side

_SIDES: Final = {each.value: each for each in Side}
_FILTERS: Final = ("1", "54", "55", "100", "207")
_FOR_A_SECURITY: Final = "1"
_ALL: Final = "7"
_FOR_A_PARTY: Final = "8"


def mass_cancel_request(session: SessionName, _: str, fields: Fields) -> ClientCommand:
    """35=q."""
    wrong = missing(session, fields, ("11", "530")) or unfit(
        session, fields, ("11", "530", *_FILTERS)
    )
    if wrong is not None:
        return wrong
    kind = fields["530"]
    fault = None
    if kind not in (_FOR_A_SECURITY, _ALL):
        text = f"MassCancelRequestType (530) {kind[:8]} is not supported; 1 and 7 are"
        fault = MassCancelRejectReason.NOT_SUPPORTED, text
    elif kind == _FOR_A_SECURITY and "55" not in fields:
        text = "MassCancelRequestType (530) 1 needs Symbol (55)"
        fault = MassCancelRejectReason.UNKNOWN_SECURITY, text
    elif fields.get("54", "1") not in _SIDES:
        text = f"Side (54) {fields['54']} is not supported"
        fault = MassCancelRejectReason.OTHER, text
    return OrderMassCancelRequest(
        session=session,
        cl_ord_id=ClOrdID(fields["11"]),
        request_type=kind,
        selection=_selection(fields),
        echo=_echo(fields),
        fault=fault,
    )


def mass_status_request(session: SessionName, _: str, fields: Fields) -> ClientCommand:
    """35=AF."""
    wrong = missing(session, fields, ("584", "585")) or unfit(
        session, fields, ("584", "109", "448", *_FILTERS)
    )
    if wrong is not None:
        return wrong
    if fields.get("453", "1") != "1":
        return bad(session, fields, "453", 5, "must be 1 here")
    kind, party = fields["585"], fields.get("448") or fields.get("109")
    fault = None
    if kind not in (_FOR_A_SECURITY, _ALL, _FOR_A_PARTY):
        text = f"MassStatusReqType (585) {kind[:8]} is not supported; 1, 7 and 8 are"
        fault = Refusal(RefusalReason.UNSUPPORTED, text)
    elif kind == _FOR_A_SECURITY and "55" not in fields:
        text = "MassStatusReqType (585) 1 needs Symbol (55)"
        fault = Refusal(RefusalReason.UNKNOWN_SYMBOL, text)
    elif kind == _FOR_A_PARTY and party is None:
        text = "MassStatusReqType (585) 8 needs PartyID (448), in FIX 4.2 ClientID (109)"
        fault = Refusal(RefusalReason.OTHER, text)
    elif fields.get("54", "1") not in _SIDES:
        fault = Refusal(RefusalReason.UNSUPPORTED, f"Side (54) {fields['54']} is not supported")
    return OrderMassStatusRequest(
        session=session,
        mass_status_req_id=fields["584"],
        selection=_selection(fields, party),
        echo=_echo(fields),
        fault=fault,
    )


def _selection(fields: Fields, party: str | None = None) -> Selection:
    venue = fields.get("100") or fields.get("207")
    return Selection(
        symbol=fields.get("55"),
        side=_SIDES.get(fields.get("54", "")),
        account=fields.get("1"),
        venue=None if venue is None else VenueName(venue),
        party=party,
    )


def _echo(fields: Fields) -> Echo:
    return tuple((int(tag), fields[tag]) for tag in _FILTERS if tag in fields)
