"""`fixgate export`: what an examiner is given: messages, executions, the records and their proof.

Here: the command. Not here: searching (adapters.store.searching), formats (exporting).
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import file_digest
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.archiving import person
from fixgate.cli.console import HERE, Home, Problem, load_configuration, say, usage
from fixgate.cli.dictionary import read_names
from fixgate.cli.exporting import Format, Output, columns
from fixgate.cli.moments import iso, microseconds
from fixgate.cli.progress import Bar
from fixgate.cli.records import Day, Since, Until, open_ledger, period, see_session, span_of, told
from fixgate.cli.searching import COLUMNS, as_row

if TYPE_CHECKING:
    from fixgate.adapters.store.ledger import Ledger, Span
    from fixgate.adapters.store.searching import Wanted
    from fixgate.adapters.store.verifying import Verified
    from fixgate.bootstrap.settings import Configuration

_NAMES: Final = {
    Format.CSV: "messages.csv",
    Format.JSON: "messages.jsonl",
    Format.PARQUET: "messages.parquet",
    Format.FIX: "messages.fix",
}
_EXECUTIONS: Final = columns(
    ("at_ns", "leg"),
    "time", "at_ns", "order_id", "exec_id", "exec_type", "ord_status", "last_qty", "last_px",
    "trade_id", "leg", "exec_ref_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Job:
    """What is exported, and where to."""

    configuration: "Configuration"
    wanted: "Wanted"
    order: str | None
    forms: tuple[Format, ...]
    folder: Path


def export(  # noqa: PLR0917 - typer gives every option by its name
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder.")],
    day: Day = None,
    since: Since = None,
    until: Until = None,
    session: Annotated[str | None, typer.Option(help="Messages of this session alone.")] = None,
    order: Annotated[
        str | None, typer.Option(help="Messages of this order alone: ClOrdID or OrderID.")
    ] = None,
    forms: Annotated[
        str, typer.Option("--format", help="Of the messages: csv, json, parquet, fix.")
    ] = "csv,json,parquet,fix",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written.")] = False,  # noqa: FBT002
    home: Home = HERE,
) -> None:
    """Write messages, executions and the chained records of a day or a period to a folder.

    The records are verified before, and a manifest says what is there, with checksums.
    """
    from fixgate.adapters.store.searching import Wanted  # noqa: PLC0415 - 0.3 s

    chosen = _forms(forms)
    since_ns, until_ns = period(day, since, until)
    wanted = Wanted(session=session, since_ns=since_ns, until_ns=until_ns)
    job = _Job(load_configuration(home), wanted, order, chosen, out)
    if out.exists():
        raise Problem(f"{out}: is there already; an export never overwrites anything")
    with open_ledger(job.configuration) as ledger:
        see_session(job.configuration, ledger.connection, session)
        span = span_of(ledger, since_ns, until_ns)
        say(f"To export     records {span.first:,} to {span.last:,} -> {out}")
        if dry_run:
            return
        with _new_folder(out) as folder, _one_line():
            _export(job, ledger, span, folder)
    say(f"Exported      {out}")


def _forms(text: str) -> tuple[Format, ...]:
    found = []
    for name in text.replace(" ", "").split(","):
        try:
            found.append(Format(name))
        except ValueError:
            usage(f"--format {name}: it is csv, json, parquet or fix")
    if Format.TEXT in found:
        usage("--format text: it is csv, json, parquet or fix")
    return tuple(dict.fromkeys(found))


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder that gets its name when all is in it."""
    new = out.with_name(out.name + ".new")
    try:
        new.mkdir(mode=0o700)
    except OSError as problem:
        raise Problem(f"{out}: cannot be made: {problem.strerror}") from None
    try:
        yield new
        new.rename(out)
    finally:
        shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _one_line() -> Iterator[None]:
    from fixgate.adapters.store.archive.files import ArchiveUnusable  # noqa: PLC0415 - 0.4 s
    from fixgate.adapters.store.errors import RecordUnreadable  # noqa: PLC0415 - with it

    try:
        yield
    except (ArchiveUnusable, RecordUnreadable) as problem:
        raise Problem(str(problem)) from None
    except OSError as problem:
        raise Problem(f"{problem.filename}: cannot be written: {problem.strerror}") from None


