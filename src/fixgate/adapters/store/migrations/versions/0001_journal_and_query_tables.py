"""Schema version 1: the journal and its query tables.

Here: what release 0.1.0 made, and the same for PostgreSQL, where the journal is kept by days.
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
BIG = sa.BigInteger()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

JOURNAL = """
CREATE TABLE journal (
    seq bigint NOT NULL,
    at_ns bigint NOT NULL,
    kind text COLLATE "C" NOT NULL,
    session text COLLATE "C",
    cause bigint,
    payload text COLLATE "C" NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (seq, at_ns)
) PARTITION BY RANGE (at_ns)
"""
APPEND_ONLY = """
CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN RAISE EXCEPTION 'the journal is append-only'; END$$;
CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();
CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal
    EXECUTE FUNCTION journal_is_append_only()
"""


def upgrade() -> None:
    """Make everything in an empty database."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(JOURNAL)
        op.execute(APPEND_ONLY)
    else:
        _sqlite_journal()
    _orders()
    _reports_and_calls()
    _messages()
    _sessions_and_meta()


def _column(name: str, kind: Any = TEXT, *, null: bool = False, key: bool = False) -> Any:
    return sa.Column(name, kind, nullable=null, primary_key=key)


def _sqlite_journal() -> None:
    op.create_table(
        "journal",
        _column("seq", NUMBER, key=True),
        _column("at_ns", BIG),
        _column("kind"),
        _column("session", null=True),
        _column("cause", BIG, null=True),
        _column("payload"),
        _column("prev_hash", sa.LargeBinary()),
        _column("hash", sa.LargeBinary()),
    )
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER journal_no_{what.lower()} BEFORE {what} ON journal"
            " BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"
        )


def _orders() -> None:
    about = ("venue", "symbol", "side", "ord_type", "time_in_force")
    terms = ("order_qty", "price", "stop_px", "account")
    op.create_table(
        "orders",
        _column("order_id", key=True),
        _column("session"),
        _column("cl_ord_id"),
        *(_column(name, null=True) for name in (*about, *terms)),
        *(_column(name) for name in ("ord_status", "cum_qty", "avg_px")),
        _column("created_ns", BIG),
        _column("updated_ns", BIG),
        _column("working", sa.SmallInteger()),
        _column("body"),
        sqlite_with_rowid=False,
    )
    only = sa.text("working = 1")
    op.create_index(
        "orders_working", "orders", ["order_id"], sqlite_where=only, postgresql_where=only
    )
    op.create_table(
        "cl_ord_ids",
        _column("session", key=True),
        _column("cl_ord_id", key=True),
        _column("order_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("cl_ord_ids_order", "cl_ord_ids", ["order_id"])


def _reports_and_calls() -> None:
    op.create_table(
        "executions",
        _column("order_id", key=True),
        _column("exec_id", key=True),
        _column("at_ns", BIG),
        _column("exec_type"),
        _column("ord_status"),
        *(_column(name, null=True) for name in ("last_qty", "last_px", "trade_id")),
        _column("leg", sa.Integer()),
        _column("exec_ref_id", null=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "venue_calls",
        _column("venue_cl_ord_id", key=True),
        _column("seq", BIG, key=True),
        _column("at_ns", BIG),
        _column("venue"),
        _column("call"),
        _column("outcome", null=True),
        sqlite_with_rowid=False,
    )


def _messages() -> None:
    op.create_table(
        "fix_messages",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        _column("at_ns", BIG),
        _column("session", null=True),
        _column("direction"),
        _column("msg_type"),
        _column("msg_seq_num", BIG),
        *(_column(name, null=True) for name in ("cl_ord_id", "order_id", "symbol")),
    )


def _sessions_and_meta() -> None:
    op.create_table(
        "sessions",
        _column("name", key=True),
        _column("last_in", BIG),
        _column("last_out", BIG),
        _column("connected", sa.SmallInteger()),
        _column("peer"),
        _column("since_ns", BIG),
    )
    op.create_table("meta", _column("name", key=True), _column("value"))
