"""The commands that find, prove, export and keep what was recorded, by name.

Here: add_commands(). Not here: what the commands do.
"""

import typer

from fixgate.cli import (
    archiving,
    export_command,
    heads,
    holding,
    order_history,
    replaying,
    searching,
    state_at,
    verifying,
)


def add_commands(app: typer.Typer) -> None:
    """Add them to the application."""
    app.command("log")(searching.log)
    app.command("verify")(verifying.verify)
    app.command("order-history")(order_history.order_history)
    app.command("state")(state_at.state)
    app.command("replay")(replaying.replay)
    app.command("head")(heads.head)
    app.add_typer(heads.app, name="key")
    app.command("export")(export_command.export)
    app.command("archive")(archiving.archive)
    app.add_typer(holding.app, name="hold")
