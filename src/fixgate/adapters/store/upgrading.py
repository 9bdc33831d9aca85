"""Bringing a store's schema up to date, by Alembic.

Here: upgrade_sqlite(), upgrade_postgres(), and found versions. Each is one transaction: either all
steps are made, or none is.
Not here: the steps (migrations).
"""

import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from msgspec import MsgspecError
from sqlalchemy import Connection, StaticPool, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.backfill import fill_positions
from fixgate.adapters.store.errors import RecordUnreadable, StoreUnusable
from fixgate.adapters.store.lock import StoreLock
from fixgate.adapters.store.opening import check_header, other_version
from fixgate.application.ports.clock import Clock
from fixgate.domain.ids import EPOCH_LENGTH, base36

if TYPE_CHECKING:
    from fixgate.adapters.store.postgres.address import PostgresAddress

_WITH_POSITIONS: Final = 3  # the first schema version that has tables for them
_STEPS: Final = Path(__file__).with_name("migrations")


def upgrade_sqlite(path: Path) -> tuple[int, int]:
    """Upgrade the store in a file that no gateway uses; from and to which version.

    Raises:
        StoreUnusable: it is in use, newer than this release, or no store.
    """
    if not path.exists():
        raise StoreUnusable(
            path, "no journal yet; the gateway has not run with this data directory"
        )
    lock = StoreLock(path)
    try:
        found = check_header(path)
        if found > t.SCHEMA_VERSION:
            raise StoreUnusable(path, other_version(found))
        try:
            _upgrade_file(path, found)
        except (
            sqlite3.Error,
            SQLAlchemyError,
            RecordUnreadable,
            MsgspecError,
            CommandError,
        ) as problem:
            what = getattr(problem, "orig", None) or problem
            raise StoreUnusable(path, f"cannot be upgraded: {what}") from problem
    finally:
        lock.release()
    return found, t.SCHEMA_VERSION


def _upgrade_file(path: Path, found: int) -> None:
    # Nobody else is there, so that one transaction may hold both the schema and its version.
    raw = sqlite3.connect(path, isolation_level=None)
    try:
        raw.execute("PRAGMA synchronous = FULL")
        engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _run_steps(connection, found)
            connection.exec_driver_sql(f"PRAGMA user_version = {t.SCHEMA_VERSION}")
            connection.commit()
    finally:
        raw.close()


def upgrade_postgres(address: "PostgresAddress", clock: Clock) -> tuple[int, int]:
    """Upgrade the store in a database that no gateway uses, or make it; from and to which version.

    Raises:
        StoreUnusable: it is in use, newer than this release, or cannot be reached.
    """
    import psycopg  # noqa: PLC0415 - only those pay for the import who use it

    from fixgate.adapters.store.postgres.connecting import connect_owner, in_words  # noqa: PLC0415

    try:
        raw = connect_owner(address)
        raw.autocommit = False
        engine = create_engine("postgresql+psycopg://", creator=lambda: raw, poolclass=StaticPool)
        with engine.connect() as connection:
            found = _found(connection)
            if found > t.SCHEMA_VERSION:
                raise StoreUnusable(str(address), other_version(found))
            if found:
                _not_in_use(address, connection)
            _run_steps(connection, found)
            if not found:
                _first_facts(connection, clock)
            connection.commit()
        raw.close()
    except (
        psycopg.Error,
        SQLAlchemyError,
        RecordUnreadable,
        MsgspecError,
        CommandError,
    ) as problem:
        what = in_words(getattr(problem, "orig", None) or problem)
        raise StoreUnusable(str(address), f"cannot be upgraded: {what}") from problem
    return found, t.SCHEMA_VERSION


def _run_steps(connection: Connection, found: int) -> None:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.attributes["connection"] = connection
    if found and not inspect(connection).has_table("alembic_version"):
        command.stamp(config, f"{found:04}")  # made before Alembic had a say
    command.upgrade(config, "head")
    if 0 < found < _WITH_POSITIONS:
        fill_positions(connection)
    if found:
        connection.execute(
            text("UPDATE meta SET value = :version WHERE name = 'schema_version'"),
            {"version": str(t.SCHEMA_VERSION)},
        )


def _found(connection: Connection) -> int:
    if not inspect(connection).has_table("meta"):
        return 0
    row = connection.execute(
        text("SELECT value FROM meta WHERE name = 'schema_version'")
    ).fetchone()
    return int(row[0]) if row is not None else 0


def _not_in_use(address: "PostgresAddress", connection: Connection) -> None:
    if not inspect(connection).has_table("gateway_lease"):
        return
    row = connection.execute(
        text("SELECT holder FROM gateway_lease WHERE until > clock_timestamp() FOR UPDATE")
    ).fetchone()
    if row is not None:
        raise StoreUnusable(str(address), f"is in use by {row[0]}")


def _first_facts(connection: Connection, clock: Clock) -> None:
    now_ns = clock.now_ns()
    (server,) = connection.execute(text("SHOW server_version")).one()
    facts = {
        "schema_version": str(t.SCHEMA_VERSION),
        "epoch": base36(now_ns // 1_000_000_000, width=EPOCH_LENGTH)[-EPOCH_LENGTH:],
        "created_ns": str(now_ns),
        "versions": f"fixgate {version('fixgate')}, Python {platform.python_version()},"
        f" PostgreSQL {server}",
    }
    for name, value in facts.items():
        connection.execute(
            text("INSERT INTO meta(name, value) VALUES (:name, :value)"),
            {"name": name, "value": value},
        )
