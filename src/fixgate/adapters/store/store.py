"""A store that is this process's alone until it is closed.

Here: Store, which holds the lock of the data directory and hands out journal, reader and recall.
Not here: any one database.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

from fixgate.adapters.store.lock import StoreLock
from fixgate.adapters.store.reader import Reader
from fixgate.adapters.store.recall import StoreRecall
from fixgate.adapters.store.sent import SentMessages
from fixgate.adapters.store.trade_search import StoredTrades
from fixgate.adapters.store.writer import GroupJournal


class Store(ABC):
    """An open store.

    ``where`` names it for people. ``fence`` grows by one each time that a process takes the store
    to run a gateway.
    """

    def __init__(self, where: Path | str, lock: StoreLock, reader: Reader, *, fence: int) -> None:
        self.where = where
        self.reader = reader
        self.fence = fence
        self.epoch = reader.meta("epoch")
        self._lock = lock
        self._journal: GroupJournal | None = None
        self._recall: StoreRecall | None = None
        self._sent: SentMessages | None = None
        self._trades: StoredTrades | None = None

    def journal(self, *, log_room_bytes: int = 0) -> GroupJournal:
        """The journal, made at the first call, which must be made on the event loop's thread.

        Args:
            log_room_bytes: how much of a log in a file to allocate beforehand.

        Raises:
            StoreUnusable: it cannot be written, or there is no room on the disk for the log.
        """
        if self._journal is None:
            self._journal = self._make_journal(log_room_bytes)
        return self._journal

    def recall(self) -> StoreRecall:
        """What reads back forgotten orders, made at the first call: up to a second or two."""
        if self._recall is None:
            self._recall = self._make_recall()
        return self._recall

    def sent(self, position: Callable[[], int]) -> SentMessages:
        """What reads back messages for a ResendRequest, made at the first call.

        position: the number of the last record decided.
        """
        if self._sent is None:
            self._sent = SentMessages(self.new_reader, position, self._passes)
        return self._sent

    def trades(self) -> StoredTrades:
        """What reads back recorded trades, made at the first call."""
        if self._trades is None:
            self._trades = StoredTrades(self.new_reader)
        return self._trades

    def _passes(self, problem: Exception) -> bool:  # noqa: ARG002 - of a file, nothing does
        """Whether a problem with reading passes by itself."""
        return False

    @abstractmethod
    def new_reader(self) -> Reader:
        """A reader with a connection of its own, for a thread of its own."""

    async def close(self) -> None:
        """Let what waits become durable, close everything and give up the store."""
        # The writer last: in SQLite only a connection that may write can fold the log into the
        # database, and in PostgreSQL it gives up the lease.
        if self._recall is not None:
            self._recall.close()
        if self._sent is not None:
            self._sent.close()
        if self._trades is not None:
            self._trades.close()
        self.reader.close()
        if self._journal is not None:
            await self._journal.close()
        self._lock.release()

    @abstractmethod
    def _make_journal(self, log_room_bytes: int) -> GroupJournal: ...

    @abstractmethod
    def _make_recall(self) -> StoreRecall: ...
