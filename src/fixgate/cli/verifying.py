"""`fixgate verify`: whether the journal is as it was written.

Here: the command. Not here: how it is checked (adapters.store.verifying), signed heads (heads).
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fixgate.cli import heads
from fixgate.cli.console import HERE, Home, Problem, load_configuration, say, usage
from fixgate.cli.moments import microseconds
from fixgate.cli.progress import Bar
from fixgate.cli.records import (
    Day,
    Since,
    Until,
    archive_alone,
    followed,
    open_ledger,
    period,
    span_of,
    told,
)

if TYPE_CHECKING:
    from fixgate.adapters.store.ledger import Ledger, Span
    from fixgate.adapters.store.verifying import Fault
    from fixgate.bootstrap.settings import Configuration

_SHOWN: Final = 20


def verify(  # noqa: PLR0917 - typer gives every option by its name
    day: Day = None,
    begin: Since = None,
    end: Until = None,
    archive: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Check this archive alone, without a database."),
    ] = None,
    head: Annotated[bool, typer.Option("--head", help="Only print the last record.")] = False,  # noqa: FBT002
    signed_head: Annotated[
        Path | None,
        typer.Option("--against", metavar="FILE", help="See that it contains this signed head."),
    ] = None,
    public_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The key that the head must be signed with.")
    ] = None,
    tables: Annotated[  # noqa: FBT002 - typer makes flags of them
        bool, typer.Option("--tables", help="Also compare the tables for queries with it.")
    ] = False,
    home: Home = HERE,
) -> None:
    """Check the journal's chain of hashes: all of it, a day, or a period; archive and database."""
    if tables and (archive is not None or any((day, begin, end))):
        usage("--tables is about all of the database")
    if head:
        heads.head(home=home)
        return
    if public_key is not None and signed_head is None:
        usage("--public-key goes with --against")
    since_ns, until_ns = period(day, begin, end)
    opened = archive_alone(archive) if archive else open_ledger(load_configuration(home))
    with opened as ledger:
        signed = None
        if signed_head is not None:
            signed = heads.against(ledger, signed_head, public_key)
        check(ledger, since_ns, until_ns, from_first=archive is None)
        if tables:
            compare_tables(load_configuration(home), ledger)
    if signed is not None:
        whose = "the key given" if public_key else f"key {signed.public_key.hex()}"
        say(f"Contains      record {signed.head.seq:,}, signed {signed.head.signed_at} by {whose}")


def compare_tables(configuration: "Configuration", ledger: "Ledger") -> None:
    """Say whether the tables for queries are as the journal says; or end the command."""
    from fixgate.adapters.store.comparing import Comparison  # noqa: PLC0415 - 0.3 s
    from fixgate.domain.ids import Ids  # noqa: PLC0415 - with it
    from fixgate.domain.state import State  # noqa: PLC0415 - with it

    whole = ledger.span()
    if ledger.connection is None or whole is None:
        raise Problem("the database is not there, and its tables are in no archive")
    most = configuration.gateway.journal.terminal_orders_in_memory
    comparison = Comparison(ledger, ledger.connection, State(Ids(ledger.epoch), terminal_max=most))
    count = 0
    with Bar("tables", whole.last) as bar, followed():
        for difference in comparison.differences(whole.last, bar.done):
            count += 1
            if count <= _SHOWN:
                say(f"    {difference}", "yellow")
    if count:
        more = f", of which {count - _SHOWN:,} are not shown" if count > _SHOWN else ""
        places = "1 place" if count == 1 else f"{count:,} places"
        raise Problem(f"the tables differ from the journal in {places}{more}")
    say(f"Tables        {comparison.rows:,} rows, all as the journal says")


def check(
    ledger: "Ledger", since_ns: int | None, until_ns: int | None, *, from_first: bool
) -> None:
    """Verify a period and say what came of it; or end the command with what is wrong.

    All of a journal begins with its very first record; an archive that was given away need not.
    """
    span = span_of(ledger, since_ns, until_ns)
    if from_first and since_ns is None and until_ns is None:
        span = type(span)(1, span.last)
    started = time.perf_counter()
    with Bar("verify", span.last - span.first + 1) as bar:
        found = ledger.verify(span, progress=bar.done)
    took_s = time.perf_counter() - started
    if found.fault is not None:
        good = found.fault.seq - span.first
        before = f"; the {good:,} records before are as written" if good > 0 else ""
        raise Problem(told(found.fault) + _where(ledger, found.fault) + before)
    say(f"Records       {span.first:,} to {span.last:,}, all as written")
    say(f"Last at       {microseconds(found.last_at_ns or 0)}")
    say(f"Last hash     {(found.last_hash or b'').hex()}")
    say(
        f"Checked       {found.records:,} in {took_s:.1f} s, {found.records / took_s:,.0f} a second"
    )
    copies = _copies(ledger, span)
    if copies:
        say(f"Archive       {copies} of its days are also in the database, and the same")


def _copies(ledger: "Ledger", span: "Span") -> int:
    """Check what the archive holds besides the database; how many days that is."""
    count = 0
    for name, found in ledger.verify_copies(span):
        if found.fault is not None:
            raise Problem(f"{name}: {told(found.fault)}")
        count += 1
    return count


def _where(ledger: "Ledger", fault: "Fault") -> str:
    """What a gap between the files of the archive lacks."""
    if fault.what != "removed":
        return ""
    gap = ledger.gap(fault.seq)
    return "" if gap is None else f"; {gap}"
