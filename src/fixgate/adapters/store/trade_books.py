"""Reading back trades in the order of the journal, to hold them against what others say.

Here: StoredTradeBooks, which implements the port, each question on a thread and with a connection
of its own. The journal says which trades were decided in a range of records; what they are is read
from the table of executions, and what drop copies were told from the messages that were sent.
Not here: comparing (application.trade_reconciling).
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.dropping import dropped_through
from fixgate.adapters.store.kinds import FIX_MESSAGE_KINDS, KINDS, decode
from fixgate.adapters.store.reader import Reader
from fixgate.adapters.store.rows import execution_from, order_from, trades
from fixgate.application.ports.fix import Direction, FixMessage, Handling
from fixgate.application.ports.journal import ExecutionRow
from fixgate.application.ports.trade_books import BookedTrade, BookPage, Copies, TradeBooks
from fixgate.domain import events as e
from fixgate.domain.frozen import changed
from fixgate.domain.ids import ExecID, Ids, OrderID, SessionName, VenueName
from fixgate.domain.order import Order
from fixgate.domain.rounding import ZERO
from fixgate.domain.routing import SMART
from fixgate.domain.sessions import drop_copies
from fixgate.domain.trade_books import Entry
from fixgate.domain.values import ExecType

_KIND: Final = {kind: name for name, kind in KINDS.items()}
_TRADED, _SESSIONS = _KIND[e.Traded], _KIND[e.SessionsSet]
_OUT: Final = FIX_MESSAGE_KINDS[Direction.OUT]
_AT_ONCE: Final = 500  # orders in one query
_LATER: Final = 20_000  # records within which a report's copy is written
_REPORT: Final = "\x0135=8\x01"
_AGAIN: Final = "\x0197=Y\x01"  # PossResend: it was sent before, under another number
_FILLS: Final = frozenset((ExecType.TRADE.value, "1", "2"))  # 150; 1 and 2 in FIX 4.2
_NEW_IN_42: Final = (None, "0")  # ExecTransType (20)

Coverage = Mapping[SessionName, tuple[SessionName, ...]]
"""Of each session whose reports are copied, to whom."""
Sent = dict[SessionName, dict[str, tuple[OrderID, Entry]]]
T = TypeVar("T")


class StoredTradeBooks(TradeBooks):
    """Reads what is committed."""

    def __init__(self, new_reader: Callable[[], Reader]) -> None:
        self._new_reader = new_reader
        # Who gets copies of what, as of a record: sessions come and go in the course of a day.
        self._coverage: tuple[int, Coverage] | None = None

    async def seq_at(self, at_ns: int) -> int:
        return await self._read(lambda reader: _seq_at(reader, at_ns))

    async def page(self, after_seq: int, through_seq: int) -> BookPage:
        known = self._coverage
        before = known[1] if known is not None and known[0] == after_seq else None
        page, coverage = await self._read(
            lambda reader: _page(reader.connection, after_seq, through_seq, before)
        )
        self._coverage = (through_seq, coverage)
        return page

    async def symbols(self, after_seq: int, since_ns: int | None) -> set[tuple[VenueName, str]]:
        return await self._read(lambda reader: _symbols(reader, after_seq, since_ns))

    async def of_order(self, order_id: OrderID) -> tuple[Order, tuple[BookedTrade, ...]] | None:
        def read(reader: Reader) -> tuple[Order, tuple[BookedTrade, ...]] | None:
            for order, rows in _orders(reader.connection, [order_id]):
                return order, tuple(_booked(order, rows))
            return None

        return await self._read(read)

    async def _read(self, what: Callable[[Reader], T]) -> T:
        def work() -> T:
            reader = self._new_reader()
            try:
                return what(reader)
            finally:
                reader.close()

        return await asyncio.to_thread(work)


def _seq_at(reader: Reader, at_ns: int) -> int:
    """By halving: no index is kept for times."""
    columns, connection = t.journal.c, reader.connection
    first, last = dropped_through(connection), reader.last()[0]
    low, high = first, last  # what is at or before ``low`` is from before that time
    while low < high:
        middle = (low + high + 1) // 2
        row = connection.execute(select(columns.at_ns).where(columns.seq == middle)).first()
        if row is not None and row.at_ns < at_ns:
            low = middle
        else:
            high = middle - 1
    if first and low == first:
        raise LookupError("the records of that time are in the archive and not in the database")
    return low


def _page(
    connection: Connection, after_seq: int, through_seq: int, coverage: Coverage | None
) -> tuple[BookPage, Coverage]:
    covers = _coverage_at(connection, after_seq) if coverage is None else coverage
    decided: dict[OrderID, list[ExecID]] = {}
    copied: dict[ExecID, Coverage] = {}  # who was to be told at that moment
    drops = _drops(covers)
    for row in _records(connection, after_seq, through_seq, (_TRADED, _SESSIONS)):
        event = decode(row.kind, row.payload)
        if isinstance(event, e.SessionsSet):
            covers = drop_copies(event.sessions)
            drops |= _drops(covers)
        elif isinstance(event, e.Traded):
            decided.setdefault(event.order_id, []).append(event.execution.exec_id)
            copied[event.execution.exec_id] = covers
    found: list[BookedTrade] = []
    covered: dict[SessionName, dict[str, Entry]] = {each: {} for each in drops}
    for order, rows in _orders(connection, decided):
        wanted = frozenset(decided[order.order_id])
        found += _decided(order, rows, wanted)
        for report in rows if order.part_of is None else ():
            if report.exec_id in wanted:
                for drop in copied[report.exec_id].get(order.instruction.session, ()):
                    covered[drop][report.exec_id] = _entry(order, report)
    copies = _copies(connection, after_seq, through_seq, covered) if drops else {}
    page = BookPage(trades=tuple(found), copies=copies, through_ns=_at_ns(connection, through_seq))
    return page, covers


def _drops(covers: Coverage) -> set[SessionName]:
    return {each for to in covers.values() for each in to}


def _coverage_at(connection: Connection, seq: int) -> Coverage:
    columns = t.journal.c
    query = select(columns.payload).where(columns.seq <= seq, columns.kind == _SESSIONS)
    row = connection.execute(query.order_by(columns.seq.desc()).limit(1)).first()
    event = None if row is None else decode(_SESSIONS, row.payload)
    return drop_copies(event.sessions) if isinstance(event, e.SessionsSet) else {}


def _at_ns(connection: Connection, seq: int) -> int:
    columns = t.journal.c
    row = connection.execute(select(columns.at_ns).where(columns.seq == seq)).first()
    return 0 if row is None else int(row.at_ns)


def _records(
    connection: Connection,
    after_seq: int,
    through_seq: int,
    kinds: tuple[str, ...],
    sessions: Iterable[SessionName] = (),
) -> Iterator[Any]:
    columns = t.journal.c
    query = select(columns.session, columns.kind, columns.payload).where(
        columns.seq > after_seq, columns.seq <= through_seq, columns.kind.in_(kinds)
    )
    if sessions:
        query = query.where(columns.session.in_(sorted(sessions)))
    yield from connection.execute(query.order_by(columns.seq))


def _orders(
    connection: Connection, order_ids: Iterable[OrderID]
) -> Iterator[tuple[Order, list[ExecutionRow]]]:
    """Orders, each with all of its reports."""
    wanted = list(order_ids)
    for first in range(0, len(wanted), _AT_ONCE):
        ids = wanted[first : first + _AT_ONCE]
        columns, reports = t.orders.c, t.executions.c
        bodies = select(columns.order_id, columns.body).where(columns.order_id.in_(ids))
        query = select(t.executions).where(reports.order_id.in_(ids)).order_by(reports.order_id)
        of_order = {
            order_id: [execution_from(each) for each in group]
            for order_id, group in groupby(
                connection.execute(query).fetchall(), key=attrgetter("order_id")
            )
        }
        for row in connection.execute(bodies).fetchall():
            order = order_from(row.body, refused=False)
            if isinstance(order, Order):
                yield order, of_order.get(row.order_id, [])


def _decided(
    order: Order, rows: list[ExecutionRow], wanted: frozenset[ExecID]
) -> Iterator[BookedTrade]:
    """Those of its trades that were decided in these reports, as they stand."""
    if order.instruction.venue == SMART:
        return  # its parts' trades are those of venues
    ids = {each.trade_id for each in rows if each.exec_id in wanted}
    yield from (each for each in _booked(order, rows) if each.trade_id in ids and each.last_qty)


def _booked(order: Order, rows: list[ExecutionRow]) -> Iterator[BookedTrade]:
    at_ns = {each.trade_id: each.at_ns for each in reversed(rows)}
    for each in trades(rows):
        yield BookedTrade(
            order_id=order.order_id,
            exec_id=each.exec_id,
            leg=each.leg,
            venue=order.instruction.venue,
            symbol=order.instruction.symbol,
            side=order.instruction.side,
            trade_id=each.trade_id,
            last_qty=each.last_qty,
            last_px=each.last_px,
            at_ns=at_ns[each.trade_id],
        )


def _entry(order: Order, row: ExecutionRow) -> Entry:
    qty, px = (Decimal(each or ZERO) for each in (row.last_qty, row.last_px))
    return Entry(symbol=order.instruction.symbol, last_qty=qty, last_px=px)


def _copies(
    connection: Connection,
    after_seq: int,
    through_seq: int,
    covered: Mapping[SessionName, dict[str, Entry]],
) -> dict[SessionName, Copies]:
    sent = _sent(connection, after_seq, through_seq, covered)
    if any(covered[each].keys() - sent[each].keys() for each in covered):
        # A trade and its copies are in one commit, which the range may have cut in two.
        later = _sent(connection, through_seq, through_seq + _LATER, covered)
        for name, book in covered.items():
            sent[name] |= {each: later[name][each] for each in later[name] if each in book}
    found = {}
    for name, book in covered.items():
        extra = {key: order_id for key, (order_id, _) in sent[name].items() if key not in book}
        before = _on_record(connection, extra)
        found[name] = Copies(
            covered=book,
            sent={
                key: _named(entry, book.get(key))
                for key, (_, entry) in sent[name].items()
                if key not in before
            },
        )
    return found


def _named(entry: Entry, ours: Entry | None) -> Entry:
    """A copy has its symbol as the client wrote it."""
    return entry if ours is None else changed(entry, symbol=ours.symbol)


def _on_record(connection: Connection, wanted: Mapping[str, OrderID]) -> set[str]:
    """Those of these ExecIDs that are trades on record: of the range before."""
    columns, found = t.executions.c, set()
    for exec_id, order_id in wanted.items():
        query = select(columns.exec_type).where(
            columns.order_id == order_id, columns.exec_id == exec_id
        )
        if connection.execute(query).scalar() == ExecType.TRADE.value:
            found.add(exec_id)
    return found


def _sent(
    connection: Connection, after_seq: int, through_seq: int, to: Iterable[SessionName]
) -> Sent:
    """The trades that sessions were told of, each with its order."""
    found: Sent = {each: {} for each in to}
    for row in _records(connection, after_seq, through_seq, (_OUT,), found):
        message = decode(row.kind, row.payload)
        if not isinstance(message, FixMessage) or message.handling is not Handling.REPORT:
            continue
        if _REPORT not in message.text or _AGAIN in message.text:
            continue
        fields = dict(each.partition("=")[::2] for each in message.text.split("\x01"))
        if fields.get("150") in _FILLS and fields.get("20") in _NEW_IN_42:
            qty, px = (Decimal(fields.get(tag, "0")) for tag in ("32", "31"))
            entry = Entry(symbol=fields.get("55", ""), last_qty=qty, last_px=px)
            found[row.session][fields["17"]] = OrderID(fields.get("37", "")), entry
    return found


def _symbols(reader: Reader, after_seq: int, since_ns: int | None) -> set[tuple[VenueName, str]]:
    columns = t.orders.c
    query = select(columns.venue, columns.symbol).distinct().where(columns.venue.is_not(None))
    if since_ns is not None:
        wanted = [query.where(columns.updated_ns >= since_ns)]
    else:
        begin = Ids(reader.meta("epoch")).order_id(after_seq)
        wanted = [query.where(columns.order_id > begin), query.where(columns.working == 1)]
    rows = (row for each in wanted for row in reader.connection.execute(each))
    return {(VenueName(row.venue), row.symbol) for row in rows if row.venue != SMART}
