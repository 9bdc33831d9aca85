"""What a search found, in a form that other programs read.

Here: Format, and Output, which writes rows as CSV, JSON lines or Parquet, or FIX text as it was,
to stdout or to a file that is there whole or not at all.
Not here: what the rows are.
"""

import csv
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import Enum, unique
from pathlib import Path
from types import TracebackType
from typing import IO, Annotated, Any, Final, Self

import typer

from fixgate.cli.console import Problem, usage

_GROUP: Final = 5_000  # rows of Parquet written at once
Row = Mapping[str, Any]


@unique
class Format(Enum):
    """What an output looks like."""

    TEXT = "text"  # for people
    CSV = "csv"
    JSON = "json"  # one object for each line
    PARQUET = "parquet"
    FIX = "fix"  # messages as they were, one for each line


FormatOption = Annotated[
    Format, typer.Option("--format", help="text, csv, json (a line each), parquet, fix.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="A new file; default: the terminal.")
]


class Output:
    """Writes rows. ``columns`` are their names, each with whether it holds a number."""

    def __init__(self, form: Format, out: Path | None, columns: Mapping[str, bool]) -> None:
        """Open it; or end the command."""
        if form is Format.PARQUET and out is None:
            usage("--format parquet needs --out FILE")
        if out is not None and out.exists():
            raise Problem(f"{out}: is there already; an export never overwrites a file")
        self._form = form
        self._out = out
        self._columns = columns
        self._new = None if out is None else out.with_name(out.name + ".new")
        self._file: IO[str] | None = None
        self._rows: list[Row] = []
        self._parquet: Any = None
        self.count = 0
        try:
            if form is Format.PARQUET:
                self._parquet = self._open_parquet()
            elif self._new is not None:
                # FIX text is bytes: one character each.
                encoding = "latin-1" if form is Format.FIX else "utf-8"
                self._file = self._new.open("w", encoding=encoding, newline="")
            else:
                self._file = sys.stdout
        except OSError as problem:
            raise Problem(f"{out}: cannot be written: {problem.strerror}") from None
        self._csv = csv.writer(self._file) if self._file and form is Format.CSV else None
        if self._csv is not None:
            self._csv.writerow(columns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._close(complete=kind is None)
        except OSError as problem:
            raise Problem(f"{self._out}: cannot be written: {problem.strerror}") from None

    def row(self, row: Row) -> None:
        """Write a row of the columns; for FIX text, its ``text`` alone."""
        self.count += 1
        try:
            self._write(row)
        except BrokenPipeError:
            raise
        except OSError as problem:
            raise Problem(f"{self._out}: cannot be written: {problem.strerror}") from None

    def line(self, text: str) -> None:
        """Write a line as it is."""
        if self._file is not None:
            self._file.write(text + "\n")

    def _write(self, row: Row) -> None:
        if self._parquet is not None:
            self._rows.append(row)
            if len(self._rows) >= _GROUP:
                self._flush_rows()
        elif self._csv is not None:
            self._csv.writerow([_cell(row.get(name)) for name in self._columns])
        elif self._form is Format.FIX:
            self._fix(str(row["text"]))
        else:
            self.line(json.dumps(dict(row), ensure_ascii=self._out is None))

    def _fix(self, text: str) -> None:
        if self._out is None:
            sys.stdout.buffer.write(text.encode("latin-1", "replace") + b"\n")
        else:
            self.line(text)

    def _open_parquet(self) -> Any:
        import pyarrow as pa  # noqa: PLC0415 - 0.3 s
        import pyarrow.parquet as pq  # noqa: PLC0415 - with it

        fields = [
            (name, pa.int64() if number else pa.string()) for name, number in self._columns.items()
        ]
        return pq.ParquetWriter(self._new, pa.schema(fields), compression="zstd")

    def _flush_rows(self) -> None:
        import pyarrow as pa  # noqa: PLC0415 - 0.3 s

        schema = self._parquet.schema
        rows = [{name: _flat(row.get(name)) for name in schema.names} for row in self._rows]
        self._parquet.write_table(pa.Table.from_pylist(rows, schema=schema))
        self._rows = []

    def _close(self, *, complete: bool) -> None:
        if self._parquet is not None:
            if complete and self._rows:
                self._flush_rows()
            self._parquet.close()
        elif self._file is not None and self._file is not sys.stdout:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        if self._new is None or self._out is None:
            return
        if complete:
            self._new.rename(self._out)
        else:
            with suppress(OSError):
                self._new.unlink()


def _flat(value: Any) -> Any:
    """A value for a column: what is no text or number becomes JSON."""
    if value is None or isinstance(value, str | int):
        return value
    return json.dumps(value)


def _cell(value: Any) -> Any:
    """A value for a spreadsheet, which would take some texts for formulas."""
    value = _flat(value)
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return "" if value is None else value


def columns(numbers: Sequence[str], *names: str) -> dict[str, bool]:
    """Columns by name; those in ``numbers`` hold numbers."""
    return {name: name in numbers for name in names}
