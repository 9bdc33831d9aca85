"""Looking up one forgotten order in PostgreSQL, on the event loop's thread.

Here: PostgresLookups. A connection that was lost is made again once, at the next question; if
that fails too, the question has no answer for now.
Not here: which questions there are (recall).
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

import psycopg
from sqlalchemy.dialects.postgresql.psycopg import dialect

from fixgate.adapters.store.postgres.address import PostgresAddress
from fixgate.adapters.store.postgres.connecting import (
    Connection,
    connect_recall,
    in_words,
    passes,
)
from fixgate.adapters.store.recall import QUERIES
from fixgate.application.ports.journal import RecallUnavailable

_AT_ONCE: Final = 20_000


class PostgresLookups:
    """Implements Lookups."""

    holds_nul = False

    def __init__(self, address: PostgresAddress) -> None:
        """Connect.

        Raises:
            psycopg.Error: the store cannot be read.
        """
        self._address = address
        own = dialect(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy's
        self._texts = {name: str(query.compile(dialect=own)) for name, query in QUERIES.items()}
        self._connection: Connection | None = connect_recall(address)

    def find(self, query: str, *given: str) -> Sequence[Sequence[Any]]:
        text = self._texts[query]
        try:
            if self._connection is None:
                self._connection = connect_recall(self._address)
            return self._connection.execute(text, given, prepare=True).fetchall()
        except psycopg.Error as problem:
            self.close()
            if passes(problem):
                raise RecallUnavailable(in_words(problem)) from problem
            raise

    def newest(self, most: int) -> Iterator[Sequence[Any]]:
        if self._connection is None:
            return
        with self._connection.transaction(), self._connection.cursor("newest") as cursor:
            cursor.itersize = _AT_ONCE
            yield from cursor.execute(self._texts["newest"], (most,))

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()
