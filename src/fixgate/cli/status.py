"""`fixgate status`: how the gateway is, at a glance.

Here: the command. Its exit status is 0 when clients can trade on every venue, else 1.
Not here: what the gateway answers (bootstrap.operations).
"""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from fixgate.cli.asking import asked
from fixgate.cli.console import FAILED, HERE, Home, Problem, load_configuration, say

if TYPE_CHECKING:
    from fixgate.adapters.control.words import Json


def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,  # noqa: FBT002
    home: Home = HERE,
) -> int:
    """Show how the running gateway is; the exit status is 1 if not all is well."""
    data_dir = load_configuration(home).data_dir
    found = asked(data_dir, "status")
    if found is None:
        raise Problem(f"no gateway is running with {data_dir}", FAILED)
    well = (
        found["listening"] is not None
        and all(found["venues"].values())
        and not found["kill_switches"]
        and not found["paused"]
        and not found["journal_away"]
    )
    if as_json:
        say(json.dumps(found, indent=2))
    else:
        for title, text in _lines(found):
            say(f"{title:<16}{text}")
    return 0 if well else FAILED


def _lines(found: "Json") -> list[tuple[str, str]]:
    now_ns, started_ns = found["now_ns"], found["started_ns"]
    started = datetime.fromtimestamp(started_ns // 1_000_000_000, UTC)
    up = timedelta(seconds=(now_ns - started_ns) // 1_000_000_000)
    venues = ", ".join(
        f"{name} {'up' if is_up else 'DOWN'}{_unfit(found, name)}"
        for name, is_up in found["venues"].items()
    )
    kills = [
        ("KILL SWITCH", f"on for {each['covers']}, by {each['person']}: {each['reason']}")
        for each in found["kill_switches"]
    ]
    disabled = [("Disabled", ", ".join(found["disabled"]))] if found["disabled"] else []
    kills += [
        ("PAUSED", f"session {name}: {why}; fixgate release {name}")
        for name, why in found["paused"].items()
    ]
    return [
        *kills,
        ("Gateway", f"fixgate {found['version']}, process {found['pid']}"),
        ("Up", f"{up} since {started:%Y-%m-%d %H:%M:%S} UTC"),
        ("Data", found["data_dir"]),
        ("FIX acceptor", found["listening"] or "not open yet"),
        ("Sessions", f"{found['logged_on']} of {found['sessions']} logged on"),
        *disabled,
        ("Venues", venues or "none"),
        ("Open orders", f"{found['open_orders']}, {found['unsettled_orders']} unsettled"),
        (
            "Journal",
            ("AWAY: no orders are taken; " if found["journal_away"] else "")
            + f"{found['journal_seq']} records, {found['inbox']} inputs wait",
        ),
    ]


def _unfit(found: "Json", name: str) -> str:
    """Why routed orders do not go there, if so."""
    why = found["unfit"].get(name)
    return f" (no routed orders: {why})" if why else ""
