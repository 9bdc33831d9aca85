"""`fixgate limits` and `fixgate release`: what may be traded, and who agreed to it.

Here: the commands. Not here: what the files may say (bootstrap.limit_settings).
"""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.cli.asking import asked
from fixgate.cli.console import FAILED, HERE, Home, Problem, load_configuration, say, show, table
from fixgate.cli.operating import Asking, Session, operation

if TYPE_CHECKING:
    from fixgate.adapters.control.words import Json

limits_app = typer.Typer(
    help="The limits in force, and changes that two persons agree on.", no_args_is_help=True
)


@limits_app.command("show")
def shown(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,  # noqa: FBT002
    home: Home = HERE,
) -> None:
    """Show the limits in force, what waits, and what clients have open and traded today."""
    data_dir = load_configuration(home).data_dir
    found = asked(data_dir, "limits")
    if found is None:
        raise Problem(f"no gateway is running with {data_dir}", FAILED)
    if as_json:
        say(json.dumps(found, indent=2))
        return
    for title in ("in_force", "scheduled", "proposed"):
        if found[title] is not None:
            _set(title, found[title])
    if found["in_force"] is None:
        say("no limits are in force")
    for name, each in found["credit"].items():
        say(f"Credit of {name}: {each['open']} open, {each['traded']} traded today")
    for name, why in found["paused"].items():
        say(f"PAUSED  session {name}: {why}; fixgate release {name}")


def _set(title: str, given: "Json") -> None:
    who = f"by {given['person']}"
    if given["approved_by"]:
        who += f", approved by {given['approved_by']}"
    if given["effective_ns"] is not None:
        at = datetime.fromtimestamp(given["effective_ns"] // 1_000_000_000, UTC)
        who += f", from {at:%Y-%m-%d %H:%M:%S} UTC"
    eyes = "two persons agree on a change" if given["four_eyes"] else "one person changes them"
    say(f"Limits {title.replace('_', ' ')} ({who}: {given['reason']})")
    say(f"in {given['currency']}, days of {given['time_zone']}; {eyes}")
    made = table("for", "limit", "value")
    for place, limits in given["rules"].items():
        for name, found in limits.items():
            made.add_row(place, name, found)
    for name, rate in given["rates"].items():
        made.add_row("all", f"rate of {name}", rate)
    show(made)


@limits_app.command("propose")
@operation
def propose() -> Asking:
    """Propose the limits that the files say; a second person approves them."""
    return "propose_limits", {}


@limits_app.command("approve")
@operation
def approve() -> Asking:
    """Agree to the limits that another person proposed."""
    return "approve_limits", {}


@limits_app.command("withdraw")
@operation
def withdraw() -> Asking:
    """Drop the limits that wait for approval or for their time."""
    return "withdraw_limits", {}


@operation
def release(session: Session) -> Asking:
    """Let a session that was paused send orders again."""
    return "release_session", {"session": session}
