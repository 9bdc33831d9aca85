"""Schema version 3: what a person should look at, what trades left, and what may be traded.

Here: ``alerts``, ``positions``, ``position_history``, ``balances``, ``limits``,
``routing_decisions``.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add to what version 2 has."""
    op.create_table(
        "alerts",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("order_id", TEXT),
        sa.Column("about", TEXT, nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("last_ns", sa.BigInteger()),
    )
    op.create_table(
        "positions",
        *_key("venue", "account", "symbol"),
        *_texts("qty", "cost", "realised", "fees", "cashless", "last_px"),
        sa.Column("updated_ns", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "position_history",
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sa.Column("part", sa.SmallInteger(), primary_key=True),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.BigInteger(), nullable=False),
        *_texts("venue", "account", "symbol", "move", "change", "px", "qty", "cost", "realised"),
        sa.Column("fee", TEXT),
        sa.Column("fee_currency", TEXT),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "balances",
        *_key("venue", "asset"),
        *_texts("free", "locked"),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        *_texts("baseline"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "routing_decisions",
        sa.Column("order_id", TEXT, primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("leg", sa.Integer(), nullable=False),
        *_texts("policy", "qty"),
        sa.Column("refusal", TEXT),
        *_texts("body"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "limits",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
    )


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, TEXT, primary_key=True) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, TEXT, nullable=False) for name in names]
