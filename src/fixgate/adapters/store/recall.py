"""Reading back an order that memory forgot.

Here: StoreRecall, which implements the port. It reads on the caller's thread, which is the event
loop's, so a name never used must not cost a look at the disk: a Bloom filter answers that in a
microsecond. The filter is filled at start with the newest names, up to a cap. Where the cap left
older names out, "not in the filter" proves nothing, and the indexed look-up is made after all
(some ten microseconds).
Not here: keeping orders in memory; which inputs need one.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Integer, Select, Text, bindparam, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.bloom import BloomFilter
from fixgate.adapters.store.rows import execution_from, order_from, storable, trades
from fixgate.adapters.store.sqlite import connect_reader, statement
from fixgate.domain.ids import ClOrdID, OrderID, SessionName
from fixgate.domain.inputs import Recalled
from fixgate.domain.order import RefusedOrder, UsedID

NAMES_MAX: Final = 1_000_000
"""Names read at start: about a second and a half for a million."""

_ID: Final = bindparam("order_id", type_=Text)
QUERIES: Final[Mapping[str, Select[Any]]] = {
    "newest": select(t.cl_ord_ids.c.session, t.cl_ord_ids.c.cl_ord_id)
    .order_by(t.cl_ord_ids.c.order_id.desc())
    .limit(bindparam("most", type_=Integer)),
    "by_name": select(t.cl_ord_ids.c.order_id).where(
        t.cl_ord_ids.c.session == bindparam("session", type_=Text),
        t.cl_ord_ids.c.cl_ord_id == bindparam("cl_ord_id", type_=Text),
    ),
    "body": select(t.orders.c.body, t.orders.c.venue).where(t.orders.c.order_id == _ID),
    "names": select(t.cl_ord_ids.c.cl_ord_id)
    .where(t.cl_ord_ids.c.order_id == _ID)
    .order_by(t.cl_ord_ids.c.cl_ord_id),
    "reports": select(t.executions).where(t.executions.c.order_id == _ID),
}


class Lookups(Protocol):
    """A connection of one's own, to any database."""

    holds_nul: bool
    """Whether text may hold U+0000."""

    def find(self, query: str, *given: str) -> Sequence[Sequence[Any]]:
        """What one of QUERIES finds; its parameters in the order in which they stand in it.

        Raises:
            RecallUnavailable: the database cannot be reached for now.
        """
        ...

    def newest(self, most: int) -> Iterator[Sequence[Any]]:
        """The same for "newest", which may be long; never more than ``most``."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class SqliteLookups:
    """Implements Lookups for a file."""

    holds_nul = True

    def __init__(self, path: Path) -> None:
        """Connect.

        Raises:
            sqlite3.Error: the store cannot be read.
        """
        self._connection = connect_reader(path)
        self._texts = {name: statement(query) for name, query in QUERIES.items()}

    def find(self, query: str, *given: str) -> Sequence[Sequence[Any]]:
        return self._connection.execute(self._texts[query], given).fetchall()

    def newest(self, most: int) -> Iterator[Sequence[Any]]:
        return self._connection.execute(self._texts["newest"], (most, 0))

    def close(self) -> None:
        self._connection.close()


class StoreRecall:
    """Implements ``application.ports.journal.Recall`` over a connection of its own."""

    def __init__(self, where: Path | Lookups, *, names_max: int = NAMES_MAX) -> None:
        """Fill the filter.

        Raises:
            sqlite3.Error, psycopg.Error: the store cannot be read.
        """
        self._lookups = SqliteLookups(where) if isinstance(where, Path) else where
        self._used = BloomFilter()
        self._complete = self._fill(names_max)

    @property
    def complete(self) -> bool:
        """Whether the filter knows every name in the store."""
        return self._complete

    def _fill(self, names_max: int) -> bool:
        found = 0
        for found, name in enumerate(self._lookups.newest(names_max + 1), 1):
            if found <= names_max:
                self._used.add(tuple(name))
        return found <= names_max

    def note(self, session: SessionName, cl_ord_id: ClOrdID) -> None:
        """A name is used from now on. Called before memory can forget it."""
        self._used.add((session, self._stored(cl_ord_id)))

    def by_cl_ord_id(self, session: SessionName, cl_ord_id: ClOrdID) -> Recalled | None:
        """The order or refused order that the name means, if any."""
        name = (session, self._stored(cl_ord_id))
        if self._complete and name not in self._used:
            return None
        found = self._lookups.find("by_name", *name)
        if not found:
            return None
        order_id = OrderID(found[0][0])
        # A name of no order is that of a mass cancel.
        used = UsedID(session=session, cl_ord_id=cl_ord_id, order_id=order_id)
        return self.by_order_id(order_id) or Recalled(used=used)

    def by_order_id(self, order_id: OrderID) -> Recalled | None:
        """The order, if any. One look-up by key, also for an id that is not ours."""
        find, key = self._lookups.find, self._stored(order_id)
        found = find("body", key)
        if not found:
            return None
        ((body, venue),) = found
        order = order_from(body, refused=venue is None)
        names = tuple(ClOrdID(each) for (each,) in find("names", key))
        if isinstance(order, RefusedOrder):
            return Recalled(refused=order, cl_ord_ids=names)
        reports = [execution_from(each) for each in find("reports", key)]
        return Recalled(order=order, executions=trades(reports), cl_ord_ids=names)

    def close(self) -> None:
        """Close the connection."""
        self._lookups.close()

    def _stored(self, text: str) -> str:
        return storable(text, holds_nul=self._lookups.holds_nul)
