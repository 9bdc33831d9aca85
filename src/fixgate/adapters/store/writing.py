"""What every database is told about writing a row.

Here: the columns of a row as the writer gives it, and what happens to a row that is there already.
Not here: statements, which differ from database to database.
"""

from collections.abc import Mapping
from typing import Final

from fixgate.adapters.store import tables as t

WRITTEN: Final[Mapping[str, tuple[str, ...]]] = {
    name: tuple(each.name for each in table.columns) for name, table in t.metadata.tables.items()
}
"""The columns of a row as the writer gives it."""

# Elsewhere a second row is a defect and fails.
ON_CONFLICT: Final[Mapping[str, str]] = {
    t.orders.name: " ON CONFLICT(order_id) DO UPDATE SET "
    + ", ".join(
        f"{each.name} = excluded.{each.name}"
        for each in t.orders.columns
        if each.name not in ("order_id", "created_ns", "session", "venue", "side")
    ),
    t.alerts.name: " ON CONFLICT(seq) DO UPDATE SET times = excluded.times,"
    " last_ns = excluded.last_ns",
    t.cl_ord_ids.name: " ON CONFLICT(session, cl_ord_id)"
    " DO UPDATE SET order_id = excluded.order_id",
    **{
        table.name: f" ON CONFLICT({', '.join(each.name for each in table.primary_key)})"
        " DO UPDATE SET "
        + ", ".join(
            f"{each.name} = excluded.{each.name}" for each in table.columns if not each.primary_key
        )
        for table in (t.positions, t.balances)
    },
    t.sessions.name: " ON CONFLICT(name) DO UPDATE SET "
    + ", ".join(
        f"{each.name} = excluded.{each.name}" for each in t.sessions.columns if each.name != "name"
    ),
}
