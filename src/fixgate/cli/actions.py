"""`fixgate actions`: who did what to the gateway, and why.

Here: the command. It reads the journal's table, whether a gateway runs or not.
Not here: how an action gets there (bootstrap.verbs, application.step).
"""

from datetime import UTC, datetime
from typing import Annotated

import typer

from fixgate.cli.console import HERE, Home, load_configuration, open_journal, say, show, table


def actions(
    last: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    home: Home = HERE,
) -> None:
    """Show what operators did, the newest last."""
    reader = open_journal(load_configuration(home))
    try:
        rows = reader.operator_actions()[-last:]
    finally:
        reader.close()
    if not rows:
        say("nobody has done anything yet")
        return
    made = table("record", "time (UTC)", "person", "action", "subject", "detail", "reason")
    for each in rows:
        at = datetime.fromtimestamp(each.at_ns // 1_000_000_000, UTC)
        made.add_row(
            str(each.seq),
            f"{at:%Y-%m-%d %H:%M:%S}",
            each.person,
            each.action,
            each.subject,
            each.detail,
            each.reason,
        )
    show(made)