def _export(job: _Job, ledger: "Ledger", span: "Span", folder: Path) -> None:
    with Bar("verify", span.last - span.first + 1) as bar:
        verified = ledger.verify(span, progress=bar.done)
    if verified.fault is not None:
        raise Problem(f"nothing was exported: {told(verified.fault)}")
    say(f"Verified      {verified.records:,} records")
    count = _messages(job, ledger, folder)
    say(f"Messages      {count:,} as {', '.join(each.value for each in job.forms)}")
    whole = job.wanted.session is None and job.order is None
    if whole:
        say(f"Executions    {_executions(job, ledger, folder):,}")
        _records(ledger, span, folder)
    _manifest(job, ledger, verified, folder)


def _messages(job: _Job, ledger: "Ledger", folder: Path) -> int:
    from fixgate.adapters.store.searching import about_order, found  # noqa: PLC0415 - 0.3 s

    wanted: Wanted | None = job.wanted
    if job.order is not None:
        wanted = about_order(ledger, job.wanted, job.order)
    if wanted is None:
        raise Problem(f"no message names an order {job.order}")
    configuration = job.configuration
    names = read_names(configuration.path(configuration.gateway.fix.dictionaries))
    count = 0
    with ExitStack() as stack:
        outputs = [
            (form, stack.enter_context(Output(form, folder / _NAMES[form], COLUMNS)))
            for form in job.forms
        ]
        for stored in found(ledger, wanted):
            count += 1
            for form, output in outputs:
                output.row(as_row(stored, names, form, raw=form is Format.FIX))
    return count


def _executions(job: _Job, ledger: "Ledger", folder: Path) -> int:
    """The reports that were decided; they stay in the database when their day is dropped."""
    from sqlalchemy import select  # noqa: PLC0415 - 0.3 s

    from fixgate.adapters.store import tables as t  # noqa: PLC0415 - with it

    at_ns, wanted = t.executions.c.at_ns, job.wanted
    query = select(t.executions).order_by(at_ns, t.executions.c.exec_id)
    if wanted.since_ns is not None:
        query = query.where(at_ns >= wanted.since_ns)
    if wanted.until_ns is not None:
        query = query.where(at_ns < wanted.until_ns)
    with Output(Format.CSV, folder / "executions.csv", _EXECUTIONS) as output:
        rows: Any = () if ledger.connection is None else ledger.connection.execute(query)
        for row in rows:
            output.row({**row._mapping, "time": iso(row.at_ns)})  # noqa: SLF001 - documented
    return output.count


def _records(ledger: "Ledger", span: "Span", folder: Path) -> None:
    from fixgate.adapters.store.archive.copying import write_range  # noqa: PLC0415 - 0.4 s

    first, last = (ledger.one(each) for each in (span.first, span.last))
    days = [microseconds(each.at_ns)[:10] for each in (first, last) if each is not None]
    name = days[0] if days[0] == days[-1] else f"{days[0]}-to-{days[-1]}"
    with Bar("records", span.last - span.first + 1) as bar:
        write_range(ledger, span, folder / f"journal-{name}.parquet", name=name, progress=bar.done)


def _manifest(job: _Job, ledger: "Ledger", verified: "Verified", folder: Path) -> None:
    """What is in the folder, where it is from, and the checksum of each file."""
    files = {each.name: _checksum(each) for each in sorted(folder.iterdir())}
    wanted = job.wanted
    said = {
        "made_at": iso(SystemClock().now_ns()),
        "made_by": person(),
        "fixgate": version("fixgate"),
        "journal": ledger.epoch,
        "since": None if wanted.since_ns is None else iso(wanted.since_ns),
        "until": None if wanted.until_ns is None else iso(wanted.until_ns),
        "session": wanted.session,
        "order": job.order,
        "records_verified": verified.records,
        "last_record": verified.last_seq,
        "last_hash": (verified.last_hash or b"").hex(),
        "passwords": "left out of the messages; the chained records hold Logons as they came",
        "sha256": files,
    }
    text = json.dumps(said, indent=2) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    sums = "".join(f"{digest}  {name}\n" for name, digest in files.items())
    (folder / "SHA256SUMS").write_text(sums, encoding="utf-8")


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
