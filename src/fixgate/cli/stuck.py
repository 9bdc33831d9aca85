"""`fixgate stuck-orders`: orders whose state is uncertain for too long, and what to do about them.

Here: list, query, force-cancel, resolve.
Not here: what is uncertain (application.watching); what happens to the order (decide.operator).
"""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from fixgate.cli.asking import asked
from fixgate.cli.console import HERE, Home, load_configuration, say, show, table
from fixgate.cli.operating import Asking, on_the_store, operation
from fixgate.cli.operations import OfSession, Order

stuck_app = typer.Typer(
    help="Orders in doubt: list them, ask the venue, cancel, or say what became of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@stuck_app.command("list")
def list_orders(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those in doubt for a short time.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    home: Home = HERE,
) -> None:
    """Show the orders in doubt, with why and since when."""
    configuration = load_configuration(home)
    found = asked(configuration.data_dir, "stuck_orders", {"all": everything})
    if found is None:
        found = on_the_store(configuration, "stuck_orders", {"all": True})
    if as_json:
        say(json.dumps(found, indent=2))
        return
    if not found:
        say("no orders in doubt")
        return
    names = ("OrderID", "session", "ClOrdID", "venue", "symbol", "side")
    made = table(*names, "open", "filled", "since (UTC)", "why", right=("open", "filled"))
    for order_id, each in found.items():
        since = datetime.fromtimestamp(each["since_ns"] // 1_000_000_000, UTC)
        made.add_row(
            order_id,
            each["session"],
            each["cl_ord_id"],
            each["venue"],
            each["symbol"],
            each["side"],
            each["leaves_qty"],
            each["cum_qty"],
            f"{since:%Y-%m-%d %H:%M:%S}",
            each["why"],
        )
    show(made)


@stuck_app.command("query")
@operation
def query(order: Order, *, session: OfSession = None) -> Asking:
    """Ask the venue again what became of an order."""
    return "query_order", {"order": order, "session": session}


@stuck_app.command("force-cancel")
@operation
def force_cancel(order: Order, *, session: OfSession = None) -> Asking:
    """Cancel an order at its venue, whatever else is under way, until the venue confirms."""
    return "force_cancel", {"order": order, "session": session}


@stuck_app.command("resolve")
@operation
def resolve(
    order: Order,
    outcome: Annotated[str, typer.Argument(metavar="canceled|rejected|filled")],
    *,
    quantity: Annotated[str | None, typer.Option(help="How much was filled.")] = None,
    price: Annotated[str | None, typer.Option(help="At which price.")] = None,
    session: OfSession = None,
) -> Asking:
    """Say what became of an order, as the venue told you. The client is told the same."""
    if outcome not in ("canceled", "rejected", "filled"):
        raise typer.BadParameter(f"{outcome!r} is none of canceled, rejected and filled")
    args = {
        "order": order,
        "session": session,
        "as": outcome,
        "quantity": quantity,
        "price": price,
    }
    return "resolve_order", args
