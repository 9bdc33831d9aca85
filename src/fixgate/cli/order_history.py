"""`fixgate order-history`: one order's whole life, as text and as a page.

Here: the command. Not here: finding records (adapters.store.history), words (life), HTML (pages).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import HERE, Home, Problem, load_configuration, say
from fixgate.cli.dictionary import read_names
from fixgate.cli.life import Moment, Way, latencies, moments
from fixgate.cli.moments import DAY_NS, length, microseconds
from fixgate.cli.pages import page
from fixgate.cli.progress import Bar, remark
from fixgate.cli.records import open_ledger

if TYPE_CHECKING:
    from fixgate.adapters.store.history import Step
    from fixgate.adapters.store.ledger import Ledger

_ARROWS = {
    Way.FROM_CLIENT: ("client  ->         ", "cyan"),
    Way.TO_CLIENT: ("client  <-         ", "green"),
    Way.TO_VENUE: ("        -> venue   ", "yellow"),
    Way.FROM_VENUE: ("        <- venue   ", "magenta"),
    Way.DECIDED: ("   decision        ", ""),
    Way.NOTED: ("   noted           ", ""),
}


def order_history(  # noqa: PLR0917 - typer gives every option by its name
    order: Annotated[str, typer.Argument(metavar="ORDERID", help="OrderID, or a ClOrdID.")],
    session: Annotated[
        str | None, typer.Option(help="The session of a ClOrdID, where several have it.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page for a browser or a printer.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="FIX messages as they were.")] = False,  # noqa: FBT002
    everything: Annotated[  # noqa: FBT002 - typer makes a flag of it
        bool,
        typer.Option(
            "--all", help="Look to the journal's end, not to a day after the last change."
        ),
    ] = False,
    home: Home = HERE,
) -> None:
    """Show an order's whole life: every message, venue call and decision, with times."""
    if html is not None and html.exists():
        raise Problem(f"{html}: is there already; a page never overwrites a file")
    configuration = load_configuration(home)
    names = read_names(configuration.path(configuration.gateway.fix.dictionaries))
    with open_ledger(configuration) as ledger:
        order_id = order_named(ledger, session, order)
        steps = _steps(ledger, order_id, everything=everything)
    life = list(moments(steps, names))
    if html is None:
        _show(order_id, life, raw=raw)
        return
    written = page(order_id, life, steps, made_ns=SystemClock().now_ns())
    try:
        with html.open("x", encoding="utf-8") as file:
            file.write(written)
    except OSError as problem:
        raise Problem(f"{html}: cannot be written: {problem.strerror}") from None
    remark(f"{len(life)} records -> {html}")


def order_named(ledger: "Ledger", session: str | None, name: str) -> str:
    """The one order that a name means; or end the command."""
    from fixgate.adapters.store.history import begun_at  # noqa: PLC0415 - 0.3 s
    from fixgate.adapters.store.searching import orders_named  # noqa: PLC0415 - with it

    found = sorted(orders_named(ledger, session, name))
    if not found and session is None and begun_at(ledger, name) is not None:
        return name  # no message names it; its records may
    if not found:
        where = "" if session is None else f" of session {session}"
        raise Problem(f"no order {name}{where} in the journal")
    if len(found) > 1:
        raise Problem(f"{name} names {len(found)} orders: {', '.join(found)}; say which")
    return found[0]


def _steps(ledger: "Ledger", order_id: str, *, everything: bool) -> "list[Step]":
    from fixgate.adapters.store.errors import RecordUnreadable  # noqa: PLC0415 - 0.3 s
    from fixgate.adapters.store.history import begun_at, history, updated_ns  # noqa: PLC0415

    whole = ledger.span()
    last = 0 if whole is None else whole.last
    changed_ns = None if everything else updated_ns(ledger, order_id)
    if changed_ns is not None:
        last = min(last, ledger.first_at(changed_ns + DAY_NS) - 1)
    begun = begun_at(ledger, order_id)
    if begun is None:
        raise Problem(f"{order_id} is no OrderID of this journal")
    try:
        with Bar("order-history", max(last - begun, 1)) as bar:
            steps = history(ledger, order_id, through=last, progress=bar.done)
    except RecordUnreadable as problem:
        raise Problem(str(problem)) from None
    if not steps:
        raise Problem(f"no record of the journal names order {order_id}")
    if whole is not None and last < whole.last:
        remark("Looked to a day after the order was over; --all looks to the journal's end")
    return steps


def _show(order_id: str, life: "list[Moment]", *, raw: bool) -> None:
    say(f"Order {order_id}", "bold")
    for each in life:
        arrow, style = _ARROWS[each.way]
        say(f"{microseconds(each.at_ns)}  +{length(each.since_ns):>11}  {arrow}{each.title}", style)
        details = [each.raw] if raw and each.raw is not None else each.details
        if details:
            say(" " * 42 + f"record {each.seq}  " + "  ".join(details))
    for what, took in latencies(life):
        say(f"{what + ':':34} {took}")
