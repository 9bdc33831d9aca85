"""`fixgate alerts`: what somebody should look at, and who does.

Here: the commands. They read the journal's tables, whether a gateway runs or not.
Not here: how an alert gets there (application.step) and to other systems (adapters.webhooks).
"""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fixgate.cli.console import HERE, Home, load_configuration, open_journal, say, show, table
from fixgate.cli.operating import Asking, operation

if TYPE_CHECKING:
    from fixgate.application.ports.journal import AlertRow, OperatorRow

ACKNOWLEDGED: Final = "acknowledge_alert"
_POLL_S: Final = 0.5
_PAGE: Final = 1_000

alerts_app = typer.Typer(help="What somebody should look at.", no_args_is_help=True)


@alerts_app.command("list")
def listed(
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 20,
    *,
    unacknowledged: Annotated[
        bool, typer.Option("--open", help="Only those that nobody has acknowledged.")
    ] = False,
    home: Home = HERE,
) -> None:
    """Show alerts, the newest last."""
    reader = open_journal(load_configuration(home))
    try:
        rows = reader.alerts(100_000 if unacknowledged else last)
        seen = acknowledged(reader.operator_actions())
    finally:
        reader.close()
    if unacknowledged:
        rows = [each for each in rows if each.seq not in seen][:last]
    if not rows:
        say("no alerts")
        return
    made = table("number", "time (UTC)", "subject", "text", "order", "times", "acknowledged")
    for each in reversed(rows):
        by = seen.get(each.seq)
        made.add_row(
            str(each.seq),
            _moment(each.at_ns),
            each.subject,
            each.text,
            each.order_id or "",
            str(each.times),
            f"{by.person}: {by.reason}" if by else "",
        )
    show(made)


@alerts_app.command("follow")
def follow(home: Home = HERE) -> None:
    """Show alerts as they come, until Ctrl-C."""
    reader = open_journal(load_configuration(home))
    try:
        newest = max((each.seq for each in reader.alerts(1)), default=0)
        while True:
            found = [each for each in reader.alerts(_PAGE) if each.seq > newest]
            for each in reversed(found):
                newest = each.seq
                say(in_words(each))
            time.sleep(_POLL_S)
    finally:
        reader.close()


@alerts_app.command("acknowledge")
@operation
def acknowledge(
    alert: Annotated[int, typer.Argument(metavar="NUMBER", help="As in the list.")],
) -> Asking:
    """Say that somebody looks after an alert."""
    return ACKNOWLEDGED, {"alert": alert}


def acknowledged(actions: "list[OperatorRow]") -> "dict[int, OperatorRow]":
    """Who acknowledged which alert last."""
    return {int(each.subject): each for each in actions if each.action == ACKNOWLEDGED}


def in_words(alert: "AlertRow") -> str:
    """An alert as one line."""
    order = f" (order {alert.order_id})" if alert.order_id else ""
    return f"{_moment(alert.at_ns)}  {alert.subject}: {alert.text}{order}  #{alert.seq}"


def _moment(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // 1_000_000_000, UTC):%Y-%m-%d %H:%M:%S}"
