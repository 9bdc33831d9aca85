"""What is on record of trades, read a piece at a time: the gateway's executions, and drop copies.

Here: TradeBooks and what it reads. Not here: comparing (application.trade_reconciling).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from fixgate.domain.frozen import value
from fixgate.domain.ids import ExecID, OrderID, SessionName, TradeID, VenueName
from fixgate.domain.order import Order
from fixgate.domain.trade_books import Book, Entry
from fixgate.domain.values import Side


@value
class BookedTrade:
    """A trade of an order at a venue, as the table of executions has it by now."""

    order_id: OrderID
    exec_id: ExecID
    leg: int
    venue: VenueName
    symbol: str
    side: Side
    trade_id: TradeID
    last_qty: Decimal  # 0: the venue took it back
    last_px: Decimal
    at_ns: int

    @property
    def entry(self) -> Entry:
        """To be compared."""
        return Entry(symbol=self.symbol, last_qty=self.last_qty, last_px=self.last_px)


@value
class Copies:
    """Of one drop copy session, by ExecID: the trades it was to be told of, and was told of."""

    covered: Book
    sent: Book


@value
class BookPage:
    """The trades that were decided in a range of records."""

    trades: tuple[BookedTrade, ...]
    copies: Mapping[SessionName, Copies]
    through_ns: int  # the time of the last record; 0: there is none


class TradeBooks(Protocol):
    """Reads, beside everything else. Raises what the database raises."""

    async def seq_at(self, at_ns: int) -> int:
        """The last record from before a time; where the journal begins later, the one before it.

        Raises:
            LookupError: records from after that time were dropped from the database.
        """
        ...

    async def page(self, after_seq: int, through_seq: int) -> BookPage:
        """What was decided in the records after one, up to another."""
        ...

    async def symbols(self, after_seq: int, since_ns: int | None) -> set[tuple[VenueName, str]]:
        """What there are orders in: open ones, those since a record, those touched since then."""
        ...

    async def of_order(self, order_id: OrderID) -> tuple[Order, tuple[BookedTrade, ...]] | None:
        """An order and its trades; None: there is no such order."""
        ...
