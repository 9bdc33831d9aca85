"""Which positions a client asks for.

Here: PositionRequest. Not here: which it may see (decide.position_reports).
"""

from fixgate.domain.frozen import value
from fixgate.domain.ids import SessionName, VenueName


@value
class PositionRequest:
    """What a RequestForPositions says; None: whatever it is."""

    session: SessionName
    req_id: str  # tag 710
    request_type: str  # tag 724
    account: str | None = None
    symbol: str | None = None  # as the client wrote it
    venue: VenueName | None = None
    subscribes: bool = False  # tag 263 is 1
    unsubscribes: bool = False  # tag 263 is 2
