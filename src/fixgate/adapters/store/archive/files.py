"""One day of the journal as a Parquet file.

Here: DayFile, which reads one; write_day(), days_in(). A file holds the records as they were in
the database with their hashes, so that it proves itself; what FIX messages are found by stands
beside them. Anything that reads Parquet can read it.
Not here: which days are written, and when (closing).
"""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import file_digest
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fixgate.adapters.store.raw import ORDER_AT, PAGE, Damaged, RawRow, reason
from fixgate.domain.ids import ORDER_ID_LENGTH

FORMAT: Final = "fixgate journal day 1"
_PREFIX: Final = "journal-"
_SUFFIX: Final = ".parquet"
_GROUP: Final = 20_000  # records read at least, to read one

RAW_COLUMNS: Final = ("seq", "at_ns", "kind", "session", "cause", "payload", "prev_hash", "hash")
FOUND_BY: Final = (
    "direction", "msg_type", "msg_seq_num", "cl_ord_id", "order_id", "symbol", "repeats",
)  # fmt: skip
"""Columns of a record that is a FIX message; empty for the others."""

_SCHEMA: Final = pa.schema([
    pa.field("seq", pa.int64(), nullable=False),
    pa.field("at_ns", pa.int64(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("session", pa.string()),
    pa.field("cause", pa.int64()),
    pa.field("payload", pa.string(), nullable=False),
    pa.field("prev_hash", pa.binary(32), nullable=False),
    pa.field("hash", pa.binary(32), nullable=False),
    pa.field("direction", pa.string()),
    pa.field("msg_type", pa.string()),
    pa.field("msg_seq_num", pa.int64()),
    pa.field("cl_ord_id", pa.string()),
    pa.field("order_id", pa.string()),
    pa.field("symbol", pa.string()),
    pa.field("repeats", pa.int8()),
])  # fmt: skip
_PROBLEMS: Final = (pa.ArrowException, OSError, ValueError)


class ArchiveUnusable(Exception):  # noqa: N818 - it names a fact
    """The archive cannot be read or written; the message is one line that names the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLabel:
    """What a file says of itself."""

    epoch: str
    day: str  # 2030-12-31
    first_seq: int
    last_seq: int
    prev_hash: bytes  # of the record before the first
    last_hash: bytes

    def metadata(self) -> dict[str, str]:
        """The same as Parquet keeps it."""
        return {
            "fixgate.format": FORMAT,
            "fixgate.epoch": self.epoch,
            "fixgate.day": self.day,
            "fixgate.first_seq": str(self.first_seq),
            "fixgate.last_seq": str(self.last_seq),
            "fixgate.prev_hash": self.prev_hash.hex(),
            "fixgate.last_hash": self.last_hash.hex(),
        }


def _label(metadata: Mapping[bytes, bytes]) -> DayLabel:
    said = {name.decode(): value.decode() for name, value in metadata.items() if b"." in name}
    if said.get("fixgate.format") != FORMAT:
        raise ValueError("it is Parquet but no day of a journal")
    return DayLabel(
        epoch=said["fixgate.epoch"],
        day=said["fixgate.day"],
        first_seq=int(said["fixgate.first_seq"]),
        last_seq=int(said["fixgate.last_seq"]),
        prev_hash=bytes.fromhex(said["fixgate.prev_hash"]),
        last_hash=bytes.fromhex(said["fixgate.last_hash"]),
    )


class DayFile:
    """A day's file, opened. Implements ``raw.RawSource``."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            ArchiveUnusable: it cannot be read or is no such file.
        """
        self.path = path
        try:
            self._file = pq.ParquetFile(path, page_checksum_verification=True)
            self.label = _label(self._file.schema_arrow.metadata or {})
            self._groups = [self._bounds(each) for each in range(self._file.num_row_groups)]
        except KeyError as problem:
            raise ArchiveUnusable(f"{path}: is damaged: {problem} is missing") from problem
        except _PROBLEMS as problem:
            raise ArchiveUnusable(f"{path}: cannot be read: {reason(problem)}") from problem

    @property
    def name(self) -> str:
        """Where it is."""
        return str(self.path)

    @property
    def day(self) -> str:
        """2030-12-31."""
        return self.label.day

    @property
    def prev_hash(self) -> bytes:
        """What the first record follows."""
        return self.label.prev_hash

    def _bounds(self, group: int) -> tuple[int, int]:
        said = self._file.metadata.row_group(group).column(0).statistics
        return int(said.min), int(said.max)

    def bounds(self) -> tuple[int, int] | None:
        """See RawSource: what the file should hold."""
        return self.label.first_seq, self.label.last_seq

    def pages(self, from_seq: int, to_seq: int) -> Iterator[Sequence[RawRow]]:
        """See RawSource."""
        for table in self.tables(RAW_COLUMNS, from_seq, to_seq):
            for batch in table.to_batches(max_chunksize=PAGE):
                yield _rows(batch)

    def naming(
        self, order_ids: Collection[str], from_seq: int, to_seq: int
    ) -> Iterator[Sequence[RawRow]]:
        """See RawSource."""
        wanted = pa.array(order_ids, pa.string())
        for table in self.tables(RAW_COLUMNS, from_seq, to_seq):
            payload = table.column("payload")
            first, second = (
                pc.is_in(
                    pc.utf8_slice_codeunits(payload, each, each + ORDER_ID_LENGTH),
                    value_set=wanted,
                )
                for each in ORDER_AT
            )
            named = pc.and_(table.column("cause").is_valid(), pc.or_(first, second))
            yield _rows(table.filter(named))

    def tables(
        self, columns: Iterable[str], from_seq: int, to_seq: int, *, newest_first: bool = False
    ) -> Iterator[pa.Table]:
        """Some columns of the records of a range, a few thousand records at once.

        Raises:
            Damaged: they cannot be read.
        """
        groups = list(enumerate(self._groups))
        for group, (first, last) in reversed(groups) if newest_first else groups:
            if last < from_seq or first > to_seq:
                continue
            try:
                table = self._file.read_row_group(group, columns=["seq", *columns])
                if first < from_seq or last > to_seq:
                    seq = table.column("seq")
                    inside = pc.and_(pc.greater_equal(seq, from_seq), pc.less_equal(seq, to_seq))
                    table = table.filter(inside)
            except _PROBLEMS as problem:
                raise Damaged(first, f"{self.path}: {reason(problem)}") from problem
            yield table.select(list(columns))

    def first_at(self, at_ns: int) -> int | None:
        """See RawSource."""
        for table in self.tables(("seq", "at_ns"), self.label.first_seq, self.label.last_seq):
            late = table.filter(pc.greater_equal(table.column("at_ns"), at_ns))
            if late.num_rows:
                return int(late.column("seq")[0].as_py())
        return None

    def is_as_written(self) -> bool:
        """Whether the file's bytes are those that its checksum was made of; if there is one."""
        try:
            said = checksum_path(self.path).read_text(encoding="ascii").split()
            return said[:1] == [_checksum(self.path)]
        except FileNotFoundError:
            return True
        except (OSError, UnicodeDecodeError):
            return False

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _rows(table: Any) -> Sequence[RawRow]:
    """What some rows of a file hold, as plain tuples."""
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


def day_path(folder: Path, day: str) -> Path:
    """Where a day's file is."""
    return folder / f"{_PREFIX}{day}{_SUFFIX}"


def days_in(folder: Path, epoch: str | None = None) -> list[DayFile]:
    """The days of an archive, in the order of their records.

    Args:
        folder: the archive; it need not exist.
        epoch: of the journal they must belong to; None: of any, but all of the same.

    Raises:
        ArchiveUnusable: one cannot be read, or belongs to another journal.
    """
    found = [DayFile(each) for each in sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"))]
    for each in found:
        epoch = epoch or each.label.epoch
        if each.label.epoch != epoch:
            raise ArchiveUnusable(
                f"{each.path}: belongs to journal {each.label.epoch}, not to {epoch}"
            )
    return sorted(found, key=lambda each: each.label.first_seq)


def write_day(path: Path, label: DayLabel, rows: Iterator[tuple[Any, ...]]) -> None:
    """Write a day under another name; it gets its own by ``publish``, once it is checked.

    Args:
        path: of the day.
        label: what it says of itself.
        rows: the columns of RAW_COLUMNS and FOUND_BY of each record.

    Raises:
        ArchiveUnusable: it cannot be written.
    """
    schema = _SCHEMA.with_metadata(label.metadata())
    try:
        with pq.ParquetWriter(
            unpublished(path),
            schema,
            compression="zstd",
            use_dictionary=["kind", "session", "direction", "msg_type", "symbol"],
            write_page_checksum=True,
            write_statistics=["seq", "at_ns"],
        ) as writer:
            while group := list(islice(rows, _GROUP)):
                columns = zip(*group, strict=True)
                arrays = [
                    pa.array(each, type=field.type)
                    for each, field in zip(columns, schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    except _PROBLEMS as problem:
        unpublished(path).unlink(missing_ok=True)
        raise ArchiveUnusable(f"{path}: cannot be written: {reason(problem)}") from problem


def unpublished(path: Path) -> Path:
    """The name of a day that is being written."""
    return path.with_name(path.name + ".new")


def checksum_path(path: Path) -> Path:
    """Where a day's checksum is, as `sha256sum -c` reads it."""
    return path.with_name(path.name + ".sha256")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def publish(path: Path) -> None:
    """Give a day its own name, durably, with a checksum beside it.

    Raises:
        OSError: it cannot be done.
    """
    new, beside = unpublished(path), checksum_path(path)
    beside.write_text(f"{_checksum(new)}  {path.name}\n", encoding="ascii")
    _sync(new)
    _sync(beside)
    new.rename(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
