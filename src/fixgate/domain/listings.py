"""What a client is told of instruments: each with what its venue takes.

Here: Listed and Listings. Not here: the venue's own table (instruments), FIX syntax.
"""

from fixgate.domain.frozen import value
from fixgate.domain.instruments import Instrument
from fixgate.domain.values import OrdType, SecurityRequestResult, TimeInForce


@value
class Listed:
    """An instrument, and what can be done with it now."""

    instrument: Instrument
    trading: bool  # it is active, and its venue is connected
    accepts: tuple[tuple[OrdType, tuple[TimeInForce, ...]], ...]
    text: str  # what its venue takes besides


@value
class Listings:
    """A part of an answer: at most a message's worth of instruments."""

    req_id: str  # tag 320
    response_id: str  # tag 322
    result: SecurityRequestResult
    total: int = 0
    last: bool = True
    listed: tuple[Listed, ...] = ()
    text: str | None = None
