"""An old store becomes one of today, and nothing else does."""

import sqlite3
from pathlib import Path

import psycopg
import pytest

from fixgate.adapters.store import MessageFilter, StoreUnusable, open_store
from fixgate.adapters.store.kinds import encode
from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.opening import open_postgres
from fixgate.adapters.store.upgrading import upgrade_postgres, upgrade_sqlite
from fixgate.application.ports.fix import Handling
from postgres import new_database

from .samples import AT_NS, SESSION, FixedClock, a_message, database

SCHEMA_V1 = Path(__file__).with_name("schema_v1.sql").read_text()
ABOUT_COLUMNS = (
    'SELECT m.name, c.name, c.type, c."notnull", c.pk FROM sqlite_master m'
    " JOIN pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid"
)
ABOUT_THE_REST = (
    "SELECT type, name, sql FROM sqlite_master"
    " WHERE type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY name"
)


def a_store_of_version_1(folder: Path) -> Path:
    """With two messages of ours, the second one a repetition of the first."""
    path = database(folder)
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript(SCHEMA_V1)
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    for name, value in {"schema_version": "1", "epoch": "ABCDEF", "created_ns": "1"}.items():
        connection.execute("INSERT INTO meta VALUES (?, ?)", (name, value))
    from fixgate.adapters.store.chain import genesis, link

    tip = genesis("ABCDEF")
    for seq, handling in ((1, Handling.REPORT), (2, Handling.RESENT)):
        message = a_message(7, msg_type="8", out=True)
        object.__setattr__(message, "handling", handling)
        kind, payload = encode(message)
        made = link(tip, seq, AT_NS, None, kind, SESSION, payload)
        connection.execute(
            "INSERT INTO journal VALUES (?, ?, ?, ?, NULL, ?, ?, ?)",
            (seq, AT_NS, kind, SESSION, payload.decode(), tip, made),
        )
        connection.execute(
            "INSERT INTO fix_messages VALUES (?, ?, ?, 'out', '8', 7, 'C1', 'O1', NULL)",
            (seq, AT_NS, SESSION),
        )
        tip = made
    connection.close()
    return path


def looks(path: Path) -> tuple[list[object], list[object]]:
    connection = sqlite3.connect(path)
    try:
        rest = [
            (kind, name, " ".join(sql.replace('"', "").split()))
            for kind, name, sql in connection.execute(ABOUT_THE_REST)
        ]
        return connection.execute(ABOUT_COLUMNS).fetchall(), rest
    finally:
        connection.close()


async def test_a_store_of_version_1_is_refused_until_it_is_upgraded(tmp_path: Path) -> None:
    path = a_store_of_version_1(tmp_path)
    before = path.read_bytes()
    with pytest.raises(StoreUnusable) as refused:
        open_store(path, FixedClock())
    assert str(refused.value) == f"{path}: has schema version 1; run `fixgate db upgrade`"
    assert path.read_bytes() == before

    assert upgrade_sqlite(path) == (1, 3)
    store = open_store(path, FixedClock())
    assert store.epoch == "ABCDEF"
    assert store.reader.verify() is None
    found = store.reader.messages(MessageFilter(), 10)
    assert [each.row.repeats for each in found] == [False, True]
    assert list(store.reader.sent_numbers(SESSION)) == [(7, 1)]
    await store.close()


async def test_an_upgraded_store_is_made_like_a_new_one(tmp_path: Path) -> None:
    path = a_store_of_version_1(tmp_path)
    upgrade_sqlite(path)
    new = open_store(database(tmp_path / "new"), FixedClock())
    await new.close()
    assert looks(path) == looks(database(tmp_path / "new"))


def test_the_first_step_makes_what_the_first_release_made(tmp_path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from fixgate.adapters.store import migrations

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with create_engine(f"sqlite:///{tmp_path / 'stepped'}").connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.commit()
    connection = sqlite3.connect(tmp_path / "plain")
    connection.executescript(SCHEMA_V1)
    connection.close()
    assert looks(tmp_path / "stepped") == looks(tmp_path / "plain")


async def test_an_upgrade_of_what_is_up_to_date_changes_nothing(tmp_path: Path) -> None:
    await open_store(database(tmp_path), FixedClock()).close()
    before = looks(database(tmp_path))
    assert upgrade_sqlite(database(tmp_path)) == (3, 3)
    assert looks(database(tmp_path)) == before


async def test_a_store_in_use_is_not_upgraded(tmp_path: Path) -> None:
    store = open_store(database(tmp_path), FixedClock())
    with pytest.raises(StoreUnusable, match="is in use by process"):
        upgrade_sqlite(database(tmp_path))
    await store.close()


async def test_a_newer_store_is_not_upgraded(tmp_path: Path) -> None:
    path = database(tmp_path)
    await open_store(path, FixedClock()).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(StoreUnusable, match="has schema version 7; this release reads version 3"):
        upgrade_sqlite(path)


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = a_store_of_version_1(tmp_path)
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE fix_messages ADD COLUMN repeats SMALLINT")
    connection.close()
    before = looks(path)
    with pytest.raises(StoreUnusable, match=r"cannot be upgraded: .*duplicate column"):
        upgrade_sqlite(path)
    assert looks(path) == before


@pytest.fixture
def empty() -> PostgresAddress:
    return new_database(made=False)


def executed(address: PostgresAddress, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(address.conninfo(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


async def test_an_empty_database_is_refused_until_it_is_made(
    empty: PostgresAddress, tmp_path: Path
) -> None:
    with pytest.raises(
        StoreUnusable, match="holds no journal of Fixgate; run `fixgate db upgrade`"
    ):
        open_postgres(empty, tmp_path)
    assert upgrade_postgres(empty, FixedClock()) == (0, 3)
    assert upgrade_postgres(empty, FixedClock()) == (3, 3)
    store = open_postgres(empty, tmp_path)
    assert store.reader.meta("schema_version") == "3"
    assert "PostgreSQL" in store.reader.meta("versions")
    await store.close()


@pytest.mark.parametrize(
    ("version", "said"),
    [(1, "version 1; run `fixgate db upgrade`"), (7, "version 7; this release reads version 3")],
)
def test_a_database_of_another_version_is_refused(tmp_path: Path, version: int, said: str) -> None:
    address = new_database()
    executed(address, f"UPDATE meta SET value = {version} WHERE name = 'schema_version'")  # noqa: S608 - a number
    with pytest.raises(StoreUnusable, match=said):
        open_postgres(address, tmp_path)


def test_both_databases_have_the_same_columns(tmp_path: Path, empty: PostgresAddress) -> None:
    upgrade_postgres(empty, FixedClock())
    in_postgres = executed(
        empty,
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name <> 'gateway_lease'"
        ' ORDER BY table_name COLLATE "C", ordinal_position',
    )
    open_store(database(tmp_path), FixedClock())._lock.release()
    columns, _ = looks(database(tmp_path))
    in_sqlite = [
        (table, column, "NO" if needed or key else "YES")
        for table, column, _, needed, key in columns
    ]
    assert in_postgres == in_sqlite
