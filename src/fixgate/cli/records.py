"""The journal with its archive, for the commands that prove and search.

Here: open_ledger(), the options that name a period, and what a fault reads like.
Not here: the commands.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import Problem, open_journal, usage
from fixgate.cli.moments import DAY_NS, day_ns, microseconds, moment_ns

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fixgate.adapters.store.archive.files import DayFile
    from fixgate.adapters.store.ledger import Ledger, Span
    from fixgate.adapters.store.verifying import Fault
    from fixgate.bootstrap.settings import Configuration

Day = Annotated[
    str | None, typer.Option("--day", metavar="DAY", help="2030-12-31, today or yesterday.")
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="10m, 2h, 14:30 or 2030-12-31T14:30, in UTC."),
]
Until = Annotated[
    str | None, typer.Option("--until", metavar="TIME", help="The same; up to but without it.")
]


@contextmanager
def open_ledger(configuration: "Configuration") -> "Iterator[Ledger]":
    """The whole journal, to read; or end the command, then or while it is read.

    Where there is an archive and no database any more, the archive is the journal.
    """
    folder = configuration.archive_dir
    database = configuration.data_dir / configuration.gateway.journal.file
    in_file = configuration.gateway.journal.url is None
    if in_file and not database.exists() and _has_days(folder):
        with archive_alone(folder) as ledger:
            yield ledger
        return
    from fixgate.adapters.store.ledger import Ledger  # noqa: PLC0415 - 0.3 s
    from fixgate.adapters.store.raw import DatabaseRecords  # noqa: PLC0415 - with it

    reader = open_journal(configuration)
    try:
        with one_line(str(database) if in_file else "the database"):
            epoch = reader.meta("epoch")
            archived = days_of(folder, epoch) if _has_days(folder) else []
            yield Ledger(epoch, archived=archived, database=DatabaseRecords(reader.connection))
    finally:
        reader.close()


@contextmanager
def archive_alone(folder: Path) -> "Iterator[Ledger]":
    """A journal of which only the archive is there; or end the command."""
    from fixgate.adapters.store.ledger import Ledger  # noqa: PLC0415 - 0.3 s

    if not _has_days(folder):
        raise Problem(f"{folder}: no day of a journal is there")
    days = days_of(folder, None)
    with one_line(str(folder)):
        yield Ledger(days[0].label.epoch, archived=days)


@contextmanager
def one_line(where: str) -> Iterator[None]:
    """What can be wrong with what is read, as one line that says where."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415 - 0.3 s

    from fixgate.adapters.store.errors import RecordUnreadable  # noqa: PLC0415 - with it
    from fixgate.adapters.store.raw import Damaged, reason  # noqa: PLC0415 - with it

    try:
        yield
    except Damaged as damage:
        raise Problem(f"{where}: record {damage.seq} cannot be read: {damage.what}") from None
    except RecordUnreadable as problem:
        raise Problem(f"{where}: {problem}") from None
    except SQLAlchemyError as problem:
        raise Problem(f"{where}: cannot be read: {reason(problem)}") from None
    except UnicodeDecodeError as problem:
        raise Problem(f"{where}: is damaged: {problem}") from None
    except KeyError as problem:
        raise Problem(f"{where}: is damaged: {problem} is missing") from None


@contextmanager
def followed() -> Iterator[None]:
    """What can be wrong where events are let happen again, as one line."""
    from fixgate.adapters.store.errors import RecordUnreadable  # noqa: PLC0415 - 0.3 s
    from fixgate.domain.errors import InvariantBroken  # noqa: PLC0415 - with it

    try:
        yield
    except RecordUnreadable as problem:
        raise Problem(str(problem)) from None
    except InvariantBroken as problem:
        raise Problem(f"the records do not follow from each other: {problem}") from None


def _has_days(folder: Path) -> bool:
    return next(folder.glob("journal-*.parquet"), None) is not None


def days_of(folder: Path, epoch: str | None) -> "list[DayFile]":
    """The files of an archive; or end the command."""
    from fixgate.adapters.store.archive.files import ArchiveUnusable, days_in  # noqa: PLC0415

    try:
        return days_in(folder, epoch)
    except ArchiveUnusable as problem:
        raise Problem(str(problem)) from None


def period(day: str | None, begin: str | None, end: str | None) -> tuple[int | None, int | None]:
    """The period that the options name: its begin, and the first moment after it."""
    now = SystemClock().now_ns()
    if day is not None:
        if begin is not None or end is not None:
            usage("--day does not go with --since and --until")
        first = day_ns("--day", day, now)
        return first, first + DAY_NS
    since_ns = None if begin is None else moment_ns("--since", begin, now)
    until_ns = None if end is None else moment_ns("--until", end, now)
    if since_ns is not None and until_ns is not None and since_ns >= until_ns:
        usage(f"--since {begin} is not before --until {end}")
    return since_ns, until_ns


def see_session(
    configuration: "Configuration", connection: "Connection | None", name: str | None
) -> None:
    """End the command where no session has that name, or had; an archive alone does not say."""
    if name is None or connection is None:
        return
    from sqlalchemy import select  # noqa: PLC0415 - 0.3 s

    from fixgate.adapters.store.tables import sessions  # noqa: PLC0415 - with it

    known = {each.name for each in configuration.sessions}
    known |= set(connection.execute(select(sessions.c.name)).scalars())
    if name not in known:
        usage(f"no session is named {name}; there are: {', '.join(sorted(known))}")


def span_of(ledger: "Ledger", since_ns: int | None, until_ns: int | None) -> "Span":
    """The records of a period; or end the command."""
    found = ledger.between(since_ns, until_ns)
    if found is None:
        whole = ledger.span()
        if whole is None:
            raise Problem("the journal is empty")
        ends = [ledger.one(each) for each in (whole.first, whole.last)]
        first, last = (microseconds(each.at_ns) if each else "?" for each in ends)
        raise Problem(f"the journal has no records of that time; it goes from {first} to {last}")
    return found


def told(fault: "Fault") -> str:
    """A fault on one line."""
    which = f"record {fault.seq}"
    if fault.through > fault.seq:
        which = f"records {fault.seq} to {fault.through}"
    many = fault.through > fault.seq
    were = ("are" if many else "is") if fault.what == "in doubt" else ("were" if many else "was")
    what = "cannot be read" if fault.what == "unreadable" else f"{were} {fault.what}"
    about = []
    if fault.at_ns is not None:
        about.append(("at " if fault.kind else "after ") + microseconds(fault.at_ns))
    if fault.kind is not None:
        about.append(f"kind {fault.kind}")
    return f"{which} {what} ({', '.join([*about, fault.detail])})"
