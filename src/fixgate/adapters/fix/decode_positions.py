"""RequestForPositions (AN) from its text to a command.

Not here: what is served and who may see what (decide.position_reports).
"""

from typing import Final

from fixgate.adapters.fix.inbound import Fields, missing, unfit
from fixgate.domain.ids import SessionName, VenueName
from fixgate.domain.inputs import ClientCommand, RequestForPositions
from fixgate.domain.position_request import PositionRequest

_SUBSCRIBE, _UNSUBSCRIBE = "1", "2"  # SubscriptionRequestType
_REPEATED: Final = ("710", "1", "55", "207")


def request_for_positions(session: SessionName, _: str, fields: Fields) -> ClientCommand:
    """35=AN."""
    wrong = missing(session, fields, ("710", "724")) or unfit(session, fields, _REPEATED)
    if wrong is not None:
        return wrong
    venue, wish = fields.get("207"), fields.get("263")
    request = PositionRequest(
        session=session,
        req_id=fields["710"],
        request_type=fields["724"],
        account=fields.get("1"),
        symbol=fields.get("55"),
        venue=None if venue is None else VenueName(venue),
        subscribes=wish == _SUBSCRIBE,
        unsubscribes=wish == _UNSUBSCRIBE,
    )
    return RequestForPositions(session=session, request=request)
