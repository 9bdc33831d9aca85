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

SCHEMA_VERSION: Final = 3

metadata = MetaData()

# Compared byte by byte everywhere: the order of ids must not depend on a country's alphabet.
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")

# SQLite's own row number goes by the name INTEGER and has 64 bits.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")

journal = Table(
    "journal",
    metadata,
    Column("seq", _NUMBER, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("kind", _TEXT, nullable=False),
    Column("session", _TEXT),
    Column("cause", BigInteger),
    Column("payload", _TEXT, nullable=False),
    Column("prev_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", _TEXT, primary_key=True),
    Column("session", _TEXT, nullable=False),
    Column("cl_ord_id", _TEXT, nullable=False),
    Column("venue", _TEXT),  # this and what follows to account: NULL for a refused order
    Column("symbol", _TEXT),
    Column("side", _TEXT),
    Column("ord_type", _TEXT),
    Column("time_in_force", _TEXT),
    Column("order_qty", _TEXT),
    Column("price", _TEXT),
    Column("stop_px", _TEXT),
    Column("account", _TEXT),
    Column("ord_status", _TEXT, nullable=False),
    Column("cum_qty", _TEXT, nullable=False),
    Column("avg_px", _TEXT, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    Column("working", SmallInteger, nullable=False),
    Column("body", _TEXT, nullable=False),  # the whole Order or RefusedOrder
    sqlite_with_rowid=False,  # OrderIDs ascend: one tree, filled at its end
)

# What is open at start, without a look at what is over.
Index(
    "orders_working",
    orders.c.order_id,
    sqlite_where=text("working = 1"),
    postgresql_where=text("working = 1"),
)

cl_ord_ids = Table(
    "cl_ord_ids",
    metadata,
    Column("session", _TEXT, primary_key=True),
    Column("cl_ord_id", _TEXT, primary_key=True),
    Column("order_id", _TEXT, nullable=False),
    sqlite_with_rowid=False,
)

# Every name of an order, to recall it whole.
Index("cl_ord_ids_order", cl_ord_ids.c.order_id)

executions = Table(
    "executions",
    metadata,
    # The order first: its reports lie together, and no second index is needed.
    Column("order_id", _TEXT, primary_key=True),
    Column("exec_id", _TEXT, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("exec_type", _TEXT, nullable=False),
    Column("ord_status", _TEXT, nullable=False),
    Column("last_qty", _TEXT),
    Column("last_px", _TEXT),
    Column("trade_id", _TEXT),
    Column("leg", Integer, nullable=False),
    Column("exec_ref_id", _TEXT),
    sqlite_with_rowid=False,
)

# No index but the number: each would cost every commit another page, and a search reads some
# 15 million rows a second.
fix_messages = Table(
    "fix_messages",
    metadata,
    Column("seq", _NUMBER, primary_key=True),  # the text is in the journal under this number
    Column("at_ns", BigInteger, nullable=False),
    Column("session", _TEXT),
    Column("direction", _TEXT, nullable=False),
    Column("msg_type", _TEXT, nullable=False),
    Column("msg_seq_num", BigInteger, nullable=False),
    Column("cl_ord_id", _TEXT),
    Column("order_id", _TEXT),
    Column("symbol", _TEXT),
    # 1: a message of ours sent again under its number, with PossDupFlag.
    Column("repeats", SmallInteger, nullable=False, server_default=text("0")),
)

venue_calls = Table(
    "venue_calls",
    metadata,
    # Our id at the venue begins with the OrderID, so an order's calls lie together.
    Column("venue_cl_ord_id", _TEXT, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("venue", _TEXT, nullable=False),
    Column("call", _TEXT, nullable=False),
    Column("outcome", _TEXT),
    sqlite_with_rowid=False,
)

sessions = Table(
    "sessions",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("last_in", BigInteger, nullable=False),
    Column("last_out", BigInteger, nullable=False),
    Column("connected", SmallInteger, nullable=False),
    Column("peer", _TEXT, nullable=False),
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
    Column("person", _TEXT, nullable=False),
    Column("action", _TEXT, nullable=False),
    Column("subject", _TEXT, nullable=False),
    Column("detail", _TEXT, nullable=False),
    Column("reason", _TEXT, nullable=False),
)

# What a person should look at, or should have; few rows.
alerts = Table(
    "alerts",
    metadata,
    Column("seq", _NUMBER, primary_key=True),  # of the event in the journal
    Column("at_ns", BigInteger, nullable=False),
    Column("subject", _TEXT, nullable=False),
    Column("text", _TEXT, nullable=False),
    Column("order_id", _TEXT),
    Column("about", _TEXT, nullable=False),
    Column("times", BigInteger, nullable=False),  # raised so often before it was news again
    Column("last_ns", BigInteger),
)

positions = Table(
    "positions",
    metadata,
    Column("venue", _TEXT, primary_key=True),
    Column("account", _TEXT, primary_key=True),  # empty: of no account
    Column("symbol", _TEXT, primary_key=True),
    Column("qty", _TEXT, nullable=False),
    Column("cost", _TEXT, nullable=False),
    Column("realised", _TEXT, nullable=False),
    Column("fees", _TEXT, nullable=False),  # JSON: currency and amount
    Column("cashless", _TEXT, nullable=False),
    Column("last_px", _TEXT, nullable=False),
    Column("updated_ns", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# No index but the number, as in fix_messages and for its reasons.
position_history = Table(
    "position_history",
    metadata,
    Column("seq", BigInteger, primary_key=True),  # of the event in the journal
    Column("part", SmallInteger, primary_key=True),
    Column("at_ns", BigInteger, nullable=False),
    Column("cause", BigInteger, nullable=False),  # the input in the journal
    Column("venue", _TEXT, nullable=False),
    Column("account", _TEXT, nullable=False),
    Column("symbol", _TEXT, nullable=False),
    Column("move", _TEXT, nullable=False),
    Column("change", _TEXT, nullable=False),
    Column("px", _TEXT, nullable=False),
    Column("qty", _TEXT, nullable=False),  # this and what follows to realised: after it
    Column("cost", _TEXT, nullable=False),
    Column("realised", _TEXT, nullable=False),
    Column("fee", _TEXT),
    Column("fee_currency", _TEXT),
    sqlite_with_rowid=False,
)

balances = Table(
    "balances",
    metadata,
    Column("venue", _TEXT, primary_key=True),
    Column("asset", _TEXT, primary_key=True),
    Column("free", _TEXT, nullable=False),
    Column("locked", _TEXT, nullable=False),
    Column("at_ns", BigInteger, nullable=False),
    Column("baseline", _TEXT, nullable=False),
    sqlite_with_rowid=False,
)

# Where parts of routed orders went and why; the journal has the books that the input saw.
routing_decisions = Table(
    "routing_decisions",
    metadata,
    Column("order_id", _TEXT, primary_key=True),
    Column("seq", BigInteger, primary_key=True),  # of the event in the journal
    Column("at_ns", BigInteger, nullable=False),
    Column("leg", Integer, nullable=False),
    Column("policy", _TEXT, nullable=False),
    Column("qty", _TEXT, nullable=False),
    Column("refusal", _TEXT),  # why no venue could take it
    Column("body", _TEXT, nullable=False),  # the whole RoutingDecided
    sqlite_with_rowid=False,
)

# Every step that a change of the limits took; few rows. What is in force follows from them.
limits = Table(
    "limits",
    metadata,
    Column("seq", _NUMBER, primary_key=True),  # of the event in the journal
    Column("at_ns", BigInteger, nullable=False),
    Column("step", _TEXT, nullable=False),
    Column("body", _TEXT, nullable=False),  # the whole LimitChange
)

meta = Table(
    "meta",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("value", _TEXT, nullable=False),
)
