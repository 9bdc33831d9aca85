"""`fixgate route`: where orders to SMART went and why, where one would go now, and what came of it.

Here: the command. Not here: choosing venues (routing), reading decisions (store.routing_record).
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.asking import asked
from fixgate.cli.console import HERE, Home, Problem, load_configuration, say, show, table, usage
from fixgate.cli.moments import DAY_NS, microseconds
from fixgate.cli.order_history import order_named
from fixgate.cli.records import open_ledger

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fixgate.adapters.store.ledger import Ledger
    from fixgate.adapters.store.routing_record import Decision
    from fixgate.bootstrap.settings import Configuration
    from fixgate.domain.market import Book


def route(  # noqa: PLR0917 - typer gives every option by its name
    order: Annotated[
        list[str] | None, typer.Argument(help="For --dry-run: buy or sell, quantity, symbol.")
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(metavar="ORDERID", help="Why an order, or a part of one, went where it did."),
    ] = None,
    dry_run: Annotated[  # noqa: FBT002 - typer makes a flag of it
        bool, typer.Option("--dry-run", help="Where an order would go now; nothing is sent.")
    ] = False,
    outcomes: Annotated[  # noqa: FBT002 - the same
        bool, typer.Option("--outcomes", help="What came of it, by policy and venue.")
    ] = False,
    days: Annotated[
        float, typer.Option(min=0, max=10_000, help="For --outcomes: how far back.")
    ] = 7,
    limit: Annotated[str | None, typer.Option(help="For --dry-run: limit price.")] = None,
    tif: Annotated[str, typer.Option(help="For --dry-run: day, gtc, ioc or fok.")] = "day",
    policy: Annotated[
        str | None, typer.Option(help="For --dry-run; default: the session's.")
    ] = None,
    session: Annotated[
        str | None, typer.Option(help="Whose order; for --dry-run, default TRADER.")
    ] = None,
    home: Home = HERE,
) -> None:
    """Show where orders to SMART go: one that was sent, one that would be, or all in sum."""
    if sum((explain is not None, dry_run, outcomes)) != 1:
        usage("give one of --explain ORDERID, --dry-run SIDE QUANTITY SYMBOL, --outcomes")
    configuration = load_configuration(home)
    if explain is not None:
        _explain(configuration, session, explain)
    elif outcomes:
        _outcomes(configuration, since_ns=SystemClock().now_ns() - int(days * DAY_NS))
    else:
        if order is None or len(order) != 3:
            usage("--dry-run takes side, quantity and symbol, such as: buy 0.5 BTC/USDT")
        side, qty, symbol = order
        given = {"side": side, "qty": qty, "symbol": symbol, "limit": limit, "tif": tif}
        given |= {"policy": policy, "session": session or "TRADER"}
        _dry_run(configuration, given)


def _dry_run(configuration: "Configuration", given: dict[str, str | None]) -> None:
    args = {name: text for name, text in given.items() if text is not None}
    found: Any = asked(configuration.data_dir, "route", args)
    if found is None:
        raise Problem(
            f"no gateway is running with {configuration.data_dir}, and only one that runs"
            " knows the market"
        )
    say(f"Policy {found['policy']}")
    made = table("venue", "quantity", "at once", "at", "taker bp", "why", right=_NUMBERS)
    for each in found["choices"]:
        at_once = each["expected_qty"] != "0"
        made.add_row(
            each["venue"],
            _or_none(each["qty"]),
            each["expected_qty"] if at_once else "",
            each["expected_px"] if at_once else "",
            each["taker_bp"],
            each["why"],
        )
    show(made)
    if found["refusal"]:
        say(found["refusal"], "red")


_NUMBERS = ("quantity", "at once", "at", "taker bp")


def _or_none(qty: str) -> str:
    return "" if qty == "0" else qty


def _explain(configuration: "Configuration", session: str | None, name: str) -> None:
    from fixgate.adapters.store.routing_record import decisions_of, order_of  # noqa: PLC0415
    from fixgate.domain.ids import OrderID  # noqa: PLC0415 - with it

    with open_ledger(configuration) as ledger:
        connection = _database(ledger)
        order_id = OrderID(name)
        found = order_of(connection, order_id)
        if found is None:
            order_id = OrderID(order_named(ledger, session, name))
            found = order_of(connection, order_id)
        if found is not None and found.parent is not None:
            say(f"{order_id} is a part of {found.parent}")
            order_id = found.parent
        decisions = decisions_of(connection, order_id)
        if not decisions:
            raise Problem(f"{order_id} was not routed: its venue was named")
        for each in decisions:
            _show(connection, each)


def _database(ledger: "Ledger") -> "Connection":
    if ledger.connection is None:
        raise Problem("there is no database here, only archived days")
    return ledger.connection


def _show(connection: "Connection", decision: "Decision") -> None:
    from fixgate.adapters.store.routing_record import order_of  # noqa: PLC0415 - 0.3 s
    from fixgate.domain.rounding import to_wire  # noqa: PLC0415 - with it

    decided = decision.decided
    at = microseconds(decision.at_ns)
    say(
        f"{at}  record {decision.seq}  {to_wire(decided.qty)} by policy {decided.policy or '-'}",
        "bold",
    )
    right = ("quantity", "taker bp", "maker bp", "at once", "at", "traded", "average")
    made = table("venue", *right, "part", "why", right=right)
    for each in decided.choices:
        part = None if each.order_id is None else order_of(connection, each.order_id)
        made.add_row(
            each.venue,
            _or_none(to_wire(each.qty)),
            to_wire(each.fees.taker_bp),
            to_wire(each.fees.maker_bp),
            _or_none(to_wire(each.expected_qty)),
            _or_none(to_wire(each.expected_px)),
            "" if part is None else to_wire(part.cum_qty),
            "" if part is None or not part.cum_qty else to_wire(part.avg_px),
            each.order_id or "",
            each.why,
        )
    show(made)
    for book in decided.books:
        say(f"  {_levels(book, decision.at_ns)}")
    if decided.refusal:
        say(f"  {decided.refusal}", "red")


def _levels(book: "Book", at_ns: int) -> str:
    from fixgate.domain.rounding import to_wire  # noqa: PLC0415 - with it

    shown = (book.offers or book.bids)[:_LEVELS]
    levels = "  ".join(f"{to_wire(qty)} @ {to_wire(px)}" for px, qty in shown)
    more = len(book.offers or book.bids) - len(shown)
    age_ms = max(0, at_ns - book.at_ns) // 1_000_000
    return f"{book.venue} {age_ms} ms old: {levels}{f' and {more} more' if more else ''}"


_LEVELS = 5


def _outcomes(configuration: "Configuration", *, since_ns: int) -> None:
    from fixgate.adapters.store.routing_record import outcomes  # noqa: PLC0415 - 0.3 s

    with open_ledger(configuration) as ledger:
        found = outcomes(_database(ledger), since_ns)
    since = datetime.fromtimestamp(since_ns // 1_000_000_000, UTC)
    if not found:
        say(f"nothing was routed since {since:%Y-%m-%d %H:%M:%S} UTC")
        return
    right = ("parts", "refused", "traded %", "measured", "slippage bp")
    made = table("policy", "venue", *right, right=right)
    for each in found:
        share = each.traded * 100 / each.sent if each.sent else Decimal(0)
        slippage = each.slippage_bp
        made.add_row(
            each.policy,
            each.venue,
            str(each.parts),
            str(each.refused),
            f"{share:.1f}",
            str(each.measured),
            "" if slippage is None else f"{slippage}",
        )
    show(made)
    say("Slippage: how much worse than the book seen; below zero: better.")
