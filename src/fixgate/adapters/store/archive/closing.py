"""Closed days go to the archive, and by the retention rule out of the database.

Here: plan(), what is to be done; archive_day() and drop(), which do it; archive_closed_days(),
both, for a schedule.
Not here: the files (files), who may do it (the callers).

A day goes from the first record at its midnight, UTC, to the one before the next day's first. Only
days before the present one are closed, and the last record of the journal is never dropped. What
is dropped is a day's records and the table of their FIX messages; orders, their ClOrdIDs,
executions and venue calls stay, for duplicate checks and for recalling an order.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, select

from fixgate.adapters.store import tables as t
from fixgate.adapters.store.archive import files
from fixgate.adapters.store.archive.actions import Actions, Hold
from fixgate.adapters.store.archive.files import ArchiveUnusable, DayFile, DayLabel
from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.dropping import drop_records, dropped_through
from fixgate.adapters.store.ledger import Span
from fixgate.adapters.store.raw import DatabaseRecords
from fixgate.adapters.store.verifying import verify

DAY_NS: Final = 86_400_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNFOUND: Final = (None,) * len(files.FOUND_BY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDay:
    """A day that is over."""

    day: str
    span: Span
    archived: bool
    due: bool  # old enough to be dropped by the rule
    hold: Hold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What archiving would do now."""

    to_archive: tuple[ClosedDay, ...]
    to_drop: tuple[ClosedDay, ...]
    held: tuple[ClosedDay, ...]  # due, but on hold, or behind a day that is


def day_of(at_ns: int) -> str:
    """The UTC day of a time."""
    return f"{_EPOCH + timedelta(microseconds=at_ns // 1_000):%Y-%m-%d}"


class Archive:
    """The archive of one journal."""

    def __init__(self, folder: Path, connection: Connection, epoch: str) -> None:
        """Look at what is there.

        Raises:
            ArchiveUnusable: a file cannot be read, or belongs to another journal.
        """
        self.folder = folder
        self.epoch = epoch
        self.actions = Actions(folder)
        self._connection = connection
        self._database = DatabaseRecords(connection)
        self.days = files.days_in(folder, epoch)

    # --- what is to be done ---------------------------------------------------------------

    def plan(self, *, now_ns: int, keep_days: int | None) -> Plan:
        """Which days are closed and not archived, and which may leave the database."""
        to_archive: list[ClosedDay] = []
        to_drop: list[ClosedDay] = []
        held: list[ClosedDay] = []
        blocked: Hold | None = None
        for day in self.closed_days(now_ns=now_ns, keep_days=keep_days):
            if not day.archived:
                to_archive.append(day)
            if not day.due:
                continue
            # What is due and not archived yet will be, before anything is dropped.
            blocked = blocked or day.hold
            (held if blocked else to_drop).append(day)
        return Plan(to_archive=tuple(to_archive), to_drop=tuple(to_drop), held=tuple(held))

    def closed_days(self, *, now_ns: int, keep_days: int | None) -> Iterator[ClosedDay]:
        """The days that are over and in the database, oldest first."""
        kept = self._database.bounds()
        if kept is None:
            return
        archived = {each.label.day: each.label for each in self.days}
        holds = self.actions.holds()
        today = now_ns - now_ns % DAY_NS
        first = kept[0]
        midnight = 0
        while (at_ns := self._time_of(first)) is not None:
            # A clock that went back over midnight does not begin the old day again.
            begin = max(at_ns, midnight)
            midnight = begin - begin % DAY_NS + DAY_NS
            after = self._database.first_at(midnight)
            if midnight > today or after is None:
                return  # the last record stays, whatever its day
            after = max(after, first + 1)
            day = day_of(begin)
            label = archived.get(day)
            yield ClosedDay(
                day=day,
                span=Span(first, after - 1),
                archived=label is not None and label.last_seq == after - 1,
                due=keep_days is not None and midnight + keep_days * DAY_NS <= today,
                hold=next((each for each in holds if each.covers(day)), None),
            )
            first = after

    def _time_of(self, seq: int) -> int | None:
        query = select(t.journal.c.at_ns).where(t.journal.c.seq == seq)
        found = self._connection.execute(query).scalar()
        return None if found is None else int(found)

    # --- archiving ------------------------------------------------------------------------

    def archive_day(self, day: ClosedDay, progress: Callable[[int], None]) -> DayFile:
        """Write a day, read it again, check its chain, and only then give it its name.

        Raises:
            ArchiveUnusable: it cannot be written, or the journal is not as it was written.
            Damaged: the database cannot be read.
        """
        path = files.day_path(self.folder, day.day)
        if path.exists():
            raise ArchiveUnusable(f"{path}: is there already and holds other records")
        tip = self._hash_before(day.span.first)
        last = self._hash_before(day.span.last + 1)
        label = DayLabel(
            epoch=self.epoch,
            day=day.day,
            first_seq=day.span.first,
            last_seq=day.span.last,
            prev_hash=tip,
            last_hash=last,
        )
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as problem:
            raise ArchiveUnusable(f"{self.folder}: cannot be made: {problem.strerror}") from None
        files.write_day(path, label, self._rows(day.span, progress))
        new = files.unpublished(path)
        try:
            written = DayFile(new)
            check_day(written, tip)
            written.close()
            files.publish(path)
        except OSError as problem:
            raise ArchiveUnusable(f"{path}: cannot be written: {problem.strerror}") from problem
        finally:
            new.unlink(missing_ok=True)
        made = DayFile(path)
        self.days = sorted([*self.days, made], key=lambda each: each.label.first_seq)
        return made

    def _hash_before(self, seq: int) -> bytes:
        if seq == 1:
            return genesis(self.epoch)
        query = select(t.journal.c.hash).where(t.journal.c.seq == seq - 1)
        found = self._connection.execute(query).scalar()
        if found is None:
            found = next(
                (each.label.last_hash for each in self.days if each.label.last_seq == seq - 1), None
            )
        if found is None:
            raise ArchiveUnusable(f"record {seq - 1} is neither in the database nor archived")
        return bytes(found)

    def _rows(self, span: Span, progress: Callable[[int], None]) -> Iterator[tuple[Any, ...]]:
        columns = t.fix_messages.c
        wanted = [columns[name] for name in files.FOUND_BY]
        done = 0
        for page in self._database.pages(span.first, span.last):
            query = select(columns.seq, *wanted)
            query = query.where(columns.seq.between(page[0][0], page[-1][0]))
            found = {row[0]: tuple(row[1:]) for row in self._connection.execute(query)}
            for row in page:
                yield (*row, *found.get(row[0], _UNFOUND))
            done += len(page)
            progress(done)

    # --- dropping -------------------------------------------------------------------------

    def check(self, through: int) -> None:
        """See that the archive holds every record from the first to ``through``, as written.

        Raises:
            ArchiveUnusable: it does not.
        """
        already = dropped_through(self._connection)
        tip, after = genesis(self.epoch), 0
        for each in self.days:
            if each.label.first_seq != after + 1:
                break
            if each.label.last_seq > already:
                check_day(each, tip)
            tip, after = each.label.last_hash, each.label.last_seq
        if after < through:
            raise ArchiveUnusable(
                f"{self.folder}: the archive lacks records from {after + 1} on, so nothing is "
                "dropped from the database"
            )


