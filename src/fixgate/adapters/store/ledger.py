"""The whole journal, wherever its records are kept by now: archived days, then the database.

Here: Ledger, which gives records in order across the seam, raw or decoded, and verifies them;
Span, a range of records.
Not here: the files of the archive (archive), the formula (chain), searching (searching).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from fixgate.adapters.store.chain import genesis
from fixgate.adapters.store.errors import RecordUnreadable
from fixgate.adapters.store.kinds import FIX_MESSAGE_KINDS, decode
from fixgate.adapters.store.raw import Damaged, DatabaseRecords, Raw, RawRow, RawSource
from fixgate.adapters.store.verifying import Fault, Progress, Verified, verify
from fixgate.application.ports.fix import Direction
from fixgate.application.ports.journal import Record
from fixgate.domain.ids import SessionName

SLACK_NS: Final = 60_000_000_000
"""Times of neighbouring records may go back by the time that one waited to be decided."""


_NOTED: Final = frozenset(FIX_MESSAGE_KINDS.values())
"""Records without a cause that are no inputs."""


@dataclass(frozen=True, slots=True)
class Span:
    """Records ``first`` to ``last``, both included."""

    first: int
    last: int


class ArchivedDay(RawSource, Protocol):
    """A day of the archive."""

    @property
    def name(self) -> str:
        """For people: where it is."""
        ...

    @property
    def day(self) -> str:
        """2030-12-31."""
        ...

    @property
    def prev_hash(self) -> bytes:
        """What its first record follows."""
        ...

    def is_as_written(self) -> bool:
        """Whether its file has the bytes that were written."""
        ...

    def tables(
        self, columns: Iterable[str], from_seq: int, to_seq: int, *, newest_first: bool = False
    ) -> Iterator[Any]:
        """Some columns of its records, some thousand records at once."""
        ...


class Ledger:
    """Reads records from several places as if they were one."""

    def __init__(
        self,
        epoch: str,
        *,
        archived: Sequence[ArchivedDay] = (),
        database: DatabaseRecords | None = None,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        """Put the places together.

        Args:
            epoch: of this journal.
            archived: the days of the archive, in order.
            database: the journal table.
            close: called by ``close``.
        """
        self.epoch = epoch
        self.archived = archived
        self.database = database
        self.close = close
        self._parts = list(self._arranged())

    @property
    def connection(self) -> Connection | None:
        """The database's connection, for questions to its other tables."""
        return None if self.database is None else self.database.connection

    def _arranged(self) -> Iterator[tuple[Span, RawSource]]:
        """Each place with what is read from it: what the database has is read there."""
        kept = self.database.bounds() if self.database is not None else None
        until = kept[0] - 1 if kept is not None else None
        for each in self.archived:
            found = each.bounds()
            if found is None:
                continue
            last = found[1] if until is None else min(found[1], until)
            if found[0] <= last:
                yield Span(found[0], last), each
        if self.database is not None and kept is not None:
            yield Span(*kept), self.database

    def span(self) -> Span | None:
        """The first and last record there; None if there is none."""
        return Span(self._parts[0][0].first, self._parts[-1][0].last) if self._parts else None

    def parts(self, span: Span) -> list[tuple[Span, ArchivedDay | None]]:
        """Where the records of a range are: each place and what it has; None: the database."""
        found = []
        for part, source in self._parts:
            first, last = max(span.first, part.first), min(span.last, part.last)
            if first <= last:
                day = next((each for each in self.archived if each is source), None)
                found.append((Span(first, last), day))
        return found

    def pages(self, from_seq: int, to_seq: int) -> Iterator[Sequence[RawRow]]:
        """The records of a range, in order.

        Raises:
            Damaged: one cannot be read; those before it were given.
        """
        for span, source in self._parts:
            first, last = max(from_seq, span.first), min(to_seq, span.last)
            if first <= last:
                yield from source.pages(first, last)

    def raw(self, from_seq: int, to_seq: int) -> Iterator[Raw]:
        """The same one by one, by name."""
        for page in self.pages(from_seq, to_seq):
            yield from map(Raw._make, page)

    def one(self, seq: int) -> Raw | None:
        """A record by its number."""
        return next(self.raw(seq, seq), None)

    def records(self, from_seq: int, to_seq: int) -> Iterator[Record]:
        """Records decoded, in order.

        Raises:
            RecordUnreadable: one cannot be read or does not fit its kind; it names the record.
        """
        try:
            for page in self.pages(from_seq, to_seq):
                for seq, at_ns, kind, session, cause, payload, _, _ in page:
                    yield Record(seq, at_ns, session, cause, _decoded(seq, kind, payload))
        except Damaged as damage:
            raise RecordUnreadable(f"record {damage.seq}: {damage.what}") from damage

    def happened(
        self, from_seq: int, to_seq: int, *, progress: Progress, inputs: Collection[str] = ()
    ) -> Iterator[Record]:
        """The events of a range decoded, and its inputs without their payloads: half the work.

        Args:
            from_seq: the first record of the range.
            to_seq: its last record.
            progress: told how many records are done.
            inputs: kinds of inputs that are decoded, too.

        Raises:
            RecordUnreadable: as ``records``.
        """
        sent, done = FIX_MESSAGE_KINDS[Direction.OUT], 0
        try:
            for page in self.pages(from_seq, to_seq):
                for seq, at_ns, kind, session, cause, payload, _, _ in page:
                    if cause is None and kind not in inputs:
                        yield Record(seq, at_ns, session, None, None)
                    elif kind != sent:
                        yield Record(seq, at_ns, session, cause, _decoded(seq, kind, payload))
                done += len(page)
                progress(done)
        except Damaged as damage:
            raise RecordUnreadable(f"record {damage.seq}: {damage.what}") from damage

    def naming(
        self, order_ids: Collection[str], from_seq: int, to_seq: int, *, progress: Progress
    ) -> Iterator[Record]:
        """The events of a range that change one of these orders, decoded, in order.

        Raises:
            RecordUnreadable: as ``records``.
        """
        try:
            for span, source in self._parts:
                first, last = max(from_seq, span.first), min(to_seq, span.last)
                for page in source.naming(order_ids, first, last) if first <= last else ():
                    for seq, at_ns, kind, session, cause, payload, _, _ in page:
                        yield Record(seq, at_ns, session, cause, _decoded(seq, kind, payload))
                    if page:
                        progress(page[-1][0] - from_seq)
        except Damaged as damage:
            raise RecordUnreadable(f"record {damage.seq}: {damage.what}") from damage

    def input_from(self, seq: int) -> int:
        """The first input at or after a record; one more than the last if there is none."""
        whole = self.span()
        if whole is None or seq > whole.last:
            return seq
        for page in self.pages(seq, whole.last):
            for number, _, kind, _, cause, *_ in page:
                if cause is None and kind not in _NOTED:
                    return int(number)
        return whole.last + 1

    def first_at(self, at_ns: int) -> int:
        """The first number at or after a time; one more than the last if all are before it."""
        for span, source in self._parts:
            found = source.first_at(at_ns)
            if found is not None and found <= span.last:
                return max(found, span.first)
        span_all = self.span()
        return 1 if span_all is None else span_all.last + 1

    def between(self, since_ns: int | None, until_ns: int | None) -> Span | None:
        """The records of a period: from the first at ``since_ns`` to the last before ``until_ns``.

        None: there is none.
        """
        whole = self.span()
        if whole is None:
            return None
        first = whole.first if since_ns is None else self.first_at(since_ns)
        last = whole.last if until_ns is None else self.first_at(until_ns) - 1
        return Span(first, last) if first <= last else None

    def around(self, since_ns: int | None, until_ns: int | None) -> Span | None:
        """Records that include all of a period, whatever the clock did; their times decide."""
        return self.between(
            None if since_ns is None else since_ns - SLACK_NS,
            None if until_ns is None else until_ns + SLACK_NS,
        )

    def verify(self, span: Span | None = None, *, progress: Progress = lambda _: None) -> Verified:
        """Check a range, or all from the very first record on.

        The first record of a range is checked to follow the one before it.
        """
        if span is None:
            whole = self.span()
            if whole is None:
                return Verified(records=0, last_seq=0, last_hash=None)
            span = Span(1, whole.last)
        tip: bytes | None = genesis(self.epoch)
        if span.first > 1:
            before = self._before(span.first)
            tip = None if before is None else before.hash
        found = verify(
            self.pages(span.first, span.last),
            after_seq=span.first - 1,
            tip=tip,
            to_seq=span.last,
            progress=progress,
        )
        return found if found.fault is not None else self._with_files(found, span)

    def _with_files(self, found: Verified, span: Span) -> Verified:
        """All records are as written; see that the files are, also in what holds no record."""
        for part, source in self._parts:
            for each in self.archived:
                inside = span.first <= part.last and part.first <= span.last
                if each is source and inside and not each.is_as_written():
                    return replace(found, fault=_changed_file(each, part))
        return found

    def verify_copies(self, span: Span) -> Iterator[tuple[str, Verified]]:
        """Check the days of the archive that are read from the database otherwise.

        Each is checked by itself, and that it ends with the hash that the database has.
        """
        kept = self.database.bounds() if self.database is not None else None
        for each in self.archived:
            bounds = each.bounds()
            if kept is None or bounds is None or not kept[0] <= bounds[1] <= kept[1]:
                continue
            if bounds[1] < span.first or bounds[0] > span.last:
                continue
            first, last = bounds
            found = verify(
                each.pages(first, last), after_seq=first - 1, tip=each.prev_hash, to_seq=last
            )
            ours = self.one(last)
            if found.fault is None and not each.is_as_written():
                found = replace(found, fault=_changed_file(each, Span(first, last)))
            if found.fault is None and ours is not None and found.last_hash != ours.hash:
                fault = Fault(
                    what="altered",
                    seq=last,
                    through=last,
                    at_ns=ours.at_ns,
                    kind=ours.kind,
                    detail="it is not the one that the database has",
                )
                found = replace(found, fault=fault)
            yield each.name, found

    def missing(self, span: Span) -> int | None:
        """The first number of a range that is nowhere; None: all of them are there."""
        at = span.first
        for part, _ in self._parts:
            if part.first > at:
                break
            at = max(at, part.last + 1)
        return at if at <= span.last else None

    def gap(self, seq: int) -> str | None:
        """What is missing around a record that is nowhere: the days between two that are there."""
        before = max((each for each in self._edges() if each[0] < seq), default=None)
        after = min((each for each in self._edges() if each[0] > seq), default=None)
        if after is None or (before is not None and before[1] == after[1]):
            return None
        if before is None:
            return f"nothing before {after[1]} is there, neither in the database nor archived"
        return f"nothing between {before[1]} and {after[1]} is there, database and archive"

    def _edges(self) -> Iterator[tuple[int, str]]:
        """First and last records of each place, and where that is."""
        for span, source in self._parts:
            where = next((f"day {each.day}" for each in self.archived if each is source), None)
            yield span.first, where or "the database"
            yield span.last, where or "the database"

    def _before(self, seq: int) -> Raw | None:
        try:
            return self.one(seq - 1)
        except Damaged:
            return None


def _changed_file(day: ArchivedDay, span: Span) -> Fault:
    return Fault(
        what="in doubt",
        seq=span.first,
        through=span.last,
        at_ns=None,
        kind=None,
        detail=f"{day.name} differs from its checksum, though its records fit their hashes",
    )


def _decoded(seq: int, kind: str, payload: str) -> object:
    try:
        return decode(kind, payload)
    except RecordUnreadable as problem:
        raise RecordUnreadable(f"record {seq}: {problem}") from problem


def named(name: str | None) -> SessionName | None:
    """A session's name as its type."""
    return None if name is None else SessionName(name)
