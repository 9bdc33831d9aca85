"""The positions of a store that is older than its tables for them.

Here: fill_positions(), from the trades that the store has. Fees are in the journal only; those of
days that were dropped to the archive are not counted.
Not here: the schema (migrations), when this is done (upgrading).
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, Table, insert, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.kinds import KINDS, decode
from fixgate.adapters.store.rows import Rows, order_from, position_row
from fixgate.application.ports.journal import PositionRow
from fixgate.domain import events as e
from fixgate.domain.ids import EPOCH_LENGTH, OrderID
from fixgate.domain.order import Instruction, Order
from fixgate.domain.positions import Positions
from fixgate.domain.values import ExecType

_PAGE: Final = 5_000
_TRADES: Final = tuple(
    each.value for each in (ExecType.TRADE, ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL)
)
_TRADED: Final = next(kind for kind, cls in KINDS.items() if cls is e.Traded)
Fee = tuple[Decimal | None, str | None]


def fill_positions(connection: Connection) -> None:
    """Fill the tables of positions and their history, which are empty.

    Raises:
        SQLAlchemyError, RecordUnreadable, MsgspecError: what is stored cannot be read or written.
    """
    positions = Positions()
    updated: dict[tuple[str, str | None, str], int] = {}
    for page in _paged(_steps(connection, positions)):
        rows = Rows(0, b"", {})
        rows.add_history(page)
        _insert(connection, t.position_history, rows.position_history)
        for step in page:
            after = step.change.after
            updated[after.venue, after.account, after.symbol] = step.at_ns
    flat = [
        value
        for key, position in positions.book.items()
        for value in position_row(position, updated[key])
    ]
    _insert(connection, t.positions, flat)


def _steps(connection: Connection, positions: Positions) -> Iterator[PositionRow]:
    fees = _fees(connection)
    known: dict[str, tuple[Decimal, Decimal]] = {}  # what each trade's last report said
    abouts: dict[str, Instruction] = {}
    columns = t.executions.c
    wanted = select(t.executions).where(columns.exec_type.in_(_TRADES))
    # An ExecID is the number of the input that caused it, in digits that sort.
    for row in connection.execute(wanted.order_by(columns.exec_id)):
        about = abouts.get(row.order_id) or _about(connection, row.order_id)
        abouts[row.order_id] = about
        fee: Fee = (None, None)
        new = None if row.last_qty is None else (Decimal(row.last_qty), Decimal(row.last_px))
        if row.exec_type == ExecType.TRADE.value and new is not None:
            fee = fees.get(row.exec_id, fee)
            positions.traded(about, *new, *fee)
        else:
            positions.corrected(about, known.pop(row.exec_ref_id), new)
        if new is not None:
            known[row.exec_id] = new
        number = _number(row.exec_id)
        for part, change in enumerate(positions.changes):
            # The numbers of the events are the journal's; this is the input's.
            yield PositionRow(number, part, row.at_ns, number, change, *fee)


def _number(exec_id: str) -> int:
    return int(exec_id[EPOCH_LENGTH:].partition("-")[0], 36)


def _about(connection: Connection, order_id: OrderID) -> Instruction:
    columns = t.orders.c
    body = connection.execute(select(columns.body).where(columns.order_id == order_id)).scalar_one()
    order = order_from(body, refused=False)
    assert isinstance(order, Order)  # noqa: S101 - narrows; a refused order has no trades
    return order.instruction


def _fees(connection: Connection) -> dict[str, Fee]:
    columns = t.journal.c
    paid = columns.payload.like('%"fee":"%')
    query = select(columns.payload).where(columns.kind == _TRADED, paid)
    traded = (decode(_TRADED, row.payload) for row in connection.execute(query))
    return {each.execution.exec_id: (each.fee, each.fee_currency) for each in traded}


def _paged(steps: Iterable[PositionRow]) -> Iterator[list[PositionRow]]:
    page: list[PositionRow] = []
    for step in steps:
        page.append(step)
        if len(page) == _PAGE:
            yield page
            page = []
    if page:
        yield page


def _insert(connection: Connection, table: Table, flat: Sequence[Any]) -> None:
    names = [each.name for each in table.columns]
    rows = [
        dict(zip(names, flat[at : at + len(names)], strict=True))
        for at in range(0, len(flat), len(names))
    ]
    if rows:
        connection.execute(insert(table), rows)
