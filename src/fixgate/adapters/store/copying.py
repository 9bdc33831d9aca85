"""Moving a store from SQLite to PostgreSQL.

Here: copy_store(). Everything goes in one transaction, and the chain of the records is verified as
they arrived before that ends: the database has all of it, as it was written, or nothing.
Not here: making the schema (upgrading); the other way round.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.dropping import HASH, THROUGH
from fixgate.adapters.store.errors import StoreUnusable
from fixgate.adapters.store.lock import StoreLock
from fixgate.adapters.store.opening import check_current, look
from fixgate.adapters.store.postgres import lease
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.connecting import Connection, connect_owner, in_words
from fixgate.adapters.store.postgres.opening import check
from fixgate.adapters.store.postgres.partitions import DAY_NS, make
from fixgate.adapters.store.raw import Raw, RawRow
from fixgate.adapters.store.rows import storable
from fixgate.adapters.store.sqlite import connect_reader
from fixgate.adapters.store.verifying import Verified, verify
from fixgate.adapters.store.writing import WRITTEN

_HELD_S: Final = 86_400.0
_PAGE: Final = 5_000
_FACTS: Final = ("epoch", "created_ns", THROUGH, HASH)
_COPIED: Final = tuple(name for name in WRITTEN if name != "meta")


def copy_store(
    source: Path, target: PostgresAddress, *, progress: Callable[[int, int], None]
) -> tuple[dict[str, int], Verified]:
    """Copy a store that no gateway uses into a database that has been made and is empty.

    Args:
        source: the store in SQLite; it is not changed.
        target: the database.
        progress: told how many rows have been sent, and of how many, now and then.

    Returns:
        The rows of each table, and what the verification found.

    Raises:
        StoreUnusable: one of them cannot be used, the target is not empty, or what arrived is not
            what was sent. The target is as it was.
    """
    if not source.exists():
        raise StoreUnusable(source, "no journal is there")
    lock = StoreLock(source)
    try:
        check_current(source)
        look(source)
        return _copied(source, target, progress)
    except sqlite3.Error as problem:
        raise StoreUnusable(source, f"cannot be read: {problem}") from problem
    except psycopg.Error as problem:
        raise StoreUnusable(str(target), f"cannot be written: {in_words(problem)}") from problem
    finally:
        lock.release()


def _copied(
    source: Path, target: PostgresAddress, progress: Callable[[int, int], None]
) -> tuple[dict[str, int], Verified]:
    with closing(connect_owner(target)) as into, closing(connect_reader(source)) as found:
        check(into, target)
        held = lease.take(into, target, lease_s=_HELD_S)
        try:
            with into.transaction():
                _check_empty(into, target)
                counts = _tables(found, into, progress)
                _facts(found, into)
                verified = _verified(into, found)
                if verified.fault is not None:
                    what = f"record {verified.fault.seq} did not arrive as it was written"
                    raise StoreUnusable(source, f"{what}; run `fixgate verify`")
        finally:
            lease.give_up(into, held.fence)
    return counts, verified


def _check_empty(into: Connection, target: PostgresAddress) -> None:
    for name in _COPIED:
        if into.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() is not None:  # noqa: S608 - ours
            raise StoreUnusable(str(target), f"is not empty: there are rows in {name}")


def _tables(
    found: sqlite3.Connection, into: Connection, progress: Callable[[int, int], None]
) -> dict[str, int]:
    counts = {
        name: found.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - ours
        for name in _COPIED
    }
    total, sent = sum(counts.values()), 0
    for (day,) in found.execute("SELECT DISTINCT at_ns / ? FROM journal", (DAY_NS,)).fetchall():
        make(into, day)
    for name in _COPIED:
        columns = ", ".join(WRITTEN[name])
        with into.cursor().copy(f"COPY {name}({columns}) FROM STDIN") as copy:
            rows = found.execute(f"SELECT {columns} FROM {name}")  # noqa: S608 - names of our own
            for page in iter(lambda rows=rows: rows.fetchmany(_PAGE), []):  # type: ignore[misc]
                for row in page if name == t.journal.name else _without_nul(page):
                    copy.write_row(row)
                sent += len(page)
                progress(sent, total)
    return counts


def _without_nul(page: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
    for row in page:
        yield [storable(each, holds_nul=False) if isinstance(each, str) else each for each in row]


def _facts(found: sqlite3.Connection, into: Connection) -> None:
    facts = dict(found.execute("SELECT name, value FROM meta").fetchall())
    for name in _FACTS:
        if name in facts:
            into.execute(
                "INSERT INTO meta(name, value) VALUES (%s, %s)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, facts[name]),
            )
    # Fences go on growing.
    into.execute(
        "UPDATE gateway_lease SET fence = greatest(fence, %s)", (int(facts.get("fence", 0)),)
    )


def _verified(into: Connection, found: sqlite3.Connection) -> Verified:
    """Whether the records that arrived, within the transaction, are those that were written."""
    facts = dict(found.execute("SELECT name, value FROM meta").fetchall())
    through = int(facts.get(THROUGH, 0))
    tip = bytes.fromhex(facts[HASH]) if HASH in facts else genesis(facts["epoch"])
    (last,) = found.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
    return verify(
        _arrived(into, through + 1), after_seq=through, tip=tip, to_seq=max(last, through)
    )


def _arrived(into: Connection, from_seq: int) -> Iterator[Sequence[RawRow]]:
    columns = ", ".join(Raw._fields)
    query = f"SELECT {columns} FROM journal WHERE seq >= %s ORDER BY seq LIMIT %s"  # noqa: S608 - ours
    while rows := into.execute(query, (from_seq, _PAGE)).fetchall():
        yield rows
        from_seq = int(str(rows[-1][0])) + 1
