"""One order's whole life, from the journal and its archive.

Here: Step, a record that is about an order; history(), all of them in order; begun_at(), where to
begin to look.
Not here: which order is meant (searching), how a life is shown.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.errors import RecordUnreadable
from fixgate.adapters.store.kinds import decode
from fixgate.adapters.store.ledger import ArchivedDay, Ledger, Span
from fixgate.adapters.store.raw import SPAN, Raw
from fixgate.domain.ids import ORDER_ID_LENGTH

FOUND: Final[dict[str, str]] = {"sqlite": "instr", "postgresql": "strpos"}
"""What a text's place in another is called in each database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A record about an order, decoded."""

    raw: Raw
    payload: Any


def begun_at(ledger: Ledger, order_id: str) -> int | None:
    """The record that brought an order: its OrderID says so. None: it is no OrderID of ours."""
    epoch, number = order_id[: len(ledger.epoch)], order_id[len(ledger.epoch) :]
    if epoch != ledger.epoch or len(order_id) != ORDER_ID_LENGTH or not number.isalnum():
        return None
    try:
        return int(number, 36)
    except ValueError:
        return None


def updated_ns(ledger: Ledger, order_id: str) -> int | None:
    """When an order that is over was last changed; None: it is open, or the database is gone."""
    if ledger.connection is None:
        return None
    orders = t.orders.c
    query = select(orders.updated_ns).where(orders.order_id == order_id, orders.working == 0)
    found = ledger.connection.execute(query).scalar()
    return None if found is None else int(found)


def history(
    ledger: Ledger,
    order_id: str,
    *,
    through: int | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Step]:
    """Every record that names an order, and the inputs that caused those; in order.

    Args:
        ledger: the journal.
        order_id: the order.
        through: the last record looked at; None: to the end.
        progress: told the number of records looked at.

    Raises:
        RecordUnreadable: one cannot be read.
    """
    whole, first = ledger.span(), begun_at(ledger, order_id)
    if whole is None or first is None or first > whole.last:
        return []
    last = whole.last if through is None else min(through, whole.last)
    found: dict[int, Raw] = {}
    for part, day in ledger.parts(Span(max(first, whole.first), last)):
        if day is not None:
            naming = _in_day(day, part, order_id)
        elif ledger.connection is not None:
            naming = _in_database(ledger.connection, part, order_id)
        else:
            continue
        for reached, seqs in naming:
            for seq in seqs:
                raw = ledger.one(seq)
                if raw is not None:
                    found[seq] = raw
            progress(reached - first)
    for cause in {each.cause for each in found.values() if each.cause is not None} - set(found):
        raw = ledger.one(cause)
        if raw is not None:
            found[cause] = raw
    return [_step(found[seq]) for seq in sorted(found)]


def _in_database(
    connection: Connection, part: Span, order_id: str
) -> Iterator[tuple[int, list[int]]]:
    columns = t.journal.c
    position = getattr(sa.func, FOUND[connection.dialect.name])
    for first in range(part.first, part.last + 1, SPAN):
        last = min(first + SPAN - 1, part.last)
        query = select(columns.seq).where(
            columns.seq.between(first, last), position(columns.payload, order_id) > 0
        )
        yield last, [int(each.seq) for each in connection.execute(query)]


def _in_day(day: ArchivedDay, part: Span, order_id: str) -> Iterator[tuple[int, list[int]]]:
    import pyarrow.compute as pc  # noqa: PLC0415 - 0.3 s, and only where there is an archive

    for table in day.tables(("seq", "payload"), part.first, part.last):
        seqs = table.column("seq")
        naming = pc.match_substring(table.column("payload"), order_id)
        yield int(seqs[-1].as_py()), seqs.filter(naming).to_pylist()


def _step(raw: Raw) -> Step:
    try:
        return Step(raw=raw, payload=decode(raw.kind, raw.payload))
    except RecordUnreadable as problem:
        raise RecordUnreadable(f"record {raw.seq}: {problem}") from problem
