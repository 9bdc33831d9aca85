"""A venue's own list of an account's trades, to hold ours against.

Here: TradeListing, ListedTrade. Unlike the calls of VenuePort these are awaited: nothing is decided
by them and nothing of them is journaled; what they bring to light comes in as it always does.
Not here: any venue's protocol; comparing (application.trade_reconciling).
"""

from decimal import Decimal
from typing import Protocol

from fixgate.domain.frozen import value
from fixgate.domain.ids import TradeID, VenueClOrdID, VenueOrderID
from fixgate.domain.values import Side


class TradesUnlisted(Exception):  # noqa: N818 - it names a fact
    """The venue did not say; the text says why."""


@value
class ListedTrade:
    """A trade of the account, whoever made it."""

    trade_id: TradeID
    symbol: str  # unified
    side: Side
    last_qty: Decimal
    last_px: Decimal
    at_ns: int  # by the venue's clock
    venue_order_id: VenueOrderID


class TradeListing(Protocol):
    """Lists trades. Raises TradesUnlisted, and nothing else because of the venue."""

    def begins_ns(self) -> int:
        """From when on the list is complete."""
        ...

    async def between(self, symbol: str, since_ns: int, until_ns: int) -> tuple[ListedTrade, ...]:
        """All trades in a unified symbol from ``since_ns`` to before ``until_ns``."""
        ...

    async def of_leg(
        self, venue_cl_ord_id: VenueClOrdID, symbol: str, side: Side
    ) -> tuple[ListedTrade, ...]:
        """All trades of one of our orders; none if the venue does not have the order."""
        ...

    def known_owner(self, trade: ListedTrade) -> VenueClOrdID | None:
        """Which of our orders a trade is of; None: it is not known without asking the venue."""
        ...

    async def owner(self, trade: ListedTrade) -> VenueClOrdID | None:
        """What the order of a trade is called by whoever sent it; None: the order is gone."""
        ...
