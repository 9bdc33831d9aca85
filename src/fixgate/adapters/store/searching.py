"""Finding FIX messages in the whole journal, by what people know of them.

Here: Wanted, what they know; found(), the messages in order; names_of(), what an order goes by.
Not here: one order's other records (history); how messages are shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.errors import RecordUnreadable
from fixgate.adapters.store.kinds import decode
from fixgate.adapters.store.ledger import ArchivedDay, Ledger, Span
from fixgate.adapters.store.reader import StoredMessage
from fixgate.application.ports.fix import FixMessage
from fixgate.application.ports.journal import FixIn, FixRow

_COLUMNS: Final = (
    "seq", "at_ns", "session", "direction", "msg_type", "msg_seq_num", "cl_ord_id", "order_id",
    "symbol", "repeats",
)  # fmt: skip
_PAGE: Final = 1_000
_SPAN: Final = 200_000  # records looked at by one query, so that none is long


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which messages; None or empty: any. Times are UTC nanoseconds, the end not included."""

    session: str | None = None
    direction: str | None = None
    msg_types: frozenset[str] = frozenset()
    cl_ord_id: str | None = None
    order_id: str | None = None
    symbol: str | None = None
    text: str | None = None  # anywhere in the message, whatever the case
    since_ns: int | None = None
    until_ns: int | None = None
    # Any of an order's names, with the session that they belong to: see ``names_of``.
    orders: frozenset[str] = frozenset()
    names: frozenset[tuple[str | None, str]] = frozenset()

    def fits(self, row: FixRow) -> bool:
        """Whether a message fits by all but what its text says."""
        return (
            self.session in (None, row.session)
            and self.direction in (None, row.direction)
            and (not self.msg_types or row.msg_type in self.msg_types)
            and self.cl_ord_id in (None, row.cl_ord_id)
            and self.order_id in (None, row.order_id)
            and (row.symbol is None or self.symbol in (None, row.symbol))
            and (self.since_ns is None or row.at_ns >= self.since_ns)
            and (self.until_ns is None or row.at_ns < self.until_ns)
            and self._names(row)
        )

    def _names(self, row: FixRow) -> bool:
        if not self.orders and not self.names:
            return True
        return row.order_id in self.orders or (row.session, row.cl_ord_id) in self.names

    def says(self, text: str) -> bool:
        """Whether a message's own text fits."""
        if self.symbol is not None and f"\x0155={self.symbol}\x01" not in text:
            return False
        return self.text is None or self.text.casefold() in text.casefold()

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """The same in SQL; the text is looked for where it is read."""
        columns = t.fix_messages.c
        for name in ("session", "direction", "cl_ord_id", "order_id"):
            wanted = getattr(self, name)
            if wanted is not None:
                yield columns[name] == wanted
        if self.symbol is not None:
            # What we send has its symbol in the text alone: looked for where it is read.
            yield sa.or_(columns.symbol == self.symbol, columns.symbol.is_(None))
        if self.msg_types:
            yield columns.msg_type.in_(sorted(self.msg_types))
        if self.since_ns is not None:
            yield columns.at_ns >= self.since_ns
        if self.until_ns is not None:
            yield columns.at_ns < self.until_ns
        if self.orders or self.names:
            yield sa.or_(
                columns.order_id.in_(sorted(self.orders)),
                *(
                    sa.and_(columns.session == session, columns.cl_ord_id == name)
                    for session, name in sorted(self.names, key=str)
                ),
            )


def found(ledger: Ledger, wanted: Wanted, *, newest_first: bool = False) -> Iterator[StoredMessage]:
    """The messages that fit, in the order of the journal or from its end.

    Raises:
        RecordUnreadable: one cannot be read.
    """
    span = ledger.around(wanted.since_ns, wanted.until_ns)
    if span is None:
        return
    for stored in _all(ledger, wanted, span, newest_first=newest_first):
        if wanted.says(stored.message.text):
            yield stored


def _all(
    ledger: Ledger,
    wanted: Wanted,
    span: Span,
    *,
    newest_first: bool,
) -> Iterator[StoredMessage]:
    parts = ledger.parts(span)
    for part, day in reversed(parts) if newest_first else parts:
        if day is not None:
            yield from _in_day(day, part, wanted, newest_first=newest_first)
        elif (connection := ledger.connection) is not None:
            yield from _in_database(connection, part, wanted, newest_first=newest_first)


def _in_day(
    day: ArchivedDay, part: Span, wanted: Wanted, *, newest_first: bool
) -> Iterator[StoredMessage]:
    """Messages of an archived day: what they are found by first, payloads only of those."""
    columns = (*_COLUMNS, "kind", "payload")
    for table in day.tables(columns, part.first, part.last, newest_first=newest_first):
        by = [table.column(name).to_pylist() for name in _COLUMNS]
        kinds, payloads = table.column("kind"), table.column("payload")
        count = range(table.num_rows)
        for index in reversed(count) if newest_first else count:
            if by[3][index] is None:
                continue  # no FIX message
            row = FixRow(*(column[index] for column in by))
            row.repeats = bool(row.repeats)
            if wanted.fits(row):
                yield _stored(row, kinds[index].as_py(), payloads[index].as_py())


