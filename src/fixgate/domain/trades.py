"""Trades as the record has them, and which of them somebody asks for.

Here: TradeQuery, TradeRequest and RecordedTrade; by_hand(), the id of a trade that no venue has.
Not here: where they are looked up (application/ports/trades); trades as they happen (order).
"""

from decimal import Decimal
from typing import Final

from fixgate.domain.frozen import value
from fixgate.domain.ids import ClOrdID, ExecID, OrderID, SessionName, TradeID
from fixgate.domain.order import Echo
from fixgate.domain.selection import Selection
from fixgate.domain.values import Side

_BY_HAND: Final = "MANUAL-"


def by_hand(number: int) -> TradeID:
    """What a trade is called that a person said there was, in record ``number``."""
    return TradeID(f"{_BY_HAND}{number}")


def is_by_hand(trade_id: TradeID) -> bool:
    """Whether it is such a trade: no venue has it."""
    return trade_id.startswith(_BY_HAND)


@value
class RecordedTrade:
    """One trade as it stands: as last corrected. A busted one does not stand."""

    session: SessionName  # whose order it was
    order_id: OrderID
    cl_ord_id: ClOrdID
    exec_id: ExecID  # of the report that says it as it stands
    trade_id: TradeID  # the venue's
    symbol: str
    venue_symbol: str
    venue: str
    side: Side
    account: str | None
    last_qty: Decimal
    last_px: Decimal
    at_ns: int  # when it was first reported
    corrected: bool = False


@value
class TradeQuery:
    """Trades that have all of what is given; None: whatever it is."""

    selection: Selection
    names: tuple[str, ...] = ()  # what Symbol (55) of the selection stands for
    sessions: tuple[SessionName, ...] = ()
    begin_ns: int | None = None
    end_ns: int | None = None  # exclusive
    order_id: str | None = None
    cl_ord_id: str | None = None
    exec_id: str | None = None

    def fits(self, trade: RecordedTrade) -> bool:
        """Whether a trade is asked for, but for ``cl_ord_id``, which may be an earlier one."""
        chosen = self.selection
        return (
            trade.session in self.sessions
            and (self.begin_ns is None or trade.at_ns >= self.begin_ns)
            and (self.end_ns is None or trade.at_ns < self.end_ns)
            and self.order_id in (None, trade.order_id)
            and self.exec_id in (None, trade.exec_id)
            and chosen.side in (None, trade.side)
            and chosen.account in (None, trade.account)
            and chosen.venue in (None, trade.venue)
            and (not self.names or not {trade.symbol, trade.venue_symbol}.isdisjoint(self.names))
        )


@value
class TradeRequest:
    """Who asks, and for what."""

    session: SessionName
    req_id: str  # tag 568
    request_type: str  # tag 569
    query: TradeQuery
    echo: Echo = ()
