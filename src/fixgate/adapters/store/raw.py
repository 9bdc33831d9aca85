"""Journal records as they are stored, not yet decoded.

Here: Raw, RawSource and DatabaseRecords, which reads the journal table in pages of plain rows on
whatever database it is; where an event names its order; Damaged, for a record that cannot be read
at all.
Not here: Parquet files (archive.files), both together (ledger), what a record means (kinds).
"""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy import ARRAY, ColumnElement, Connection, Select, Text, bindparam, func, or_, select
from sqlalchemy.exc import DBAPIError

from fixgate.adapters.store import tables as t
from fixgate.domain.ids import ORDER_ID_LENGTH

PAGE: Final = 2_000
"""Records read at once; a long query would keep the log from starting again."""

SPAN: Final = 100_000
"""Records looked at by one query where few of them are wanted, so that none is long."""

ORDER_AT: Final = tuple(len(each) for each in ('{"order_id":"', '{"order":{"order_id":"'))
"""Where the OrderID stands in the payload of an event that changes an order."""

_COLUMNS: Final = (
    t.journal.c.seq,
    t.journal.c.at_ns,
    t.journal.c.kind,
    t.journal.c.session,
    t.journal.c.cause,
    t.journal.c.payload,
    t.journal.c.prev_hash,
    t.journal.c.hash,
)


class Raw(NamedTuple):
    """One row of the journal."""

    seq: int
    at_ns: int
    kind: str
    session: str | None
    cause: int | None
    payload: str
    prev_hash: bytes
    hash: bytes


RawRow = tuple[Any, ...]
"""The fields of Raw in their order. Plain tuples are read at twice the speed."""


class Damaged(Exception):  # noqa: N818 - it names a fact
    """A record, or what should hold it, cannot be read."""

    def __init__(self, seq: int, what: str) -> None:
        super().__init__(what)
        self.seq = seq  # the first number that cannot be read
        self.what = what


class RawSource(Protocol):
    """Somewhere journal records can be read from, in order."""

    def bounds(self) -> tuple[int, int] | None:
        """The first and the last number there; None if there is none."""
        ...

    def pages(self, from_seq: int, to_seq: int) -> Iterator[Sequence[RawRow]]:
        """The records of a range, both ends included, in order.

        Raises:
            Damaged: one cannot be read; those before it were given.
        """
        ...

    def naming(
        self, order_ids: Collection[str], from_seq: int, to_seq: int
    ) -> Iterator[Sequence[RawRow]]:
        """Those records of a range that begin with the name of one of these orders, in order.

        Raises:
            Damaged: one cannot be read.
        """
        ...

    def first_at(self, at_ns: int) -> int | None:
        """The first number whose record is at ``at_ns`` or later; None if all are earlier."""
        ...


class DatabaseRecords:
    """The journal table."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def bounds(self) -> tuple[int, int] | None:
        """See RawSource."""
        first = self._edge(t.journal.c.seq.asc())
        last = self._edge(t.journal.c.seq.desc())
        return None if first is None or last is None else (first, last)

    def pages(self, from_seq: int, to_seq: int) -> Iterator[Sequence[RawRow]]:
        """See RawSource."""
        size = PAGE
        while from_seq <= to_seq:
            try:
                rows = self._page(from_seq, to_seq, size)
            except (DBAPIError, UnicodeDecodeError) as problem:
                if size > 1:
                    size = 1  # one by one, to the one that cannot be read
                    continue
                raise Damaged(from_seq, reason(problem)) from problem
            if not rows:
                return
            yield rows
            from_seq = rows[-1][0] + 1

    def first_at(self, at_ns: int) -> int | None:
        """See RawSource; by halving, since the journal has no index on time."""
        found = self.bounds()
        if found is None:
            return None
        low, high = found[0], found[1] + 1
        while low < high:
            middle = (low + high) // 2
            row = self._at(middle)
            if row is None or row[1] >= at_ns:
                high = middle
            else:
                low = row[0] + 1
        return low if low <= found[1] else None

    def naming(
        self, order_ids: Collection[str], from_seq: int, to_seq: int
    ) -> Iterator[Sequence[RawRow]]:
        """See RawSource."""
        seq, payload = t.journal.c.seq, t.journal.c.payload
        wanted = self._one_of(order_ids)
        named = (func.substr(payload, each + 1, ORDER_ID_LENGTH) for each in ORDER_AT)
        query = select(*_COLUMNS).where(
            t.journal.c.cause.is_not(None), or_(*(each.in_(wanted) for each in named))
        )
        for first in range(from_seq, to_seq + 1, SPAN):
            last = min(first + SPAN - 1, to_seq)
            try:
                yield self._rows(query.where(seq.between(first, last)).order_by(seq))
            except (DBAPIError, UnicodeDecodeError) as problem:
                raise Damaged(first, f"it or one after it: {reason(problem)}") from problem

    def _one_of(self, order_ids: Collection[str]) -> Select[Any]:
        """OrderIDs as a query of one parameter, however many they are."""
        if self.connection.dialect.name == "postgresql":
            return select(func.unnest(bindparam("ids", list(order_ids), type_=ARRAY(Text))))
        ids = func.json_each(bindparam("ids", json.dumps(list(order_ids)))).table_valued("value")
        return select(ids.c.value)

    def _page(self, from_seq: int, to_seq: int, size: int) -> Sequence[RawRow]:
        seq = t.journal.c.seq
        query = select(*_COLUMNS).where(seq >= from_seq, seq <= to_seq).order_by(seq).limit(size)
        return self._rows(query)

    def _rows(self, query: Select[Any]) -> Sequence[RawRow]:
        # The driver's own rows: SQLAlchemy's cost as much again as reading them.
        cursor = self.connection.execute(query).cursor
        if cursor is None:
            return ()
        try:
            rows: Sequence[RawRow] = cursor.fetchall()
        except Exception as problem:
            # Whatever the driver calls it: the row is there and cannot be read.
            raise DBAPIError("fetch", None, problem) from problem
        finally:
            cursor.close()
        return rows

    def _edge(self, order: ColumnElement[Any]) -> int | None:
        query = select(t.journal.c.seq).order_by(order).limit(1)
        found = self.connection.execute(query).scalar()
        return None if found is None else int(found)

    def _at(self, seq: int) -> tuple[int, int] | None:
        """Number and time of the first record from ``seq`` on."""
        columns = t.journal.c
        query = select(columns.seq, columns.at_ns).where(columns.seq >= seq)
        row = self.connection.execute(query.order_by(columns.seq).limit(1)).first()
        return None if row is None else (row.seq, row.at_ns)


def reason(problem: BaseException) -> str:
    """What went wrong in the words of the driver, on one line."""
    return " ".join(str(getattr(problem, "orig", None) or problem).split())
