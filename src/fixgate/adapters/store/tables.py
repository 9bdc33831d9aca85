"""The tables of the store, as SQLAlchemy describes them for any database.

Here: columns, keys and indexes. Every index is paid for on the way of every order, so each has
the question that it answers beside it. Decimals are text: see docs/decisions/0011.
Not here: triggers, pragmas and other things that one database has and another has not.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

SCHEMA_VERSION: Final = 2

metadata = MetaData()

# SQLite's own row number goes by the name INTEGER and has 64 bits.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")

journal = Table(
    "journal",
    metadata,
    Column("seq", _NUMBER, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("session", Text),
    Column("cause", BigInteger),
    Column("payload", Text, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("session", Text, nullable=False),
    Column("cl_ord_id", Text, nullable=False),
    Column("venue", Text),  # this and what follows to account: NULL for a refused order
    Column("symbol", Text),
    Column("side", Text),
    Column("ord_type", Text),
    Column("time_in_force", Text),
    Column("order_qty", Text),
    Column("price", Text),
    Column("stop_px", Text),
    Column("account", Text),
    Column("ord_status", Text, nullable=False),
    Column("cum_qty", Text, nullable=False),
    Column("avg_px", Text, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("working", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),  # the whole Order or RefusedOrder
    sqlite_with_rowid=False,  # OrderIDs ascend: one tree, filled at its end
)

# What is open at start, without a look at what is over.
Index("orders_working", orders.c.order_id, sqlite_where=text("working = 1"))

cl_ord_ids = Table(
    "cl_ord_ids",
    metadata,
    Column("session", Text, primary_key=True),
    Column("cl_ord_id", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Every name of an order, to recall it whole.
Index("cl_ord_ids_order", cl_ord_ids.c.order_id)

executions = Table(
    "executions",
    metadata,
    # The order first: its reports lie together, and no second index is needed.
    Column("order_id", Text, primary_key=True),
    Column("exec_id", Text, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("exec_type", Text, nullable=False),
    Column("ord_status", Text, nullable=False),
    Column("last_qty", Text),
    Column("last_px", Text),
    Column("trade_id", Text),
    Column("leg", Integer, nullable=False),
    Column("exec_ref_id", Text),
    sqlite_with_rowid=False,
)

# No index but the number: each would cost every commit another page, and a search reads some
# 15 million rows a second.
fix_messages = Table(
    "fix_messages",
    metadata,
    Column("seq", _NUMBER, primary_key=True),  # the text is in the journal under this number
    Column("at_ns", BigInteger, nullable=False),
    Column("session", Text),
    Column("direction", Text, nullable=False),
    Column("msg_type", Text, nullable=False),
    Column("msg_seq_num", BigInteger, nullable=False),
    Column("cl_ord_id", Text),
    Column("order_id", Text),
    Column("symbol", Text),
    # 1: a message of ours sent again under its number, with PossDupFlag.
    Column("repeats", SmallInteger, nullable=False, server_default=text("0")),
)

venue_calls = Table(
    "venue_calls",
    metadata,
    # Our id at the venue begins with the OrderID, so an order's calls lie together.
    Column("venue_cl_ord_id", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("venue", Text, nullable=False),
    Column("call", Text, nullable=False),
    Column("outcome", Text),
    sqlite_with_rowid=False,
)

sessions = Table(
    "sessions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_in", BigInteger, nullable=False),
    Column("last_out", BigInteger, nullable=False),
    Column("connected", SmallInteger, nullable=False),
    Column("peer", Text, nullable=False),
    Column("since_ns", BigInteger, nullable=False),
    # How long after the connection ends open orders are canceled; NULL: they stay.
    Column("cancel_after_ms", BigInteger),
)

# Who did what, and why; few rows. What stands (kill switches, disabled sessions) follows from them.
operator_actions = Table(
    "operator_actions",
    metadata,
    Column("seq", _NUMBER, primary_key=True),  # of the input in the journal
    Column("at_ns", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