def _in_database(
    connection: Connection, part: Span, wanted: Wanted, *, newest_first: bool
) -> Iterator[StoredMessage]:
    """Messages that the database has, some at a time."""
    columns = t.fix_messages.c
    query = _messages().where(*wanted.conditions())
    order = columns.seq.desc() if newest_first else columns.seq
    for first, last in _pieces(part, newest_first=newest_first):
        low, high = first, last
        while low <= high:
            inside = columns.seq.between(low, high)
            rows = connection.execute(query.where(inside).order_by(order).limit(_PAGE)).all()
            for row in rows:
                yield _stored(FixRow(*row[: len(_COLUMNS)]), row.kind, row.payload)
            if len(rows) < _PAGE:
                break
            low, high = (low, rows[-1].seq - 1) if newest_first else (rows[-1].seq + 1, high)


def _pieces(part: Span, *, newest_first: bool) -> Iterator[tuple[int, int]]:
    starts = range(part.first, part.last + 1, _SPAN)
    for first in reversed(starts) if newest_first else starts:
        yield first, min(first + _SPAN - 1, part.last)


def _messages() -> sa.Select[Any]:
    columns, journal = t.fix_messages.c, t.journal
    # The time as well: it tells which part of a journal that is kept by days has the record.
    joined = t.fix_messages.join(
        journal, (journal.c.seq == columns.seq) & (journal.c.at_ns == columns.at_ns)
    )
    wanted = [columns[name] for name in _COLUMNS]
    return select(*wanted, journal.c.kind, journal.c.payload).select_from(joined)


def _stored(row: FixRow, kind: str, payload: str) -> StoredMessage:
    try:
        message = decode(kind, payload)
    except RecordUnreadable as problem:
        raise RecordUnreadable(f"record {row.seq}: {problem}") from problem
    if isinstance(message, FixIn):
        message = message.message
    if not isinstance(message, FixMessage):
        raise RecordUnreadable(f"record {row.seq}: kind {kind!r} is no FIX message")
    return StoredMessage(row=row, message=message)


def about_order(ledger: Ledger, wanted: Wanted, name: str) -> Wanted | None:
    """``wanted``, narrowed to the orders that a ClOrdID or an OrderID names; None: none.

    An order goes by its OrderID, by each ClOrdID that it had, and by those of requests about it.
    """
    orders = orders_named(ledger, wanted.session, name)
    names: set[tuple[str | None, str]] = set()
    if wanted.session is not None:
        names.add((wanted.session, name))
    looked = Wanted(session=wanted.session, orders=frozenset(orders))
    if orders:
        for row in _rows(ledger, looked):
            if row.cl_ord_id is not None:
                names.add((row.session, row.cl_ord_id))
        names |= set(_names_in_table(ledger.connection, orders))
    for row in _rows(ledger, replace(looked, orders=frozenset(), cl_ord_id=name)):
        names.add((row.session, name))
    if not orders and not names:
        return None
    return replace(wanted, orders=frozenset(orders), names=frozenset(names))


def orders_named(ledger: Ledger, session: str | None, name: str) -> set[str]:
    """The OrderIDs that a name means: as OrderID, or as a ClOrdID of the session asked for."""
    found_ids: set[str] = set()
    connection = ledger.connection
    if connection is not None:
        columns = t.cl_ord_ids.c
        query = select(columns.order_id).where(
            sa.or_(columns.cl_ord_id == name, columns.order_id == name)
        )
        if session is not None:
            query = query.where(columns.session == session)
        found_ids |= {each.order_id for each in connection.execute(query)}
    if not found_ids:
        either = Wanted(session=session)
        for looked in (replace(either, order_id=name), replace(either, cl_ord_id=name)):
            rows = _rows(ledger, looked)
            found_ids |= {str(each.order_id) for each in rows if each.order_id is not None}
    return found_ids - {"NONE"}


def _names_in_table(
    connection: Connection | None, orders: set[str]
) -> Iterator[tuple[str | None, str]]:
    if connection is None:
        return
    columns = t.cl_ord_ids.c
    query = select(columns.session, columns.cl_ord_id).where(columns.order_id.in_(sorted(orders)))
    for row in connection.execute(query):
        yield row.session, row.cl_ord_id


def _rows(ledger: Ledger, wanted: Wanted) -> Iterator[FixRow]:
    """What messages are found by, without the messages."""
    whole = ledger.span()
    for part, day in ledger.parts(whole) if whole is not None else ():
        if day is not None:
            yield from _rows_of_day(day, part, wanted)
        elif (connection := ledger.connection) is not None:
            columns = t.fix_messages.c
            query = select(*(columns[name] for name in _COLUMNS)).where(*wanted.conditions())
            rows: Sequence[Any] = connection.execute(query).all()
            yield from (FixRow(*row) for row in rows)


def _rows_of_day(day: ArchivedDay, part: Span, wanted: Wanted) -> Iterator[FixRow]:
    for table in day.tables(_COLUMNS, part.first, part.last):
        for values in zip(*(each.to_pylist() for each in table.columns), strict=True):
            if values[3] is not None:
                row = FixRow(*values)
                if wanted.fits(row):
                    yield row
