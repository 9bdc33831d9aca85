"""A small journal on the disk, and ways to tamper with it."""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from fixgate.adapters.store import open_store
from fixgate.adapters.store.chain import link
from fixgate.adapters.store.ledger import Ledger
from fixgate.adapters.store.raw import DatabaseRecords
from fixgate.adapters.store.reader import Reader
from unit.adapters.store.samples import FixedClock, Gateway, database

COLUMNS = "seq, at_ns, kind, session, cause, payload, prev_hash, hash"


async def a_journal(folder: Path, orders: int = 3) -> Path:
    """A store with ten records for each order."""
    path = database(folder)
    store = open_store(path, FixedClock())
    await store.journal().commit(Gateway().batch(orders))
    await store.close()
    return path


async def a_journal_of(folder: Path, *days: str, orders: int = 3) -> Path:
    """A store with as many orders on each day, at noon and a microsecond later each record."""
    path = database(folder)
    store = open_store(path, FixedClock())
    gateway = Gateway()
    for day in days:
        batch = gateway.batch(orders)
        noon = noon_of(day)
        batch.at_ns = noon
        for number, each in enumerate(batch.records):
            each.at_ns = noon + 1_000 * number
        first = batch.records[0].seq
        for row in (*batch.fix_messages, *batch.venue_calls):
            row.at_ns = noon + 1_000 * (row.seq - first)
        await store.journal().commit(batch)
    await store.close()
    return path


def noon_of(day: str) -> int:
    """Noon of a day, UTC."""
    return int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()) * 1_000_000_000


def ledger(path: Path) -> Ledger:
    """The journal in a database alone."""
    reader = Reader(path)
    return Ledger(
        reader.meta("epoch"), database=DatabaseRecords(reader.connection), close=reader.close
    )


class Tamper:
    """Somebody with write access to the file."""

    def __init__(self, path: Path) -> None:
        self.db = sqlite3.connect(path, isolation_level=None)
        for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            self.db.execute(f"DROP TRIGGER {name}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.db.close()

    def row(self, seq: int) -> dict[str, Any]:
        query = f"SELECT {COLUMNS} FROM journal WHERE seq = ?"  # noqa: S608 - our own names
        values = self.db.execute(query, (seq,)).fetchone()
        return dict(zip(COLUMNS.split(", "), values, strict=True))

    def set(self, seq: int, **values: Any) -> None:
        for name, value in values.items():
            self.db.execute(f"UPDATE journal SET {name} = ? WHERE seq = ?", (value, seq))  # noqa: S608 - the same

    def remove(self, first: int, last: int | None = None) -> None:
        self.db.execute("DELETE FROM journal WHERE seq BETWEEN ? AND ?", (first, last or first))

    def insert(self, **row: Any) -> None:
        values = [row[name] for name in COLUMNS.split(", ")]
        self.db.execute(f"INSERT INTO journal({COLUMNS}) VALUES (?,?,?,?,?,?,?,?)", values)  # noqa: S608

    def move(self, first: int, by: int) -> None:
        """Number the records from ``first`` on again."""
        for sign, shift in ((-1, 0), (-1, -by)):
            self.db.execute(
                "UPDATE journal SET seq = ? * seq - ? WHERE abs(seq) >= ?", (sign, shift, first)
            )

    def rehash(self, seq: int) -> None:
        """Give a record the hash that fits it."""
        row = self.row(seq)
        payload = row["payload"].encode()
        made = link(
            row["prev_hash"], seq, row["at_ns"], row["cause"], row["kind"], row["session"], payload
        )
        self.set(seq, hash=made)
