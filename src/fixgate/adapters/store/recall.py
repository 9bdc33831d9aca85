"""Reading back an order that memory forgot.

Here: StoreRecall, which implements the port. It reads on the caller's thread, which is the event
loop's, so a name never used must not cost a look at the disk: a Bloom filter answers that in a
microsecond. The filter is filled at start with the newest names, up to a cap. Where the cap left
older names out, "not in the filter" proves nothing, and the indexed look-up is made after all
(some ten microseconds).
Not here: keeping orders in memory; which inputs need one.
"""

from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Text, bindparam, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.bloom import BloomFilter
from fixgate.adapters.store.rows import execution_from, order_from, storable, trades
from fixgate.adapters.store.sqlite import connect_reader, statement
from fixgate.domain.ids import ClOrdID, OrderID, SessionName
from fixgate.domain.inputs import Recalled
from fixgate.domain.order import RefusedOrder

NAMES_MAX: Final = 1_000_000
"""Names read at start: about a second and a half for a million."""

_ID: Final = bindparam("order_id", type_=Text)
_NEWEST: Final = statement(
    select(t.cl_ord_ids.c.session, t.cl_ord_ids.c.cl_ord_id).order_by(
        t.cl_ord_ids.c.order_id.desc()
    )
)
_BY_NAME: Final = statement(
    select(t.cl_ord_ids.c.order_id).where(
        t.cl_ord_ids.c.session == bindparam("session"),
        t.cl_ord_ids.c.cl_ord_id == bindparam("cl_ord_id"),
    )
)
_BODY: Final = statement(
    select(t.orders.c.body, t.orders.c.venue).where(t.orders.c.order_id == _ID)
)
_NAMES: Final = statement(
    select(t.cl_ord_ids.c.cl_ord_id)
    .where(t.cl_ord_ids.c.order_id == _ID)
    .order_by(t.cl_ord_ids.c.cl_ord_id)
)
_REPORTS: Final = statement(select(t.executions).where(t.executions.c.order_id == _ID))


class StoreRecall:
    """Implements ``application.ports.journal.Recall`` over a connection of its own."""

    def __init__(self, path: Path, *, names_max: int = NAMES_MAX) -> None:
        """Fill the filter.

        Raises:
            sqlite3.Error: the store cannot be read.
        """
        self._connection = connect_reader(path)
        self._used = BloomFilter()
        self._complete = self._fill(names_max)

    @property
    def complete(self) -> bool:
        """Whether the filter knows every name in the store."""
        return self._complete

    def _fill(self, names_max: int) -> bool:
        newest = self._connection.execute(_NEWEST)
        for name in islice(newest, names_max):
            self._used.add(name)
        complete = newest.fetchone() is None
        newest.close()
        return complete

    def note(self, session: SessionName, cl_ord_id: ClOrdID) -> None:
        """A name is used from now on. Called before memory can forget it."""
        self._used.add((session, storable(cl_ord_id)))

    def by_cl_ord_id(self, session: SessionName, cl_ord_id: ClOrdID) -> Recalled | None:
        """The order or refused order that the name means, if any."""
        name = (session, storable(cl_ord_id))
        if self._complete and name not in self._used:
            return None
        found = self._connection.execute(_BY_NAME, name).fetchone()
        return None if found is None else self.by_order_id(found[0])

    def by_order_id(self, order_id: OrderID) -> Recalled | None:
        """The order, if any. One look-up by key, also for an id that is not ours."""
        key = (storable(order_id),)
        found = self._connection.execute(_BODY, key).fetchone()
        if found is None:
            return None
        order = order_from(found[0], refused=found[1] is None)
        names = tuple(ClOrdID(each) for (each,) in self._connection.execute(_NAMES, key))
        if isinstance(order, RefusedOrder):
            return Recalled(refused=order, cl_ord_ids=names)
        reports = [execution_from(each) for each in self._connection.execute(_REPORTS, key)]
        return Recalled(order=order, executions=trades(reports), cl_ord_ids=names)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
