"""Reading the store: what a start needs, and what people ask.

Here: Reader, with a read-only connection of its own. It works in the gateway and in any other
process, while a gateway writes and when none runs.
Not here: recalling one forgotten order (recall), writing.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    QueuePool,
    Row,
    Select,
    StaticPool,
    create_engine,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.dropping import dropped_hash, dropped_through
from fixgate.adapters.store.errors import RecordUnreadable, StoreUnusable
from fixgate.adapters.store.kinds import decode
from fixgate.adapters.store.raw import DatabaseRecords
from fixgate.adapters.store.rows import (
    execution_from,
    in_order,
    order_from,
    position_from,
    trades,
)
from fixgate.adapters.store.sqlite import connect_reader
from fixgate.adapters.store.verifying import verify
from fixgate.application.ports.fix import Direction, FixMessage
from fixgate.application.ports.journal import (
    AlertRow,
    ExecutionRow,
    FixIn,
    FixRow,
    OperatorRow,
    Record,
    VenueCallRow,
)
from fixgate.domain.balance import Balance
from fixgate.domain.ids import ClOrdID, OrderID, SessionName, VenueName
from fixgate.domain.inputs import Recalled
from fixgate.domain.order import Order, RefusedOrder
from fixgate.domain.position import Move, Position
from fixgate.domain.rounding import avg_px

if TYPE_CHECKING:
    from fixgate.adapters.store.postgres.address import PostgresAddress

_PAGE: Final = 1_000
"""Records read at once; a long query would keep the log from starting again."""

_AMOUNTS: Final = ("change", "px", "qty", "cost", "realised")

_LOOKED_AT: Final = 10_000
"""Records that a start verifies; all of them would take it seconds for each million."""

_ADMIN: Final = frozenset("012345A")  # MsgTypes (35) that are never sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSession:
    """A session as the last commit left it."""

    name: SessionName
    last_in: int
    last_out: int
    connected: bool
    peer: str
    since_ns: int
    cancel_after_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """An order or refused order, and when it first and last changed."""

    order: Order | RefusedOrder
    created_ns: int
    updated_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStep:
    """One step of a position, and what it was then."""

    seq: int
    part: int
    at_ns: int
    cause: int
    venue: VenueName
    account: str  # empty: of no account
    symbol: str
    move: Move
    change: Decimal
    px: Decimal
    qty: Decimal
    cost: Decimal
    realised: Decimal
    fee: Decimal | None
    fee_currency: str | None

    @property
    def avg_px(self) -> Decimal:
        """The average entry price after it."""
        return avg_px(self.cost, self.qty)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A FIX message: what it was found by, and the message itself."""

    row: FixRow
    message: FixMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which FIX messages are wanted; None: any. Times are UTC nanoseconds, both ends included."""

    session: SessionName | None = None
    since_ns: int | None = None
    until_ns: int | None = None
    cl_ord_id: str | None = None
    order_id: str | None = None
    direction: str | None = None
    msg_type: str | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """The same in SQL."""
        columns = t.fix_messages.c
        for name in ("session", "cl_ord_id", "direction", "msg_type"):
            wanted = getattr(self, name)
            if wanted is not None:
                yield columns[name] == wanted
        if self.order_id is not None:
            names = t.cl_ord_ids.c
            # What the client sent names the order by ClOrdID; what it got, by OrderID.
            yield or_(
                columns.order_id == self.order_id,
                exists().where(
                    names.order_id == self.order_id,
                    names.session == columns.session,
                    names.cl_ord_id == columns.cl_ord_id,
                ),
            )
        if self.since_ns is not None:
            yield columns.at_ns >= self.since_ns
        if self.until_ns is not None:
            yield columns.at_ns <= self.until_ns


class Reader:
    """Reads what is committed. Not for several threads at once."""

    def __init__(
        self,
        where: "Path | PostgresAddress",
        connect: Callable[[Path], sqlite3.Connection] = connect_reader,
    ) -> None:
        """Open the store for reading.

        Raises:
            sqlite3.Error, psycopg.Error: it cannot be read.
        """
        self._where = where
        self._engine = _engine(where, connect)
        self._connection = self._engine.connect()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._engine.dispose()

    @property
    def connection(self) -> Connection:
        """The connection that it reads with, for questions of other modules."""
        if self._connection.closed:  # the server was away when it was last asked
            self._connection = self._engine.connect()
        return self._connection

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        try:
            return self.connection.execute(query).fetchall()
        except DBAPIError as problem:
            if not problem.connection_invalidated:
                raise
            # The server was away. What is read is committed, whichever connection reads it.
            self._connection.close()
            return self.connection.execute(query).fetchall()

    # --- what a start needs ---------------------------------------------------------------

    def check(self) -> None:
        """See that what a start needs is there and readable.

        Raises:
            StoreUnusable: it is not.
            SQLAlchemyError: the server went away.
        """
        try:
            for table in t.metadata.tables.values():
                self._rows(select(table).limit(1))
            if self.meta("schema_version") != str(t.SCHEMA_VERSION):
                raise StoreUnusable(
                    _named(self._where), "is damaged: it contradicts itself on its version"
                )
            self.meta("epoch")
            self._check_first()
            if (bad := self._bad_at_end()) is not None:
                raise StoreUnusable(
                    _named(self._where), f"is damaged: record {bad} is not as written"
                )
        except (SQLAlchemyError, KeyError, UnicodeDecodeError) as problem:
            if self._is_away(problem):
                raise
            what = " ".join(str(getattr(problem, "orig", problem)).split())
            raise StoreUnusable(_named(self._where), f"is damaged: {what}") from problem

    def _is_away(self, problem: Exception) -> bool:
        if isinstance(self._where, Path):
            return False
        from fixgate.adapters.store.postgres.connecting import is_away  # noqa: PLC0415 - as _engine

        return is_away(problem)

    def _check_first(self) -> None:
        columns, through = t.journal.c, dropped_through(self._connection)
        found = self._rows(select(columns.seq).order_by(columns.seq).limit(1))
        if found and found[0].seq > through + 1:
            what = f"is damaged: records {through + 1} to {found[0].seq - 1} are missing"
            raise StoreUnusable(_named(self._where), what)

    def meta(self, name: str) -> str:
        """``schema_version``, ``epoch``, ``created_ns`` or ``versions``.

        Raises:
            KeyError: there is no such fact.
        """
        found = self._rows(select(t.meta.c.value).where(t.meta.c.name == name))
        if not found:
            raise KeyError(name)
        return str(found[0].value)

    def last(self) -> tuple[int, bytes | None]:
        """Number and hash of the last record; (0, None) in an empty journal."""
        columns = t.journal.c
        found = self._rows(select(columns.seq, columns.hash).order_by(columns.seq.desc()).limit(1))
        return (found[0].seq, found[0].hash) if found else (0, None)

    def session_rows(self) -> dict[SessionName, tuple[Any, ...]]:
        """The rows of ``sessions``, by name."""
        return {row.name: tuple(row) for row in self._rows(select(t.sessions))}

    def open_orders(self) -> list[Recalled]:
        """Orders that are not over, oldest first, with their trades and names."""
        working = t.orders.c.working == 1
        names: dict[str, list[ClOrdID]] = {}
        named = t.cl_ord_ids.join(t.orders, t.orders.c.order_id == t.cl_ord_ids.c.order_id)
        for row in self._rows(
            select(t.cl_ord_ids.c.order_id, t.cl_ord_ids.c.cl_ord_id)
            .select_from(named)
            .where(working)
            .order_by(t.cl_ord_ids.c.cl_ord_id)
        ):
            names.setdefault(row.order_id, []).append(row.cl_ord_id)
        reports: dict[str, list[ExecutionRow]] = {}
        reported = t.executions.join(t.orders, t.orders.c.order_id == t.executions.c.order_id)
        for row in self._rows(select(t.executions).select_from(reported).where(working)):
            reports.setdefault(row.order_id, []).append(execution_from(row))
        found = []
        bodies = select(t.orders.c.body).where(working).order_by(t.orders.c.order_id)
        for row in self._rows(bodies):
            order = order_from(row.body, refused=False)
            if isinstance(order, Order):
                order_id = order.order_id
                found.append(
                    Recalled(
                        order=order,
                        executions=trades(reports.get(order_id, ())),
                        cl_ord_ids=tuple(names.get(order_id, ())),
                    )
                )
        return found

    def positions(self) -> list[Position]:
        """Every position, flat ones too."""
        columns = t.positions.c
        query = select(t.positions).order_by(columns.venue, columns.account, columns.symbol)
        return [position_from(row) for row in self._rows(query)]

    def position_history(self, *, until_ns: int | None = None, **wanted: str) -> list[StoredStep]:
        """Every step of the positions that fit, oldest first, and none after ``until_ns``.

        wanted: of ``venue``, ``account`` (empty: of no account) and ``symbol``.
        """
        columns = t.position_history.c
        query = select(t.position_history)
        for name, value in wanted.items():
            query = query.where(columns[name] == value)
        if until_ns is not None:
            query = query.where(columns.at_ns <= until_ns)
        return [_step(row) for row in self._rows(query.order_by(columns.seq, columns.part))]

    def balances(self) -> list[Balance]:
        """What each venue account held of each asset when its venue was last asked."""
        columns = t.balances.c
        return [
            Balance(
                venue=row.venue,
                asset=row.asset,
                free=Decimal(row.free),
                locked=Decimal(row.locked),
                at_ns=row.at_ns,
                baseline=Decimal(row.baseline),
            )
            for row in self._rows(select(t.balances).order_by(columns.venue, columns.asset))
        ]

    # --- the journal ----------------------------------------------------------------------

    def records(self, from_seq: int = 1) -> Iterator[Record]:
        """The records from ``from_seq`` on, in order, as far as they are committed.

        Raises:
            RecordUnreadable: a payload does not fit its kind.
        """
        for row in self._journal(from_seq):
            yield Record(
                seq=row.seq,
                at_ns=row.at_ns,
                session=row.session,
                cause=row.cause,
                payload=decode(row.kind, row.payload),
            )

    def verify(self) -> int | None:
        """The number of the first record that is not as written, or is missing.

        None: the chain is whole, from the first record, or the first that was not dropped to the
        archive, to the last one there.
        """
        records = DatabaseRecords(self.connection)
        through = dropped_through(self.connection)
        tip = dropped_hash(self.connection) or genesis(self.meta("epoch"))
        last_seq, _ = self.last()
        found = verify(records.pages(through + 1, last_seq), after_seq=through, tip=tip)
        return None if found.fault is None else found.fault.seq

    def _bad_at_end(self) -> int | None:
        """The first of the newest records that is not as written: what a crash may have torn."""
        last_seq, _ = self.last()
        after_seq = max(dropped_through(self.connection), last_seq - _LOOKED_AT)
        pages = DatabaseRecords(self.connection).pages(after_seq + 1, last_seq)
        found = verify(pages, after_seq=after_seq, tip=None, to_seq=last_seq)
        return None if found.fault is None else found.fault.seq

    def _journal(self, from_seq: int) -> Iterator[Row[Any]]:
        seq = t.journal.c.seq
        while rows := self._rows(
            select(t.journal).where(seq >= from_seq).order_by(seq).limit(_PAGE)
        ):
            yield from rows
            from_seq = rows[-1].seq + 1

    # --- what people ask ------------------------------------------------------------------

    def sessions(self) -> list[StoredSession]:
        """All sessions ever seen, by name."""
        return [
            StoredSession(**{**row._mapping, "connected": bool(row.connected)})  # noqa: SLF001
            for row in self._rows(select(t.sessions).order_by(t.sessions.c.name))
        ]

    def last_message_times(
        self, *, look_at: int = 20_000
    ) -> dict[tuple[SessionName | None, str], int]:
        """When each session was last heard and spoken to, among the newest messages."""
        columns = t.fix_messages.c
        newest = select(columns.seq).order_by(columns.seq.desc()).offset(look_at).limit(1)
        found = self._rows(newest)
        query: Select[Any] = select(
            columns.session, columns.direction, func.max(columns.at_ns)
        ).group_by(columns.session, columns.direction)
        if found:
            query = query.where(columns.seq > found[0].seq)
        found_times: list[tuple[Any, ...]] = [tuple(row) for row in self._rows(query)]
        return {(session, direction): at_ns for session, direction, at_ns in found_times}

    def operator_actions(self) -> list[OperatorRow]:
        """What people did, oldest first."""
        rows = self._rows(select(t.operator_actions).order_by(t.operator_actions.c.seq))
        return [OperatorRow(**row._mapping) for row in rows]  # noqa: SLF001 - to a dict

    def has_alert(self, seq: int) -> bool:
        """Whether there is an alert of that number."""
        return bool(self._rows(select(t.alerts.c.seq).where(t.alerts.c.seq == seq)))

    def alerts(self, count: int) -> list[AlertRow]:
        """The newest alerts, newest first."""
        rows = self._rows(select(t.alerts).order_by(t.alerts.c.seq.desc()).limit(count))
        return [AlertRow(**row._mapping) for row in rows]  # noqa: SLF001 - to a dict

    def recent_orders(
        self, count: int, *, session: SessionName | None = None, working: bool = False
    ) -> list[StoredOrder]:
        """The ``count`` newest orders, newest first; with ``working`` only those not over."""
        columns = t.orders.c
        query = select(columns.body, columns.venue, columns.created_ns, columns.updated_ns)
        if session is not None:
            query = query.where(columns.session == session)
        if working:
            query = query.where(columns.working == 1)
        return [
            StoredOrder(
                order=order_from(row.body, refused=row.venue is None),
                created_ns=row.created_ns,
                updated_ns=row.updated_ns,
            )
            for row in self._rows(query.order_by(columns.order_id.desc()).limit(count))
        ]

    def executions(self, order_id: OrderID) -> list[ExecutionRow]:
        """The reports of an order, in the order in which they were decided."""
        query = select(t.executions).where(t.executions.c.order_id == order_id)
        return in_order(execution_from(row) for row in self._rows(query))

    def venue_calls(self, order_id: OrderID) -> list[VenueCallRow]:
        """Our calls for an order, and the answers, in order."""
        columns = t.venue_calls.c
        # Our id at the venue is the OrderID and what tells the leg, letters and digits only.
        legs = columns.venue_cl_ord_id.between(order_id, order_id + "~")
        return [
            VenueCallRow(**row._mapping)  # noqa: SLF001 - the documented way to a dict
            for row in self._rows(select(t.venue_calls).where(legs).order_by(columns.seq))
        ]

    def messages(self, wanted: MessageFilter, count: int) -> list[StoredMessage]:
        """The ``count`` newest FIX messages that fit, in the order of the journal."""
        columns = t.fix_messages.c
        query = _messages().where(*wanted.conditions())
        rows = self._rows(query.order_by(columns.seq.desc()).limit(count))
        return [_message(row) for row in sorted(rows, key=lambda row: int(row.seq))]

    def messages_after(
        self, seq: int, wanted: MessageFilter, *, look_at: int = 10_000
    ) -> tuple[list[StoredMessage], int]:
        """What fits among the next ``look_at`` FIX messages after record ``seq``; and how far
        they reach: ask again from there, to follow.
        """
        columns = t.fix_messages.c
        ahead = select(columns.seq).where(columns.seq > seq).order_by(columns.seq).limit(look_at)
        seqs = [row.seq for row in self._rows(ahead)]
        if not seqs:
            return [], seq
        query = _messages().where(columns.seq.between(seqs[0], seqs[-1]), *wanted.conditions())
        return [_message(row) for row in self._rows(query.order_by(columns.seq))], seqs[-1]

    # --- what a ResendRequest asks --------------------------------------------------------

    def sent_numbers(
        self, session: SessionName, *, since: int = 0, until: int | None = None
    ) -> Iterator[tuple[int, int]]:
        """MsgSeqNum and record of our application messages, newest first, each as first sent.

        Begins with the record ``until``, ends after the record ``since``; without it where the
        session's numbering began, at our Logon with number 1.
        """
        columns = t.fix_messages.c
        query = _sent(session).order_by(columns.seq.desc()).limit(_PAGE)
        before, lowest = (self.last()[0] if until is None else until) + 1, None
        begun = False
        while rows := self._rows(query.where(columns.seq < before, columns.seq > since)):
            for row in rows:
                if row.msg_type not in _ADMIN:
                    if begun and (lowest is None or row.msg_seq_num >= lowest):
                        return
                    lowest = row.msg_seq_num
                    yield row.msg_seq_num, row.seq
                elif not since and row.msg_type == "A" and row.msg_seq_num == 1:
                    # What was decided just before the Logon was recorded has a higher number.
                    begun = True
            before = rows[-1].seq

    def sent_from(self, session: SessionName, seq: int, count: int) -> list[tuple[int, int, str]]:
        """The same from record ``seq`` on, oldest first, at most ``count``; and each message's
        text, one character per byte.

        Raises:
            RecordUnreadable: a record is not there, or is no FIX message.
        """
        columns = t.fix_messages.c
        # In one query: a day that is being dropped to the archive is whole in it, or not there.
        query = _with_records(_sent(session).add_columns(t.journal.c.kind, t.journal.c.payload))
        query = query.where(columns.seq >= seq, columns.msg_type.not_in(_ADMIN))
        found = []
        for row in self._rows(query.order_by(columns.seq).limit(count)):
            if row.kind is None:
                raise RecordUnreadable(f"there is no record {row.seq}")
            found.append((row.msg_seq_num, row.seq, _fix_message(row).text))
        return found


def _sent(session: SessionName) -> Select[Any]:
    columns = t.fix_messages.c
    return (
        select(columns.seq, columns.msg_type, columns.msg_seq_num)
        .where(columns.session == session, columns.direction == Direction.OUT.value)
        .where(columns.repeats == 0)
    )


def _engine(
    where: "Path | PostgresAddress", connect: Callable[[Path], sqlite3.Connection]
) -> Engine:
    if isinstance(where, Path):
        raw = connect(where)
        return create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    # Only those pay for the import who use it.
    from fixgate.adapters.store.postgres.connecting import connect_reader as by_address  # noqa: PLC0415

    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: by_address(where),
        poolclass=QueuePool,
        pool_size=1,
        max_overflow=0,
    )


def _named(where: "Path | PostgresAddress") -> Path | str:
    return where if isinstance(where, Path) else str(where)


def _messages() -> Select[Any]:
    query = select(t.fix_messages, t.journal.c.kind, t.journal.c.payload)
    return _with_records(query, all_of_them=False)


def _with_records(query: Select[Any], *, all_of_them: bool = True) -> Select[Any]:
    """Beside each FIX message its record; of all of them, also where there is none."""
    # The time as well: it tells which part of a journal that is kept by days has the record.
    same = (t.journal.c.seq == t.fix_messages.c.seq) & (t.journal.c.at_ns == t.fix_messages.c.at_ns)
    return query.select_from(t.fix_messages.join(t.journal, same, isouter=all_of_them))


def _message(row: Row[Any]) -> StoredMessage:
    found = FixRow(*tuple(row)[:-2])
    found.repeats = bool(found.repeats)
    return StoredMessage(row=found, message=_fix_message(row))


def _fix_message(row: Row[Any]) -> FixMessage:
    found = decode(row.kind, row.payload)
    if isinstance(found, FixIn):
        found = found.message
    if not isinstance(found, FixMessage):
        raise RecordUnreadable(f"record {row.seq} of kind {row.kind!r} is no FIX message")
    return found


def _step(row: Row[Any]) -> StoredStep:
    return StoredStep(
        seq=row.seq,
        part=row.part,
        at_ns=row.at_ns,
        cause=row.cause,
        venue=row.venue,
        account=row.account,
        symbol=row.symbol,
        move=Move(row.move),
        **{name: Decimal(getattr(row, name)) for name in _AMOUNTS},
        fee=None if row.fee is None else Decimal(row.fee),
        fee_currency=row.fee_currency,
    )
