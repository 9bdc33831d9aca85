"""`fixgate book`: the order books of a symbol, as a running gateway knows them.

Here: the command. Not here: the orders of the traders' book in the console (book).
"""

import json
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer

from fixgate.cli.asking import asked
from fixgate.cli.console import (
    FAILED,
    HERE,
    Home,
    Problem,
    console,
    load_configuration,
    say,
    show,
    table,
)

_LEVELS = 10
_EVERY_S = 0.5


def book(  # noqa: PLR0917 - typer gives every option by its name
    symbol: Annotated[str, typer.Argument(help="As clients write it, such as BTC/USDT.")],
    venue: Annotated[
        str | None, typer.Option(help="Of this venue alone; left out: of all that list the symbol.")
    ] = None,
    levels: Annotated[int, typer.Option(min=1, max=200, help="Of each side.")] = _LEVELS,
    follow: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--follow", help="Show it anew twice a second, until Ctrl-C.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,  # noqa: FBT002 - an option
    home: Home = HERE,
) -> int:
    """Show each venue's order book of a symbol; 1 if there are no prices that hold."""
    data_dir = load_configuration(home).data_dir
    args: dict[str, Any] = {"symbol": symbol, "levels": levels}
    if venue is not None:
        args["venue"] = venue

    def look() -> dict[str, Any]:
        found = asked(data_dir, "book", args)
        if found is None:
            raise Problem(f"no gateway is running with {data_dir}", FAILED)
        return found

    if as_json:
        say(json.dumps(look(), indent=2))
    elif not follow:
        found = look()
        for each in found["books"]:
            show(shown(each))
        for each in _without(found):
            say(each)
    else:
        from rich.live import Live  # noqa: PLC0415 - with its only user

        with Live(console=console(), auto_refresh=False) as live:
            while True:
                live.update(_shown_or_why_not(look), refresh=True)
                time.sleep(_EVERY_S)
    return 0


def _shown_or_why_not(look: Any) -> Any:
    """Venues whose prices are away for a moment are no reason to stop looking."""
    from rich.console import Group  # noqa: PLC0415 - with its only user

    try:
        found = look()
    except Problem as problem:
        return str(problem)
    return Group(*(shown(each) for each in found["books"]), *_without(found))


def _without(found: dict[str, Any]) -> list[str]:
    """Who lists the symbol and has no prices of it that hold."""
    return [f"no live prices from {each}" for each in found["without"]]


def shown(found: dict[str, Any]) -> Any:
    """Both sides beside each other, best first."""
    at = datetime.fromtimestamp(found["at_ns"] / 1e9, UTC)
    bids, offers = found["bids"], found["offers"]
    spread = ""
    if bids and offers:
        spread = f", spread {Decimal(offers[0][0]) - Decimal(bids[0][0])}"
    columns = ("bid size", "bid", "offer", "offer size")
    made = table(*columns, right=columns)
    made.title = f"{found['symbol']} at {found['venue']}, {at:%H:%M:%S} UTC"
    made.caption = f"last trade {found['last_px'] or 'none'}{spread}"
    for row in range(max(len(bids), len(offers))):
        bid = bids[row] if row < len(bids) else ("", "")
        offer = offers[row] if row < len(offers) else ("", "")
        made.add_row(bid[1], bid[0], offer[0], offer[1])
    return made
