"""`fixgate jobs`: what a running gateway has scheduled.

Here: the command. Not here: the jobs (bootstrap.timetable).
"""

import json
from datetime import datetime
from typing import Annotated

import typer

from fixgate.cli.asking import asked
from fixgate.cli.console import FAILED, HERE, Home, Problem, load_configuration, say, show, table


def jobs(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,  # noqa: FBT002 - an option
    home: Home = HERE,
) -> int:
    """Show what is scheduled, when it is due and when it ran last; 1 if a last run failed."""
    data_dir = load_configuration(home).data_dir
    found = asked(data_dir, "jobs")
    if found is None:
        raise Problem(f"no gateway is running with {data_dir}", FAILED)
    if as_json:
        say(json.dumps(found, indent=2))
    elif not found:
        say("Nothing is scheduled.")
    else:
        made = table("job", "what", "next (UTC)", "last (UTC)", "last run")
        for name, each in found.items():
            went = each["failure"] or ("in order" if each["last"] else "")
            made.add_row(name, each["help"], _time(each["next"]), _time(each["last"]), went)
        show(made)
    return FAILED if any(each["failure"] for each in found.values()) else 0


def _time(text: str | None) -> str:
    return "" if text is None else f"{datetime.fromisoformat(text):%a %Y-%m-%d %H:%M:%S}"
