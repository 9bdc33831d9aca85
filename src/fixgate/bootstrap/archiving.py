"""Archiving the journal of a configuration: for the command, which the daily job runs as well.

Here: opened(), the archive of a configuration; carry_out().
Not here: when the job runs (timetable), what archiving is (adapters.store.archive).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fixgate.adapters.store.archive.closing import Archive, Done, archive_closed_days
from fixgate.bootstrap.settings import Configuration
from fixgate.bootstrap.stores import engine_to_drop, open_to_read


@contextmanager
def opened(configuration: Configuration) -> Iterator[Archive]:
    """The archive of a configuration's journal.

    Raises:
        ConfigurationError, StoreUnusable: the journal cannot be read.
        ArchiveUnusable: the archive cannot.
    """
    reader = open_to_read(configuration)
    try:
        yield Archive(configuration.archive_dir, reader.connection, reader.meta("epoch"))
    finally:
        reader.close()


def carry_out(
    configuration: Configuration,
    archive: Archive,
    *,
    now_ns: int,
    keep_days: int | None,
    by: str,
    reason: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Done:
    """Archive what is over and drop what is due, with a connection that may write.

    Raises:
        ArchiveUnusable, Damaged, SQLAlchemyError: it could not be done; nothing that is not whole
            in the archive was dropped.
    """
    engine = engine_to_drop(configuration)
    try:
        return archive_closed_days(
            archive,
            engine,
            now_ns=now_ns,
            keep_days=keep_days,
            by=by,
            reason=reason,
            progress=progress,
        )
    finally:
        engine.dispose()
