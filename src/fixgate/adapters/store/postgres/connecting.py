"""Connections to PostgreSQL, and which of their errors pass by themselves.

Here: connect() for each purpose, and passes().
Not here: what is said over them.
"""

from typing import Final

import psycopg
from psycopg import errors
from sqlalchemy import Engine, NullPool, create_engine

from fixgate.adapters.store.postgres.address import PostgresAddress

Connection = psycopg.Connection[tuple[object, ...]]

CONNECT_S: Final = 3
_ANSWER_MS: Final = 5_000
_SETTINGS: Final = (
    "SET timezone = 'UTC'",
    # Each statement is prepared once, and its plan does not depend on how many rows there are.
    "SET plan_cache_mode = force_generic_plan",
    "SET jit = off",
)
# A commit returns when the log is on the disk, whatever the server's default is. A standby that
# is configured to be synchronous is waited for as well.
_DURABLE: Final = "SET synchronous_commit = on"
_PASSING: Final = (
    "08",  # connection lost
    "40",  # serialization, deadlock
    "53",  # no room, no memory, too many connections
    "55",  # a lock was not to be had in time
    "57",  # the server stops, starts, or cancels
    "58",  # the disk failed
)


def connect_writer(address: PostgresAddress) -> Connection:
    """The connection of the one writer: each statement is a transaction.

    Raises:
        psycopg.Error: it cannot be had.
    """
    connection = _connect(address, "fixgate journal")
    connection.execute("; ".join((*_SETTINGS, _DURABLE)))
    return connection


def connect_reader(address: PostgresAddress) -> Connection:
    """A connection that only reads, for as long as a query may take.

    Raises:
        psycopg.Error: it cannot be had.
    """
    connection = _connect(address, "fixgate reader")
    connection.execute("; ".join((*_SETTINGS, "SET default_transaction_read_only = on")))
    return connection


def connect_recall(address: PostgresAddress) -> Connection:
    """A connection that only reads, and never waits for long: the gateway waits with it.

    Raises:
        psycopg.Error: it cannot be had.
    """
    connection = connect_reader(address)
    connection.execute(f"SET statement_timeout = {_ANSWER_MS}")
    return connection


def connect_owner(address: PostgresAddress) -> Connection:
    """A connection for the schema and the lease.

    Raises:
        psycopg.Error: it cannot be had.
    """
    connection = _connect(address, "fixgate")
    connection.execute("; ".join((*_SETTINGS, _DURABLE, "SET lock_timeout = 2000")))
    return connection


def owner_engine(address: PostgresAddress) -> Engine:
    """The same for SQLAlchemy, with transactions of several statements."""

    def connect() -> Connection:
        connection = connect_owner(address)
        connection.autocommit = False
        return connection

    return create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)


def _connect(address: PostgresAddress, name: str) -> Connection:
    settings: dict[str, object] = {
        "connect_timeout": CONNECT_S,
        "application_name": name,
        # A peer that is gone without a word is noticed within seconds.
        "keepalives_idle": 2,
        "keepalives_interval": 1,
        "keepalives_count": 3,
        "tcp_user_timeout": _ANSWER_MS,
    }
    return psycopg.connect(address.conninfo(**settings), autocommit=True)


def passes(problem: psycopg.Error) -> bool:
    """Whether trying again later may help: the connection or the server, not what was asked."""
    if isinstance(problem, errors.ReadOnlySqlTransaction):
        return True  # the database is a copy of another one, for now
    if problem.sqlstate is None:
        return isinstance(problem, psycopg.OperationalError | psycopg.InterfaceError)
    return problem.sqlstate.startswith(_PASSING)


def is_away(problem: Exception) -> bool:
    """The same of a problem in whatever it is wrapped."""
    cause = getattr(problem, "orig", None) or problem
    return isinstance(cause, psycopg.Error) and passes(cause)


def in_words(problem: BaseException) -> str:
    """What went wrong, as one line."""
    said = " ".join(str(problem).split())
    return said or type(problem).__name__
