"""Records of any range as a file of the archive's kind, to be given away.

Here: write_range(). Not here: the archive itself (closing), the file's format (files).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.archive import files
from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.ledger import Ledger, Span
from fixgate.adapters.store.raw import DatabaseRecords

_UNFOUND: Final = (None,) * len(files.FOUND_BY)


def write_range(
    ledger: Ledger, span: Span, path: Path, *, name: str, progress: Callable[[int], None]
) -> None:
    """Write records with their chain to ``path``, with a checksum beside it.

    Raises:
        ArchiveUnusable: it cannot be written.
        Damaged: a record cannot be read.
    """
    before = ledger.one(span.first - 1) if span.first > 1 else None
    last = ledger.one(span.last)
    label = files.DayLabel(
        epoch=ledger.epoch,
        day=name,
        first_seq=span.first,
        last_seq=span.last,
        prev_hash=genesis(ledger.epoch) if before is None else before.hash,
        last_hash=b"" if last is None else last.hash,
    )
    files.write_day(path, label, _rows(ledger, span, progress))
    try:
        files.publish(path)
    except OSError as problem:
        raise files.ArchiveUnusable(f"{path}: cannot be written: {problem.strerror}") from None


def rows_in_database(connection: Connection, span: Span) -> Iterator[tuple[Any, ...]]:
    """The columns of a file's rows, from the database."""
    columns = t.fix_messages.c
    wanted = [columns[name] for name in files.FOUND_BY]
    for page in DatabaseRecords(connection).pages(span.first, span.last):
        query = select(columns.seq, *wanted)
        query = query.where(columns.seq.between(page[0][0], page[-1][0]))
        found = {row[0]: tuple(row[1:]) for row in connection.execute(query)}
        for row in page:
            yield (*row, *found.get(row[0], _UNFOUND))


def _rows(ledger: Ledger, span: Span, progress: Callable[[int], None]) -> Iterator[tuple[Any, ...]]:
    names = (*files.RAW_COLUMNS, *files.FOUND_BY)
    done = 0
    for part, day in ledger.parts(span):
        if day is not None:
            for table in day.tables(names, part.first, part.last):
                yield from zip(*(each.to_pylist() for each in table.columns), strict=True)
        elif ledger.connection is not None:
            yield from rows_in_database(ledger.connection, part)
        done += part.last - part.first + 1
        progress(done)
