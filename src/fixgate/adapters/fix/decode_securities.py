"""SecurityListRequest (x) and SecurityDefinitionRequest (c) from their text to a command."""

from typing import Final

from fixgate.adapters.fix.inbound import Fields, missing, unfit
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import ClientCommand, SecurityRequest
from fixgate.domain.values import SecurityRequestResult as R

_REPEATED: Final = ("320", "55", "207", "167")
_SPOT, _FUTURE = "FXSPOT", "FUT"
SECURITY_TYPES: Final = {_SPOT: False, _FUTURE: True}
"""SecurityType (167), and whether it is that of derivatives."""

_BY_SYMBOL, _BY_TYPE, _ALL = "0", "1", "4"  # tag 559
_IDENTITY: Final = ("0", "1")  # tag 321
_LIST: Final = "3"


def security_list_request(session: SessionName, _: str, fields: Fields) -> ClientCommand:
    """35=x."""
    wrong = missing(session, fields, ("320", "559")) or unfit(session, fields, _REPEATED)
    if wrong is not None:
        return wrong
    kind = fields["559"]
    fault = _wrong_type(fields)
    if fields.get("263", "0") != "0":
        text = "SubscriptionRequestType (263) must be 0: changes are not sent"
        fault = R.NOT_SUPPORTED, text
    elif kind not in (_BY_SYMBOL, _BY_TYPE, _ALL):
        text = f"SecurityListRequestType (559) {kind[:8]} is not supported; 0, 1 and 4 are"
        fault = R.NOT_SUPPORTED, text
    elif kind == _BY_SYMBOL and "55" not in fields:
        fault = R.INVALID, "SecurityListRequestType (559) 0 needs Symbol (55)"
    elif kind == _BY_TYPE and "167" not in fields:
        fault = R.INVALID, "SecurityListRequestType (559) 1 needs SecurityType (167)"
    return _request(session, fields, fault, definitions=False, by_symbol=kind == _BY_SYMBOL)


def security_definition_request(session: SessionName, _: str, fields: Fields) -> ClientCommand:
    """35=c."""
    wrong = missing(session, fields, ("320", "321")) or unfit(session, fields, _REPEATED)
    if wrong is not None:
        return wrong
    kind = fields["321"]
    fault = _wrong_type(fields)
    if kind not in (*_IDENTITY, _LIST):
        text = f"SecurityRequestType (321) {kind[:8]} is not supported; 0, 1 and 3 are"
        fault = R.NOT_SUPPORTED, text
    elif kind in _IDENTITY and "55" not in fields:
        fault = R.INVALID, f"SecurityRequestType (321) {kind} needs Symbol (55)"
    return _request(session, fields, fault, definitions=True, by_symbol=kind in _IDENTITY)


def _wrong_type(fields: Fields) -> tuple[R, str] | None:
    kind = fields.get("167")
    if kind is None or kind in SECURITY_TYPES:
        return None
    return R.NONE_FOUND, f"SecurityType (167) is {_SPOT} or {_FUTURE}"


def _request(
    session: SessionName,
    fields: Fields,
    fault: tuple[R, str] | None,
    *,
    definitions: bool,
    by_symbol: bool,
) -> SecurityRequest:
    venue, kind = fields.get("207"), fields.get("167")
    return SecurityRequest(
        session=session,
        req_id=fields["320"],
        definitions=definitions,
        symbol=fields.get("55") if by_symbol else None,
        derivatives=None if kind is None else SECURITY_TYPES.get(kind),
        venue=None if venue is None else VenueName(venue),
        fault=fault,
    )
