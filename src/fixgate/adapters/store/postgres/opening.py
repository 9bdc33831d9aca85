"""Opening the store in PostgreSQL: checking what is there, and taking the lease.

Here: open_postgres() and PostgresStore. A store that cannot be used is left exactly as it was.
Not here: making the schema (upgrading); reading and writing.
"""

from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.errors import StoreAway, StoreOutdated, StoreUnusable
from fixgate.adapters.store.lock import StoreLock
from fixgate.adapters.store.opening import make_folder, other_version
from fixgate.adapters.store.postgres import lease, partitions
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.connecting import (
    Connection,
    connect_owner,
    connect_reader,
    in_words,
    is_away,
)
from fixgate.adapters.store.postgres.durable import PostgresDurable
from fixgate.adapters.store.postgres.journal import PostgresJournal
from fixgate.adapters.store.postgres.lookups import PostgresLookups
from fixgate.adapters.store.reader import Reader
from fixgate.adapters.store.recall import StoreRecall
from fixgate.adapters.store.store import Store

LEASE_S: Final = 5.0


class PostgresStore(Store):
    """An open store in a database. Its lease begins when it is opened."""

    def __init__(
        self,
        address: PostgresAddress,
        lock: StoreLock,
        reader: Reader,
        durable: PostgresDurable,
        *,
        lease_s: float,
    ) -> None:
        super().__init__(str(address), lock, reader, fence=durable.fence)
        self.address = address
        self._durable = durable
        self._lease_s = lease_s

    def new_reader(self) -> Reader:
        return Reader(self.address)

    def _passes(self, problem: Exception) -> bool:
        return is_away(problem)

    def _make_journal(self, log_room_bytes: int) -> PostgresJournal:  # noqa: ARG002 - for files
        last_seq, last_hash = self.reader.last()
        return PostgresJournal(
            self._durable,
            last_seq=last_seq,
            last_hash=last_hash or genesis(self.epoch),
            sessions=self.reader.session_rows(),
            hung_s=self._lease_s,
        )

    def _make_recall(self) -> StoreRecall:
        return StoreRecall(PostgresLookups(self.address))

    async def close(self) -> None:
        await super().close()
        if self._journal is None:
            self._durable.close()


def open_postgres(
    address: PostgresAddress, folder: Path, *, lease_s: float = LEASE_S
) -> PostgresStore:
    """The store in a database, which must have been made; and its lease.

    Args:
        address: the database.
        folder: the data directory, for the sessions' files; it is made if it is not there.
        lease_s: how long nobody else can take the store after this process was last heard of.

    Raises:
        StoreInUse: another gateway has it, or the data directory.
        StoreUnusable: it cannot be reached, or is damaged, or is no store of this release.
    """
    make_folder(folder)
    lock = StoreLock(folder / "journal.db")
    try:
        return _opened(address, lock, lease_s)
    except BaseException:
        lock.release()
        raise


def _opened(address: PostgresAddress, lock: StoreLock, lease_s: float) -> PostgresStore:
    try:
        with closing(connect_owner(address)) as connection:
            check(connection, address)
            _check_days(connection, address)
            found = Reader(address)
            try:
                found.check()
                held = lease.take(connection, address, lease_s=lease_s)
                durable = PostgresDurable(address, held, lease_s=lease_s)
            except BaseException:
                found.close()
                raise
        return PostgresStore(address, lock, found, durable, lease_s=lease_s)
    except (psycopg.Error, SQLAlchemyError) as problem:
        raise _unusable(address, problem) from problem


def reader(address: PostgresAddress) -> Reader:
    """A reader of a database that has been made, whether a gateway has it or not.

    Raises:
        StoreUnusable: it cannot be reached, or is no store of this release.
    """
    try:
        with connect_reader(address) as connection:
            check(connection, address)
        return Reader(address)
    except (psycopg.Error, SQLAlchemyError) as problem:
        raise _unusable(address, problem) from problem


def _unusable(address: PostgresAddress, problem: Exception) -> StoreUnusable:
    cause = getattr(problem, "orig", None) or problem
    return (StoreAway if is_away(problem) else StoreUnusable)(
        str(address), f"cannot be used: {in_words(cause)}"
    )


def check(connection: Connection, address: PostgresAddress) -> None:
    """See that the schema is that of this release, and that the server keeps what it has written.

    Raises:
        StoreUnusable: it is not, or does not.
        psycopg.Error: the database cannot be asked.
    """
    if _one(connection, "SELECT to_regclass('meta') IS NOT NULL") is not True:
        raise StoreOutdated(str(address), "holds no journal of Fixgate; run `fixgate db upgrade`")
    text = str(_one(connection, "SELECT value FROM meta WHERE name = 'schema_version'"))
    found = int(text) if text.isdecimal() else 0
    if found != t.SCHEMA_VERSION:
        kind = StoreOutdated if found < t.SCHEMA_VERSION else StoreUnusable
        raise kind(str(address), other_version(found))
    if _one(connection, "SHOW fsync") != "on":
        raise StoreUnusable(
            str(address), "has fsync turned off: a power cut would take away what was acknowledged"
        )


def _check_days(connection: Connection, address: PostgresAddress) -> None:
    missing = partitions.gap(connection)
    if missing is not None:
        first, last = missing
        raise StoreUnusable(str(address), f"is damaged: records {first} to {last} are missing")


def _one(connection: Connection, query: str) -> object:
    row = connection.execute(query).fetchone()
    return None if row is None else row[0]
