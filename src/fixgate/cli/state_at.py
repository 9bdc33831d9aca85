"""`fixgate state --at TIME`: the open orders as they were at an instant.

Here: the command. Not here: how events change orders (domain.state).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import (
    HERE,
    Home,
    Problem,
    load_configuration,
    say,
    show,
    table,
    usage,
)
from fixgate.cli.exporting import Format, FormatOption, OutOption, Output, columns
from fixgate.cli.moments import iso, microseconds, past_ns
from fixgate.cli.progress import Bar, remark
from fixgate.cli.records import followed, open_ledger, see_session
from fixgate.cli.replay_check import folded
from fixgate.cli.words import STATUS_WORDS, number

if TYPE_CHECKING:
    from fixgate.adapters.store.ledger import Ledger
    from fixgate.domain.order import Order

_COLUMNS: Final = columns(
    (),
    "as_of", "order_id", "session", "cl_ord_id", "account", "venue", "venue_order_id", "symbol",
    "side", "ord_type", "time_in_force", "order_qty", "price", "stop_px", "ord_status", "cum_qty",
    "leaves_qty", "avg_px", "requests",
)  # fmt: skip
_MICROSECOND_NS: Final = 1_000


def state(  # noqa: PLR0917 - typer gives every option by its name
    at: Annotated[
        str, typer.Option(metavar="TIME", help="10m (ago), 14:30:00.123456, 2030-12-31T14:30; UTC.")
    ],
    session: Annotated[str | None, typer.Option(help="Orders of this session alone.")] = None,
    every_event: Annotated[  # noqa: FBT002 - typer makes flags of them
        bool,
        typer.Option("--every-event", help="Go by the journal alone, from its first record on."),
    ] = False,
    form: FormatOption = Format.TEXT,
    out: OutOption = None,
    home: Home = HERE,
) -> None:
    """Show the orders that were open at an instant, made again from what was recorded.

    The table of orders says which can have been open, and the journal what they were. With
    --every-event the journal says both: slow, but nobody can have taken an order out.
    """
    if form is Format.FIX:
        usage("--format fix: orders are no messages; text, csv, json or parquet")
    if out is not None and form is Format.TEXT:
        usage("--out needs --format csv, json or parquet")
    at_ns = past_ns("--at", at, SystemClock().now_ns())
    found = _open_at(home, at_ns, session, every_event=every_event)
    orders = [each for each in found if session in (None, each.instruction.session)]
    if form is Format.TEXT:
        _show(orders, at_ns)
        return
    with Output(form, out, _COLUMNS) as output:
        for each in orders:
            output.row(_row(each, at_ns))
    if out is not None:
        remark(f"{output.count:,} orders -> {out}")


def _open_at(home: Path, at_ns: int, session: str | None, *, every_event: bool) -> "list[Order]":
    from fixgate.adapters.store.open_at import open_at  # noqa: PLC0415 - 0.3 s

    configuration = load_configuration(home)
    with open_ledger(configuration) as ledger:
        see_session(configuration, ledger.connection, session)
        # All of the microsecond that was typed: it is what other commands show.
        at_ns += _MICROSECOND_NS - 1
        through = _through(ledger, at_ns)
        with followed():
            if every_event or ledger.connection is None:
                orders = folded(configuration, ledger, through).open_orders()
                return sorted(orders, key=lambda each: each.order_id)
            with Bar("state", through) as bar:
                return open_at(
                    ledger, ledger.connection, at_ns=at_ns, through=through, progress=bar.done
                )


def _through(ledger: "Ledger", at_ns: int) -> int:
    """The last record that counts; or end the command."""
    whole = ledger.span()
    if whole is None:
        raise Problem("the journal is empty")
    through = ledger.first_at(at_ns + 1) - 1
    if through < whole.first:
        first = ledger.one(whole.first)
        began = "" if first is None else f"; it begins {microseconds(first.at_ns)}"
        raise Problem(f"the journal has nothing before {microseconds(at_ns)}{began}")
    return through


def _row(order: "Order", at_ns: int) -> dict[str, Any]:
    about, terms = order.instruction, order.terms
    return {
        "as_of": iso(at_ns),
        "order_id": order.order_id,
        "session": about.session,
        "cl_ord_id": order.cl_ord_id,
        "account": about.account,
        "venue": about.venue,
        "venue_order_id": order.venue_order_id,
        "symbol": about.symbol,
        "side": about.side.name.lower(),
        "ord_type": terms.ord_type.name.lower(),
        "time_in_force": terms.time_in_force.name.lower(),
        "order_qty": str(terms.order_qty),
        "price": None if terms.price is None else str(terms.price),
        "stop_px": None if terms.stop_px is None else str(terms.stop_px),
        "ord_status": STATUS_WORDS[order.ord_status.value],
        "cum_qty": str(order.cum_qty),
        "leaves_qty": str(terms.order_qty - order.cum_qty),
        "avg_px": str(order.avg_px),
        "requests": " ".join(_requests(order)) or None,
    }


def _requests(order: "Order") -> Iterator[str]:
    for each in order.requests:
        yield f"{'cancel' if each.is_cancel else 'replace'}:{each.cl_ord_id}"


def _show(orders: "list[Order]", at_ns: int) -> None:
    say(f"Open orders at {microseconds(at_ns)} UTC: {len(orders)}")
    if not orders:
        return
    names = (
        "OrderID", "session", "ClOrdID", "side", "quantity", "symbol", "price", "venue", "status",
        "filled", "average", "requests",
    )  # fmt: skip
    made = table(*names, right=("quantity", "price", "filled", "average"))
    for each in orders:
        row = _row(each, at_ns)
        price = row["price"] or row["stop_px"]
        made.add_row(
            each.order_id, row["session"], row["cl_ord_id"], row["side"],
            number(row["order_qty"]), row["symbol"], "market" if price is None else number(price),
            row["venue"], row["ord_status"], number(row["cum_qty"]), number(row["avg_px"]),
            row["requests"] or "",
        )  # fmt: skip
    show(made)
