"""The journal in a file of SQLite's.

Here: SqliteJournal and SqliteDurable. Rows are inserted at once, which reaches no disk; the commit
does. Not here: groups and threads (writer), SQL text (sqlite), the log (checkpoint).
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fixgate.adapters.store.checkpoint import Checkpointer, make_room
from fixgate.adapters.store.rows import Rows
from fixgate.adapters.store.sqlite import BUSY_MS, connect_writer, insert_rows
from fixgate.adapters.store.writer import GroupJournal
from fixgate.domain.ids import SessionName


class SqliteDurable:
    """Implements Durable for a file."""

    idle_s: float | None = None
    holds_nul = True

    def __init__(self, path: Path, log_room_bytes: int) -> None:
        """Open the database, which must exist.

        Raises:
            sqlite3.Error: it cannot be opened for writing.
            OSError: there is no room for the log.
        """
        self.connection = connect_writer(path)
        self._wait_for_others(0)
        self._rows: Rows | None = None  # staged
        if log_room_bytes:
            make_room(path, log_room_bytes)
        self._checkpointer = Checkpointer(path, self.connection)

    def stage(self, rows: Rows) -> None:
        self._rows = rows
        try:
            self.connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            return  # old days are being dropped: the thread waits for that
        self._insert(rows)

    def settle(self) -> bool:
        rows, self._rows = self._rows, None
        if rows is None:
            return False
        connection = self.connection
        if not connection.in_transaction:
            self._wait_for_others(BUSY_MS)
            connection.execute("BEGIN IMMEDIATE")
            self._wait_for_others(0)
            self._insert(rows)
        try:
            connection.execute("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        return self._checkpointer.grown(rows.payload_bytes)

    def tidy(self) -> None:
        self._checkpointer.finish()

    def idle(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        self._checkpointer.close()
        self.connection.close()

    def _insert(self, rows: Rows) -> None:
        try:
            for table, flat in rows.tables():
                if flat:
                    insert_rows(self.connection, table, flat)
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def _wait_for_others(self, most_ms: int) -> None:
        self.connection.execute(f"PRAGMA busy_timeout = {most_ms}").fetchall()


class SqliteJournal(GroupJournal):
    """The journal in a file."""

    def __init__(
        self,
        path: Path,
        *,
        last_seq: int,
        last_hash: bytes,
        sessions: Mapping[SessionName, tuple[Any, ...]],
        log_room_bytes: int = 0,
    ) -> None:
        """Open the database, which must exist, and start the thread that waits for the disk.

        Args:
            path: the database.
            last_seq: the number of its last record.
            last_hash: that record's hash, or what the first record follows.
            sessions: the rows of ``sessions``.
            log_room_bytes: how much of the log to allocate beforehand.

        Raises:
            sqlite3.Error: it cannot be opened for writing.
            OSError: there is no room for the log.
        """
        durable = SqliteDurable(path, log_room_bytes)
        self._connection: sqlite3.Connection = durable.connection
        super().__init__(durable, last_seq=last_seq, last_hash=last_hash, sessions=sessions)
