"""The journal's partitions: one for each day, by UTC.

Here: making those that are needed, and seeing that none is missing. A new one is made apart and
then attached, which stops neither readers nor writers.
Not here: dropping them.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from psycopg import errors

from fixgate.adapters.store.postgres.connecting import Connection

DAY_NS: Final = 86_400_000_000_000


class Partitions:
    """Which days there are, as far as is known."""

    def __init__(self) -> None:
        self._known: set[int] = set()

    def ensure(self, connection: Connection, times: Sequence[int]) -> None:
        """Make the partitions of these times.

        Raises:
            psycopg.Error: that is not possible.
        """
        first, last = min(times) // DAY_NS, max(times) // DAY_NS
        if last - first <= 1 and {first, last} <= self._known:
            return
        for day in sorted({each // DAY_NS for each in times} - self._known):
            make(connection, day)
            self._known.add(day)


def name_of(day: int) -> str:
    """The partition's name; ``day`` counts from 1970-01-01."""
    return f"journal_{datetime.fromtimestamp(day * 86_400, tz=UTC):%Y%m%d}"


def make(connection: Connection, day: int) -> None:
    """Make a day's partition if it is not there.

    Raises:
        psycopg.Error: that is not possible.
    """
    name = name_of(day)
    found = connection.execute("SELECT to_regclass(%s)", (name,)).fetchone()
    if found is not None and found[0] is not None:
        return
    try:
        # One transaction, as several statements sent at once are.
        connection.execute(
            f"CREATE TABLE {name} (LIKE journal INCLUDING DEFAULTS INCLUDING CONSTRAINTS);"
            f" ALTER TABLE journal ATTACH PARTITION {name}"
            f" FOR VALUES FROM ({day * DAY_NS}) TO ({(day + 1) * DAY_NS})"
        )
    except errors.DuplicateTable:
        return  # another connection was quicker


def gap(connection: Connection) -> tuple[int, int] | None:
    """The first records that are missing between two days; None: no day is missing.

    Raises:
        psycopg.Error: the database cannot be asked.
    """
    names = connection.execute(
        "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'journal'::regclass"
    ).fetchall()
    days: list[tuple[int, int]] = []
    for (name,) in names:
        row = connection.execute(f"SELECT min(seq), max(seq) FROM {name}").fetchone()  # noqa: S608 - ours
        if row is not None and row[0] is not None:
            days.append((int(str(row[0])), int(str(row[1]))))
    days.sort()
    until = days[0][1] if days else 0
    for first, last in days[1:]:
        if first > until + 1:
            return until + 1, first - 1
        until = max(until, last)
    return None
