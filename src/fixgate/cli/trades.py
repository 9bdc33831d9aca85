"""`fixgate reconcile trades`: trades three ways.

Here: the command. Its exit status is 0 where all agree, else 1.
Not here: comparing (application.trade_reconciling).
"""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.console import FAILED, HERE, Home, say, show, table, usage
from fixgate.cli.moments import DAY_NS, day_ns, microseconds, moment_ns
from fixgate.cli.operating import Command, DryRun, Person, Reason
from fixgate.cli.words import number

if TYPE_CHECKING:
    from fixgate.adapters.control.words import Json

_LONG_S = 3_600.0  # a busy day at a venue that lists a thousand trades at a time


def trades(
    *,
    venue: Annotated[str | None, typer.Option(help="This venue alone.")] = None,
    day: Annotated[
        str | None, typer.Option(metavar="DAY", help="Such as 2030-12-31, yesterday; UTC.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From then on: 10m (ago), 14:30:00; UTC.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Compare today's trades with what drop copies were sent and venues list; 1 if any differ."""
    now_ns = SystemClock().now_ns()
    args: dict[str, Any] = {"venue": venue}
    if day is not None and since is not None:
        usage("--day and --since do not go together")
    if day is not None:
        begin_ns = day_ns("--day", day, now_ns)
        args |= {"since_ns": str(begin_ns), "until_ns": str(begin_ns + DAY_NS)}
    elif since is not None:
        args["since_ns"] = str(moment_ns("--since", since, now_ns))
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    found = command.done("reconcile_trades", args, timeout_s=_LONG_S, quietly=as_json)
    if found is None:
        return 0
    if as_json:
        say(json.dumps(found, indent=2))
    else:
        _show(found)
    return FAILED if found["found"] or found["unlisted"] else 0


def _show(found: "Json") -> None:
    say(f"From {microseconds(found['since_ns'])} to {microseconds(found['until_ns'])} UTC")
    amounts = ("gateway", "quantity", "value", "the other", "its quantity", "its value")
    made = table("compared with", "symbol", *amounts, "", right=amounts)
    for title, rows in (("", found["venues"]), ("drop copy ", found["drop_copies"])):
        for each in rows:
            ours, other = _amounts(each["gateway"]), _amounts(each["other"])
            verdict = "agrees" if ours == other else "DIFFERS"
            made.add_row(f"{title}{each['name']}", each["symbol"], *ours, *other, verdict)
    if found["venues"] or found["drop_copies"]:
        show(made)
    else:
        say("no trades")
    if found["by_hand"]:
        say(f"{found['by_hand']} trades were entered by hand; no venue has them")
    for name, why in found["unlisted"].items():
        say(f"NOT COMPARED with {name}: {why}")
    for each in found["differences"]:
        say(each)
    if found["found"] > len(found["differences"]):
        say(f"and {found['found'] - len(found['differences'])} more")


def _amounts(tally: "Json") -> tuple[str, str, str]:
    return str(tally["number"]), number(tally["qty"]), number(tally["value"])
