"""`fixgate orders`, `fixgate sessions`, `fixgate executions`: tables from the journal.

Here: the three commands. Not here: SQL (adapters.store).
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.cli.console import (
    HERE,
    Home,
    Problem,
    load_configuration,
    open_journal,
    say,
    show,
    table,
)
from fixgate.cli.records import see_session
from fixgate.cli.words import STATUS_WORDS, number

if TYPE_CHECKING:
    from fixgate.adapters.store.reader import StoredOrder
    from fixgate.domain.order import Terms
    from fixgate.domain.values import Side


def orders(
    only_open: Annotated[bool, typer.Option("--open", help="Those not over.")] = False,  # noqa: FBT002
    session: Annotated[str | None, typer.Option(help="Name of a session.")] = None,
    last: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 20,
    home: Home = HERE,
) -> None:
    """Show the newest orders, newest first."""
    from fixgate.domain.ids import SessionName  # noqa: PLC0415 - with the reader

    configuration = load_configuration(home)
    reader = open_journal(configuration)
    made = table(
        "OrderID",
        "time (UTC)",
        "session",
        "ClOrdID",
        "side",
        "quantity",
        "symbol",
        "price",
        "venue",
        "status",
        "filled",
        "average",
        "text",
        right=("quantity", "price", "filled", "average"),
    )
    try:
        see_session(configuration, reader.connection, session)
        wanted = None if session is None else SessionName(session)
        for stored in reader.recent_orders(last, session=wanted, working=only_open):
            made.add_row(*_order_row(stored))
    finally:
        reader.close()
    if not made.row_count:
        say("no orders" if not only_open else "no open orders")
        return
    show(made)


def executions(
    order_id: Annotated[str, typer.Argument(metavar="ORDERID", help="OrderID or ClOrdID.")],
    home: Home = HERE,
) -> None:
    """Show the reports of an order, in order."""
    from fixgate.adapters.store.reader import MessageFilter  # noqa: PLC0415 - 0.3 s
    from fixgate.domain.ids import OrderID  # noqa: PLC0415 - with it
    from fixgate.domain.values import ExecType  # noqa: PLC0415 - the same

    reader = open_journal(load_configuration(home))
    made = table(
        "ExecID",
        "time (UTC)",
        "what",
        "status",
        "quantity",
        "price",
        "trade id",
        right=("quantity", "price"),
    )
    try:
        rows = reader.executions(OrderID(order_id))
        named = [] if rows else reader.messages(MessageFilter(cl_ord_id=order_id), 100)
        for found in dict.fromkeys(each.row.order_id for each in named if each.row.order_id):
            rows += reader.executions(found)
    finally:
        reader.close()
    if not rows:
        raise Problem(f"no order {order_id} in the journal")
    for row in rows:
        what = ExecType(row.exec_type).name.replace("_", " ").lower()
        made.add_row(
            row.exec_id,
            _time(row.at_ns),
            what,
            STATUS_WORDS.get(row.ord_status, row.ord_status),
            number(row.last_qty) if row.last_qty is not None else "",
            number(row.last_px) if row.last_px is not None else "",
            row.trade_id or "",
        )
    show(made)


def _order_row(stored: "StoredOrder") -> list[str]:
    from fixgate.domain.order import RefusedOrder  # noqa: PLC0415 - with the reader

    order = stored.order
    first = [order.order_id, _time(stored.created_ns)]
    if isinstance(order, RefusedOrder):
        symbol = dict(order.echo).get(55, "")
        what = _what(order.side, order.terms, symbol)
        return [*first, order.session, order.cl_ord_id, *what, "", "rejected", "0", "0", order.text]
    about = order.instruction
    return [
        *first,
        about.session,
        order.cl_ord_id if order.parent is None else f"part of {order.parent}",
        *_what(about.side, order.terms, about.symbol),
        about.venue,
        STATUS_WORDS[order.ord_status.value],
        number(str(order.cum_qty)),
        number(str(order.avg_px)),
        "",
    ]


def _what(side: "Side | None", terms: "Terms | None", symbol: str) -> list[str]:
    """Side, quantity, symbol and price, as far as they are known."""
    word = "" if side is None else side.name.lower()
    if terms is None:
        return [word, "", symbol, ""]
    price = terms.price if terms.price is not None else terms.stop_px
    shown = "market" if price is None else number(str(price))
    return [word, number(str(terms.order_qty)), symbol, shown]


def _time(at_ns: int) -> str:
    second, rest = divmod(at_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(second, tz=UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{rest // 1_000_000:03d}"
