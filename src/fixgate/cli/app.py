"""The commands by name, and how a command ends.

Here: the typer application, main() and its exit statuses: 0 done, 1 failed, 2 wrong usage.
Not here: what the commands do.
"""

import os
import sys
from importlib.metadata import version as installed_version
from io import TextIOWrapper

import typer

from fixgate.cli import (
    actions,
    alerts,
    checking,
    database,
    demo_command,
    double,
    jobs,
    keys,
    limits,
    market,
    operations,
    order,
    positions,
    reload,
    route,
    running,
    sessions,
    status,
    stuck,
    tables,
    trades,
    venues,
)
from fixgate.cli.compliance import add_commands
from fixgate.cli.console import FAILED, USAGE, Problem

# All that can be wrong with arguments is one of these. typer brings a click of its own along, and
# this is the way to its class that every release of typer has.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="fixgate",
    help="An order gateway: FIX 4.2 and 4.4 in, REST and WebSocket venues out.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(running.run)
app.command("status")(status.status)
app.command("venues")(venues.venues)
app.command("jobs")(jobs.jobs)
app.command("book")(market.book)
app.command("reload")(reload.reload)
app.command("check")(checking.check)
app.command("hash")(checking.hash_password)
app.command("order")(order.order)
app.command("orders")(tables.orders)
app.command("sessions")(sessions.sessions)
app.command("executions")(tables.executions)
app.command("demo")(demo_command.demo)
app.command("double")(double.double)
for _command in (
    operations.reset_session,
    operations.logout_session,
    operations.disable_session,
    operations.enable_session,
    operations.resend,
    operations.kill_switch,
    operations.cancel_all,
):
    app.command(_command.__name__.replace("_", "-"))(_command)
app.command("rotate-keys")(keys.rotate_keys)
app.command("master-key")(keys.master_key)
app.command("session-status")(sessions.sessions)
app.command("actions")(actions.actions)
app.command("positions")(positions.positions)
app.command("balances")(positions.balances)
positions.reconcile_app.command("trades")(trades.trades)
app.add_typer(positions.reconcile_app, name="reconcile")
app.add_typer(stuck.stuck_app, name="stuck-orders")
app.add_typer(alerts.alerts_app, name="alerts")
app.add_typer(limits.limits_app, name="limits")
app.command("route")(route.route)
app.command("release")(limits.release)


add_commands(app)


app.add_typer(database.app, name="db")


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(f"fixgate {installed_version('fixgate')}")


def main() -> None:
    """Run the command that was typed, and exit with its status."""
    if isinstance(sys.stdout, TextIOWrapper):  # what a terminal cannot show is shown by its number
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run([_as_text(each) for each in sys.argv[1:]]))


def _as_text(argument: str) -> str:
    """An argument with its bytes that are no UTF-8 spelled out, for not every terminal speaks it.

    The journal holds text only, and no order to stop may fail for an umlaut. The name of a file
    that is there stays as it is.
    """
    if argument.isascii() or os.path.lexists(argument):
        return argument
    return os.fsencode(argument).decode("utf-8", "backslashreplace")


def run(arguments: list[str]) -> int:
    """Run a command; its exit status. What is wrong is one line on stderr."""
    command = typer.main.get_command(app)
    try:
        status = command.main(arguments or ["--help"], prog_name="fixgate", standalone_mode=False)
    except _UsageError as error:
        return _misused(error)
    except Problem as problem:
        return _failed(str(problem), problem.status)
    except (KeyboardInterrupt, typer.Abort):
        return 130  # what a shell reports for SIGINT
    except BrokenPipeError:
        # Whoever read our output has had enough; nothing more may be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    if not arguments:
        return USAGE
    return status if isinstance(status, int) else 0


def _misused(error: Exception) -> int:
    if type(error).__name__ == "NoArgsIsHelpError":  # of a group of commands none was named
        print(error)  # noqa: T201 - the help
        return USAGE
    return _failed(_one_line(error), USAGE)


def _one_line(error: Exception) -> str:
    said = error.format_message() if hasattr(error, "format_message") else str(error)
    return " ".join(str(said).split()).rstrip(".").replace("Value error, ", "")


def _failed(message: str, status: int) -> int:
    # What was typed, or stands in a file, is shown, not done: a terminal obeys some characters.
    shown = "".join(
        each if each.isprintable() or each == "\n" else repr(each)[1:-1] for each in message
    )
    print(f"fixgate: {shown}", file=sys.stderr)  # noqa: T201 - the one line
    return status
