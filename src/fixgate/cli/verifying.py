"""`fixgate verify`: whether the journal is as it was written.

Here: the command. Not here: how it is checked (adapters.store.verifying), signed heads (heads).
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    open_ledger,
    period,
    span_of,
    told,
)

if TYPE_CHECKING:
    from fixgate.adapters.store.ledger import Ledger, Span
    from fixgate.adapters.store.verifying import Fault


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
    home: Home = HERE,
) -> None:
    """Check the journal's chain of hashes: all of it, a day, or a period; archive and database."""
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
    if signed is not None:
        whose = "the key given" if public_key else f"key {signed.public_key.hex()}"
        say(f"Contains      record {signed.head.seq:,}, signed {signed.head.signed_at} by {whose}")


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
