"""The durable record: in SQLite or in PostgreSQL, with one schema.

Here: the journal and its query tables; opening, writing, reading back.
Not here: what is recorded (the application), what is decided (the core).
"""

from fixgate.adapters.store.errors import (
    JournalFailed,
    RecordUnreadable,
    StoreInUse,
    StoreLost,
    StoreOutdated,
    StoreUnusable,
)
from fixgate.adapters.store.opening import open_store
from fixgate.adapters.store.reader import (
    MessageFilter,
    Reader,
    StoredMessage,
    StoredOrder,
    StoredSession,
)
from fixgate.adapters.store.recall import StoreRecall
from fixgate.adapters.store.sqlite_journal import SqliteJournal
from fixgate.adapters.store.stop_file import StopFile, Stopped
from fixgate.adapters.store.store import Store

__all__ = [
    "JournalFailed",
    "MessageFilter",
    "Reader",
    "RecordUnreadable",
    "SqliteJournal",
    "StopFile",
    "Stopped",
    "Store",
    "StoreInUse",
    "StoreLost",
    "StoreOutdated",
    "StoreRecall",
    "StoreUnusable",
    "StoredMessage",
    "StoredOrder",
    "StoredSession",
    "open_store",
]
