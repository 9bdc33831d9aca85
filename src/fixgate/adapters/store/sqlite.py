"""What is SQLite's own: files, pragmas, triggers, SQL text.

Here: how a connection is made and set, the schema as statements, and the statements of the hot
path. Everything that another database does differently is in this file.
Not here: what is written or read.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from sqlalchemy import Select
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.writing import ON_CONFLICT, WRITTEN

_DIALECT: Final = dialect()
APPLICATION_ID: Final = 0x46584754  # "FXGT", at offset 68 of the file
CHUNKS: Final = (512, 384, 256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)
"""Rows for one INSERT. Each run of a statement hands the interpreter over and takes it back a few
times, which is what a busy event loop makes expensive; so statements are few and wide."""

# An adapter that gives None for None. Without one, sqlite3 looks for one in three places each time
# that it binds NULL, which costs as much as to bind five numbers; an order's rows have twenty.
sqlite3.register_adapter(type(None), cast("Callable[[None], None]", {}.get))

BUSY_MS: Final = 5_000
"""How long a connection waits for what another one is writing."""

_STATEMENTS_CACHED: Final = 512  # more than there are texts, so that none is compiled twice

_APPEND_ONLY: Final = tuple(
    f"CREATE TRIGGER journal_no_{what.lower()} BEFORE {what} ON journal"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
    for what in ("UPDATE", "DELETE")
)

# For Alembic: all its steps are made.
_STEPS_MADE: Final = (
    """CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)""",
    f"INSERT INTO alembic_version(version_num) VALUES ('{t.SCHEMA_VERSION:04}')",  # noqa: S608 - ours
)


def schema() -> Iterator[str]:
    """The statements that make an empty database a store."""
    for table in t.metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=_DIALECT))
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            yield str(CreateIndex(index).compile(dialect=_DIALECT))
    yield from _APPEND_ONLY
    yield from _STEPS_MADE
    yield f"PRAGMA application_id = {APPLICATION_ID}"
    yield f"PRAGMA user_version = {t.SCHEMA_VERSION}"


def connect_writer(path: Path) -> sqlite3.Connection:
    """The connection of the one writer; transactions are begun and ended by hand.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    connection = sqlite3.connect(
        path,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_STATEMENTS_CACHED,
    )
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # a commit returns when the log is on the disk
        "cache_size = -32768",
        "temp_store = MEMORY",
        "wal_autocheckpoint = 0",  # the writer decides when
        "journal_size_limit = 67108864",
        "recursive_triggers = ON",  # so that INSERT OR REPLACE meets the triggers too
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def connect_checkpointer(path: Path) -> sqlite3.Connection:
    """A connection that copies the log into the database and does nothing else.

    Raises:
        sqlite3.Error: the file cannot be used.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection, from any process, whether a gateway writes or not.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    uri = path.resolve().as_uri()
    try:
        return _read_only(f"{uri}?mode=ro")
    except sqlite3.OperationalError:
        # Somebody who may read but not write the folder. Without a log nothing can change.
        if path.with_name(path.name + "-wal").exists():
            raise
        return _read_only(f"{uri}?mode=ro&immutable=1")


def connect_to_look(path: Path) -> sqlite3.Connection:
    """A read-only connection that leaves no trace. Only while nobody writes.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    # With a log there are side files already; without one, SQLite would leave empty ones.
    logged = path.with_name(path.name + "-wal").exists()
    uri = path.resolve().as_uri()
    return _read_only(f"{uri}?mode=ro" if logged else f"{uri}?mode=ro&immutable=1")


def _read_only(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        uri,
        uri=True,
        timeout=BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT name FROM meta").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def statement(query: Select[Any]) -> str:
    """The text of a query whose parameters are given in the order they stand in it."""
    return str(query.compile(dialect=_DIALECT))


@cache
def insert(table: str, count: int) -> str:
    """The INSERT of ``count`` rows into ``table``."""
    columns = WRITTEN[table]
    row = f"({','.join('?' * len(columns))})"
    return (
        f"INSERT INTO {table}({', '.join(columns)}) VALUES "  # noqa: S608 - names of our own
        f"{','.join([row] * count)}{ON_CONFLICT.get(table, '')}"
    )


def insert_rows(connection: sqlite3.Connection, table: str, flat: Sequence[Any]) -> None:
    """Insert rows given as one flat list of values.

    Raises:
        sqlite3.Error: the database refused.
        UnicodeEncodeError, OverflowError: it cannot hold one of the values.
    """
    width = len(WRITTEN[table])
    at, left = 0, len(flat) // width
    for count in CHUNKS:
        while left >= count:
            end = at + count * width
            connection.execute(insert(table, count), flat[at:end])
            at, left = end, left - count
