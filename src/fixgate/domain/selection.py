"""Which of a session's open orders a request for many of them is about.

Here: Selection. Not here: what is then done with them (decide/mass_cancel, decide/mass_status).
"""

from fixgate.domain.frozen import value
from fixgate.domain.ids import VenueName
from fixgate.domain.order import Order
from fixgate.domain.values import Side


@value
class Selection:
    """Orders that have all of what is given; None: whatever it is."""

    symbol: str | None = None  # as the client wrote it
    side: Side | None = None
    account: str | None = None
    venue: VenueName | None = None
    party: str | None = None  # ClientID (109), or a PartyID (448)

    def selects(self, order: Order, names: frozenset[str]) -> bool:
        """Whether an order is among them; ``names`` are those that ``symbol`` stands for."""
        about = order.instruction
        return (
            (self.side is None or self.side is about.side)
            and (self.account is None or self.account == about.account)
            and (self.venue is None or self.venue == about.venue)
            and (self.symbol is None or about.symbol in names or about.venue_symbol in names)
            and (self.party is None or self.party in order.parties)
        )
