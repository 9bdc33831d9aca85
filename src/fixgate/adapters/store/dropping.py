"""Taking archived records out of the database.

Here: drop_records(), which deletes the oldest records in small transactions, so that a gateway
that is writing waits for none of them; dropped_through() and dropped_hash(), what was dropped.
Not here: whether they may be dropped (closing).

The journal table refuses to delete. It is told, in the same transaction, up to which record it
may; and what it is told stays there, so that the rest of the chain can still be checked alone.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import (
    Connection,
    Engine,
    NullPool,
    create_engine,
    delete,
    event,
    insert,
    select,
    update,
)

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.sqlite import connect_writer

THROUGH: Final = "dropped_through"
HASH: Final = "dropped_hash"
_CHUNK: Final = 2_000

# Deletes are refused, but for what was dropped by the rule.
_ALLOWED: Final = f"coalesce((SELECT CAST(value AS BIGINT) FROM meta WHERE name = '{THROUGH}'), 0)"  # noqa: S608
_SQLITE: Final = (
    f"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal WHEN OLD.seq > {_ALLOWED}"
    " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
)
_POSTGRESQL: Final = (
    "CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$BEGIN IF TG_OP = 'DELETE' THEN IF OLD.seq <= {_ALLOWED} THEN RETURN OLD; END IF;"
    " END IF; RAISE EXCEPTION 'the journal is append-only'; END$$"
)
_REFUSAL: Final[Mapping[str, tuple[str, ...]]] = {
    "sqlite": ("DROP TRIGGER IF EXISTS journal_no_delete", _SQLITE),
    "postgresql": (_POSTGRESQL,),
}


def writing_engine(path: Path) -> Engine:
    """An engine that may write to the store in a SQLite file, beside the gateway that has it."""
    engine = create_engine("sqlite://", creator=lambda: connect_writer(path), poolclass=NullPool)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine, "begin", begin)
    return engine


def dropped_through(connection: Connection) -> int:
    """The last record that was dropped; 0 if none was."""
    query = select(t.meta.c.value).where(t.meta.c.name == THROUGH)
    return int(connection.execute(query).scalar() or 0)


def dropped_hash(connection: Connection) -> bytes | None:
    """That record's hash."""
    found = connection.execute(select(t.meta.c.value).where(t.meta.c.name == HASH)).scalar()
    return None if found is None else bytes.fromhex(found)


def drop_records(engine: Engine, through: int, progress: Callable[[int], None]) -> int:
    """Delete all records up to ``through``; how many that were.

    Raises:
        SQLAlchemyError: the database refused; what was dropped before stays so.
    """
    count = 0
    with engine.begin() as connection:
        for statement in _REFUSAL[engine.dialect.name]:
            connection.exec_driver_sql(statement)
    while True:
        with engine.begin() as connection:
            dropped = _drop_some(connection, through)
        if not dropped:
            return count
        count += dropped
        progress(count)


def _drop_some(connection: Connection, through: int) -> int:
    seq = t.journal.c.seq
    query = select(seq, t.journal.c.hash).where(seq <= through).order_by(seq).limit(_CHUNK)
    rows = connection.execute(query).all()
    if not rows:
        return 0
    last = rows[-1]
    _remember(connection, THROUGH, str(last.seq))
    _remember(connection, HASH, bytes(last.hash).hex())
    for table in (t.fix_messages, t.journal):
        connection.execute(delete(table).where(table.c.seq <= last.seq))
    return len(rows)


def _remember(connection: Connection, name: str, value: str) -> None:
    meta = t.meta
    if not connection.execute(update(meta).where(meta.c.name == name).values(value=value)).rowcount:
        connection.execute(insert(meta).values(name=name, value=value))
