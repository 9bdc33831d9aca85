"""The journal with its archive, for the commands that prove and search.

Here: open_ledger(), the options that name a period, and what a fault reads like.
Not here: the commands.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import Problem, open_journal, usage
from fixgate.cli.moments import DAY_NS, day_ns, microseconds, moment_ns

if TYPE_CHECKING:
    from fixgate.adapters.store.ledger import Ledger, Span
    from fixgate.adapters.store.verifying import Fault
    from fixgate.bootstrap.settings import Configuration

Day = Annotated[
    str | None, typer.Option("--day", metavar="DAY", help="2030-12-31, today or yesterday.")
]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="10m, 2h, 14:30 or 2030-12-31T14:30, in UTC."),
]
To = Annotated[
    str | None, typer.Option("--to", metavar="TIME", help="The same; up to but without it.")
]


@contextmanager
def open_ledger(configuration: "Configuration") -> "Iterator[Ledger]":
    """The whole journal, to read; or end the command."""
    from fixgate.adapters.store.ledger import Ledger  # noqa: PLC0415 - 0.3 s
    from fixgate.adapters.store.raw import DatabaseRecords  # noqa: PLC0415 - with it

    reader = open_journal(configuration)
    try:
        yield Ledger(reader.meta("epoch"), database=DatabaseRecords(reader.connection))
    finally:
        reader.close()


def period(day: str | None, begin: str | None, end: str | None) -> tuple[int | None, int | None]:
    """The period that --day or --from and --to name: its begin, and the first moment after it."""
    now = SystemClock().now_ns()
    if day is not None:
        if begin is not None or end is not None:
            usage("--day does not go with --from and --to")
        first = day_ns("--day", day, now)
        return first, first + DAY_NS
    since_ns = None if begin is None else moment_ns("--from", begin, now)
    until_ns = None if end is None else moment_ns("--to", end, now)
    if since_ns is not None and until_ns is not None and since_ns >= until_ns:
        usage(f"--from {begin} is not before --to {end}")
    return since_ns, until_ns


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
    were = "were" if fault.through > fault.seq else "was"
    what = {"unreadable": "cannot be read"}.get(fault.what, f"{were} {fault.what}")
    about = []
    if fault.at_ns is not None:
        about.append(("at " if fault.kind else "after ") + microseconds(fault.at_ns))
    if fault.kind is not None:
        about.append(f"kind {fault.kind}")
    return f"{which} {what} ({', '.join([*about, fault.detail])})"
