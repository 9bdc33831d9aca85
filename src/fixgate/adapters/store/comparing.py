"""Whether the tables for queries say what the journal says.

Here: Comparison: everything that happened is let happen again, in memory of a bounded size, and the
rows that it makes are compared with those that are there: orders and their names, reports, calls of
venues, routing decisions, changes of limits, what operators did, positions and balances. The
records carry hashes, the rows do not.
Not here: the records (verifying); what a row holds (rows); who is told.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, func, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.kinds import KINDS
from fixgate.adapters.store.ledger import SLACK_NS, Ledger
from fixgate.adapters.store.rows import Rows, order_row, position_row, refused_row, same_stored
from fixgate.adapters.store.verifying import Progress
from fixgate.application.ports.fix import FixMessage
from fixgate.application.ports.journal import Batch, Record, VenueCallRow, VenueIn
from fixgate.application.step import Stepper, Steps, answer_row
from fixgate.domain.events import OrderReceived, OrderRefused
from fixgate.domain.inputs import VenueAnswered
from fixgate.domain.state import State

_AT_ONCE: Final = 1_000
"""Records whose rows are compared by one query of each table."""

_UPDATED: Final = t.orders.c.keys().index("updated_ns")
_WORKING: Final = t.orders.c.keys().index("working")
_SNAPSHOT: Final = {
    "sqlite": "BEGIN",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}
_APPENDED: Final = (
    t.executions,
    t.venue_calls,
    t.operator_actions,
    t.limits,
    t.routing_decisions,
)
"""Tables whose rows are written once."""
_ANSWERS: Final = [kind for kind, cls in KINDS.items() if cls in (VenueAnswered, VenueIn)]
_Values = tuple[Any, ...]


class Comparison:
    """Feeds on the records in their order, and says what differs.

    A gateway may write meanwhile: what can still change is looked at in the end, in one moment of
    the database and up to the last record that it has then.
    """

    def __init__(self, ledger: Ledger, connection: Connection, state: State) -> None:
        """Begin before the first record; ``state`` is empty."""
        self.rows = 0  # that are as the journal says
        self._ledger = ledger
        self._connection = connection
        self._state = state
        # It makes rows of what happened; it has nothing to decode, to recall or to price.
        self._stepper = Stepper(state, codec=None, recall=None, last_seq=0)  # type: ignore[arg-type]
        # Rows of orders that may change yet, or that are not as they should be by now.
        self._unsure: dict[str, _Values] = {}
        self._unsure_names: dict[_Values, _Values] = {}
        self._counts = {t.orders: 0, **dict.fromkeys(_APPENDED, 0)}

    def differences(self, through: int, progress: Progress) -> Iterator[str]:
        """What differs, each in words; none: the tables say what the journal says.

        Raises:
            RecordUnreadable: a record cannot be read.
            InvariantBroken: the records do not follow from each other.
        """
        yield from self._up_to(1, through, progress)
        self._connection.exec_driver_sql(_SNAPSHOT[self._connection.dialect.name])
        try:
            newest = self._connection.execute(select(func.max(t.journal.c.seq))).scalar()
            yield from self._up_to(through + 1, newest or 0, lambda _: None)
            yield from self._orders(list(self._unsure), last=True)
            yield from self._names(list(self._unsure_names), last=True)
            yield from self._standing()
            yield from self._numbers_of_rows()
        finally:
            self._connection.exec_driver_sql("ROLLBACK")

    def _up_to(self, first: int, last: int, progress: Progress) -> Iterator[str]:
        records = self._ledger.happened(first, last, progress=progress, inputs=_ANSWERS)
        while page := list(islice(records, _AT_ONCE)):
            steps, touched = Steps(), set()
            for record in page:
                if record.cause is None:
                    self._state.forget()
                    steps.batch.venue_calls += _answered(record)
                elif not isinstance(record.payload, FixMessage):
                    touched |= self._happen(record, steps)
            yield from self._appended(steps.batch)
            self._unsure_names.update((tuple(each[:2]), each) for each in steps.batch.names)
            yield from self._names(list(self._unsure_names), last=False)
            over = [each for each in touched if not self._unsure[each][_WORKING]]
            yield from self._orders(over, last=False)

    def _happen(self, record: Record, steps: Steps) -> set[str]:
        """Let it happen again; the orders whose rows it makes or changes."""
        batch, event = steps.batch, record.payload
        self._counts[t.orders] += isinstance(event, OrderReceived | OrderRefused)
        batch.orders.clear()
        batch.refused.clear()
        self._stepper.again(record, steps)
        for order in batch.orders.values():
            self._unsure[order.order_id] = order_row(order, 0, record.at_ns)
        for refused in batch.refused:
            self._unsure[refused.order_id] = refused_row(refused, record.at_ns)
        return {*batch.orders, *(each.order_id for each in batch.refused)}

    def _appended(self, batch: Batch) -> Iterator[str]:
        """Rows that are written once."""
        batch.records.clear()
        batch.orders.clear()
        batch.refused.clear()
        rows = Rows(0, b"", {})
        rows.fill([batch])
        for table in _APPENDED:
            expected = _split(table, getattr(rows, table.name))
            self._counts[table] += len(expected)
            keys = [[row[number] for row in expected] for number in _key(table)]
            found = self._found(table, keys) if expected else {}
            for row in expected:
                key = tuple(row[number] for number in _key(table))
                yield from self._compared(table, key, row, found.get(key))

    def _orders(self, order_ids: Sequence[str], *, last: bool) -> Iterator[str]:
        """Forget the rows that are as they should be; in the end name the others."""
        for first in range(0, len(order_ids), _AT_ONCE):
            page = order_ids[first : first + _AT_ONCE]
            found = self._found(t.orders, [page])
            for order_id in page:
                row, there = self._unsure[order_id], found.get((order_id,))
                # A row has the time of its batch.
                if there is not None and abs(there[_UPDATED] - row[_UPDATED]) <= SLACK_NS:
                    row = (
                        *row[: _UPDATED - 1],
                        *there[_UPDATED - 1 : _UPDATED + 1],
                        *row[_WORKING:],
                    )
                if there is not None and same_stored(row, there):
                    del self._unsure[order_id]
                    self.rows += 1
                elif last:
                    yield from self._compared(t.orders, (order_id,), row, there)

    def _names(self, names: Sequence[_Values], *, last: bool) -> Iterator[str]:
        """Forget the names that lead where they should; a later record may still give one away."""
        if not names:
            return
        found = self._found(t.cl_ord_ids, list(zip(*names, strict=True)))
        for name in names:
            row, there = self._unsure_names[name], found.get(name)
            if last or (there is not None and same_stored(row, there)):
                yield from self._compared(t.cl_ord_ids, name, row, there)
                del self._unsure_names[name]

    def _standing(self) -> Iterator[str]:
        """Positions and balances, which change all the time."""
        positions = self._state.positions
        held = [
            (
                each.venue,
                each.asset,
                str(each.free),
                str(each.locked),
                each.at_ns,
                str(each.baseline),
            )
            for each in positions.balances.values()
        ]
        for table, expected in (
            (t.positions, [position_row(each, 0)[:-1] for each in positions.book.values()]),
            (t.balances, held),
        ):
            key, width = len(_key(table)), len(expected[0]) if expected else 0
            there = {
                tuple(row[:key]): row[:width] for row in self._connection.execute(select(table))
            }
            for row in expected:
                yield from self._compared(table, row[:key], row, there.pop(row[:key], None))
            for name in there:
                yield f"{table.name}: {' '.join(map(str, name))} is not in the journal"

    def _numbers_of_rows(self) -> Iterator[str]:
        """Whether there are rows that no record made."""
        for table, expected in self._counts.items():
            count = self._connection.execute(select(func.count()).select_from(table)).scalar() or 0
            if count > expected:
                yield f"{table.name}: {count - expected:,} rows are not in the journal"

    def _found(self, table: Table, keys: Sequence[Sequence[Any]]) -> dict[_Values, Row[Any]]:
        """The rows with these keys, each column's values given."""
        columns = [table.columns[number] for number in _key(table)]
        query = select(table)
        for column, values in zip(columns, keys, strict=True):
            query = query.where(column.in_(sorted(set(values))))
        rows = self._connection.execute(query)
        return {tuple(row[number] for number in _key(table)): row for row in rows}

    def _compared(
        self, table: Table, key: _Values, row: _Values, there: Sequence[Any] | None
    ) -> Iterator[str]:
        name = f"{table.name}: {' '.join(map(str, key))}"
        if there is None:
            yield f"{name} is missing"
        elif same_stored(row, there):
            self.rows += 1
        else:
            columns = [each.name for each in table.columns]
            differing = [
                f"{column} is {is_!r}, by the journal {by!r}"
                for column, by, is_ in zip(columns, row, there, strict=False)
                if not same_stored((by,), (is_,)) and column != "body"
            ]
            yield f"{name}: {'; '.join(differing) or 'its body is not what the journal says'}"


def _answered(record: Record) -> list[VenueCallRow]:
    """The row of a venue's answer, if the record is one."""
    given = record.payload.given if isinstance(record.payload, VenueIn) else record.payload
    return [answer_row(record.seq, record.at_ns, given)] if isinstance(given, VenueAnswered) else []


def _key(table: Table) -> list[int]:
    """Where the columns of its key stand in a row."""
    return [number for number, each in enumerate(table.columns) if each.primary_key]


def _split(table: Table, values: Sequence[Any]) -> list[_Values]:
    """A flat list as rows."""
    width = len(table.columns)
    return [tuple(values[at : at + width]) for at in range(0, len(values), width)]
