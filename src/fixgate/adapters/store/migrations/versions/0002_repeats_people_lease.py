"""Schema version 2: what repeats an earlier message, what people did, and who has the store.

Here: ``fix_messages.repeats``, filled from the journal; ``sessions.cancel_after_ms``;
``operator_actions``; in PostgreSQL the lease of the gateway.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REPEATED = """
UPDATE fix_messages SET repeats = 1 WHERE direction = 'out' AND EXISTS (
    SELECT 1 FROM journal WHERE journal.seq = fix_messages.seq
    AND journal.kind = 'fix_out.v1' AND journal.payload LIKE '%"handling":"resent"%')
"""
LEASE = """
CREATE TABLE gateway_lease (
    id smallint PRIMARY KEY CHECK (id = 1),
    fence bigint NOT NULL,
    commits bigint NOT NULL,
    holder text NOT NULL,
    identity text NOT NULL,
    until timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO gateway_lease VALUES (1, 0, 0, '', '', '-infinity')
"""


def upgrade() -> None:
    """Add to what version 1 has."""
    op.add_column(
        "fix_messages",
        sa.Column("repeats", sa.SmallInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.execute(REPEATED)
    op.add_column("sessions", sa.Column("cancel_after_ms", sa.BigInteger()))
    op.create_table(
        "operator_actions",
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at_ns", sa.BigInteger(), nullable=False),
        *(
            sa.Column(name, TEXT, nullable=False)
            for name in ("person", "action", "subject", "detail", "reason")
        ),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(LEASE)
