"""`fixgate positions`, `fixgate balances`, `fixgate reconcile`; its `trades` are in trades.

Here: the three commands. Not here: what they show (bootstrap.verbs.positions, adapters.store).
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.asking import asked
from fixgate.cli.console import (
    HERE,
    Home,
    load_configuration,
    open_journal,
    say,
    show,
    table,
    usage,
)
from fixgate.cli.moments import microseconds, past_ns
from fixgate.cli.operating import Command, DryRun, Person, Reason, on_the_store
from fixgate.cli.words import number

if TYPE_CHECKING:
    from pathlib import Path

    from fixgate.adapters.store.reader import StoredStep
    from fixgate.bootstrap.settings import Configuration

reconcile_app = typer.Typer(
    rich_markup_mode=None, pretty_exceptions_enable=False, invoke_without_command=True
)
Venue = Annotated[str | None, typer.Option(help="Of this venue alone.")]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


def positions(
    *,
    venue: Venue = None,
    account: Annotated[str | None, typer.Option(help="Of this account alone.")] = None,
    symbol: Annotated[str | None, typer.Option(help="Such as BTC/USDT.")] = None,
    flat: Annotated[bool, typer.Option("--all", help="Also those that are flat now.")] = False,
    by: Annotated[
        str | None, typer.Option(metavar="WHAT", help="Add up by venue, account, symbol.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="As of then: 10m (ago), 14:30:00; UTC.")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Every step, oldest first.")] = False,
    as_json: AsJson = False,
    home: Home = HERE,
) -> None:
    """Show what trades left: quantity, average entry price, profit and fees."""
    given = {"venue": venue, "account": account, "symbol": symbol}
    wanted = {name: value for name, value in given.items() if value is not None}
    if history or at is not None:
        if by is not None:
            usage("--by does not go with --at or --history")
        _recorded(home, wanted, at=at, history=history, flat=flat, as_json=as_json)
        return
    args: dict[str, Any] = {**wanted, "all": flat}
    if by is not None:
        args["by"] = by
    rows = _answer(home, "positions", args)["positions"]
    if as_json:
        say(json.dumps(rows, indent=2))
    elif not rows:
        say("no positions")
    else:
        _show_positions(rows)


def _answer(home: "Path", verb: str, args: dict[str, Any]) -> dict[str, Any]:
    configuration = load_configuration(home)
    found = asked(configuration.data_dir, verb, args)
    found = on_the_store(configuration, verb, args) if found is None else found
    if not found[verb]:
        _see_venue(configuration, args.get("venue"))
    return found


def _see_venue(configuration: "Configuration", name: str | None) -> None:
    """End the command where nothing was found because no venue has that name."""
    known = [each.name for each in configuration.venues]
    if name is not None and name not in known:
        usage(f"no venue is named {name}; there are: {', '.join(known)}")


def _show_positions(rows: list[dict[str, Any]]) -> None:
    names = [name for name in ("account", "symbol", "venue") if rows[0][name] is not None]
    amounts = ("quantity", "average", "realised", "unrealised")
    made = table(*names, *amounts, "in", "fees", right=amounts)
    for each in rows:
        made.add_row(
            *(each[name] or "(none)" for name in names),
            *(_amount(each[name]) for name in ("qty", "avg_px", "realised", "unrealised")),
            each["currency"],
            ", ".join(f"{number(fee)} {currency}" for currency, fee in each["fees"].items()),
        )
    show(made)


def _amount(text: str | None) -> str:
    return "" if text is None else number(text)


def _recorded(
    home: "Path",
    wanted: dict[str, str],
    *,
    at: str | None,
    history: bool,
    flat: bool,
    as_json: bool,
) -> None:
    """From the table of steps, whether a gateway runs or not."""
    until_ns = None if at is None else past_ns("--at", at, SystemClock().now_ns())
    configuration = load_configuration(home)
    reader = open_journal(configuration)
    try:
        steps = reader.position_history(**wanted, until_ns=until_ns)
        if not history:
            latest = {(each.account, each.symbol, each.venue): each for each in steps}
            steps = [latest[key] for key in sorted(latest) if flat or latest[key].qty]
    finally:
        reader.close()
    if not steps:
        _see_venue(configuration, wanted.get("venue"))
    if as_json:
        say(json.dumps([_step(each) for each in steps], indent=2))
    elif not steps:
        say("no positions" if not history else "nothing has moved them")
    else:
        _show_steps(steps)


def _step(step: "StoredStep") -> dict[str, Any]:
    amounts = ("change", "px", "qty", "avg_px", "realised", "fee")
    texts = {name: getattr(step, name) for name in amounts}
    return {
        "record": step.seq,
        "cause": step.cause,
        "at_ns": step.at_ns,
        "venue": step.venue,
        "account": step.account,
        "symbol": step.symbol,
        "move": step.move.value,
        **{name: None if each is None else str(each) for name, each in texts.items()},
        "fee_currency": step.fee_currency,
    }


def _show_steps(steps: "list[StoredStep]") -> None:
    amounts = ("by", "at", "quantity", "average", "realised")
    made = table(
        "record", "time (UTC)", "account", "symbol", "venue", "move", *amounts, "fee", right=amounts
    )
    for each in steps:
        fee = "" if each.fee is None else f"{number(str(each.fee))} {each.fee_currency}"
        made.add_row(
            str(each.seq),
            microseconds(each.at_ns),
            each.account or "(none)",
            each.symbol,
            each.venue,
            each.move.value,
            *(
                number(str(amount))
                for amount in (each.change, each.px, each.qty, each.avg_px, each.realised)
            ),
            fee,
        )
    show(made)


def balances(*, venue: Venue = None, as_json: AsJson = False, home: Home = HERE) -> None:
    """Show what each venue account holds: what the venue last said, and what was traded since."""
    rows = _answer(home, "balances", {} if venue is None else {"venue": venue})["balances"]
    if as_json:
        say(json.dumps(rows, indent=2))
        return
    if not rows:
        say("no venue has said what it holds yet")
        return
    amounts = ("held", "free", "locked", "differs by")
    made = table("venue", "asset", *amounts, "asked (UTC)", right=amounts)
    for each in rows:
        asked_at = datetime.fromtimestamp(each["at_ns"] // 1_000_000_000, UTC)
        made.add_row(
            each["venue"],
            each["asset"],
            *(_amount(each[name]) for name in ("held", "free", "locked", "differs")),
            f"{asked_at:%Y-%m-%d %H:%M:%S}",
        )
    show(made)


@reconcile_app.callback()
def reconcile(
    context: typer.Context,
    *,
    venue: Venue = None,
    reason: Reason = None,
    person: Person = None,
    dry_run: DryRun = False,
    home: Home = HERE,
) -> int:
    """Ask a venue, or all, what its account holds. Where it differs, the venue is right."""
    if context.invoked_subcommand is not None:
        return 0
    command = Command(home, reason=reason, person=person, dry_run=dry_run)
    return command.carry_out("reconcile", {"venue": venue})