def check_day(day: DayFile, tip: bytes) -> None:
    """See that a file holds what it says, as written, and follows what it says.

    Raises:
        ArchiveUnusable: it does not.
    """
    label = day.label
    if not day.is_as_written():
        raise ArchiveUnusable(f"{day.path}: is not as it was written: its checksum differs")
    found = verify(
        day.pages(label.first_seq, label.last_seq),
        after_seq=label.first_seq - 1,
        tip=tip,
        to_seq=label.last_seq,
    )
    if found.fault is not None:
        fault = found.fault
        raise ArchiveUnusable(f"{day.path}: record {fault.seq} is {fault.what}: {fault.detail}")
    if found.last_hash != label.last_hash:
        raise ArchiveUnusable(f"{day.path}: its last record is not the one it names")


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What archiving came to."""

    archived: tuple[ClosedDay, ...]
    dropped: tuple[ClosedDay, ...]
    held: tuple[ClosedDay, ...]
    records_dropped: int


def archive_closed_days(
    archive: Archive,
    engine: Engine,
    *,
    now_ns: int,
    keep_days: int | None,
    by: str,
    reason: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Done:
    """Archive every closed day, and drop those that the rule lets go. For a daily job.

    Args:
        archive: of the journal.
        engine: a connection that may write, for the dropping.
        now_ns: the time.
        keep_days: days that stay in the database after they are over; None: all.
        by: whose doing it is.
        reason: why.
        progress: told the number of records of the day that are done.

    Raises:
        ArchiveUnusable: it could not be done; what was archived before stays.
        Damaged: a record in the database cannot be read.
    """
    first = archive.plan(now_ns=now_ns, keep_days=keep_days)
    for day in first.to_archive:
        made = archive.archive_day(day, progress)
        archive.actions.note(
            "archived", by=by, reason=reason, at_ns=now_ns, day=day.day,
            first_seq=day.span.first, last_seq=day.span.last, last_hash=made.label.last_hash.hex(),
        )  # fmt: skip
    plan = archive.plan(now_ns=now_ns, keep_days=keep_days)
    count = 0
    if plan.to_drop:
        archive.check(plan.to_drop[-1].span.last)
        archive.actions.note(
            "dropped from the database", by=by, reason=reason, at_ns=now_ns,
            days=[each.day for each in plan.to_drop], last_seq=plan.to_drop[-1].span.last,
        )  # fmt: skip
        count = drop_records(engine, plan.to_drop[-1].span.last, progress)
    return Done(
        archived=first.to_archive, dropped=plan.to_drop, held=plan.held, records_dropped=count
    )
