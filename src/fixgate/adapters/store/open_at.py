"""The orders that were open at an instant, without everything that happened before it.

Here: open_at(). The table of orders says which can have been open: those that still are, and those
that changed later. What did not change since is as the table has it; the others are made again
from their own events, of which the journal has few.
Not here: the same from every event (application.replay.fold), which proves that the table is right.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, case, or_, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.errors import RecordUnreadable
from fixgate.adapters.store.history import begun_at
from fixgate.adapters.store.ledger import SLACK_NS, Ledger, Span
from fixgate.adapters.store.rows import order_from
from fixgate.adapters.store.verifying import Progress
from fixgate.application.replay import fold
from fixgate.domain.ids import Ids, OrderID
from fixgate.domain.order import Order
from fixgate.domain.state import State


def open_at(
    ledger: Ledger, connection: Connection, *, at_ns: int, through: int, progress: Progress
) -> list[Order]:
    """The orders that were not over once a record had been written.

    Args:
        ledger: the journal.
        connection: to the database that has the table of orders.
        at_ns: the time of the last records that count.
        through: the last record that counts.
        progress: told the number of records looked at.

    Raises:
        RecordUnreadable: a record that is needed cannot be read or is not there.
        InvariantBroken: the records do not follow from each other.
    """
    found: list[Order] = []
    moved: list[OrderID] = []
    for order_id, order in _candidates(ledger, connection, at_ns=at_ns, through=through):
        if order is None:
            moved.append(order_id)
        else:
            found.append(order)
    state = State(Ids(ledger.epoch))
    begins = [begun for each in moved if (begun := begun_at(ledger, each)) is not None]
    if begins:
        first = min(begins)
        gone = ledger.missing(Span(first, through))
        if gone is not None:
            raise RecordUnreadable(f"record {gone} is not there: {ledger.gap(gone)}")
        fold(state, ledger.naming(moved, first, through, progress=progress))
    return sorted((*found, *state.open_orders()), key=lambda order: order.order_id)


def _candidates(
    ledger: Ledger, connection: Connection, *, at_ns: int, through: int
) -> Iterator[tuple[OrderID, Order | None]]:
    """Orders that can have been open; with each that has not changed since, as it still is."""
    orders = t.orders.c
    since_ns = at_ns - SLACK_NS  # times in the journal may go back by so much
    query = select(
        orders.order_id, case((orders.updated_ns < since_ns, orders.body), else_=None)
    ).where(
        orders.order_id <= Ids(ledger.epoch).order_id(through),
        orders.venue.is_not(None),  # else it was refused
        or_(orders.working == 1, orders.updated_ns >= since_ns),
    )
    for order_id, body in connection.execute(query):
        order = None if body is None else order_from(body, refused=False)
        if order is None or (isinstance(order, Order) and not order.is_terminal):
            yield OrderID(order_id), order
