"""`fixgate hold`: days that must not be dropped, whatever the rule says.

Here: the commands. Not here: the record of holds (adapters.store.archive.actions).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from fixgate.adapters.clock import SystemClock
from fixgate.cli.archiving import By, Reason, person, required
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
from fixgate.cli.moments import day_ns, microseconds

if TYPE_CHECKING:
    from pathlib import Path

    from fixgate.adapters.store.archive.actions import Actions

T = TypeVar("T")

app = typer.Typer(help="Legal hold: days that must not be dropped.", no_args_is_help=True)


@app.command("add")
def add(
    first: Annotated[str, typer.Option("--from", metavar="DAY", help="The first day.")],
    last: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="The last day; default: the first.")
    ] = None,
    reason: Reason = None,
    by: By = None,
    home: Home = HERE,
) -> None:
    """Hold days: they, and those after them, stay in the database until the hold is removed."""
    reason = required(reason)
    now = SystemClock().now_ns()
    days = [_day("--from", first, now), _day("--to", last or first, now)]
    if days[0] > days[1]:
        usage(f"--from {first} is after --to {last}")
    actions = _actions(home)
    number = _changed(lambda: actions.hold(*days, by=by or person(), reason=reason, at_ns=now))
    say(f"Hold {number}: {days[0]} to {days[1]} ({reason})")


@app.command("remove")
def remove(
    number: Annotated[int, typer.Argument(help="Its number, as `fixgate hold list` shows.")],
    reason: Reason = None,
    by: By = None,
    home: Home = HERE,
) -> None:
    """End a hold."""
    reason = required(reason)
    actions, now = _actions(home), SystemClock().now_ns()
    try:
        _changed(lambda: actions.release(number, by=by or person(), reason=reason, at_ns=now))
    except KeyError:
        raise Problem(f"there is no hold {number}") from None
    say(f"Hold {number} is removed ({reason})")


@app.command("list")
def show_all(home: Home = HERE) -> None:
    """Show the holds in force."""
    made = table("hold", "first day", "last day", "since (UTC)", "by", "reason", right=("hold",))
    for each in _actions(home).holds():
        since = microseconds(each.at_ns)[:19]
        made.add_row(str(each.number), each.first_day, each.last_day, since, each.by, each.reason)
    if made.row_count:
        show(made)
    else:
        say("no holds")


def _day(option: str, text: str, now: int) -> str:
    return microseconds(day_ns(option, text, now))[:10]


def _actions(home: "Path") -> "Actions":
    from fixgate.adapters.store.archive.actions import Actions  # noqa: PLC0415 - 0.4 s
    from fixgate.adapters.store.archive.files import ArchiveUnusable  # noqa: PLC0415 - with it

    configuration = load_configuration(home)
    folder = configuration.archive_dir
    database = configuration.data_dir / configuration.gateway.journal.file
    if configuration.gateway.journal.url is None and not (database.exists() or folder.exists()):
        # Who holds days of the wrong folder believes them safe.
        raise Problem(f"{database}: no journal yet; there are no days to hold")
    try:
        return Actions(folder)
    except ArchiveUnusable as problem:
        raise Problem(str(problem)) from None


def _changed(change: Callable[[], T]) -> T:
    from fixgate.adapters.store.archive.files import ArchiveUnusable  # noqa: PLC0415 - 0.4 s

    try:
        return change()
    except ArchiveUnusable as problem:
        raise Problem(str(problem)) from None
